"""The migrated schema is the models' schema, and guards what must never change."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests import factories as f
from wis import audit, clock, modeller, schema
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelsebeslut, Lage
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


def test_the_migrations_make_exactly_the_tables_of_the_models(varje_databas: Database) -> None:
    with varje_databas.engine.connect() as connection:
        # The index of words is the database's own kind: FTS5, which makes tables of its own, or tsvector.
        egna = {"compare_type": True, "include_name": lambda namn, *_: not (namn or "").startswith("sok_ord")}
        context = MigrationContext.configure(connection, opts=egna)
        assert compare_metadata(context, modeller.METADATA) == []


def test_upgrading_twice_changes_nothing(varje_databas: Database) -> None:
    schema.upgrade(varje_databas)
    assert schema.current(varje_databas) == schema.newest()


def _fill(database: Database) -> None:
    with transaction(database) as session:
        person = f.en_person_hos(session, "nacka")
        handelse = f.en_handelse(session, "nacka")
        aktor = f.en_aktor(session, "nacka")
        audit.record(session, "prov")
        beslut = Handelsebeslut(
            handelse_id=handelse.id,
            slag=Beslutsslag.OPPNAD,
            lage=Lage.ORDINARIE,
            tid=clock.now(),
            aktor_id=aktor.id,
            motivering="",
        )
        underrattelse = Underrattelse(handelse_id=handelse.id, aktor_id=aktor.id, skapad=clock.now(), senaste=1)
        session.add_all([beslut, underrattelse])
        session.flush()
        session.add(en_version(underrattelse, person.id, 1))


def en_version(
    underrattelse: Underrattelse, person_id: int, nummer: int, foregaende: int | None = None
) -> UnderrattelseVersion:
    return UnderrattelseVersion(
        underrattelse_id=underrattelse.id,
        nummer=nummer,
        foregaende=foregaende,
        handelse_id=underrattelse.handelse_id,
        aktor_id=underrattelse.aktor_id,
        publicerad=clock.now(),
        forfattare_id=person_id,
        bradskande=False,
        rubrik="Rubrik",
        text="Text",
        html="<p>Text</p>",
        idempotensnyckel=f"nyckel-{nummer}",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE underrattelse_version SET text = 'annat'",
        "DELETE FROM underrattelse_version",
        "UPDATE loggpost SET handling = 'annat'",
        "DELETE FROM loggpost",
        "UPDATE handelsebeslut SET motivering = 'annat'",
        "DELETE FROM handelsebeslut",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_published_or_recorded(
    varje_databas: Database, statement: str
) -> None:
    _fill(varje_databas)
    with pytest.raises(DBAPIError, match="kan inte"), varje_databas.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(("nummer", "foregaende"), [(3, 2), (3, 1), (2, None), (1, None)])
def test_the_database_itself_refuses_a_gap_or_a_double_in_the_numbers(
    varje_databas: Database, nummer: int, foregaende: int | None
) -> None:
    _fill(varje_databas)
    with varje_databas.reading() as session:
        forsta = session.scalars(select(UnderrattelseVersion)).one()
        ny = en_version(forsta.underrattelse, forsta.forfattare_id, nummer, foregaende)
    with pytest.raises(IntegrityError), transaction(varje_databas) as session:
        session.add(ny)


def test_there_can_be_only_one_standing_event(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        f.en_handelse(session, staende=True)
    with pytest.raises(IntegrityError), transaction(varje_databas) as session:
        f.en_handelse(session, staende=True)


def test_the_migrations_make_exactly_the_checks_of_the_models(varje_databas: Database) -> None:
    # Alembic compares no CHECKs, and SQLite keeps those of a rebuilt table only if they are given.
    found = inspect(varje_databas.engine)
    for table in modeller.METADATA.sorted_tables:
        wanted = sorted(str(c.name) for c in table.constraints if isinstance(c, CheckConstraint))
        assert sorted(str(c["name"]) for c in found.get_check_constraints(table.name)) == wanted, table.name


def test_an_upgrade_keeps_what_is_there_and_its_guards(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gammal.db'}")
    command.upgrade(schema.config(database), "0001")
    with database.engine.begin() as connection:
        for statement in _GAMMALT.split(";"):
            connection.execute(text(statement))
    schema.upgrade(database)
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT epost, slag FROM anvandare")).one() == ("a@b.example", "person")
        assert connection.execute(text("SELECT tlp FROM underrattelse_version")).scalar_one() == "clear"
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            connection.execute(text("UPDATE medlemskap SET aktor_id = 999"))
    with pytest.raises(DBAPIError, match="kan inte"), database.engine.begin() as connection:
        connection.execute(text("UPDATE underrattelse_version SET text = 'annat'"))


def test_an_upgrade_keeps_what_was_on_its_way(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gammal.db'}")
    command.upgrade(schema.config(database), "0001")
    with database.engine.begin() as connection:
        for statement in (_GAMMALT + ";" + _GAMLA_LEVERANSER).split(";"):
            connection.execute(text(statement))
    schema.upgrade(database)
    with database.reading() as session:
        rows = session.execute(text("SELECT status, fran, lease_till FROM leverans ORDER BY id")).all()
        hallet = session.execute(text("SELECT halls_till FROM utskick")).scalar_one()
    assert rows == [("vantar", "2026-01-02", None), ("mottagen", "2026-01-02", None)]
    # So nobody is asked to answer it.
    assert hallet == "2026-01-02"


_GAMLA_LEVERANSER = """
INSERT INTO utskick VALUES
  (1, 'underrattelse', 1, 1, NULL, NULL, 1, 1, NULL, 0, '2026-01-02', 'Ämne', 'sms', 'epost', NULL, 0);
INSERT INTO leverans VALUES
  (1, 1, 1, 1, 'sms', NULL, 1, 'sander', '2026-01-02', 0, 0, 'w', '2026-01-02', '', 0, '2026-01-02');
INSERT INTO leverans VALUES
  (2, 1, 1, 1, 'epost', NULL, 1, 'levererad', '2026-01-02', 1, 0, NULL, NULL, '', 0, '2026-01-02')
"""
_GAMMALT = """
INSERT INTO aktor VALUES (1, 'nacka', 'Nacka kommun', 'Nacka', 'kommun');
INSERT INTO anvandare VALUES (1, 'a@b.example', 'Anna', 'x', '2026-01-01', NULL, NULL, 0);
INSERT INTO medlemskap VALUES (1, 1, 1, 'talesperson', 0, NULL, NULL, '2026-01-01');
INSERT INTO handelse VALUES
  (1, 'sno', 'Snö', 'vader', '', '', 0, 0, 1, 'ordinarie', 1, '2026-01-01', 1, NULL, NULL);
INSERT INTO underrattelse VALUES (1, 1, 1, '2026-01-01', 1);
INSERT INTO underrattelse_version VALUES (1, 1, NULL, '2026-01-01', 1, 0, 'Rubrik', 'Text', '', 'nyckel')
"""
