"""Reads of underrättelser, always scoped to who asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, select, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


@dataclass(frozen=True)
class Urval:
    """Which underrättelser to list. `pagaende`: those in open events that are no exercises."""

    handelse_id: int | None = None
    pagaende: bool = False
    fran: int = 0
    antal: int = 30


def _lasbar(who: Subjekt) -> ColumnElement[bool]:
    """SQL: `who` may read the version. Needs Underrattelse and Handelse in the FROM of the query."""
    version, sak = UnderrattelseVersion, Underrattelse
    return lasbar_for(who, Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id))


def _senaste(who: Subjekt) -> Select[UnderrattelseVersion]:
    """The latest version of each underrättelse, where the subject may read it."""
    latest = and_(
        UnderrattelseVersion.underrattelse_id == Underrattelse.id, UnderrattelseVersion.nummer == Underrattelse.senaste
    )
    return (
        select(UnderrattelseVersion)
        .join(Underrattelse, latest)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .options(
            contains_eager(UnderrattelseVersion.underrattelse).joinedload(Underrattelse.aktor),
            contains_eager(UnderrattelseVersion.underrattelse).contains_eager(Underrattelse.handelse),
            joinedload(UnderrattelseVersion.forfattare),
        )
        .where(_lasbar(who))
        .order_by(UnderrattelseVersion.publicerad.desc(), Underrattelse.id.desc())
    )


def senaste_underrattelser(session: Session, who: Subjekt, urval: Urval) -> Sequence[UnderrattelseVersion]:
    """The latest versions, newest first: `antal` of them from number `fran` of the listing."""
    if urval.handelse_id is not None:
        query = _senaste(who).where(Underrattelse.id.in_(_nyast_i(who, urval.handelse_id, urval)))
        return session.scalars(query).unique().all()
    query = _senaste(who).limit(urval.antal)
    if urval.pagaende:
        query = query.where(Handelse.ovning.is_(False), Handelse.stangd.is_(None))
    if urval.fran:
        query = query.offset(urval.fran)
    return session.scalars(query).unique().all()


def _nyast_i(who: Subjekt, handelse_id: int, urval: Urval) -> Select[int]:
    """The ids of the newest of one event that `who` reads, found by index: those never corrected by age, and the few
    that were."""
    hogst, version = urval.fran + urval.antal, UnderrattelseVersion
    forsta = and_(version.underrattelse_id == Underrattelse.id, version.nummer == 1)
    oandrade = (
        select(Underrattelse.id, Underrattelse.skapad.label("tid"))
        .join(version, forsta)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .where(Underrattelse.handelse_id == handelse_id, Underrattelse.senaste == 1, _lasbar(who))
        .order_by(Underrattelse.skapad.desc(), Underrattelse.id.desc())
        .limit(hogst)
    )
    rattade = (
        select(Underrattelse.id, version.publicerad.label("tid"))
        .join(version, and_(version.underrattelse_id == Underrattelse.id, version.nummer == Underrattelse.senaste))
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .where(Underrattelse.handelse_id == handelse_id, Underrattelse.senaste > 1, _lasbar(who))
        .order_by(version.publicerad.desc(), Underrattelse.id.desc())
        .limit(hogst)
    )
    alla = union_all(select(oandrade.subquery()), select(rattade.subquery())).subquery()
    return select(alla.c.id).order_by(alla.c.tid.desc(), alla.c.id.desc()).limit(urval.antal).offset(urval.fran)


def find_underrattelse(session: Session, underrattelse_id: int) -> Underrattelse | None:
    """The underrättelse, whoever asks: judge it by can() before anything of it is shown."""
    return session.scalar(
        select(Underrattelse)
        .options(
            joinedload(Underrattelse.aktor), joinedload(Underrattelse.handelse).options(selectinload(Handelse.lasare))
        )
        .where(Underrattelse.id == underrattelse_id)
    )


def versioner(session: Session, who: Subjekt, underrattelse_id: int) -> Sequence[UnderrattelseVersion]:
    """The versions that `who` may read, newest first."""
    return session.scalars(
        select(UnderrattelseVersion)
        .join(Underrattelse, Underrattelse.id == UnderrattelseVersion.underrattelse_id)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .options(joinedload(UnderrattelseVersion.forfattare))
        .where(UnderrattelseVersion.underrattelse_id == underrattelse_id, _lasbar(who))
        .order_by(UnderrattelseVersion.nummer.desc())
    ).all()


def find_version(session: Session, underrattelse_id: int, nummer: int) -> UnderrattelseVersion | None:
    """This version, whoever asks: judge it by can() before anything of it is shown."""
    return session.get(UnderrattelseVersion, (underrattelse_id, nummer))


def find_med_nyckel(session: Session, nyckel: str) -> UnderrattelseVersion | None:
    """What was published by the form with this idempotency key, or None."""
    return session.scalar(select(UnderrattelseVersion).where(UnderrattelseVersion.idempotensnyckel == nyckel))
