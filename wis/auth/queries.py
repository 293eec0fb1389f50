"""Reads of people, memberships and logins."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Inloggning, Medlemskap
from wis.auth.rules import Roll, Subjekt


def galler(now: datetime) -> ColumnElement[bool]:
    """SQL: the membership and the account are in force at `now`. Needs Medlemskap joined with Anvandare."""
    return and_(
        Medlemskap.avstangd.is_(None),
        Anvandare.avstangd.is_(None),
        or_(Medlemskap.giltig_till.is_(None), Medlemskap.giltig_till > now),
    )


def find_anvandare(session: Session, epost: str) -> Anvandare | None:
    """The person with this address (any case), or None."""
    return session.scalar(select(Anvandare).where(Anvandare.epost == epost.strip().lower()))


def find_losenord(session: Session, epost: str) -> tuple[int, str | None]:
    """The id and the password hash of the account with this address in lower case; (0, None) if there is none.

    Two columns and no object: to find somebody must not take longer than to find nobody.
    """
    row = session.execute(select(Anvandare.id, Anvandare.losenord_hash).where(Anvandare.epost == epost)).first()
    return (0, None) if row is None else (row[0], row[1])


def giltiga_medlemskap(session: Session, anvandare_id: int, now: datetime) -> list[Medlemskap]:
    """What the person is in force at, in Swedish order of actor; memberships that read come first."""
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(joinedload(Medlemskap.aktor))
        .where(Medlemskap.anvandare_id == anvandare_id, galler(now))
    )
    return sorted(found, key=lambda m: (m.roll is None, svensk_nyckel(m.aktor.kortnamn)))


def find_inloggning(session: Session, token_hash: str, now: datetime) -> Inloggning | None:
    """The login that is going on with this token, or None if it has ended, run out or its account is shut."""
    return session.scalar(
        select(Inloggning)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .where(
            Inloggning.token_hash == token_hash,
            Inloggning.avslutad.is_(None),
            Inloggning.giltig_till > now,
            Anvandare.avstangd.is_(None),
        )
    )


def senast_valt_medlemskap(session: Session, anvandare_id: int) -> int | None:
    """The id of the membership that the person's latest login acted by, whether it is in force or not."""
    return session.scalar(
        select(Inloggning.medlemskap_id)
        .where(Inloggning.anvandare_id == anvandare_id)
        .order_by(Inloggning.id.desc())
        .limit(1)
    )


def find_subjekt(session: Session, inloggning: Inloggning, now: datetime) -> Subjekt | None:
    """For whom the login acts now: its chosen membership, else the first in force; None if none is."""
    medlemskap = giltiga_medlemskap(session, inloggning.anvandare_id, now)
    valt = next((m for m in medlemskap if m.id == inloggning.medlemskap_id), None)
    chosen = valt or (medlemskap[0] if medlemskap else None)
    return None if chosen is None else subjekt_av(chosen, inloggning.id)


def subjekt_av(medlemskap: Medlemskap, inloggning_id: int | None = None) -> Subjekt:
    """The membership as the subject that rights are judged on."""
    person, aktor = medlemskap.anvandare, medlemskap.aktor
    return Subjekt(
        anvandare_id=person.id,
        namn=person.namn,
        epost=person.epost,
        aktor_id=aktor.id,
        aktor_slug=aktor.slug,
        aktor_namn=aktor.namn,
        aktor_kortnamn=aktor.kortnamn,
        roll=None if medlemskap.roll is None else Roll(medlemskap.roll),
        administrator=medlemskap.administrator,
        giltig_till=medlemskap.giltig_till,
        inloggning_id=inloggning_id,
    )


def anvandare_hos(session: Session, aktor: Aktor) -> Sequence[Medlemskap]:
    """Everyone who is or was something at the actor, in Swedish order of name."""
    found = session.scalars(
        select(Medlemskap).options(joinedload(Medlemskap.anvandare)).where(Medlemskap.aktor_id == aktor.id)
    )
    return sorted(found, key=lambda m: (m.avstangd is not None, svensk_nyckel(m.anvandare.namn)))


def administratorer(session: Session, aktor_id: int, now: datetime) -> list[Medlemskap]:
    """The actor's administrators in force who can log in or have been invited to."""
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .where(Medlemskap.aktor_id == aktor_id, Medlemskap.administrator, galler(now))
    )
    return list(found)
