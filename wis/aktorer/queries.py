"""Reads of actors. Who exists is known to everyone who is logged in."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from wis.aktorer.models import Aktor, Aktorsnatverk
from wis.db import en_gang

_SVENSK_ORDNING = str.maketrans({"å": "{", "ä": "|", "ö": "}", "é": "e", "ü": "y"})


def svensk_nyckel(text: str) -> str:
    """A key that sorts as Swedish does (å ä ö last): databases differ, short lists are sorted here."""
    return text.casefold().translate(_SVENSK_ORDNING)


def alla_aktorer(session: Session) -> list[Aktor]:
    """Every actor, in Swedish order of the short name."""
    alla = en_gang(session, "alla aktörer", lambda: session.scalars(select(Aktor)).all())
    return sorted(alla, key=lambda aktor: svensk_nyckel(aktor.kortnamn))


def find_aktor(session: Session, slug: str) -> Aktor | None:
    """The actor with this slug, or None."""
    return session.scalar(select(Aktor).where(Aktor.slug == slug))


def las_aktor(session: Session, aktor_id: int) -> Aktor:
    """The actor, locked against other administrators: what it has chosen is changed by one at a time.

    Raises NoResultFound.
    """
    # Not FOR UPDATE in full: rows that merely refer to the actor may be written meanwhile.
    return session.scalars(select(Aktor).where(Aktor.id == aktor_id).with_for_update(key_share=True)).one()


def alla_natverk(session: Session) -> list[Aktorsnatverk]:
    """Every network with its members, in Swedish order."""
    found = session.scalars(select(Aktorsnatverk).options(selectinload(Aktorsnatverk.medlemmar)))
    return sorted(found, key=lambda natverk: svensk_nyckel(natverk.namn))
