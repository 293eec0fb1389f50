"""Reads of underrättelser, always scoped to who asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.handelser.queries import synlig_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


@dataclass(frozen=True)
class Urval:
    """Which underrättelser to list."""

    handelse_id: int | None = None
    fran: int = 0
    antal: int = 30


def _senaste(who: Subjekt) -> Select[UnderrattelseVersion]:
    """The latest version of each underrättelse that the subject may read."""
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
        .where(synlig_for(who))
        .order_by(UnderrattelseVersion.publicerad.desc(), Underrattelse.id.desc())
    )


def senaste_underrattelser(session: Session, who: Subjekt, urval: Urval) -> Sequence[UnderrattelseVersion]:
    """The latest versions, newest first: `antal` of them from number `fran` of the listing."""
    query = _senaste(who).limit(urval.antal)
    if urval.handelse_id is not None:
        query = query.where(Underrattelse.handelse_id == urval.handelse_id)
    if urval.fran:
        query = query.offset(urval.fran)
    return session.scalars(query).unique().all()


def find_underrattelse(session: Session, underrattelse_id: int) -> Underrattelse | None:
    """The underrättelse, whoever asks: judge it by can() before anything of it is shown."""
    return session.scalar(
        select(Underrattelse)
        .options(
            joinedload(Underrattelse.aktor), joinedload(Underrattelse.handelse).options(selectinload(Handelse.lasare))
        )
        .where(Underrattelse.id == underrattelse_id)
    )


def versioner(session: Session, underrattelse_id: int) -> Sequence[UnderrattelseVersion]:
    """Every version, newest first."""
    return session.scalars(
        select(UnderrattelseVersion)
        .options(joinedload(UnderrattelseVersion.forfattare))
        .where(UnderrattelseVersion.underrattelse_id == underrattelse_id)
        .order_by(UnderrattelseVersion.nummer.desc())
    ).all()


def find_med_nyckel(session: Session, nyckel: str) -> UnderrattelseVersion | None:
    """What was published by the form with this idempotency key, or None."""
    return session.scalar(select(UnderrattelseVersion).where(UnderrattelseVersion.idempotensnyckel == nyckel))
