"""What an underrättelse that is being written will look like to its readers, and how a correction differs."""

from dataclasses import dataclass, field
from datetime import datetime

from wis import clock, markup
from wis.auth.rules import Subjekt
from wis.jamfor import Del, jamfor_ord
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.models import UnderrattelseVersion


@dataclass(frozen=True)
class Blivande:
    """The version that it would become, with what the macros of the reading page read of one."""

    nummer: int
    rubrik: str
    bradskande: bool
    tlp: str
    lagrum: str
    forfattare: Subjekt
    publicerad: datetime


@dataclass(frozen=True)
class Granskning:
    """The page to be; of a correction also the title that it had, and the words that differ (none: the same)."""

    version: Blivande
    html: str
    rubrik_fore: str = ""
    delar: list[Del] = field(default_factory=list)


def granska(form: Underrattelseformular, tidigare: UnderrattelseVersion | None, who: Subjekt) -> Granskning:
    """Of what stands in the form, whatever is wrong with it; `tidigare` is what is corrected.

    Rendering may take two seconds: hold no connection meanwhile.
    """
    text = markup.normalisera(form.text.data or "").strip()
    version = Blivande(
        1 if tidigare is None else tidigare.nummer + 1,
        " ".join((form.rubrik.data or "").split()),
        bool(form.bradskande.data),
        form.tlp_hittills(),
        form.lagrum.data or "",
        who,
        clock.now(),
    )
    html = markup.render(text)
    if tidigare is None:
        return Granskning(version, html)
    delar = jamfor_ord(tidigare.text, text) if tidigare.text != text else []
    return Granskning(version, html, tidigare.rubrik, delar)
