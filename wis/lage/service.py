"""Decisions about an event's läge, closing and reopening: logged with a reason, told to those who chose to know."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.rules import Subjekt
from wis.handelser import rules
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, Lage
from wis.handelser.service import logga_beslut, nytt_beslut
from wis.notiser.models import Utskicksslag
from wis.notiser.service import skapa_utskick


@dataclass(frozen=True)
class Lageskommando:
    """What is to be decided. `lage` matters for a change of läge only."""

    slag: Beslutsslag
    lage: Lage
    motivering: str
    avisera: bool
    bradskande: bool


def besluta(session: Session, who: Subjekt, handelse: Handelse, kommando: Lageskommando) -> Handelsebeslut:
    """Carry out a decision on a locked event. Raises handelser.rules.Avslag."""
    now_is = rules.Tillstand(Lage(handelse.lage), handelse.stangd is not None, handelse.staende)
    utfall = rules.besluta(now_is, kommando.slag, kommando.lage, kommando.motivering)
    handelse.lage = utfall.lage
    handelse.stangd = clock.now() if utfall.stangd else None
    beslut = nytt_beslut(session, who, handelse, utfall.slag, kommando.motivering.strip())
    if kommando.avisera:
        skapa_utskick(
            session,
            slag=Utskicksslag.LAGE,
            handelse=handelse,
            aktor=session.get_one(Aktor, who.aktor_id),
            rubrik=f"{beslutsrubrik(beslut.slag, beslut.lage)}: {handelse.rubrik}",
            text=beslut.motivering,
            lank=f"/handelser/{handelse.slug}",
            bradskande=kommando.bradskande,
            beslut_id=beslut.id,
        )
    logga_beslut(session, handelse, beslut)
    return beslut


def beslutsrubrik(slag: str, lage: str) -> str:
    """A decision in two or three words."""
    return {
        Beslutsslag.OPPNAD: "Händelsen öppnad",
        Beslutsslag.LAGE: f"{lage.capitalize()} läge",
        Beslutsslag.STANGD: "Händelsen stängd",
        Beslutsslag.ATEROPPNAD: "Händelsen öppnad igen",
        Beslutsslag.ANDRAD: "Händelsens uppgifter ändrade",
    }[Beslutsslag(slag)]
