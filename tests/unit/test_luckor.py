"""What was never told is found by the numbers of the events, and what was is not told again."""

from wis.live import spridning
from wis.luckor import Luckor


def test_what_was_there_before_we_came_is_not_news_and_what_is_told_is_not_missed() -> None:
    luckor = Luckor()
    assert luckor.missade({1: 7}, 0.0) == {}
    luckor.sagt(1, 8)
    luckor.sagt(2, 1)
    assert [luckor.missade({1: 8, 2: 1}, moment) for moment in (1.0, 2.0, 3.0)] == [{}, {}, {}]


def test_what_nobody_tells_within_a_second_is_told_once() -> None:
    luckor = Luckor()
    luckor.missade({1: 7}, 0.0)
    assert luckor.missade({1: 8}, 1.0) == {}
    assert luckor.missade({1: 8}, 1.9) == {}
    assert luckor.missade({1: 9}, 2.0) == {1: 9}
    assert luckor.missade({1: 9}, 5.0) == {}


def test_a_word_that_was_late_but_came_is_not_missed_and_one_lost_among_others_is() -> None:
    luckor = Luckor()
    luckor.missade({1: 0, 2: 0}, 0.0)
    luckor.sagt(1, 2)
    assert luckor.missade({1: 2, 2: 1}, 1.0) == {}
    luckor.sagt(1, 1)
    luckor.sagt(2, 3)
    assert luckor.missade({1: 2, 2: 3}, 2.0) == {2: 3}


def test_a_word_that_comes_after_all_closes_its_gap_though_more_is_on_its_way() -> None:
    luckor = Luckor()
    luckor.missade({1: 0}, 0.0)
    assert luckor.missade({1: 1}, 1.0) == {}
    luckor.sagt(1, 1)
    assert luckor.missade({1: 2}, 2.0) == {}
    luckor.sagt(1, 2)
    assert luckor.missade({1: 2}, 3.0) == {}


def test_the_more_are_told_the_longer_they_spread_their_questions() -> None:
    assert [spridning(antal) for antal in (1, 1000, 100_000)] == [150, 6_667, 40_000]
