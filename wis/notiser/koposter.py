"""What the parts of the queue hand each other, and the few statements that they share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wis.notiser.models import Leverans, Utskick, Utskicksslag
from wis.notiser.rules import Utfall

Berord = tuple[int, int | None, int | None]
"""A dispatch as the screens are told of it: id, event, sending actor."""
Resultat = tuple["Uppdrag", Utfall]


class Uppdrag(NamedTuple):
    """One delivery that is ours to send: to whom, what, and what is needed to settle it without asking again.

    `forsok` counts the tries before this one; `fran` is since when it should have been sent.
    """

    id: int
    utskick_id: int
    handelse_id: int | None
    aktor_id: int | None
    system: bool
    bradskande: bool
    till: str
    amne: str
    text: str
    referens: str
    forsok: int
    fran: datetime
    tystnad: tuple[str, str] | None

    @property
    def berord(self) -> Berord:
        """The dispatch that it belongs to: (id, event, sending actor)."""
        return self.utskick_id, self.handelse_id, self.aktor_id


def uppdatera(*villkor: Any) -> Any:
    """An UPDATE of the deliveries for which these hold, behind the back of what the session has read."""
    return update(Leverans).where(*villkor).execution_options(synchronize_session=False)


def glom_text(session: Session, utskick_id: int) -> None:
    """Blank a message of the system when it has been sent or given up: it held a code or a single-use link."""
    session.execute(
        update(Utskick)
        .where(Utskick.id == utskick_id, Utskick.slag == Utskicksslag.SYSTEM)
        .values(sms="", epost="")
        .execution_options(synchronize_session=False)
    )


def berorda_av(session: Session, utskick_ids: Iterable[int]) -> set[Berord]:
    """These dispatches as the screens are told of them."""
    ids = set(utskick_ids)
    if not ids:
        return set()
    rader = session.execute(select(Utskick.id, Utskick.handelse_id, Utskick.aktor_id).where(Utskick.id.in_(ids)))
    return {(id_, handelse_id, aktor_id) for id_, handelse_id, aktor_id in rader}
