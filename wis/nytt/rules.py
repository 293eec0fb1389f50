"""What of a change is shown where there is little room, and in what order. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypeVar

from wis.jamfor import Del

T = TypeVar("T")
PER_SIDA = 40
HOGST = 400
"""So many things are shown at the most, however often one asks for more."""
STANGD_NYLIGEN = timedelta(days=30)
"""What was closed before that is no news."""
GAMMAL = timedelta(days=30)
"""An underrättelse older than that is no news to who has never read the event."""
_RUNTOM = 70
"""Characters that are kept of unchanged text on either side of a change."""


class Rang(IntEnum):
    """In what order events come: open ones, exercises apart, closed ones last."""

    OPPEN = 0
    OVNING = 1
    STANGD = 2


def kort(delar: Sequence[Del]) -> list[Del]:
    """The parts with long stretches of unchanged text cut to what is next to a change: '… ' tells where."""
    sist = len(delar) - 1
    return [
        Del(del_.slag, _avkortad(del_.text, fore=plats > 0, efter=plats < sist)) if del_.slag == "lika" else del_
        for plats, del_ in enumerate(delar)
    ]


def _avkortad(text: str, *, fore: bool, efter: bool) -> str:
    """The ends of the text that are next to something: `fore` its beginning, `efter` its end."""
    if len(text) <= _RUNTOM * (fore + efter) + _RUNTOM // 2:
        return text
    borjan = text[:_RUNTOM].rpartition(" ")[0] or text[:_RUNTOM] if fore else ""
    slutet = text[-_RUNTOM:].partition(" ")[2] or text[-_RUNTOM:] if efter else ""
    return f"{borjan} … {slutet}".strip(" ") if not (fore and efter) else f"{borjan} … {slutet}"


def i_ordning(sakerna: Iterable[T], rang: Callable[[T], Rang], tid: Callable[[T], datetime]) -> list[T]:
    """By rank, and within it the newest first."""
    return sorted(sorted(sakerna, key=tid, reverse=True), key=rang)


def antal(begart: int | None) -> int:
    """How many things to show, when so many were asked for."""
    return min(max(begart or PER_SIDA, PER_SIDA), HOGST)
