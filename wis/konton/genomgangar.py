"""Reads of the yearly reviews, and what is noted in the open one when somebody's rights change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Medlemskap
from wis.konton import oversikt, queries
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
    """A person who is to be gone through, and what has been said of them in the open review, if anything.

    `far_ga_pa`: the short names of functions that the person may go on duty as.
    """

    rad: Anvandarrad
    omdome: Omdomesslag | None
    far_ga_pa: tuple[str, ...] = ()


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
    rader, funktioner = queries.anvandarrader(session, aktor, now), oversikt.far_ga_pa(session, aktor.id)
    return [
        Granskad(rad, said.get(rad.medlemskap_id), tuple(funktioner.get(rad.medlemskap_id, ())))
        for rad in rader
        if rad.kommer_in and not rad.gast
    ]


def nasta(granskade: Sequence[Granskad], medlemskap_id: int) -> int | None:
    """Whom to go on to after this person: the next one of whom nothing is said, from the top again; None if none is."""
    ids = [en.rad.medlemskap_id for en in granskade]
    har = ids.index(medlemskap_id) + 1 if medlemskap_id in ids else 0
    ordning = (*granskade[har:], *granskade[:har])
    kvar = (en.rad.medlemskap_id for en in ordning if en.omdome is None and en.rad.medlemskap_id != medlemskap_id)
    return next(kvar, None)


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
