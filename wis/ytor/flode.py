"""What happens in events as one stream in SQL, whatever table it stands in.

Only what the one who asks may read is in it, each version by itself; decisions by the time they were taken. Keys are
found by index and sorted first; texts are fetched for the few that won.

An index is walked from its young end until there are as many as asked for. For who reads most of what there is that is
a page's worth. Who reads next to nothing is taken past all that is hidden above: linear in that, and accepted. To stop
sooner would lose what they may read, and by what is lost tell them how much is hidden.
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
from wis.underrattelser.lasbar import lasbar_underrattelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Slag

_LAGESSLAG = {Slag.SAMLAD, Slag.EGEN}
_V, _U, _UV, _B = LagesbildVersion, Underrattelse, UnderrattelseVersion, Handelsebeslut
_BORJAN = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that was ever published here."""


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


def lasbar_lagesbild(lasbar: Lasbar, bild: Any = Lagesbild, version: Any = _V) -> ColumnElement[bool]:
    """SQL: may read the version. Needs Handelse, Lagesbild and LagesbildVersion."""
    return lasbar(Innehall(version.publicerad, bild.aktor_id, version.tlp, bild.krets_id))


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
    lagesbild = _gren(urval, _V, _lagesslag(), Lagesbild.id, _V.nummer).join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
    if urval.slag in _LAGESSLAG:
        lagesbild = lagesbild.where(_lagesslag() == urval.slag)
    underrattelse = _gren(urval, _UV, literal(Slag.UNDERRATTELSE.value), _U.id, _UV.nummer)
    underrattelse = underrattelse.join(_U, _U.id == _UV.underrattelse_id)
    beslut = _gren(urval, _B, literal(Slag.BESLUT.value), _B.id, literal(0))
    return [
        (_LAGESSLAG, lagesbild.where(lasbar_lagesbild(lasbar))),
        ({Slag.UNDERRATTELSE}, underrattelse.where(lasbar_underrattelse(lasbar))),
        ({Slag.BESLUT}, beslut.where(lasbart_beslut(lasbar))),
    ]


def _gren(urval: Filter, tabell: Any, slag: Any, objekt_id: Any, nummer: Any) -> Select[Any]:
    """The keys of one table's part, from the place of the filter on, by the index of its event and time."""
    tid = _tid(tabell)
    gren = (
        _nyckel(HANDELSE, slag, objekt_id, nummer, tabell)
        .select_from(tabell)
        .join(Handelse, Handelse.id == tabell.handelse_id)
        .where(*_i_urvalet(urval, tabell))
        .order_by(tid.desc(), slag, objekt_id.desc(), nummer.desc())
        .limit(ANTAL)
    )
    if not urval.fore:
        return gren
    samma = or_(
        slag > FORE_SLAG,
        and_(slag == FORE_SLAG, or_(objekt_id < FORE_OBJEKT, and_(objekt_id == FORE_OBJEKT, nummer < FORE_NUMMER))),
    )
    # The range by itself is for the index; what is of the very moment is for the row to say.
    return gren.where(tid <= FORE_TID, or_(tid < FORE_TID, samma))


def _i_urvalet(urval: Filter, tabell: Any) -> list[ColumnElement[bool]]:
    if tabell is _V and urval.slag is Slag.SAMLAD:
        # It is one lägesbild, which has an index of its own.
        den = select(Lagesbild.id).where(Lagesbild.handelse_id == HANDELSE, Lagesbild.aktor_id.is_(None))
        villkor = [tabell.lagesbild_id == den.correlate_except(Lagesbild).scalar_subquery()]
    else:
        villkor = [tabell.handelse_id == HANDELSE]
    if urval.aktor:
        aktor = select(Aktor.id).where(Aktor.slug == AKTORENS_SLUG).correlate_except(Aktor)
        villkor.append(tabell.aktor_id == aktor.scalar_subquery())
    return villkor


def _tid(tabell: Any) -> Any:
    return tabell.tid if hasattr(tabell, "tid") else tabell.publicerad


def _av(tabell: Any) -> Any:
    """Who made it; 0 for nobody."""
    return func.coalesce(_B.anvandare_id, 0) if tabell is _B else tabell.forfattare_id


# --- several events, the newest thing of each ----------------------------------------------------------------------


def nyast(lasbar: Lasbar) -> Subquery:
    """SQL: the key of the newest thing that may be read in each of HANDELSER."""
    alla = union_all(*_kandidater(lasbar)).subquery()
    plats = func.row_number().over(partition_by=alla.c.handelse_id, order_by=ordning(alla)).label("plats")
    ordnade = select(alla, plats).subquery()
    return select(ordnade).where(ordnade.c.plats == 1).subquery()


def _kandidater(lasbar: Lasbar) -> list[Select[Any]]:
    """Of each table those that may be read of the moment of the youngest such."""
    v, uv, b, bild, sak = aliased(_V), aliased(_UV), aliased(_B), aliased(Lagesbild), aliased(_U)
    yngsta_version = _yngsta(v).join(bild, bild.id == v.lagesbild_id).where(lasbar_lagesbild(lasbar, bild, v))
    yngsta_rattelse = _yngsta(uv).join(sak, sak.id == uv.underrattelse_id).where(lasbar_underrattelse(lasbar, sak, uv))
    yngsta_beslut = _yngsta(b).where(lasbart_beslut(lasbar, b))
    return [
        _av_yngsta(yngsta_version, _V, _lagesslag(), Lagesbild.id, _V.nummer)
        .join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
        .where(lasbar_lagesbild(lasbar)),
        _av_yngsta(yngsta_rattelse, _UV, literal(Slag.UNDERRATTELSE.value), _U.id, _UV.nummer)
        .join(_U, _U.id == _UV.underrattelse_id)
        .where(lasbar_underrattelse(lasbar)),
        _av_yngsta(yngsta_beslut, _B, literal(Slag.BESLUT.value), _B.id, literal(0)).where(lasbart_beslut(lasbar)),
    ]


def _yngsta(tabell: Any) -> Select[Any]:
    """Walks the index of event and time from its young end, to the first that the conditions let through."""
    tid = _tid(tabell)
    return (
        select(tid)
        .select_from(tabell)
        .where(tabell.handelse_id == Handelse.id)
        .order_by(tid.desc())
        .limit(1)
        .correlate(Handelse)
    )


def _av_yngsta(yngsta: Select[Any], tabell: Any, slag: Any, objekt_id: Any, nummer: Any) -> Select[Any]:
    da = and_(tabell.handelse_id == Handelse.id, _tid(tabell) == yngsta.scalar_subquery())
    gren = _nyckel(Handelse.id, slag, objekt_id, nummer, tabell)
    return gren.select_from(Handelse).join(tabell, da).where(Handelse.id.in_(HANDELSER))


def _nyckel(handelse_id: Any, slag: Any, objekt_id: Any, nummer: Any, tabell: Any) -> Select[Any]:
    return select(
        handelse_id.label("handelse_id"),
        slag.label("slag"),
        objekt_id.label("objekt_id"),
        nummer.label("nummer"),
        _tid(tabell).label("tid"),
        _av(tabell).label("av_id"),
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
    lagesbild, underrattelse, beslut = (
        select(literal(1))
        .select_from(tabell)
        .where(
            tabell.handelse_id == Handelse.id,
            _tid(tabell) > sedan,
            _av(tabell) != ANVANDARE,
        )
        for tabell in (_V, _UV, _B)
    )
    return [
        lagesbild.join(Lagesbild, Lagesbild.id == _V.lagesbild_id).where(lasbar_lagesbild(lasbar)),
        underrattelse.join(_U, _U.id == _UV.underrattelse_id).where(lasbar_underrattelse(lasbar)),
        beslut.where(lasbart_beslut(lasbar)),
    ]


# --- what the keys stand for ---------------------------------------------------------------------------------------


def utfyllt(flode: Subquery) -> Select[Any]:
    """SQL: the rows of these keys with texts and names."""
    slag, objekt_id, nummer = flode.c.slag, flode.c.objekt_id, flode.c.nummer
    lagesbild = and_(slag.in_(sorted(_LAGESSLAG)), _V.lagesbild_id == objekt_id, _V.nummer == nummer)
    underrattelse = and_(slag == Slag.UNDERRATTELSE.value, _UV.underrattelse_id == objekt_id, _UV.nummer == nummer)
    return (
        select(
            flode.c.handelse_id,
            slag,
            objekt_id,
            nummer,
            type_coerce(flode.c.tid, UtcDateTime()).label("tid"),
            flode.c.av_id,
            *_ord(),
        )
        .select_from(flode)
        .outerjoin(_V, lagesbild)
        .outerjoin(_UV, underrattelse)
        .outerjoin(_B, and_(slag == Slag.BESLUT.value, _B.id == objekt_id))
        .join(Aktor, Aktor.id == func.coalesce(_V.aktor_id, _UV.aktor_id, _B.aktor_id))
        .outerjoin(Anvandare, Anvandare.id == flode.c.av_id)
    )


def _ord() -> list[ColumnElement[Any]]:
    text = func.coalesce(func.nullif(_V.andringsnotering, ""), _V.sammanfattning, _UV.text, _B.motivering)
    return [
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


def _lagesslag() -> ColumnElement[str]:
    return case((Lagesbild.aktor_id.is_(None), Slag.SAMLAD.value), else_=Slag.EGEN.value)
