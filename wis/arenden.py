"""What wants something of a person or their actor, whichever package asks for it: the rows of 'Väntar på dig'."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Arende:
    """One thing to do: in words what is wanted ('Svara på begäran'), of what, in which event, by when, and our path."""

    vad: str
    rubrik: str
    lank: str
    handelse: str
    ovning: bool
    skapad: datetime
    frist: datetime | None = None
    avsandare: str = ""
    tlp: str = "clear"

    def sen(self, now: datetime) -> bool:
        """Whether the time that was given has passed."""
        return self.frist is not None and self.frist < now
