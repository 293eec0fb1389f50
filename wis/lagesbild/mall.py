"""The template of a lägesbild: which sections there are, in which order. Pure.

Source: the template that Samverkan Stockholmsregionen uses. Its ninth part, 'Nästa uppdatering', is a time and so no
section.
"""

from dataclasses import dataclass

MAX_SAMMANFATTNING = 500
MAX_AVSNITT = 20_000
MAX_NOTERING = 300


@dataclass(frozen=True)
class Avsnitt:
    """One section: its key in the database, heading, label, a line of advice, and the most characters it takes."""

    nyckel: str
    grupp: str
    etikett: str
    ledtext: str
    max_tecken: int = MAX_AVSNITT

    @property
    def namn(self) -> str:
        """What tells it from the other sections: 'Händelse och läge: Fakta', or the heading if that is enough."""
        rubrik = self.grupp.partition(". ")[2]
        return rubrik if rubrik == self.etikett else f"{rubrik}: {self.etikett}"


SAMMANFATTNING = "sammanfattning"

AVSNITT = (
    Avsnitt(SAMMANFATTNING, "1. Sammanfattning", "Sammanfattning", "Ryms helst i ett sms.", MAX_SAMMANFATTNING),
    Avsnitt("lage_fakta", "2. Händelse och läge", "Fakta", "Det som är bekräftat. Skriv varifrån uppgiften kommer."),
    Avsnitt("lage_antaganden", "2. Händelse och läge", "Antaganden", "Det ni tror men inte vet än, och varför."),
    Avsnitt(
        "konsekvenser",
        "3. Konsekvenser per samhällsviktig funktion",
        "Konsekvenser per samhällsviktig funktion",
        "En rad per funktion, med påverkan: ingen, måttlig, betydande, allvarlig eller kritisk.",
    ),
    Avsnitt("atgarder_vidtagna", "4. Åtgärder", "Vidtagna", "Det som är gjort eller pågår."),
    Avsnitt(
        "atgarder_planerade",
        "4. Åtgärder",
        "Planerade och vem de påverkar",
        "Vad, när, vem som gör det och vilka andra som berörs.",
    ),
    Avsnitt(
        "prognos",
        "5. Prognos och alternativ utveckling",
        "Prognos och alternativ utveckling",
        "Det troliga, och det värsta rimliga, med tider.",
    ),
    Avsnitt(
        "resurser",
        "6. Resurser och behov av stöd",
        "Resurser och behov av stöd",
        "Det ni har, det ni saknar, och till när.",
    ),
    Avsnitt("kommunikation", "7. Kommunikation", "Kommunikation", "Budskap till allmänheten, kanaler, vanliga frågor."),
    Avsnitt(
        "samverkansbehov", "8. Samverkansbehov", "Samverkansbehov", "Frågor som behöver lösas tillsammans, och med vem."
    ),
)
NYCKLAR = tuple(avsnitt.nyckel for avsnitt in AVSNITT)
ORDNING = {nyckel: plats for plats, nyckel in enumerate(NYCKLAR, start=1)}


def grupper() -> list[tuple[str, tuple[Avsnitt, ...]]]:
    """The headings in order, each with its sections."""
    rubriker = dict.fromkeys(avsnitt.grupp for avsnitt in AVSNITT)
    return [(rubrik, tuple(a for a in AVSNITT if a.grupp == rubrik)) for rubrik in rubriker]
