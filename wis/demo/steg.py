"""What the demo is told in: things that happen, each at its moment in the past."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

Handling = Callable[[Session], None]


@dataclass(frozen=True)
class Steg:
    """One thing that happens, `minuter` before now."""

    minuter: float
    gor: Handling
