"""The figures of the queue that operators watch, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from wis.notiser import leverantorsminuter
from wis.notiser.leveransfragor import aldsta_forfallna
from wis.notiser.leverantorsminuter import SPARAS, Lage
from wis.notiser.models import Leverans, Status, Utskick

NYSS = timedelta(minutes=5)
"""What 'lately' is in the figures of the providers."""


@dataclass(frozen=True)
class Matvarden:
    """How it stands: `djup` is how many deliveries are in each state, by (channel, state).

    `alder` is the seconds that the oldest thing has waited that should have been sent; `hallna` dispatches may still be
    taken back, `oraknade` are due and their recipients not worked out. `nyss` and `dygn`: how it has gone with each
    provider in the last five minutes, and in the last day.
    """

    djup: dict[tuple[str, str], int]
    alder: float
    hallna: int
    oraknade: int
    nyss: Sequence[Lage]
    dygn: Sequence[Lage]


def las(session: Session, now: datetime) -> Matvarden:
    """The figures as they are now."""
    aldsta = aldsta_forfallna(session, now)
    return Matvarden(
        djup=_djup(session),
        alder=0.0 if aldsta is None else (now - aldsta).total_seconds(),
        hallna=_antal(session, Utskick.halls_till > now),
        oraknade=_antal(session, or_(Utskick.halls_till.is_(None), Utskick.halls_till <= now)),
        nyss=leverantorsminuter.lagen(session, now - NYSS),
        dygn=leverantorsminuter.lagen(session, now - SPARAS),
    )


def _djup(session: Session) -> dict[tuple[str, str], int]:
    """Of what is not over. What a provider has taken is mostly never told of again, and grows without end."""
    raknas = (_ar(Status.VANTAR), _ar(Status.TAGEN, Status.SANDS), _ar(Status.OVISS))
    return {
        (kanal, status): antal
        for villkor in raknas
        for kanal, status, antal in session.execute(
            select(Leverans.kanal, Leverans.status, func.count())
            .where(villkor)
            .group_by(Leverans.kanal, Leverans.status)
        )
    }


def _ar(*status: Status) -> ColumnElement[bool]:
    # Written out in the question: SQLite takes no index of some of the rows for what is bound to it.
    skrivna = [literal(en.value, literal_execute=True) for en in status]
    return Leverans.status == skrivna[0] if len(skrivna) == 1 else Leverans.status.in_(skrivna)


def _antal(session: Session, villkor: ColumnElement[bool]) -> int:
    ej_klara = and_(Utskick.expanderat.is_(None), Utskick.angrad.is_(None))
    return session.scalar(select(func.count()).select_from(Utskick).where(ej_klara, villkor)) or 0
