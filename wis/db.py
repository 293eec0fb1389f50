"""The database: declarative base, UTC times, engines for SQLite and PostgreSQL."""

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

_VANTAR = 5000
"""How long a writer waits for its turn, in milliseconds (SQLite)."""
_LAST = "last"
_Last = TypeVar("_Last")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
DATABASFEL = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised when the database is busy, full or out of reach: it may work in a while."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime; stored as UTC. A naive one is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: use wis.clock.now()")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime()}


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A CHECK that keeps `column` within an enumeration (NULL passes, as in SQL)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def en_gang(session: Session, vad: Hashable, las: Callable[[], _Last]) -> _Last:
    """What `las` reads, named by `vad`. A session for reads, where all is as of one moment, keeps it; others don't."""
    last: dict[Hashable, Any] | None = session.info.get(_LAST)
    if last is None:
        return las()
    if vad not in last:
        last[vad] = las()
    found: _Last = last[vad]
    return found


class Database:
    """One database and those who want to know what was committed to it."""

    def __init__(self, url: str) -> None:
        self.engine = create_wis_engine(url)
        # SQLite gives every transaction one picture; PostgreSQL has to be asked for it. A page that is drawn of two
        # would be kept under the number of the one, and say what the other said.
        snapshot = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**snapshot)
        self._writer = self.engine.execution_options(wis_write=True)
        self._otalig = self.engine.execution_options(wis_write=True, wis_vanta=False)
        self._skrivlas = threading.Lock()
        self.listeners: list[Callable[[Any], None]] = []
        # What addresses in messages begin with; the app and the worker set it from the settings.
        self.base_url = "http://127.0.0.1:8000"
        # Seconds that a dispatch is held so that it can be taken back; likewise from the settings.
        self.angra_tid = 0.0

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reads; nothing that is changed in it is kept."""
        with self.new_reading_session() as session:
            yield session

    def new_reading_session(self) -> Session:
        """As reading(), for callers that close it themselves. All that is read in it is as of one moment."""
        return Session(self._reader, autoflush=False, info={"database": self, _LAST: {}})

    def new_writing_session(self, *, vanta: bool = True) -> Session:
        """A session whose transaction takes the write lock at once, or waits for no lock; only tx.py commits it."""
        writer = self._writer if vanta else self._otalig
        return Session(writer, expire_on_commit=False, info={"database": self})

    @contextmanager
    def turordning(self, *, vanta: bool) -> Iterator[None]:
        """Wait for the other writers of this process, where the database lets one write at a time.

        SQLite itself makes who waits look again after 1 ms, 2 ms, … 100 ms: with several writers most of the time would
        go to sleep. Who has waited in vain goes on, and hears from the database that it is busy.
        """
        if not self.sqlite or not vanta:
            yield
            return
        fick = self._skrivlas.acquire(timeout=_VANTAR / 1000)
        try:
            yield
        finally:
            if fick:
                self._skrivlas.release()

    @property
    def sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def create_wis_engine(url: str) -> Engine:
    """An engine with our safety settings, whose errors hold no values. Raises RuntimeError if SQLite refuses one."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True)
        event.listen(engine, "begin", _begin_postgres)
        return engine
    return _create_sqlite_engine(parsed)


def _create_sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": 5.0, "check_same_thread": False},
        pool_size=20,
        max_overflow=300,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    if found != {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}:
        raise RuntimeError(f"SQLite nekade de säkra inställningarna: {found}. Ligger databasen på en nätverksdisk?")
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # We send BEGIN ourselves (below): writers take the lock at once, instead of losing the race when they upgrade.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_VANTAR}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Kilobytes per connection, of which every thread has one; the system keeps the file in memory once for all.
    cursor.execute("PRAGMA cache_size = -1000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("wis_vanta", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("wis_write", False) else "BEGIN")
        return
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_VANTAR}")


def _begin_postgres(connection: Connection) -> None:
    if not connection.get_execution_options().get("wis_vanta", True):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
