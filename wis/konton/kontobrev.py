"""Carries the letters that auth.meddelanden writes about an account."""

from sqlalchemy.orm import Session

from wis.auth.models import Anvandare
from wis.konton import brev, lankar


def skicka(session: Session, person: Anvandare, amne: str, text: str) -> None:
    """Have a letter sent to the address that the person logs in with."""
    lankar.skicka(session, person, brev.Brev(amne, text))
