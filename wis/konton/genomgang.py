"""The yearly review of everybody's rights at an actor, within the caller's transaction."""

from sqlalchemy.orm import Session

from wis import clock
from wis.auth.rules import Subjekt
from wis.konton import genomgangar
from wis.konton.models import Genomgang, Omdomesslag
from wis.konton.queries import behorighet_av, rad_av
from wis.konton.rules import Hinder
from wis.konton.service import Handling, hamta, i_ord, las_aktor, logga

MAX_KOMMENTAR = 1000
INGEN_PAGAR = "Ingen genomgång pågår: den kan ha signerats av en kollega nyss. Påbörja en ny om den behövs."


def starta(session: Session, who: Subjekt, aktor_id: int) -> int:
    """Begin a review; returns its id, or the id of the one that is going on. Raises Otillatet."""
    las_aktor(session, who, aktor_id)
    pagar = genomgangar.oppen(session, aktor_id)
    if pagar is not None:
        return pagar.id
    ny = Genomgang(aktor_id=aktor_id, paborjad=clock.now(), paborjad_av_id=who.anvandare_id, kommentar="")
    session.add(ny)
    session.flush()
    logga(session, who, aktor_id, Handling("genomgång påbörjad", f"genomgång {ny.id}", {}))
    return ny.id


def behall(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> None:
    """Say of a person that the rights are as they should be. Raises Hinder, Otillatet or LookupError."""
    las_aktor(session, who, aktor_id)
    _oppen(session, aktor_id)
    medlemskap = hamta(session, aktor_id, medlemskap_id)
    if not rad_av(medlemskap, clock.now()).kommer_in:
        raise Hinder("Personens behörighet gäller inte längre och behöver inte gås igenom.")
    genomgangar.anteckna(session, who.anvandare_id, medlemskap, Omdomesslag.BEHALL, i_ord(behorighet_av(medlemskap)))


def angra(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> None:
    """Take back behall(), while the review goes on. Raises Hinder, Otillatet or LookupError."""
    las_aktor(session, who, aktor_id)
    genomgang, medlemskap = _oppen(session, aktor_id), hamta(session, aktor_id, medlemskap_id)
    rad = next((en for en in genomgang.rader if en.medlemskap_id == medlemskap_id), None)
    if rad is None:
        return
    if rad.omdome != Omdomesslag.BEHALL:
        raise Hinder("Det är en ändring, inte bara ett omdöme. Ändra tillbaka på personens sida.")
    session.delete(rad)
    session.flush()
    logga(session, who, aktor_id, Handling("behåll ångrat i genomgång", medlemskap.anvandare.adress, {}))


def signera(session: Session, who: Subjekt, aktor_id: int, kommentar: str) -> None:
    """Sign off the review when everybody has been gone through. Raises Hinder or Otillatet."""
    aktor = las_aktor(session, who, aktor_id)
    genomgang, text = _oppen(session, aktor_id), kommentar.strip()
    kvar = [en.rad.namn for en in genomgangar.granskade(session, aktor, genomgang, clock.now()) if en.omdome is None]
    if kvar:
        few = ", ".join(kvar[:5]) + (" med flera" if len(kvar) > 5 else "")
        raise Hinder(f"{len(kvar)} återstår att gå igenom: {few}.")
    if not text:
        raise Hinder("Skriv en kommentar, till exempel hur ni gick till väga.")
    genomgang.signerad, genomgang.signerad_av_id = clock.now(), who.anvandare_id
    genomgang.kommentar = text[:MAX_KOMMENTAR]
    session.flush()
    said = {slag.value: sum(rad.omdome == slag for rad in genomgang.rader) for slag in Omdomesslag}
    logga(session, who, aktor_id, Handling("genomgång signerad", f"genomgång {genomgang.id}", {**said, "text": text}))


def _oppen(session: Session, aktor_id: int) -> Genomgang:
    genomgang = genomgangar.oppen(session, aktor_id)
    if genomgang is None:
        raise Hinder(INGEN_PAGAR)
    return genomgang
