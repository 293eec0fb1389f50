"""What is new, what is late, how far one has read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.ytor.rules import Marke, Plats, Slag, forsening, hojd, las_hoppa, las_hoppa_kl, las_plats, las_tid, overskriden

NU = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
FORE, EFTER = NU - timedelta(minutes=1), NU + timedelta(minutes=1)


def test_what_came_after_i_looked_is_new_and_what_i_saw_is_not() -> None:
    marke = Marke(1, NU)
    assert marke.nytt(EFTER, 2)
    assert not marke.nytt(NU, 2)
    assert not marke.nytt(FORE, 2)


def test_nothing_of_my_own_is_new_to_me() -> None:
    assert not Marke(1, None).nytt(EFTER, 1)


def test_all_is_new_to_who_has_never_looked() -> None:
    assert Marke(1, None).nytt(FORE, None)


def test_the_read_mark_is_never_lowered() -> None:
    assert hojd(NU, FORE, EFTER) == NU


def test_the_read_mark_never_goes_beyond_now() -> None:
    assert hojd(FORE, NU + timedelta(days=1), NU) == NU
    assert hojd(None, NU + timedelta(days=1), NU) == NU


def test_a_promise_is_broken_when_its_time_has_passed() -> None:
    assert overskriden(FORE, NU)
    assert not overskriden(NU, NU)
    assert not overskriden(None, NU)


def test_nothing_is_promised_of_a_closed_event() -> None:
    assert not overskriden(FORE, NU, stangd=True)


@pytest.mark.parametrize(
    ("sen", "text"),
    [(timedelta(minutes=40), "40 min"), (timedelta(hours=3), "3 tim"), (timedelta(seconds=20), "")],
)
def test_how_late_is_said_in_words(sen: timedelta, text: str) -> None:
    assert forsening(NU - sen, NU) == text


@pytest.mark.parametrize("text", [None, "", "i dag", "2026-11-22T14:00:00", "<script>"])
def test_a_time_that_is_not_ours_is_no_time(text: str | None) -> None:
    assert las_tid(text) is None


def test_our_own_times_are_read_back() -> None:
    assert las_tid(NU.isoformat()) == NU


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_a_time_that_has_no_utc_is_no_time(text: str) -> None:
    assert las_tid(text) is None


def test_a_place_in_the_stream_is_read_back_from_an_address() -> None:
    plats = Plats(NU, Slag.UNDERRATTELSE, 17, 2)
    assert las_plats(str(plats)) == plats


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        f"{NU.isoformat()}_beslut_1",
        f"{NU.isoformat()}_annat_1_0",
        f"{NU.isoformat()}_beslut_-1_0",
        f"{NU.isoformat()}_beslut_²_0",
        f"{NU.isoformat()}_beslut_{'9' * 19}_0",
        "0001-01-01T00:00:00+10:00_beslut_1_0",
    ],
)
def test_a_place_that_is_not_ours_is_no_place(text: str | None) -> None:
    assert las_plats(text) is None


@pytest.mark.parametrize(
    ("text", "fore"),
    [
        ("2026-11-22T14:30", datetime(2026, 11, 22, 13, 31, tzinfo=UTC)),
        ("2026-11-22T14:30:59", datetime(2026, 11, 22, 13, 31, tzinfo=UTC)),
        ("2026-07-01 00:00", datetime(2026, 6, 30, 22, 1, tzinfo=UTC)),
        # In October 02:30 comes twice: all of both is before it is over.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 1, 31, tzinfo=UTC)),
        ("2026-10-25T01:30", datetime(2026, 10, 24, 23, 31, tzinfo=UTC)),
        # In March it never comes: the clock goes from 02:00 to 03:00.
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-03-29T01:59", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-03-29T03:00", datetime(2026, 3, 29, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_jump_to_a_minute_takes_all_of_it_also_when_the_clock_is_set(text: str, fore: datetime) -> None:
    assert las_hoppa(text) == fore


@pytest.mark.parametrize("text", ["", None, "14:30", "i går", "2026-11-22T14:30Z", "0001-01-01T00:00", "9" * 40])
def test_what_is_no_local_time_is_no_jump(text: str | None) -> None:
    assert las_hoppa(text) is None


def test_a_time_of_day_is_the_latest_that_has_been() -> None:
    now = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)  # 22:00 in Sweden
    igar, idag = datetime(2026, 11, 21, 21, 31, tzinfo=UTC), datetime(2026, 11, 22, 21, 1, tzinfo=UTC)
    assert las_hoppa_kl("22.30", now) == las_hoppa_kl(" 22:30 ", now) == igar
    assert las_hoppa_kl("22:00", now) == idag
    assert las_hoppa_kl("24.30", now) is las_hoppa_kl("kl tio", now) is None
    assert las_hoppa_kl("2026-11-22T22:00", now) == idag


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2060, 1, 1)), st.integers(0, 10_000))
def test_a_later_jump_never_shows_less(naive: datetime, minuter: int) -> None:
    forst, sedan = las_hoppa(naive.isoformat()), las_hoppa((naive + timedelta(minutes=minuter)).isoformat())
    assert forst is not None
    assert sedan is not None
    assert forst <= sedan
