"""Changes handed on by a thread of its own: to the other processes, and to the live channel."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from wis.andringar import Andring, lyssna
from wis.buss import Buss
from wis.db import Database
from wis.settings import Settings

VILOTID = 5.0
"""Seconds without work after which a thread ends; the next change starts a new one."""
HOGST = 100
"""How many more changes are taken with the first."""
_log = logging.getLogger(__name__)


def koppla_sandare(database: Database, settings: Settings) -> None:
    """In a process without pages (`wis worker`): pass changes on to the processes that have them, if there is Redis."""
    if settings.redis_url is None:
        return
    buss = Buss(settings)
    lyssna(database, Sandare(partial(var_for_sig, buss.sand)).lamna)


def var_for_sig(gor: Callable[[Andring], None], andringar: Sequence[Andring]) -> None:
    """Do it with each of them, whatever becomes of the others."""
    for andring in andringar:
        skyddad(partial(gor, andring))


class Sandare:
    """A queue with one thread behind it: whoever commits neither waits for the live channel nor fails by it.

    What has come while `behandla` was at work is given to it at once: many changes need not be judged one by one.
    """

    def __init__(self, behandla: Callable[[Sequence[Andring]], None]) -> None:
        self._behandla = behandla
        self._ko: queue.SimpleQueue[Andring] = queue.SimpleQueue()
        self._las = threading.Lock()
        self._igang = False

    def lamna(self, andring: Andring) -> None:
        """Take the change and return at once."""
        with self._las:
            self._ko.put(andring)
            if self._igang:
                return
            self._igang = True
        threading.Thread(target=self._arbeta, name="wis-live", daemon=True).start()

    def _arbeta(self) -> None:
        while True:
            try:
                andring = self._ko.get(timeout=VILOTID)
            except queue.Empty:
                with self._las:
                    if self._ko.empty():
                        self._igang = False
                        return
                continue
            skyddad(partial(self._behandla, [andring, *self._mer()]))

    def _mer(self) -> Iterator[Andring]:
        for _ in range(HOGST):
            try:
                yield self._ko.get_nowait()
            except queue.Empty:
                return


def skyddad(gor: Callable[[], None]) -> None:
    """Do it, and let the thread live whatever comes of it."""
    # A thread that died would leave every screen old and every shut account connected.
    try:
        gor()
    except Exception:  # noqa: BLE001 whatever it is, the next one is tried
        _log.exception("the live channel failed")
