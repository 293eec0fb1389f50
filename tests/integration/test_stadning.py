"""What nobody came back from: nothing is lost, and nothing is sent again but what should be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.factories import en_handelse, en_person_hos
from tests.utskick import (
    KLOCKAN_TOLV,
    Klocka,
    avgor,
    en_ko,
    en_som_vill,
    en_version,
    ett_uppdrag,
    expandera_allt,
    leveranser,
    skriver,
    ta,
)
from wis import clock
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import service, stadning
from wis.notiser.models import Kanalslag, Leverans, Status, Utskick
from wis.notiser.rules import Utfall, mottagen, overgaende, oviss, permanent
from wis.settings import Settings


def ett_brev(database: Database) -> int:
    """The id of the dispatch of a code by SMS that waits."""
    with skriver(database) as session:
        person = en_person_hos(session, "nacka").id
        return service.skicka_brev(
            session, anvandare_id=person, kanal=Kanalslag.SMS, adress="+46701740605", amne="Kod", text="123456"
        ).id


def den(database: Database, utskick_id: int) -> Leverans:
    [rad] = leveranser(database, utskick_id).values()
    return rad


# --- claims that lapse -------------------------------------------------------------------------------------------


def test_a_claim_that_lapses_is_taken_over_and_the_first_worker_can_no_longer_begin_it(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    forsta, andra = en_ko(varje_databas, inst, "w1"), en_ko(varje_databas, inst, "w2")
    [uppdrag] = ta(forsta).uppdrag
    klocka.ga(seconds=inst.lease - 1)
    assert stadning.stada(varje_databas) == set()
    klocka.ga(seconds=1)
    assert {rad[0] for rad in stadning.stada(varje_databas)} == {utskick_id}
    assert not forsta.bokfor([uppdrag.id], [])
    [igen] = ta(andra).uppdrag
    assert (igen.id, igen.forsok) == (uppdrag.id, 0)
    assert not forsta.bokfor([uppdrag.id], [(uppdrag, permanent("för sent"))])
    assert avgor(andra, igen, mottagen())
    rad = den(varje_databas, utskick_id)
    assert (rad.status, rad.forsok, rad.sandningar) == (Status.MOTTAGEN, 1, 1)


def test_a_claim_that_is_renewed_is_not_taken_over(varje_databas: Database, inst: Settings, klocka: Klocka) -> None:
    ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    parti = ta(kon)
    klocka.ga(seconds=inst.lease - 1)
    assert kon.fornya(parti, [parti.uppdrag[0].id]) == {parti.uppdrag[0].id}
    klocka.ga(seconds=inst.lease - 1)
    assert stadning.stada(varje_databas) == set()
    assert avgor(kon, parti.uppdrag[0], mottagen())


def test_only_what_had_been_begun_may_have_arrived(varje_databas: Database, inst: Settings, klocka: Klocka) -> None:
    utskick_id = ett_uppdrag(varje_databas, 4)
    kon = en_ko(varje_databas, inst, "w1")
    uppdrag = ta(kon).uppdrag
    kon.bokfor([uppdrag[0].id, uppdrag[1].id], [])
    kon.bokfor([], [(uppdrag[0], mottagen())])
    klocka.ga(seconds=inst.lease)
    stadning.stada(varje_databas)
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    assert [rader[u.id].status for u in uppdrag] == [Status.MOTTAGEN, Status.OVISS, Status.VANTAR, Status.VANTAR]
    assert [rader[u.id].orsak for u in uppdrag] == ["", stadning.AVBRUTEN, "", ""]
    assert [rader[u.id].sandningar for u in uppdrag] == [1, 1, 0, 0]
    assert {rad.worker for rad in rader.values() if rad.status == Status.VANTAR} == {None}


@pytest.mark.parametrize(
    ("utfall", "blir"),
    [
        (mottagen("s9"), (Status.MOTTAGEN, "", 1)),
        (permanent("numret"), (Status.MISSLYCKAD, "numret", 0)),
        (overgaende("nekat"), (Status.VANTAR, "nekat", 0)),
    ],
    ids=lambda ett: getattr(ett, "slag", ""),
)
def test_an_answer_that_comes_after_the_claim_lapsed_says_more_than_that_it_lapsed(
    varje_databas: Database, inst: Settings, klocka: Klocka, utfall: Utfall, blir: tuple[Status, str, int]
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, replace(inst, ge_upp_efter=3600.0))
    [uppdrag] = ta(kon).uppdrag
    kon.bokfor([uppdrag.id], [])
    klocka.ga(seconds=inst.lease)
    stadning.stada(varje_databas)
    assert den(varje_databas, utskick_id).status == Status.OVISS
    kon.bokfor([], [(uppdrag, utfall)])
    rad = den(varje_databas, utskick_id)
    assert (rad.status, rad.orsak, rad.sandningar) == blir


def test_what_a_receipt_has_settled_meanwhile_is_left_alone(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    [uppdrag] = ta(kon).uppdrag
    kon.bokfor([uppdrag.id], [])
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(status=Status.LEVERERAD, lease_till=None, worker=None))
    kon.bokfor([], [(uppdrag, oviss("inget svar"))])
    rad = den(varje_databas, utskick_id)
    assert (rad.status, rad.orsak, rad.sandningar) == (Status.LEVERERAD, "", 1)


# --- answers that never come -------------------------------------------------------------------------------------


def test_what_is_urgent_and_unanswered_is_sent_once_more_and_says_so_and_never_a_third_time(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas, bradskande=True)
    kon = en_ko(varje_databas, inst, "w1")
    [forst] = ta(kon).uppdrag
    assert avgor(kon, forst, oviss("inget svar"))
    klocka.ga(seconds=119)
    assert stadning.stada(varje_databas) == set()
    assert kon.ta(Kanalslag.SMS) is None
    klocka.ga(seconds=1)
    assert {rad[0] for rad in stadning.stada(varje_databas)} == {utskick_id}
    [igen] = ta(kon).uppdrag
    assert (igen.text, igen.amne) == (f"UPPREPAT: {forst.text}", f"UPPREPAT: {forst.amne}")
    # A refusal in between is no sending: it goes on until it has been sent twice.
    assert avgor(kon, igen, overgaende("svarar inte"))
    klocka.ga(minutes=5)
    [igen] = ta(kon).uppdrag
    assert avgor(kon, igen, oviss("inget svar"))
    rad = den(varje_databas, utskick_id)
    assert (rad.status, rad.sandningar, rad.upprepad) == (Status.OVISS, 2, True)
    klocka.ga(days=2)
    assert stadning.stada(varje_databas) == set()
    assert kon.ta(Kanalslag.SMS) is None


def test_what_can_wait_and_is_unanswered_is_left_to_a_person(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    avgor(kon, ta(kon).uppdrag[0], oviss("inget svar"))
    klocka.ga(hours=5)
    assert stadning.stada(varje_databas) == set()
    assert den(varje_databas, utskick_id).status == Status.OVISS


def test_an_answer_to_the_first_try_does_not_settle_the_second_nor_take_its_words_away(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    brev_id = ett_brev(varje_databas)
    forsta, andra = en_ko(varje_databas, inst, "w1"), en_ko(varje_databas, inst, "w2")
    [uppdrag] = ta(forsta).uppdrag
    forsta.bokfor([uppdrag.id], [])
    klocka.ga(minutes=3)
    stadning.stada(varje_databas)
    forsta.bokfor([], [(uppdrag, mottagen())])
    assert den(varje_databas, brev_id).status == Status.VANTAR
    [igen] = ta(andra).uppdrag
    assert igen.text == "UPPREPAT: 123456"


def test_the_text_of_a_code_that_nobody_answered_twice_is_blanked(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    brev_id = ett_brev(varje_databas)
    kon = en_ko(varje_databas, inst)
    for vantat in ("123456", ""):
        avgor(kon, ta(kon).uppdrag[0], oviss("inget svar"))
        stadning.glom_ovissa_brev(varje_databas)
        with varje_databas.reading() as session:
            assert session.get_one(Utskick, brev_id).sms == vantat
        klocka.ga(minutes=2)
        stadning.stada(varje_databas)


# --- a clock that was set back, a provider that is well again ----------------------------------------------------


def test_when_the_clock_has_been_set_back_a_day_nothing_waits_for_that_day(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas, 4, bradskande=True)
    kon = en_ko(varje_databas, replace(inst, ge_upp_efter=3600.0))
    tagen, sands, okand, nekad = ta(kon).uppdrag
    kon.bokfor([sands.id, okand.id, nekad.id], [])
    kon.bokfor([], [(okand, oviss("inget svar")), (nekad, overgaende("upptaget"))])
    varje_databas.angra_tid = 10.0
    hallen_id = ett_uppdrag(varje_databas)
    klocka.ga(days=-1)
    assert {rad[0] for rad in stadning.ratta_efter_klockan(varje_databas)} == {utskick_id}
    stadning.stada(varje_databas)
    # It can be taken back for as long as it always can, and no longer.
    klocka.ga(seconds=11)
    expandera_allt(varje_databas)
    assert leveranser(varje_databas, hallen_id)
    assert {tagen.id, nekad.id} <= {uppdrag.id for uppdrag in ta(kon).uppdrag}
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    assert (rader[sands.id].status, rader[okand.id].status) == (Status.OVISS, Status.OVISS)
    klocka.ga(minutes=2)
    stadning.stada(varje_databas)
    rader = {rad.id: rad for rad in leveranser(varje_databas, utskick_id).values()}
    assert rader[sands.id].upprepad
    assert rader[okand.id].upprepad


def test_what_waited_for_a_provider_goes_when_it_is_well_and_the_rest_in_its_own_time(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    utskick_id = ett_uppdrag(varje_databas, 2)
    kon = en_ko(varje_databas, inst)
    for uppdrag, leverantoren in zip(ta(kon).uppdrag, (True, False), strict=True):
        avgor(kon, uppdrag, overgaende("svarar inte", om_leverantoren=leverantoren))
    assert stadning.slapp_efter_fel(varje_databas, Kanalslag.EPOST) == set()
    assert kon.ta(Kanalslag.SMS) is None
    assert {rad[0] for rad in stadning.slapp_efter_fel(varje_databas, Kanalslag.SMS)} == {utskick_id}
    [nu] = ta(kon).uppdrag
    assert nu.forsok == 1
    klocka.ga(seconds=12)
    assert len(ta(kon).uppdrag) == 1
    assert clock.now() == KLOCKAN_TOLV + timedelta(seconds=12)


def test_an_older_version_that_nobody_answered_does_not_go_after_the_newer_one(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        aldre = en_version(session, handelse, bradskande=True).id
    expandera_allt(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    [uppdrag] = ta(kon).uppdrag
    kon.bokfor([uppdrag.id], [])
    kon.bokfor([], [(uppdrag, oviss("svaret uteblev"))])
    with skriver(varje_databas) as session:
        nyare = en_version(session, session.get_one(Handelse, handelse.id), bradskande=True).id
    expandera_allt(varje_databas)
    klocka.nu += stadning.OVISS_VANTA + timedelta(seconds=1)
    stadning.stada(varje_databas)
    parti = kon.ta(Kanalslag.SMS)
    assert parti is not None
    assert [rad.utskick_id for rad in parti.uppdrag] == [nyare]
    [rad] = [rad for rad in leveranser(varje_databas, aldre).values() if rad.kanal == Kanalslag.SMS]
    assert (rad.status, rad.orsak) == (Status.STRUKEN, "ersatt av version 2")
