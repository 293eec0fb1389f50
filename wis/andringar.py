"""What changed: counted in the transaction, and told to whoever listens on the database after the commit.

Ids only, never content. The numbers are the truth: who missed what was told sees by them that something has changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, event, func, select, text
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from wis.db import Base, Database, one_of
from wis.tx import after_commit, before_commit


class Slag(StrEnum):
    """Kinds of change."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    HANDELSE = "handelse"
    UTSKICK = "utskick"
    BEHORIGHET = "behorighet"
    BREV = "brev"
    FORSLAG = "forslag"
    BEGARAN = "begaran"
    PAVERKAN = "paverkan"
    ANTECKNING = "anteckning"
    NARVARO = "narvaro"


@dataclass(frozen=True)
class Andring:
    """One change. `aktorer`: who may hear of it (None = all); `anvandare_id`: whose rights changed (BEHORIGHET).

    `tlp` is the label of what it tells of, as in wis.auth.krets. `forlorat`: actors that could read until now (None =
    all could); those of them who no longer may are told to look again, and by no id of what. `nummer`: the event's
    number as this change made it, set when it is told; 0 = not counted.
    """

    slag: Slag
    id: int
    version: int = 0
    handelse_id: int | None = None
    aktorer: frozenset[int] | None = frozenset()
    anvandare_id: int | None = None
    tlp: str = "clear"
    forlorat: frozenset[int] | None = frozenset()
    nummer: int = field(default=0, compare=False)


class Raknat(StrEnum):
    """What changes are counted for: all that is to be read in an event, and what one login has written.

    Beside the former, and never without it, one lägesbild (its versions and who reads it), and the event itself without
    what is published in it: pages of a lägesbild rest on these two.
    """

    HANDELSE = "handelse"
    INLOGGNING = "inloggning"
    LAGESBILD = "lagesbild"
    RAM = "ram"


class Andringsnummer(Base):
    """How many times something has been changed. While the number stands still, so does what is shown of it.

    A table of its own, so that the row is locked last and by nobody else; a thing without a row has number 0.
    """

    __tablename__ = "andringsnummer"
    __table_args__ = (one_of("slag", Raknat),)

    slag: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nummer: Mapped[int]


def numret(slag: Raknat, id_: Any) -> ColumnElement[int]:
    """SQL: how many times the thing with this id (a value or a column) has been changed."""
    found = select(Andringsnummer.nummer).where(Andringsnummer.slag == slag.value, Andringsnummer.id == id_)
    return func.coalesce(found.scalar_subquery(), 0)


_HOJ = text(
    "INSERT INTO andringsnummer (slag, id, nummer) VALUES (:slag, :id, 1) "
    "ON CONFLICT (slag, id) DO UPDATE SET nummer = andringsnummer.nummer + 1 RETURNING nummer"
)
_OVRIGT = {Slag.LAGESBILD, Slag.UNDERRATTELSE, Slag.FORSLAG, Slag.BEGARAN, Slag.PAVERKAN, Slag.ANTECKNING}
"""What does not change the event itself."""
_SYNLIGA = {Slag.HANDELSE, *_OVRIGT}
_RAKNAS, _OM_SKRIVET, _SKRIVIT, _HOJDA = "raknas", "raknas_om_skrivet", "skrivit", "hojda"


def rakna(session: Session, slag: Raknat, id_: int) -> None:
    """Raise the number of this with the transaction of `session`, once however often it is asked for."""
    counted: set[tuple[str, int]] = session.info.setdefault(_RAKNAS, set())
    counted.add((slag.value, id_))
    before_commit(session, _RAKNAS, _hoj)


def rakna_om_skrivet(session: Session, slag: Raknat, id_: int) -> None:
    """As rakna(), if the transaction of `session` goes on to write anything: many only look, and refuse."""
    session.info.setdefault(_OM_SKRIVET, set()).add((slag.value, id_))
    event.listen(session, "after_flush", _marker_skrivit)
    event.listen(session, "do_orm_execute", _marker_om_det_skriver)
    before_commit(session, _RAKNAS, _hoj)


def _marker_skrivit(session: Session, _flush: object) -> None:
    session.info[_SKRIVIT] = True


def _marker_om_det_skriver(sats: ORMExecuteState) -> None:
    if sats.is_insert or sats.is_update or sats.is_delete:
        sats.session.info[_SKRIVIT] = True


def _hoj(session: Session) -> None:
    session.flush()
    counted: set[tuple[str, int]] = session.info.get(_RAKNAS, set())
    if session.info.get(_SKRIVIT):
        counted = counted | session.info.get(_OM_SKRIVET, set())
    # In order: two transactions that raise the same numbers wait for each other, and never in a circle.
    session.info[_HOJDA] = {
        (slag, id_): session.execute(_HOJ, {"slag": slag, "id": id_}).scalar_one() for slag, id_ in sorted(counted)
    }


def anmal(session: Session, andring: Andring) -> None:
    """Tell the listeners of `andring` once the transaction is committed, and count it for its event."""
    database: Database = session.info["database"]
    if andring.handelse_id is not None and andring.slag in _SYNLIGA:
        rakna(session, Raknat.HANDELSE, andring.handelse_id)
        if andring.slag == Slag.LAGESBILD:
            rakna(session, Raknat.LAGESBILD, andring.id)
        if andring.slag not in _OVRIGT:
            rakna(session, Raknat.RAM, andring.handelse_id)

    def tell() -> None:
        hojda: dict[tuple[str, int | None], int] = session.info.get(_HOJDA, {})
        sagd = replace(andring, nummer=hojda.get((Raknat.HANDELSE.value, andring.handelse_id), 0))
        for listener in list(database.listeners):
            listener(sagd)

    after_commit(session, tell)


def lyssna(database: Database, listener: Callable[[Andring], None]) -> None:
    """Have `listener` called after every commit that announces a change."""
    database.listeners.append(listener)
