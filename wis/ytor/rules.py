"""What counts as new, when a promise is broken, how far one has read. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from wis import datum
from wis.datum import MAX_SIFFROR
from wis.datum import las_tid as las_tid

MAX_NYA = 99
"""More new things than this are not counted."""


class Slag(StrEnum):
    """Kinds of things that happen in an event."""

    SAMLAD = "samlad"
    EGEN = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    BESLUT = "beslut"

    @property
    def namn(self) -> str:
        """The name as shown to people, in the plural."""
        return _SLAGNAMN[self]


_SLAGNAMN = {
    Slag.SAMLAD: "Samlade lägesbilder",
    Slag.EGEN: "Aktörers lägesbilder",
    Slag.UNDERRATTELSE: "Underrättelser",
    Slag.BESLUT: "Beslut om händelsen",
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


def forsening(nasta: datetime, now: datetime) -> str:
    """How long a promise has been broken: '40 min'; empty for less than a minute."""
    alder = datum.alder(nasta, now)
    return alder.removeprefix("för ").removesuffix(" sedan") if alder.startswith("för ") else ""
