"""Who is silent, how it shows, and in which order. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PAUS = timedelta(minutes=15)
"""So long an actor is left in peace in an event, whoever reminded it."""
MAX_PA_EN_GANG = 100
"""So many actors are reminded by one tap, the worst first: the writing must not stand in the way of others'."""


class Oppnat(StrEnum):
    """Whether anybody at an actor has opened the latest samlade lägesbilden."""

    JA = "ja"
    NEJ = "nej"
    LASER_INTE = "laser-inte"
    INGEN_SAMLAD = "ingen-samlad"


class Brist(StrEnum):
    """What is missed of an actor, the worst first."""

    TYST = "tyst"
    OVERSKRIDEN = "overskriden"
    SVAR = "svar"
    OPPNAT = "oppnat"


class Visa(StrEnum):
    """Which actors are listed."""

    ALLA = ""
    INTE_RAPPORTERAT = "inte-rapporterat"
    PASSERAT = "passerat"
    INTE_OPPNAT = "inte-oppnat"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {
            "": "Alla",
            "inte-rapporterat": "Har inte rapporterat",
            "passerat": "Har passerat utlovad tid",
            "inte-oppnat": "Har inte öppnat det senaste",
        }[self.value]


@dataclass(frozen=True)
class Pamind:
    """When an actor was reminded last, and by which."""

    tid: datetime
    av: str


@dataclass(frozen=True)
class Rad:
    """An actor that reads the event, as far as the viewer may read what it says.

    `senast`: when its newest version was published (None: nothing that the viewer may read), `oforandrad` whether that
    said 'läget oförändrat'; `nasta`: the promise that it made, and `forsening` by how much that has passed ('' if not).
    `sena`: how many begäran it has not answered in time.
    """

    aktor_id: int
    namn: str
    slug: str
    egen: bool
    senast: datetime | None = None
    nummer: int = 0
    oforandrad: bool = False
    nasta: datetime | None = None
    overskriden: bool = False
    forsening: str = ""
    oppnat: Oppnat = Oppnat.INGEN_SAMLAD
    sena: int = 0
    pamind: Pamind | None = None

    @property
    def tyst(self) -> bool:
        """Whether there is nothing of it to read."""
        return self.senast is None

    @property
    def saknas(self) -> bool:
        """Whether there is anything to remind it of."""
        return not self.egen and self.brist is not None

    @property
    def brist(self) -> Brist | None:
        """What it is reminded of: the worst of what is missed."""
        if self.tyst:
            return Brist.TYST
        if self.overskriden:
            return Brist.OVERSKRIDEN
        if self.sena:
            return Brist.SVAR
        return Brist.OPPNAT if self.oppnat is Oppnat.NEJ else None

    def i_fred(self, now: datetime) -> bool:
        """Whether it has been reminded so lately that it is left alone."""
        return self.pamind is not None and self.pamind.tid > now - PAUS

    def hor_till(self, visa: Visa) -> bool:
        """Whether it is listed when these are asked for."""
        return {
            Visa.ALLA: True,
            Visa.INTE_RAPPORTERAT: self.tyst,
            Visa.PASSERAT: self.overskriden,
            Visa.INTE_OPPNAT: self.oppnat is Oppnat.NEJ,
        }[visa]


def varst_forst(rader: Iterable[Rad]) -> list[Rad]:
    """The silent, then broken promises (the longest first), late answers, what is not opened, and the oldest reports.

    Alike ones keep the order that they came in.
    """
    return sorted(rader, key=_hur_illa)


def _hur_illa(rad: Rad) -> tuple[int, float]:
    if rad.senast is None:
        return 0, 0.0
    if rad.overskriden and rad.nasta is not None:
        return 1, rad.nasta.timestamp()
    if rad.sena:
        return 2, -rad.sena
    return (3 if rad.oppnat is Oppnat.NEJ else 4), rad.senast.timestamp()


def att_paminna(rader: Sequence[Rad], now: datetime) -> list[Rad]:
    """Those that are missed and not left in peace, at most MAX_PA_EN_GANG, in the same order."""
    return [rad for rad in rader if rad.saknas and not rad.i_fred(now)][:MAX_PA_EN_GANG]


@dataclass(frozen=True)
class Ord:
    """What an actor is told: the subject, what is missed, and what they can do about it at the link that follows."""

    amne: str
    mening: str
    gor: str


def ord_om(brist: Brist, fran: str, handelse: str) -> Ord:
    """The words of `fran` to those of which this is missed in the event."""
    if brist is Brist.OPPNAT:
        mening = f"Ni har inte öppnat den samlade lägesbilden i {handelse}. {fran} ber er läsa den."
        return Ord(f"Läs den samlade lägesbilden: {handelse}", mening, "Läs den här:")
    if brist is Brist.SVAR:
        mening = f"Ni har inte svarat i tid på en begäran i {handelse}. {fran} påminner."
        return Ord(f"Svar saknas: {handelse}", mening, "Svara här:")
    vad = "er lägesbild" if brist is Brist.TYST else "er nästa lägesbild"
    return Ord(f"Lägesbild saknas: {handelse}", f"{fran} saknar {vad} i {handelse}.", "Skriv den här:")


def per_ord(fran: str, rader: Sequence[Rad], handelse: str) -> dict[Ord, list[int]]:
    """The ids of the actors that are told each of these words, the worst first."""
    return {
        ord_om(brist, fran, handelse): dessa
        for brist in Brist
        if (dessa := [rad.aktor_id for rad in rader if rad.brist is brist])
    }
