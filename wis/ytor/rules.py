"""What counts as new, when a promise is broken, how far one has read. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wis import datum


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


def las_tid(text: str | None) -> datetime | None:
    """The moment in an ISO 8601 text with a zone, as our own pages write it; None for anything else."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def sida(nummer: int, per_sida: int) -> tuple[int, int]:
    """The (offset, limit) to fetch of a page: one more than is shown, to know if there is another."""
    return (max(1, nummer) - 1) * per_sida, per_sida + 1


def forsening(nasta: datetime, now: datetime) -> str:
    """How long a promise has been broken: '40 min'; empty for less than a minute."""
    alder = datum.alder(nasta, now)
    return alder.removeprefix("för ").removesuffix(" sedan") if alder.startswith("för ") else ""
