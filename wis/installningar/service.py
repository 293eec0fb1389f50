"""Keeping how a person wants pages to look."""

from sqlalchemy.orm import Session

from wis import audit
from wis.auth.models import Anvandare
from wis.utseende import Utseende


def valj(session: Session, person: Anvandare, valt: Utseende) -> bool:
    """Keep the choices on the person, who is locked; returns whether they are others than before."""
    if person.utseende == valt:
        return False
    for namn, varde in vars(valt).items():
        setattr(person, namn, varde)
    session.flush()
    # Not what: high contrast or large text may tell of an impairment, and the log is kept for ever.
    audit.record(session, "utseende valt", anvandare_id=person.id)
    return True
