"""How a person wants pages to look, and in which language. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from wis.sprak import Sprak


class Tema(StrEnum):
    """Light or dark; ENHET: as the device says."""

    ENHET = "enhet"
    LJUST = "ljus"
    MORKT = "mork"


class Kontrast(StrEnum):
    """How far text stands off from what it lies on. A device that asks for more gets it with VANLIG too."""

    VANLIG = "vanlig"
    HOG = "hog"


class Textstorlek(StrEnum):
    """How large text is, against what the browser is set to."""

    VANLIG = "vanlig"
    STORRE = "storre"
    STORST = "storst"


class Rorelse(StrEnum):
    """Whether anything may move; ENHET: as the device says."""

    ENHET = "enhet"
    INGEN = "ingen"


@dataclass(frozen=True)
class Utseende:
    """What a person has chosen; without arguments, what one has who has chosen nothing."""

    tema: Tema = Tema.ENHET
    kontrast: Kontrast = Kontrast.VANLIG
    textstorlek: Textstorlek = Textstorlek.VANLIG
    rorelse: Rorelse = Rorelse.ENHET
    sprak: Sprak = Sprak.SV

    @classmethod
    def av(cls, tema: str, kontrast: str, textstorlek: str, rorelse: str, sprak: str) -> Self:
        """The choices as a database keeps them. Raises ValueError for what is none."""
        return cls(Tema(tema), Kontrast(kontrast), Textstorlek(textstorlek), Rorelse(rorelse), Sprak(sprak))

    @property
    def attribut(self) -> str:
        """HTML: the attributes of <html> by which the style sheet knows it; what nobody has chosen has none."""
        satta = (
            (namn, getattr(self, namn))
            for namn in ("tema", "kontrast", "textstorlek", "rorelse")
            if getattr(self, namn) != getattr(VANLIGT, namn)
        )
        return "".join(f' data-{namn}="{varde}"' for namn, varde in satta)


VANLIGT = Utseende()
"""What one has who has chosen nothing."""
