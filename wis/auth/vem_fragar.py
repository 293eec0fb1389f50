"""What a request begins by reading of who asks: plain values, that no session looks after."""

from dataclasses import dataclass
from datetime import datetime

from wis.auth.rules import RollIHandelse, Tjanst
from wis.utseende import Utseende


@dataclass(frozen=True)
class Person:
    """Who has logged in. `adress`: '' for one who has none."""

    id: int
    namn: str
    adress: str


@dataclass(frozen=True)
class Aktorn:
    """The actor of a membership."""

    id: int
    slug: str
    namn: str
    kortnamn: str
    ansluten: datetime | None


@dataclass(frozen=True)
class Behorighet:
    """A membership in force, with all that rights are judged on.

    `mojliga`: the functions that it may go on duty as, by id and short name in Swedish order.
    """

    id: int
    anvandare: Person
    aktor: Aktorn
    roll: str | None
    administrator: bool
    giltig_till: datetime | None
    gast_handelse_id: int | None
    handelseroller: tuple[RollIHandelse, ...]
    tjanster: tuple[Tjanst, ...]
    mojliga: tuple[tuple[int, str], ...]

    @property
    def aktor_id(self) -> int:
        """The actor's id."""
        return self.aktor.id


@dataclass(frozen=True)
class LastInloggning:
    """A login that goes on, and all that its person may act as, in the order in which that is listed."""

    behorigheter: tuple[Behorighet, ...]
    id: int
    anvandare_id: int
    medlemskap_id: int | None
    skapad: datetime
    senast_aktiv: datetime | None
    bekraftad: datetime | None
    visa_aktor_id: int | None
    visa_roll: str | None
    visa_medlemskap_id: int | None
    visa_till: datetime | None
    tema: str
    kontrast: str
    textstorlek: str
    rorelse: str
    sprak: str

    @property
    def utseende(self) -> Utseende:
        """How the person wants pages to look."""
        return Utseende.av(self.tema, self.kontrast, self.textstorlek, self.rorelse, self.sprak)
