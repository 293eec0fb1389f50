"""What happens in events as one stream in SQL, whatever table it stands in.

Only what the one who asks may read is in it, each version by itself; decisions by the time they were taken. Keys are
found by index and sorted first; texts are fetched for the few that won. `skapad` of an underrättelse stands
for the time of its first version: the one has an index together with the event, the other has not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.db import UtcDateTime
from wis.handelser.lasratt import Innehall, aktor_laser
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Slag

_BORJAN = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that was ever published here."""
_V, _U, _UV, _B = LagesbildVersion, Underrattelse, UnderrattelseVersion, Handelsebeslut


# What is bound when a statement is run: to build one costs more than to run it, so those that are the same but for
# these values are built once.
HANDELSER: BindParameter[Any] = bindparam("handelser", expanding=True)
HANDELSE = bindparam("handelse", type_=Integer())
ANVANDARE = bindparam("anvandare", type_=Integer())
LASANDE_AKTOR = bindparam("lasande_aktor", type_=Integer())
AKTORENS_SLUG = bindparam("aktorens_slug", type_=String())
SEDAN = bindparam("sedan", type_=UtcDateTime())
ANTAL = bindparam("antal", type_=Integer())
FORE_TID = bindparam("fore_tid", type_=UtcDateTime())
FORE_SLAG = bindparam("fore_slag", type_=String())
FORE_OBJEKT = bindparam("fore_objekt", type_=BigInteger())
FORE_NUMMER = bindparam("fore_nummer", type_=BigInteger())

Lasbar = Callable[[Innehall], ColumnElement[bool]]
"""SQL: what stands in these columns may be read by the one who asks. Needs Handelse in the FROM."""


@dataclass(frozen=True)
class Filter:
    """Which part of an event's stream: of one actor or kind, before a place."""

    aktor: bool
    slag: Slag | None
    fore: bool


# --- what may be read ----------------------------------------------------------------------------------------------


def aktorn_laser(innehall: Innehall) -> ColumnElement[bool]:
    """SQL: LASANDE_AKTOR may read it, by its circles and label. For one with a role in the event who is no guest."""
    return aktor_laser(LASANDE_AKTOR, None, innehall)


def lasbar_lagesbild(lasbar: Lasbar) -> ColumnElement[bool]:
    """SQL: may read the version. Needs Handelse, Lagesbild and LagesbildVersion."""
    return lasbar(Innehall(_V.publicerad, Lagesbild.aktor_id, _V.tlp, Lagesbild.krets_id))


def lasbar_underrattelse(lasbar: Lasbar, sak: Any = _U, version: Any = _UV) -> ColumnElement[bool]:
    """SQL: may read the version, and the latest one: what was corrected out of sight is not shown as if it stood.

    Needs Handelse, Underrattelse and UnderrattelseVersion.
    """
    senaste = aliased(_UV)
    rattad = (
        select(literal(1))
        .where(
            senaste.underrattelse_id == sak.id,
            senaste.nummer == sak.senaste,
            lasbar(Innehall(senaste.publicerad, sak.aktor_id, senaste.tlp, sak.krets_id)),
        )
        .correlate_except(senaste)
        .exists()
    )
    egen = lasbar(Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id))
    return and_(egen, or_(version.nummer == sak.senaste, rattad))


def lasbart_beslut(lasbar: Lasbar, beslut: Any = _B) -> ColumnElement[bool]:
    """SQL: may read the decision: it has no readers but the event's, at the time. Needs Handelse and Handelsebeslut."""
    return lasbar(Innehall(beslut.tid, null(), literal(Tlp.CLEAR.value), None))


# --- one event, newest first ---------------------------------------------------------------------------------------


def nycklar(lasbar: Lasbar, urval: Filter) -> Subquery:
    """SQL: the keys of the newest things in HANDELSE that the filter lets through, at most ANTAL."""
    grenar = [gren for slagen, gren in _grenar(lasbar, urval) if urval.slag is None or urval.slag in slagen]
    alla = union_all(*(select(gren.subquery()) for gren in grenar)).subquery()
    return select(alla).order_by(*ordning(alla)).limit(ANTAL).subquery()


def ordning(flode: Subquery) -> tuple[ColumnElement[Any], ...]:
    """SQL: newest first, and always the same among things of the same moment."""
    return (flode.c.tid.desc(), flode.c.slag, flode.c.objekt_id.desc(), flode.c.nummer.desc())


def _grenar(lasbar: Lasbar, urval: Filter) -> list[tuple[set[Slag], Select[Any]]]:
    beslut = (
        _gren(urval, literal(Slag.BESLUT.value), _B.id, literal(0), _B.tid)
        .join(Handelse, Handelse.id == _B.handelse_id)
        .where(_B.handelse_id == HANDELSE, lasbart_beslut(lasbar))
    )
    grenar = [
        ({Slag.SAMLAD, Slag.EGEN}, _lagesbildsgren(lasbar, urval), _V.aktor_id),
        *(({Slag.UNDERRATTELSE}, gren, _U.aktor_id) for gren in _underrattelsegrenar(lasbar, urval)),
        ({Slag.BESLUT}, beslut, _B.aktor_id),
    ]
    aktor = select(Aktor.id).where(Aktor.slug == AKTORENS_SLUG).scalar_subquery()
    return [(slagen, gren.where(agare == aktor) if urval.aktor else gren) for slagen, gren, agare in grenar]


def _lagesbildsgren(lasbar: Lasbar, urval: Filter) -> Select[Any]:
    gren = _gren(urval, _lagesslag(), Lagesbild.id, _V.nummer, _V.publicerad).select_from(Lagesbild)
    gren = gren.join(_V, _ar_version()).join(Handelse, Handelse.id == Lagesbild.handelse_id)
    gren = gren.where(Lagesbild.handelse_id == HANDELSE, lasbar_lagesbild(lasbar))
    return gren if urval.slag is None else gren.where(_lagesslag() == urval.slag.value)


def _underrattelsegrenar(lasbar: Lasbar, urval: Filter) -> list[Select[Any]]:
    slag = literal(Slag.UNDERRATTELSE.value)
    forsta = _gren(urval, slag, _U.id, literal(1), _U.skapad).where(_UV.nummer == 1)
    rattelser = _gren(urval, slag, _U.id, _UV.nummer, _UV.publicerad).where(_U.senaste > 1, _UV.nummer > 1)
    return [
        gren.select_from(_U)
        .join(_UV, _UV.underrattelse_id == _U.id)
        .join(Handelse, Handelse.id == _U.handelse_id)
        .where(_U.handelse_id == HANDELSE, lasbar_underrattelse(lasbar))
        for gren in (forsta, rattelser)
    ]


def _gren(urval: Filter, slag: Any, objekt_id: Any, nummer: Any, tid: Any) -> Select[Any]:
    gren = (
        _nyckel(HANDELSE, slag, objekt_id, nummer, tid)
        .order_by(tid.desc(), slag, objekt_id.desc(), nummer.desc())
        .limit(ANTAL)
    )
    if not urval.fore:
        return gren
    samma = or_(
        slag > FORE_SLAG,
        and_(slag == FORE_SLAG, or_(objekt_id < FORE_OBJEKT, and_(objekt_id == FORE_OBJEKT, nummer < FORE_NUMMER))),
    )
    # The first condition says no more than the second; it is the one that an index answers.
    return gren.where(tid <= FORE_TID, or_(tid < FORE_TID, samma))


# --- several events, the newest thing of each ----------------------------------------------------------------------


def nyast(lasbar: Lasbar) -> Subquery:
    """SQL: the key of the newest thing that may be read in each of HANDELSER."""
    alla = union_all(*_kandidater(lasbar)).subquery()
    plats = func.row_number().over(partition_by=alla.c.handelse_id, order_by=ordning(alla)).label("plats")
    ordnade = select(alla, plats).subquery()
    return select(ordnade).where(ordnade.c.plats == 1).subquery()


def _kandidater(lasbar: Lasbar) -> list[Select[Any]]:
    underrattelse = literal(Slag.UNDERRATTELSE.value)
    return [
        _nyckel(Lagesbild.handelse_id, _lagesslag(), Lagesbild.id, _V.nummer, _V.publicerad)
        .select_from(Lagesbild)
        .join(_V, and_(_ar_version(), _V.nummer == Lagesbild.senaste))
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(Handelse.id.in_(HANDELSER), lasbar_lagesbild(lasbar)),
        _nyckel(_U.handelse_id, underrattelse, _U.id, literal(1), _U.skapad)
        .select_from(_U)
        .join(Handelse, _U.id == _yngsta_underrattelse(lasbar))
        .where(Handelse.id.in_(HANDELSER)),
        _nyckel(_U.handelse_id, underrattelse, _U.id, _UV.nummer, _UV.publicerad)
        .select_from(_U)
        .join(_UV, and_(_UV.underrattelse_id == _U.id, _UV.nummer == _U.senaste))
        .join(Handelse, Handelse.id == _U.handelse_id)
        .where(_U.handelse_id.in_(HANDELSER), _U.senaste > 1, lasbar_underrattelse(lasbar)),
        _nyckel(_B.handelse_id, literal(Slag.BESLUT.value), _B.id, literal(0), _B.tid)
        .select_from(_B)
        .join(Handelse, _B.id == _yngsta_beslut(lasbar))
        .where(Handelse.id.in_(HANDELSER)),
    ]


# Each of the two below walks the index of event and time from its young end, to the first that may be read.


def _yngsta_underrattelse(lasbar: Lasbar) -> Any:
    sak, version = aliased(_U), aliased(_UV)
    return (
        select(sak.id)
        .join(version, and_(version.underrattelse_id == sak.id, version.nummer == 1))
        .where(sak.handelse_id == Handelse.id, lasbar_underrattelse(lasbar, sak, version))
        .order_by(sak.skapad.desc(), sak.id.desc())
        .limit(1)
        .correlate(Handelse)
        .scalar_subquery()
    )


def _yngsta_beslut(lasbar: Lasbar) -> Any:
    beslut = aliased(_B)
    return (
        select(beslut.id)
        .where(beslut.handelse_id == Handelse.id, lasbart_beslut(lasbar, beslut))
        .order_by(beslut.tid.desc(), beslut.id.desc())
        .limit(1)
        .correlate(Handelse)
        .scalar_subquery()
    )


def _nyckel(handelse_id: Any, slag: Any, objekt_id: Any, nummer: Any, tid: Any) -> Select[Any]:
    return select(
        handelse_id.label("handelse_id"),
        slag.label("slag"),
        objekt_id.label("objekt_id"),
        nummer.label("nummer"),
        tid.label("tid"),
    )


def antal_nya(lasbar: Lasbar) -> ColumnElement[int]:
    """SQL: how many things in Handelse may be read and are new to ANVANDARE, whose Lasmarke is outer joined.

    Of each kind no more are counted than are ever shown, and one.
    """
    sedan = func.coalesce(Lasmarke.sedd_till, literal(_BORJAN, UtcDateTime()))
    antal = [
        select(func.count()).select_from(ett.correlate(Handelse, Lasmarke).limit(MAX_NYA + 1).subquery())
        for ett in _nya(sedan, lasbar)
    ]
    forsta, *resten = (ett.scalar_subquery() for ett in antal)
    return sum(resten, forsta)


def _nya(sedan: Any, lasbar: Lasbar) -> list[Select[Any]]:
    en = select(literal(1))
    av_annan = and_(_UV.forfattare_id != ANVANDARE, lasbar_underrattelse(lasbar))
    underrattelse = en.select_from(_U).join(_UV, _UV.underrattelse_id == _U.id).where(_U.handelse_id == Handelse.id)
    lagesbild = en.select_from(Lagesbild).join(_V, _ar_version()).where(Lagesbild.handelse_id == Handelse.id)
    beslut_av = func.coalesce(_B.anvandare_id, 0)
    return [
        lagesbild.where(_V.publicerad > sedan, _V.forfattare_id != ANVANDARE, lasbar_lagesbild(lasbar)),
        underrattelse.where(_UV.nummer == 1, _U.skapad > sedan, av_annan),
        underrattelse.where(_UV.nummer > 1, _U.senaste > 1, _UV.publicerad > sedan, av_annan),
        en.where(_B.handelse_id == Handelse.id, _B.tid > sedan, beslut_av != ANVANDARE, lasbart_beslut(lasbar)),
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
        func.coalesce(_V.tlp, _UV.tlp, Tlp.CLEAR.value).label("tlp"),
        func.coalesce(_V.funktion, _UV.funktion, "").label("funktion"),
        Aktor.kortnamn.label("kortnamn"),
        Aktor.slug.label("aktor_slug"),
        func.coalesce(Anvandare.namn, "").label("av"),
    ]


def _ar_version() -> ColumnElement[bool]:
    return Lagesbild.id == _V.lagesbild_id


def _lagesslag() -> ColumnElement[str]:
    return case((Lagesbild.aktor_id.is_(None), Slag.SAMLAD.value), else_=Slag.EGEN.value)
