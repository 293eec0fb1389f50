"""Two versions of a text, compared word by word.

Paragraphs are matched first and words within them after that, so that an inserted paragraph is one insertion. What
stands between two changes but carries nothing of its own ('och', 'på', a comma) is drawn into them: a rewritten
sentence shows as one, not as confetti. Why, and what was measured: docs/beslut/004-ordjamforelse.md. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, groupby, pairwise, zip_longest
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel, LCSseq

Slag = Literal["lika", "borttaget", "tillagt"]


@dataclass(frozen=True)
class Del:
    """A stretch of text that is in both versions, only in the old one, or only in the new one."""

    slag: Slag
    text: str


@dataclass(frozen=True)
class Rad:
    """One row of two columns: a paragraph of the old text beside its counterpart, either of them possibly empty."""

    gammal: tuple[Del, ...]
    ny: tuple[Del, ...]
    andrad: bool


class _Token(NamedTuple):
    """A word, a line break or a mark, with the spaces that follow it on the line."""

    ord: str
    luft: str


class _Andring(NamedTuple):
    """gammal[i1:i2] became ny[j1:j2]."""

    i1: int
    i2: int
    j1: int
    j2: int


_BOKSTAV = r"(?:[^\W_]|[\u0300-\u036f])"
_TOKEN = re.compile(
    rf"(\r\n|\r|\n|{_BOKSTAV}+(?:[.,:/'’\-–]{_BOKSTAV}+)*|((?:[^\w\s]|_))\2*|(?=[^\S\r\n]))([^\S\r\n]*)"
)
_RAD = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BORJAR_BLOCK = re.compile(r"\s*(?:#{1,6}\s|[-*+•–]\s|\d{1,3}[.)]\s|>|\|)")
_RADSLUT = frozenset({"\n", "\r", "\r\n"})
_RUBRIK = re.compile(r"\s*#{1,6}\s")
_STOPPORDSLISTA = """
    alla att av bland bli blir blivit de dem den denna det detta dessa du där därför efter ej eller en ett från för få
    får genom ha hade han har hon hos i in inför inom inte kan kommer man med mellan mot men ni nu när och också om
    oss på ska skall samt sig sin sina sitt som så till under upp ut utan vara var varit vi vid vill är än åt över
"""
_STOPPORD = frozenset(_STOPPORDSLISTA.split())

# Cells of a comparison between two sequences; rapidfuzz keeps one bit of each while it works (here at most 88 MB).
_MAX_RUTOR = 700_000_000
# Pairs of paragraphs weighed against each other in one comparison: 7 µs each at 12 words, 30 µs at 140.
_MAX_PAR = 20_000
_MAX_DRAS_IN = 5  # tokens in a stretch that may be drawn into the changes around it
_TYNGD_STOPPORD, _TYNGD_ORD = 1, 3  # against the number of words in the smaller of the changes beside it
_MINST_LIKA = 0.15  # of the words in the shorter version; two unrelated texts have some 7 % left in common


def jamfor_ord(gammal: str, ny: str) -> list[Del]:
    """Return the parts in reading order, what was removed before what took its place.

    'lika' + 'borttaget' in order is exactly `gammal`, 'lika' + 'tillagt' exactly `ny`; no part is empty, and two in a
    row are never of the same kind. Two texts of 20,000 words without a sentence in common take 0.15 to 0.6 seconds; a
    paragraph beyond some 26,000 words and marks in both versions is not looked into but shown as replaced.
    """
    return _hopslagna(d for par in _styckepar(gammal, ny) for d in _jamfor_stycke(*par))


def jamfor_sida_vid_sida(gammal: str, ny: str) -> list[Rad]:
    """Return rows with matching paragraphs (list items, headings) side by side, in order, none left out.

    The old texts of all rows are exactly `gammal` and the new exactly `ny`. The left side has 'lika' and 'borttaget',
    the right 'lika' and 'tillagt'.
    """
    rader = []
    for fore, efter in _styckepar(gammal, ny):
        delar = _jamfor_stycke(fore, efter)
        vanster = tuple(_hopslagna(d for d in delar if d.slag != "tillagt"))
        hoger = tuple(_hopslagna(d for d in delar if d.slag != "borttaget"))
        rader.append(Rad(vanster, hoger, fore != efter))
    return rader


def andrade_ord(delar: Iterable[Del]) -> tuple[int, int]:
    """Return (words added, words removed) as shown: a word drawn into a change counts on both sides."""
    antal = {"lika": 0, "borttaget": 0, "tillagt": 0}
    for d in delar:
        antal[d.slag] += sum(_ar_ord(t) for t in _tokens(d.text))
    return antal["tillagt"], antal["borttaget"]


# --- Paragraphs ---


def _stycken(text: str) -> list[str]:
    """Split into paragraphs, headings and list items, each with the blank lines after it; joined they are the text."""
    borjan, har_text, fore = [0], False, ""
    for m in _RAD.finditer(text):
        rad = m[0]
        if har_text and rad.strip() and (not fore.strip() or _BORJAR_BLOCK.match(rad) or _RUBRIK.match(fore)):
            borjan.append(m.start())
        har_text = har_text or bool(rad.strip())
        fore = rad
    return [text[a:b] for a, b in pairwise([*borjan, len(text)])] if text else []


def _styckepar(gammal: str, ny: str) -> list[tuple[str, str]]:
    """Return matching stretches of the two texts in order; a side without a counterpart stands against ''."""
    g, n = _stycken(gammal), _stycken(ny)
    nycklar = [[" ".join(s.split()) for s in sida] for sida in (g, n)]
    andringar = _andringar(*nycklar)
    tak = _MAX_PAR // max(1, len(andringar))
    par: list[tuple[str, str]] = []
    i = j = 0
    for a in andringar:
        par += zip(g[i : a.i1], n[j : a.j1], strict=True)
        par += _para_ihop(g[a.i1 : a.i2], n[a.j1 : a.j2], tak)
        i, j = a.i2, a.j2
    return par + list(zip(g[i:], n[j:], strict=True))


def _para_ihop(g: list[str], n: list[str], tak: int) -> list[tuple[str, str]]:
    """Pair rewritten paragraphs by the words that they share; those left over between two pairs stand side by side.

    With more than `tak` possible pairs all of it is one pair.
    """
    if len(g) * len(n) > tak:
        return [("".join(g), "".join(n))]
    par: list[tuple[str, str]] = []
    i = j = 0
    for i1, i2, j1, j2 in [*_basta_par(_Likhet(g, n)), (len(g), len(g), len(n), len(n))]:
        par += zip_longest(g[i:i1], n[j:j1], fillvalue="")
        if i2 > i1:
            par.append(("".join(g[i1:i2]), "".join(n[j1:j2])))
        i, j = i2, j2
    return par


class _Likhet:
    """How many words that mean something two paragraphs have in common, in order."""

    def __init__(self, g: list[str], n: list[str]) -> None:
        nummer: defaultdict[str, int] = defaultdict(count().__next__)
        self.g = [self._kodat(s, nummer) for s in g]
        self.n = [self._kodat(s, nummer) for s in n]
        self.ett = [[LCSseq.similarity(a, b) for b in self.n] for a in self.g]

    @staticmethod
    def _kodat(stycke: str, nummer: defaultdict[str, int]) -> str:
        """Return one code point for each word, the form that rapidfuzz reads fastest; a million fit."""
        orden = [t.ord.lower() for t in _tokens(stycke) if _ar_ord(t)]
        return "".join(chr(0x10000 + nummer[o] % 0x100000) for o in orden if o not in _STOPPORD)

    def poang(self, i1: int, i2: int, j1: int, j2: int) -> float:
        """Return the worth of g[i1:i2] and n[j1:j2] as a pair: words in common × their share of both."""
        a, b = "".join(self.g[i1:i2]), "".join(self.n[j1:j2])
        lika = self.ett[i1][j1] if i2 - i1 == j2 - j1 == 1 else LCSseq.similarity(a, b)
        if lika == 0 or not self._halvor_funna(i1, i2, j1, j2, lika):
            return 0.0
        return lika * 2 * lika / (len(a) + len(b))

    def _halvor_funna(self, i1: int, i2: int, j1: int, j2: int, lika: int) -> bool:
        """Return whether, of one paragraph made two or two made one, each half is found again, mostly."""
        if i2 - i1 == j2 - j1:
            return True
        halvor = self.g[i1:i2] if i2 - i1 == 2 else self.n[j1:j2]
        var_for_sig = [self.ett[i][j] for i in range(i1, i2) for j in range(j1, j2)]
        return all(0 < len(h) <= 2 * (lika - annan) for h, annan in zip(halvor, reversed(var_for_sig), strict=True))


def _basta_par(likhet: _Likhet) -> list[tuple[int, int, int, int]]:
    """Return (i1, i2, j1, j2) for the pairs that are worth the most together without crossing."""
    steg = ((1, 0), (0, 1), (1, 1), (1, 2), (2, 1))
    basta: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {}
    for i in range(len(likhet.g) + 1):
        for j in range(len(likhet.n) + 1):
            val = [
                (basta[i - di, j - dj][0] + (likhet.poang(i - di, i, j - dj, j) if di and dj else 0), (di, dj))
                for di, dj in steg
                if di <= i and dj <= j
            ]
            basta[i, j] = max(val, key=lambda v: v[0], default=(0, (0, 0)))
    return _sparade(basta, len(likhet.g), len(likhet.n))


def _sparade(
    basta: dict[tuple[int, int], tuple[float, tuple[int, int]]], i: int, j: int
) -> list[tuple[int, int, int, int]]:
    """Walk back through the best choices and return the pairs among them, in order."""
    par: list[tuple[int, int, int, int]] = []
    while i or j:
        di, dj = basta[i, j][1]
        if di and dj:
            par.append((i - di, i, j - dj, j))
        i, j = i - di, j - dj
    return par[::-1]


# --- Words ---


def _tokens(text: str) -> list[_Token]:
    return [_Token(m[1], m[3]) for m in _TOKEN.finditer(text)]


def _ar_ord(token: _Token) -> bool:
    return token.ord[:1].isalnum()


def _jamfor_stycke(gammal: str, ny: str) -> list[Del]:
    """Return the parts of one pair of paragraphs; some may be empty, or of the same kind as the one before."""
    if gammal == ny:
        return [Del("lika", ny)]
    if not gammal or not ny:
        return [Del("borttaget", gammal), Del("tillagt", ny)]
    ut = _Utskrift()
    # The blank lines after a paragraph by themselves: else a break taken away is told of before the words added to it.
    slut_g, slut_n = len(gammal.rstrip()), len(ny.rstrip())
    for fore, efter in ((gammal[:slut_g], ny[:slut_n]), (gammal[slut_g:], ny[slut_n:])):
        _jamfor_tokens(_tokens(fore), _tokens(efter), ut)
    return ut.delar()


def _jamfor_tokens(g: list[_Token], n: list[_Token], ut: _Utskrift) -> None:
    g_ord, n_ord = [t.ord for t in g], [t.ord for t in n]
    andringar = _sammandragna(_skjutna(_andringar(g_ord, n_ord), g_ord, n_ord), g, n)
    i = j = 0
    for a in [*andringar, _Andring(len(g), len(g), len(n), len(n))]:
        for gt, nt in zip(g[i : a.i1], n[j : a.j1], strict=True):
            ut.samma(gt, nt)
        ut.andrat(g[a.i1 : a.i2], n[a.j1 : a.j2])
        i, j = a.i2, a.j2


class _Utskrift:
    """Gathers what was removed and what was added until something unchanged comes in between."""

    def __init__(self) -> None:
        self._delar: list[Del] = []
        self._bort = ""
        self._till = ""

    def samma(self, g: _Token, n: _Token) -> None:
        """Take a word found in both; the spaces after it may differ."""
        self._tom()
        self._delar.append(Del("lika", n.ord))
        if g.luft == n.luft:
            self._tom()
            self._delar.append(Del("lika", n.luft))
        else:
            self._bort += g.luft
            self._till += n.luft

    def andrat(self, g: list[_Token], n: list[_Token]) -> None:
        self._bort += "".join(t.ord + t.luft for t in g)
        self._till += "".join(t.ord + t.luft for t in n)

    def delar(self) -> list[Del]:
        self._tom()
        return self._delar

    def _tom(self) -> None:
        self._delar += [Del("borttaget", self._bort), Del("tillagt", self._till)]
        self._bort = self._till = ""


def _hopslagna(delar: Iterable[Del]) -> list[Del]:
    """Return the parts without empty ones and with neighbours of the same kind made one."""
    med_text = (d for d in delar if d.text)
    return [Del(slag, "".join(d.text for d in grupp)) for slag, grupp in groupby(med_text, key=lambda d: d.slag)]


# --- What differs ---


def _andringar(g: Sequence[str], n: Sequence[str]) -> list[_Andring]:
    """Return what differs from a longest common subsequence; all of it where that would take too much memory."""
    if len(g) * len(n) > _MAX_RUTOR:
        return [_Andring(0, len(g), 0, len(n))]
    # Numbers, not hashes: two different words can then never be taken for the same.
    nummer: defaultdict[str, int] = defaultdict(count().__next__)
    ut: list[_Andring] = []
    for kod in Indel.opcodes([nummer[x] for x in g], [nummer[x] for x in n]):
        if kod.tag == "equal":
            continue
        a = _Andring(kod.src_start, kod.src_end, kod.dest_start, kod.dest_end)
        ut.append(_fogad(ut.pop(), a) if ut and (ut[-1].i2, ut[-1].j2) == (a.i1, a.j1) else a)
    return ut


def _fogad(v: _Andring, h: _Andring) -> _Andring:
    return _Andring(v.i1, h.i2, v.j1, h.j2)


def _skjutna(andringar: list[_Andring], g: list[str], n: list[str]) -> list[_Andring]:
    """Move pure insertions and removals to where a line or a sentence begins, when that says the same.

    'A. [B.] C.' reads better than 'A[. B]. C.', and a longest common subsequence can't tell them apart.
    """
    ut: list[_Andring] = []
    for a, nasta in pairwise([*andringar, _Andring(len(g), len(g), len(n), len(n))]):
        bakat, framat = a.i1 - (ut[-1].i2 if ut else 0), nasta.i1 - a.i2
        steg = 0
        if a.i1 == a.i2:
            steg = _basta_steg(n, a.j1, a.j2, bakat, framat)
        elif a.j1 == a.j2:
            steg = _basta_steg(g, a.i1, a.i2, bakat, framat)
        ut.append(_Andring(a.i1 + steg, a.i2 + steg, a.j1 + steg, a.j2 + steg))
    return ut


def _basta_steg(orden: list[str], start: int, slut: int, bakat: int, framat: int) -> int:
    """Return how far orden[start:slut] is best moved (negative: backwards) with the whole reading the same."""
    b = f = 0
    while b < bakat and orden[start - b - 1] == orden[slut - b - 1]:
        b += 1
    while f < framat and orden[start + f] == orden[slut + f]:
        f += 1
    return max(range(-b, f + 1), key=lambda s: (_gransvarde(orden, start + s), -abs(s)))


def _gransvarde(orden: list[str], lage: int) -> int:
    """Return how natural a border is before orden[lage]: 3 new line, 2 new sentence, 1 new clause, 0 within."""
    fore = orden[lage - 1] if lage else "\n"
    return 3 if fore in _RADSLUT else 2 if fore[:1] in (".", "!", "?") else 1 if fore in (",", ";", ":", "–") else 0


def _sammandragna(andringar: list[_Andring], g: list[_Token], n: list[_Token]) -> list[_Andring]:
    """Draw what carries too little between two changes into them; where hardly a word is left unchanged, all of it.

    Every change is pushed and popped once: linear.
    """
    g_ord, n_ord = ([0, *accumulate(int(_ar_ord(t)) for t in sida)] for sida in (g, n))

    def storlek(a: _Andring) -> int:
        return max(g_ord[a.i2] - g_ord[a.i1], n_ord[a.j2] - n_ord[a.j1])

    ut: list[_Andring] = []
    for andring in andringar:
        a = andring
        while ut and _dras_in(ut[-1], a, g, min(storlek(ut[-1]), storlek(a))):
            a = _fogad(ut.pop(), a)
        ut.append(a)
    oforandrade = g_ord[-1] - sum(g_ord[a.i2] - g_ord[a.i1] for a in ut)
    if ut and oforandrade < _MINST_LIKA * min(g_ord[-1], n_ord[-1]):
        return [_fogad(ut[0], ut[-1])]
    return ut


def _dras_in(v: _Andring, h: _Andring, g: list[_Token], storlek: int) -> bool:
    o = g[v.i2 : h.i1] if h.i1 - v.i2 <= _MAX_DRAS_IN else None
    if not o:
        return o is not None
    if (v.i1 == v.i2 and h.i1 == h.i2) or (v.j1 == v.j2 and h.j1 == h.j2):
        return False  # only additions, or only removals: nothing in between was rewritten
    if any(t.ord in _RADSLUT for t in o):
        return False
    return sum(_tyngd(t) for t in o) <= storlek


def _tyngd(token: _Token) -> int:
    if not _ar_ord(token):
        return 0
    return _TYNGD_STOPPORD if token.ord.lower() in _STOPPORD else _TYNGD_ORD
