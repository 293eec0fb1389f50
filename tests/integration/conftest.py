"""Fixtures of the integration tests."""

from pathlib import Path

import pytest

from tests.utskick import Klocka
from wis import clock
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
