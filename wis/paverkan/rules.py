"""Which measures affect whom, and what has become of one whose words were changed. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

LIKHET = 0.5
"""So alike are the words of a measure and those that it had before, at least (1 = the same)."""
MAX_JAMFORDA = 2_000
"""So many characters of each are compared."""


@dataclass(frozen=True)
class Atgard:
    """A measure as it stands in a version: its words, the section's name, and the actors that it is said to affect."""

    text: str
    avsnitt: str
    berorda: frozenset[int]

    @property
    def nyckel(self) -> str:
        """What is the same as long as the words are, whatever their case and spaces."""
        return nyckel_av(self.text)


@dataclass(frozen=True)
class Fraga:
    """What one actor is asked of one measure."""

    aktor_id: int
    nyckel: str
    text: str
    avsnitt: str


class Avslag(Exception):
    """Raised when an answer can't be taken; the text says why, in Swedish."""


def nyckel_av(text: str) -> str:
    """The words of a measure as they are told apart: a hash, for they may be long."""
    rent = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().rstrip(".").casefold()
    return hashlib.sha256(rent.encode()).hexdigest()


def atgarder(rader: Mapping[str, Sequence[Sequence[str]]], aktorer: Mapping[str, int]) -> list[Atgard]:
    """The measures that name anybody. `rader`: (measure, whom it affects) by the section's name; `aktorer`: ids by
    casefolded name. A name that is nobody's is left alone."""
    ut = []
    for avsnitt, alla in rader.items():
        for text, berorda in alla:
            named = (" ".join(namn.split()).casefold() for namn in berorda.split(","))
            ids = frozenset(aktorer[namn] for namn in named if namn in aktorer)
            if text.strip() and ids:
                ut.append(Atgard(" ".join(text.split()), avsnitt, ids))
    return ut


def fragor(dessa: Iterable[Atgard], agare_id: int) -> dict[tuple[int, str], Fraga]:
    """Each actor and measure once, by (actor, key); the owner is not asked of its own."""
    return {
        (aktor_id, atgard.nyckel): Fraga(aktor_id, atgard.nyckel, atgard.text, atgard.avsnitt)
        for atgard in dessa
        for aktor_id in sorted(atgard.berorda - {agare_id})
    }


def foregangare(ny: str, borttagna: Mapping[int, str]) -> int | None:
    """The id of the measure, of those that were taken away (by id), which this was before; None if none is like it."""
    matt = {
        id_: Indel.normalized_similarity(ny[:MAX_JAMFORDA], gammal[:MAX_JAMFORDA]) for id_, gammal in borttagna.items()
    }
    bast = max(matt, key=lambda id_: matt[id_], default=None)
    return bast if bast is not None and matt[bast] >= LIKHET else None


def granska(svar: str, rad: str, giltiga: Iterable[str], hogst: int) -> str:
    """What must be mended before the answer can be taken, in Swedish; '' if nothing."""
    if svar not in set(giltiga):
        return "Välj Noterat eller Problem."
    if svar == "problem" and not rad:
        return "Skriv vad problemet är: den som äger åtgärden ser bara det du skriver här."
    return f"Korta texten till högst {hogst} tecken." if len(rad) > hogst else ""


def i_ord(noterat: int, problem: int, utan_svar: int) -> str:
    """'1 problem, 3 noterat, 2 utan svar': what matters first; what there is none of is not said."""
    delar = ((problem, "problem"), (noterat, "noterat"), (utan_svar, "utan svar"))
    return ", ".join(f"{antal} {vad}" for antal, vad in delar if antal)
