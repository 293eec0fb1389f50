"""Editions of one version, for those who need less than the whole: which sections, and what is read aloud. Pure.

All are made of the same version, so that nobody acts on another text than the others.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wis import markup
from wis.clock import local
from wis.lagesbild import kallor
from wis.lagesbild.mall import GRADER, SAMMANFATTNING, Avsnitt, Avsnittsslag, Mall, Utgava
from wis.lagesbild.rader import Rad, dela, nyckeltal

SEKUNDER = 60
"""How long the reading aloud may take: a turn on the radio, after which others must get in."""
ORD_PER_MINUT = 130
"""Read so that it can be written down at the other end: newsreaders take about 160. A choice of ours, not measured."""
_FORKORTAT = r"(?i:kl|ca|nr|tel|bl\.\s?a|t\.\s?ex|d\.\s?v\.\s?s|resp|ev|max|min|km|jfr|s\.\s?k|f\.\s?n)"
_MENING = re.compile(r"(?<=[.!?])\s+|\n+")
_EJ_SLUT = re.compile(rf"\b{_FORKORTAT}\.$")
"""A full stop after one of these ends no sentence: 'kl. 03.00' is read in one breath."""


@dataclass(frozen=True)
class Rubrik:
    """What is said before anything else: whose version, of which event, and when."""

    namn: str
    handelse: str
    nummer: int
    publicerad: datetime
    ovning: bool = False


@dataclass
class Upplasning:
    """What is read aloud, a breath to a line; `utelamnat`: what did not fit, by the section's name."""

    rader: list[str] = field(default_factory=list)
    utelamnat: list[str] = field(default_factory=list)

    @property
    def ord(self) -> int:
        """How many words it has."""
        return sum(map(_antal_ord, self.rader))

    @property
    def sekunder(self) -> int:
        """About how long it takes, in seconds."""
        return round(self.ord * 60 / ORD_PER_MINUT)


def bara(mall: Mall, utgava: Utgava) -> Mall:
    """The template with the sections of this edition only."""
    return Mall(tuple(a for a in mall.avsnitt if utgava in a.utgavor), mall.version_id)


def att_lasa_upp(
    rubrik: Rubrik, mall: Mall, texter: Mapping[str, str], forra: Mapping[str, str], nasta: datetime | None
) -> Upplasning:
    """The version in at most SEKUNDER, whole sentences and rows, in the order of the template.

    The opening, the summary's first sentence and the end always come along. `forra`: the texts of the version before.
    """
    ut = Upplasning([_oppning(rubrik)])
    slut = _slut(nasta, ovning=rubrik.ovning)
    rymd = SEKUNDER * ORD_PER_MINUT // 60 - ut.ord - _antal_ord(slut)
    for avsnitt in bara(mall, Utgava.UPPLASNING).avsnitt:
        alla = _sagt(avsnitt, texter.get(avsnitt.nyckel, ""), forra.get(avsnitt.nyckel, ""))
        kvar = list(alla)
        while kvar and (_antal_ord(kvar[0]) <= rymd or (avsnitt.nyckel == SAMMANFATTNING and len(kvar) == len(alla))):
            rymd -= _antal_ord(kvar[0])
            ut.rader.append(kvar.pop(0))
        if kvar:
            ut.utelamnat.append(avsnitt.namn if len(kvar) == len(alla) else f"{avsnitt.namn} (delvis)")
    ut.rader.append(slut)
    return ut


def _oppning(rubrik: Rubrik) -> str:
    ovning = "Övning, övning, övning. " if rubrik.ovning else ""
    return f"{ovning}{rubrik.namn}, {rubrik.handelse}. Version {rubrik.nummer}, klockan {_uttalat(rubrik.publicerad)}."


def _slut(nasta: datetime | None, *, ovning: bool) -> str:
    lofte = "" if nasta is None else f"Nästa uppdatering klockan {_uttalat(nasta)}. "
    return f"{lofte}{'Övning. ' if ovning else ''}Slut."


def _uttalat(tid: datetime) -> str:
    """As a time is said: '14 noll 5', so that no digit is lost on the way."""
    klocka = local(tid)
    minut = "noll noll" if klocka.minute == 0 else f"noll {klocka.minute}" if klocka.minute < 10 else str(klocka.minute)
    return f"{klocka.hour} {minut}"


def _sagt(avsnitt: Avsnitt, text: str, forra: str) -> list[str]:
    """The section, a breath to each: its rows, the gravest first, then its sentences."""
    rader, fritt = dela(kallor.utan(text), avsnitt.slag)
    tidigare, _ = dela(kallor.utan(forra), avsnitt.slag)
    meningar = _meningar(markup.text_av(fritt))
    return [*_sagda_rader(avsnitt.slag, rader, tidigare), *(m.removeprefix("- ") for m in meningar)]


def _meningar(text: str) -> list[str]:
    """The sentences, those lines apart that stand apart, and none cut after an abbreviation."""
    ut: list[str] = []
    for rad in text.split("\n"):
        ny = True
        for bit in (" ".join(m.split()) for m in _MENING.split(rad) if m.strip(" -\t")):
            if not ny and _EJ_SLUT.search(ut[-1]):
                ut[-1] = f"{ut[-1]} {bit}"
            else:
                ut.append(bit)
            ny = False
    return ut


def _sagda_rader(slag: Avsnittsslag, rader: Iterable[Rad], forra: Iterable[Rad]) -> list[str]:
    if slag is Avsnittsslag.NYCKELTAL:
        return [_punkt(_tal(ett.namn, ett.varde, ett.enhet, ett.trend, ett.forra)) for ett in nyckeltal(rader, forra)]
    if slag is Avsnittsslag.KONSEKVENSER:
        varst = sorted(rader, key=lambda rad: -GRADER.index(rad[1]) if rad[1] in GRADER else 0)
        # What is not struck is not worth the listeners' time.
        return [_punkt(_paverkan(*rad)) for rad in varst if rad[1] != GRADER[0]]
    return [_punkt(", ".join(filter(None, (cell.rstrip(". ") for cell in rad)))) for rad in rader]


def _tal(namn: str, varde: str, enhet: str, trend: str, forra: str) -> str:
    sagd = "" if trend in {"", "oförändrat"} else f", {trend} från {forra}"
    return f"{namn}: {varde or 'ingen uppgift'} {enhet}".rstrip() + (", oförändrat" if trend == "oförändrat" else sagd)


def _paverkan(funktion: str, grad: str, hur: str) -> str:
    return f"{funktion}: {f'{grad} påverkan' if grad else 'påverkan okänd'}" + (f". {hur}" if hur else "")


def _punkt(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _antal_ord(text: str) -> int:
    # A figure is said as several words: each group of digits counts.
    return len(text.split())
