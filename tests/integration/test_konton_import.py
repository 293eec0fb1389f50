"""An import is whole or nothing, on SQLite and on PostgreSQL, also when two are made at the same moment."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tests import factories as f
from wis import audit
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.konton import importera, service
from wis.konton.rules import Hinder
from wis.notiser.models import Leverans
from wis.tx import transaction

RADER = "\n".join(f"p{number:02}@delad.example;Person {number};läsare" for number in range(20))


def _administrator(database: Database, slug: str) -> Subjekt:
    with transaction(database) as session:
        return f.subjekt_for(session, f.en_person_hos(session, slug, Roll.LASARE, administrator=True))


def _provkord(database: Database, who: Subjekt, text: str) -> str:
    with database.reading() as session:
        return importera.planera(session, who, f.en_aktor(session, who.aktor_slug), text).signatur


def _genomfor(database: Database, who: Subjekt, text: str, provkord: str) -> None:
    with transaction(database) as session:
        importera.genomfor(session, who, who.aktor_id, text, provkord, "Lista", "http://localhost")


def _antal(database: Database) -> tuple[int, int, int]:
    with database.reading() as session:
        return (
            session.scalars(select(func.count()).select_from(Anvandare)).one(),
            session.scalars(select(func.count()).select_from(Medlemskap)).one(),
            session.scalars(select(func.count()).select_from(Leverans)).one(),
        )


def test_a_fault_in_the_last_line_leaves_nothing_of_the_others(
    varje_databas: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = _administrator(varje_databas, "nacka")
    provkord, before = _provkord(varje_databas, who, RADER), _antal(varje_databas)
    real, done = service.lagg_till, []

    def fails_at_the_last(*args: object) -> object:
        done.append(args)
        if len(done) == 20:
            raise Hinder("Någon annan hann före.")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(importera, "lagg_till", fails_at_the_last)
    with pytest.raises(Hinder):
        _genomfor(varje_databas, who, RADER, provkord)
    assert len(done) == 20
    assert _antal(varje_databas) == before


def test_two_actors_import_the_same_people_in_other_orders_at_the_same_moment(varje_databas: Database) -> None:
    backwards = "\n".join(reversed(RADER.splitlines()))
    work = [(_administrator(varje_databas, "nacka"), RADER), (_administrator(varje_databas, "solna"), backwards)]
    ready = [(who, text, _provkord(varje_databas, who, text)) for who, text in work]
    barrier, failed = threading.Barrier(2), []

    def run(who: Subjekt, text: str, provkord: str) -> None:
        barrier.wait()
        try:
            _genomfor(varje_databas, who, text, provkord)
        except (Hinder, SQLAlchemyError) as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=one) for one in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert _antal(varje_databas)[:2] == (22, 42)
    with varje_databas.reading() as session:
        assert isinstance(audit.verify(session), tuple)


def test_what_changed_since_the_dry_run_is_not_done(varje_databas: Database) -> None:
    who = _administrator(varje_databas, "nacka")
    provkord = _provkord(varje_databas, who, RADER)
    with transaction(varje_databas) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="p07@delad.example")
    before = _antal(varje_databas)
    with pytest.raises(Hinder, match="ändrats sedan provkörningen"):
        _genomfor(varje_databas, who, RADER, provkord)
    assert _antal(varje_databas) == before
