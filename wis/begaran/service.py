"""Asking, answering and following up, within the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import column, select, table, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock, datum
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt
from wis.begaran import lankar, rules
from wis.begaran.lankar import Utomstaende
from wis.begaran.models import Begaran, BegaranMottagare, BegaranPaminnelse, BegaranSvar, Synlighet
from wis.begaran.rules import Avslutad, NyssPamint, RedanBesvarad, UtanLagesbild
from wis.handelser.models import Handelse
from wis.notiser.bud import Bud, skicka_bud

PAMINNELSE = "påminner om begäran"
_BILD = table("lagesbild", column("id"), column("handelse_id"), column("aktor_id"), column("senaste"))
"""Lies above this package, which knows it by name alone, as the foreign keys do."""


@dataclass(frozen=True)
class Fragat:
    """What is asked, of whom, until when. `aktorer`: ids; `paminn_fore`: minutes before the deadline."""

    rubrik: str
    inledning: str
    fragor: Sequence[Mapping[str, Any]]
    frist: datetime
    synlighet: Synlighet
    aktorer: Collection[int]
    paminn_fore: Collection[int] = ()
    utomstaende: Collection[Utomstaende] = field(default_factory=tuple)


def fraga(session: Session, who: Subjekt, handelse: Handelse, fragat: Fragat, nyckel: str) -> Begaran:
    """Put the begäran, in an event that the caller holds, and tell those that are asked; once by each `nyckel`."""
    egen_nyckel = f"{who.anvandare_id}:{who.aktor_id}:{nyckel}"
    samma = select(Begaran).where(Begaran.idempotensnyckel == egen_nyckel)
    redan = session.scalar(samma)
    if redan is not None:
        return redan
    begaran = _ny(who, handelse, fragat, egen_nyckel)
    try:
        with session.begin_nested():
            session.add(begaran)
    except IntegrityError:
        # The same form at the same moment: the event is held by both.
        return session.scalars(samma).one()
    lankar.bjud_in(session, begaran, fragat.utomstaende)
    _sag_till(session, who, begaran, fragat.aktorer)
    _logga(session, who, begaran, "begär lägesrapport", aktorer=sorted(fragat.aktorer), rubrik=begaran.rubrik)
    return begaran


def _ny(who: Subjekt, handelse: Handelse, fragat: Fragat, nyckel: str) -> Begaran:
    now = clock.now()
    begaran = Begaran(
        handelse_id=handelse.id,
        aktor_id=who.aktor_id,
        skapad=now,
        skapad_av_id=who.anvandare_id,
        rubrik=fragat.rubrik,
        inledning=fragat.inledning,
        frist=fragat.frist,
        synlighet=fragat.synlighet,
        fragor=[dict(en) for en in fragat.fragor],
        idempotensnyckel=nyckel,
    )
    begaran.mottagare = [BegaranMottagare(aktor_id=aktor_id) for aktor_id in sorted(set(fragat.aktorer))]
    tider = rules.paminnelsetider(fragat.frist, fragat.paminn_fore, now)
    begaran.paminnelser = [BegaranPaminnelse(tid=tid) for tid in tider]
    return begaran


def _sag_till(session: Session, who: Subjekt, begaran: Begaran, aktorer: Collection[int]) -> None:
    senast = datum.tid(begaran.frist, clock.now())
    text = f"{who.aktor_namn} ber er svara senast {senast}: {begaran.rubrik}"
    bud = Bud(f"Begäran från {who.aktor_kortnamn}: {begaran.rubrik}", text, vag(begaran))
    skicka_bud(session, begaran.handelse, set(aktorer), bud)


def vag(begaran: Begaran) -> str:
    """Our path to it."""
    return f"/handelser/{begaran.handelse.slug}/begaran/{begaran.id}"


def _logga(session: Session, who: Subjekt, begaran: Begaran, vad: str, **mer: Any) -> None:
    session.flush()
    audit.record(
        session,
        vad,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"begaran:{begaran.id}",
        handelse=begaran.handelse.slug,
        **mer,
    )
    anmal(session, Andring(Slag.BEGARAN, begaran.id, handelse_id=begaran.handelse_id, aktorer=horare(begaran)))


def horare(begaran: Begaran) -> frozenset[int] | None:
    """The actors that may hear that something has happened to it; None = all that read the event."""
    if begaran.synlighet == Synlighet.HANDELSEN:
        return None
    return frozenset({begaran.aktor_id, *(m.aktor_id for m in begaran.mottagare if m.aktor_id is not None)})


# --- answering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Svarat:
    """An answer: text by the question's number, made of number `bas` of the actor's answers (0: there was none).

    `lagesbild`: the actor's latest version in the event is (a part of) the answer.
    """

    svar: Mapping[str, str]
    bas: int
    far_samlas: bool
    lagesbild: bool = False


def svara(session: Session, who: Subjekt, begaran: Begaran, svarat: Svarat, nyckel: str) -> BegaranSvar:
    """Write the next answer of the actor that one acts for; the begäran is locked.

    Raises LookupError if it is not asked, Avslutad, UtanLagesbild, and RedanBesvarad if there is a later answer than
    `bas`.
    """
    mottagare = _egen(session, who, begaran)
    egen_nyckel = f"{who.anvandare_id}:{mottagare.id}:{nyckel}"
    redan = session.scalar(select(BegaranSvar).where(BegaranSvar.idempotensnyckel == egen_nyckel))
    if redan is not None:
        return redan
    if begaran.avslutad is not None:
        raise Avslutad
    if mottagare.senaste != svarat.bas:
        raise RedanBesvarad
    bild = _lagesbilden(session, who, begaran.handelse_id) if svarat.lagesbild else (None, None)
    if svarat.lagesbild and bild[0] is None:
        raise UtanLagesbild
    rad = BegaranSvar(
        mottagare_id=mottagare.id,
        nummer=mottagare.senaste + 1,
        foregaende=mottagare.senaste or None,
        skapad=clock.now(),
        anvandare_id=who.anvandare_id,
        svar=dict(svarat.svar),
        lagesbild_id=bild[0],
        lagesbild_nummer=bild[1],
        far_samlas=svarat.far_samlas,
        idempotensnyckel=egen_nyckel,
    )
    session.add(rad)
    mottagare.senaste, mottagare.oppnad = rad.nummer, mottagare.oppnad or rad.skapad
    _logga(session, who, begaran, "svarar på begäran", nummer=rad.nummer, far_samlas=rad.far_samlas)
    return rad


def _egen(session: Session, who: Subjekt, begaran: Begaran) -> BegaranMottagare:
    rad = session.scalar(
        select(BegaranMottagare)
        .where(BegaranMottagare.begaran_id == begaran.id, BegaranMottagare.aktor_id == who.aktor_id)
        .with_for_update(of=BegaranMottagare)
        .execution_options(populate_existing=True)
    )
    if rad is None:
        raise LookupError(begaran.id)
    return rad


def _lagesbilden(session: Session, who: Subjekt, handelse_id: int) -> tuple[int | None, int | None]:
    rad = session.execute(
        select(_BILD.c.id, _BILD.c.senaste).where(
            _BILD.c.handelse_id == handelse_id, _BILD.c.aktor_id == who.aktor_id, _BILD.c.senaste > 0
        )
    ).first()
    return (None, None) if rad is None else (rad.id, rad.senaste)


def egen_version(session: Session, who: Subjekt, handelse_id: int) -> int:
    """The number of the latest version of the lägesbild of the actor that one acts for; 0 if there is none."""
    return _lagesbilden(session, who, handelse_id)[1] or 0


def oppna(session: Session, who: Subjekt, begaran_id: int) -> bool:
    """Mark that somebody at the actor has looked; whether it was the first. The first alone counts."""
    traffade = session.scalars(
        update(BegaranMottagare)
        .where(
            BegaranMottagare.begaran_id == begaran_id,
            BegaranMottagare.aktor_id == who.aktor_id,
            BegaranMottagare.oppnad.is_(None),
        )
        .values(oppnad=clock.now(), oppnad_av_id=who.anvandare_id)
        .returning(BegaranMottagare.id)
        .execution_options(synchronize_session=False)
    ).all()
    if traffade:
        begaran = session.get_one(Begaran, begaran_id)
        berorda = frozenset({begaran.aktor_id})
        anmal(session, Andring(Slag.BEGARAN, begaran.id, handelse_id=begaran.handelse_id, aktorer=berorda))
    return bool(traffade)


# --- following up --------------------------------------------------------------------------------------------------


def paminn(session: Session, who: Subjekt, begaran: Begaran) -> int:
    """Remind the actors that have not answered; returns how many. The begäran is locked.

    Raises Avslutad, and NyssPamint when it was done less than rules.PAMINN_VAR ago.
    """
    if begaran.avslutad is not None:
        raise Avslutad
    now = clock.now()
    sist = max((p.sand for p in begaran.paminnelser if p.sand is not None), default=None)
    if sist is not None and now < sist + rules.PAMINN_VAR:
        raise NyssPamint(sist + rules.PAMINN_VAR)
    saknas = {m.aktor_id for m in begaran.mottagare if m.aktor_id is not None and not m.senaste}
    if not saknas:
        return 0
    begaran.paminnelser.append(BegaranPaminnelse(tid=now, sand=now))
    nar = datum.tid(begaran.frist, now)
    text = f"{who.aktor_namn} väntar på ert svar ({'fristen var' if begaran.frist < now else 'senast'} {nar}): "
    bud = Bud(f"Påminnelse: {begaran.rubrik}", text + begaran.rubrik, vag(begaran))
    skicka_bud(session, begaran.handelse, saknas, bud)
    _logga(session, who, begaran, PAMINNELSE, aktorer=sorted(saknas))
    return len(saknas)


def avsluta(session: Session, who: Subjekt, begaran: Begaran) -> None:
    """Take no more answers. The begäran is locked."""
    if begaran.avslutad is None:
        begaran.avslutad = clock.now()
        _logga(session, who, begaran, "avslutar begäran")


def forlang(session: Session, who: Subjekt, begaran: Begaran, frist: datetime) -> None:
    """Give another deadline, and tell those that have not answered. The begäran is locked. Raises Avslutad."""
    if begaran.avslutad is not None:
        raise Avslutad
    if frist == begaran.frist:
        return
    forra, begaran.frist = begaran.frist, frist
    _flytta_paminnelser(session, begaran, frist - forra)
    session.flush()
    lankar.flytta(session, begaran)
    saknas = {m.aktor_id for m in begaran.mottagare if m.aktor_id is not None and not m.senaste}
    text = f"{who.aktor_namn} har ändrat tiden att svara till {datum.tid(frist, clock.now())}: {begaran.rubrik}"
    skicka_bud(session, begaran.handelse, saknas, Bud(f"Ny tid: {begaran.rubrik}", text, vag(begaran)))
    _logga(session, who, begaran, "ändrar frist", forra=forra.isoformat(), ny=frist.isoformat())


def _flytta_paminnelser(session: Session, begaran: Begaran, steg: timedelta) -> None:
    """Those not sent come as long before the deadline as they did; what has passed by that is left out."""
    kvar = [rad for rad in begaran.paminnelser if rad.sand is None]
    tagna, now = {rad.tid for rad in begaran.paminnelser if rad.sand is not None}, clock.now()
    for rad in kvar:
        begaran.paminnelser.remove(rad)
        session.delete(rad)
    session.flush()
    for tid in sorted({rad.tid + steg for rad in kvar} - tagna):
        if tid > now:
            begaran.paminnelser.append(BegaranPaminnelse(tid=tid))


def las(session: Session, handelse_id: int, begaran_id: int) -> Begaran | None:
    """The begäran of the event, locked until the transaction ends; None if there is none such."""
    found = session.get(Begaran, begaran_id, with_for_update={"of": Begaran}, populate_existing=True)
    return found if found is not None and found.handelse_id == handelse_id else None


def kan_fragas(session: Session, handelse: Handelse) -> list[Aktor]:
    """The actors that read the event: those alone can be asked."""
    lasande = handelse.lasande_aktorer()
    fraga_ = select(Aktor) if lasande is None else select(Aktor).where(Aktor.id.in_(lasande))
    return list(session.scalars(fraga_))
