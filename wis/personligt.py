"""What of a page is its reader's own: held open while the page is drawn, and filled as it is sent.

A template writes hal('namn') where it means the reader's name. What stands between the holes is then the same for all
who read the same, and a page that was drawn for one can be sent to another (wis.snabbvag_klass). Pure.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from wis import datum
from wis.utseende import VANLIGT, Utseende

Hal = tuple[str | int, ...]
"""A hole: its kind, and what else it says of how it is filled."""
_HEMLIGT = secrets.token_hex(16)
"""Nobody who writes a text can write a hole."""
_BORJAN, _SLUT = f"\x02{_HEMLIGT}:", "\x03"
_HAL = re.compile(f"{_BORJAN}([^{_SLUT}]*){_SLUT}")
NONCE, FORMULAR, NU, NUMMER = ("nonce",), ("formular",), ("nu",), ("nummer",)
"""What may be new each time that a page is sent: the nonce of its scripts, the token of its forms, when it was, and how
many times its event had been changed."""


@dataclass(frozen=True)
class Lasare:
    """For whom holes are filled.

    `sedd_till`: how far they have read the event of the page. `utseende`: how they want to have it.
    """

    anvandare_id: int
    aktor_id: int
    namn: str
    sedd_till: datetime | None = None
    utseende: Utseende = VANLIGT


Fyllare = Callable[[Lasare, datetime, Hal], str]
"""What a kind of hole is filled with at a moment, as HTML. The hole is handed over without its kind."""


def hal(*hal_: str | int) -> Markup:
    """A hole in a page, for a template: its kind, and what else it is to say."""
    return Markup(_BORJAN + json.dumps(hal_) + _SLUT)  # noqa: S704 it never leaves the process


def har_hal(text: str) -> bool:
    """Whether there is anything in the text to fill."""
    return _BORJAN in text


@dataclass(frozen=True)
class Mall:
    """A page with its holes: text and hole by turns, text first and last."""

    text: tuple[str, ...]
    halen: tuple[Hal, ...]

    @property
    def storlek(self) -> int:
        """About how many bytes it takes."""
        return 64 * len(self.text) + sum(map(len, self.text))

    def fyll(self, fyllning: Callable[[Hal], str]) -> str:
        """The page, each hole filled with what this says."""
        delar = [self.text[0]]
        for hal_, text in zip(self.halen, self.text[1:], strict=True):
            delar += fyllning(hal_), text
        return "".join(delar)


def mall_av(text: str) -> Mall:
    """The page that was drawn with holes in it."""
    delar = _HAL.split(text)
    return Mall(tuple(delar[::2]), tuple(tuple(json.loads(hal_)) for hal_ in delar[1::2]))


@dataclass(frozen=True)
class Fyllning:
    """How a page is filled for one reader at one moment. `egna`: what is not of the reader but of this answer."""

    fyllare: Mapping[str, Fyllare]
    lasare: Lasare
    now: datetime
    egna: Mapping[Hal, str]

    def __call__(self, hal_: Hal) -> str:
        """The HTML for the hole. Raises KeyError for a kind that nobody fills."""
        if hal_ in self.egna:
            return self.egna[hal_]
        return self.fyllare[str(hal_[0])](self.lasare, self.now, hal_[1:])


def _sedan(lasare: Lasare, _now: datetime, _hal: Hal) -> str:
    return "aldrig" if lasare.sedd_till is None else str(escape(lasare.sedd_till.isoformat()))


def _sedan_tid(lasare: Lasare, now: datetime, _hal: Hal) -> str:
    return "" if lasare.sedd_till is None else datum.tid(lasare.sedd_till, now, lasare.utseende.sprak)


FYLLARE: dict[str, Fyllare] = {
    "namn": lambda lasare, _now, _hal: str(escape(lasare.namn)),
    "anvandare": lambda lasare, _now, _hal: str(lasare.anvandare_id),
    "sedan": _sedan,
    "sedan_tid": _sedan_tid,
    "utseende": lambda lasare, _now, _hal: lasare.utseende.attribut,
    "nu": lambda _lasare, now, _hal: now.isoformat(),
    "nu_i_ord": lambda lasare, now, _hal: datum.datumtid(now, lasare.utseende.sprak),
}
"""The kinds that need nothing else; others add their own."""
