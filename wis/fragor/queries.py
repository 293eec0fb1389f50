"""Reads of questions, and of who can answer them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, bindparam, case, false, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.auth.models import Anvandare, Anvandarslag, Medlemskap
from wis.auth.queries import galler, subjekt_av
from wis.auth.rules import Fragas, Roll, Subjekt, Verb
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.handelser.models import Handelse
from wis.konton.oversikt import tjanster_hos

_KRAV = {Fragas.REDAKTOR: Roll.REDAKTOR, Fragas.TALESPERSON: Roll.TALESPERSON}
MAX_OPPNA = 50
"""So many cards with open questions are listed at a time."""
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
        .options(contains_eager(Medlemskap.anvandare), joinedload(Medlemskap.aktor))
        .options(selectinload(Medlemskap.handelseroller))
        .where(Medlemskap.aktor_id == aktor_id, Anvandare.slag == Anvandarslag.PERSON, galler(now))
        .order_by(Medlemskap.id)
    ).all()
    tjanster = tjanster_hos(session, aktor_id, now)
    subjekt = [(m.anvandare, subjekt_av(m, now=now, tjanster=tuple(tjanster.get(m.id, ())))) for m in found]
    return [person for person, who in subjekt if kan_svara(who, till, handelse_id, now)]


@dataclass(frozen=True)
class _Svarar:
    """To which kinds of questions a person is one of those asked: about any event but some, or about some alone.

    What the statement is built of; `varden` are the actor and the events, bound when it is run.
    """

    administrator: bool
    utom: tuple[Fragas, ...]
    i: tuple[Fragas, ...]

    def __bool__(self) -> bool:
        return self.administrator or bool(self.utom or self.i)


def _svarar(who: Subjekt, now: datetime) -> tuple[_Svarar, dict[str, Any]]:
    """What kan_svara() says of whatever question to the actor, and the values for _hor_till()."""
    varden: dict[str, Any] = {"svarande_aktor": who.aktor_id}
    if who.gast_i is not None:
        return _Svarar(administrator=False, utom=(), i=()), varden
    egna, standard = {r.handelse_id: who.roll_i(r.handelse_id, now) for r in who.handelseroller}, who.standardroll(now)
    utom, bara_i = [], []
    for till, krav in _KRAV.items():
        racker = {id_ for id_, roll in egna.items() if roll is not None and roll.niva >= krav.niva}
        if standard is not None and standard.niva >= krav.niva:
            utom.append(till)
            varden[f"utom_{till}"] = sorted(set(egna) - racker)
        elif racker:
            bara_i.append(till)
            varden[f"i_{till}"] = sorted(racker)
    return _Svarar(who.administrator, tuple(utom), tuple(bara_i)), varden


def _hor_till(svarar: _Svarar) -> ColumnElement[bool]:
    """SQL for kan_svara(): the question is one that the person can answer."""
    fraga, alltid = Rattsfraga, Rattsfraga.till == Fragas.ADMINISTRATOR
    vagar: list[ColumnElement[bool]] = [alltid] if svarar.administrator else []
    for till in svarar.utom:
        undantagna = fraga.handelse_id.not_in(bindparam(f"utom_{till}", expanding=True))
        vagar.append(and_(fraga.till == till, or_(fraga.handelse_id.is_(None), undantagna)))
    vagar += [
        and_(fraga.till == till, fraga.handelse_id.in_(bindparam(f"i_{till}", expanding=True))) for till in svarar.i
    ]
    return and_(fraga.till_aktor_id == bindparam("svarande_aktor"), or_(false(), *vagar))


# What is the same in all the questions of a card: they were asked together, and differ in which actor they are for.
_KORT = (
    Rattsfraga.typ,
    Rattsfraga.till,
    Rattsfraga.fran_id,
    Rattsfraga.fran_aktor_id,
    Rattsfraga.till_aktor_id,
    Rattsfraga.handelse_id,
    Rattsfraga.underrattelse_id,
    Rattsfraga.skapad,
    Rattsfraga.sida,
    Rattsfraga.text,
)


def _oppna_kort(svarar: _Svarar) -> Subquery:
    """SQL: the open questions that the person can answer, each with the lowest id of its card."""
    for_sig = case((Rattsfraga.typ == Fragetyp.BEHORIGHET, Rattsfraga.id), else_=0)
    forst = func.min(Rattsfraga.id).over(partition_by=[*_KORT, for_sig]).label("forst")
    return select(Rattsfraga.id, forst).where(_hor_till(svarar), Rattsfraga.besvarad.is_(None)).subquery()


def pa_samma_kort(session: Session, rad: Rattsfraga) -> Sequence[Rattsfraga]:
    """The open questions that are answered with this one: those that were asked together with it, and it."""
    samma = [kolumn.is_not_distinct_from(getattr(rad, kolumn.key)) for kolumn in _KORT]
    if rad.typ == Fragetyp.BEHORIGHET:
        samma = [Rattsfraga.id == rad.id]
    fraga = select(Rattsfraga).where(*samma, Rattsfraga.besvarad.is_(None)).order_by(Rattsfraga.id)
    return session.scalars(fraga.options(joinedload(Rattsfraga.for_aktor))).all()


def antal_oppna(session: Session, who: Subjekt, now: datetime) -> int:
    """How many cards wait for an answer that `who` can give. Nothing is asked for one who can give none."""
    svarar, varden = _svarar(who, now)
    # By the connection itself: it stands in the menu of every page.
    return session.connection().scalar(_antal_oppna(svarar), varden) or 0 if svarar else 0


@cache
def _antal_oppna(svarar: _Svarar) -> Select[int]:
    return select(func.count(_oppna_kort(svarar).c.forst.distinct()))


def oppna_till_mig(session: Session, who: Subjekt, now: datetime, efter: int = 0) -> Sequence[Rattsfraga]:
    """The open questions that `who` can answer, oldest card first, of the cards that begin after the id `efter`.

    They are of MAX_OPPNA cards and one more at most, to tell whether there are more.
    """
    svarar, varden = _svarar(who, now)
    if not svarar:
        return []
    alla = _oppna_kort(svarar)
    plats = func.dense_rank().over(order_by=alla.c.forst).label("plats")
    kort = select(alla.c.id, alla.c.forst, plats).where(alla.c.forst > efter).subquery()
    fraga = _med_allt().join(kort, kort.c.id == Rattsfraga.id).where(kort.c.plats <= MAX_OPPNA + 1)
    return session.scalars(fraga.order_by(kort.c.forst, Rattsfraga.id), varden).all()


def svarade_till_mig(session: Session, who: Subjekt, now: datetime) -> Sequence[Rattsfraga]:
    """The answered questions that `who` could have answered, newest first."""
    svarar, varden = _svarar(who, now)
    if not svarar:
        return []
    alla = _med_allt().where(_hor_till(svarar), Rattsfraga.besvarad.is_not(None))
    return session.scalars(alla.order_by(Rattsfraga.besvarad.desc(), Rattsfraga.id).limit(MAX_VISADE), varden).all()


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
        # With who reads it: whether its title may be shown is judged for each.
        joinedload(Rattsfraga.handelse).options(joinedload(Handelse.agare), selectinload(Handelse.lasare)),
        joinedload(Rattsfraga.besvarad_av),
    )


def utan_likadana(session: Session, nya: Sequence[Rattsfraga]) -> list[Rattsfraga]:
    """Of these questions, that differ only in which actor they are for, those that do not wait for an answer already.

    The right to read a thing is the same whoever asks for it; of other questions only one's own from the same page is.
    """
    kolumner = ["typ", "till_aktor_id", "handelse_id", "underrattelse_id"]
    if not nya:
        return []
    if nya[0].typ == Fragetyp.BEHORIGHET:
        kolumner += ["fran_id", "sida"]
    samma = [getattr(Rattsfraga, namn).is_not_distinct_from(getattr(nya[0], namn)) for namn in kolumner]
    asked = set(session.scalars(select(Rattsfraga.for_aktor_id).where(*samma, Rattsfraga.besvarad.is_(None))))
    return [rad for rad in nya if rad.for_aktor_id not in asked]


def medlemskap_for(session: Session, aktor_id: int, anvandare_ids: Collection[int]) -> dict[int, int]:
    """The ids of what these people are at the actor, by person: the page where an administrator changes it."""
    rows = session.execute(
        select(Medlemskap.anvandare_id, Medlemskap.id).where(
            Medlemskap.aktor_id == aktor_id, Medlemskap.anvandare_id.in_(anvandare_ids)
        )
    )
    return {anvandare_id: id_ for anvandare_id, id_ in rows}
