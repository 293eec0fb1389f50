"""The memory of the fast path, and how it chooses an encoding."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from wis.snabbvag import kodning
from wis.snabbvag_minne import Minne, Sida

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _sida(kropp: bytes = b"x" * 1000, grund: str = "g") -> Sida:
    return Sida(
        grund, NU, NU + timedelta(seconds=30), NU + timedelta(minutes=10), 'W/"e"', (("Vary", "Cookie"),), kropp
    )


def test_a_page_is_good_for_its_grounds_and_until_its_moment() -> None:
    sida = _sida()
    assert sida.galler("g", NU)
    assert not sida.galler("annan", NU)
    assert not sida.galler("g", NU + timedelta(seconds=30))
    assert not sida.galler("g", NU - timedelta(hours=1)), "a clock that is set back"
    assert sida.duger("g", NU + timedelta(minutes=9))
    assert not sida.duger("annan", NU)
    assert not sida.duger("g", NU + timedelta(minutes=10))


def test_the_memory_forgets_the_least_used_and_never_grows_past_its_bound() -> None:
    minne = Minne(3 * _sida().storlek + 20)
    for namn in "abc":
        minne.lagg((namn,), _sida())
    assert minne.hamta(("a",)) is not None
    minne.lagg(("d",), _sida())
    assert minne.hamta(("b",)) is None
    assert [minne.hamta((namn,)) is not None for namn in "acd"] == [True, True, True]
    minne.lagg(("d",), _sida(b""))
    assert minne.antal == 3
    minne.lagg(("stor",), _sida(b"x" * 100_000))
    assert (minne.antal, minne.anvant) == (0, 0)


def test_many_threads_leave_the_memory_counted_right() -> None:
    minne = Minne(20 * _sida().storlek)

    def skriv(nummer: int) -> None:
        for varv in range(300):
            minne.lagg((str((nummer * varv) % 37),), _sida(b"x" * (varv % 900)))
            minne.hamta((str(varv % 37),))

    tradar = [threading.Thread(target=skriv, args=(nummer,)) for nummer in range(1, 5)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join()
    kvar = [sida for nummer in range(37) if (sida := minne.hamta((str(nummer),))) is not None]
    assert len(kvar) == minne.antal
    assert sum(sida.storlek for sida in kvar) <= minne.anvant <= 20 * _sida().storlek


@pytest.mark.parametrize(
    ("sagt", "far"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.3", "gzip"),
        ("br;q=0", "identity"),
        ("BR", "br"),
        ("gzip;q=skräp", "identity"),
    ],
)
def test_the_encoding_is_one_that_the_browser_takes(sagt: str, far: str) -> None:
    assert kodning(sagt) == far
