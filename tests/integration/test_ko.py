"""The queue: nothing is sent twice, nothing is forgotten, and what fails is tried again as it should."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from tests.factories import (
    en_aktor,
    en_handelse,
    en_person_hos,
    ett_medlemskap,
    subjekt_for,
)
from tests.servrar import vanta_tills
from tests.utskick import (
    Klocka,
    avgor,
    en_ko,
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
from wis.notiser import ko, service, stadning
from wis.notiser.models import Kanalslag, Leverans, Notisslag, Status, Tystnad, Utskick
from wis.notiser.rules import mottagen, overgaende, oviss, permanent
from wis.settings import Settings


def test_several_workers_at_once_never_send_the_same_delivery(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas, 60)
    sanda: list[int] = []

    def sand(nummer: int) -> None:
        kon = en_ko(varje_databas, inst, f"w{nummer}")
        while (parti := kon.ta(Kanalslag.SMS, 4)) is not None:
            ids = [uppdrag.id for uppdrag in parti.uppdrag]
            sanda.extend(kon.bokfor(ids, []))
            kon.bokfor([], [(uppdrag, mottagen()) for uppdrag in parti.uppdrag])

    assert not i_tradar(4, sand)
    assert len(sanda) == len(set(sanda)) == 60
    rader = leveranser(varje_databas, utskick_id).values()
    assert {(rad.status, rad.sandningar, rad.worker, rad.lease_till) for rad in rader} == {
        (Status.MOTTAGEN, 1, None, None)
    }


def test_threads_of_one_worker_that_hold_the_same_delivery_send_it_once(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    """A clock that leaps ahead ends the claim of one thread, and another one of the same name takes it anew."""
    ett_uppdrag(varje_databas, 1)
    kon = en_ko(varje_databas, inst)
    (ett,) = ta(kon).uppdrag
    klocka.ga(days=1)
    stadning.stada(varje_databas)
    assert [igen.id for igen in ta(kon).uppdrag] == [ett.id]
    with ThreadPoolExecutor(2) as tradar:
        with kon._bok._skrivlas:  # as while a commit of others is being made: both wait for the next one
            svar = [tradar.submit(kon.bokfor, [ett.id], []) for _ in range(2)]
            vanta_tills(lambda: len(kon._bok._poster) == len(svar), 10, "att båda väntar")
        assert sorted(len(markta.result()) for markta in svar) == [0, 1]


def test_a_try_stands_written_down_before_it_is_made(varje_databas: Database, inst: Settings, klocka: Klocka) -> None:
    utskick_id = ett_uppdrag(varje_databas, 2)
    kon = en_ko(varje_databas, inst, "w1", "sms-2")
    forst, sedan = ta(kon).uppdrag
    assert kon.bokfor([forst.id], []) == {forst.id}
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    markt, tagen = rader[forst.id], rader[sedan.id]
    assert (markt.status, markt.sand, markt.leverantor) == (Status.SANDS, klocka.nu, "sms-2")
    assert (markt.sandningar, markt.forsok, tagen.status, tagen.sandningar) == (1, 1, Status.TAGEN, 0)
    # What came of the first is written in the same transaction as that the second begins.
    assert kon.bokfor([sedan.id], [(forst, mottagen("s7"))]) == {sedan.id}
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    assert (rader[forst.id].status, rader[forst.id].leverantors_id) == (Status.MOTTAGEN, "s7")
    assert rader[sedan.id].status == Status.SANDS


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
    kon = en_ko(varje_databas, inst, "w1")
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
    parti = ta(en_ko(varje_databas, inst, "w1"))
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
    assert ta(en_ko(varje_databas, inst, "w1")).uppdrag == []
    [rad] = leveranser(varje_databas, utskick.id).values()
    assert (rad.status, rad.forsok) == (Status.VANTAR, 0)
    assert rad.tidigast == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def test_a_passing_failure_is_tried_again_later_and_after_its_time_it_has_failed(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    # With all the chance of the spread, the second wait ends after 36 s at most and the third after 56 s at least.
    kon = en_ko(varje_databas, replace(inst, ge_upp_efter=45.0))
    vantan = []
    for _ in range(3):
        [uppdrag] = ta(kon).uppdrag
        assert avgor(kon, uppdrag, overgaende("svarar inte"))
        [rad] = leveranser(varje_databas, utskick_id).values()
        vantan.append((rad.tidigast - klocka.nu).total_seconds())
        assert rad.status == Status.MISSLYCKAD or kon.ta(Kanalslag.SMS) is None
        assert rad.sandningar == 0  # a refusal is no sending
        klocka.nu = max(klocka.nu, rad.tidigast)
    assert 8 <= vantan[0] <= 12
    assert 16 <= vantan[1] <= 24
    assert (rad.status, rad.permanent, rad.forsok) == (Status.MISSLYCKAD, False, 3)
    assert rad.orsak == "gav upp efter 3 försök: svarar inte"
    assert kon.ta(Kanalslag.SMS) is None


def test_each_outcome_leaves_the_delivery_where_a_person_would_look_for_it(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas, 4)
    kon = en_ko(varje_databas, replace(inst, ge_upp_efter=3600.0))
    fall = [
        permanent("SMS-tjänsten nekade numret (400)"),
        oviss("inget svar"),
        overgaende("för många (429)", om_leverantoren=True, vanta=90),
        overgaende("numret är upptaget"),
    ]
    uppdrag = ta(kon).uppdrag
    kon.bokfor([ett.id for ett in uppdrag], [])
    # Another provider is well: what failed for the sake of this one goes there now, and nothing else does.
    kon.bokfor([], list(zip(uppdrag[2:], fall[2:], strict=True)), genast=True)
    kon.bokfor([], list(zip(uppdrag[:2], fall[:2], strict=True)))
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    nekad, okand, pausad, upptagen = (rader[ett.id] for ett in uppdrag)
    assert (nekad.status, nekad.permanent, nekad.sandningar) == (Status.MISSLYCKAD, True, 0)
    assert (okand.status, okand.orsak, okand.sandningar) == (Status.OVISS, "inget svar", 1)
    assert (pausad.status, pausad.om_leverantoren, pausad.tidigast) == (Status.VANTAR, True, klocka.nu)
    assert (upptagen.status, upptagen.om_leverantoren) == (Status.VANTAR, False)
    assert upptagen.tidigast > klocka.nu
    assert {rad.lease_till for rad in rader.values()} == {None}


def test_a_pause_that_the_provider_asks_for_is_kept(varje_databas: Database, inst: Settings, klocka: Klocka) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    avgor(kon, ta(kon).uppdrag[0], overgaende("för många (429)", om_leverantoren=True, vanta=40))
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert 40 <= (rad.tidigast - klocka.nu).total_seconds() <= 48


def test_what_was_claimed_and_not_begun_is_given_back_without_counting_a_try(
    varje_databas: Database, inst: Settings
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    kon.slapp([u.id for u in ta(kon).uppdrag])
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.forsok, rad.worker) == (Status.VANTAR, 0, None)


def test_what_waits_for_its_next_try_is_replaced_by_a_newer_version(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    assert avgor(kon, ta(kon).uppdrag[0], overgaende("svarar inte", om_leverantoren=True))
    with skriver(varje_databas) as session:
        forra = session.get_one(Utskick, utskick_id)
        assert forra.handelse is not None
        ny = en_version(session, forra.handelse)
    expandera_allt(varje_databas)
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.orsak) == (Status.STRUKEN, "ersatt av version 2")
    assert [uppdrag.utskick_id for uppdrag in ta(kon).uppdrag] == [ny.id]


def test_what_has_been_claimed_and_not_begun_is_replaced_too(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas, 2)
    kon = en_ko(varje_databas, inst, "w1")
    borjad, tagen = ta(kon).uppdrag
    assert kon.bokfor([borjad.id], [])
    with skriver(varje_databas) as session:
        forra = session.get_one(Utskick, utskick_id)
        assert forra.handelse is not None
        en_version(session, forra.handelse)
    expandera_allt(varje_databas)
    assert kon.bokfor([tagen.id], [(borjad, mottagen())]) == set()
    rader = {rad.id: rad.status for rad in leveranser(varje_databas, utskick_id).values()}
    assert rader == {borjad.id: Status.MOTTAGEN, tagen.id: Status.STRUKEN}


def test_a_dispatch_that_is_held_has_no_recipients_before_its_time(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    varje_databas.angra_tid = 10.0
    utskick_id, genast = ett_uppdrag(varje_databas), ett_uppdrag(varje_databas, bradskande=True)
    assert leveranser(varje_databas, utskick_id) == {}
    assert leveranser(varje_databas, genast)
    klocka.ga(seconds=9.9)
    expandera_allt(varje_databas)
    assert leveranser(varje_databas, utskick_id) == {}
    klocka.ga(seconds=0.1)
    expandera_allt(varje_databas)
    assert len(leveranser(varje_databas, utskick_id)) == 2  # the other event's reader chose to be told too


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
    kon = en_ko(varje_databas, inst, "w1")
    [uppdrag] = ta(kon, Kanalslag.EPOST).uppdrag
    assert (uppdrag.till, uppdrag.text) == ("ny@prov.example", "https://wis.example.se/konto/hemlig-lank")
    avgor(kon, uppdrag, overgaende("svarar inte"))
    with varje_databas.reading() as session:
        assert session.get_one(Utskick, brev.id).epost
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(tidigast=clock.now()))
    [uppdrag] = ta(kon, Kanalslag.EPOST).uppdrag
    avgor(kon, uppdrag, mottagen())
    with varje_databas.reading() as session:
        kvar = session.get_one(Utskick, brev.id)
        assert (kvar.sms, kvar.epost) == ("", "")
