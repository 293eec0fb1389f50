"""Reads of people, memberships and logins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, object_session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.rules import Roll, RollIHandelse, Subjekt, Tjanst
from wis.auth.vem_fragar import Behorighet, LastInloggning
from wis.db import Base


def galler(
    now: "datetime | ColumnElement[datetime]", medlemskap: Any = Medlemskap, anvandare: Any = Anvandare
) -> ColumnElement[bool]:
    """SQL: the membership and the account are in force at `now`. Needs Medlemskap joined with Anvandare, or those that
    stand in for them."""
    return and_(
        medlemskap.avstangd.is_(None),
        anvandare.avstangd.is_(None),
        or_(medlemskap.giltig_till.is_(None), medlemskap.giltig_till > now),
    )


def find_anvandare(session: Session, epost: str) -> Anvandare | None:
    """The person with this address (any case), or None."""
    return session.scalar(select(Anvandare).where(Anvandare.epost == epost.strip().lower()))


def personligt(session: Session, person: Anvandare) -> list[str]:
    """What is known of the person, and must not be in the password: name, address, actors."""
    found = session.scalars(select(Aktor).join(Medlemskap).where(Medlemskap.anvandare_id == person.id).distinct())
    return [person.namn, person.adress, *(namn for aktor in found for namn in (aktor.namn, aktor.kortnamn))]


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
        .options(joinedload(Medlemskap.aktor), contains_eager(Medlemskap.anvandare))
        .where(Medlemskap.anvandare_id == anvandare_id, galler(now))
    )
    return sorted(found, key=i_ordning)


def i_ordning(medlemskap: Medlemskap | Behorighet) -> tuple[bool, str]:
    """A key by which memberships are listed: those that read first, in Swedish order of actor."""
    return (medlemskap.roll is None, svensk_nyckel(medlemskap.aktor.kortnamn))


def pagar(now: datetime, vilotid: timedelta) -> ColumnElement[bool]:
    """SQL: the login goes on at `now`: not ended, not run out, and used within `vilotid`."""
    return pagar_vid(now, now - vilotid)


def pagar_vid(
    now: "datetime | ColumnElement[datetime]", sedan: "datetime | ColumnElement[datetime]"
) -> ColumnElement[bool]:
    """As pagar(), used after the moment `sedan`; both may be parameters."""
    return and_(
        Inloggning.avslutad.is_(None),
        Inloggning.giltig_till > now,
        func.coalesce(Inloggning.senast_aktiv, Inloggning.skapad) > sedan,
    )


def find_paborjad(session: Session, token_hash: str, now: datetime) -> Inloggning | None:
    """The login with this token that waits for its second factor, or None; it opens nothing."""
    return session.scalar(
        select(Inloggning)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .where(
            Inloggning.token_hash == token_hash,
            Inloggning.avslutad.is_(None),
            Inloggning.giltig_till > now,
            Inloggning.faktor.is_(None),
            Anvandare.avstangd.is_(None),
        )
    )


def inloggningar_for(session: Session, anvandare_id: int, now: datetime, vilotid: timedelta) -> list[Inloggning]:
    """The person's logins that are going on, the latest used first."""
    found = session.scalars(
        select(Inloggning).where(
            Inloggning.anvandare_id == anvandare_id, pagar(now, vilotid), Inloggning.faktor.is_not(None)
        )
    )
    return sorted(found, key=lambda rad: rad.senast_aktiv or rad.skapad, reverse=True)


def senast_valt_medlemskap(session: Session, anvandare_id: int) -> int | None:
    """The id of the membership that the person's latest login acted by, whether it is in force or not."""
    return session.scalar(
        select(Inloggning.medlemskap_id)
        .where(Inloggning.anvandare_id == anvandare_id)
        .order_by(Inloggning.id.desc())
        .limit(1)
    )


def find_subjekt(session: Session, inloggning: Inloggning | LastInloggning, now: datetime) -> Subjekt | None:
    """For whom the login acts now: by its chosen membership, and by no other. None once that is no longer in force.

    A login that has never had a choice acts by the first membership in force.
    """
    medlemskap: Sequence[Medlemskap | Behorighet] = (
        inloggning.behorigheter
        if isinstance(inloggning, LastInloggning)
        else giltiga_medlemskap(session, inloggning.anvandare_id, now)
    )
    if inloggning.medlemskap_id is None:
        chosen = medlemskap[0] if medlemskap else None
    else:
        chosen = next((m for m in medlemskap if m.id == inloggning.medlemskap_id), None)
    return None if chosen is None else subjekt_av(chosen, inloggning.id, now)


def find_upphord(session: Session, inloggning_id: int) -> Medlemskap | None:
    """The membership that the login was acting by, whether in force or not; None if it never had one."""
    return session.scalar(
        select(Medlemskap)
        .join(Inloggning, Inloggning.medlemskap_id == Medlemskap.id)
        .options(joinedload(Medlemskap.aktor))
        .where(Inloggning.id == inloggning_id)
    )


def subjekt_av(
    medlemskap: Medlemskap | Behorighet,
    inloggning_id: int | None = None,
    now: datetime | None = None,
    tjanster: tuple[Tjanst, ...] | None = None,
) -> Subjekt:
    """The membership as the subject that rights are judged on, at `now`.

    `tjanster`: what the person is on duty as, where that has been asked for many at once.
    """
    person, aktor, moment = medlemskap.anvandare, medlemskap.aktor, now or clock.now()
    return Subjekt(
        anvandare_id=person.id,
        namn=person.namn,
        epost=person.adress,
        aktor_id=aktor.id,
        aktor_slug=aktor.slug,
        aktor_namn=aktor.namn,
        aktor_kortnamn=aktor.kortnamn,
        roll=_roll(medlemskap.roll),
        administrator=medlemskap.administrator,
        giltig_till=medlemskap.giltig_till,
        inloggning_id=inloggning_id,
        medlemskap_id=medlemskap.id,
        ansluten=aktor.ansluten,
        handelseroller=_handelseroller(medlemskap),
        gast_i=medlemskap.gast_handelse_id,
        tjanster=_tjanster(medlemskap, moment) if tjanster is None else tjanster,
    )


def _handelseroller(medlemskap: Medlemskap | Behorighet) -> tuple[RollIHandelse, ...]:
    return tuple(RollIHandelse(r.handelse_id, _roll(r.roll), r.giltig_till) for r in medlemskap.handelseroller)


def _roll(varde: str | None) -> Roll | None:
    return None if varde is None else Roll(varde)


def _tjanster(medlemskap: Medlemskap | Behorighet, now: datetime) -> tuple[Tjanst, ...]:
    """What the person is on duty as; a function has its role while it is itself in force."""
    if isinstance(medlemskap, Behorighet):
        return medlemskap.tjanster
    # Asked for, and not through the relationship: years of turns would come along on every page.
    turns = _session(medlemskap).scalars(
        select(Tjanstgoring)
        .join(Tjanstgoring.funktion)
        .options(contains_eager(Tjanstgoring.funktion))
        .where(
            Tjanstgoring.medlemskap_id == medlemskap.id,
            Tjanstgoring.avslutad.is_(None),
            Tjanstgoring.till > now,
            Funktion.nedlagd.is_(None),
        )
        .order_by(Funktion.kortnamn)
    )
    return tuple(Tjanst(t.funktion.id, t.funktion.kortnamn, _funktionsroll(t.funktion, now), t.till) for t in turns)


def _funktionsroll(funktion: Funktion, now: datetime) -> Roll | None:
    egna = giltiga_medlemskap(_session(funktion), funktion.anvandare_id, now)
    return next((_roll(m.roll) for m in egna if m.aktor_id == funktion.aktor_id), None)


def _session(rad: Base) -> Session:
    session = object_session(rad)
    if session is None:
        raise RuntimeError("the row has been let go of by its session")
    return session


def anvandare_hos(session: Session, aktor: Aktor) -> Sequence[Medlemskap]:
    """Everyone (a function is no one) who is or was something at the actor, in Swedish order of name."""
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Medlemskap.anvandare))
        .where(Medlemskap.aktor_id == aktor.id, Anvandare.slag == Anvandarslag.PERSON)
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
