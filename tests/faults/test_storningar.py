"""A busy database, a full disk: a clear page, what was typed kept, never half a publication."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text

from tests import factories as f
from wis import audit
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

LoggaIn = Callable[[str], FlaskClient]
NY = "/handelser/storm/underrattelser/ny"
FORM = {"rubrik": "E18 avstängd", "text": "Stopp vid Söderhall. " * 30, "nyckel": "b" * 32, "handling": "avisera"}


@pytest.fixture
def talesperson(database: Database, logga_in: LoggaIn) -> FlaskClient:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")
    return logga_in("talesperson@nacka.example")


def _rader(database: Database) -> list[int | None]:
    with database.reading() as session:
        return [
            session.scalar(select(func.count()).select_from(model))
            for model in (Underrattelse, UnderrattelseVersion, Utskick)
        ]


def test_a_busy_database_gives_a_clear_page_and_keeps_the_text(
    talesperson: FlaskClient, database: Database, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "wis.db", isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        response = talesperson.post(NY, data=FORM)
        page = response.get_data(as_text=True)
    assert response.status_code == 503
    assert "Det gick inte att spara just nu" in page
    assert "Stopp vid Söderhall." in page
    assert "Skicka igen" in page
    assert _rader(database) == [0, 0, 0]
    assert talesperson.post(NY, data=FORM).status_code == 302
    assert _rader(database) == [1, 1, 1]


def test_a_full_disk_publishes_nothing_by_half(talesperson: FlaskClient, database: Database) -> None:
    with database.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    database.dispose()

    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(database.engine, "connect", full)
    published = 0
    for number in range(60):
        response = talesperson.post(NY, data=FORM | {"nyckel": f"{number:032}"})
        if response.status_code != 302:
            break
        published += 1
    assert response.status_code == 503
    assert "disk är full" in response.get_data(as_text=True)
    assert "Stopp vid Söderhall." in response.get_data(as_text=True)
    assert _rader(database) == [published] * 3
    with database.reading() as session:
        assert not isinstance(audit.verify(session), audit.Kedjebrott)
    event.remove(database.engine, "connect", full)
    database.dispose()
    assert talesperson.post(NY, data=FORM).status_code == 302
