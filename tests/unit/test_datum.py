"""Times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from wis import datum
from wis.sprak import Sprak, tal

NOW = datetime(2026, 11, 22, 13, 44, tzinfo=UTC)  # 14:44 in Stockholm


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=20), "nyss"),
        (timedelta(minutes=12), "för 12 min sedan"),
        (timedelta(minutes=75), "för 1 tim 15 min sedan"),
        (timedelta(hours=2), "för 2 tim sedan"),
        (timedelta(hours=30), "för 30 tim sedan"),
        (timedelta(days=3), "för 3 dygn sedan"),
        (timedelta(minutes=-25), "om 25 min"),
        (timedelta(seconds=-25), "nu"),
    ],
)
def test_the_age_is_said_as_one_says_it(back: timedelta, text: str) -> None:
    assert datum.alder(NOW - back, NOW) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW - timedelta(minutes=12), "14:32"),
        (NOW - timedelta(days=1), "i går 14:44"),
        (NOW + timedelta(hours=18), "i morgon 08:44"),
        (datetime(2026, 11, 3, 7, 5, tzinfo=UTC), "3 nov. 08:05"),
        (datetime(2025, 11, 3, 7, 5, tzinfo=UTC), "3 nov. 2025 08:05"),
        (datetime(2026, 7, 3, 7, 5, tzinfo=UTC), "3 juli 09:05"),
    ],
)
def test_a_time_is_as_short_as_can_be_understood(moment: datetime, text: str) -> None:
    assert datum.tid(moment, NOW) == text


def test_midnight_in_stockholm_decides_what_is_yesterday() -> None:
    just_after = datetime(2026, 11, 21, 23, 5, tzinfo=UTC)
    assert datum.tid(just_after, NOW) == "00:05"


def test_what_is_written_in_a_time_field_comes_back_the_same() -> None:
    assert datum.fran_falt(datum.falt_av(NOW)) == NOW


@pytest.mark.parametrize("text", ["", "strunt", "2026-03-29T02:30", "2026-11-22T14:32+01:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        datum.fran_falt(text)


def test_an_hour_that_comes_twice_means_the_first() -> None:
    assert datum.fran_falt("2026-10-25T02:30").astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_one_who_reads_english_has_times_and_numbers_in_english() -> None:
    sagt = [datum.alder(NOW - back, NOW, Sprak.EN) for back in (timedelta(minutes=12), timedelta(minutes=75))]
    assert sagt == ["12 min ago", "1 h 15 min ago"]
    assert datum.alder(NOW + timedelta(days=3), NOW, Sprak.EN) == "in 3 days"
    assert datum.tid(NOW - timedelta(days=1), NOW, Sprak.EN) == "yesterday 14:44"
    assert datum.tid(NOW - timedelta(days=19), NOW, Sprak.EN) == "3 Nov 14:44"
    assert datum.dag(NOW, Sprak.EN) == "Sunday 22 November 2026"
    assert datum.datumtid(NOW, Sprak.EN) == "22 Nov 2026 14:44"
    # With the signs that each is written with: a no-break space, and a comma.
    assert [tal(1234.5), tal(1234.5, Sprak.EN)] == ["1\xa0234,5", "1,234.5"]
