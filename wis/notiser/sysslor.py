"""What other packages have the worker do now and then, beside its own: they lie above, and say here what it is."""

from collections.abc import Callable

from wis.db import Database

Syssla = Callable[[Database], object]
_sysslor: list[Syssla] = []


def anlita(syssla: Syssla) -> None:
    """Have this done every few seconds, in every process that has a worker: it is to look for itself what is due.

    More than one process may do it at the same time.
    """
    if syssla not in _sysslor:
        _sysslor.append(syssla)


def gor(database: Database) -> None:
    """Do all of them."""
    for syssla in _sysslor:
        syssla(database)
