"""Reads of questions, and of who can answer them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis.auth.models import Anvandare, Anvandarslag, Medlemskap
from wis.auth.queries import galler, subjekt_av
from wis.auth.rules import Fragas, Roll, Subjekt, Verb
from wis.fragor.models import Rattsfraga

_KRAV = {Fragas.REDAKTOR: Roll.REDAKTOR, Fragas.TALESPERSON: Roll.TALESPERSON}
MAX_VISADE = 100
"""So many answered questions, and so many of one's own, are listed."""


def kan_svara(who: Subjekt, till: Fragas, handelse_id: int | None, now: datetime) -> bool:
    """Whether the person is one of those that the question goes to at their actor."""
    if who.gast_i is not None:
        return False
    if till is Fragas.ADMINISTRATOR:
        return who.administrator
    roll = who.roll_i(handelse_id, now)
    return roll is not None and roll.niva >= _KRAV[till].niva


def mottagare(session: Session, aktor_id: int, till: Fragas, handelse_id: int | None, now: datetime) -> list[Anvandare]:
    """The people at the actor who can answer such a question, by rising id of what they are there."""
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(joinedload(Medlemskap.aktor), selectinload(Medlemskap.handelseroller))
        .options(selectinload(Medlemskap.tjanstgoringar))
        .where(Medlemskap.aktor_id == aktor_id, Anvandare.slag == Anvandarslag.PERSON, galler(now))
        .order_by(Medlemskap.id)
    ).all()
    subjekt = [(m.anvandare, subjekt_av(m, now=now)) for m in found]
    return [person for person, who in subjekt if kan_svara(who, till, handelse_id, now)]


def _hor_till(who: Subjekt, now: datetime) -> ColumnElement[bool]:
    """SQL for kan_svara(): the question is one that `who` can answer."""
    vagar: list[ColumnElement[bool]] = [Rattsfraga.till == Fragas.ADMINISTRATOR] if who.administrator else []
    vagar += [and_(Rattsfraga.till == till, _med_roll(who, krav, now)) for till, krav in _KRAV.items()]
    return and_(Rattsfraga.till_aktor_id == who.aktor_id, or_(*vagar))


def _med_roll(who: Subjekt, krav: Roll, now: datetime) -> ColumnElement[bool]:
    egna = {r.handelse_id: who.roll_i(r.handelse_id, now) for r in who.handelseroller}
    racker = {id_ for id_, roll in egna.items() if roll is not None and roll.niva >= krav.niva}
    standard = who.standardroll(now)
    if standard is None or standard.niva < krav.niva:
        return Rattsfraga.handelse_id.in_(racker)
    return or_(Rattsfraga.handelse_id.is_(None), Rattsfraga.handelse_id.not_in(set(egna) - racker))


def antal_oppna(session: Session, who: Subjekt, now: datetime) -> int:
    """How many questions wait for an answer that `who` can give."""
    if who.gast_i is not None:
        return 0
    fraga = select(func.count()).where(_hor_till(who, now), Rattsfraga.besvarad.is_(None))
    return session.scalar(fraga) or 0


def till_mig(session: Session, who: Subjekt, now: datetime) -> tuple[Sequence[Rattsfraga], Sequence[Rattsfraga]]:
    """The questions that `who` can answer: the open ones, oldest first, and the answered, newest first."""
    if who.gast_i is not None:
        return [], []
    alla = _med_allt().where(_hor_till(who, now))
    oppna = session.scalars(alla.where(Rattsfraga.besvarad.is_(None)).order_by(Rattsfraga.id)).all()
    svarade = alla.where(Rattsfraga.besvarad.is_not(None)).order_by(Rattsfraga.besvarad.desc()).limit(MAX_VISADE)
    return oppna, session.scalars(svarade).all()


def fran_mig(session: Session, who: Subjekt) -> Sequence[Rattsfraga]:
    """What the person has asked for the actor they act for, newest first.

    A question about the right to read is kept back until it is answered: that there is one would tell that the thing
    asked about exists.
    """
    far_synas = or_(Rattsfraga.besvarad.is_not(None), Rattsfraga.verb != Verb.LASA.value)
    return session.scalars(
        _med_allt()
        .where(Rattsfraga.fran_id == who.anvandare_id, Rattsfraga.fran_aktor_id == who.aktor_id, far_synas)
        .order_by(Rattsfraga.id.desc())
        .limit(MAX_VISADE)
    ).all()


def _med_allt() -> Select[Rattsfraga]:
    return select(Rattsfraga).options(
        joinedload(Rattsfraga.fran),
        joinedload(Rattsfraga.fran_aktor),
        joinedload(Rattsfraga.till_aktor),
        joinedload(Rattsfraga.for_aktor),
        joinedload(Rattsfraga.handelse),
        joinedload(Rattsfraga.besvarad_av),
    )


def find_likadan(session: Session, ny: Rattsfraga) -> Rattsfraga | None:
    """A question about the same right for the same actor that nobody has answered yet."""
    samma = [
        getattr(Rattsfraga, kolumn).is_not_distinct_from(getattr(ny, kolumn))
        for kolumn in ("typ", "till_aktor_id", "handelse_id", "underrattelse_id", "for_aktor_id")
    ]
    return session.scalar(select(Rattsfraga).where(*samma, Rattsfraga.besvarad.is_(None)).limit(1))


def medlemskap_for(session: Session, aktor_id: int, anvandare_ids: Collection[int]) -> dict[int, int]:
    """The ids of what these people are at the actor, by person: the page where an administrator changes it."""
    rows = session.execute(
        select(Medlemskap.anvandare_id, Medlemskap.id).where(
            Medlemskap.aktor_id == aktor_id, Medlemskap.anvandare_id.in_(anvandare_ids)
        )
    )
    return {anvandare_id: id_ for anvandare_id, id_ in rows}
