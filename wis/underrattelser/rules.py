"""What may be published as an informationsunderrättelse. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from wis.auth.krets import Tlp
from wis.datum import MAX_SIFFROR, las_tid
from wis.underrattelser.models import MAX_RUBRIK, MAX_TEXT, UnderrattelseVersion


@dataclass(frozen=True)
class Innehall:
    """What is said; `html` is `text` rendered by wis.markup, `lagrum` the paragraph of a secrecy note (OSL)."""

    rubrik: str
    text: str
    html: str
    bradskande: bool
    tlp: Tlp = Tlp.CLEAR
    lagrum: str = ""


@dataclass(frozen=True)
class Plats:
    """A place in a list: what comes next was published before it, or at the same moment and has a lower id."""

    tid: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.tid.astimezone(UTC).isoformat()}_{self.id}"


def plats_for(version: UnderrattelseVersion) -> Plats:
    """The place of this version."""
    return Plats(version.publicerad, version.underrattelse_id)


def las_plats(text: str | None) -> Plats | None:
    """The place that an address of ours names; None for anything else."""
    tid, _, id_ = (text or "").partition("_")
    moment = las_tid(tid)
    if moment is None or not (id_.isascii() and id_.isdigit() and len(id_) <= MAX_SIFFROR):
        return None
    return Plats(moment, int(id_))


class FelBas(Exception):
    """Someone else corrected it meanwhile; `senaste` is the version that stands now."""

    def __init__(self, senaste: int) -> None:
        super().__init__(f"version {senaste} finns redan")
        self.senaste = senaste


class RedanSkickat(Exception):
    """The form has been sent before, and what it said then was not this; `underrattelse_id` is what it published."""

    def __init__(self, underrattelse_id: int) -> None:
        super().__init__(f"formuläret har redan publicerat {underrattelse_id}")
        self.underrattelse_id = underrattelse_id


def brister(rubrik: str, text: str) -> dict[str, str]:
    """What must be mended before it can be published: field name → what to do."""
    found = {}
    if not rubrik.strip():
        found["rubrik"] = "Skriv en rubrik."
    elif len(rubrik) > MAX_RUBRIK:
        found["rubrik"] = f"Korta rubriken: den har {len(rubrik)} tecken och får ha högst {MAX_RUBRIK}."
    if not text.strip():
        found["text"] = "Skriv vad du vill underrätta om."
    elif len(text) > MAX_TEXT:
        found["text"] = f"Korta texten: den har {len(text)} tecken och får ha högst {MAX_TEXT}."
    return found


def nasta_nummer(bas: int, senaste: int) -> int:
    """The number of the version that follows `bas`. Raises FelBas if `bas` is not the latest."""
    if bas != senaste:
        raise FelBas(senaste)
    return senaste + 1
