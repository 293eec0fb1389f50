"""Asking blindly for the right to read a page, and answering yes: both through the real service."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.security.tillstand_spel import Spel
from wis.aktorer.models import Aktor
from wis.auth.rules import can
from wis.fragor import service
from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import KanInteGes
from wis.handelser.models import Handelse
from wis.tx import transaction


@dataclass(frozen=True)
class Gett:
    """What was given: to whom, and to what: an event, or else a thing."""

    aktor: str
    handelse: str
    sak: str


def be_blint(spel: Spel, aktor: str, marke: str) -> None:
    """The actor's boss asks on the page of this text, which may be hidden from them."""
    with transaction(spel.database) as session:
        service.be_blint(session, spel.chef(session, aktor), sida(spel, session, marke), "prov")


def sida(spel: Spel, session: Session, marke: str) -> str:
    """The address of what was published with the mark."""
    sak, nummer = spel.versioner[marke]
    if sak.startswith("u"):
        return f"/underrattelser/{spel.saker[sak]}"
    agare, handelse = sak.split(":")
    slug = session.get_one(Handelse, spel.handelser[handelse]).slug
    return f"/handelser/{slug}/lagesbild/{'samlad' if agare == 's' else agare}/versioner/{nummer}"


def svara_ja(spel: Spel, *, aven_tidigare: bool) -> Gett | None:
    """Say yes to the latest question that gives something; None if there is none, or it can't be given."""
    try:
        with transaction(spel.database) as session:
            oppna = (Rattsfraga.besvarad.is_(None), Rattsfraga.typ != Fragetyp.BEHORIGHET)
            rad = session.scalar(select(Rattsfraga).where(*oppna).order_by(Rattsfraga.id.desc()).limit(1))
            if rad is None:
                return None
            chef = spel.chef(session, rad.till_aktor.slug)
            rad, verb, sak = service.hamta_last(session, chef, rad.id)
            if not can(chef, verb, sak, spel.nu):
                return None
            service.besvara(session, chef, rad, service.Svarat(Svar.JA, "", aven_tidigare))
            return _gett(spel, session, rad)
    except KanInteGes:
        return None


def _gett(spel: Spel, session: Session, rad: Rattsfraga) -> Gett:
    handelse = next(namn for namn, id_ in spel.handelser.items() if id_ == rad.handelse_id)
    aktor = session.get_one(Aktor, rad.for_aktor_id).slug
    if rad.typ == Fragetyp.HANDELSE:
        return Gett(aktor, handelse, "")
    if rad.typ == Fragetyp.LAGESBILD:
        return Gett(aktor, handelse, f"{rad.till_aktor.slug}:{handelse}")
    saker = [sak for sak, id_ in spel.saker.items() if sak.startswith("u") and id_ == rad.underrattelse_id]
    return Gett(aktor, handelse, saker[0])
