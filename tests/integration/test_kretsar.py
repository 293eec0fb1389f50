"""Who reads since when, as choices follow on each other."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from wis import clock
from wis.aktorer.models import Aktor
from wis.db import Database
from wis.handelser.kretsar import Lasarval, ny_krets, satt_handelsens_krets, satt_krets
from wis.handelser.lasratt import far_lasa
from wis.handelser.models import Handelse
from wis.tx import transaction

NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FORR, SEDAN = NU - timedelta(hours=1), NU + timedelta(hours=1)


def ids(session: Session, *slugar: str) -> frozenset[int]:
    return frozenset(f.en_aktor(session, slug).id for slug in slugar)


def laser(handelse: Handelse, aktor: Aktor, publicerad: datetime) -> bool:
    return handelse.krets().rymmer(aktor.id, aktor.ansluten, publicerad)


def test_a_new_reader_reads_what_comes_from_now_on_and_the_old_ones_keep_what_they_had(database: Database) -> None:
    with transaction(database) as session, clock.at(NU):
        handelse = f.en_handelse(session, "solna", lasare=["nacka"])
        satt_handelsens_krets(session, handelse, Lasarval(ids(session, "nacka", "polisen")))
        nacka, polisen = f.en_aktor(session, "nacka"), f.en_aktor(session, "polisen")
        assert laser(handelse, nacka, FORR)
        assert not laser(handelse, polisen, FORR)
        assert laser(handelse, polisen, SEDAN)


def test_giving_the_past_to_a_new_reader_gives_it_to_no_other(database: Database) -> None:
    with transaction(database) as session:
        handelse = f.en_handelse(session, "solna", lasare=["nacka"])
        with clock.at(NU):
            satt_handelsens_krets(session, handelse, Lasarval(ids(session, "nacka", "polisen")))
        with clock.at(SEDAN):
            everyone = ids(session, "nacka", "polisen", "trafikverket")
            satt_handelsens_krets(session, handelse, Lasarval(everyone, aven_tidigare=True))
        assert laser(handelse, f.en_aktor(session, "trafikverket"), FORR)
        assert not laser(handelse, f.en_aktor(session, "polisen"), FORR)


def test_opened_to_all_it_is_for_all_from_then_on(database: Database) -> None:
    with transaction(database) as session, clock.at(NU):
        handelse = f.en_handelse(session, "solna", lasare=["nacka"])
        vaxholm, sen = f.en_aktor(session, "vaxholm"), f.en_aktor(session, "sen")
        sen.ansluten = NU + timedelta(minutes=30)
        satt_handelsens_krets(session, handelse, Lasarval(None))
        assert laser(handelse, f.en_aktor(session, "nacka"), FORR)
        assert not laser(handelse, vaxholm, FORR)
        assert laser(handelse, vaxholm, NU)
        assert not laser(handelse, sen, NU)
        assert laser(handelse, sen, SEDAN)


def test_opened_to_all_with_the_past_it_is_for_those_that_joined_later_too(database: Database) -> None:
    with transaction(database) as session, clock.at(NU):
        handelse = f.en_handelse(session, "solna", lasare=["nacka"])
        sen = f.en_aktor(session, "sen")
        sen.ansluten = NU
        satt_handelsens_krets(session, handelse, Lasarval(None, aven_tidigare=True))
        assert laser(handelse, sen, FORR)
        assert laser(handelse, f.en_aktor(session, "vaxholm"), FORR)


def test_closing_to_some_and_opening_again_gives_back_nothing_of_between(database: Database) -> None:
    with transaction(database) as session:
        agare = f.en_aktor(session, "solna")
        with clock.at(FORR):
            krets = ny_krets(session, Lasarval(ids(session, "nacka")))
        with clock.at(NU):
            krets = satt_krets(session, krets, agare, Lasarval(frozenset()))
        with clock.at(SEDAN):
            krets = satt_krets(session, krets, agare, Lasarval(ids(session, "nacka")))
        assert krets is not None
        nacka = f.en_aktor(session, "nacka")
        assert not krets.krets(agare).rymmer(nacka.id, None, NU)
        assert krets.krets(agare).rymmer(nacka.id, None, SEDAN)
        assert krets.krets(agare).rymmer(agare.id, None, NU)


def test_a_thing_that_all_are_to_read_needs_no_circle(database: Database) -> None:
    with transaction(database) as session:
        agare = f.en_aktor(session, "solna")
        assert ny_krets(session, Lasarval(None)) is None
        assert satt_krets(session, None, agare, Lasarval(None)) is None


def test_a_right_to_read_may_end_by_itself(database: Database) -> None:
    with transaction(database) as session:
        handelse = f.en_handelse(session, "solna", lasare=["nacka"])
        with clock.at(NU):
            val = Lasarval(ids(session, "nacka", "polisen"), till=SEDAN)
            satt_handelsens_krets(session, handelse, val)
            assert laser(handelse, f.en_aktor(session, "polisen"), NU)
        session.flush()
        with clock.at(SEDAN):
            assert not laser(handelse, f.en_aktor(session, "polisen"), NU)
            assert laser(handelse, f.en_aktor(session, "nacka"), NU)  # chosen before, without an end
            # Chosen again: from now on, for good.
            satt_handelsens_krets(session, handelse, Lasarval(ids(session, "nacka", "polisen")))
        with clock.at(SEDAN + timedelta(hours=1)):
            assert laser(handelse, f.en_aktor(session, "polisen"), SEDAN)
            assert not laser(handelse, f.en_aktor(session, "polisen"), NU)


def test_lists_drop_what_one_might_read_until_a_moment_ago(varje_databas: Database) -> None:
    with transaction(varje_databas) as session, clock.at(NU):
        handelse = f.en_handelse(session, "solna", lasare=[])
        satt_handelsens_krets(session, handelse, Lasarval(ids(session, "polisen"), till=SEDAN))
        person = f.en_person_hos(session, "polisen")
        who = f.subjekt_for(session, person)
    with varje_databas.reading() as session:
        # One statement, built once: it looks at the clock each time that it is run.
        query = select(Handelse.id).where(far_lasa(who.aktor_id))
        with clock.at(NU):
            assert len(session.scalars(query).all()) == 1
        with clock.at(SEDAN):
            assert session.scalars(query).all() == []
