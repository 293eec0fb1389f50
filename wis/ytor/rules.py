"""What counts as new, when a promise is broken, how far one has read. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from wis import datum
from wis.clock import STOCKHOLM
from wis.datum import MAX_SIFFROR
from wis.datum import las_tid as las_tid

_KLOCKSLAG = re.compile(r"([01]?[0-9]|2[0-3])[.:]([0-5][0-9])", re.ASCII)
MAX_NYA = 99
"""More new things than this are not counted."""


class Slag(StrEnum):
    """Kinds of things that happen in an event."""

    SAMLAD = "samlad"
    EGEN = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    BESLUT = "beslut"
    ANTECKNING = "anteckning"

    @property
    def namn(self) -> str:
        """The name as shown to people, in the plural."""
        return _SLAGNAMN[self]


_SLAGNAMN = {
    Slag.SAMLAD: "Samlade lägesbilder",
    Slag.EGEN: "Aktörers lägesbilder",
    Slag.UNDERRATTELSE: "Underrättelser",
    Slag.BESLUT: "Beslut om händelsen",
    Slag.ANTECKNING: "Anteckningar",
}


@dataclass(frozen=True)
class Marke:
    """How far a person has read: nothing after `sedd_till` unless they made it themselves; None = nothing at all."""

    anvandare_id: int
    sedd_till: datetime | None

    def nytt(self, tid: datetime, av_id: int | None) -> bool:
        """Whether a thing of this time, by this person, is new."""
        return av_id != self.anvandare_id and (self.sedd_till is None or tid > self.sedd_till)


def hojd(nu: datetime | None, begard: datetime, now: datetime) -> datetime:
    """The read mark after a request to raise it: never lower than it was, never beyond `now`."""
    wanted = min(begard, now)
    return wanted if nu is None or wanted > nu else nu


def overskriden(nasta: datetime | None, now: datetime, *, stangd: bool = False) -> bool:
    """Whether a promised update has not come in time. Nothing is promised of a closed event."""
    return nasta is not None and nasta < now and not stangd


@dataclass(frozen=True)
class Plats:
    """A place in a stream: what comes next is older, or of the same moment and later in order."""

    tid: datetime
    slag: Slag
    objekt_id: int
    nummer: int

    def __str__(self) -> str:
        return f"{self.tid.astimezone(UTC).isoformat()}_{self.slag.value}_{self.objekt_id}_{self.nummer}"


def las_plats(text: str | None) -> Plats | None:
    """The place that an address of ours names; None for anything else."""
    tid, *rest = (text or "").split("_")
    moment = las_tid(tid)
    if moment is None or len(rest) != 3 or rest[0] not in set(Slag):
        return None
    if not all(tal.isascii() and tal.isdigit() and len(tal) <= MAX_SIFFROR for tal in rest[1:]):
        return None
    return Plats(moment, Slag(rest[0]), int(rest[1]), int(rest[2]))


def las_hoppa_kl(text: str, now: datetime) -> datetime | None:
    """As las_hoppa(), where '22.30' or '22:30' alone is the latest such time at or before `now`."""
    kl = _KLOCKSLAG.fullmatch(text.strip())
    if kl is None:
        return las_hoppa(text)
    idag = now.astimezone(STOCKHOLM).date()
    dagar = (idag, idag - timedelta(days=1))
    hopp = [las_hoppa(f"{dag.isoformat()}T{int(kl[1]):02}:{kl[2]}") for dag in dagar]
    # What las_hoppa() gives is the end of that minute.
    return next((ett for ett in hopp if ett is not None and ett - timedelta(minutes=1) <= now), None)


def las_hoppa(text: str | None) -> datetime | None:
    """The moment before which a jump to this local time shows what happened; None for what is no such time.

    The whole minute counts, as it is shown. An hour that occurs twice (October) is over when it is the second time;
    of one that does not exist (March), the moment when the clock is set.
    """
    try:
        naive = datetime.fromisoformat((text or "").strip())
        if naive.tzinfo is not None:
            return None
        naive = naive.replace(second=0, microsecond=0)
        forst, sist = (naive.replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC) for fold in (0, 1))
        if forst > sist:
            # No such time: the clock is set at the full hour.
            return forst.replace(minute=0)
        return sist + timedelta(minutes=1)
    except (ValueError, OverflowError):
        return None


def forsening(nasta: datetime, now: datetime) -> str:
    """How long a promise has been broken: '40 min'; empty for less than a minute."""
    alder = datum.alder(nasta, now)
    return alder.removeprefix("för ").removesuffix(" sedan") if alder.startswith("för ") else ""
