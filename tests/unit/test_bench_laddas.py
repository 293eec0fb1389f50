"""Every measurement of script/bench can be started: what it uses of the product is still there."""

import importlib
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCH.glob("[!_]*.py")))
def test_a_measurement_can_be_started(name: str) -> None:
    assert callable(importlib.import_module(f"bench.{name}").main)
