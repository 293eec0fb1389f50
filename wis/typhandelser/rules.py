"""What may be prepared, and what it becomes on the day. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from wis.clock import local
from wis.handelser.rules import MAX_RUBRIK

MAX_NAMN = 60
MAX_PUNKT = 200
MAX_PUNKTER = 40
DATUM = "{datum}"
"""In a prepared title: the day when it is opened."""


@dataclass(frozen=True)
class Uppgifter:
    """What a typhändelse says. `lasare`: slugs, None = all; `avsnitt`: text by section."""

    namn: str
    typ: str
    rubrik: str
    beskrivning: str
    lasare: tuple[str, ...] | None
    aktivera: bool
    checklista: tuple[str, ...]
    avsnitt: Mapping[str, str]
    underrattelse_rubrik: str
    underrattelse_text: str


class Inaktuell(Exception):
    """Somebody else has changed it meanwhile; nothing was written."""


class NamnetTaget(Exception):
    """The actor has another of that name; nothing was written."""


def rubriken(mall: str, now: datetime) -> str:
    """The title on the day: '{datum}' becomes '22 november'. No longer than a title may be."""
    dag = format_date(local(now), "d MMMM", locale="sv")
    return mall.replace(DATUM, dag).strip()[:MAX_RUBRIK]


def punkter(text: str) -> tuple[str, ...]:
    """A checklist as it is written, one thing to a line; marks of lists are taken away."""
    rader = (" ".join(rad.strip().lstrip("-*•[] ").split()) for rad in text.splitlines())
    return tuple(rad for rad in rader if rad)


def granska_punkter(alla: tuple[str, ...]) -> str:
    """What must be mended in a checklist, in Swedish; '' if nothing."""
    if len(alla) > MAX_PUNKTER:
        return f"Checklistan har {len(alla)} punkter. Högst {MAX_PUNKTER} går: slå ihop några."
    lang = next((nr for nr, punkt in enumerate(alla, start=1) if len(punkt) > MAX_PUNKT), 0)
    return f"Korta punkt {lang} till högst {MAX_PUNKT} tecken." if lang else ""
