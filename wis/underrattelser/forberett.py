"""The words that an actor has prepared for the first underrättelse of an event, kept by a package above this one."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from wis.auth.rules import Subjekt

Hamtare = Callable[[Session, Subjekt, int], tuple[str, str] | None]
"""From who writes and the event's id to title and text; None if nothing is prepared."""
_hamtare: list[Hamtare] = []


def anlita(hamtare: Hamtare) -> None:
    """Ask this for the words from now on."""
    if hamtare not in _hamtare:
        _hamtare.append(hamtare)


def forberett(session: Session, who: Subjekt, handelse_id: int) -> tuple[str, str] | None:
    """Title and text, if any are prepared."""
    funna = (hamta(session, who, handelse_id) for hamta in _hamtare)
    return next((ett for ett in funna if ett is not None), None)
