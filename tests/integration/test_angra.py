"""Taking back what is held, letting it go after all, and settling what nobody knows of."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.factories import en_handelse, en_person_hos, subjekt_for
from tests.utskick import (
    KLOCKAN_TOLV,
    en_som_vill,
    en_version,
    ett_uppdrag,
    expandera_allt,
    fick,
    i_tradar,
    leveranser,
    skriver,
)
from wis import clock
from wis.andringar import Andring, lyssna
from wis.audit import Loggpost
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import leveransfragor, leveransservice
from wis.notiser.expandering import expandera
from wis.notiser.models import Leverans, Status, Utskick

VARV = 8
STRAX = timedelta(seconds=1)


@pytest.fixture
def hallen(varje_databas: Database) -> Database:
    """A database where a dispatch can be taken back for ten seconds."""
    varje_databas.angra_tid = 10.0
    return varje_databas


@pytest.fixture
def en_hallen(database: Database) -> Database:
    """As hallen, of the embedded kind alone."""
    database.angra_tid = 10.0
    return database


def ett_hallet(database: Database) -> tuple[int, Subjekt]:
    """A dispatch made at noon that one person at Nacka is to get, and Trafikverket's talesperson."""
    with clock.at(KLOCKAN_TOLV), skriver(database) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        who = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.TALESPERSON))
        return en_version(session, handelse).id, who


def utskick(database: Database, id_: int) -> Utskick:
    with database.reading() as session:
        return session.get_one(Utskick, id_)


def test_either_the_sender_takes_it_back_or_it_goes_and_never_both(hallen: Database) -> None:
    """Two machines whose clocks do not agree: to the one it is still held, to the other it is time."""
    lyckades = 0
    for _ in range(VARV):
        utskick_id, who = ett_hallet(hallen)
        angrade: list[bool] = []

        def kor(nummer: int, id_: int = utskick_id, vem: Subjekt = who, svar: list[bool] = angrade) -> None:
            if nummer:
                with clock.at(KLOCKAN_TOLV + timedelta(seconds=10)):
                    expandera(hallen)
                return
            with clock.at(KLOCKAN_TOLV + timedelta(seconds=10) - STRAX), skriver(hallen) as session:
                svar.append(leveransservice.angra(session, vem, id_))

        assert i_tradar(2, kor) == []
        with clock.at(KLOCKAN_TOLV + timedelta(minutes=1)):
            expandera_allt(hallen)
        rad = utskick(hallen, utskick_id)
        assert [rad.angrad is not None] == angrade
        assert bool(fick(hallen, utskick_id)) is not angrade[0]
        lyckades += angrade[0]
    with hallen.reading() as session:
        poster = session.scalars(select(Loggpost).where(Loggpost.handling == "ångrar utskick")).all()
    assert len(poster) == lyckades


def test_what_has_begun_to_go_is_not_taken_back_whatever_the_clock_says(en_hallen: Database) -> None:
    utskick_id, who = ett_hallet(en_hallen)
    with skriver(en_hallen) as session:
        session.execute(update(Utskick).values(expanderat_till=1))
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(en_hallen) as session:
        assert not leveransservice.angra(session, who, utskick_id)
        assert not leveransservice.skicka_nu(session, who, utskick_id)
    assert utskick(en_hallen, utskick_id).angrad is None


def test_what_was_taken_back_can_go_after_all_once_and_then_waits_from_that_moment(hallen: Database) -> None:
    hort: list[Andring] = []
    lyssna(hallen, hort.append)
    utskick_id, who = ett_hallet(hallen)
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(hallen) as session:
        assert not leveransservice.skicka_anda(session, who, utskick_id)
        assert leveransservice.angra(session, who, utskick_id)
        assert not leveransservice.angra(session, who, utskick_id)
    sent = KLOCKAN_TOLV + timedelta(hours=1)
    with clock.at(sent):
        expandera_allt(hallen)
        assert fick(hallen, utskick_id) == set()
        with skriver(hallen) as session:
            assert leveransservice.skicka_anda(session, who, utskick_id)
        with hallen.reading() as session:
            assert leveransfragor.aldsta_forfallna(session, clock.now()) == sent
        expandera_allt(hallen)
    assert len(fick(hallen, utskick_id)) == 1
    assert [andring.id for andring in hort] == [utskick_id] * 3


def test_send_now_lets_it_go_at_once(en_hallen: Database) -> None:
    utskick_id, who = ett_hallet(en_hallen)
    with clock.at(KLOCKAN_TOLV + STRAX):
        expandera_allt(en_hallen)
        assert fick(en_hallen, utskick_id) == set()
        with skriver(en_hallen) as session:
            assert leveransservice.skicka_nu(session, who, utskick_id)
        expandera_allt(en_hallen)
    assert len(fick(en_hallen, utskick_id)) == 1


def test_what_a_newer_version_has_replaced_does_not_go_but_one_taken_back_replaces_nothing(en_hallen: Database) -> None:
    utskick_id, who = ett_hallet(en_hallen)
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(en_hallen) as session:
        leveransservice.angra(session, who, utskick_id)
        nyare = en_version(session, session.get_one(Handelse, utskick(en_hallen, utskick_id).handelse_id)).id
        assert not leveransservice.skicka_anda(session, who, utskick_id)
        assert leveransservice.angra(session, who, nyare)
        assert leveransservice.skicka_anda(session, who, utskick_id)


def test_who_may_not_publish_takes_nothing_back(en_hallen: Database) -> None:
    utskick_id, _ = ett_hallet(en_hallen)
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(en_hallen) as session:
        skribent = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.SKRIBENT))
        annan = subjekt_for(session, en_person_hos(session, "nacka", Roll.REDAKTOR))
        with pytest.raises(PermissionError, match="talesperson"):
            leveransservice.angra(session, skribent, utskick_id)
        with pytest.raises(PermissionError, match="tillhör"):
            leveransservice.angra(session, annan, utskick_id)
        with pytest.raises(LookupError):
            leveransservice.angra(session, skribent, utskick_id + 1000)


def test_in_a_closed_event_the_decision_to_close_it_can_still_be_kept_quiet(en_hallen: Database) -> None:
    utskick_id, who = ett_hallet(en_hallen)
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(en_hallen) as session:
        session.get_one(Handelse, utskick(en_hallen, utskick_id).handelse_id).stangd = clock.now()
        session.flush()
        assert leveransservice.angra(session, who, utskick_id)


# --- what nobody knows of ----------------------------------------------------------------------------------------


def test_what_nobody_knows_of_is_sent_again_marked_or_is_said_to_have_come(varje_databas: Database) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    [rad] = leveranser(varje_databas, utskick_id).values()
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(status=Status.OVISS, forsok=1, sandningar=1, worker="w1"))
        who = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.SKRIBENT))
        # 'All that failed' leaves alone what may have come.
        assert leveransservice.skicka_igen(session, who, utskick_id) == 0
        assert leveransservice.skicka_igen(session, who, utskick_id, ovissa=True) == 1
        assert not leveransservice.kom_fram(session, who, utskick_id, rad.id)
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.upprepad, rad.forsok, rad.sandningar, rad.worker) == (Status.VANTAR, True, 0, 1, None)
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(status=Status.OVISS))
        assert leveransservice.kom_fram(session, who, utskick_id, rad.id)
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.orsak) == (Status.LEVERERAD, f"bekräftat av {who.namn}")
    with varje_databas.reading() as session:
        sagt = session.scalars(select(Loggpost.handling).where(Loggpost.objekt == f"utskick:{utskick_id}")).all()
    assert list(sagt) == ["skickar igen", "bekräftar leverans"]


def test_a_newer_brådskande_does_not_wait_for_a_held_one_which_then_never_goes(hallen: Database) -> None:
    with clock.at(KLOCKAN_TOLV), skriver(hallen) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        aldre = en_version(session, handelse).id
    with clock.at(KLOCKAN_TOLV + STRAX), skriver(hallen) as session:
        nyare = en_version(session, session.get_one(Handelse, 1), bradskande=True).id
    with clock.at(KLOCKAN_TOLV + STRAX):
        expandera_allt(hallen)
    assert (fick(hallen, aldre), bool(fick(hallen, nyare))) == (set(), True)
    with clock.at(KLOCKAN_TOLV + timedelta(minutes=1)):
        expandera_allt(hallen)
    assert fick(hallen, aldre) == set()
