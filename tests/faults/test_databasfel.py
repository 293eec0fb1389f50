"""A database that goes away, a full disk and a clock that jumps, while messages are on their way: the same promises."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, event, text

from tests.faults import leverans_stod as stod
from tests.faults.leverans_stod import Drift, Sink, Skiftklocka
from tests.servrar import Postgres, vanta_tills
from wis import db
from wis.db import Database
from wis.notiser import brytare
from wis.notiser.models import Status
from wis.settings import Settings

# Seconds that a provider takes over each message, so that some are on their way when it happens.
FORDROJNING = 0.15
BORTA = 2.0
_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON leverans EXECUTE FUNCTION full_disk();
"""


@pytest.fixture(autouse=True)
def otaligare(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits for a lock, and the worker for a provider that has failed, for tenths of a second."""
    monkeypatch.setattr(db, "_VANTAR", 200)
    monkeypatch.setattr(brytare, "PROVA_EFTER", 0.3)


@contextmanager
def _utan_databas(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """PostgreSQL stopped as by a power cut and started again; in SQLite, somebody who keeps the lock."""
    if database.engine.dialect.name == "sqlite":
        path = str(database.engine.url.database)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as blocker:
            blocker.execute("BEGIN EXCLUSIVE")
            yield
        return
    server: Postgres = request.getfixturevalue("postgres")
    server.stanna()
    try:
        yield
    finally:
        server.starta()


@contextmanager
def _full_disk(database: Database) -> Iterator[None]:
    """Nothing more fits: in SQLite by a real limit, in PostgreSQL by its own error for it at each delivery written."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text(_FULL))
        try:
            yield
        finally:
            with database.engine.begin() as connection:
                connection.execute(text("DROP FUNCTION full_disk() CASCADE"))
        return

    def full(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes it as: no more than there are now

    event.listen(database.engine, "begin", full, insert=True)
    try:
        yield
    finally:
        event.remove(database.engine, "begin", full)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    database.dispose()


def _mitt_i(drift: Drift) -> None:
    """Until something is on its way by both channels."""
    vanta_tills(
        lambda: {kanal for _, kanal in stod.i_luften(drift.database).values()} == {"sms", "epost"}, 30, "något på väg"
    )


def test_a_database_that_goes_away_and_a_full_disk_lose_and_double_nothing(
    varje_databas: Database, settings: Settings, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wis.notiser")
    varje_databas.dispose()
    began, ater = time.monotonic(), []
    with Sink() as sink, Drift(varje_databas, settings, sink) as drift:
        sink.frisk(FORDROJNING)
        drift.logga_in()
        drift.starta()
        for borta in (partial(_utan_databas, varje_databas, request), partial(_full_disk, varje_databas)):
            drift.publicera()
            drift.publicera()
            _mitt_i(drift)
            with borta():
                caplog.clear()
                vanta_tills(lambda: "the database does not answer" in caplog.text, 30, "att workern märker det")
                # As long as messages that were on their way need, and the claims on them last.
                time.sleep(BORTA)
            ater.append(time.monotonic())
            stod.vanta_avgjort(varje_databas)
            assert drift.lever()
            drift.publicera(bradskande=True)
        stod.vanta_avgjort(varje_databas)
        dom, p99 = drift.loften.granska(varje_databas, sink), drift.loften.p99(sink, ater)
    print(
        f"\n2 faults in {time.monotonic() - began:.0f} s: {dom}; p99 {p99:.2f} s; publishing {max(drift.tider):.2f} s"
    )
    assert set(dom.statusar) <= {Status.MOTTAGEN, Status.OVISS}
    assert p99 <= 60


def _hoppa(drift: Drift, klocka: Skiftklocka, dygn: int) -> None:
    """Move the clock while some are on their way, some claimed, and some wait for a time of the old clock."""
    namn = [drift.publicera(bradskande=True), drift.publicera()]
    _mitt_i(drift)
    drift.sink.gateway.beteende.status = 503
    vanta_tills(
        lambda: any(rad.orsak for rad in drift.rader(*namn)) or _klara(drift, namn, "sms"), 30, "att något nekas"
    )
    klocka.skift += timedelta(days=dygn)


def _klara(drift: Drift, namn: list[str], kanal: str) -> bool:
    return all(rad.status not in stod.OPPNA for rad in drift.rader(*namn) if rad.nyckel[0] == kanal)


def test_a_clock_that_jumps_a_day_either_way_neither_holds_back_nor_doubles(
    varje_databas: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    klocka, began, ater = Skiftklocka(monkeypatch), time.monotonic(), []
    with Sink() as sink, Drift(varje_databas, settings, sink) as drift:
        drift.starta()
        for dygn in (1, -1, -1, 1):
            drift.logga_in()
            sink.frisk(FORDROJNING)
            _hoppa(drift, klocka, dygn)
            sink.frisk()
            ater.append(time.monotonic())
            stod.vanta_avgjort(varje_databas)
            assert drift.lever()
        upprepade = {rad.id for rad in drift.rader(*drift.loften.lovade) if rad.upprepad}
        dom, p99 = drift.loften.granska(varje_databas, sink, upprepade), drift.loften.p99(sink, ater)
    print(f"\n4 jumps in {time.monotonic() - began:.0f} s: {dom}; p99 {p99:.2f} s; publishing {max(drift.tider):.2f} s")
    # By the clock, what was in flight when it leapt ahead has gone unanswered for a day: marked, it is sent once more.
    assert sum(dom.dubbletter.values()) <= len(ater) * 2 * stod.I_LUFTEN
    assert p99 <= 60
