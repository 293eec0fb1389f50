"""Reads of the yearly reviews, and what is noted in the open one when somebody's rights change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Medlemskap
from wis.konton import queries
from wis.konton.models import Genomgang, Genomgangsrad, Omdomesslag
from wis.konton.queries import Anvandarrad

GENOMGANG_VAR = timedelta(days=365)
"""How often an actor is to go through its people."""


@dataclass(frozen=True)
class Paminnelse:
    """When somebody last signed a review, and whether it is time for the next."""

    senast: datetime | None
    oppen: bool
    dags: bool


@dataclass(frozen=True)
class Granskad:
    """A person who is to be gone through, and what has been said of them in the open review, if anything."""

    rad: Anvandarrad
    omdome: Omdomesslag | None


def oppen(session: Session, aktor_id: int) -> Genomgang | None:
    """The actor's review that is going on."""
    return session.scalar(
        select(Genomgang)
        .options(selectinload(Genomgang.rader), joinedload(Genomgang.paborjad_av))
        .where(Genomgang.aktor_id == aktor_id, Genomgang.signerad.is_(None))
        .execution_options(populate_existing=True)
    )


def signerade(session: Session, aktor_id: int, antal: int = 10) -> Sequence[Genomgang]:
    """The latest signed reviews, the last first."""
    return session.scalars(
        select(Genomgang)
        .options(selectinload(Genomgang.rader), joinedload(Genomgang.signerad_av))
        .where(Genomgang.aktor_id == aktor_id, Genomgang.signerad.is_not(None))
        .order_by(Genomgang.signerad.desc())
        .limit(antal)
    ).all()


def paminnelse(session: Session, aktor_id: int, now: datetime) -> Paminnelse:
    """Whether it is time to go through everybody again."""
    senast = next((en.signerad for en in signerade(session, aktor_id, 1)), None)
    late = senast is None or now - senast > GENOMGANG_VAR
    return Paminnelse(senast, oppen(session, aktor_id) is not None, late)


def granskade(session: Session, aktor: Aktor, genomgang: Genomgang | None, now: datetime) -> list[Granskad]:
    """Everybody whose rights are in force, guests apart: they end by themselves within days."""
    said = {} if genomgang is None else {rad.medlemskap_id: Omdomesslag(rad.omdome) for rad in genomgang.rader}
    rader = queries.anvandarrader(session, aktor, now)
    return [Granskad(rad, said.get(rad.medlemskap_id)) for rad in rader if rad.kommer_in and not rad.gast]


def anteckna(session: Session, av_id: int, medlemskap: Medlemskap, slag: Omdomesslag, behorighet: str) -> None:
    """Note in the actor's open review, if there is one, what has been said or done about the person."""
    genomgang = oppen(session, medlemskap.aktor_id)
    if genomgang is None or medlemskap.gast_handelse_id is not None:
        return
    rad = next((en for en in genomgang.rader if en.medlemskap_id == medlemskap.id), None)
    if rad is None:
        rad = Genomgangsrad(genomgang_id=genomgang.id, medlemskap_id=medlemskap.id)
        session.add(rad)
    rad.omdome, rad.behorighet, rad.tid, rad.av_id = slag, behorighet, clock.now(), av_id
    session.flush()
