"""The memory of the fast path: pages as they were sent, the least used forgotten first. Safe for threads."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

_DESSUTOM = 1024
"""About as many bytes as a page costs besides its content and headers."""
_TVEKAN = timedelta(seconds=1)


@dataclass(frozen=True)
class Sida:
    """A page as it was sent, what it rests on, when it was drawn, and when it is old whatever happens.

    `duger_till`: until when it will do for one that asks by itself and has it already.
    """

    grund: Hashable
    fran: datetime
    till: datetime
    duger_till: datetime
    etag: str
    huvuden: tuple[tuple[str, str], ...]
    kropp: bytes

    def galler(self, grund: Hashable, now: datetime) -> bool:
        """Whether it is still right, of one whose request rests on this."""
        return self._fore(self.till, grund, now)

    def duger(self, grund: Hashable, now: datetime) -> bool:
        """Whether nothing that counts has changed, for an open page that has it and asks if it may stand."""
        return self._fore(self.duger_till, grund, now)

    def _fore(self, slut: datetime, grund: Hashable, now: datetime) -> bool:
        # A clock that is set back must not keep it for longer.
        return self.fran - _TVEKAN <= now < slut and grund == self.grund

    @property
    def storlek(self) -> int:
        """About how many bytes it takes."""
        return _DESSUTOM + len(self.kropp) + sum(len(namn) + len(varde) for namn, varde in self.huvuden)


class _Stort(Protocol):
    @property
    def storlek(self) -> int:
        """About how many bytes it takes."""


S = TypeVar("S", bound=_Stort)


class Minne(Generic[S]):
    """At most so many bytes of pages, or of what says how large it is as they do."""

    def __init__(self, storst: int) -> None:
        self._storst, self._anvant = storst, 0
        self._sidor: OrderedDict[tuple[Hashable, ...], S] = OrderedDict()
        self._las = threading.Lock()

    def hamta(self, nyckel: tuple[Hashable, ...]) -> S | None:
        """The page, from now on the last to be forgotten; None if it is not here."""
        with self._las:
            sida = self._sidor.get(nyckel)
            if sida is not None:
                self._sidor.move_to_end(nyckel)
            return sida

    def lagg(self, nyckel: tuple[Hashable, ...], sida: S) -> None:
        """Keep the page in place of the one before, and forget what there is no room for."""
        with self._las:
            self._bort(nyckel)
            self._sidor[nyckel] = sida
            self._anvant += _vikt(nyckel, sida)
            while self._anvant > self._storst:
                self._bort(next(iter(self._sidor)))

    def _bort(self, nyckel: tuple[Hashable, ...]) -> None:
        sida = self._sidor.pop(nyckel, None)
        if sida is not None:
            self._anvant -= _vikt(nyckel, sida)

    @property
    def antal(self) -> int:
        """How many pages are kept."""
        return len(self._sidor)

    @property
    def anvant(self) -> int:
        """About how many bytes they take."""
        return self._anvant


def _vikt(nyckel: tuple[Hashable, ...], sida: _Stort) -> int:
    return sida.storlek + sum(len(del_) for del_ in nyckel if isinstance(del_, str))
