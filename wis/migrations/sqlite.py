"""What SQLite needs to have a table rebuilt: its references are not followed meanwhile, and proved whole afterwards.

Source: https://www.sqlite.org/lang_altertable.html#otheralter (the twelve steps).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def utan_referensprov(connection: Connection) -> Iterator[None]:
    """Have SQLite not follow foreign keys; only outside a transaction does it listen to that. Others are left alone."""
    if connection.dialect.name != "sqlite":
        yield
        return
    plain = connection.connection.dbapi_connection
    if plain is None:
        raise RuntimeError("no connection to the database")
    plain.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        plain.execute("PRAGMA foreign_keys = ON")


def prova_referenser(connection: Connection) -> None:
    """Raises RuntimeError if a row refers to one that is not there: then nothing of the migration is kept."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"migreringen lämnade brutna referenser: {broken[:5]}")
