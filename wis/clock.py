"""The only clock of the project."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
_set_to: ContextVar[datetime | None] = ContextVar("wis_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _set_to.get() or datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment as shown to people, in Europe/Stockholm."""
    return moment.astimezone(STOCKHOLM)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, in this thread, it is `moment`: for the demo's history and for tests."""
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
