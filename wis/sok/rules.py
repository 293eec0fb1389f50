"""What is searched for, and what a text is found by. Pure: the same for every database."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from wis.clock import STOCKHOLM
from wis.datum import slutet_av
from wis.sok.stam import stam

MAX_VILLKOR = 12
MAX_TECKEN = 300
MAX_ORD = 16_000
"""As many words of a text are indexed: PostgreSQL counts no further than to 16,383."""
MAX_BYTE = 300_000
"""Nor more bytes of words than this: PostgreSQL takes a megabyte, all included."""
MAX_ORDLANGD = 64
MIN_BORJAN = 2
_ORD = re.compile(r"[^\W_]+")
_EPOK = datetime(1970, 1, 1, tzinfo=UTC)
_BITAR = 20
"""Of a post's id, for telling posts of the same millisecond apart."""
_AR = range(1970, 2200)


class Sort(StrEnum):
    """Kinds of things that are found. The values are in the database and in addresses."""

    SAMLAD = "samlad"
    EGEN = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    HANDELSE = "handelse"
    BESLUT = "beslut"
    ANTECKNING = "anteckning"

    @property
    def namn(self) -> str:
        """The name as shown to people, in the plural."""
        return _SORTNAMN[self]


_SORTNAMN = {
    Sort.SAMLAD: "Samlade lägesbilder",
    Sort.EGEN: "Aktörers lägesbilder",
    Sort.UNDERRATTELSE: "Underrättelser",
    Sort.HANDELSE: "Händelser",
    Sort.BESLUT: "Beslut om händelsen",
    Sort.ANTECKNING: "Anteckningar i tidslinjen",
}


class Slag(StrEnum):
    """How a condition is met: by any form of the word, by the words as they stand in a row, by how a word begins."""

    ORD = "ord"
    FRAS = "fras"
    BORJAN = "borjan"


@dataclass(frozen=True)
class Villkor:
    """One thing that was typed: its words in lower case, and whether what holds it is left out."""

    slag: Slag
    ord: tuple[str, ...]
    inte: bool = False


@dataclass(frozen=True)
class Fraga:
    """What was typed, understood: every condition is to be met. `fel`: what was not understood and what to do."""

    villkor: tuple[Villkor, ...] = ()
    fel: tuple[str, ...] = ()

    @property
    def ja(self) -> tuple[Villkor, ...]:
        """What is to be there."""
        return tuple(v for v in self.villkor if not v.inte)

    def __bool__(self) -> bool:
        return bool(self.ja)


# --- what was typed --------------------------------------------------------------------------------------------------

_CITAT = '"”“„«»'
_BIT = re.compile(
    rf"(?P<inte>[-−–](?=[^\s]))?(?:[{_CITAT}](?P<fras>[^{_CITAT}]*)(?P<slut>[{_CITAT}]?)|(?P<ord>[^\s{_CITAT}]+))"
)


def tolka(typed: str) -> Fraga:
    """Return what was typed as conditions. Never raises: what can't be understood is said in `fel`."""
    fel: list[str] = []
    if len(typed) > MAX_TECKEN:
        fel.append(f"Sökningen är för lång: bara de första {MAX_TECKEN} tecknen används.")
    villkor: list[Villkor] = []
    for bit in _BIT.finditer(normal(typed[:MAX_TECKEN])):
        ett = _villkor(bit, fel)
        if ett is not None and ett not in villkor:
            villkor.append(ett)
    if len(villkor) > MAX_VILLKOR:
        fel.append(f"Sökningen har för många ord: bara de {MAX_VILLKOR} första används.")
    fraga = Fraga(tuple(villkor[:MAX_VILLKOR]))
    if not fraga:
        fel += _tomt(fraga, typed, fel)
    return Fraga(fraga.villkor, tuple(dict.fromkeys(fel)))


def _villkor(bit: re.Match[str], fel: list[str]) -> Villkor | None:
    inte, fras = bool(bit["inte"]), bit["fras"]
    orden = ord_i(bit[0])
    if not orden:
        return None
    if fras is not None:
        if not bit["slut"]:
            fel.append("Ett citattecken avslutas inte: allt efter det söks som en fras. Sätt ett citattecken till.")
        return Villkor(Slag.FRAS, orden, inte)
    if bit[0].endswith("*"):
        if len(orden) == 1 and len(orden[0]) >= MIN_BORJAN:
            return Villkor(Slag.BORJAN, orden, inte)
        fel.append(f"* gäller ett enda ord och behöver minst {MIN_BORJAN} bokstäver före sig, till exempel vatten*.")
    # What is written as one word and is several, as E-18, is those words in a row.
    return Villkor(Slag.ORD if len(orden) == 1 else Slag.FRAS, orden, inte)


def _tomt(fraga: Fraga, typed: str, fel: list[str]) -> list[str]:
    if fraga.villkor:
        return ["Skriv också något att söka efter: ett ord med - framför tar bara bort träffar."]
    return (
        ["Det finns inget ord att söka efter. Skriv minst ett ord eller en siffra."]
        if typed.strip() and not fel
        else []
    )


def normal(text: str) -> str:
    """Return the text with each letter as one character, whichever way it was typed."""
    return unicodedata.normalize("NFC", text)


def ord_i(text: str) -> tuple[str, ...]:
    """Return the words of a normal text in lower case."""
    return tuple(found[0].casefold()[:MAX_ORDLANGD] for found in _ORD.finditer(text))


# --- what a text is found by -----------------------------------------------------------------------------------------

# No word has these signs in it: so nothing that is typed is taken for them.
_STAM, _FASET, LUCKA = "=", "#", "#"
"""LUCKA stands between words that are no phrase together."""


@dataclass(frozen=True)
class Fasetter:
    """What a post can be filtered by, kept in the index beside the words: to filter is then to look up, not to sift."""

    sort: Sort
    handelse_id: int
    aktor_id: int
    ovning: bool
    taggar: tuple[str, ...] = ()

    def tecken(self) -> tuple[str, ...]:
        """As they stand in the index."""
        alltid = (av_sort(self.sort), i_handelse(self.handelse_id), av_aktor(self.aktor_id), i_ovning(self.ovning))
        return (*alltid, *map(av_tagg, self.taggar))


def av_sort(sort: Sort) -> str:
    """The sign of a kind."""
    return f"{_FASET}s{sort.value}"


def i_handelse(handelse_id: int) -> str:
    """The sign of an event."""
    return f"{_FASET}h{handelse_id}"


def av_aktor(aktor_id: int) -> str:
    """The sign of an actor."""
    return f"{_FASET}a{aktor_id}"


def i_ovning(ovning: bool) -> str:
    """The sign of exercises, or of what is real."""
    return f"{_FASET}o{int(ovning)}"


def av_tagg(tagg: str) -> str:
    """The sign of a tag (wis.taggar). What the index would take for the end of a word is another sign there."""
    return f"{_FASET}t{tagg.replace('-', _STAM).replace('_', _FASET)}"


def stamtecken(word: str) -> str:
    """The sign of every form of a word."""
    return _STAM + stam(word)


def tecken(rubrik: str, text: str, fasetter: Fasetter) -> list[str]:
    """Return what a post is found by: its words in order, then their stems and what it is filtered by.

    No phrase goes from the heading into the text, or from the words into the stems.
    """
    orden = list(_hogst(rubrik, text))
    stammar = dict.fromkeys(stamtecken(word) for word in orden if word != LUCKA)
    return [*orden, LUCKA, *stammar, *fasetter.tecken()]


def _hogst(*texter: str) -> Iterator[str]:
    kvar, byte = MAX_ORD, MAX_BYTE
    for nummer, text in enumerate(texter):
        if nummer:
            yield LUCKA
        for found in _ORD.finditer(normal(text)):
            word = found[0].casefold()[:MAX_ORDLANGD]
            kvar, byte = kvar - 1, byte - len(word.encode())
            if kvar < 0 or byte < 0:
                return
            yield word


# --- when ------------------------------------------------------------------------------------------------------------


def forsta_id(moment: datetime) -> int:
    """Return the lowest id that a post of this moment can have: ids are in order of time, so that the newest are found
    first, and a time is a span of ids."""
    return ((moment - _EPOK) // timedelta(milliseconds=1)) << _BITAR


def sista_id(moment: datetime) -> int:
    """Return the highest id that a post of this moment can have."""
    return forsta_id(moment) + (1 << _BITAR) - 1


def las_dag(text: str) -> date | None:
    """Return the day in 'YYYY-MM-DD', or None. Raises ValueError for what is no day that can be searched."""
    if not text.strip():
        return None
    dag = date.fromisoformat(text.strip())
    if dag.year not in _AR:
        raise ValueError("no such year here")
    return dag


def dagar(fran: date | None, till: date | None) -> tuple[int | None, int | None]:
    """Return the ids from the beginning of the one day to the end of the other, in Swedish time."""
    lagst = None if fran is None else forsta_id(datetime.combine(fran, time(0), STOCKHOLM))
    hogst = None if till is None else forsta_id(slutet_av(till)) - 1
    return lagst, hogst
