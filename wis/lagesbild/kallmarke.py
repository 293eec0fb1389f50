"""The mark of origin itself, '[[trafikverket 3 lage_fakta]]', read and taken out of a text. Pure.

What it means, and how paragraphs carry it, is told in wis.lagesbild.kallor.
"""

import re
from dataclasses import dataclass, replace

MARKE = re.compile(
    r"[ \t]*\[\[(?P<aktor>[a-z0-9][a-z0-9-]{0,80}) (?P<nummer>[1-9][0-9]{0,8}) (?P<nyckel>[a-z0-9_-]{1,60})"
    r"(?: behållen (?P<behallen>[1-9][0-9]{0,8}))?\]\]"
)
_SVAR = re.compile(r"svar-([1-9][0-9]{0,8})-([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Kalla:
    """A place that words come from; `behallen`: the newest version of it that was seen when they were kept, or 0."""

    aktor: str
    nummer: int
    nyckel: str
    behallen: int = 0

    def __str__(self) -> str:
        """The mark."""
        kvar = f" behållen {self.behallen}" if self.behallen else ""
        return f"[[{self.aktor} {self.nummer} {self.nyckel}{kvar}]]"

    @property
    def svar(self) -> tuple[int, int] | None:
        """The ids of the begäran and the number of the question, if it is an answer."""
        funnen = _SVAR.fullmatch(self.nyckel)
        return None if funnen is None else (int(funnen[1]), int(funnen[2]))

    @property
    def sedd(self) -> int:
        """The newest version of the source that whoever took it in, or kept it, has seen."""
        return max(self.nummer, self.behallen)

    @property
    def grund(self) -> "Kalla":
        """The place alone."""
        return replace(self, behallen=0)

    def behall(self, nummer: int) -> "Kalla":
        """The same, kept although there is version `nummer`."""
        return replace(self, behallen=nummer)


def ta_ut(text: str) -> tuple[str, Kalla | None]:
    """The text without marks, and the last mark in it, if any."""
    funna = alla(text)
    return (utan(text), funna[-1]) if funna else (text, None)


def alla(text: str) -> list[Kalla]:
    """The marks in a text, in order."""
    return [Kalla(m["aktor"], int(m["nummer"]), m["nyckel"], int(m["behallen"] or 0)) for m in MARKE.finditer(text)]


def utan(text: str) -> str:
    """The text without its marks."""
    # What is left around a mark may make a new one.
    while (kortare := MARKE.sub("", text)) != text:
        text = kortare
    return text


def i_ord(text: str) -> str:
    """The text with its marks as words, for comparisons: '(trafikverket version 3)'."""
    return MARKE.sub(lambda m: f" ({m['aktor']} version {m['nummer']})", text)


def namn_och_aktor(text: str) -> str:
    """The text with the actor alone of its marks: what a figure is called and whose it is, in whichever version."""
    return MARKE.sub(lambda m: f" [[{m['aktor']}]]", text)
