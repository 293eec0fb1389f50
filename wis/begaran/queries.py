"""Reads of begäran and their answers, always as the one who asks may see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.arenden import Arende
from wis.auth.rules import Slag, Subjekt, Verb, can
from wis.begaran import rules
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.begaran.rules import Svarslage
from wis.handelser.lasratt import synlig_for
from wis.handelser.models import Handelse

MEST = 50
"""So many that wait are told of at once."""


@dataclass(frozen=True)
class Mottagarrad:
    """One that is asked, and how it is with them; `svar`: the latest, None if there is none or it may not be read."""

    mottagare: BegaranMottagare
    namn: str
    lage: Svarslage
    svar: BegaranSvar | None
    historik: Sequence[BegaranSvar]
    sen: bool


@dataclass(frozen=True)
class Tavla:
    """A begäran as one sees it. `egen`: put by one's own actor; `min`: the row of one's own actor, if it is asked."""

    begaran: Begaran
    rader: Sequence[Mottagarrad]
    egen: bool
    min: Mottagarrad | None

    def antal(self, lage: str) -> int:
        """How many it is so with."""
        return sum(rad.lage == lage for rad in self.rader)

    @property
    def nummer(self) -> int:
        """The number of the latest answer of one's own actor; 0 if there is none."""
        return 0 if self.min is None else self.min.mottagare.senaste

    @property
    def lasta(self) -> list[Mottagarrad]:
        """Those whose answers one reads, in Swedish order."""
        return sorted((rad for rad in self.rader if rad.svar is not None), key=lambda rad: svensk_nyckel(rad.namn))


def find(session: Session, handelse_id: int, id_: int) -> Begaran | None:
    """This one of the event, whoever asks: judge it by ser() before anything of it is shown."""
    return session.scalar(_hela().where(Begaran.id == id_, Begaran.handelse_id == handelse_id))


def _hela() -> Select[Begaran]:
    mottagare = selectinload(Begaran.mottagare)
    return select(Begaran).options(
        joinedload(Begaran.aktor),
        joinedload(Begaran.skapad_av),
        joinedload(Begaran.handelse),
        selectinload(Begaran.paminnelser),
        mottagare.joinedload(BegaranMottagare.aktor),
        mottagare.selectinload(BegaranMottagare.svar).joinedload(BegaranSvar.anvandare),
    )


def ser(who: Subjekt, begaran: Begaran) -> bool:
    """Whether `who`, who reads the event, sees the begäran; one who looks as another sees what both do."""
    tittar = [who] if who.betraktare is None else [who, who.betraktare]
    return all(_ser(en, begaran) for en in tittar)


def _ser(who: Subjekt, begaran: Begaran) -> bool:
    if who.gast_i is not None:
        return begaran.synlighet == Synlighet.HANDELSEN
    return rules.ser(Synlighet(begaran.synlighet), who.aktor_id, begaran.aktor_id, _tillfragade(begaran))


def laser(who: Subjekt, begaran: Begaran, svarande_id: int | None) -> bool:
    """Whether `who`, who sees the begäran, reads the answers of this actor (None: of somebody outside)."""
    synlighet, alla = Synlighet(begaran.synlighet), _tillfragade(begaran)
    tittar = [who] if who.betraktare is None else [who, who.betraktare]
    if any(en.gast_i is not None for en in tittar):
        return synlighet is Synlighet.HANDELSEN
    return all(rules.laser_svar(synlighet, en.aktor_id, begaran.aktor_id, alla, svarande_id) for en in tittar)


def _tillfragade(begaran: Begaran) -> set[int]:
    return {m.aktor_id for m in begaran.mottagare if m.aktor_id is not None}


def tavla(who: Subjekt, begaran: Begaran, now: datetime) -> Tavla:
    """The board: those that are late first. Who is not the one that asked sees the rows that they read answers of."""
    egen = who.hor_till(begaran.aktor_id)
    rader = [_rad(who, begaran, m, now) for m in begaran.mottagare if egen or laser(who, begaran, m.aktor_id)]
    ordning = list(Svarslage)
    ordnade = sorted(rader, key=lambda rad: (ordning.index(rad.lage), svensk_nyckel(rad.namn)))
    min_ = next((rad for rad in rader if rad.mottagare.aktor_id == who.aktor_id and who.hor_till(who.aktor_id)), None)
    return Tavla(begaran, ordnade, egen, min_)


def _rad(who: Subjekt, begaran: Begaran, m: BegaranMottagare, now: datetime) -> Mottagarrad:
    namn = m.aktor.kortnamn if m.aktor is not None else m.extern_namn or m.extern_adress or ""
    lage = rules.lage_av(besvarad=m.senaste > 0, oppnad=m.oppnad is not None, frist=begaran.frist, now=now)
    lasta = list(m.svar) if laser(who, begaran, m.aktor_id) else []
    sist = lasta[-1] if lasta else None
    forst = lasta[0].skapad if lasta else None
    return Mottagarrad(m, namn, lage, sist, lasta, forst is not None and forst > begaran.frist)


def i_handelsen(session: Session, who: Subjekt, handelse_id: int) -> list[Tavla]:
    """Those of the event that one sees: what waits for one's own answer, what one has asked, the rest."""
    now = clock.now()
    alla = session.scalars(_hela().where(Begaran.handelse_id == handelse_id).order_by(Begaran.id.desc()))
    tavlor = [tavla(who, begaran, now) for begaran in alla if ser(who, begaran)]
    return sorted(tavlor, key=_ordning)


def _ordning(t: Tavla) -> int:
    """What waits for one's own answer first, then what one's own actor has asked."""
    if t.min is not None and not t.min.mottagare.senaste and vantar(t.begaran):
        return 0
    return 1 if t.egen else 2


def olast(session: Session, who: Subjekt, begaran_id: int) -> bool:
    """Whether the actor that one acts for is asked, and nobody there has looked."""
    fraga = select(BegaranMottagare.id).where(
        BegaranMottagare.begaran_id == begaran_id,
        BegaranMottagare.aktor_id == who.aktor_id,
        BegaranMottagare.oppnad.is_(None),
    )
    return session.scalar(fraga) is not None


def vantar(begaran: Begaran) -> bool:
    """Whether answers are taken."""
    return begaran.avslutad is None and begaran.handelse.stangd is None


# --- what waits ----------------------------------------------------------------------------------------------------


def att_besvara(session: Session, who: Subjekt) -> list[Arende]:
    """The begäran that one's actor has not answered, for who may answer there; those wanted first are first."""
    obesvarad = exists().where(
        BegaranMottagare.begaran_id == Begaran.id,
        BegaranMottagare.aktor_id == who.aktor_id,
        BegaranMottagare.senaste == 0,
    )
    return [
        _arende(begaran, "Svara på begäran", begaran.frist) for begaran in _oppna(session, who, obesvarad, far_svara)
    ]


def att_folja(session: Session, who: Subjekt) -> list[Arende]:
    """The begäran by one's actor whose time is out and that somebody has not answered."""
    now = clock.now()
    saknas = exists().where(BegaranMottagare.begaran_id == Begaran.id, BegaranMottagare.senaste == 0)
    egen = and_(Begaran.aktor_id == who.aktor_id, Begaran.frist < now, saknas)
    return [_arende(begaran, "Alla har inte svarat", None) for begaran in _oppna(session, who, egen, far_svara)]


def _oppna(
    session: Session, who: Subjekt, villkor: ColumnElement[bool], far: Callable[[Subjekt, Handelse], bool]
) -> list[Begaran]:
    if who.gast_i is not None or who.betraktare is not None:
        return []
    found = session.scalars(
        select(Begaran)
        .join(Handelse, Handelse.id == Begaran.handelse_id)
        .options(joinedload(Begaran.handelse).selectinload(Handelse.lasare), joinedload(Begaran.aktor))
        .where(Begaran.avslutad.is_(None), Handelse.stangd.is_(None), synlig_for(who), villkor)
        .order_by(Begaran.frist, Begaran.id)
        .limit(MEST)
    )
    return [begaran for begaran in found if far(who, begaran.handelse)]


def far_svara(who: Subjekt, handelse: Handelse) -> bool:
    """Whether `who` writes for the own actor in the event."""
    egen = Aktor(id=who.aktor_id, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, slug=who.aktor_slug)
    return bool(can(who, Verb.SKRIVA, handelse.sak(Slag.EGEN_LAGESBILD, egen), clock.now()))


def _arende(begaran: Begaran, vad: str, frist: datetime | None) -> Arende:
    return Arende(
        vad=vad,
        rubrik=begaran.rubrik,
        lank=f"/handelser/{begaran.handelse.slug}/begaran/{begaran.id}",
        handelse=begaran.handelse.rubrik,
        ovning=begaran.handelse.ovning,
        skapad=begaran.skapad,
        frist=frist,
        avsandare=begaran.aktor.kortnamn,
    )


# --- for whoever compiles ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LastSvar:
    """The latest answer to one question: by whom (`aktor`: the slug, or 'extern-<id>'), its number, time and text."""

    begaran: Begaran
    fraga: str
    fraga_nummer: int
    aktor: str
    namn: str
    nummer: int
    tid: datetime
    text: str
    far_samlas: bool


def lasbara_svar(session: Session, who: Subjekt, handelse_id: int) -> list[LastSvar]:
    """The latest answers in the event that one reads, question by question."""
    ut = []
    for t in i_handelsen(session, who, handelse_id):
        for fraga in t.begaran.fragor:
            for rad in t.lasta:
                text = (rad.svar.svar if rad.svar else {}).get(str(fraga["nummer"]), "")
                if rad.svar is not None and text:
                    ut.append(_last_svar(t.begaran, fraga["text"], fraga["nummer"], rad, rad.svar, text))
    return ut


def _last_svar(begaran: Begaran, fraga: str, nummer: int, rad: Mottagarrad, svar: BegaranSvar, text: str) -> LastSvar:
    m = rad.mottagare
    vem = m.aktor.slug if m.aktor is not None else f"extern-{m.id}"
    return LastSvar(begaran, fraga, nummer, vem, rad.namn, svar.nummer, svar.skapad, text, svar.far_samlas)
