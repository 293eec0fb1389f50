"""Reads of underrättelser, always scoped to who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.db import UtcDateTime
from wis.handelser.djup import BORJAN, Villkor, golv
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

    Of an event no more are looked through than wis.handelser.djup says.
    """
    djupast = golv(UnderrattelseVersion, "publicerad", _inom(urval))
    found, fler = _lista(session, who, urval, djupast)
    if urval.handelse_id is not None or len(found) == urval.antal or not fler:
        return found
    # Much that is not theirs lies above: what of theirs stands in each event is looked for by itself.
    return _lista(session, who, urval, _i_varje(who, urval))[0]


def _lista(
    session: Session, who: Subjekt, urval: Urval, djupast: ColumnElement[datetime]
) -> tuple[list[UnderrattelseVersion], bool]:
    """The newest that may be read and are younger than `djupast`, and whether anything might be older than that."""
    version, sak = UnderrattelseVersion, Underrattelse
    query = (
        _senaste(who, sak, version)
        .options(
            contains_eager(version.underrattelse).joinedload(sak.aktor),
            contains_eager(version.underrattelse).contains_eager(sak.handelse),
            joinedload(version.forfattare),
        )
        .where(*_inom(urval)(version), version.publicerad > djupast, *_bland(urval, version))
        .order_by(version.publicerad.desc(), version.underrattelse_id.desc())
        .limit(urval.antal)
        .add_columns(djupast)
    )
    rows = session.execute(query).unique().all()
    return [row[0] for row in rows], not rows or rows[0][1] > BORJAN


def _senaste(who: Subjekt, sak: Any, version: Any) -> Select[Any]:
    """The latest versions that `who` may read."""
    latest = and_(version.underrattelse_id == sak.id, version.nummer == sak.senaste)
    innehall = Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id)
    i_handelsen = Handelse.id == version.handelse_id
    return select(version).join(sak, latest).join(Handelse, i_handelsen).where(lasbar_for(who, innehall))


def _inom(urval: Urval) -> Villkor:
    """Where to begin to look: what an index answers."""

    def villkor(rad: Any) -> list[ColumnElement[bool]]:
        i_handelsen = [] if urval.handelse_id is None else [rad.handelse_id == urval.handelse_id]
        return i_handelsen if urval.fore is None else [*i_handelsen, rad.publicerad <= urval.fore.tid]

    return villkor


def _bland(urval: Urval, version: Any) -> list[ColumnElement[bool]]:
    bland: list[ColumnElement[bool]] = [Handelse.ovning.is_(False), Handelse.stangd.is_(None)] if urval.pagaende else []
    if urval.fore is None:
        return bland
    aldre = version.publicerad < urval.fore.tid
    samma = and_(version.publicerad == urval.fore.tid, version.underrattelse_id < literal(urval.fore.id, BigInteger))
    return [*bland, or_(aldre, samma)]


def _i_varje(who: Subjekt, urval: Urval) -> ColumnElement[datetime]:
    """SQL: in each event no more than the first so many have to be looked at."""
    sak, version, inom = aliased(Underrattelse), aliased(UnderrattelseVersion), _inom(urval)
    i_handelsen = golv(UnderrattelseVersion, "publicerad", lambda rad: [rad.handelse_id == Handelse.id, *inom(rad)])
    latest = and_(version.underrattelse_id == sak.id, version.nummer == sak.senaste)
    innehall = Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id)
    sist = (
        select(version.publicerad)
        .join(sak, latest)
        .where(
            version.handelse_id == Handelse.id,
            version.publicerad > i_handelsen,
            *inom(version),
            *_bland(urval, version),
            lasbar_for(who, innehall),
        )
        .order_by(version.publicerad.desc())
        .limit(1)
        .offset(urval.antal)
        .correlate(Handelse)
        .scalar_subquery()
    )
    return func.coalesce(sist, i_handelsen, type_=UtcDateTime())


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
