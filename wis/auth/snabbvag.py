"""What a view says of the page that it draws: whether it may be kept for the next time its reader asks for it.

The keeping itself is in wis.snabbvag, which sees the request before and after the app. Where it does not take part (a
form was sent, nobody is logged in) nothing here does anything.
"""

from datetime import datetime
from typing import Protocol, cast

from flask import Flask, has_request_context, request

BEGARAN = "wis.snabbvag"
"""Where in the WSGI environment the Begaran of this request stands."""


class Begaran(Protocol):
    """A request for a page that may come to be kept."""

    @property
    def nummer(self) -> int:
        """How many times the event had been changed when the request came."""

    def lagra(self, handelse_id: int | None, till: datetime | None) -> None:
        """As lagra() below."""

    def lagra_inte(self) -> None:
        """As lagra_inte() below."""


def init_app(app: Flask) -> None:
    """Let templates say by which number of the event they are drawn."""
    app.add_template_global(nummer, "handelsens_nummer")


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
    begaran = _begaran()
    if begaran is not None:
        begaran.lagra_inte()


def nummer() -> int:
    """The number of the page's event when the request came: what is shown is at least as new. 0 where none is known."""
    begaran = _begaran()
    return 0 if begaran is None else begaran.nummer


def _begaran() -> Begaran | None:
    return cast("Begaran | None", request.environ.get(BEGARAN)) if has_request_context() else None
