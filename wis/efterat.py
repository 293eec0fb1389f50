"""Notes that may wait a moment: collected in the process, and written together in one transaction.

When thousands open a page within seconds, each of them leaves a note: that a login is in use, that what was sent is
read. None of it is waited for. A note carries its own time. It waits while the database is away, and is lost only
if the process is killed, or if it can't be written though the database is there; the latter is counted.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from wis.db import Database
from wis.tx import transaction

INOM = 1.0
"""Seconds within which a note is written; 0 = by the caller itself, at once."""
PAUS_HOGST = 30.0
"""Seconds between tries at the most, while the database is away."""
HOGST = 5_000
"""So many notes may wait; when there is no room, the caller writes its own."""
_BORTA = (OperationalError, InterfaceError, PoolTimeoutError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Slag:
    """A kind of note: how many of them are written by few statements; `sist`: after those that are not.

    `skriv` gets the notes in the order in which they came, never none, at times one of them twice. It locks rows in
    order of their keys. One that waits for no lock comes last, so that it holds nothing while others wait.
    """

    namn: str
    skriv: Callable[[Session, Sequence[Any]], None]
    sist: bool = False


_Anteckning = tuple[Slag, Any]


class Utfall(Enum):
    """How it went to write notes: BORTA if the database was away or busy, which passes."""

    SKRIVET = auto()
    BORTA = auto()
    FEL = auto()


class Samlare:
    """The notes for one database that are not written yet. Safe for threads."""

    def __init__(self) -> None:
        self.inom = INOM
        self.tappade = 0
        """How many notes were given up."""
        self._nya: list[_Anteckning] = []
        self._igen: list[_Anteckning] = []
        self._ur: threading.Timer | None = None
        self._misslyckade = 0
        self._las, self._skrivlas = threading.Lock(), threading.Lock()

    @property
    def antal(self) -> int:
        """How many wait."""
        return len(self._nya) + len(self._igen)

    def lagg(self, database: Database, anteckning: _Anteckning) -> None:
        """As lagg() below."""
        with self._las:
            if self.inom > 0 and self.antal < HOGST:
                self._nya.append(anteckning)
                self._stall_ur(database)
                return
        # The page that leaves it must neither wait nor fail.
        if _forsok(database, [anteckning], vanta=False) is not Utfall.SKRIVET:
            self._tappa(1)

    def skriv_nu(self, database: Database) -> None:
        """As skriv_nu() below."""
        with self._skrivlas:
            with self._las:
                nya, igen, ur = self._nya, self._igen, self._ur
                self._nya, self._igen, self._ur = [], [], None
            if ur is not None:
                ur.cancel()
            # Each kind by itself, so that one which can't be written takes none with it.
            kvar: list[_Anteckning] = []
            for slag, varden in _per_slag(igen).items():
                kvar += self._om_igen(database, [(slag, varde) for varde in varden])
            if nya and _forsok(database, nya) is not Utfall.SKRIVET:
                kvar += nya
            self._misslyckade = self._misslyckade + 1 if kvar else 0
            with self._las:
                self._igen = kvar
                if self.antal:
                    self._stall_ur(database)

    def _om_igen(self, database: Database, anteckningar: list[_Anteckning]) -> list[_Anteckning]:
        """Write what could not be written before; returns what waits on, since the database is away."""
        utfall = _forsok(database, anteckningar)
        if utfall is Utfall.FEL:
            self._tappa(len(anteckningar))
        return anteckningar if utfall is Utfall.BORTA else []

    def _stall_ur(self, database: Database) -> None:
        if self._ur is not None or self.inom <= 0:
            return
        paus = max(self.inom, min(PAUS_HOGST, self.inom * 2 ** min(self._misslyckade, 10)))
        ur = threading.Timer(paus, self.skriv_nu, (database,))
        ur.name, ur.daemon = "wis-efterat", True
        try:
            ur.start()
        except RuntimeError as fel:
            # There is no room for a thread just now: the next note tries again.
            _log.warning("notes wait: %s", fel)
            return
        self._ur = ur

    def _tappa(self, antal: int) -> None:
        with self._las:
            self.tappade += antal


def _per_slag(anteckningar: Sequence[_Anteckning]) -> dict[Slag, list[Any]]:
    samlade: dict[Slag, list[Any]] = {}
    for slag, varde in anteckningar:
        samlade.setdefault(slag, []).append(varde)
    return {slag: samlade[slag] for slag in sorted(samlade, key=lambda ett: (ett.sist, ett.namn))}


def _forsok(database: Database, anteckningar: Sequence[_Anteckning], *, vanta: bool = True) -> Utfall:
    """Write them all in one transaction."""
    samlade: Mapping[Slag, Sequence[Any]] = _per_slag(anteckningar)
    try:
        with transaction(database, vanta=vanta) as session:
            for slag, varden in samlade.items():
                slag.skriv(session, varden)
    except Exception as fel:  # noqa: BLE001 whatever it is, nobody waits for these
        # Never its own words: they may hold what somebody wrote.
        namn = ", ".join(slag.namn for slag in samlade)
        _log.warning("%d notes could not be written (%s): %s", len(anteckningar), namn, type(fel).__name__)
        return Utfall.BORTA if _ar_borta(fel) else Utfall.FEL
    return Utfall.SKRIVET


def _ar_borta(fel: Exception) -> bool:
    # SQLite calls both a database that is busy and a table that is missing 'operational'.
    return isinstance(fel, _BORTA) and getattr(getattr(fel, "orig", None), "sqlite_errorname", "") != "SQLITE_ERROR"


class _Register:
    """The collectors of this process."""

    def __init__(self) -> None:
        self.glom()

    def glom(self) -> None:
        """Begin anew: what a parent process has collected it writes itself, and its locks may be held by nobody."""
        self._las = threading.Lock()
        self._alla: WeakKeyDictionary[Database, Samlare] = WeakKeyDictionary()

    def for_databas(self, database: Database) -> Samlare:
        """The collector of this database."""
        with self._las:
            found = self._alla.get(database)
            if found is None:
                found = self._alla[database] = Samlare()
            return found

    def skriv_allt(self) -> None:
        """Write what waits, before the process ends; what fails is tried once more, and then given up."""
        for database, samlare in list(self._alla.items()):
            samlare.inom = 0  # no thread can be started by now
            # Also when nothing waits: it may be on its way in a thread that ends with the process.
            samlare.skriv_nu(database)
            if samlare.antal:
                samlare.skriv_nu(database)
            if samlare.antal:
                _log.error("%d notes were given up: the database is away", samlare.antal)


_register = _Register()
atexit.register(_register.skriv_allt)
os.register_at_fork(after_in_child=_register.glom)


def lagg(database: Database, slag: Slag, varde: Any) -> None:
    """Have the note written within INOM seconds. Waits for no lock, and never raises."""
    samlare(database).lagg(database, (slag, varde))


def skriv_nu(database: Database) -> None:
    """Write all that waits, in one transaction; when that fails, it is tried once more with what comes next."""
    samlare(database).skriv_nu(database)


def samlare(database: Database) -> Samlare:
    """What this process collects for the database."""
    return _register.for_databas(database)
