"""Reminders at the times that were set when it was asked: to those who have not answered, and exactly once."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from wis import audit, clock, datum
from wis.andringar import Andring, Slag, anmal
from wis.begaran.models import Begaran, BegaranMottagare, BegaranPaminnelse
from wis.begaran.service import vag
from wis.db import Database
from wis.notiser.bud import Bud, skicka_bud
from wis.notiser.models import Kanalslag
from wis.notiser.service import skicka_brev
from wis.tx import transaction

PER_VARV = 20


def paminn(database: Database) -> int:
    """Send the reminders that are due; of how many begäran. Meant to be called every few seconds, by any process."""
    with database.reading() as session:
        ids = session.scalars(
            select(BegaranPaminnelse.begaran_id)
            .where(*_forfallna(clock.now()))
            .distinct()
            .order_by(BegaranPaminnelse.begaran_id)
            .limit(PER_VARV)
        ).all()
    return sum(_paminn_om(database, begaran_id) for begaran_id in ids)


def _forfallna(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return BegaranPaminnelse.sand.is_(None), BegaranPaminnelse.tid <= now


def _paminn_om(database: Database, begaran_id: int) -> bool:
    """Whether anybody was reminded: by us, and not by another process, and there was still something to ask for."""
    now = clock.now()
    with transaction(database) as session:
        # The claim and what is sent are one transaction: who is killed in between has done neither. All that are due
        # are taken at once: whoever was down for hours reminds once.
        tagna = session.scalars(
            update(BegaranPaminnelse)
            .where(BegaranPaminnelse.begaran_id == begaran_id, *_forfallna(now))
            .values(sand=now)
            .returning(BegaranPaminnelse.tid)
            .execution_options(synchronize_session=False)
        ).all()
        begaran = _att_paminna(session, begaran_id) if tagna else None
        return begaran is not None and _skicka(session, begaran, now)


def _att_paminna(session: Session, begaran_id: int) -> Begaran | None:
    """What is asked, unless it has been ended, its event closed, or all have answered."""
    obesvarad = exists().where(BegaranMottagare.begaran_id == Begaran.id, BegaranMottagare.senaste == 0)
    begaran = session.scalar(
        select(Begaran)
        .options(joinedload(Begaran.handelse), joinedload(Begaran.aktor), selectinload(Begaran.mottagare))
        .where(Begaran.id == begaran_id, Begaran.avslutad.is_(None), obesvarad)
    )
    return None if begaran is None or begaran.handelse.stangd is not None else begaran


def _skicka(session: Session, begaran: Begaran, now: datetime) -> bool:
    kvar = [mottagare for mottagare in begaran.mottagare if not mottagare.senaste]
    aktorer = {mottagare.aktor_id for mottagare in kvar if mottagare.aktor_id is not None}
    utomstaende = [mottagare for mottagare in kvar if _nas(mottagare, now)]
    amne, fran = f"Påminnelse: svara på begäran: {begaran.rubrik}", begaran.aktor.namn
    text = f"Påminnelse: svara på begäran från {fran}, {_nar(begaran.frist, now)}: {begaran.rubrik}"
    antal = skicka_bud(session, begaran.handelse, aktorer, Bud(amne, text, vag(begaran))) if aktorer else {}
    for mottagare in utomstaende:
        _skriv_till(session, begaran, mottagare, (amne, text))
    audit.record(
        session,
        "påminner om begäran",
        aktor_id=begaran.aktor_id,
        objekt=f"begaran:{begaran.id}",
        aktorer=sorted(antal),
        utomstaende=len(utomstaende),
    )
    berorda = frozenset({begaran.aktor_id})
    anmal(session, Andring(Slag.BEGARAN, begaran.id, handelse_id=begaran.handelse_id, aktorer=berorda))
    return True


def _nas(mottagare: BegaranMottagare, now: datetime) -> bool:
    """Whether it is somebody outside, whose link still opens."""
    return mottagare.lank_hash is not None and mottagare.lank_till is not None and mottagare.lank_till > now


def _nar(frist: datetime, now: datetime) -> str:
    return f"senast {datum.tid(frist, now)}" if frist > now else f"fristen gick ut {datum.tid(frist, now)}"


def _skriv_till(session: Session, begaran: Begaran, mottagare: BegaranMottagare, ord_: tuple[str, str]) -> None:
    amne, text = (("ÖVNING: " if begaran.handelse.ovning else "") + del_ for del_ in ord_)
    # No link: a new one would end the one that they have. On the asker's account: see docs/beslut/018.
    skicka_brev(
        session,
        anvandare_id=begaran.skapad_av_id,
        kanal=Kanalslag.EPOST,
        adress=mottagare.extern_adress or "",
        amne=amne,
        text=f"{text}\n\nLänken finns i det tidigare brevet.",
    )
