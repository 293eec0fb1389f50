"""Reads for the composed pages. The number of queries never depends on how much there is to show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, and_, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse, Handelsebeslut
from wis.handelser.queries import synlig_for
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse
from wis.ytor import flode
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Plats, Slag


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
    plats: Plats


@dataclass(frozen=True)
class Urval:
    """Which part of a timeline: of one actor (slug) or kind, `antal` of what came before a place."""

    aktor: str = ""
    slag: Slag | None = None
    fore: Plats | None = None
    antal: int = 51


@dataclass(frozen=True)
class Senast:
    """The newest thing in an event, and how many are new to the person who asks (at most MAX_NYA + 1)."""

    post: Post
    nya: int

    @property
    def nya_text(self) -> str:
        """The number as shown: '7', or '99+'."""
        return str(self.nya) if self.nya <= MAX_NYA else f"{MAX_NYA}+"


def sedd_till(session: Session, anvandare_id: int, handelse_id: int) -> datetime | None:
    """How far the person has read the event, or None."""
    return session.scalar(
        select(Lasmarke.sedd_till).where(Lasmarke.anvandare_id == anvandare_id, Lasmarke.handelse_id == handelse_id)
    )


def senast_i(session: Session, who: Subjekt, handelse_ids: Collection[int]) -> dict[int, Senast]:
    """For each of these events in which anything has happened: the newest thing, and how much is new."""
    nyast = flode.nyast(list(handelse_ids))
    query = (
        flode.utfyllt(nyast)
        .join(Handelse, Handelse.id == nyast.c.handelse_id)
        .outerjoin(Lasmarke, and_(Lasmarke.handelse_id == Handelse.id, Lasmarke.anvandare_id == who.anvandare_id))
        .add_columns(flode.antal_nya(who.anvandare_id).label("nya"))
    )
    return {row.handelse_id: Senast(_post(row), min(row.nya, MAX_NYA + 1)) for row in session.execute(query)}


def tidslinje(session: Session, handelse_id: int, urval: Urval) -> list[Post]:
    """What has happened in the event, newest first."""
    nycklar = flode.nycklar(flode.Filter(handelse_id, urval.aktor, urval.slag, urval.fore, urval.antal))
    return [_post(row) for row in session.execute(flode.utfyllt(nycklar).order_by(*flode.ordning(nycklar)))]


def aktorer_i(session: Session, handelse_id: int) -> list[tuple[str, str]]:
    """The actors that have done something in the event, as (slug, short name) in Swedish order."""
    i_handelsen = Lagesbild.handelse_id == handelse_id
    samlades = select(LagesbildVersion.aktor_id).join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
    acted: CompoundSelect[Any] = union(
        select(Lagesbild.aktor_id).where(i_handelsen, Lagesbild.senaste > 0, Lagesbild.aktor_id.is_not(None)),
        samlades.where(i_handelsen, Lagesbild.aktor_id.is_(None)),
        select(Underrattelse.aktor_id).where(Underrattelse.handelse_id == handelse_id),
        select(Handelsebeslut.aktor_id).where(Handelsebeslut.handelse_id == handelse_id),
    )
    rows = session.execute(select(Aktor.slug, Aktor.kortnamn).where(Aktor.id.in_(acted)))
    return sorted(((slug, kortnamn) for slug, kortnamn in rows), key=lambda rad: svensk_nyckel(rad[1]))


def sedda_versioner(session: Session, handelse_id: int, till: datetime | None) -> dict[int, int]:
    """Lägesbild id → the number of its last version published by `till`: the one that was seen."""
    if till is None:
        return {}
    sedd = (
        select(LagesbildVersion.nummer)
        .where(LagesbildVersion.lagesbild_id == Lagesbild.id, LagesbildVersion.publicerad <= till)
        .order_by(LagesbildVersion.publicerad.desc(), LagesbildVersion.nummer.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(select(Lagesbild.id, sedd).where(Lagesbild.handelse_id == handelse_id))
    return {lagesbild_id: nummer for lagesbild_id, nummer in rows if nummer is not None}


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


def utan_lagesbild(session: Session, handelse: Handelse, har: Collection[int]) -> list[str]:
    """The short names of the actors that may read the event and have no lägesbild in it, in Swedish order."""
    query = select(Aktor.kortnamn).where(Aktor.id.not_in(list(har)))
    readers = handelse.lasande_aktorer()
    if readers is not None:
        query = query.where(Aktor.id.in_(readers))
    return sorted(session.scalars(query), key=svensk_nyckel)


def _post(row: Any) -> Post:
    slag = Slag(row.slag)
    return Post(
        handelse_id=row.handelse_id,
        slag=slag,
        objekt_id=row.objekt_id,
        nummer=row.nummer,
        tid=row.tid,
        av_id=row.av_id,
        av=row.av,
        aktor=row.kortnamn,
        aktor_slug=row.aktor_slug,
        rubrik=row.rubrik,
        text=row.text,
        markt=bool(row.markt),
        detalj=row.detalj,
        lage=row.lage,
        plats=Plats(row.nyckeltid, slag, row.objekt_id, row.nummer),
    )
