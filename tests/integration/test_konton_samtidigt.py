"""Administrators at the same moment, on SQLite and on PostgreSQL: each is judged by what the one before did."""

import threading

import pytest
from sqlalchemy import func, select, text

from tests import factories as f
from tests.servrar import vanta_pa_las
from wis import clock
from wis.auth.models import Anvandare, Engangslank, Lanktyp, Medlemskap
from wis.auth.queries import find_anvandare, subjekt_av
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.konton import service
from wis.konton.rules import Behorighet, Hinder
from wis.tx import transaction


def _tva_administratorer(database: Database) -> tuple[int, list[tuple[Subjekt, int]]]:
    """Two administrators of one actor: its id, and for each of them who they are and their membership."""
    with transaction(database) as session:
        people = [f.en_person_hos(session, "nacka", Roll.LASARE, administrator=True) for _ in range(2)]
        aktor_id = f.en_aktor(session, "nacka").id
        found = [session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == p.id)).one() for p in people]
        return aktor_id, [(subjekt_av(m), m.id) for m in found]


def _avsatt_varandra(database: Database, aktor_id: int, par: list[tuple[Subjekt, int]]) -> list[threading.Thread]:
    """Start two threads in which each of the two administrators demotes the other."""
    barrier = threading.Barrier(2)
    lasare = Behorighet(Roll.LASARE, administrator=False)

    def demote(who: Subjekt, other: int) -> None:
        barrier.wait()
        try:
            with transaction(database) as session:
                service.andra(session, who, aktor_id, other, lasare, motivering="Slutar")
        except (Hinder, service.Otillatet):
            return

    pairs = [(par[0][0], par[1][1]), (par[1][0], par[0][1])]
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    return threads


def _antal_administratorer(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).where(Medlemskap.administrator)).one()


@pytest.mark.parametrize("_varv", range(3))
def test_two_administrators_who_demote_each_other_leave_one(varje_databas: Database, _varv: int) -> None:
    aktor_id, par = _tva_administratorer(varje_databas)
    for thread in _avsatt_varandra(varje_databas, aktor_id, par):
        thread.join()
    assert _antal_administratorer(varje_databas) == 1


@pytest.mark.postgres
def test_even_when_both_had_begun_before_either_was_done(postgres_url: str) -> None:
    database = Database(postgres_url)
    aktor_id, par = _tva_administratorer(database)
    # Hold the end of the record, which both must reach, until both wait: for it, or for each other.
    with database.engine.connect() as holder:
        holder.execute(text("SELECT 1 FROM logghuvud FOR UPDATE"))
        threads = _avsatt_varandra(database, aktor_id, par)
        vanta_pa_las(database.engine, 2)
        holder.rollback()
    for thread in threads:
        thread.join()
    assert _antal_administratorer(database) == 1
    database.dispose()


def test_two_actors_invite_the_same_new_person_at_the_same_moment(varje_databas: Database) -> None:
    database, outcome = varje_databas, []
    with transaction(database) as session:
        who = [
            (f.subjekt_for(session, f.en_person_hos(session, slug, Roll.LASARE, administrator=True)))
            for slug in ("nacka", "solna", "taby", "ekero")
        ]
    barrier = threading.Barrier(len(who))
    inbjudan = service.Inbjudan("kim@nacka.example", "Kim", Behorighet(Roll.LASARE, administrator=False), "Ny")

    def invite(one: Subjekt) -> None:
        barrier.wait()
        with transaction(database) as session:
            outcome.append(service.bjud_in(session, one, one.aktor_id, inbjudan, "http://localhost"))

    threads = [threading.Thread(target=invite, args=(one,)) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcome) == 4
    with database.reading() as session:
        assert len(session.scalars(select(Anvandare).where(Anvandare.epost == "kim@nacka.example")).all()) == 1
        live = select(func.count()).where(Engangslank.giltig_till > clock.now(), Engangslank.typ == Lanktyp.INBJUDAN)
        assert session.scalars(live).one() == 1


def test_an_administrator_who_lost_the_right_meanwhile_changes_nothing(varje_databas: Database) -> None:
    aktor_id, [(first, _), (second, second_membership)] = _tva_administratorer(varje_databas)
    with transaction(varje_databas) as session:
        service.stang_av(session, first, aktor_id, second_membership, "Slutar")
    with pytest.raises(service.Otillatet), transaction(varje_databas) as session:
        service.bjud_in(
            session,
            second,
            aktor_id,
            service.Inbjudan("kim@nacka.example", "Kim", Behorighet(Roll.REDAKTOR, administrator=True)),
            "http://localhost",
        )
    with varje_databas.reading() as session:
        assert find_anvandare(session, "kim@nacka.example") is None
