"""What happens in events as one stream in SQL, whatever table it stands in.

Keys are found by index and sorted first; texts are fetched for the few that won. `skapad` of an underrättelse stands
for the time of its first version: the one has an index together with the event, the other has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import UtcDateTime
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Plats, Slag

_BORJAN = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that was ever published here."""
_V, _U, _UV, _B = LagesbildVersion, Underrattelse, UnderrattelseVersion, Handelsebeslut


@dataclass(frozen=True)
class Filter:
    """Which part of an event's stream: of one actor (slug) or kind, what came before a place, at most so many."""

    handelse_id: int
    aktor: str
    slag: Slag | None
    fore: Plats | None
    antal: int


# --- one event, newest first ---------------------------------------------------------------------------------------


def nycklar(urval: Filter) -> Subquery:
    """SQL: the keys of the newest things that the filter lets through, at most `antal`."""
    grenar = [gren for slagen, gren in _grenar(urval) if urval.slag is None or urval.slag in slagen]
    alla = union_all(*(select(gren.subquery()) for gren in grenar)).subquery()
    return select(alla).order_by(*ordning(alla)).limit(urval.antal).subquery()


def ordning(flode: Subquery) -> tuple[ColumnElement[Any], ...]:
    """SQL: newest first, and always the same among things of the same moment."""
    return (flode.c.tid.desc(), flode.c.slag, flode.c.objekt_id.desc(), flode.c.nummer.desc())


def _grenar(urval: Filter) -> list[tuple[set[Slag], Select[Any]]]:
    handelse_id, beslut = urval.handelse_id, literal(Slag.BESLUT.value)
    grenar = [
        ({Slag.SAMLAD, Slag.EGEN}, _lagesbildsgren(urval), _V.aktor_id),
        *(({Slag.UNDERRATTELSE}, gren, _U.aktor_id) for gren in _underrattelsegrenar(urval)),
        (
            {Slag.BESLUT},
            _gren(urval, beslut, _B.id, literal(0), _B.tid).where(_B.handelse_id == handelse_id),
            _B.aktor_id,
        ),
    ]
    aktor = select(Aktor.id).where(Aktor.slug == urval.aktor).scalar_subquery()
    return [(slagen, gren.where(agare == aktor) if urval.aktor else gren) for slagen, gren, agare in grenar]


def _lagesbildsgren(urval: Filter) -> Select[Any]:
    gren = _gren(urval, _lagesslag(), Lagesbild.id, _V.nummer, _V.publicerad).select_from(Lagesbild)
    gren = gren.join(_V, _ar_version()).where(Lagesbild.handelse_id == urval.handelse_id)
    return gren if urval.slag is None else gren.where(_lagesslag() == urval.slag.value)


def _underrattelsegrenar(urval: Filter) -> list[Select[Any]]:
    slag, i_handelsen = literal(Slag.UNDERRATTELSE.value), _U.handelse_id == urval.handelse_id
    rattelser = (
        _gren(urval, slag, _U.id, _UV.nummer, _UV.publicerad)
        .select_from(_U)
        .join(_UV, _UV.underrattelse_id == _U.id)
        .where(i_handelsen, _U.senaste > 1, _UV.nummer > 1)
    )
    return [_gren(urval, slag, _U.id, literal(1), _U.skapad).where(i_handelsen), rattelser]


def _gren(urval: Filter, slag: Any, objekt_id: Any, nummer: Any, tid: Any) -> Select[Any]:
    gren = (
        _nyckel(literal(urval.handelse_id), slag, objekt_id, nummer, tid)
        .order_by(tid.desc(), slag, objekt_id.desc(), nummer.desc())
        .limit(urval.antal)
    )
    fore = urval.fore
    if fore is None:
        return gren
    samma = or_(
        slag > fore.slag.value,
        and_(
            slag == fore.slag.value,
            or_(objekt_id < fore.objekt_id, and_(objekt_id == fore.objekt_id, nummer < fore.nummer)),
        ),
    )
    # The first condition says no more than the second; it is the one that an index answers.
    return gren.where(tid <= fore.tid, or_(tid < fore.tid, samma))


# --- several events, the newest thing of each ----------------------------------------------------------------------


def nyast(handelse_ids: Sequence[int]) -> Subquery:
    """SQL: the key of the newest thing in each of these events."""
    alla = union_all(*_kandidater(handelse_ids)).subquery()
    plats = func.row_number().over(partition_by=alla.c.handelse_id, order_by=ordning(alla)).label("plats")
    ordnade = select(alla, plats).subquery()
    return select(ordnade).where(ordnade.c.plats == 1).subquery()


def _kandidater(handelse_ids: Sequence[int]) -> list[Select[Any]]:
    underrattelse, dessa = literal(Slag.UNDERRATTELSE.value), list(handelse_ids)
    return [
        _nyckel(Lagesbild.handelse_id, _lagesslag(), Lagesbild.id, _V.nummer, _V.publicerad)
        .select_from(Lagesbild)
        .join(_V, and_(_ar_version(), _V.nummer == Lagesbild.senaste))
        .where(Lagesbild.handelse_id.in_(dessa)),
        _nyckel(_U.handelse_id, underrattelse, _U.id, literal(1), _U.skapad)
        .select_from(_U)
        .join(Handelse, _U.id == _yngst(aliased(_U), "skapad"))
        .where(Handelse.id.in_(dessa)),
        _nyckel(_U.handelse_id, underrattelse, _U.id, _UV.nummer, _UV.publicerad)
        .select_from(_U)
        .join(_UV, and_(_UV.underrattelse_id == _U.id, _UV.nummer == _U.senaste))
        .where(_U.handelse_id.in_(dessa), _U.senaste > 1),
        _nyckel(_B.handelse_id, literal(Slag.BESLUT.value), _B.id, literal(0), _B.tid)
        .select_from(_B)
        .join(Handelse, _B.id == _yngst(aliased(_B), "tid"))
        .where(Handelse.id.in_(dessa)),
    ]


def _yngst(tabell: Any, tid: str) -> Any:
    """SQL: the id of the youngest row of Handelse, by the index of event and time."""
    yngst_forst = select(tabell.id).order_by(getattr(tabell, tid).desc(), tabell.id.desc())
    return yngst_forst.where(tabell.handelse_id == Handelse.id).limit(1).scalar_subquery()


def _nyckel(handelse_id: Any, slag: Any, objekt_id: Any, nummer: Any, tid: Any) -> Select[Any]:
    return select(
        handelse_id.label("handelse_id"),
        slag.label("slag"),
        objekt_id.label("objekt_id"),
        nummer.label("nummer"),
        tid.label("tid"),
    )


def antal_nya(anvandare_id: int) -> ColumnElement[int]:
    """SQL: how many things in Handelse are new to the person whose Lasmarke is outer joined.

    Of each kind no more are counted than are ever shown, and one.
    """
    sedan = func.coalesce(Lasmarke.sedd_till, literal(_BORJAN, UtcDateTime()))
    antal = [
        select(func.count()).select_from(ett.correlate(Handelse, Lasmarke).limit(MAX_NYA + 1).subquery())
        for ett in _nya(sedan, anvandare_id)
    ]
    forsta, *resten = (ett.scalar_subquery() for ett in antal)
    return sum(resten, forsta)


def _nya(sedan: Any, anvandare_id: int) -> list[Select[Any]]:
    av_annan, en = _UV.forfattare_id != anvandare_id, select(literal(1))
    underrattelse = en.select_from(_U).join(_UV, _UV.underrattelse_id == _U.id).where(_U.handelse_id == Handelse.id)
    lagesbild = en.select_from(Lagesbild).join(_V, _ar_version()).where(Lagesbild.handelse_id == Handelse.id)
    beslut_av = func.coalesce(_B.anvandare_id, 0)
    return [
        lagesbild.where(_V.publicerad > sedan, _V.forfattare_id != anvandare_id),
        underrattelse.where(_UV.nummer == 1, _U.skapad > sedan, av_annan),
        underrattelse.where(_UV.nummer > 1, _U.senaste > 1, _UV.publicerad > sedan, av_annan),
        en.where(_B.handelse_id == Handelse.id, _B.tid > sedan, beslut_av != anvandare_id),
    ]


# --- what the keys stand for ---------------------------------------------------------------------------------------


def utfyllt(flode: Subquery) -> Select[Any]:
    """SQL: the rows of these keys with texts and names. `nyckeltid` is what they are ordered by."""
    slag, objekt_id, nummer = flode.c.slag, flode.c.objekt_id, flode.c.nummer
    lagesbild = and_(slag.in_([Slag.SAMLAD.value, Slag.EGEN.value]), _V.lagesbild_id == objekt_id, _V.nummer == nummer)
    underrattelse = and_(slag == Slag.UNDERRATTELSE.value, _UV.underrattelse_id == objekt_id, _UV.nummer == nummer)
    av_id = func.coalesce(_V.forfattare_id, _UV.forfattare_id, _B.anvandare_id)
    return (
        select(
            flode.c.handelse_id,
            slag,
            objekt_id,
            nummer,
            type_coerce(flode.c.tid, UtcDateTime()).label("nyckeltid"),
            av_id.label("av_id"),
            *_ord(),
        )
        .select_from(flode)
        .outerjoin(_V, lagesbild)
        .outerjoin(_UV, underrattelse)
        .outerjoin(_U, _U.id == _UV.underrattelse_id)
        .outerjoin(_B, and_(slag == Slag.BESLUT.value, _B.id == objekt_id))
        .join(Aktor, Aktor.id == func.coalesce(_V.aktor_id, _U.aktor_id, _B.aktor_id))
        .outerjoin(Anvandare, Anvandare.id == av_id)
    )


def _ord() -> list[ColumnElement[Any]]:
    text = func.coalesce(func.nullif(_V.andringsnotering, ""), _V.sammanfattning, _UV.text, _B.motivering)
    return [
        func.coalesce(_V.publicerad, _UV.publicerad, _B.tid, type_=UtcDateTime()).label("tid"),
        func.coalesce(_UV.rubrik, "").label("rubrik"),
        text.label("text"),
        func.coalesce(_V.oforandrad, _UV.bradskande).label("markt"),
        func.coalesce(_B.slag, "").label("detalj"),
        func.coalesce(_B.lage, "").label("lage"),
        Aktor.kortnamn.label("kortnamn"),
        Aktor.slug.label("aktor_slug"),
        func.coalesce(Anvandare.namn, "").label("av"),
    ]


def _ar_version() -> ColumnElement[bool]:
    return Lagesbild.id == _V.lagesbild_id


def _lagesslag() -> ColumnElement[str]:
    return case((Lagesbild.aktor_id.is_(None), Slag.SAMLAD.value), else_=Slag.EGEN.value)
