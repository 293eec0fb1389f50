"""What came of the tries with each provider, minute by minute, over all processes: for operators."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wis.db import Database
from wis.notiser.models import Leverantorsminut
from wis.notiser.rules import Utfall, Utfallsslag
from wis.tx import transaction

SPARAS = timedelta(days=1)
_FALT = ("mottagna", "nekade", "fel", "ovissa")


@dataclass(frozen=True)
class Lage:
    """How it has gone with one provider for a while: taken, refused for the recipient's sake, failed, not answered."""

    leverantor: str
    mottagna: int
    nekade: int
    fel: int
    ovissa: int


class Raknare:
    """Counts outcomes in memory and writes them down now and then. Any thread.

    Not with each group of messages: on PostgreSQL all who send by a provider would wait for each other at its row. What
    was not written down when a process died is missing from the figures alone.
    """

    def __init__(self) -> None:
        self._las = threading.Lock()
        self._antal: Counter[tuple[str, datetime, str]] = Counter()

    def lagg_till(self, leverantor: str, now: datetime, utfall: Iterable[Utfall]) -> None:
        """Count these in the minute that it is."""
        minut = now.replace(second=0, microsecond=0)
        with self._las:
            self._antal.update((leverantor, minut, _falt(ett)) for ett in utfall)

    def skriv(self, database: Database) -> None:
        """Write down what has been counted since last time."""
        with self._las:
            antal, self._antal = self._antal, Counter()
        if not antal:
            return
        try:
            with transaction(database) as session:
                for leverantor, minut in sorted({nyckel[:2] for nyckel in antal}):
                    falt = {namn: antal[leverantor, minut, namn] for namn in _FALT}
                    _skriv(session, leverantor, minut, falt)
        except SQLAlchemyError:
            with self._las:
                self._antal.update(antal)
            raise


def _skriv(session: Session, leverantor: str, minut: datetime, falt: dict[str, int]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    sats = insert(Leverantorsminut).values(leverantor=leverantor, minut=minut, **falt)
    okas = {namn: getattr(Leverantorsminut, namn) + getattr(sats.excluded, namn) for namn in _FALT}
    session.execute(sats.on_conflict_do_update(index_elements=["leverantor", "minut"], set_=okas))


def lagen(session: Session, sedan: datetime) -> Sequence[Lage]:
    """How it has gone with each provider since then, by name."""
    summor = [func.sum(getattr(Leverantorsminut, namn)) for namn in _FALT]
    rader = session.execute(
        select(Leverantorsminut.leverantor, *summor)
        .where(Leverantorsminut.minut >= sedan)
        .group_by(Leverantorsminut.leverantor)
        .order_by(Leverantorsminut.leverantor)
    )
    return [Lage(namn, *(int(tal) for tal in tal_)) for namn, *tal_ in rader]


def glom_gamla(session: Session, now: datetime) -> None:
    """Forget what is older than SPARAS."""
    session.execute(delete(Leverantorsminut).where(Leverantorsminut.minut < now - SPARAS))


def _falt(utfall: Utfall) -> str:
    if utfall.slag is Utfallsslag.OVISS:
        return "ovissa"
    if utfall.slag in {Utfallsslag.MOTTAGEN, Utfallsslag.LEVERERAD}:
        return "mottagna"
    return "fel" if utfall.om_leverantoren else "nekade"
