"""What a view says of the page that it draws: whether it may be kept for the next time its reader asks for it.

The keeping itself is in wis.snabbvag, which sees the request before and after the app. Where it does not take part (a
form was sent, nobody is logged in) nothing here does anything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, cast

from flask import Flask, g, has_request_context, request

from wis.personligt import NUMMER, hal

BEGARAN = "wis.snabbvag"
"""Where in the WSGI environment the Begaran of this request stands."""


@dataclass(frozen=True)
class Visat:
    """What a page shows that may have been sent to its reader: a version of a lägesbild, or a decision (no number)."""

    slag: Literal["lagesbild", "beslut"]
    id: int
    nummer: int | None = None


@dataclass(frozen=True)
class Likhet:
    """By what a page differs between readers who read the same: what they have seen, what they made themselves.

    `tider`: the moments of the things on it, rising, complete from `fran` on (None: all). `forfattare`: ids of those
    who made them, whose pages are their own.
    """

    tider: tuple[datetime, ...] = ()
    forfattare: frozenset[int] = frozenset()
    fran: datetime | None = None
    visat: Visat | None = None


class Begaran(Protocol):
    """A request for a page that may come to be kept."""

    @property
    def nummer(self) -> int:
        """How many times the event had been changed when the request came."""

    def lagra(self, handelse_id: int | None, till: datetime | None) -> None:
        """As lagra() below."""

    def lagra_inte(self) -> None:
        """As lagra_inte() below."""

    def dela(self, likhet: Likhet) -> None:
        """As dela() below."""

    @property
    def slut(self) -> datetime | None:
        """When the first right of an actor to something in the page's event ends by itself, None if none does."""

    @property
    def mark(self) -> tuple[datetime | None] | None:
        """As lasarens_mark() below."""


def init_app(app: Flask) -> None:
    """Let templates say by which number of the event they are drawn."""
    app.add_template_global(lambda: hal(*NUMMER), "handelsens_nummer")
    app.add_template_global(_rattens_slut, "rattens_slut")


def lagra(handelse_id: int | None, *, till: datetime | None = None) -> None:
    """Keep this page for its reader, until `till` at the latest and as long as nothing that it rests on changes.

    Call it first in the view, once it is judged that the reader may see the event. `handelse_id` is the event that the
    address is of, None for a page of all events.
    """
    begaran = _begaran()
    if begaran is not None:
        begaran.lagra(handelse_id, till)


def lagra_inte() -> None:
    """Never keep this page, whoever else says that it may be: it holds what is shown once, or to nobody for long."""
    g.lagras_inte = True
    begaran = _begaran()
    if begaran is not None:
        begaran.lagra_inte()


def dela(likhet: Likhet) -> None:
    """Let others of the reader's class have this page too, with what is theirs in its holes (wis.personligt)."""
    begaran = _begaran()
    if begaran is not None:
        begaran.dela(likhet)


def lasarens_mark() -> tuple[datetime | None] | None:
    """How far the reader has read the event, as it is to be shown; None if the page can be nobody else's."""
    begaran = _begaran()
    return None if begaran is None else begaran.mark


def nummer() -> int:
    """The number of the page's event when the request came: what is shown is at least as new. 0 where none is known."""
    begaran = _begaran()
    return 0 if begaran is None else begaran.nummer


def _rattens_slut() -> str:
    """When an open page should ask again though nothing is told: a right to what it shows may have ended by itself."""
    begaran = _begaran()
    return "" if begaran is None or begaran.slut is None else begaran.slut.isoformat()


def _begaran() -> Begaran | None:
    return cast("Begaran | None", request.environ.get(BEGARAN)) if has_request_context() else None
