"""The figures of an event."""

from datetime import UTC, datetime, timedelta

from wis.statistik.rules import Rapport, i_ord, mittersta, rapporterat

NU = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)


def vid(minuter: int) -> datetime:
    return NU + timedelta(minutes=minuter)


def test_reports_are_summed_with_the_median_between_lagesbilder_and_broken_promises() -> None:
    alla = [
        Rapport(vid(50), True),
        Rapport(vid(0), True, lovad=vid(20)),
        Rapport(vid(30), True, oforandrad=True, lovad=vid(60)),
        Rapport(vid(5), lagesbild=False),
    ]
    summa = rapporterat(alla, vid(90))
    assert (summa.lagesbilder, summa.oforandrade, summa.underrattelser) == (2, 1, 1)
    assert (summa.forst, summa.sist, summa.mellanrum) == (vid(0), vid(50), timedelta(minutes=25))
    assert summa.brutna == 1


def test_who_only_sends_underrattelser_has_no_time_between_and_breaks_no_promise() -> None:
    summa = rapporterat([Rapport(vid(5), lagesbild=False)], vid(90))
    assert (summa.lagesbilder, summa.underrattelser, summa.mellanrum, summa.brutna) == (0, 1, None, 0)


def test_the_last_promise_is_broken_when_its_time_has_passed() -> None:
    lofte = [Rapport(vid(0), True, lovad=vid(60))]
    assert rapporterat(lofte, vid(59)).brutna == 0
    assert rapporterat(lofte, vid(61)).brutna == 1


def test_spans_are_said_as_people_say_them() -> None:
    said = {45: "45 s", 720: "12 min", 3600: "1 tim", 11100: "3 tim 5 min", 187200: "2 dygn 4 tim", 172800: "2 dygn"}
    assert {sekunder: i_ord(timedelta(seconds=sekunder)) for sekunder in said} == said
    assert i_ord(mittersta([])) == "–"
