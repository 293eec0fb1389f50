"""Reads for the composed pages. The number of queries never depends on how much there is to show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, and_, case, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse, Handelsebeslut
from wis.handelser.queries import synlig_for
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke
from wis.ytor.rules import Slag


@dataclass(frozen=True)
class Post:
    """One thing that has happened in an event: a version or a decision.

    `nummer` is the version, 0 for a decision; `detalj` the kind of decision, `lage` the läge it left.
    """

    handelse_id: int
    slag: Slag
    objekt_id: int
    nummer: int
    tid: datetime
    av_id: int | None
    av: str
    aktor: str
    aktor_slug: str
    rubrik: str
    text: str
    markt: bool
    detalj: str
    lage: str


@dataclass(frozen=True)
class Urval:
    """Which part of a timeline: of one actor (slug) or kind, `antal` from `fran`."""

    aktor: str = ""
    slag: Slag | None = None
    fran: int = 0
    antal: int = 51


@dataclass(frozen=True)
class Senast:
    """The newest thing in an event, and how many are new to the person who asks."""

    post: Post
    nya: int


def sedd_till(session: Session, anvandare_id: int, handelse_id: int) -> datetime | None:
    """How far the person has read the event, or None."""
    return session.scalar(
        select(Lasmarke.sedd_till).where(Lasmarke.anvandare_id == anvandare_id, Lasmarke.handelse_id == handelse_id)
    )


def senast_i(session: Session, who: Subjekt, handelse_ids: Collection[int]) -> dict[int, Senast]:
    """For each of these events in which anything has happened: the newest thing, and how much is new."""
    flode = _flode(handelse_ids)
    new = and_(
        or_(Lasmarke.sedd_till.is_(None), flode.c.tid > Lasmarke.sedd_till),
        func.coalesce(flode.c.av_id, 0) != who.anvandare_id,
    )
    each = flode.c.handelse_id
    latest_first = (flode.c.tid.desc(), flode.c.slag, flode.c.objekt_id.desc(), flode.c.nummer.desc())
    ranked = (
        select(
            *flode.c,
            func.sum(case((new, 1), else_=0)).over(partition_by=each).label("nya"),
            func.row_number().over(partition_by=each, order_by=latest_first).label("plats"),
        )
        .outerjoin(Lasmarke, and_(Lasmarke.handelse_id == each, Lasmarke.anvandare_id == who.anvandare_id))
        .subquery()
    )
    rows = session.execute(_med_namn(ranked, ranked.c.nya).where(ranked.c.plats == 1))
    return {row.handelse_id: Senast(_post(row), int(row.nya)) for row in rows}


def tidslinje(session: Session, handelse_id: int, urval: Urval) -> list[Post]:
    """What has happened in the event, newest first."""
    flode = _flode([handelse_id])
    query = _med_namn(flode).order_by(flode.c.tid.desc(), flode.c.slag, flode.c.objekt_id.desc(), flode.c.nummer.desc())
    if urval.aktor:
        query = query.where(Aktor.slug == urval.aktor)
    if urval.slag is not None:
        query = query.where(flode.c.slag == urval.slag.value)
    return [_post(row) for row in session.execute(query.offset(urval.fran).limit(urval.antal))]


def aktorer_i(session: Session, handelse_id: int) -> list[tuple[str, str]]:
    """The actors that have done something in the event, as (slug, short name) in Swedish order."""
    acted = select(_flode([handelse_id]).c.aktor_id)
    rows = session.execute(select(Aktor.slug, Aktor.kortnamn).where(Aktor.id.in_(acted)))
    return sorted(((slug, kortnamn) for slug, kortnamn in rows), key=lambda rad: svensk_nyckel(rad[1]))


def sedda_versioner(session: Session, handelse_id: int, till: datetime | None) -> dict[int, int]:
    """Lägesbild id → the number of its last version published by `till`: the one that was seen."""
    if till is None:
        return {}
    rows = session.execute(
        select(LagesbildVersion.lagesbild_id, func.max(LagesbildVersion.nummer))
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .where(Lagesbild.handelse_id == handelse_id, LagesbildVersion.publicerad <= till)
        .group_by(LagesbildVersion.lagesbild_id)
    )
    return {lagesbild_id: nummer for lagesbild_id, nummer in rows}


def forsenade(session: Session, who: Subjekt, now: datetime) -> Sequence[LagesbildVersion]:
    """The latest versions of the actor's own lägesbilder in open events whose next update is late, longest first."""
    return session.scalars(
        select(LagesbildVersion)
        .join(
            Lagesbild,
            and_(Lagesbild.id == LagesbildVersion.lagesbild_id, Lagesbild.senaste == LagesbildVersion.nummer),
        )
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(
            contains_eager(LagesbildVersion.lagesbild).options(
                joinedload(Lagesbild.aktor), contains_eager(Lagesbild.handelse)
            )
        )
        .where(
            synlig_for(who),
            Handelse.stangd.is_(None),
            LagesbildVersion.nasta_uppdatering < now,
            LagesbildVersion.aktor_id == who.aktor_id,
        )
        .order_by(LagesbildVersion.nasta_uppdatering)
    ).all()


def senaste_underrattelser(session: Session, who: Subjekt, antal: int) -> Sequence[UnderrattelseVersion]:
    """The latest versions in open events that are no exercises, newest first."""
    latest = and_(
        UnderrattelseVersion.underrattelse_id == Underrattelse.id, UnderrattelseVersion.nummer == Underrattelse.senaste
    )
    joined = contains_eager(UnderrattelseVersion.underrattelse)
    return session.scalars(
        select(UnderrattelseVersion)
        .join(Underrattelse, latest)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .options(joined.joinedload(Underrattelse.aktor), joined.contains_eager(Underrattelse.handelse))
        .where(synlig_for(who), Handelse.ovning.is_(False), Handelse.stangd.is_(None))
        .order_by(UnderrattelseVersion.publicerad.desc(), Underrattelse.id.desc())
        .limit(antal)
    ).all()


def utan_lagesbild(session: Session, handelse: Handelse, har: Collection[int]) -> list[str]:
    """The short names of the actors that may read the event and have no lägesbild in it, in Swedish order."""
    query = select(Aktor.kortnamn).where(Aktor.id.not_in(list(har)))
    readers = handelse.lasande_aktorer()
    if readers is not None:
        query = query.where(Aktor.id.in_(readers))
    return sorted(session.scalars(query), key=svensk_nyckel)


# --- the stream of what happens ------------------------------------------------------------------------------------


def _flode(handelse_ids: Collection[int]) -> Subquery:
    """SQL: everything that has happened in these events, one row each."""
    return union_all(*(part(list(handelse_ids)) for part in (_lagesbilder, _underrattelser, _beslut))).subquery()


def _lagesbilder(handelse_ids: list[int]) -> Any:
    version = LagesbildVersion
    slag = case((Lagesbild.aktor_id.is_(None), Slag.SAMLAD.value), else_=Slag.EGEN.value)
    text = case((version.andringsnotering != "", version.andringsnotering), else_=version.sammanfattning)
    return (
        select(
            Lagesbild.handelse_id.label("handelse_id"),
            slag.label("slag"),
            Lagesbild.id.label("objekt_id"),
            version.nummer.label("nummer"),
            version.publicerad.label("tid"),
            version.forfattare_id.label("av_id"),
            version.aktor_id.label("aktor_id"),
            literal("").label("rubrik"),
            text.label("text"),
            version.oforandrad.label("markt"),
            literal("").label("detalj"),
            literal("").label("lage"),
        )
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .where(Lagesbild.handelse_id.in_(handelse_ids))
    )


def _underrattelser(handelse_ids: list[int]) -> Any:
    version = UnderrattelseVersion
    return (
        select(
            Underrattelse.handelse_id,
            literal(Slag.UNDERRATTELSE.value),
            Underrattelse.id,
            version.nummer,
            version.publicerad,
            version.forfattare_id,
            Underrattelse.aktor_id,
            version.rubrik,
            version.text,
            version.bradskande,
            literal(""),
            literal(""),
        )
        .join(Underrattelse, Underrattelse.id == version.underrattelse_id)
        .where(Underrattelse.handelse_id.in_(handelse_ids))
    )


def _beslut(handelse_ids: list[int]) -> Any:
    return select(
        Handelsebeslut.handelse_id,
        literal(Slag.BESLUT.value),
        Handelsebeslut.id,
        literal(0),
        Handelsebeslut.tid,
        Handelsebeslut.anvandare_id,
        Handelsebeslut.aktor_id,
        literal(""),
        Handelsebeslut.motivering,
        false(),
        Handelsebeslut.slag,
        Handelsebeslut.lage,
    ).where(Handelsebeslut.handelse_id.in_(handelse_ids))


def _med_namn(flode: Subquery, *extra: Any) -> Any:
    return (
        select(*(column for column in flode.c if column.key not in {"nya", "plats"}), *extra)
        .add_columns(Aktor.kortnamn, Aktor.slug.label("aktor_slug"), Anvandare.namn)
        .join(Aktor, Aktor.id == flode.c.aktor_id)
        .outerjoin(Anvandare, Anvandare.id == flode.c.av_id)
    )


def _post(row: Any) -> Post:
    return Post(
        handelse_id=row.handelse_id,
        slag=Slag(row.slag),
        objekt_id=row.objekt_id,
        nummer=row.nummer,
        tid=row.tid,
        av_id=row.av_id,
        av=row.namn or "",
        aktor=row.kortnamn,
        aktor_slug=row.aktor_slug,
        rubrik=row.rubrik,
        text=row.text,
        markt=bool(row.markt),
        detalj=row.detalj,
        lage=row.lage,
    )
