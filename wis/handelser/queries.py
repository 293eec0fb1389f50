"""Reads of events, always scoped to who asks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import synlig_for
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, HandelseLasare, Lage, LasarkretsAktor

# Said in the statement itself: an index of those that are not this is chosen by what stands there.
_ANDRAD: ColumnElement[str] = literal_column(f"'{Beslutsslag.ANDRAD.value}'")


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
    """The event at this address, whoever asks: judge it by can() before anything of it is shown. One question.

    Its description is read when it is asked for: most pages that are drawn have it from the memory of what is shared.
    """
    return session.scalars(_HANDELSEN, {"handelsens_slug": slug}).unique().one_or_none()


# Built once: building it costs as much as running it. The readers come in the same question, each with what there is
# of the event; without its long texts that is little.
_HANDELSEN = (
    select(Handelse)
    .options(joinedload(Handelse.lasare), defer(Handelse.beskrivning), defer(Handelse.beskrivning_html))
    .where(Handelse.slug == bindparam("handelsens_slug"))
)


def senaste_beslut(session: Session, handelse_id: int) -> Handelsebeslut | None:
    """The decision that made the event what it is now: opened, activated, closed … and not a change of its words."""
    return session.scalar(
        select(Handelsebeslut)
        .options(joinedload(Handelsebeslut.anvandare), joinedload(Handelsebeslut.aktor))
        .where(Handelsebeslut.handelse_id == handelse_id, Handelsebeslut.slag != _ANDRAD)
        .order_by(Handelsebeslut.tid.desc(), Handelsebeslut.id.desc())
        .limit(1)
    )


def staende_handelse(session: Session) -> Handelse | None:
    """The standing event for the ordinarie läge."""
    return session.scalar(select(Handelse).where(and_(Handelse.staende)))


def slutar_i_nagon(session: Session, now: datetime) -> datetime | None:
    """When the first right to read an event, or a thing in one, ends by itself; None if none does."""
    forst = (
        select(func.min(rad.till)).where(rad.till > now).scalar_subquery() for rad in (HandelseLasare, LasarkretsAktor)
    )
    return min((slut for slut in session.execute(select(*forst)).one() if slut is not None), default=None)
