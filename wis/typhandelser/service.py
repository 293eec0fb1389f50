"""Preparing kinds of events and opening one by it, within the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt, Verb, can
from wis.handelser import service as handelser
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, Handelse, Lage, Typ
from wis.lage.service import Lageskommando, besluta
from wis.lagesbild import mallar, utkast
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Innehall
from wis.typhandelser.models import Checkpunkt, Forberedd, Typhandelse
from wis.typhandelser.rules import Inaktuell, NamnetTaget, Uppgifter, rubriken

MOTIVERING = "Öppnad enligt det som är förberett: {}."


def spara(session: Session, who: Subjekt, id_: int | None, revision: int, uppgifter: Uppgifter) -> Typhandelse:
    """Write a new one (`id_` None) or change one of the actor's. Raises Inaktuell, NamnetTaget, LookupError.

    The caller holds the actor locked: two of the same name are then seen.
    """
    rad = _hamta(session, who, id_, revision)
    annan = select(Typhandelse.id).where(Typhandelse.aktor_id == who.aktor_id, Typhandelse.namn == uppgifter.namn)
    if session.scalar(annan.where(Typhandelse.id != (id_ or 0))) is not None:
        raise NamnetTaget
    for falt in ("namn", "typ", "rubrik", "beskrivning", "aktivera", "underrattelse_rubrik", "underrattelse_text"):
        setattr(rad, falt, getattr(uppgifter, falt))
    rad.lasare = None if uppgifter.lasare is None else sorted(uppgifter.lasare)
    rad.checklista, rad.avsnitt = list(uppgifter.checklista), dict(uppgifter.avsnitt)
    rad.revision, rad.andrad, rad.andrad_av_id = rad.revision + 1, clock.now(), who.anvandare_id
    session.add(rad)
    session.flush()
    _logga(session, who, rad, "typhändelse sparad")
    return rad


def _hamta(session: Session, who: Subjekt, id_: int | None, revision: int) -> Typhandelse:
    if id_ is None:
        return Typhandelse(aktor_id=who.aktor_id, i_bruk=True, revision=0)
    rad = session.get(Typhandelse, id_, with_for_update={"of": Typhandelse}, populate_existing=True)
    if rad is None or rad.aktor_id != who.aktor_id:
        raise LookupError(id_)
    if rad.revision != revision:
        raise Inaktuell
    return rad


def satt_bruk(session: Session, who: Subjekt, rad: Typhandelse, *, i_bruk: bool) -> None:
    """Stop offering it, or offer it again."""
    if rad.i_bruk != i_bruk:
        rad.i_bruk = i_bruk
        _logga(session, who, rad, "typhändelse i bruk" if i_bruk else "typhändelse ur bruk")


def _logga(session: Session, who: Subjekt, rad: Typhandelse, vad: str) -> None:
    audit.record(
        session,
        vad,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"typhandelse:{rad.id}",
        namn=rad.namn,
        revision=rad.revision,
    )


@dataclass(frozen=True)
class Oppnad:
    """The event, and whether it is in aktiverat läge as was prepared."""

    slug: str
    aktiverad: bool


def oppna(
    session: Session, who: Subjekt, rad: Typhandelse, beskrivning_html: str, *, rubrik: str, ovning: bool, nyckel: str
) -> Oppnad:
    """Open an event as it is prepared: with its readers, checklist, draft and läge. Once by each `nyckel`.

    Its läge is changed if `who` may do that. Raises handelser.rules.RedanSkickat.
    """
    lasare = None if rad.lasare is None else _ids(session, rad.lasare) - {who.aktor_id}
    titel = rubrik or rubriken(rad.rubrik, clock.now())
    uppgifter = handelser.Handelseuppgifter(titel, Typ(rad.typ), rad.beskrivning, beskrivning_html, Lasarval(lasare))
    handelse = handelser.oppna(session, who, uppgifter, ovning=ovning, nyckel=nyckel)
    if session.get(Forberedd, handelse.id) is None:
        _forbered(session, who, rad, handelse)
    return Oppnad(handelse.slug, handelse.lage == Lage.AKTIVERAT)


def _forbered(session: Session, who: Subjekt, rad: Typhandelse, handelse: Handelse) -> None:
    session.add(
        Forberedd(
            handelse_id=handelse.id,
            typhandelse_id=rad.id,
            aktor_id=who.aktor_id,
            underrattelse_rubrik=rad.underrattelse_rubrik,
            underrattelse_text=rad.underrattelse_text,
        )
    )
    for ordning, text in enumerate(rad.checklista, start=1):
        session.add(Checkpunkt(handelse_id=handelse.id, aktor_id=who.aktor_id, ordning=ordning, text=text))
    session.flush()
    if any(text.strip() for text in rad.avsnitt.values()):
        mall = mallar.aktuell(session, who.aktor_id, handelse.typ)
        innehall = Innehall.av(rad.avsnitt, mall=mallar.med_egna(session, mall, rad.avsnitt, who.aktor_id))
        utkast.spara(session, who, Plats(handelse.id, who.aktor_id), utkast.Text(0, 0, innehall))
    if rad.aktivera and can(who, Verb.ANDRA_LAGE, handelse.sak(), clock.now()):
        skal = MOTIVERING.format(rad.namn)
        besluta(session, who, handelse, Lageskommando(Beslutsslag.LAGE, Lage.AKTIVERAT, skal, True, False))


def _ids(session: Session, slugar: list[str]) -> frozenset[int]:
    return frozenset(session.scalars(select(Aktor.id).where(Aktor.slug.in_(slugar))))


# --- the checklist of an actor in an event -------------------------------------------------------------------------


def bocka(session: Session, who: Subjekt, handelse: Handelse, punkt_id: int, *, klar: bool) -> None:
    """Say that a thing is done, or is not after all. Raises LookupError if the actor has no such thing to do."""
    rad = session.get(Checkpunkt, punkt_id, with_for_update={"of": Checkpunkt}, populate_existing=True)
    if rad is None or (rad.handelse_id, rad.aktor_id) != (handelse.id, who.aktor_id):
        raise LookupError(punkt_id)
    if (rad.klar is not None) == klar:
        return
    rad.klar, rad.klar_av_id = (clock.now(), who.anvandare_id) if klar else (None, None)
    _andrad(session, who, handelse, "checkpunkt klar" if klar else "checkpunkt inte klar", rad)


def ny_punkt(session: Session, who: Subjekt, handelse: Handelse, text: str) -> None:
    """One more thing to do, last; the caller holds the event. The same text that is not done yet is not put twice."""
    egna = Checkpunkt.handelse_id == handelse.id, Checkpunkt.aktor_id == who.aktor_id
    if session.scalar(select(Checkpunkt.id).where(*egna, Checkpunkt.text == text, Checkpunkt.klar.is_(None))):
        return
    sist = session.scalar(select(func.max(Checkpunkt.ordning)).where(*egna)) or 0
    rad = Checkpunkt(handelse_id=handelse.id, aktor_id=who.aktor_id, ordning=sist + 1, text=text)
    session.add(rad)
    session.flush()
    _andrad(session, who, handelse, "checkpunkt tillagd", rad)


def _andrad(session: Session, who: Subjekt, handelse: Handelse, vad: str, rad: Checkpunkt) -> None:
    audit.record(
        session,
        vad,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"handelse:{handelse.id}",
        punkt=rad.id,
    )
    anmal(session, Andring(Slag.PAVERKAN, rad.id, handelse_id=handelse.id, aktorer=frozenset({who.aktor_id})))
