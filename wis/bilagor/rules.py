"""What may be attached, what it is called, and the order of a list of attachments. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from wis import markup

MAX_BESKRIVNING = 300
MAX_NAMN = 120
UTAN_BESKRIVNING = "utan beskrivning"
STORST_SIDA = 2560
"""Pixels of the longest side of a kept image."""


class Slag(StrEnum):
    """What a kept file is, as it is said to a browser."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"

    @property
    def bild(self) -> bool:
        """Whether it is a picture."""
        return self is not Slag.PDF

    @property
    def i_ord(self) -> str:
        """'bild' or 'PDF'."""
        return "bild" if self.bild else "PDF"


_ANDELSER = {
    Slag.JPEG: ("jpg", "jpeg"),
    Slag.PNG: ("png",),
    Slag.WEBP: ("webp",),
    Slag.PDF: ("pdf",),
}
TAS_EMOT = "JPEG-, PNG-, WebP- och GIF-bilder och PDF"


@dataclass(frozen=True)
class Granser:
    """How much may be attached: bytes of a file, files of a version, pixels of an image."""

    byte: int
    antal: int
    pixlar: int


class Nekad(Exception):
    """A file that is not taken; the text says in Swedish why, and what to do. `for_stor`: it is the size."""

    def __init__(self, text: str, *, for_stor: bool = False, skadlig: str = "") -> None:
        super().__init__(text)
        self.text, self.for_stor, self.skadlig = text, for_stor, skadlig


# --- what it is ---------------------------------------------------------------------------------------------------

_BILDER = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_HEIC = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif")
_SLUT_AV_PDF = re.compile(rb"startxref[ \t]*[\r\n]+[ \t]*(\d{1,10})[ \t]*[\r\n]+[ \t]*%%EOF[\s\0]*\Z")
_SLUTET = 2048
"""Bytes at the end of a PDF within which it must say where its table of contents is."""
_TABELL = re.compile(rb"\s{0,64}(?:xref\s|\d{1,10}\s{1,8}\d{1,5}\s{1,8}obj\b)")


def ar_bild(data: bytes) -> bool:
    """Whether the bytes begin as an image of a kind that is taken; False for a PDF. Raises Nekad for anything else."""
    if data.startswith(_BILDER) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return True
    if data.startswith(b"%PDF-"):
        _prova_pdf(data)
        return False
    raise Nekad(_varfor_inte(data))


def _varfor_inte(data: bytes) -> str:
    borjan = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return "Filen är tom (0 byte). Välj den igen, eller spara om den först."
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return "Bilden är i formatet HEIC eller AVIF, som inte alla kan öppna. Spara eller dela den som JPEG."
    if borjan.startswith((b"<?xml", b"<svg")) and b"<svg" in data[:4096].lower():
        return "SVG-bilder tas inte emot: de kan innehålla program. Spara bilden som PNG."
    if borjan.startswith(b"<"):
        return "Filen är en webbsida, vad den än heter. Ta en skärmbild, eller skriv ut sidan till PDF."
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "Filen är ett Office-dokument eller ett arkiv. Spara dokumentet som PDF."
    return f"Filen är av ett slag som inte tas emot. Det går att bifoga {TAS_EMOT}."


def _prova_pdf(data: bytes) -> None:
    """Whether what begins as a PDF also ends as one, with nothing after it. Raises Nekad."""
    slut = _SLUT_AV_PDF.search(data, max(0, len(data) - _SLUTET))
    if slut is None or not _TABELL.match(data, int(slut[1])):
        raise Nekad("PDF-filen är inte hel. Öppna den, spara eller skriv ut den som PDF igen, och bifoga den nya.")


# --- what it is called --------------------------------------------------------------------------------------------


def visat_namn(givet: str) -> str:
    """What the person called the file: the last part, without what can't be seen."""
    sist = re.split(r"[/\\]", markup.normalisera(givet))[-1]
    synligt = "".join(tecken for tecken in sist if unicodedata.category(tecken)[0] != "C")
    return " ".join(synligt.split()).strip(" .")[:200] or "bilaga"


def filnamn(givet: str, slag: Slag) -> str:
    """The name as it is shown and saved under: never a path, with nothing hidden in it, ending as what the file is."""
    namn = visat_namn(givet)
    stam, _, andelse = namn.rpartition(".")
    if stam and andelse.lower() in _ANDELSER[slag]:
        return f"{stam[: MAX_NAMN - len(andelse) - 1].rstrip()}.{andelse}"
    if stam and re.fullmatch(r"(?i)jpe?g|png|webp|gif|pdf", andelse):
        # What it was before it was saved anew, or what it never was.
        namn = stam
    return f"{namn[: MAX_NAMN - 5].rstrip()}.{_ANDELSER[slag][0]}"


def beskrivning(skriven: str) -> str:
    """The description as it is kept: one line, of MAX_BESKRIVNING characters at most."""
    return " ".join(markup.normalisera(skriven).split())[:MAX_BESKRIVNING]


def storlek(antal: int) -> str:
    """A number of bytes in words: '340 kB', '1,2 MB'."""
    if antal < 1_000_000:
        return f"{max(1, round(antal / 1000))} kB"
    return f"{antal / 1_000_000:.1f}".removesuffix(".0").replace(".", ",") + " MB"


# --- a list of them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rad:
    """One attachment of a draft or a version."""

    bilaga_id: int
    namn: str
    beskrivning: str = ""


def med(rader: Sequence[Rad], nya: Sequence[Rad], antal: int) -> list[Rad]:
    """The list with these last, each but once. Raises Nekad when they become more than `antal`."""
    fanns = {rad.bilaga_id for rad in rader}
    unika = {rad.bilaga_id: rad for rad in nya if rad.bilaga_id not in fanns}
    ut = [*rader, *unika.values()]
    if len(ut) > antal:
        raise Nekad(for_manga(antal))
    return ut


def for_manga(antal: int) -> str:
    """Why no more can be attached."""
    return f"En version kan ha högst {antal} bilagor. Ta bort någon först, eller samla flera sidor i en PDF."


def utan(rader: Sequence[Rad], bilaga_id: int) -> list[Rad]:
    """The list without this one."""
    return [rad for rad in rader if rad.bilaga_id != bilaga_id]


def flyttad(rader: Sequence[Rad], bilaga_id: int, steg: int) -> list[Rad]:
    """The list with this one so many places further down (or, negative, up), as far as that goes."""
    fran = next((plats for plats, rad in enumerate(rader) if rad.bilaga_id == bilaga_id), None)
    if fran is None:
        return list(rader)
    ut = list(rader)
    rad = ut.pop(fran)
    ut.insert(max(0, fran + steg), rad)
    return ut


def beskrivna(rader: Sequence[Rad], texter: Mapping[int, str]) -> list[Rad]:
    """The list with these descriptions, by attachment; others stay as they were."""
    return [
        replace(rad, beskrivning=beskrivning(texter[rad.bilaga_id])) if rad.bilaga_id in texter else rad
        for rad in rader
    ]
