"""Which changes of events were never told here: found by the numbers, which the database gives without a gap. Pure."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

TALAMOD = 1.0
"""Seconds that a change may be on its way before it counts as lost."""


@dataclass(slots=True)
class _Handelse:
    """Of one event: all up to `till` is told, and `senare`; `sedd` is a number seen at `nar` that was not."""

    till: int
    senare: set[int] = field(default_factory=set)
    sedd: int = 0
    nar: float = 0.0


class Luckor:
    """What has been told here of each event; may be asked and told from several threads."""

    def __init__(self) -> None:
        self._las = threading.Lock()
        self._handelser: dict[int, _Handelse] | None = None

    def borja_om(self) -> None:
        """Take what the database says the next time as told: who has just come has read it."""
        with self._las:
            self._handelser = None

    def sagt(self, handelse_id: int | None, nummer: int) -> None:
        """That the change with this number is being told; 0 = not counted."""
        if handelse_id is None or nummer == 0:
            return
        with self._las:
            if self._handelser is None:
                return
            handelse = self._handelser.setdefault(handelse_id, _Handelse(0))
            handelse.senare.add(nummer)
            _flytta(handelse)

    def osagt(self, handelse_id: int | None, nummer: int) -> None:
        """That the change with this number was not told after all."""
        if handelse_id is None or nummer == 0:
            return
        with self._las:
            handelse = (self._handelser or {}).get(handelse_id)
            if handelse is not None:
                handelse.till = min(handelse.till, nummer - 1)
                handelse.senare.discard(nummer)

    def missade(self, nu: Mapping[int, int], moment: float) -> dict[int, int]:
        """The events that rose by something that has not been told in a second, with their number now.

        `nu`: the numbers in the database; `moment`: seconds of a clock that never goes back. They count as
        told, until osagt().
        """
        with self._las:
            if self._handelser is None:
                self._handelser = {handelse_id: _Handelse(nummer) for handelse_id, nummer in nu.items()}
                return {}
            return {id_: nummer for id_, nummer in nu.items() if self._ar_missad(id_, nummer, moment)}

    def _ar_missad(self, handelse_id: int, nummer: int, moment: float) -> bool:
        handelser = self._handelser or {}
        handelse = handelser.setdefault(handelse_id, _Handelse(0))
        if nummer <= handelse.till:
            return False
        if handelse.sedd <= handelse.till:
            handelse.sedd, handelse.nar = nummer, moment
            return False
        if moment - handelse.nar < TALAMOD:
            return False
        handelse.till = nummer
        _flytta(handelse)
        return True


def _flytta(handelse: _Handelse) -> None:
    handelse.senare = {nummer for nummer in handelse.senare if nummer > handelse.till}
    while handelse.till + 1 in handelse.senare:
        handelse.till += 1
        handelse.senare.discard(handelse.till)
