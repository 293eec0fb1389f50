"""Who reads answers, how it is with each that is asked, and the answers summed up. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from wis import datum
from wis.begaran.models import Fragetyp, Synlighet
from wis.begaran.svarsfalt import GRADER

PAMINN_VAR = timedelta(minutes=10)
"""So long must pass between two reminders that somebody sends by hand."""
FRISTVAL = ((30, "30 minuter"), (60, "1 timme"), (120, "2 timmar"), (240, "4 timmar"), (1440, "1 dygn"))
LANGST = timedelta(days=14)
KORTAST = timedelta(minutes=5)


class RedanBesvarad(Exception):
    """Somebody else at the actor has answered meanwhile; nothing was written."""


class UtanLagesbild(Exception):
    """The actor has published no lägesbild in the event that could be the answer; nothing was written."""


class Avslutad(Exception):
    """No more answers are taken; nothing was written."""


class NyssPamint(Exception):
    """A reminder was sent a moment ago; nothing was written. `nar`: when the next may be sent."""

    def __init__(self, nar: datetime) -> None:
        super().__init__(nar)
        self.nar = nar


class Svarslage(StrEnum):
    """How it is with one that is asked, the gravest first."""

    SEN = "sen"
    EJ_OPPNAD = "ej_oppnad"
    OPPNAD = "oppnad"
    BESVARAD = "besvarad"

    @property
    def namn(self) -> str:
        """As shown to people."""
        return {"sen": "Sen", "ej_oppnad": "Inte öppnad", "oppnad": "Öppnad", "besvarad": "Besvarad"}[self.value]

    @property
    def marke(self) -> str:
        """The kind of its mark, in komponenter/marken."""
        return {"sen": "rod", "ej_oppnad": "gra", "oppnad": "gul", "besvarad": "gron"}[self.value]


def lage_av(*, besvarad: bool, oppnad: bool, frist: datetime, now: datetime) -> Svarslage:
    """How it is with one that is asked. Late is who has not answered when the time is out."""
    if besvarad:
        return Svarslage.BESVARAD
    if now > frist:
        return Svarslage.SEN
    return Svarslage.OPPNAD if oppnad else Svarslage.EJ_OPPNAD


def ser(synlighet: Synlighet, aktor_id: int, fragande_id: int, tillfragade: Collection[int]) -> bool:
    """Whether people at the actor, who read the event, see the begäran."""
    return synlighet is Synlighet.HANDELSEN or aktor_id == fragande_id or aktor_id in tillfragade


def laser_svar(
    synlighet: Synlighet, aktor_id: int, fragande_id: int, tillfragade: Collection[int], svarande_id: int | None
) -> bool:
    """Whether people at the actor, who read the event, read an answer by `svarande_id` (None: somebody outside)."""
    if aktor_id in {fragande_id, svarande_id} or synlighet is Synlighet.HANDELSEN:
        return True
    return synlighet is Synlighet.TILLFRAGADE and aktor_id in tillfragade


def fristfel(frist: datetime | None, now: datetime) -> str:
    """What is wrong with a deadline, in Swedish; '' if nothing."""
    if frist is None:
        return "Välj en tid att svara till."
    if frist < now + KORTAST:
        return f"Ge minst fem minuter att svara: {datum.tid(frist, now)} är för snart."
    return f"{datum.datumtid(frist)} är mer än två veckor bort. Välj en tidigare tid." if frist > now + LANGST else ""


def paminnelsetider(frist: datetime, fore: Collection[int], now: datetime) -> list[datetime]:
    """The moments so many minutes before the deadline that are still to come, in order."""
    return sorted(tid for minuter in fore if (tid := frist - timedelta(minutes=minuter)) > now)


# --- summing up ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stapel:
    """A bar: what it is of, how much, and its share of the longest, 0 to 100."""

    namn: str
    varde: float
    text: str
    andel: int


@dataclass(frozen=True)
class Summering:
    """A question with its answers: bars for choices, grades and figures; `texter` are (who, what) in order.

    `tal`: (least, median, most, sum) of figures. `utan`: how many of those who answered left it open.
    """

    nummer: int
    fraga: str
    typ: Fragetyp
    enhet: str
    staplar: Sequence[Stapel]
    texter: Sequence[tuple[str, str]]
    tal: tuple[float, float, float, float] | None
    utan: int


def summera(fragor: Sequence[Mapping[str, Any]], svar: Sequence[tuple[str, Mapping[str, str]]]) -> list[Summering]:
    """Every question summed up, of answers as (who, text by the question's number)."""
    return [_summering(fraga, [(vem, ett.get(str(fraga["nummer"]), "")) for vem, ett in svar]) for fraga in fragor]


def _summering(fraga: Mapping[str, Any], alla: Sequence[tuple[str, str]]) -> Summering:
    typ, givna = Fragetyp(fraga["typ"]), [(vem, text) for vem, text in alla if text]
    staplar, tal = _staplar(typ, fraga, givna), None
    if typ is Fragetyp.TAL and givna:
        varden = [som_tal(text) for _, text in givna]
        tal = (min(varden), float(median(varden)), max(varden), sum(varden))
    texter = givna if typ is Fragetyp.TEXT else []
    return Summering(fraga["nummer"], fraga["text"], typ, fraga["enhet"], staplar, texter, tal, len(alla) - len(givna))


def _staplar(typ: Fragetyp, fraga: Mapping[str, Any], givna: Sequence[tuple[str, str]]) -> list[Stapel]:
    if typ is Fragetyp.TAL:
        rader = [(vem, som_tal(text), text) for vem, text in givna]
        return _med_andel(sorted(rader, key=lambda rad: -rad[1]))
    if typ is Fragetyp.TEXT:
        return []
    val = GRADER[::-1] if typ is Fragetyp.GRAD else tuple(fraga["val"])
    antal = {ett: [vem for vem, text in givna if text == ett] for ett in val}
    return _med_andel([(ett, float(len(vilka)), str(len(vilka))) for ett, vilka in antal.items()])


def _med_andel(rader: Sequence[tuple[str, float, str]]) -> list[Stapel]:
    mest = max((abs(varde) for _, varde, _ in rader), default=0) or 1
    return [Stapel(namn, varde, text, round(100 * max(0.0, varde) / mest)) for namn, varde, text in rader]


def som_tal(text: str) -> float:
    """The number that an answer is. Raises ValueError for what the form never lets through."""
    return float(text.replace(",", "."))


def tal_i_ord(tal: float) -> str:
    """A number as Swedes write it: '12 000', '2,5'."""
    tecken = "\u2212" if round(tal, 2) < 0 else ""
    heltal, _, decimaler = f"{abs(tal):.2f}".partition(".")
    return tecken + f"{int(heltal):,}".replace(",", " ") + (f",{decimaler.rstrip('0')}" if decimaler.strip("0") else "")
