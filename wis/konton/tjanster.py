"""Turns of duty that end because the right behind them does, within the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from wis import clock
from wis.auth.models import Medlemskap, Tjanstgoring


@dataclass(frozen=True)
class Avslutad:
    """A turn that has been ended: at which actor, as which function, and whose it was."""

    aktor_id: int
    funktion_id: int
    kortnamn: str
    medlemskap_id: int
    namn: str

    @property
    def objekt(self) -> str:
        """The function, as the record names it."""
        return f"funktion:{self.funktion_id}"

    @property
    def uppgifter(self) -> dict[str, object]:
        """The rest for the record."""
        return {"som": self.kortnamn, "vem": self.namn, "medlemskap": self.medlemskap_id}


def las(session: Session, medlemskap_ids: Collection[int]) -> list[Tjanstgoring]:
    """The turns of these that nobody has ended, locked. Call it before a person is locked, as going on duty does."""
    found = session.scalars(
        select(Tjanstgoring)
        .where(Tjanstgoring.medlemskap_id.in_(medlemskap_ids), Tjanstgoring.avslutad.is_(None))
        .order_by(Tjanstgoring.id)
        .options(
            joinedload(Tjanstgoring.funktion, innerjoin=True),
            joinedload(Tjanstgoring.medlemskap, innerjoin=True).joinedload(Medlemskap.anvandare, innerjoin=True),
        )
        .with_for_update(of=Tjanstgoring)
        .execution_options(populate_existing=True)
    )
    return list(found)


def avsluta(session: Session, medlemskap_ids: Collection[int], av_id: int | None) -> list[Avslutad]:
    """End them; returns those that were still going on, to be recorded. `av_id`: by whom, None the operator.

    One who is let in again goes on duty anew, knowingly: nobody is put back on duty by somebody else's form.
    """
    now, ended = clock.now(), []
    for tur in las(session, medlemskap_ids):
        if tur.till > now:
            person = tur.medlemskap.anvandare
            funktion = tur.funktion
            ended.append(Avslutad(funktion.aktor_id, funktion.id, funktion.kortnamn, tur.medlemskap_id, person.namn))
            tur.avslutad_av_id = av_id
        tur.avslutad = min(tur.till, now)
    session.flush()
    return ended
