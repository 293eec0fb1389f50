"""Reads of underrättelser, always scoped to who asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import Plats


@dataclass(frozen=True)
class Urval:
    """Which to list: `antal` of those before a place. `pagaende`: in open events that are no exercises."""

    handelse_id: int | None = None
    pagaende: bool = False
    fore: Plats | None = None
    antal: int = 30


def _lasbar(who: Subjekt) -> ColumnElement[bool]:
    """SQL: `who` may read the version. Needs Underrattelse and Handelse in the FROM of the query."""
    version, sak = UnderrattelseVersion, Underrattelse
    return lasbar_for(who, Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id))


def senaste_underrattelser(session: Session, who: Subjekt, urval: Urval) -> Sequence[UnderrattelseVersion]:
    """The latest version of each, where `who` may read it, newest first.

    The index of time is walked from its young end, past what is hidden, until there are so many.
    """
    version, sak = UnderrattelseVersion, Underrattelse
    return session.scalars(
        select(version)
        .join(sak, and_(version.underrattelse_id == sak.id, version.nummer == sak.senaste))
        .join(Handelse, Handelse.id == version.handelse_id)
        .options(
            contains_eager(version.underrattelse).joinedload(sak.aktor),
            contains_eager(version.underrattelse).contains_eager(sak.handelse),
            joinedload(version.forfattare),
        )
        .where(_lasbar(who), *_bland(urval))
        .order_by(version.publicerad.desc(), version.underrattelse_id.desc())
        .limit(urval.antal)
    ).all()


def _bland(urval: Urval) -> list[ColumnElement[bool]]:
    version = UnderrattelseVersion
    bland: list[ColumnElement[bool]] = [Handelse.ovning.is_(False), Handelse.stangd.is_(None)] if urval.pagaende else []
    if urval.handelse_id is not None:
        bland.append(version.handelse_id == urval.handelse_id)
    if urval.fore is None:
        return bland
    tid, aldre = urval.fore.tid, version.underrattelse_id < literal(urval.fore.id, BigInteger)
    # The range by itself is for the index; what is of the very moment is for the row to say.
    return [*bland, version.publicerad <= tid, or_(version.publicerad < tid, aldre)]


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
        .options(joinedload(UnderrattelseVersion.forfattare), joinedload(UnderrattelseVersion.godkand_av))
        .where(UnderrattelseVersion.underrattelse_id == underrattelse_id, _lasbar(who))
        .order_by(UnderrattelseVersion.nummer.desc())
    ).all()


def find_version(session: Session, underrattelse_id: int, nummer: int) -> UnderrattelseVersion | None:
    """This version, whoever asks: judge it by can() before anything of it is shown."""
    return session.get(UnderrattelseVersion, (underrattelse_id, nummer))


def find_med_nyckel(session: Session, nyckel: str) -> UnderrattelseVersion | None:
    """What was published by the form with this idempotency key, or None."""
    return session.scalar(select(UnderrattelseVersion).where(UnderrattelseVersion.idempotensnyckel == nyckel))
