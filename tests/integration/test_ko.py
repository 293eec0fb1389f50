"""The queue: nothing is sent twice, nothing is forgotten, and what fails is tried again as it should."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.factories import (
    en_aktor,
    en_handelse,
    en_person_hos,
    ett_medlemskap,
    subjekt_for,
)
from tests.utskick import (
    Klocka,
    en_som_vill,
    en_underrattelse,
    en_version,
    ett_uppdrag,
    expandera_allt,
    i_tradar,
    leveranser,
    skriver,
    ta,
)
from wis import clock
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import ko, service
from wis.notiser.ko import MAX_AVBROTT, Ko, aterta
from wis.notiser.models import Kanalslag, Leverans, Notisslag, Status, Tystnad, Utskick
from wis.notiser.rules import LEVERERAD, overgaende, permanent
from wis.settings import Settings


def test_several_workers_claiming_at_once_never_get_the_same_delivery(
    varje_databas: Database, inst: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ko, "PARTI", 4)
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        for _ in range(60):
            en_som_vill(session, "nacka")
        en_version(session, handelse)
    expandera_allt(varje_databas)
    tagna: list[int] = []

    def sand(nummer: int) -> None:
        kon = Ko(varje_databas, inst, f"w{nummer}")
        while (parti := kon.ta(Kanalslag.SMS)) is not None:
            tagna.extend(u.id for u in parti.uppdrag)
            for uppdrag in parti.uppdrag:
                assert kon.avgor(uppdrag, LEVERERAD)

    assert not i_tradar(4, sand)
    assert len(tagna) == len(set(tagna)) == 60


def test_urgent_goes_before_the_rest_and_what_is_not_due_is_left(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        person = en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE)
        vanlig = en_underrattelse(session, handelse)
        senare = en_underrattelse(session, handelse)
        bradskande = en_underrattelse(session, handelse, bradskande=True)
    expandera_allt(varje_databas)
    with skriver(varje_databas) as session:
        session.execute(
            update(Leverans).where(Leverans.utskick_id == senare.id).values(tidigast=clock.now() + timedelta(minutes=1))
        )
    kon = Ko(varje_databas, inst, "w1")
    assert [u.utskick_id for u in ta(kon).uppdrag] == [bradskande.id, vanlig.id]
    assert kon.ta(Kanalslag.SMS) is None
    klocka.ga(minutes=1)
    [sist] = ta(kon).uppdrag
    assert (sist.utskick_id, sist.till) == (senare.id, f"+4670{person.id:07d}")


def test_the_right_to_read_is_judged_again_when_it_is_to_be_sent(varje_databas: Database, inst: Settings) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, lasare=["nacka", "varmdo"])
        kvar, avstangd = en_som_vill(session, "nacka"), en_som_vill(session, "varmdo")
        utan_nummer, tva_roller = en_som_vill(session, "nacka"), en_som_vill(session, "varmdo")
        ett_medlemskap(session, tva_roller, en_aktor(session, "nacka"))
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    with skriver(varje_databas) as session:
        session.get_one(Handelse, handelse.id).lasare = [
            rad
            for rad in session.get_one(Handelse, handelse.id).lasare
            if rad.aktor_id == en_aktor(session, "nacka").id
        ]
        service.ta_bort_kanal(session, subjekt_for(session, utan_nummer), Kanalslag.SMS)
    parti = ta(Ko(varje_databas, inst, "w1"))
    assert {u.till for u in parti.uppdrag} == {f"+4670{p.id:07d}" for p in (kvar, tva_roller)}
    rader = leveranser(varje_databas, utskick.id)
    assert (rader[avstangd.id, "sms"].status, rader[avstangd.id, "sms"].orsak) == (Status.STRUKEN, ko.INGEN_LASRATT)
    assert (rader[utan_nummer.id, "sms"].status, rader[utan_nummer.id, "sms"].orsak) == (
        Status.STRUKEN,
        ko.INGEN_KANAL,
    )


def test_what_has_come_into_quiet_hours_while_it_waited_waits_on(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        person = en_som_vill(session, "nacka")
        session.add(Tystnad(anvandare_id=person.id, fran="22:00", till="06:00"))
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    klocka.nu = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    assert ta(Ko(varje_databas, inst, "w1")).uppdrag == []
    [rad] = leveranser(varje_databas, utskick.id).values()
    assert (rad.status, rad.forsok) == (Status.VANTAR, 0)
    assert rad.tidigast == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def test_a_passing_failure_is_tried_again_later_and_after_the_last_try_it_has_failed(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = Ko(varje_databas, inst, "w1")
    vantan = []
    for _ in range(inst.max_forsok):
        [uppdrag] = ta(kon).uppdrag
        assert kon.avgor(uppdrag, overgaende("svarar inte"))
        [rad] = leveranser(varje_databas, utskick_id).values()
        vantan.append((rad.tidigast - klocka.nu).total_seconds())
        assert rad.status == Status.MISSLYCKAD or kon.ta(Kanalslag.SMS) is None
        klocka.nu = max(klocka.nu, rad.tidigast)
    assert 8 <= vantan[0] <= 12
    assert 16 <= vantan[1] <= 24
    assert (rad.status, rad.permanent, rad.forsok) == (Status.MISSLYCKAD, False, 3)
    assert rad.orsak == "gav upp efter 3 försök: svarar inte"
    assert kon.ta(Kanalslag.SMS) is None


def test_a_permanent_failure_fails_at_once(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = Ko(varje_databas, inst, "w1")
    [uppdrag] = ta(kon).uppdrag
    kon.avgor(uppdrag, permanent("SMS-tjänsten nekade numret (400)"))
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.permanent, rad.forsok) == (Status.MISSLYCKAD, True, 1)


def test_a_claim_that_lapses_is_taken_over_and_the_first_worker_can_no_longer_settle_it(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    forsta, andra = Ko(varje_databas, inst, "w1"), Ko(varje_databas, inst, "w2")
    [uppdrag] = ta(forsta).uppdrag
    klocka.ga(seconds=inst.lease - 1)
    assert aterta(varje_databas) == set()
    klocka.ga(seconds=1)
    assert {rad[0] for rad in aterta(varje_databas)} == {utskick_id}
    [igen] = ta(andra).uppdrag
    assert (igen.id, igen.forsok) == (uppdrag.id, 0)
    assert not forsta.avgor(uppdrag, permanent("för sent"))
    assert andra.avgor(igen, LEVERERAD)
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.forsok, rad.avbrott) == (Status.LEVERERAD, 1, 1)


def test_a_claim_that_is_renewed_is_not_taken_over(varje_databas: Database, inst: Settings, klocka: Klocka) -> None:
    ett_uppdrag(varje_databas)
    kon = Ko(varje_databas, inst, "w1")
    parti = ta(kon)
    klocka.ga(seconds=inst.lease - 1)
    assert kon.fornya(parti, [parti.uppdrag[0].id]) == {parti.uppdrag[0].id}
    klocka.ga(seconds=inst.lease - 1)
    assert aterta(varje_databas) == set()
    assert kon.avgor(parti.uppdrag[0], LEVERERAD)


def test_a_message_that_keeps_bringing_its_worker_down_is_given_up(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    for _ in range(MAX_AVBROTT):
        ta(Ko(varje_databas, inst, "w"))
        klocka.ga(seconds=inst.lease)
        aterta(varje_databas)
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.forsok, rad.avbrott) == (Status.MISSLYCKAD, 0, MAX_AVBROTT)
    assert rad.orsak == "gav upp: avbröts mitt i ett försök 10 gånger"


def test_only_the_message_that_can_have_been_on_its_way_counts_as_interrupted(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        for _ in range(4):
            en_som_vill(session, "nacka")
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    kon = Ko(varje_databas, inst, "w1")
    uppdrag = ta(kon).uppdrag
    kon.avgor(uppdrag[0], LEVERERAD)
    klocka.ga(seconds=inst.lease)
    aterta(varje_databas)
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick.id).values()}
    assert [rader[u.id].avbrott for u in uppdrag] == [0, 1, 0, 0]
    assert [rader[u.id].orsak for u in uppdrag] == ["", ko.AVBRUTEN, "", ""]
    assert {rader[u.id].status for u in uppdrag[1:]} == {Status.VANTAR}
    assert {rad.worker for rad in rader.values() if rad.status == Status.VANTAR} == {None}


def test_what_was_claimed_and_not_begun_is_given_back_without_counting_a_try(
    varje_databas: Database, inst: Settings
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = Ko(varje_databas, inst, "w1")
    kon.slapp([u.id for u in ta(kon).uppdrag])
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.forsok, rad.worker) == (Status.VANTAR, 0, None)


def test_a_system_message_goes_first_and_its_secret_is_gone_when_it_has_been_sent(
    varje_databas: Database, inst: Settings
) -> None:
    with skriver(varje_databas) as session:
        person = en_person_hos(session, "nacka")
        brev = service.skicka_brev(
            session,
            anvandare_id=person.id,
            kanal=Kanalslag.EPOST,
            adress="ny@prov.example",
            amne="Välkommen",
            text="https://wis.example.se/konto/hemlig-lank",
        )
    kon = Ko(varje_databas, inst, "w1")
    [uppdrag] = ta(kon, Kanalslag.EPOST).uppdrag
    assert (uppdrag.till, uppdrag.text) == ("ny@prov.example", "https://wis.example.se/konto/hemlig-lank")
    kon.avgor(uppdrag, overgaende("svarar inte"))
    with varje_databas.reading() as session:
        assert session.get_one(Utskick, brev.id).epost
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(tidigast=clock.now()))
    [uppdrag] = ta(kon, Kanalslag.EPOST).uppdrag
    kon.avgor(uppdrag, LEVERERAD)
    with varje_databas.reading() as session:
        kvar = session.get_one(Utskick, brev.id)
        assert (kvar.sms, kvar.epost) == ("", "")
