"""Reads of diary entries. The timeline reads them in wis.ytor.flode."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.auth.rules import Sak
from wis.handelser.models import Handelse


def find_anteckning(session: Session, anteckning_id: int) -> Anteckning | None:
    """The entry, whoever asks: judge it by can() before anything of it is shown."""
    return session.scalar(
        select(Anteckning)
        .options(
            joinedload(Anteckning.handelse).options(selectinload(Handelse.lasare)),
            joinedload(Anteckning.aktor),
            joinedload(Anteckning.forfattare),
        )
        .where(Anteckning.id == anteckning_id)
    )


def find_med_nyckel(session: Session, nyckel: str) -> Anteckning | None:
    """What was noted by the form with this idempotency key, or None."""
    return session.scalar(select(Anteckning).where(Anteckning.idempotensnyckel == nyckel))


def find_struken(session: Session, anteckning_id: int) -> StrukenAnteckning | None:
    """By whom and when the entry was struck; None if it stands."""
    return session.get(StrukenAnteckning, anteckning_id, options=[joinedload(StrukenAnteckning.anvandare)])


def sak_for(anteckning: Anteckning) -> Sak:
    """What the right to read the entry is judged on: it has no readers but the event's, when it was written."""
    return anteckning.handelse.sak(publicerad=anteckning.skriven)
