"""Letters to a person about the own account. How they are sent is known higher up: see wis.app."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from wis.auth.models import Anvandare

Brevbarare = Callable[[Session, Anvandare, str, str], None]
"""Has a letter sent within the transaction: to whom, subject, text."""
_brevbarare: list[Brevbarare] = []


def anlita(brevbarare: Brevbarare) -> None:
    """From now on letters go by this one."""
    _brevbarare[:] = [brevbarare]


def skriv(session: Session, person: Anvandare, amne: str, vad: str) -> None:
    """Tell a person what has happened to the account. Call it before audit.record()."""
    text = (
        f"Hej {person.namn}!\n\n{vad}\n\n"
        "Var det du? Då behöver du inte göra något. Var det inte du: byt lösenord genast och säg till din "
        "aktörsadministratör.\n"
    )
    for brevbarare in _brevbarare:
        brevbarare(session, person, amne, text)
