"""What may be published as an informationsunderrättelse. Pure."""

from dataclasses import dataclass

from wis.auth.krets import Tlp
from wis.underrattelser.models import MAX_RUBRIK, MAX_TEXT


@dataclass(frozen=True)
class Innehall:
    """What is said; `html` is `text` rendered by wis.markup, `lagrum` the paragraph of a secrecy note (OSL)."""

    rubrik: str
    text: str
    html: str
    bradskande: bool
    tlp: Tlp = Tlp.CLEAR
    lagrum: str = ""


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
