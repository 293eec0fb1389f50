"""Times as readers expect them, in Swedish if nothing else is said; always Europe/Stockholm, 24 hours. Pure."""

from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_datetime

from wis.clock import STOCKHOLM, local
from wis.sprak import LOCALE, Sprak

MAX_SIFFROR = 18
"""So many digits always fit in a column of the database."""
_DAGAR = {
    Sprak.SV: {0: "", -1: "i går ", 1: "i morgon "},
    Sprak.EN: {0: "", -1: "yesterday ", 1: "tomorrow "},
}
_NU = {Sprak.SV: ("nu", "nyss", "om {}", "för {} sedan"), Sprak.EN: ("now", "just now", "in {}", "{} ago")}
_ENHETER = {Sprak.SV: ("min", "tim", "dygn"), Sprak.EN: ("min", "h", "days")}


def klockslag(moment: datetime) -> str:
    """'14:32'."""
    return f"{local(moment):%H:%M}"


def dag(moment: datetime, sprak: Sprak = Sprak.SV) -> str:
    """'söndag 22 november 2026'."""
    return format_datetime(local(moment), "EEEE d MMMM y", locale=LOCALE[sprak])


def datumtid(moment: datetime, sprak: Sprak = Sprak.SV) -> str:
    """'22 nov. 2026 14:32'."""
    return format_datetime(local(moment), "d MMM y HH:mm", locale=LOCALE[sprak])


def tid(moment: datetime, now: datetime, sprak: Sprak = Sprak.SV) -> str:
    """As short as is clear at `now`: '14:32', 'i går 14:32', 'i morgon 08:00', '3 nov. 14:32', or with the year."""
    then, today = local(moment), local(now)
    days = (then.date() - today.date()).days
    named = _DAGAR[sprak]
    if days in named:
        return f"{named[days]}{then:%H:%M}"
    return format_datetime(then, "d MMM HH:mm" if then.year == today.year else "d MMM y HH:mm", locale=LOCALE[sprak])


def alder(moment: datetime, now: datetime, sprak: Sprak = Sprak.SV) -> str:
    """How far off: 'nyss', 'för 12 min sedan', 'för 3 tim sedan', 'för 2 dygn sedan', 'om 25 min'."""
    passed = now - moment
    i_detta, nyss, om, sedan = _NU[sprak]
    if passed < timedelta(0):
        return om.format(_omfang(-passed, sprak)) if -passed >= timedelta(minutes=1) else i_detta
    return nyss if passed < timedelta(minutes=1) else sedan.format(_omfang(passed, sprak))


def _omfang(span: timedelta, sprak: Sprak) -> str:
    min_, tim, dygn = _ENHETER[sprak]
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} {min_}"
    if minutes < 48 * 60:
        return f"{minutes // 60} {tim}" + (f" {minutes % 60} {min_}" if minutes < 180 and minutes % 60 else "")
    return f"{minutes // (24 * 60)} {dygn}"


def falt_av(moment: datetime) -> str:
    """The value of an <input type=datetime-local>: '2026-11-22T14:32', local time."""
    return f"{local(moment):%Y-%m-%dT%H:%M}"


def fran_falt(text: str) -> datetime:
    """The moment meant by an <input type=datetime-local>. Raises ValueError if it is no such time.

    An hour that occurs twice (October) means the first; one that does not exist (March) is refused.
    """
    naive = datetime.fromisoformat(text.strip())
    if naive.tzinfo is not None:
        raise ValueError("a zone was given")
    moment = naive.replace(tzinfo=STOCKHOLM)
    if local(datetime.fromtimestamp(moment.timestamp(), STOCKHOLM)).replace(tzinfo=None) != naive:
        raise ValueError("the clock skips this time")
    return moment


def slutet_av(dag: date) -> datetime:
    """The moment when the last day is over, in Swedish time."""
    return datetime.combine(dag + timedelta(days=1), time(0), STOCKHOLM)


def sista_dag(giltig_till: datetime) -> date:
    """The last day on which it holds."""
    return local(giltig_till - timedelta(microseconds=1)).date()


def las_tid(text: str | None) -> datetime | None:
    """The moment (UTC) in an ISO 8601 text with a zone, as our own pages write it; None for anything else."""
    try:
        moment = datetime.fromisoformat(text or "")
        # At either end of the calendar there are zones in which a moment has no UTC.
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
