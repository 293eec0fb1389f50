"""Questions as they stand on the page: those that were asked together, for several actors, are one card."""

from collections.abc import Sequence
from dataclasses import dataclass

from wis.fragor import brev
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.handelser.models import Handelse


@dataclass(frozen=True)
class Kort:
    """One card. `handelse` None: it is about none, or one that the page's reader may not read.

    `laser_redan`: all the actors read already what is published from now on, so that what was before is what is
    asked for. `blint`: the one who asked can't see whether the thing is there.
    """

    rader: tuple[Rattsfraga, ...]
    handelse: Handelse | None = None
    medlemskap_id: int | None = None
    laser_redan: bool = False
    blint: bool = True

    @property
    def rad(self) -> Rattsfraga:
        """The first of its questions: what is asked, by whom and when is the same in all."""
        return self.rader[0]

    @property
    def vad(self) -> str:
        """What is asked for, in words."""
        return brev.vad(self.rader)

    @property
    def namn(self) -> list[str]:
        """The actors that it is asked for."""
        return [rad.for_aktor.namn for rad in self.rader if rad.for_aktor is not None]

    @property
    def ger_ratt(self) -> bool:
        """Whether a tap gives what is asked for."""
        return self.rad.typ != Fragetyp.BEHORIGHET


def gruppera(rader: Sequence[Rattsfraga]) -> list[tuple[Rattsfraga, ...]]:
    """The questions by card, in the order in which each card first comes up."""
    found: dict[tuple[object, ...], list[Rattsfraga]] = {}
    for rad in rader:
        egen = rad.id if rad.typ == Fragetyp.BEHORIGHET else 0
        vad = (rad.typ, rad.till, rad.till_aktor_id, rad.handelse_id, rad.underrattelse_id, rad.sida, rad.text)
        key = (egen, rad.fran_id, rad.fran_aktor_id, rad.skapad, rad.besvarad, *vad)
        found.setdefault(key, []).append(rad)
    return [tuple(grupp) for grupp in found.values()]
