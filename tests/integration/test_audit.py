"""The record: a chain that shows whatever is done to it."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from wis import audit
from wis.aktorer.models import Aktor
from wis.db import Database
from wis.tx import transaction

_UTAN_VAKT = {
    "sqlite": ["DROP TRIGGER IF EXISTS loggpost_update_vagrad", "DROP TRIGGER IF EXISTS loggpost_delete_vagrad"],
    "postgresql": ["ALTER TABLE loggpost DISABLE TRIGGER USER"],
}


def _manipulate(database: Database, statements: list[str]) -> None:
    """What somebody with full access to the database could do."""
    with database.engine.begin() as connection:
        for statement in _UTAN_VAKT[connection.dialect.name] + statements:
            connection.execute(text(statement))


def _verify(database: Database) -> tuple[int, str] | audit.Kedjebrott:
    with database.reading() as session:
        return audit.verify(session)


def _record(database: Database, count: int) -> None:
    for number in range(count):
        with transaction(database) as session:
            audit.record(session, "prov", objekt=f"sak:{number}", text="åäö – \U0001f600", nummer=number)


def test_a_whole_chain_is_proved(varje_databas: Database) -> None:
    _record(varje_databas, 5)
    nummer, digest = _verify(varje_databas)  # type: ignore[misc]
    assert nummer == 5
    with varje_databas.reading() as session:
        assert audit.has(session, f"5:{digest}")
        assert not audit.has(session, f"4:{digest}")
        assert not audit.has(session, "strunt")


@pytest.mark.parametrize(
    ("statements", "nummer"),
    [
        (["UPDATE loggpost SET handling = 'annat' WHERE nummer = 3"], 3),
        (["UPDATE loggpost SET uppgifter = '{}' WHERE nummer = 3"], 3),
        (["UPDATE loggpost SET anvandare_id = 1 WHERE nummer = 3"], 3),
        (["DELETE FROM loggpost WHERE nummer = 3"], 3),
        (["UPDATE logghuvud SET nummer = 4", "DELETE FROM loggpost WHERE nummer = 5"], 5),
        (["UPDATE logghuvud SET hash = 'x'"], 6),
    ],
)
def test_whatever_is_changed_is_found(varje_databas: Database, statements: list[str], nummer: int) -> None:
    _record(varje_databas, 5)
    _manipulate(varje_databas, statements)
    result = _verify(varje_databas)
    assert isinstance(result, audit.Kedjebrott)
    assert result.nummer == nummer


def test_writers_at_the_same_time_make_one_chain(varje_databas: Database) -> None:
    threads = [threading.Thread(target=_record, args=(varje_databas, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _verify(varje_databas)[0] == 40  # type: ignore[index]


def _record_and_fail(database: Database) -> None:
    with transaction(database) as session:
        audit.record(session, "prov")
        session.add(Aktor(slug=None, namn="Ingen", kortnamn="Ingen", typ="kommun"))


def test_what_is_rolled_back_leaves_no_trace_in_the_chain(varje_databas: Database) -> None:
    _record(varje_databas, 1)
    with pytest.raises(IntegrityError):
        _record_and_fail(varje_databas)
    _record(varje_databas, 1)
    assert _verify(varje_databas)[0] == 2  # type: ignore[index]
