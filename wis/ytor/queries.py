"""Reads for the composed pages. The number of queries never depends on how much there is to show."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.andringar import Raknat, numret
from wis.anteckningar.models import Anteckning
from wis.anteckningar.rules import SKILLNAD
from wis.auth.rules import Slag as Sakslag
from wis.auth.rules import Subjekt
from wis.handelser.lasratt import lasbar_for
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.queries import senaste_i_oppna
from wis.underrattelser.lasbar import lasbar_underrattelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor import flode
from wis.ytor.flode import Lasbar
from wis.ytor.models import Lasmarke
from wis.ytor.rules import MAX_NYA, Plats, Slag
from wis.ytor.utfyllt import utfyllt

ANTAL_TAGGAR = 12
TAGGAR_BLAND = 1000
"""Tags are counted among so many of the newest that bear any, of each kind: what is much used now."""


@dataclass(frozen=True)
class Post:
    """One thing that has happened in an event: a version, a decision or a diary entry.

    `nummer` is the version, 0 for what has none; `detalj` the kind of decision, `lage` the läge it left; `funktion` as
    what the author was on duty. `tid`: its place; `skriven`: when it was there to be read, which is another moment for
    a diary entry alone; `struken`: when that was struck, if it was.
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
    tlp: str
    funktion: str
    skriven: datetime
    struken: datetime | None
    struken_av: str

    @property
    def efterat(self) -> bool:
        """Whether it was written so much later than it happened that both times matter."""
        return self.skriven - self.tid > SKILLNAD


@dataclass(frozen=True)
class Urval:
    """Which part of a timeline: of one actor (slug), kind or tag, `antal` of what came before a place.

    Or after it (`efter`: those that came next), or before a moment (`till`). `oforstatt`: what was written for a moment
    and is none.
    """

    aktor: str = ""
    slag: Slag | None = None
    fore: Plats | None = None
    antal: int = 51
    tagg: str = ""
    efter: Plats | None = None
    till: datetime | None = None
    oforstatt: str = ""

    @property
    def vart(self) -> flode.Vart | None:
        """From where one reads; a place goes before a moment."""
        if self.fore is not None:
            return flode.Vart.FORE
        if self.efter is not None:
            return flode.Vart.EFTER
        return flode.Vart.TILL if self.till is not None else None


@dataclass(frozen=True)
class Nytt:
    """When the newest thing in an event was, and how many are new to the person who asks (at most MAX_NYA + 1)."""

    tid: datetime
    nya: int

    @property
    def nya_text(self) -> str:
        """The number as shown: '7', or '99+'."""
        return str(self.nya) if self.nya <= MAX_NYA else f"{MAX_NYA}+"


@dataclass(frozen=True)
class Senast(Nytt):
    """The newest thing as well."""

    post: Post


@dataclass(frozen=True)
class Lasratt:
    """How many actors read a thing, of how many that read the event."""

    antal: int
    av: int


def nummer_och_mark(session: Session, anvandare_id: int, handelse_id: int) -> tuple[int, datetime | None]:
    """How many times the event has been changed, and how far the person has read it."""
    varden = {"anvandare": anvandare_id, "handelse": handelse_id}
    nummer, sedd = session.connection().execute(_nummer_och_mark(), varden).one()
    return nummer or 0, sedd


@cache
def _nummer_och_mark() -> Select[Any]:
    mark = select(Lasmarke.sedd_till).where(
        Lasmarke.anvandare_id == flode.ANVANDARE, Lasmarke.handelse_id == flode.HANDELSE
    )
    sats: Any = select(numret(Raknat.HANDELSE, flode.HANDELSE), mark.scalar_subquery())
    return cast("Select[Any]", sats)


def senast_i(session: Session, who: Subjekt, handelse_ids: Collection[int]) -> dict[int, Senast]:
    """For each of these events in which anything is to be read: the newest thing, and how much is new."""
    dessa = [id_ for id_ in handelse_ids if har_roll(who, id_)]
    varden = bundna(who) | {"anvandare": who.anvandare_id, "handelser": dessa}
    rows = session.execute(sats(_senast_sats, who), varden)
    return {row.handelse_id: _senast(row) for row in rows}


def _senast(row: Any) -> Senast:
    post = _post(row)
    return Senast(post.tid, min(row.nya, MAX_NYA + 1), post)


@cache
def _senast_sats(lasbar: Lasbar) -> Select[Any]:
    nyast = flode.nyast(lasbar)
    return (
        utfyllt(nyast)
        .join(Handelse, Handelse.id == nyast.c.handelse_id)
        .outerjoin(Lasmarke, and_(Lasmarke.handelse_id == Handelse.id, Lasmarke.anvandare_id == flode.ANVANDARE))
        .add_columns(flode.antal_nya(lasbar).label("nya"))
    )


def tidslinje(session: Session, who: Subjekt, handelse: Handelse, urval: Urval) -> list[Post]:
    """What has happened in the event and may be read, newest first."""
    if not har_roll(who, handelse.id) or (urval.tagg and urval.slag is Slag.BESLUT):
        # Decisions bear no tags.
        return []
    varden = bundna(who) | {"handelse": handelse.id, "antal": urval.antal} | _bundet_urval(urval)
    filtret = flode.Filter(bool(urval.aktor), urval.slag, urval.vart, bool(urval.tagg))
    return [_post(row) for row in session.execute(sats(_tidslinje_sats, who, filtret), varden)]


def _bundet_urval(urval: Urval) -> dict[str, Any]:
    varden: dict[str, Any] = {"aktorens_slug": urval.aktor} if urval.aktor else {}
    if urval.tagg:
        varden["tagg"] = urval.tagg
    plats = urval.fore or urval.efter
    if plats is not None:
        varden |= {"fore_tid": plats.tid, "fore_slag": plats.slag.value}
        varden |= {"fore_objekt": plats.objekt_id, "fore_nummer": plats.nummer}
    elif urval.till is not None:
        varden["fore_tid"] = urval.till
    return varden


@cache
def _tidslinje_sats(lasbar: Lasbar, filtret: flode.Filter) -> Select[Any]:
    nycklar = flode.nycklar(lasbar, filtret)
    return utfyllt(nycklar).order_by(*flode.ordning(nycklar))


def taggar_i(session: Session, who: Subjekt, handelse_id: int) -> list[tuple[str, int]]:
    """The most used tags of what may be read in the event, as (tag, how many things bear it), most used first."""
    if not har_roll(who, handelse_id):
        return []
    varden = bundna(who) | {"handelse": handelse_id, "antal": ANTAL_TAGGAR}
    return [(tagg, antal) for tagg, antal in session.execute(sats(_taggar_sats, who), varden)]


@cache
def _taggar_sats(lasbar: Lasbar) -> Select[Any]:
    return flode.mest_taggat(lasbar, TAGGAR_BLAND)


def aktorer_i(session: Session, who: Subjekt, handelse_id: int) -> list[tuple[str, str]]:
    """The actors that have done something in the event that may be read, as (slug, short name) in Swedish order."""
    if not har_roll(who, handelse_id):
        return []
    rows = session.execute(sats(_aktorer_sats, who), bundna(who) | {"handelse": handelse_id})
    return _i_ordning(rows)


@cache
def _aktorer_sats(lasbar: Lasbar) -> Select[Any]:
    version, rattelse, beslut, rad = LagesbildVersion, UnderrattelseVersion, Handelsebeslut, Anteckning
    nagot = (
        _av_aktorn(version, version.publicerad)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .where(flode.lasbar_lagesbild(lasbar)),
        _av_aktorn(rattelse, rattelse.publicerad)
        .join(Underrattelse, Underrattelse.id == rattelse.underrattelse_id)
        .where(lasbar_underrattelse(lasbar)),
        _av_aktorn(beslut, beslut.tid).where(flode.lasbart_beslut(lasbar)),
        _av_aktorn(rad, rad.tid).where(flode.lasbar_anteckning(lasbar)),
    )
    # Not EXISTS: PostgreSQL heeds no order in that.
    gjort = or_(*(ett.correlate(Aktor, Handelse).scalar_subquery().is_not(None) for ett in nagot))
    sats: Any = select(Aktor.slug, Aktor.kortnamn).join(Handelse, Handelse.id == flode.HANDELSE).where(gjort)
    return cast("Select[Any]", sats)


def _av_aktorn(tabell: Any, tid: Any) -> Select[Any]:
    """When Aktor last did something of one kind in Handelse: walks the index of that from its young end."""
    # Between, and in the order: where a few actors have done nearly all, PostgreSQL would by equality expect that of
    # every actor, and for each who has done nothing go through all there is by time.
    return (
        select(tid)
        .select_from(tabell)
        .where(tabell.handelse_id == Handelse.id, tabell.aktor_id.between(Aktor.id, Aktor.id))
        .order_by(tabell.aktor_id.desc(), tid.desc())
        .limit(1)
    )


def sedda_versioner(session: Session, who: Subjekt, handelse_id: int, till: datetime | None) -> dict[int, int]:
    """Lägesbild id → the number of its last version published by `till` that may be read: the one that was seen."""
    if till is None or not har_roll(who, handelse_id):
        return {}
    varden = bundna(who) | {"handelse": handelse_id, "sedan": till}
    rows = session.execute(sats(_sedda_sats, who), varden)
    return {lagesbild_id: nummer for lagesbild_id, nummer in rows if nummer is not None}


@cache
def _sedda_sats(lasbar: Lasbar) -> Select[Any]:
    version = aliased(LagesbildVersion)
    sedd = (
        select(version.nummer)
        .where(
            version.lagesbild_id == Lagesbild.id,
            version.publicerad <= flode.SEDAN,
            flode.lasbar_lagesbild(lasbar, Lagesbild, version),
        )
        .order_by(version.publicerad.desc(), version.nummer.desc())
        .limit(1)
        .correlate(Lagesbild, Handelse)
        .scalar_subquery()
    )
    i_handelsen: Any = select(Lagesbild.id, sedd).join(Handelse, Handelse.id == Lagesbild.handelse_id)
    return cast("Select[Any]", i_handelsen.where(Lagesbild.handelse_id == flode.HANDELSE))


def har_roll(who: Subjekt, handelse_id: int) -> bool:
    """Whether the subject reads anything of the event by its role, or as its guest: the rest is for SQL to say."""
    if who.gast_i is not None:
        return who.gast_i == handelse_id
    return who.roll_i(handelse_id, clock.now()) is not None


def sats(bygg: Callable[..., Select[Any]], who: Subjekt, *val: Any) -> Select[Any]:
    """The statement for who asks: built once for all that are like others, anew for guests and who looks as another."""
    if who.gast_i is None and who.betraktare is None:
        return bygg(flode.aktorn_laser, *val)
    eget: Callable[..., Select[Any]] = bygg.__wrapped__  # type: ignore[attr-defined]
    return eget(lambda innehall: lasbar_for(who, innehall), *val)


def bundna(who: Subjekt) -> dict[str, Any]:
    """What of `who` is bound when sats() is run."""
    vanlig = who.gast_i is None and who.betraktare is None
    return {"lasande_aktor": who.aktor_id} if vanlig else {}


def _i_ordning(rader: Iterable[Any]) -> list[tuple[str, str]]:
    return sorted(((slug, kortnamn) for slug, kortnamn in rader), key=lambda rad: svensk_nyckel(rad[1]))


def forsenade(session: Session, who: Subjekt, now: datetime) -> Sequence[LagesbildVersion]:
    """The latest versions of the actor's own lägesbilder in open events whose next update is late, longest first."""
    return session.scalars(
        select(LagesbildVersion)
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(
            contains_eager(LagesbildVersion.lagesbild).options(
                joinedload(Lagesbild.aktor), contains_eager(Lagesbild.handelse)
            )
        )
        .where(
            flode.lasbar_lagesbild(lambda innehall: lasbar_for(who, innehall, now)),
            senaste_i_oppna(),
            LagesbildVersion.nasta_uppdatering < now,
            LagesbildVersion.aktor_id == who.aktor_id,
        )
        .order_by(LagesbildVersion.nasta_uppdatering)
    ).all()


def utan_lagesbild(session: Session, handelse: Handelse, har: Collection[int]) -> list[tuple[str, str]]:
    """The actors that may read the event and are not among `har`, as (slug, short name) in Swedish order."""
    query = select(Aktor.slug, Aktor.kortnamn).where(Aktor.id.not_in(list(har)))
    readers = handelse.lasande_aktorer()
    if readers is not None:
        query = query.where(Aktor.id.in_(readers))
    return _i_ordning(session.execute(query))


def lasratt_hos(session: Session, handelse: Handelse, versioner: Sequence[LagesbildVersion]) -> dict[int, Lasratt]:
    """Lägesbild id → how many actors read this version of it, among those that read the event now."""
    if not versioner:
        return {}
    i_handelsen = handelse.krets()
    aktorer = [
        (id_, ansluten)
        for id_, ansluten in session.execute(select(Aktor.id, Aktor.ansluten))
        if i_handelsen.rymmer(id_, ansluten, None)
    ]
    return {version.lagesbild_id: _lasratt(handelse, version, aktorer) for version in versioner}


def _lasratt(handelse: Handelse, version: LagesbildVersion, aktorer: list[tuple[int, datetime | None]]) -> Lasratt:
    bild = version.lagesbild
    slag = Sakslag.SAMLAD_LAGESBILD if bild.aktor is None else Sakslag.EGEN_LAGESBILD
    sak = handelse.sak(slag, bild.aktor, krets=bild.krets, publicerad=version.publicerad, tlp=version.tlp)
    namngivna = sak.lasande_aktorer()
    laser = [
        id_
        for id_, ansluten in aktorer
        if (namngivna is None or id_ in namngivna)
        and all(krets.rymmer(id_, ansluten, version.publicerad) for krets in sak.kretsar)
    ]
    return Lasratt(len(laser), len(aktorer))


def _post(row: Any) -> Post:
    slag = Slag(row.slag)
    return Post(
        handelse_id=row.handelse_id,
        slag=slag,
        objekt_id=row.objekt_id,
        nummer=row.nummer,
        tid=row.tid,
        av_id=row.av_id or None,
        av=row.av,
        aktor=row.kortnamn,
        aktor_slug=row.aktor_slug,
        rubrik=row.rubrik,
        text=row.text,
        markt=bool(row.markt),
        detalj=row.detalj,
        lage=row.lage,
        plats=Plats(row.tid, slag, row.objekt_id, row.nummer),
        tlp=row.tlp,
        funktion=row.funktion,
        skriven=row.skriven,
        struken=row.struken,
        struken_av=row.struken_av,
    )
