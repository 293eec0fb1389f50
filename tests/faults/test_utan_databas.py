"""The database can't be reached at all: a page of ours, and what was typed on it."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests import factories as f
from tests.conftest import en_app
from tests.servrar import Postgres
from wis import audit, schema
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
NY = "/handelser/storm/underrattelser/ny"
FORM = {"rubrik": "E18 avstängd", "text": "Stopp vid Söderhall.", "nyckel": "b" * 32, "handling": "avisera"}
TALESPERSON = "talesperson@nacka.example"


def _folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=TALESPERSON)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost="lasare@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")


@pytest.fixture
def folk(database: Database) -> None:
    _folk(database)


def _sida(client: FlaskClient, status: int, rubrik: str, data: dict[str, str] | None = None) -> str:
    """The page that comes when the form is sent, or (without data) when its page is asked for."""
    answer = client.get(NY) if data is None else client.post(NY, data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    assert f"<h1>{rubrik}</h1>" in page
    assert answer.mimetype == "text/html"
    return page


def _prova(client: FlaskClient) -> None:
    page = _sida(client, 503, "Det gick inte att spara just nu", FORM)
    assert "Stopp vid Söderhall." in page
    assert "Skicka igen" in page
    page = _sida(client, 503, "Sidan går inte att visa just nu")
    assert "Det du skrev" not in page
    assert "spara" not in page
    assert client.get("/finns-inte").status_code == 404
    svar = client.post(NY, data=FORM, headers={"Accept": "application/json"})
    assert (svar.status_code, svar.mimetype) == (503, "application/json")
    assert json.loads(svar.data)["fel"] == "Det gick inte att spara just nu"


@pytest.fixture
def egen_postgres() -> Iterator[Postgres]:
    """A PostgreSQL of one's own, to stop."""
    with Postgres() as server:
        yield server


@pytest.mark.postgres
def test_a_stopped_postgresql_gives_a_clear_page_keeps_the_text_and_takes_it_when_it_is_back(
    egen_postgres: Postgres, settings: Settings
) -> None:
    database = Database(egen_postgres.nytt_databas())
    schema.upgrade(database)
    _folk(database)
    client = en_app(settings, database).test_client()
    assert client.post("/logga-in", data={"epost": TALESPERSON, "losenord": f.LOSENORD}).status_code == 302
    egen_postgres.stanna()
    _prova(client)
    egen_postgres.starta()
    assert client.post(NY, data=FORM).headers["Location"] == "/underrattelser/1"
    database.dispose()


@pytest.mark.usefixtures("folk")
def test_a_file_that_can_not_be_opened_does_the_same(logga_in: LoggaIn, database: Database, tmp_path: Path) -> None:
    client = logga_in(TALESPERSON)
    database.dispose()
    for file in tmp_path.glob("wis.db*"):
        file.rename(file.with_name(f"undan-{file.name}"))
    (tmp_path / "wis.db").mkdir()
    _prova(client)
    (tmp_path / "wis.db").rmdir()
    for file in tmp_path.glob("undan-*"):
        file.rename(file.with_name(file.name.removeprefix("undan-")))
    assert client.post(NY, data=FORM).status_code == 302


@pytest.mark.usefixtures("folk")
def test_a_file_that_is_no_database_is_our_fault_and_the_text_is_kept(
    app: Flask, logga_in: LoggaIn, database: Database, tmp_path: Path
) -> None:
    client = logga_in(TALESPERSON)
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    database.dispose()
    shutil.copy(tmp_path / "wis.db", tmp_path / "kopia")
    (tmp_path / "wis.db").write_bytes(b"skrot" * 4096)
    assert "Stopp vid Söderhall." in _sida(client, 500, "Något gick fel hos oss", FORM)
    database.dispose()
    shutil.copy(tmp_path / "kopia", tmp_path / "wis.db")
    assert client.post(NY, data=FORM).status_code == 302


@pytest.mark.usefixtures("folk")
@pytest.mark.parametrize(
    "fel",
    [InterfaceError("SELECT 1", {}, Exception("the connection is closed")), PoolTimeoutError("QueuePool limit")],
    ids=["a lost connection", "no connection free"],
)
def test_no_connection_to_be_had_does_the_same(logga_in: LoggaIn, database: Database, fel: Exception) -> None:
    client = logga_in(TALESPERSON)

    def refuse(_connection: object) -> None:
        raise fel

    event.listen(database.engine, "begin", refuse)
    _prova(client)
    event.remove(database.engine, "begin", refuse)
    assert client.post(NY, data=FORM).status_code == 302


@pytest.mark.usefixtures("folk")
def test_a_refusal_that_can_not_be_recorded_is_still_a_refusal(
    logga_in: LoggaIn, database: Database, tmp_path: Path
) -> None:
    client = logga_in("lasare@nacka.example")
    with closing(sqlite3.connect(tmp_path / "wis.db", isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        answer = client.post(NY, data=FORM)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "behövs rollen talesperson" in page
    assert "Stopp vid Söderhall." in page
    with database.reading() as session:
        assert session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == "nekad")).all() == []
    assert client.post(NY, data=FORM).status_code == 403
    with database.reading() as session:
        assert len(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == "nekad")).all()) == 1
