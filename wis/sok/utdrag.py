"""What is shown of a hit, with the words that were found marked; and how good a hit it is. Pure."""

import re
from dataclasses import dataclass

from wis.sok.rules import Fraga, Slag, Villkor, normal, ord_i
from wis.sok.stam import stam

LANGD = 260
_FORE = 70
_MAX_MARKEN = 200
_RESTEN = r"[^\W_]*"
_HELT = r"(?<![^\W_])"
_SLUT = r"(?![^\W_])"


@dataclass(frozen=True)
class Del:
    """A piece of plain text, and whether it is what was found."""

    text: str
    traff: bool


def delar(text: str, fraga: Fraga) -> list[Del]:
    """Return the whole text in pieces."""
    slatt = normal(text)
    return _styckat(slatt, _marken(slatt, fraga), 0, len(slatt))


def utdrag(text: str, fraga: Fraga) -> list[Del]:
    """Return where most of what was found stands, at most about LANGD characters; the beginning if nothing does."""
    slatt = " ".join(normal(text).split())
    marken = _marken(slatt, fraga)
    start = _basta_start(marken)
    till = start + LANGD
    # Between words, or else in the middle of one: a long word or address must not take away what stands beside it.
    fran = start and (slatt.find(" ", start, start + _FORE) + 1 or start)
    if till < len(slatt):
        sista = max((slut for _, slut in marken if slut <= till), default=0)
        mellanrum = slatt.rfind(" ", max(sista, till - _FORE), till)
        till = mellanrum if mellanrum > 0 else till
    found = _styckat(slatt, [(m[0], min(m[1], till)) for m in marken if fran <= m[0] < till], fran, till)
    fore = [Del("… ", False)] if fran else []
    return [*fore, *found, *([Del(" …", False)] if till < len(slatt) else [])]


def _marken(slatt: str, fraga: Fraga) -> list[tuple[int, int]]:
    """Where what was found stands, in order and apart from each other; the first few hundred."""
    alla: list[tuple[int, int]] = []
    for villkor in fraga.ja:
        for nummer, found in enumerate(_monster(villkor).finditer(slatt)):
            if nummer >= _MAX_MARKEN:
                break
            if villkor.slag is not Slag.ORD or stam(found[0].casefold()) == stam(villkor.ord[0]):
                alla.append(found.span())
    skilda: list[tuple[int, int]] = []
    for fran, till in sorted(alla):
        if not skilda or fran >= skilda[-1][1]:
            skilda.append((fran, till))
    return skilda


def _monster(villkor: Villkor) -> re.Pattern[str]:
    # A stem is how every form of its word begins.
    if villkor.slag is Slag.ORD:
        return re.compile(_HELT + re.escape(stam(villkor.ord[0])) + _RESTEN, re.IGNORECASE)
    if villkor.slag is Slag.BORJAN:
        return re.compile(_HELT + re.escape(villkor.ord[0]) + _RESTEN, re.IGNORECASE)
    return re.compile(_HELT + r"[\W_]+".join(map(re.escape, villkor.ord)) + _SLUT, re.IGNORECASE)


def _basta_start(marken: list[tuple[int, int]]) -> int:
    """Where to begin so that most of what was found is seen; the earliest such place."""
    bast, start = 0, 0
    for nummer, (fran, _) in enumerate(marken):
        # At least the one that it begins with, however long.
        rymda = max(1, sum(1 for _, till in marken[nummer : nummer + LANGD] if till - fran <= LANGD - _FORE))
        if rymda > bast:
            bast, start = rymda, fran
    return max(0, start - _FORE)


def _styckat(slatt: str, marken: list[tuple[int, int]], fran: int, till: int) -> list[Del]:
    ut: list[Del] = []
    for start, slut in marken:
        ut += [Del(slatt[fran:start], False), Del(slatt[start:slut], True)]
        fran = slut
    ut.append(Del(slatt[fran:till], False))
    return [ett for ett in ut if ett.text]


def poang(rubrik: str, borjan: str, fraga: Fraga) -> int:
    """Return how good a hit is by its heading and how its text begins: nothing else of what is stored matters to it.

    How common a word is says nothing here: an order that came of that would tell of hidden things.
    """
    i_rubrik, i_borjan = _ordmangd(rubrik), _ordmangd(borjan)
    return sum(3 * _mots(ett, i_rubrik) + _mots(ett, i_borjan) for ett in fraga.ja)


def _ordmangd(text: str) -> tuple[set[str], set[str]]:
    orden = set(ord_i(normal(text)))
    return orden, {stam(word) for word in orden}


def _mots(villkor: Villkor, mangd: tuple[set[str], set[str]]) -> int:
    """2 for the word as it was typed, 1 for a form of it or another word that begins so."""
    orden, stammar = mangd
    if all(word in orden for word in villkor.ord):
        return 2
    if villkor.slag is Slag.ORD:
        return int(stam(villkor.ord[0]) in stammar)
    return int(villkor.slag is Slag.BORJAN and any(word.startswith(villkor.ord[0]) for word in orden))
