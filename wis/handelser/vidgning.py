"""What stands against giving an event more readers of what has been published already; said by packages above this."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from wis.auth.krets import Krets
from wis.handelser.models import Handelse

Prov = Callable[[Session, Handelse, Krets], str]
"""From an event whose new readers are written, and who read it before, to a Swedish text against it; '' for nothing."""
_prov: list[Prov] = []


class Hindrad(Exception):
    """The readers can't be given what was published before: the text says why and what to do. Roll back."""


def anlita(prov: Prov) -> None:
    """Ask this from now on."""
    if prov not in _prov:
        _prov.append(prov)


def prova(session: Session, handelse: Handelse, fore: Krets) -> None:
    """Raises Hindrad with the first text against it. `fore`: who read the event before."""
    session.flush()
    for prov in _prov:
        if text := prov(session, handelse, fore):
            raise Hindrad(text)
