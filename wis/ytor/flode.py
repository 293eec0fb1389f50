"""What happens in events as one stream in SQL, whatever table it stands in.

Only what the one who asks may read is in it, each version by itself; decisions by the time they were taken. A diary
entry stands in the timeline by when it happened, and is new by when it was written. Keys are found by index and sorted
first; texts are fetched for the few that won.

An index is walked from its young end until there are as many as asked for. For who reads most of what there is that is
a page's worth. Who reads next to nothing is taken past all that is hidden above: linear in that, and accepted. To stop
sooner would lose what they may read, and by what is lost tell them how much is hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
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
    union_all,
)
from sqlalchemy.orm import aliased

from wis.aktorer.models import Aktor
from wis.anteckningar.models import Anteckning
from wis.auth.krets import Tlp
from wis.db import UtcDateTime
from wis.handelser.lasratt import Innehall, aktor_laser
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.taggar import Slag as Taggslag
from wis.taggar import Tagg
from wis.underrattelser.lasbar import lasbar_underrattelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Slag

LAGESSLAG = {Slag.SAMLAD, Slag.EGEN}
_V, _U, _UV, _B, _A = LagesbildVersion, Underrattelse, UnderrattelseVersion, Handelsebeslut, Anteckning
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
TAGG = bindparam("tagg", type_=String())
FORE_TID = bindparam("fore_tid", type_=UtcDateTime())
FORE_SLAG = bindparam("fore_slag", type_=String())
FORE_OBJEKT = bindparam("fore_objekt", type_=BigInteger())
FORE_NUMMER = bindparam("fore_nummer", type_=BigInteger())

Lasbar = Callable[[Innehall], ColumnElement[bool]]
"""SQL: what stands in these columns may be read by the one who asks. Needs Handelse in the FROM."""


class Vart(StrEnum):
    """From where one reads: what comes before a place or after it, or what is older than a moment."""

    FORE = "fore"
    EFTER = "efter"
    TILL = "till"


@dataclass(frozen=True)
class Filter:
    """Which part of an event's stream: of one actor, kind or tag, from a place on.

    `skrivna`: in order of when it was written, not of when it happened.
    """

    aktor: bool = False
    slag: Slag | None = None
    vart: Vart | None = None
    tagg: bool = False
    skrivna: bool = False


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


def lasbar_anteckning(lasbar: Lasbar, anteckning: Any = _A) -> ColumnElement[bool]:
    """SQL: may read the diary entry: as a decision, from when it was written. Needs Handelse and Anteckning."""
    return lasbar(Innehall(anteckning.skriven, null(), literal(Tlp.CLEAR.value), None))


# --- one event, newest first ---------------------------------------------------------------------------------------


def nycklar(lasbar: Lasbar, urval: Filter) -> Subquery:
    """SQL: the keys of the newest things in HANDELSE that the filter lets through, at most ANTAL.

    After a place: of those, the oldest. At least one kind must be left: decisions bear no tags.
    """
    grenar = [gren for slagen, gren in _grenar(lasbar, urval) if urval.slag is None or urval.slag in slagen]
    alla = union_all(*(select(gren.subquery()) for gren in grenar)).subquery()
    return select(alla).order_by(*_at(urval, *_ordnade(alla))).limit(ANTAL).subquery()


def ordning(flode: Subquery) -> tuple[ColumnElement[Any], ...]:
    """SQL: newest first, and always the same among things of the same moment."""
    return _at(Filter(), *_ordnade(flode))


def _ordnade(flode: Subquery) -> tuple[Any, Any, Any, Any]:
    return (flode.c.tid, flode.c.slag, flode.c.objekt_id, flode.c.nummer)


def _at(urval: Filter, tid: Any, slag: Any, objekt_id: Any, nummer: Any) -> tuple[ColumnElement[Any], ...]:
    """Newest first, or the other way for what comes after a place."""
    if urval.vart is Vart.EFTER:
        return (tid.asc(), slag.desc(), objekt_id.asc(), nummer.asc())
    return (tid.desc(), slag.asc(), objekt_id.desc(), nummer.desc())


def _grenar(lasbar: Lasbar, urval: Filter) -> list[tuple[set[Slag], Select[Any]]]:
    lagesbild = _gren(urval, _V, _lagesslag(), Lagesbild.id, _V.nummer).join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
    if urval.slag in LAGESSLAG:
        lagesbild = lagesbild.where(_lagesslag() == urval.slag)
    underrattelse = _gren(urval, _UV, literal(Slag.UNDERRATTELSE.value), _U.id, _UV.nummer)
    underrattelse = underrattelse.join(_U, _U.id == _UV.underrattelse_id)
    anteckning = _gren(urval, _A, literal(Slag.ANTECKNING.value), _A.id, literal(0))
    grenar = [
        (LAGESSLAG, lagesbild.where(lasbar_lagesbild(lasbar))),
        ({Slag.UNDERRATTELSE}, underrattelse.where(lasbar_underrattelse(lasbar))),
        ({Slag.ANTECKNING}, anteckning.where(lasbar_anteckning(lasbar))),
    ]
    if not urval.tagg:
        beslut = _gren(urval, _B, literal(Slag.BESLUT.value), _B.id, literal(0))
        grenar.append(({Slag.BESLUT}, beslut.where(lasbart_beslut(lasbar))))
    return grenar


def _gren(urval: Filter, tabell: Any, slag: Any, objekt_id: Any, nummer: Any) -> Select[Any]:
    """The keys of one table's part, from the place of the filter on, by the index of event and time, or of the tag."""
    tid = Tagg.tid if urval.tagg else _tid(tabell, hande=not urval.skrivna)
    gren = (
        _nyckel(HANDELSE, slag, objekt_id, nummer, tabell, tid)
        .select_from(tabell)
        .join(Handelse, Handelse.id == tabell.handelse_id)
        .where(*_i_urvalet(urval, tabell))
        .order_by(*_at(urval, tid, slag, objekt_id, nummer))
        .limit(ANTAL)
    )
    if urval.tagg:
        gren = gren.join(Tagg, _taggad(tabell))
    # The range by itself is for the index; what is of the very moment is for the row to say.
    if urval.vart is Vart.TILL:
        return gren.where(tid < FORE_TID)
    if urval.vart is Vart.FORE:
        samma = _i_tur(slag > FORE_SLAG, objekt_id < FORE_OBJEKT, nummer < FORE_NUMMER, slag, objekt_id)
        return gren.where(tid <= FORE_TID, or_(tid < FORE_TID, samma))
    if urval.vart is Vart.EFTER:
        samma = _i_tur(slag < FORE_SLAG, objekt_id > FORE_OBJEKT, nummer > FORE_NUMMER, slag, objekt_id)
        return gren.where(tid >= FORE_TID, or_(tid > FORE_TID, samma))
    return gren


def _i_tur(slagets: Any, objektets: Any, numrets: Any, slag: Any, objekt_id: Any) -> ColumnElement[bool]:
    """SQL: comes on, by what of the key differs first."""
    return or_(slagets, and_(slag == FORE_SLAG, or_(objektets, and_(objekt_id == FORE_OBJEKT, numrets))))


def _taggad(tabell: Any) -> ColumnElement[bool]:
    slag, objekt_id, nummer = _TAGGADE[tabell]
    den = (Tagg.slag == slag.value, Tagg.objekt_id == objekt_id, Tagg.nummer == nummer)
    return and_(Tagg.handelse_id == HANDELSE, Tagg.tagg == TAGG, *den)


_TAGGADE: dict[Any, tuple[Taggslag, Any, Any]] = {
    _V: (Taggslag.LAGESBILD, _V.lagesbild_id, _V.nummer),
    _UV: (Taggslag.UNDERRATTELSE, _UV.underrattelse_id, _UV.nummer),
    _A: (Taggslag.ANTECKNING, _A.id, 0),
}


def mest_taggat(lasbar: Lasbar, bland: int) -> Select[Any]:
    """SQL: the tags of what may be read in HANDELSE, and how many things bear each, most first, at most ANTAL.

    Counted among the newest `bland` of each kind.
    """
    lagesbild = _taggar_i(_V).join(Lagesbild, Lagesbild.id == _V.lagesbild_id).where(lasbar_lagesbild(lasbar))
    underrattelse = _taggar_i(_UV).join(_U, _U.id == _UV.underrattelse_id).where(lasbar_underrattelse(lasbar))
    grenar = (lagesbild, underrattelse, _taggar_i(_A).where(lasbar_anteckning(lasbar)))
    alla = union_all(*(select(gren.limit(bland).subquery()) for gren in grenar)).subquery()
    antal = func.count().label("antal")
    return select(alla.c.tagg, antal).group_by(alla.c.tagg).order_by(antal.desc(), alla.c.tagg).limit(ANTAL)


def _taggar_i(tabell: Any) -> Select[Any]:
    slag, objekt_id, nummer = _TAGGADE[tabell]
    return (
        select(Tagg.tagg)
        .join(tabell, and_(objekt_id == Tagg.objekt_id, nummer == Tagg.nummer))
        .join(Handelse, Handelse.id == Tagg.handelse_id)
        .where(Tagg.handelse_id == HANDELSE, Tagg.slag == slag.value)
        .order_by(Tagg.tid.desc())
    )


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


def _tid(tabell: Any, *, hande: bool = False) -> Any:
    """When it was published, taken or written; or for a diary entry, when that happened."""
    if hasattr(tabell, "skriven"):
        return tabell.tid if hande else tabell.skriven
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
    v, uv, b, a, bild, sak = aliased(_V), aliased(_UV), aliased(_B), aliased(_A), aliased(Lagesbild), aliased(_U)
    yngsta_version = _yngsta(v).join(bild, bild.id == v.lagesbild_id).where(lasbar_lagesbild(lasbar, bild, v))
    yngsta_rattelse = _yngsta(uv).join(sak, sak.id == uv.underrattelse_id).where(lasbar_underrattelse(lasbar, sak, uv))
    yngsta_beslut = _yngsta(b).where(lasbart_beslut(lasbar, b))
    yngsta_anteckning = _yngsta(a).where(lasbar_anteckning(lasbar, a))
    return [
        _av_yngsta(yngsta_version, _V, _lagesslag(), Lagesbild.id, _V.nummer)
        .join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
        .where(lasbar_lagesbild(lasbar)),
        _av_yngsta(yngsta_rattelse, _UV, literal(Slag.UNDERRATTELSE.value), _U.id, _UV.nummer)
        .join(_U, _U.id == _UV.underrattelse_id)
        .where(lasbar_underrattelse(lasbar)),
        _av_yngsta(yngsta_beslut, _B, literal(Slag.BESLUT.value), _B.id, literal(0)).where(lasbart_beslut(lasbar)),
        _av_yngsta(yngsta_anteckning, _A, literal(Slag.ANTECKNING.value), _A.id, literal(0)).where(
            lasbar_anteckning(lasbar)
        ),
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
    gren = _nyckel(Handelse.id, slag, objekt_id, nummer, tabell, _tid(tabell))
    return gren.select_from(Handelse).join(tabell, da).where(Handelse.id.in_(HANDELSER))


def _nyckel(handelse_id: Any, slag: Any, objekt_id: Any, nummer: Any, tabell: Any, tid: Any) -> Select[Any]:
    return select(
        handelse_id.label("handelse_id"),
        slag.label("slag"),
        objekt_id.label("objekt_id"),
        nummer.label("nummer"),
        tid.label("tid"),
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
    lagesbild, underrattelse, beslut, anteckning = (
        select(literal(1))
        .select_from(tabell)
        .where(
            tabell.handelse_id == Handelse.id,
            _tid(tabell) > sedan,
            _av(tabell) != ANVANDARE,
        )
        for tabell in (_V, _UV, _B, _A)
    )
    return [
        lagesbild.join(Lagesbild, Lagesbild.id == _V.lagesbild_id).where(lasbar_lagesbild(lasbar)),
        underrattelse.join(_U, _U.id == _UV.underrattelse_id).where(lasbar_underrattelse(lasbar)),
        beslut.where(lasbart_beslut(lasbar)),
        anteckning.where(lasbar_anteckning(lasbar)),
    ]


def _lagesslag() -> ColumnElement[str]:
    return case((Lagesbild.aktor_id.is_(None), Slag.SAMLAD.value), else_=Slag.EGEN.value)
