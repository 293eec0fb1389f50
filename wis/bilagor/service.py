"""Keeping attachments, within the caller's transaction; and throwing away what nobody refers to."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import clock
from wis.bilagor.models import Bilaga, LagesbildBilaga, UtkastBilaga
from wis.bilagor.mottagning import Godkand
from wis.bilagor.rules import Rad
from wis.db import Database
from wis.tx import transaction

SPARAS = timedelta(hours=24)
"""How long a file that nothing refers to is kept after it was last put into a draft or taken out of one."""


LASORDNING = (Bilaga.sha256, Bilaga.id)
"""In which order several files are locked, by everybody: those who attach the same must not wait for each other."""


def behall(session: Session, aktor_id: int, fil: Godkand) -> Rad:
    """The file kept for the actor, as one to attach. What the actor has already is not kept twice.

    Whoever keeps several keeps them in order of their sha256: see LASORDNING.
    """
    sha256 = fil.sha256
    bilaga_id = _anvand(session, aktor_id, sha256)
    if bilaga_id is None:
        try:
            with session.begin_nested():
                bilaga_id = _ny(session, aktor_id, sha256, fil)
        except IntegrityError:
            # A colleague has attached the same at this very moment.
            bilaga_id = _anvand(session, aktor_id, sha256)
            if bilaga_id is None:
                raise
    return Rad(bilaga_id, fil.namn)


def _anvand(session: Session, aktor_id: int, sha256: str) -> int | None:
    """The actor's file with this content, which is in use now; None if there is none."""
    return session.scalar(
        update(Bilaga)
        .where(Bilaga.aktor_id == aktor_id, Bilaga.sha256 == sha256)
        .values(anvand=clock.now())
        .returning(Bilaga.id)
    )


def _ny(session: Session, aktor_id: int, sha256: str, fil: Godkand) -> int:
    ny = Bilaga(
        aktor_id=aktor_id,
        sha256=sha256,
        slag=fil.slag.value,
        langd=len(fil.data),
        bredd=fil.bredd,
        hojd=fil.hojd,
        anvand=clock.now(),
        forhandsbild=fil.forhandsbild,
        innehall=fil.data,
    )
    session.add(ny)
    session.flush()
    return ny.id


def satt(session: Session, utkast_id: int, rader: Sequence[Rad]) -> None:
    """Let the draft have just these, in this order. Whoever calls holds the draft's row."""
    borttagna = session.scalars(
        select(Bilaga.id)
        .join(UtkastBilaga, UtkastBilaga.bilaga_id == Bilaga.id)
        .where(UtkastBilaga.utkast_id == utkast_id, Bilaga.id.not_in([rad.bilaga_id for rad in rader]))
        .order_by(*LASORDNING)
    ).all()
    for bilaga_id in borttagna:
        session.execute(update(Bilaga).where(Bilaga.id == bilaga_id).values(anvand=clock.now()))
    session.execute(delete(UtkastBilaga).where(UtkastBilaga.utkast_id == utkast_id))
    if rader:
        session.execute(insert(UtkastBilaga), [{"utkast_id": utkast_id, **rad} for rad in _numrerade(rader)])


def publicera(session: Session, lagesbild_id: int, nummer: int, rader: Sequence[Rad]) -> None:
    """Bind these, in this order, to the version (written already), for good."""
    till = {"lagesbild_id": lagesbild_id, "nummer": nummer}
    if rader:
        session.execute(insert(LagesbildBilaga), [{**till, **rad} for rad in _numrerade(rader)])


def _numrerade(rader: Sequence[Rad]) -> list[dict[str, object]]:
    return [{**asdict(rad), "ordning": ordning} for ordning, rad in enumerate(rader, start=1)]


def stada(database: Database) -> int:
    """Throw away what no draft and no version has had for SPARAS; how many files that was."""
    glomda = (
        Bilaga.anvand < clock.now() - SPARAS,
        ~exists().where(UtkastBilaga.bilaga_id == Bilaga.id),
        ~exists().where(LagesbildBilaga.bilaga_id == Bilaga.id),
    )
    with database.reading() as session:
        if session.scalar(select(Bilaga.id).where(*glomda).limit(1)) is None:
            return 0
    with transaction(database) as session:
        lasta = select(Bilaga.id).where(*glomda).order_by(*LASORDNING).with_for_update(of=Bilaga, skip_locked=True)
        borta = delete(Bilaga).where(Bilaga.id.in_(session.scalars(lasta).all()), *glomda)
        return len(session.scalars(borta.returning(Bilaga.id)).all())
