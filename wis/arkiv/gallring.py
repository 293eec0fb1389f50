"""Throwing content away for good, by a decision, within the caller's transaction. What it was stays, and its hash."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Raknat, Slag, anmal, rakna
from wis.anteckningar.models import Anteckning
from wis.arkiv.format import Arkivfel
from wis.arkiv.models import Gravsten, Gravstensslag
from wis.arkiv.stenar import GALLRAD, MAX_BESLUT, html_av, innehall_hash, text_av
from wis.auth.rules import Subjekt
from wis.bilagor.models import Bilaga, LagesbildBilaga, UtkastBilaga
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.mall import SAMMANFATTNING
from wis.lagesbild.models import Lagesbild, LagesbildKalla, LagesbildSektion, LagesbildVersion, Utkast
from wis.notiser.models import Utskick
from wis.overbliven import OverblivenText
from wis.paverkan.models import Paverkan
from wis.sok.index import indexera
from wis.sok.rules import Sort
from wis.taggar import Tagg
from wis.tvaperson.models import Forslag
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

HANDLING = "gallrat"


@dataclass(frozen=True)
class Sak:
    """One thing to throw away; `nummer` is the version, 0 for what has none."""

    slag: Gravstensslag
    id: int
    nummer: int = 0


@dataclass(frozen=True)
class Begart:
    """By which decision, whose things (None: everybody's), and by whom (None: by whoever runs the installation)."""

    beslut: str
    agare_id: int | None
    who: Subjekt | None = None


def saker_i(session: Session, handelse: Handelse, agare_id: int | None = None) -> list[Sak]:
    """All that there is to throw away in the event: of one actor's, or everybody's.

    What is nobody's own, and the reasons of the decisions, belongs to whoever owns the event.
    """
    alla, ager = agare_id is None, agare_id == handelse.agare_id
    bild, sak, text = LagesbildVersion, UnderrattelseVersion, Anteckning
    egen: ColumnElement[bool] = Lagesbild.aktor_id == agare_id
    ut = _rader(
        session,
        Gravstensslag.LAGESBILD,
        select(bild.lagesbild_id, bild.nummer)
        .join(Lagesbild, Lagesbild.id == bild.lagesbild_id)
        .where(
            bild.handelse_id == handelse.id,
            *([] if alla else [or_(egen, Lagesbild.aktor_id.is_(None)) if ager else egen]),
        )
        .order_by(bild.lagesbild_id, bild.nummer),
    )
    ut += _rader(
        session,
        Gravstensslag.UNDERRATTELSE,
        select(sak.underrattelse_id, sak.nummer)
        .where(sak.handelse_id == handelse.id, *([] if alla else [sak.aktor_id == agare_id]))
        .order_by(sak.underrattelse_id, sak.nummer),
    )
    if alla or ager:
        beslut = Handelsebeslut
        fraga = select(beslut.id, literal(0)).where(beslut.handelse_id == handelse.id, beslut.motivering != "")
        ut += _rader(session, Gravstensslag.BESLUT, fraga.order_by(beslut.id))
    fraga = select(text.id, literal(0)).where(
        text.handelse_id == handelse.id, *([] if alla else [text.aktor_id == agare_id])
    )
    ut += _rader(session, Gravstensslag.ANTECKNING, fraga.order_by(text.id))
    stenar = select(Gravsten.slag, Gravsten.objekt_id, Gravsten.nummer).where(Gravsten.handelse_id == handelse.id)
    redan = {Sak(Gravstensslag(slag), id_, nummer) for slag, id_, nummer in session.execute(stenar)}
    return [sak for sak in ut if sak not in redan]


def _rader(session: Session, slag: Gravstensslag, fraga: Any) -> list[Sak]:
    return [Sak(slag, id_, nummer) for id_, nummer in session.execute(fraga)]


def prova(handelse: Handelse, beslut: str) -> str:
    """The number of the decision, tidied. Raises Arkivfel if nothing may be thrown away by it, or of this event."""
    rent = " ".join(beslut.split())
    if not rent or len(rent) > MAX_BESLUT:
        raise Arkivfel(f"Skriv beslutets nummer (högst {MAX_BESLUT} tecken).")
    if handelse.stangd is None:
        raise Arkivfel("Händelsen är inte stängd. Bara det som hör till en stängd händelse gallras.")
    return rent


def gallra(session: Session, handelse: Handelse, saker: Sequence[Sak], begart: Begart, *, helt: bool = False) -> int:
    """Throw away the content of these things of the locked event; how many they were.

    `helt`: all of an owner's is thrown away, and the event's own description with it if it is the event's. Raises
    Arkivfel as prova().
    """
    beslut = prova(handelse, begart.beslut)
    text = text_av(beslut, clock.now())
    summor = {}
    for sak in saker:
        sten = _sten(session, handelse, sak, text, begart, beslut)
        _TOM[sak.slag](session, sak, sten)
        summor[_objekt(sak)] = sten.innehall_hash
    _utskick(session, saker, text)
    _taggar(session, saker)
    _indexera(session, saker)
    if helt:
        summor |= _resten(session, handelse, begart.agare_id, text)
    # The record last: whoever saves a draft has that first, and then the record.
    for objekt, summa in summor.items():
        _logga(session, begart, objekt, beslut, summa)
    _beratta(session, handelse, saker)
    return len(saker)


def _resten(session: Session, handelse: Handelse, agare_id: int | None, text: str) -> dict[str, str]:
    """What of an owner's has no tombstone: proposals, drafts, and for the event's owner how the event is described."""
    eget = () if agare_id is None else (Forslag.aktor_id == agare_id,)
    session.execute(delete(Forslag).where(Forslag.handelse_id == handelse.id, *eget))
    bilder = select(Lagesbild.id).where(Lagesbild.handelse_id == handelse.id)
    for skrivet in (Utkast, OverblivenText):
        eget = () if agare_id is None else (skrivet.aktor_id == agare_id,)
        session.execute(delete(skrivet).where(skrivet.lagesbild_id.in_(bilder), *eget))
    if agare_id not in {None, handelse.agare_id}:
        return {}
    summa = innehall_hash({"beskrivning": handelse.beskrivning})
    handelse.beskrivning, handelse.beskrivning_html = text, html_av(text)
    session.flush()
    return {f"handelse:{handelse.id}": summa}


def _sten(session: Session, handelse: Handelse, sak: Sak, text: str, begart: Begart, beslut: str) -> Gravsten:
    agare_id, publicerad, innehall = _LAS[sak.slag](session, sak)
    sten = Gravsten(
        slag=sak.slag.value,
        objekt_id=sak.id,
        nummer=sak.nummer,
        handelse_id=handelse.id,
        agare_id=agare_id,
        publicerad=publicerad,
        innehall_hash=innehall_hash(innehall),
        beslut=beslut,
        tid=clock.now(),
        anvandare_id=None if begart.who is None else begart.who.anvandare_id,
        text=text,
        html=html_av(text),
    )
    session.add(sten)
    session.flush()
    return sten


def _objekt(sak: Sak) -> str:
    return f"{sak.slag.value}:{sak.id}:{sak.nummer}" if sak.nummer else f"{sak.slag.value}:{sak.id}"


def _logga(session: Session, begart: Begart, objekt: str, beslut: str, summa: str) -> None:
    who = begart.who
    audit.record(
        session,
        HANDLING,
        anvandare_id=None if who is None else who.anvandare_id,
        aktor_id=None if who is None else who.aktor_id,
        objekt=objekt,
        beslut=beslut,
        innehall=summa,
    )


# --- what there was -----------------------------------------------------------------------------------------------

_Last = tuple[int | None, Any, dict[str, object]]


def _las_bild(session: Session, sak: Sak) -> _Last:
    version = session.get_one(LagesbildVersion, (sak.id, sak.nummer))
    bilagor = [(lank.namn, lank.beskrivning, lank.bilaga.sha256) for lank in version.bilagor]
    innehall: dict[str, object] = {
        namn: getattr(version, namn) for namn in ("sammanfattning", "andringsnotering", "nodlage")
    }
    innehall["sektioner"] = [[s.nyckel, s.kalla, s.html] for s in version.sektioner]
    innehall["bilagor"] = [list(bilaga) for bilaga in bilagor]
    return version.lagesbild.aktor_id, version.publicerad, innehall


def _las_underrattelse(session: Session, sak: Sak) -> _Last:
    version = session.get_one(UnderrattelseVersion, (sak.id, sak.nummer))
    innehall = {namn: getattr(version, namn) for namn in ("rubrik", "text", "html", "nodlage")}
    return version.aktor_id, version.publicerad, innehall


def _las_beslut(session: Session, sak: Sak) -> _Last:
    beslut = session.get_one(Handelsebeslut, sak.id)
    return beslut.aktor_id, beslut.tid, {"motivering": beslut.motivering}


def _las_anteckning(session: Session, sak: Sak) -> _Last:
    rad = session.get_one(Anteckning, sak.id)
    return rad.aktor_id, rad.tid, {"text": rad.text}


_LAS = {
    Gravstensslag.LAGESBILD: _las_bild,
    Gravstensslag.UNDERRATTELSE: _las_underrattelse,
    Gravstensslag.BESLUT: _las_beslut,
    Gravstensslag.ANTECKNING: _las_anteckning,
}

# --- what becomes of it -------------------------------------------------------------------------------------------


def _tom_bild(session: Session, sak: Sak, sten: Gravsten) -> None:
    """The version says what the tombstone says; its sections, files, drafts and proposals go."""
    v, s, b = LagesbildVersion, LagesbildSektion, LagesbildBilaga
    session.expunge(session.get_one(v, (sak.id, sak.nummer)))
    session.execute(
        update(v)
        .where(v.lagesbild_id == sak.id, v.nummer == sak.nummer)
        .values(sammanfattning=sten.text, andringsnotering="", nodlage="")
    )
    kalla = LagesbildKalla
    session.execute(delete(kalla).where(kalla.lagesbild_id == sak.id, kalla.nummer == sak.nummer))
    session.execute(delete(s).where(s.lagesbild_id == sak.id, s.nummer == sak.nummer))
    varden = {"nyckel": SAMMANFATTNING, "ordning": 1, "kalla": sten.text, "html": sten.html}
    session.execute(insert(s).values(lagesbild_id=sak.id, nummer=sak.nummer, **varden))
    utkast = select(Utkast.id).where(Utkast.lagesbild_id == sak.id)
    lankar = delete(b).where(b.lagesbild_id == sak.id, b.nummer == sak.nummer).returning(b.bilaga_id)
    filer = set(session.scalars(lankar))
    lankar_utkast = delete(UtkastBilaga).where(UtkastBilaga.utkast_id.in_(utkast)).returning(UtkastBilaga.bilaga_id)
    filer |= set(session.scalars(lankar_utkast))
    session.execute(delete(Utkast).where(Utkast.lagesbild_id == sak.id))
    session.execute(delete(OverblivenText).where(OverblivenText.lagesbild_id == sak.id))
    session.execute(delete(Forslag).where(Forslag.slag == "lagesbild", Forslag.sak == str(sak.id)))
    om = or_(Paverkan.nummer == sak.nummer, Paverkan.forst == sak.nummer)
    session.execute(update(Paverkan).where(Paverkan.lagesbild_id == sak.id, om).values(text=sten.text))
    halls = exists().where(b.bilaga_id == Bilaga.id), exists().where(UtkastBilaga.bilaga_id == Bilaga.id)
    session.execute(delete(Bilaga).where(Bilaga.id.in_(filer), ~or_(*halls)))


def _tom_underrattelse(session: Session, sak: Sak, sten: Gravsten) -> None:
    v = UnderrattelseVersion
    session.expunge(session.get_one(v, (sak.id, sak.nummer)))
    session.execute(
        update(v)
        .where(v.underrattelse_id == sak.id, v.nummer == sak.nummer)
        .values(rubrik=GALLRAD, text=sten.text, html=sten.html, nodlage="")
    )
    om = or_(Forslag.sak == str(sak.id), Forslag.resultat == f"/underrattelser/{sak.id}")
    session.execute(delete(Forslag).where(Forslag.slag == "underrattelse", om))


def _tom_beslut(session: Session, sak: Sak, sten: Gravsten) -> None:
    session.expunge(session.get_one(Handelsebeslut, sak.id))
    session.execute(update(Handelsebeslut).where(Handelsebeslut.id == sak.id).values(motivering=sten.text))


def _tom_anteckning(session: Session, sak: Sak, sten: Gravsten) -> None:
    session.expunge(session.get_one(Anteckning, sak.id))
    session.execute(update(Anteckning).where(Anteckning.id == sak.id).values(text=sten.text))


_TOM = {
    Gravstensslag.LAGESBILD: _tom_bild,
    Gravstensslag.UNDERRATTELSE: _tom_underrattelse,
    Gravstensslag.BESLUT: _tom_beslut,
    Gravstensslag.ANTECKNING: _tom_anteckning,
}


def _utskick(session: Session, saker: Sequence[Sak], text: str) -> None:
    """What was sent of them is kept word by word, for those who follow the delivery: that goes too."""
    for sak in saker:
        om = {
            Gravstensslag.LAGESBILD: (Utskick.lagesbild_id == sak.id, Utskick.lagesbild_nummer == sak.nummer),
            Gravstensslag.UNDERRATTELSE: (
                Utskick.underrattelse_id == sak.id,
                Utskick.underrattelse_nummer == sak.nummer,
            ),
            Gravstensslag.BESLUT: (Utskick.beslut_id == sak.id,),
        }.get(sak.slag)
        if om is not None:
            session.execute(update(Utskick).where(*om).values(amne=GALLRAD, sms=text, epost=text))


def _taggar(session: Session, saker: Sequence[Sak]) -> None:
    for sak in saker:
        om = (Tagg.slag == sak.slag.value, Tagg.objekt_id == sak.id, Tagg.nummer == sak.nummer)
        session.execute(delete(Tagg).where(*om))


_SORT = {
    Gravstensslag.LAGESBILD: Sort.EGEN,
    Gravstensslag.UNDERRATTELSE: Sort.UNDERRATTELSE,
    Gravstensslag.BESLUT: Sort.BESLUT,
    Gravstensslag.ANTECKNING: Sort.ANTECKNING,
}


def _indexera(session: Session, saker: Sequence[Sak]) -> None:
    """The index holds words: those of before go, and the tombstone's come in their place."""
    indexera(session.connection(), list(_nycklar(saker)))


def _nycklar(saker: Sequence[Sak]) -> Iterator[tuple[Sort, int, int]]:
    for sak in saker:
        if sak.slag in _SORT:
            yield _SORT[sak.slag], sak.id, sak.nummer


def _beratta(session: Session, handelse: Handelse, saker: Sequence[Sak]) -> None:
    """Let every page of the event be drawn anew. The word says that something has changed, and not what."""
    for id_ in sorted({sak.id for sak in saker if sak.slag is Gravstensslag.LAGESBILD}):
        rakna(session, Raknat.LAGESBILD, id_)
    aktorer = handelse.lasande_aktorer()
    anmal(session, Andring(Slag.HANDELSE, handelse.id, handelse_id=handelse.id, aktorer=aktorer))


def las_handelsen(session: Session, handelse_id: int) -> Handelse:
    """The event, locked, and after it the things in it, in order."""
    las = {"of": Handelse}
    handelse = session.get_one(Handelse, handelse_id, with_for_update=las, populate_existing=True)
    for sak in (Lagesbild, Underrattelse):
        session.execute(select(sak.id).where(sak.handelse_id == handelse_id).order_by(sak.id).with_for_update()).all()
    return handelse
