"""Transactions: the only place that commits."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from wis.db import Database

_CALLBACKS = "after_commit"
_SIST = "before_commit"
_log = logging.getLogger(__name__)


@contextmanager
def transaction(database: Database, *, vanta: bool = True) -> Iterator[Session]:
    """A write transaction: committed when the block ends, rolled back when it raises.

    `vanta=False` gives up at once, with OperationalError, where others hold a lock.
    Callbacks given to after_commit() run after the commit, in order. They carry ids, not rows: the session is over.
    """
    with database.turordning(vanta=vanta), database.new_writing_session(vanta=vanta) as session:
        session.info[_CALLBACKS], session.info[_SIST] = [], {}
        with session.begin():
            yield session
            for sist in session.info[_SIST].values():
                sist(session)
        callbacks: list[Callable[[], None]] = session.info[_CALLBACKS]
    for callback in callbacks:
        _run(callback)


def before_commit(session: Session, name: str, callback: Callable[[Session], None]) -> None:
    """Run `callback` as the last thing in the transaction of `session`, once for each `name`.

    What it locks is locked after everything else, and so never stands in the way of another transaction for longer
    than a commit takes.
    """
    session.info[_SIST].setdefault(name, callback)


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` once the transaction of `session` is durable; never if it is rolled back."""
    session.info[_CALLBACKS].append(callback)


def _run(callback: Callable[[], None]) -> None:
    # What is committed stands. A screen that could not be told catches up by itself; the person must not see an error.
    try:
        callback()
    except Exception:  # noqa: BLE001 whatever it is, the commit stands
        _log.exception("a callback after commit failed")
