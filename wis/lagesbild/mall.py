"""The template of a lägesbild: which sections there are, in which order, and what each of them holds. Pure.

Source of the standard one: the template that Samverkan Stockholmsregionen uses. Its ninth part, 'Nästa uppdatering', is
a time and so no section. Actors make their own of the same parts: see wis.lagesbild.mallar.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

MAX_SAMMANFATTNING = 500
MAX_AVSNITT = 20_000
MAX_NOTERING = 300

SAMMANFATTNING = "sammanfattning"
UTANFOR = "Övrigt"
"""The heading of what stands in a text and not in its template."""


EGEN = "egen_"
"""So begin the keys of an actor's own sections; the number after it is never used again."""
_EGEN = re.compile(EGEN + r"([1-9][0-9]{0,5})")


def ar_nyckel(text: str) -> bool:
    """Whether this can be the key of a section: one of the standard template's, or an actor's own."""
    return egen_nummer(text) > 0 or text in STANDARD.nycklar


def egen_nummer(nyckel: str) -> int:
    """The number of an actor's own section; 0 if it is none."""
    funnen = _EGEN.fullmatch(nyckel)
    return 0 if funnen is None else int(funnen[1])


class Avsnittsslag(StrEnum):
    """What a section holds: text, or rows of several columns with text after them."""

    TEXT = "text"
    FAKTA = "fakta"
    ANTAGANDEN = "antaganden"
    KONSEKVENSER = "konsekvenser"
    NYCKELTAL = "nyckeltal"
    ATGARDER = "atgarder"
    ALTERNATIV = "alternativ"
    PLATSER = "platser"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return _SLAGNAMN[self]

    @property
    def kolumner(self) -> tuple["Kolumn", ...]:
        """The columns of its rows; none for text."""
        return _KOLUMNER.get(self, ())


_SLAGNAMN = {
    Avsnittsslag.TEXT: "Text",
    Avsnittsslag.FAKTA: "Text, märkt som fakta",
    Avsnittsslag.ANTAGANDEN: "Text, märkt som antaganden",
    Avsnittsslag.KONSEKVENSER: "Påverkan per samhällsviktig funktion",
    Avsnittsslag.NYCKELTAL: "Nyckeltal",
    Avsnittsslag.ATGARDER: "Åtgärder och vilka de berör",
    Avsnittsslag.ALTERNATIV: "Alternativa utvecklingar",
    Avsnittsslag.PLATSER: "Platser på kartan",
}


class Forslag(StrEnum):
    """Of what a column suggests words, where others may be written too."""

    FUNKTIONER = "funktioner"
    AKTORER = "aktorer"
    KOMMUNER = "kommuner"


@dataclass(frozen=True)
class Kolumn:
    """A column of rows: its label, and the only words that it takes (`val`) or those that it suggests."""

    etikett: str
    val: tuple[str, ...] = ()
    forslag: Forslag | None = None
    lang: bool = False


GRADER = ("ingen", "måttlig", "betydande", "allvarlig", "kritisk")
"""How hard something vital is struck, the least first."""
SANNOLIKHETER = ("osannolik", "möjlig", "trolig", "mycket trolig")

_KOLUMNER = {
    Avsnittsslag.KONSEKVENSER: (
        Kolumn("Samhällsviktig funktion", forslag=Forslag.FUNKTIONER),
        Kolumn("Påverkan", val=GRADER),
        Kolumn("Hur, var och hur länge", lang=True),
    ),
    Avsnittsslag.NYCKELTAL: (Kolumn("Vad"), Kolumn("Värde"), Kolumn("Enhet")),
    Avsnittsslag.ATGARDER: (Kolumn("Åtgärd", lang=True), Kolumn("Berör", forslag=Forslag.AKTORER)),
    Avsnittsslag.ALTERNATIV: (
        Kolumn("Utveckling"),
        Kolumn("Sannolikhet", val=SANNOLIKHETER),
        Kolumn("Vad den skulle innebära", lang=True),
    ),
    Avsnittsslag.PLATSER: (
        Kolumn("Plats"),
        Kolumn("Var på kartan", forslag=Forslag.KOMMUNER),
        Kolumn("Påverkan", val=GRADER),
        Kolumn("Vad som gäller där", lang=True),
    ),
}

FUNKTIONER = (
    "Elförsörjning",
    "Fjärrvärme",
    "Drivmedel",
    "Dricksvatten",
    "Avlopp",
    "Mobil- och fasttelefoni",
    "Internet och data",
    "SOS 112",
    "Räddningstjänst",
    "Polis",
    "Akutsjukvård",
    "Primärvård",
    "Läkemedel",
    "Äldreomsorg och hemtjänst",
    "Socialtjänst",
    "Förskola och skola",
    "Livsmedel",
    "Betalningar",
    "Vägtrafik",
    "Järnväg",
    "Kollektivtrafik",
    "Sjöfart och hamnar",
    "Flyg",
    "Avfall",
    "Information till allmänheten",
    "Ledning och förvaltning",
)
"""What is suggested as a vital function. Source: MSB's list of important functions of society, in everyday words."""


class Utgava(StrEnum):
    """What is made of some of the sections of a version, for those who need less than the whole."""

    LEDNING = "ledning"
    KOMMUNIKATOR = "kommunikator"
    UPPLASNING = "upplasning"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {"ledning": "För ledning", "kommunikator": "För kommunikatör", "upplasning": "Att läsa upp"}[self.value]


def forvalda(nyckel: str, slag: Avsnittsslag) -> frozenset[Utgava]:
    """In which of them a section is, where nobody has chosen: by its key, for an actor's own by what it holds."""
    if nyckel in _UTGAVOR:
        return frozenset(_UTGAVOR[nyckel])
    if slag is Avsnittsslag.FAKTA:
        return frozenset({Utgava.KOMMUNIKATOR})
    return frozenset({Utgava.LEDNING}) if slag in {Avsnittsslag.KONSEKVENSER, Avsnittsslag.NYCKELTAL} else frozenset()


_UTGAVOR = {
    "sammanfattning": tuple(Utgava),
    # What is only believed is for those who decide by it, and is never read out or said on.
    "lage_fakta": (Utgava.LEDNING, Utgava.KOMMUNIKATOR),
    "lage_antaganden": (),
    "nyckeltal": tuple(Utgava),
    "platser": (Utgava.LEDNING,),
    "konsekvenser": (Utgava.LEDNING, Utgava.UPPLASNING),
    "atgarder_vidtagna": (Utgava.KOMMUNIKATOR,),
    "atgarder_planerade": (Utgava.LEDNING, Utgava.UPPLASNING),
    "prognos": (Utgava.LEDNING,),
    "alternativ": (),
    "resurser": (Utgava.LEDNING,),
    "kommunikation": (Utgava.KOMMUNIKATOR,),
    "samverkansbehov": (Utgava.LEDNING, Utgava.UPPLASNING),
}


@dataclass(frozen=True)
class Avsnitt:
    """One section: its key in the database, heading, label, a line of advice, what it holds, the most characters.

    `valda`: the editions that it is in; None: those of forvalda().
    """

    nyckel: str
    grupp: str
    etikett: str
    ledtext: str
    max_tecken: int = MAX_AVSNITT
    slag: Avsnittsslag = Avsnittsslag.TEXT
    valda: frozenset[Utgava] | None = None

    def __post_init__(self) -> None:
        """Choose the editions, if nobody has: two that are in the same ones are then equal."""
        if self.valda is None:
            object.__setattr__(self, "valda", forvalda(self.nyckel, self.slag))

    @property
    def utgavor(self) -> frozenset[Utgava]:
        """The editions that it is in."""
        return self.valda or frozenset()

    @property
    def namn(self) -> str:
        """What tells it from the other sections: 'Händelse och läge: Fakta', or the heading if that is enough."""
        rubrik = self.grupp.partition(". ")[2] or self.grupp
        return rubrik if rubrik == self.etikett else f"{rubrik}: {self.etikett}"


@dataclass(frozen=True)
class Mall:
    """Sections in order, the summary first. `version_id`: which version of an actor's own; None: the standard one."""

    avsnitt: tuple[Avsnitt, ...]
    version_id: int | None = None

    @property
    def nycklar(self) -> tuple[str, ...]:
        """The sections' keys, in order."""
        return tuple(ett.nyckel for ett in self.avsnitt)

    def saknade(self, nycklar: Iterable[str]) -> list[str]:
        """Those of these keys of sections that this lacks, each once."""
        return [nyckel for nyckel in dict.fromkeys(nycklar) if nyckel not in self.nycklar and ar_nyckel(nyckel)]

    def grupper(self) -> list[tuple[str, tuple[Avsnitt, ...]]]:
        """The headings in order, each with its sections."""
        rubriker = dict.fromkeys(ett.grupp for ett in self.avsnitt)
        return [(rubrik, tuple(a for a in self.avsnitt if a.grupp == rubrik)) for rubrik in rubriker]

    def med(self, nycklar: Iterable[str], kanda: "Mall | None" = None) -> "Mall":
        """This, with a section last for each of these keys that it lacks, called what `kanda` or the standard calls it.

        What was written by another template is then seen, and can be moved or taken away; it never just goes. A word
        that can't be the key of a section is left out: a form has fields of other names.
        """
        saknade = self.saknade(nycklar)
        if not saknade:
            return self
        namn = {ett.nyckel: ett for mall in (STANDARD, kanda or STANDARD) for ett in mall.avsnitt}
        return replace(self, avsnitt=(*self.avsnitt, *(_utanfor(nyckel, namn) for nyckel in saknade)))


def _utanfor(nyckel: str, namn: Mapping[str, Avsnitt]) -> Avsnitt:
    kand = namn.get(nyckel)
    if kand is None:
        return Avsnitt(nyckel, UTANFOR, nyckel, "Avsnittet finns inte i mallen.")
    if kand.grupp == UTANFOR:
        return kand
    return replace(kand, grupp=UTANFOR, etikett=kand.namn, ledtext="Avsnittet finns inte i mallen.")


STANDARD = Mall(
    (
        Avsnitt(SAMMANFATTNING, "1. Sammanfattning", "Sammanfattning", "Ryms helst i ett sms.", MAX_SAMMANFATTNING),
        Avsnitt(
            "lage_fakta",
            "2. Händelse och läge",
            "Fakta",
            "Det som är bekräftat. Skriv varifrån uppgiften kommer.",
            slag=Avsnittsslag.FAKTA,
        ),
        Avsnitt(
            "lage_antaganden",
            "2. Händelse och läge",
            "Antaganden",
            "Det ni tror men inte vet än, och varför.",
            slag=Avsnittsslag.ANTAGANDEN,
        ),
        Avsnitt(
            "nyckeltal",
            "2. Händelse och läge",
            "Nyckeltal",
            "Tal som följs från gång till gång. Läsaren ser om de har ökat eller minskat.",
            slag=Avsnittsslag.NYCKELTAL,
        ),
        Avsnitt(
            "platser",
            "2. Händelse och läge",
            "Platser på kartan",
            "En rad per plats. Var: en kommuns namn, eller latitud och longitud som 59,33 18,06. Flera punkter: skriv "
            "linje eller yta först.",
            slag=Avsnittsslag.PLATSER,
        ),
        Avsnitt(
            "konsekvenser",
            "3. Konsekvenser per samhällsviktig funktion",
            "Konsekvenser per samhällsviktig funktion",
            "En rad per funktion som är påverkad.",
            slag=Avsnittsslag.KONSEKVENSER,
        ),
        Avsnitt(
            "atgarder_vidtagna",
            "4. Åtgärder",
            "Vidtagna",
            "Det som är gjort eller pågår, och vilka andra aktörer det berör.",
            slag=Avsnittsslag.ATGARDER,
        ),
        Avsnitt(
            "atgarder_planerade",
            "4. Åtgärder",
            "Planerade",
            "Vad, när och vem som gör det, och vilka andra aktörer det berör.",
            slag=Avsnittsslag.ATGARDER,
        ),
        Avsnitt("prognos", "5. Prognos och alternativ utveckling", "Prognos", "Det ni räknar med, med tider."),
        Avsnitt(
            "alternativ",
            "5. Prognos och alternativ utveckling",
            "Alternativa utvecklingar",
            "Det värsta rimliga, och annat som kan hända.",
            slag=Avsnittsslag.ALTERNATIV,
        ),
        Avsnitt(
            "resurser",
            "6. Resurser och behov av stöd",
            "Resurser och behov av stöd",
            "Det ni har, det ni saknar, och till när.",
        ),
        Avsnitt(
            "kommunikation",
            "7. Kommunikation",
            "Kommunikation",
            "Budskap till allmänheten, kanaler, vanliga frågor.",
        ),
        Avsnitt(
            "samverkansbehov",
            "8. Samverkansbehov",
            "Samverkansbehov",
            "Frågor som behöver lösas tillsammans, och med vem.",
        ),
    )
)
