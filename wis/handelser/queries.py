"""Reads of events, always scoped to who asks."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import synlig_for
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, Lage


def handelser_for(session: Session, subjekt: Subjekt) -> Sequence[Handelse]:
    """The open events the subject may read: aktiverat läge first, the standing one last, else newest first."""
    return session.scalars(
        select(Handelse)
        .options(selectinload(Handelse.lasare))
        .where(synlig_for(subjekt), Handelse.stangd.is_(None))
        .order_by(Handelse.staende, Handelse.lage != Lage.AKTIVERAT, Handelse.ovning, Handelse.skapad.desc())
    ).all()


def stangda_for(session: Session, subjekt: Subjekt, antal: int | None = None) -> Sequence[Handelse]:
    """The closed events the subject may read, at most `antal`, the last closed first."""
    return session.scalars(
        select(Handelse)
        .where(synlig_for(subjekt), Handelse.stangd.is_not(None))
        .order_by(Handelse.stangd.desc(), Handelse.id.desc())
        .limit(antal)
    ).all()


def find_handelse(session: Session, slug: str) -> Handelse | None:
    """The event at this address, whoever asks: judge it by can() before anything of it is shown."""
    return session.scalar(select(Handelse).options(selectinload(Handelse.lasare)).where(Handelse.slug == slug))


def senaste_beslut(session: Session, handelse_id: int) -> Handelsebeslut | None:
    """The decision that made the event what it is now: opened, activated, closed … and not a change of its words."""
    return session.scalar(
        select(Handelsebeslut)
        .options(joinedload(Handelsebeslut.anvandare), joinedload(Handelsebeslut.aktor))
        .where(Handelsebeslut.handelse_id == handelse_id, Handelsebeslut.slag != Beslutsslag.ANDRAD)
        .order_by(Handelsebeslut.tid.desc(), Handelsebeslut.id.desc())
        .limit(1)
    )


def staende_handelse(session: Session) -> Handelse | None:
    """The standing event for the ordinarie läge."""
    return session.scalar(select(Handelse).where(and_(Handelse.staende)))
