"""Rows in a section: impact per function, key figures, measures, alternatives. Pure.

A section that holds rows is one text all the same, so that drafts, comparisons, searches and meetings of texts treat it
as any other: first a line '| a | b | c |' for each row, as a table is written in markdown, then what else was said.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wis.lagesbild.kallmarke import namn_och_aktor
from wis.lagesbild.mall import Avsnittsslag, Forslag
from wis.lagesbild.platser import fel_i_var

Rad = tuple[str, ...]

MAX_RADER = 60
MAX_LASTA = 200
"""Rows that are read as such; more than this never were rows of a form."""
STORSTA_TAL = 1e15
"""What is larger is no figure that anybody counts with, and is read as text."""
TOMMA = 2
"""Empty rows that the form shows after those that are filled."""
_RAD = re.compile(r"\|(?:[^|\\\n]|\\.)*(?:\|(?:[^|\\\n]|\\.)*)*\|")
_TABELL = re.compile(r"[^\n]*\n\|?[ ]*:?-[-:| ]*(?:\n|\Z)")
_GRANS = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_SKYDDAT = re.compile(r"\\([\\|-])")
_STRECK = re.compile(r"[-: ]+")
_FALT = re.compile(r"(?P<nyckel>[a-z0-9_]+)-rad-(?P<rad>[0-9]{1,3})-(?P<kolumn>[0-9])")
# The spaces that people group digits with: ordinary, no-break, narrow no-break, thin.
_TALGRUPP = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009](?=\d{3}(?!\d))")
_TAL = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)?")


def dela(text: str, slag: Avsnittsslag) -> tuple[list[Rad], str]:
    """The rows that a section's text begins with, and the text after them. A section of text has no rows.

    A table of markdown, with its line of dashes under the heading, is text.
    """
    antal = len(slag.kolumner)
    rader: list[Rad] = []
    if _TABELL.match(text):
        return rader, text
    alla = text.split("\n")
    # What is more than anybody writes is text: every page that shows it draws fields for each row.
    for rad in alla[: MAX_LASTA if antal else 0]:
        if (celler := _rad(rad, antal)) is None:
            break
        rader.append(celler)
    slut = len(rader)
    if rader and slut < len(alla) and not alla[slut].strip():
        slut += 1
    return rader, "\n".join(alla[slut:])


def _rad(rad: str, antal: int) -> Rad | None:
    if not _RAD.fullmatch(rad):
        return None
    celler = _GRANS.sub("\\1\n", rad[1:-1]).split("\n")
    return tuple(_SKYDDAT.sub(r"\1", cell.strip()) for cell in celler) if len(celler) == antal else None


def satt_ihop(rader: Iterable[Sequence[str]], fritext: str = "") -> str:
    """The section's text: the rows that say something, then the rest. Line breaks within a cell become spaces."""
    rena = [tuple(" ".join(cell.split()) for cell in rad) for rad in rader]
    rader_ = [f"| {' | '.join(_skydda(cell) for cell in rad)} |" for rad in rena if any(rad)]
    # A text that would pass for a row is parted from the rows as any other.
    return "\n\n".join(filter(None, ["\n".join(rader_), fritext if fritext.strip() else ""]))


def rena(text: str, slag: Avsnittsslag) -> str:
    """The section's text as it is kept: its rows written in one way, whoever wrote them."""
    return satt_ihop(*dela(text, slag))


def _skydda(cell: str) -> str:
    # A row of dashes would make a table of it, as markdown writes one.
    if _STRECK.fullmatch(cell):
        return cell.replace("-", "\\-")
    return cell.replace("\\", "\\\\").replace("|", "\\|")


def ur_formular(skickat: Mapping[str, str], nyckel: str, slag: Avsnittsslag) -> list[Rad] | None:
    """The rows that a form holds of this section, in order; None if it holds no fields for rows of it."""
    antal = len(slag.kolumner)
    celler: dict[int, dict[int, str]] = {}
    for namn, varde in skickat.items():
        falt = _FALT.fullmatch(namn)
        if falt and falt["nyckel"] == nyckel and int(falt["kolumn"]) < antal:
            celler.setdefault(int(falt["rad"]), {})[int(falt["kolumn"])] = varde
    if not celler:
        return None
    return [tuple(celler[rad].get(k, "") for k in range(antal)) for rad in sorted(celler)]


def med_kortnamn(rader: Iterable[Rad], slag: Avsnittsslag, kortnamn: Mapping[str, str]) -> list[Rad]:
    """The rows, with actors called by their short names; what names none stays. `kortnamn` is by casefolded name."""
    return [
        tuple(
            ", ".join(kortnamn.get(ord_.casefold(), ord_) for ord_ in _uppraknade(cell))
            if kolumn.forslag is Forslag.AKTORER
            else cell
            for kolumn, cell in zip(slag.kolumner, rad, strict=True)
        )
        for rad in rader
    ]


def _uppraknade(cell: str) -> list[str]:
    return list(filter(None, (" ".join(ord_.split()) for ord_ in cell.split(","))))


def granska(rader: Sequence[Rad], slag: Avsnittsslag) -> str:
    """What must be mended before the rows can be published, in Swedish; '' if nothing."""
    if len(rader) > MAX_RADER:
        return f"Högst {MAX_RADER} rader. Slå ihop några, eller skriv resten som text."
    return next(iter(felen(rader, slag).values()), "")


def felen(rader: Sequence[Rad], slag: Avsnittsslag) -> dict[tuple[int, int], str]:
    """What must be mended, in Swedish, by the row and the column (from 0) of the cell where it is."""
    funna = {}
    for nummer, rad in enumerate(rader):
        if not rad[0]:
            funna[nummer, 0] = f"Rad {nummer + 1} saknar {slag.kolumner[0].etikett.lower()}."
        for plats, (kolumn, cell) in enumerate(zip(slag.kolumner, rad, strict=True)):
            if kolumn.val and cell and cell not in kolumn.val:
                vad = kolumn.etikett.lower()
                funna[nummer, plats] = f"Rad {nummer + 1}: {vad} kan vara {', '.join(kolumn.val)}."
        if slag is Avsnittsslag.PLATSER and (fel := fel_i_var(rad[1])):
            funna[nummer, 1] = f"Rad {nummer + 1}, var på kartan: {fel}"
    return funna


# --- key figures --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nyckeltal:
    """A key figure: `forra` is its value in the version before ('' if it had none), `trend` a word and its arrow."""

    namn: str
    varde: str
    enhet: str
    forra: str = ""
    trend: str = ""
    pil: str = ""


def radnamn(cell: str) -> str:
    """What tells rows apart: the first cell, whatever its case, and whose it is, whatever the version. As rader.js."""
    return namn_och_aktor(cell).lower()


def nyckeltal(rader: Iterable[Rad], forra: Iterable[Rad]) -> list[Nyckeltal]:
    """The figures beside those of the same name (radnamn) in the version before."""
    tidigare = {radnamn(rad[0]): rad for rad in forra}
    ut = []
    for namn, varde, enhet in rader:
        rad = tidigare.get(radnamn(namn))
        if rad is None or not rad[1] or not varde:
            ut.append(Nyckeltal(namn, varde, enhet))
            continue
        matt = rad[1] if rad[2] == enhet else f"{rad[1]} {rad[2]}".strip()
        # Of different units nothing can be said but that it is another figure.
        ut.append(Nyckeltal(namn, varde, enhet, matt, *(_trend(rad[1], varde) if rad[2] == enhet else ("ändrat", ""))))
    return ut


def beskrivning(ett: Nyckeltal, tidigare: tuple[str, str] | None) -> str:
    """What stands beside the figure as it is written, 'förra: 8 000 · ↑ ökat'; `tidigare`: its value and unit then."""
    if tidigare is None:
        return ""
    forra = ett.forra or " ".join(filter(None, tidigare if tidigare[1] != ett.enhet else tidigare[:1]))
    return " · ".join(filter(None, [f"förra: {forra}", f"{ett.pil} {ett.trend}".strip()]))


def _trend(fore: str, efter: str) -> tuple[str, str]:
    da, nu = tal(fore), tal(efter)
    if fore == efter or (da is not None and da == nu):
        return "oförändrat", "→"
    if da is None or nu is None:
        return "ändrat", ""
    return ("ökat", "↑") if nu > da else ("minskat", "↓")


def tal(text: str) -> float | None:
    """The number that a text is, as people write it ('12 000', '3,5', 'ca 40'); None if it is none, or several."""
    utan_grupper = _TALGRUPP.sub("", text)
    funna = _TAL.findall(utan_grupper)
    varde = float(funna[0].replace(",", ".").replace("\u2212", "-")) if len(funna) == 1 else math.inf
    return varde if abs(varde) < STORSTA_TAL else None
