"""Who may read a thing: circles of actors, and the labels that narrow them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022), from the widest to the narrowest."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def niva(self) -> int:
        """The rank: 0 for CLEAR to 4 for RED."""
        return list(Tlp).index(self)

    @property
    def namn(self) -> str:
        """The label as FIRST writes it: 'TLP:AMBER+STRICT'."""
        return f"TLP:{self.value.upper()}"

    @property
    def innebord(self) -> str:
        """What the label means here, in one line."""
        return _INNEBORD[self]


_INNEBORD = {
    Tlp.CLEAR: "får spridas fritt",
    Tlp.GREEN: "får spridas bland aktörerna, inte offentligt; SMS får bara rubrik och länk",
    Tlp.AMBER: "bara för de läsande aktörernas egen personal; gäster ser den inte; SMS får bara rubrik och länk",
    Tlp.AMBER_STRICT: "som AMBER, och inte vidare utanför den egna organisationen; e-post får bara rubrik och länk",
    Tlp.RED: "bara för aktörer som valts vid namn; inget av innehållet lämnar systemet",
}
HOGST_FOR_GAST = Tlp.GREEN


@dataclass(frozen=True)
class Krets:
    """The actors that may read, and since when.

    `fran`: each chosen actor and the moment from which it reads what is published; None = all that ever was. `alla`:
    every actor too, from `alla_fran` (None: always) and from when it joined. `namn` is whose circle it is, to ask;
    `till` when the right of an actor ends by itself, to be told of: one that has ended is not among these.
    """

    alla: bool
    fran: Mapping[int, datetime | None] = field(default_factory=dict, hash=False)
    alla_fran: datetime | None = None
    namn: str = ""
    till: Mapping[int, datetime] = field(default_factory=dict, hash=False)

    def rymmer(self, aktor_id: int, ansluten: datetime | None, publicerad: datetime | None) -> bool:
        """Whether the actor (that joined at `ansluten`) may read what was published then; None = of no certain time."""
        if aktor_id in self.fran and _redan(self.fran[aktor_id], publicerad):
            return True
        return self.alla and _redan(self.alla_fran, publicerad) and _redan(ansluten, publicerad)

    def sedan(self, aktor_id: int, ansluten: datetime | None) -> datetime | None:
        """From when the actor reads; None = always. Only for an actor that reads at all."""
        ways = [self.fran[aktor_id]] if aktor_id in self.fran else []
        if self.alla:
            limits = [limit for limit in (self.alla_fran, ansluten) if limit is not None]
            ways.append(max(limits) if limits else None)
        return None if None in ways or not ways else min(way for way in ways if way is not None)


def _redan(fran: datetime | None, tid: datetime | None) -> bool:
    return fran is None or tid is None or fran <= tid


def gemensamma(kretsar: tuple[Krets, ...]) -> frozenset[int] | None:
    """The actors in every one of these circles, of whatever time; None = all actors."""
    named = [frozenset(krets.fran) for krets in kretsar if not krets.alla]
    return None if not named else frozenset.intersection(*named)
