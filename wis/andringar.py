"""What changed: told to whoever listens on the database, after the commit. Ids only, never content."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from wis.db import Database
from wis.tx import after_commit


class Slag(StrEnum):
    """Kinds of change."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    HANDELSE = "handelse"
    UTSKICK = "utskick"
    BEHORIGHET = "behorighet"
    BREV = "brev"


@dataclass(frozen=True)
class Andring:
    """One change. `aktorer`: who may hear of it (None = all); `anvandare_id`: whose rights changed (BEHORIGHET).

    `tlp` is the label of what it tells of, as in wis.auth.krets. `forlorat`: actors that could read until now (None =
    all could); those of them who no longer may are told to look again, and by no id of what.
    """

    slag: Slag
    id: int
    version: int = 0
    handelse_id: int | None = None
    aktorer: frozenset[int] | None = frozenset()
    anvandare_id: int | None = None
    tlp: str = "clear"
    forlorat: frozenset[int] | None = frozenset()


def anmal(session: Session, andring: Andring) -> None:
    """Tell the listeners of `andring` once the transaction is committed."""
    database: Database = session.info["database"]

    def tell() -> None:
        for listener in list(database.listeners):
            listener(andring)

    after_commit(session, tell)


def lyssna(database: Database, listener: Callable[[Andring], None]) -> None:
    """Have `listener` called after every commit that announces a change."""
    database.listeners.append(listener)
