"""Marking as read all that a page showed."""

from datetime import datetime

from sqlalchemy.orm import Session

from wis.lagesbild import versionsmarken
from wis.lagesbild.versionsmarken import Haft
from wis.nytt import queries
from wis.nytt.queries import Fraga
from wis.ytor import lasmarken
from wis.ytor.lasmarken import Last


def markera(session: Session, fraga: Fraga, till: datetime, handelse_id: int | None) -> None:
    """Raise the marks of `fraga.vems` to what was published by `till`, in the event or (None) in all that may be read.

    None beyond now. What has come since the page was drawn stays new, and nothing is lowered.
    """
    till = min(till, fraga.now)
    inloggning_id = fraga.who.inloggning_id or 0
    lasta = queries.lasta_till(session, fraga, till, handelse_id)
    sedda = queries.handelser(session, fraga, handelse_id)
    # In the order that wis.efterat writes them, or the two wait for each other.
    if sedda:
        lasmarken.hoj(session, [Last(fraga.vems, id_, inloggning_id, till, fraga.now) for id_ in sedda])
    versionsmarken.hoj(session, [Haft(fraga.vems, bild, nummer, fraga.now) for bild, nummer in lasta])
