"""What may be noted in an event. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from wis.anteckningar.models import MAX_TEXT

MAX_BAKAT = timedelta(days=366)
"""How far back what happened may be set."""
MARGINAL = timedelta(minutes=1)
"""A clock may be so much ahead."""
SKILLNAD = timedelta(minutes=5)
"""When it happened and when it was written are told apart from here on."""


@dataclass(frozen=True)
class NyAnteckning:
    """What is to be noted; `tid`: when it happened, None = now. `nyckel`: the form's idempotency key."""

    text: str
    tid: datetime | None
    nyckel: str

    def egen_nyckel(self) -> str:
        """The key with what is said: the same form with another line is another entry, not the first one again."""
        sagt = f"{self.text}\n{self.tid.isoformat() if self.tid else ''}"
        return f"{hashlib.sha256(sagt.encode()).hexdigest()[:24]}{self.nyckel}"


def brister(text: str, tid: datetime | None, now: datetime) -> dict[str, str]:
    """What must be mended before it can be noted: field name → what to do."""
    found = {}
    if not text.strip():
        found["anteckning"] = "Skriv vad som har hänt."
    elif len(text) > MAX_TEXT:
        found["anteckning"] = f"Korta raden: den har {len(text)} tecken och får ha högst {MAX_TEXT}."
    if tid is not None and tid > now + MARGINAL:
        found["hande"] = "Tiden har inte varit än. Välj en tid som har varit, eller lämna tomt för nu."
    elif tid is not None and tid < now - MAX_BAKAT:
        found["hande"] = "Tiden är mer än ett år bort. Kontrollera datumet."
    return found
