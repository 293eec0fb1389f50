"""How far down among the newest one looks for what may be read."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import aliased

from wis.db import UtcDateTime

DJUP = 2_000
"""So many of the newest of a kind are looked through, in an event or before a place, for what somebody may read.

Who reads nearly all has a page full long before. For who reads one in a thousand each version there is must be looked
at, at each page: lists do so when these do not fill them. What is counted as new, and the newest of each event on the
start page, is of these alone.
"""
BORJAN = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that was ever published here."""

Villkor = Callable[[Any], Sequence[ColumnElement[bool]]]


def golv(tabell: Any, tid: str, villkor: Villkor, *, annars: Any = None, djup: int = 0) -> ColumnElement[datetime]:
    """SQL: only what is younger than this is looked at.

    It is the time of the first row beyond the `djup` (0: DJUP) newest that fulfil `villkor` and are younger than
    `annars`; that itself, or the beginning, when there are no more. What `villkor` says, of the table under another
    name, has to stand in one index: that is then walked without a look at the rows.
    """
    en = aliased(tabell)
    kolumn, grans = getattr(en, tid), literal(BORJAN, UtcDateTime()) if annars is None else annars
    sist = (
        select(kolumn)
        .where(*villkor(en), kolumn > grans)
        .order_by(kolumn.desc())
        .limit(1)
        .offset(djup or DJUP)
        .correlate_except(en)
        .scalar_subquery()
    )
    return func.coalesce(sist, grans, type_=UtcDateTime())
