"""The languages of the pages: Swedish, which is written in the templates, and English, from a catalogue. Pure.

The catalogue is compiled in memory from its .po the first time that somebody reads English: nothing is run before.
"""

import io
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

KATALOGER = Path(__file__).parent / "translations"


class Sprak(StrEnum):
    """What a reader can have pages in."""

    SV = "sv"
    EN = "en"


LOCALE = {Sprak.SV: "sv_SE", Sprak.EN: "en_GB"}
"""By which dates and numbers are written."""


def katalogfil(sprak: Sprak) -> Path:
    """Where the translations into the language stand."""
    return KATALOGER / sprak / "LC_MESSAGES" / "wis.po"


@cache
def oversattning(sprak: Sprak) -> NullTranslations:
    """The translations; what has none is left in Swedish. Raises OSError if the catalogue is not there."""
    if sprak is Sprak.SV:
        return NullTranslations()
    compiled = io.BytesIO()
    with katalogfil(sprak).open("rb") as fil:
        write_mo(compiled, read_po(fil, locale=sprak))
    compiled.seek(0)
    return GNUTranslations(compiled)


def tal(varde: float, sprak: Sprak = Sprak.SV) -> str:
    """A number with at most three decimals: '1 234,5' in Swedish, '1,234.5' in English."""
    return format_decimal(varde, locale=LOCALE[sprak])


def markera(text: str) -> str:
    """The text as it is: script/sprak finds it here, and the page that shows it translates it (the filter oversatt)."""
    return text
