"""Tells the screens how a dispatch goes, often enough for the eye and no oftener."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from wis.andringar import Andring
from wis.db import Database
from wis.notiser.koposter import Berord
from wis.notiser.service import andring_av

# Seconds: word of a dispatch at most this often.
PAUS = 0.25
_log = logging.getLogger(__name__)


class Anmalare:
    """Tells the screens that a dispatch has come further: at most four times a second for each, and always the last."""

    def __init__(self, database: Database, egen: Callable[[Andring], None] | None = None) -> None:
        """`egen` is the listener that need not hear of it: that of the worker, which has just done it."""
        self._database, self._egen = database, egen
        self._las = threading.Lock()
        self._senast: dict[int, float] = {}
        self._vantar: dict[int, Berord] = {}

    def andrade(self, berorda: Iterable[Berord]) -> None:
        """The figures of these have changed, and the change is committed."""
        with self._las:
            self._vantar.update({berord[0]: berord for berord in berorda})
        self.sag_till()

    def sag_till(self, *, alla: bool = False) -> float | None:
        """Tell of what may be told of now; `alla`: of everything. Returns seconds until more may be told, or None."""
        nu = time.monotonic()
        with self._las:
            mogna = [b for b in self._vantar.values() if alla or nu - self._senast.get(b[0], 0.0) >= PAUS]
            for utskick_id, _, _ in mogna:
                del self._vantar[utskick_id]
                self._senast[utskick_id] = nu
            kvar = [self._senast[utskick_id] + PAUS - nu for utskick_id in self._vantar]
            self._senast = {id_: nar for id_, nar in self._senast.items() if nu - nar < 60}
        for berord in mogna:
            self._sag(andring_av(*berord))
        return max(0.0, min(kvar)) if kvar else None

    def _sag(self, andring: Andring) -> None:
        # After the commit, as wis.tx does it: a screen that can't be told catches up by itself.
        for listener in [ett for ett in self._database.listeners if ett != self._egen]:
            try:
                listener(andring)
            except Exception:  # noqa: BLE001
                _log.exception("a listener failed on dispatch %d", andring.id)
