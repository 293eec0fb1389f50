"""Who and what the demo's content names, found in the database. Raises ClickException for what isn't there."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth import queries as auth_queries
from wis.auth.models import Anvandare
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.handelser.queries import find_handelse


def aktor(session: Session, slug: str) -> Aktor:
    """The actor of that slug."""
    found = find_aktor(session, slug)
    if found is None:
        raise click.ClickException(f"Demon nämner en aktör som inte finns: {slug}")
    return found


def handelse(session: Session, slug: str) -> Handelse:
    """The event of that slug."""
    found = find_handelse(session, slug)
    if found is None:
        raise click.ClickException(f"Demon nämner en händelse som inte finns: {slug}")
    return found


def subjekt(session: Session, epost: str, aktor_slug: str) -> Subjekt:
    """The person acting for the actor."""
    person = session.scalars(select(Anvandare).where(Anvandare.epost == epost)).one()
    medlemskap = auth_queries.giltiga_medlemskap(session, person.id, clock.now())
    return auth_queries.subjekt_av(next(m for m in medlemskap if m.aktor.slug == aktor_slug))
