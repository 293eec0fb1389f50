"""Fixtures of the integration tests."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandhjalp import Kanaler
from tests.servrar import HttpGateway, SmtpMottagare, vanta_tills
from tests.utskick import Klocka
from wis import clock
from wis.db import Database
from wis.settings import Settings


@pytest.fixture
def klocka(monkeypatch: pytest.MonkeyPatch) -> Klocka:
    """The clock of the project, standing still at noon until it is moved."""
    klocka = Klocka()
    monkeypatch.setattr(clock, "now", lambda: klocka.nu)
    return klocka


@pytest.fixture
def inst() -> Settings:
    """Settings of a queue that gives up after a minute."""
    return Settings(Path(), "x" * 64, "", ge_upp_efter=60.0, backoff=10.0, lease=60.0, angra_tid=0.0)


@pytest.fixture
def smtp() -> Iterator[SmtpMottagare]:
    """A mail server."""
    with SmtpMottagare() as server:
        yield server


@pytest.fixture
def gateway() -> Iterator[HttpGateway]:
    """An SMS gateway."""
    with HttpGateway() as server:
        yield server


@pytest.fixture
def kanaler(inst: Settings, database: Database) -> Iterator[Kanaler]:
    """Opens transports; when all are closed, so is what they shared."""
    kanaler = Kanaler(inst, database)
    yield kanaler
    kanaler.stang()
    vanta_tills(lambda: "wis-forbindelser" not in {trad.name for trad in threading.enumerate()}, vad="slingans slut")
