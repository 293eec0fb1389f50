"""From the bytes that somebody sent to what may be kept: judged by what they are, scanned, and saved anew."""

import hashlib
from dataclasses import dataclass
from typing import IO

from wis.bilagor import bilder, skanner
from wis.bilagor.rules import Granser, Nekad, Slag, ar_bild, filnamn, storlek
from wis.settings import Settings


@dataclass(frozen=True)
class Godkand:
    """A file to keep: its bytes, and what is said of it. No sizes and no preview for a PDF."""

    namn: str
    slag: Slag
    data: bytes
    bredd: int | None = None
    hojd: int | None = None
    forhandsbild: bytes | None = None

    @property
    def sha256(self) -> str:
        """By what it is known."""
        return hashlib.sha256(self.data).hexdigest()


def granser(settings: Settings) -> Granser:
    """How much may be attached here."""
    return Granser(settings.bilaga_mb * 1_000_000, settings.bilagor_antal, settings.bilaga_megapixel * 1_000_000)


def ta_emot(settings: Settings, fil: IO[bytes], namn: str) -> Godkand:
    """What is kept of the file. May take seconds: hold no transaction meanwhile. Raises Nekad."""
    granserna = granser(settings)
    data = fil.read(granserna.byte + 1)
    if len(data) > granserna.byte or getattr(fil, "for_stor", False):
        raise for_stor(granserna)
    bild = ar_bild(data)
    skanner.genomsok(settings.clamd, data)
    if not bild:
        return Godkand(filnamn(namn, Slag.PDF), Slag.PDF, data)
    ny = bilder.las(data, granserna)
    return Godkand(filnamn(namn, ny.slag), ny.slag, ny.data, ny.bredd, ny.hojd, ny.forhandsbild)


def for_stor(granserna: Granser) -> Nekad:
    """The refusal of a file with too many bytes."""
    mest = storlek(granserna.byte)
    return Nekad(
        f"Filen är större än {mest}. Spara bilden i mindre storlek, eller dela PDF-filen i flera.", for_stor=True
    )
