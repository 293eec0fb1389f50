"""What many readers read alike, drawn once: a bounded memory in the process, safe to use from all of its threads.

It knows nothing of rights: who asks has judged them, and has put into the key all that the answer depends on.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

T = TypeVar("T")
HOGST = 32 * 1024 * 1024
"""The most bytes that a process keeps, counted as `Ritat.storlek` says."""
_LAS = 64
_GLAPP = timedelta(seconds=1)
"""Who looked at the clock just before the one who drew, and waited for it, takes what was drawn."""


@dataclass(frozen=True)
class Ritat(Generic[T]):
    """What was drawn or worked out, about how many bytes it takes, and until when it is true at most.

    `delas` False: it is for the one who asked alone.
    """

    varde: T
    storlek: int
    till: datetime
    delas: bool = True


class Minne:
    """What is kept, the latest used last; not more than `hogst` bytes of it."""

    def __init__(self, hogst: int = HOGST) -> None:
        self._hogst, self._storlek = hogst, 0
        self._kvar: OrderedDict[Hashable, tuple[datetime, Ritat[object]]] = OrderedDict()
        self._las = threading.Lock()
        self._ritlas = [threading.Lock() for _ in range(_LAS)]

    @property
    def storlek(self) -> int:
        """How many bytes are kept."""
        return self._storlek

    def hamta(self, nyckel: Hashable, nu: datetime, rita: Callable[[], Ritat[T]]) -> T:
        """What is kept for the key and true at `nu`; else by `rita`, for which others with the same key wait.

        `rita` must not ask the memory itself. What it raises is raised, and nothing is kept.
        """
        kvar = self._find(nyckel, nu)
        if kvar is None:
            with self._ritlas[hash(nyckel) % _LAS]:
                kvar = self._find(nyckel, nu)
                if kvar is None:
                    ny = rita()
                    self._behall(nyckel, nu, cast("Ritat[object]", ny))
                    return ny.varde
        return cast(T, kvar.varde)

    def _find(self, nyckel: Hashable, nu: datetime) -> Ritat[object] | None:
        with self._las:
            fran, kvar = self._kvar.get(nyckel, (None, None))
            if fran is None or kvar is None or not fran - _GLAPP <= nu < kvar.till:
                return None
            self._kvar.move_to_end(nyckel)
            return kvar

    def _behall(self, nyckel: Hashable, nu: datetime, ny: Ritat[object]) -> None:
        if not ny.delas or ny.storlek > self._hogst:
            return
        with self._las:
            gammal = self._kvar.pop(nyckel, None)
            self._storlek += ny.storlek - (0 if gammal is None else gammal[1].storlek)
            self._kvar[nyckel] = (nu, ny)
            while self._storlek > self._hogst:
                self._storlek -= self._kvar.popitem(last=False)[1][1].storlek
