"""Where a paragraph or a row of the samlade comes from: a mark in the text itself. Pure.

The mark '[[trafikverket 3 lage_fakta]]' ends the paragraph, or the first cell of the row: the actor's slug, the number
of its version, the section there. It stands in the text, so that drafts, meetings, comparisons and the hand that moves
a paragraph carry it along as they carry the words. 'behållen 5' in it: version 5 has been seen, and the older is kept.
An answer to a begäran is '[[nacka 2 svar-12-3]]': the second answer by Nacka to begäran 12, question 3; one by somebody
outside has 'extern-7' for the actor, where 7 is the id of the recipient. A paragraph without a mark is the redaktör's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wis.lagesbild.kallmarke import MARKE, Kalla, alla, ta_ut, utan
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.rader import dela, satt_ihop

__all__ = ["MARKE", "Kalla", "Stycke", "alla", "hop", "med_alla", "med_marke", "stycken", "ta_ut", "utan"]
_BLOCK = re.compile(r"\n[ \t]*\n+")


@dataclass(frozen=True)
class Stycke:
    """A paragraph, or a row as it is written in a text ('| a | b |'), without its mark."""

    text: str
    kalla: Kalla | None = None
    ar_rad: bool = False

    @property
    def kallan(self) -> str:
        """As it stands in a section."""
        if self.kalla is None:
            return self.text
        return med_marke(self.text, self.kalla, ar_rad=self.ar_rad)


def stycken(text: str, slag: Avsnittsslag) -> list[Stycke]:
    """The rows of a section, and its paragraphs (parted by empty lines), in order."""
    return [stycke for stycke, _ in med_alla(text, slag)]


def med_alla(text: str, slag: Avsnittsslag) -> list[tuple[Stycke, list[Kalla]]]:
    """As stycken(), each with all the marks in it: where two have been written together there are several."""
    rader, fritt = dela(text, slag)
    ut: list[tuple[Stycke, list[Kalla]]] = []
    for rad in rader:
        funna = alla("\n".join(rad))
        # A row that says nothing but where it is from says nothing.
        if raden := satt_ihop([tuple(map(utan, rad))]):
            forst = ta_ut(rad[0])[1] or (funna[-1] if funna else None)
            ut.append((Stycke(raden, forst, ar_rad=True), funna))
    block = filter(str.strip, _BLOCK.split(fritt.strip("\n")))
    return [*ut, *((Stycke(*ta_ut(ett)), alla(ett)) for ett in block)]


def med_marke(text: str, kalla: Kalla, *, ar_rad: bool = False) -> str:
    """The paragraph or row with this mark, in place of any that it has."""
    rent = utan(text)
    if not ar_rad:
        return f"{rent.rstrip()} {kalla}"
    forsta, grans, rest = _forsta_cell(rent)
    return f"{forsta.rstrip()} {kalla} {grans}{rest}"


def _forsta_cell(rad: str) -> tuple[str, str, str]:
    """The row up to the end of its first cell, the '|' there, and what follows."""
    for i, tecken in enumerate(rad):
        if tecken == "|" and i and (i - len(rad[:i].rstrip("\\"))) % 2 == 0:
            return rad[:i], "|", rad[i + 1 :]
    raise ValueError(rad)


def hop(delarna: Iterable[Stycke]) -> str:
    """The section's text of these: the rows first, then the paragraphs."""
    alla = list(delarna)
    rader = "\n".join(s.kallan for s in alla if s.ar_rad)
    return "\n\n".join(filter(None, [rader, *(s.kallan for s in alla if not s.ar_rad)]))
