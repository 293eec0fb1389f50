"""What is new to a reader, or to a function, in all events that the one who asks may read.

The number of questions is the same however much there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, lasbar_for, synlig_for
from wis.handelser.models import Handelse
from wis.lagesbild.mallar import forlas
from wis.lagesbild.markmodell import Versionsmarke
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.nytt.rules import GAMMAL, STANGD_NYLIGEN, Rang
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor.models import Lasmarke


@dataclass(frozen=True)
class Fraga:
    """Who asks, and whose marks it is by (`vems`: that of a person or a function), at what time."""

    who: Subjekt
    vems: int
    now: datetime


def lagesbilder(session: Session, fraga: Fraga, hogst: int) -> list[tuple[LagesbildVersion, LagesbildVersion | None]]:
    """Of each lägesbild that has come on since the mark: the newest version that may be read, and the one at the mark.

    None for that where there is none or it may not be read any more. At most `hogst`, in the order of the page.
    """
    version, markt = LagesbildVersion, func.coalesce(Versionsmarke.nummer, 0)
    annan = aliased(version)
    nyast = (
        select(func.max(annan.nummer))
        .where(annan.lagesbild_id == Lagesbild.id, annan.nummer > markt, _lasbar(fraga, annan))
        .correlate(Lagesbild, Handelse, Versionsmarke)
        .scalar_subquery()
    )
    mitt = and_(Versionsmarke.lagesbild_id == Lagesbild.id, Versionsmarke.anvandare_id == fraga.vems)
    rader = session.execute(
        _laddad(select(version, markt))
        .outerjoin(Versionsmarke, mitt)
        .where(
            Lagesbild.senaste > markt,
            version.nummer == nyast,
            version.forfattare_id != fraga.vems,
            _aktuell(fraga.now),
        )
        .order_by(_rang(), version.publicerad.desc(), version.lagesbild_id)
        .limit(hogst)
    ).all()
    forra = _vid_market(session, fraga, [(ny.lagesbild_id, nummer) for ny, nummer in rader if nummer])
    forlas(session, [ny for ny, _ in rader] + list(forra.values()))
    return [(ny, forra.get(ny.lagesbild_id)) for ny, _ in rader]


def _vid_market(session: Session, fraga: Fraga, nycklar: Sequence[tuple[int, int]]) -> dict[int, LagesbildVersion]:
    """Those of these versions that may be read, by the id of their lägesbild."""
    version = LagesbildVersion
    vilka = tuple_(version.lagesbild_id, version.nummer).in_(nycklar)
    sats = _laddad(select(version)).where(vilka, _lasbar(fraga, version))
    return {ett.lagesbild_id: ett for ett in session.scalars(sats)}


def _laddad(sats: Any) -> Any:
    """With the lägesbild and the event in the FROM, and all that is shown of a version."""
    version = LagesbildVersion
    return (
        sats.join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(
            contains_eager(version.lagesbild).options(
                contains_eager(Lagesbild.handelse), joinedload(Lagesbild.aktor), joinedload(Lagesbild.krets)
            ),
            joinedload(version.forfattare),
            joinedload(version.aktor),
            joinedload(version.mallrad),
            selectinload(version.sektioner),
        )
    )


def underrattelser(session: Session, fraga: Fraga, hogst: int) -> Sequence[UnderrattelseVersion]:
    """The underrättelser, as they stand, that came since the mark of their event; at most `hogst`, as lagesbilder()."""
    version, sak = UnderrattelseVersion, Underrattelse
    mitt = and_(Lasmarke.handelse_id == Handelse.id, Lasmarke.anvandare_id == fraga.vems)
    sedan = func.coalesce(Lasmarke.sedd_till, fraga.now - GAMMAL)
    return session.scalars(
        select(version)
        .join(sak, and_(version.underrattelse_id == sak.id, version.nummer == sak.senaste))
        .join(Handelse, Handelse.id == version.handelse_id)
        .outerjoin(Lasmarke, mitt)
        .options(
            contains_eager(version.underrattelse).options(joinedload(sak.aktor), contains_eager(sak.handelse)),
            joinedload(version.forfattare),
        )
        .where(
            lasbar_for(fraga.who, Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id), fraga.now),
            version.publicerad > sedan,
            version.forfattare_id != fraga.vems,
            _aktuell(fraga.now),
        )
        .order_by(_rang(), version.publicerad.desc(), version.underrattelse_id.desc())
        .limit(hogst)
    ).all()


def lasta_till(session: Session, fraga: Fraga, till: datetime, handelse_id: int | None) -> list[tuple[int, int]]:
    """Lägesbild and the newest version of it, published by `till`, that may be read: in the event, or (None) in all."""
    version = LagesbildVersion
    rader = session.execute(
        select(version.lagesbild_id, func.max(version.nummer))
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(version.publicerad <= till, _lasbar(fraga, version), *_i(fraga, handelse_id))
        .group_by(version.lagesbild_id)
    )
    return [(lagesbild_id, nummer) for lagesbild_id, nummer in rader]


def handelser(session: Session, fraga: Fraga, handelse_id: int | None) -> Sequence[int]:
    """The ids of the events that the page is about: this one, or (None) all, which may be read."""
    return session.scalars(select(Handelse.id).where(synlig_for(fraga.who, fraga.now), *_i(fraga, handelse_id))).all()


def senast_last(session: Session, vems: int) -> datetime | None:
    """When they last read anything, None for never."""
    nar = select(func.max(Versionsmarke.nar)).where(Versionsmarke.anvandare_id == vems).scalar_subquery()
    till = select(func.max(Lasmarke.sedd_till)).where(Lasmarke.anvandare_id == vems).scalar_subquery()
    return max((tid for tid in session.execute(select(nar, till)).one() if tid is not None), default=None)


def _i(fraga: Fraga, handelse_id: int | None) -> list[ColumnElement[bool]]:
    return [_aktuell(fraga.now)] if handelse_id is None else [Handelse.id == handelse_id]


def _lasbar(fraga: Fraga, version: Any) -> ColumnElement[bool]:
    """SQL: the version may be read. Needs Lagesbild and Handelse in the FROM."""
    return lasbar_for(
        fraga.who, Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id), fraga.now
    )


def _aktuell(now: datetime) -> ColumnElement[bool]:
    return or_(Handelse.stangd.is_(None), Handelse.stangd > now - STANGD_NYLIGEN)


def _rang() -> ColumnElement[int]:
    return case((Handelse.stangd.is_not(None), int(Rang.STANGD)), (Handelse.ovning, int(Rang.OVNING)), else_=0)
