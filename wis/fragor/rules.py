"""What a question about rights may hold, and what page it is about. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_TEXT = 500
MAX_SKAL = 500
MAX_VERB = 120
MAX_SIDA = 300
MAX_MOTTAGARE = 10
"""So many are written to about one question; the rest find it in their inbox."""

_HANDELSE = re.compile(
    r"/handelser/(?P<slug>[a-z0-9-]+)(?:/lagesbild/(?P<vem>[a-z0-9-]+)(?:/versioner/(?P<nr>\d{1,9}))?)?"
)
_UNDERRATTELSE = re.compile(r"/underrattelser/(?P<id>\d{1,9})(?:/|$)")
SAMLAD = "samlad"
BER_OM_LASRATT = "ber om läsrätt"
"""What the record calls it, whatever comes of it."""


class RedanBesvarad(Exception):
    """Somebody else has answered the question."""


class KanInteGes(Exception):
    """The right can't be given by a tap: a label stands in the way, and it takes a new publication."""


class Otydlig(Exception):
    """What was sent is no question that a page of ours has."""


@dataclass(frozen=True)
class Mal:
    """What an address is about: an event by slug (of it one lägesbild, one version), or an underrättelse by id."""

    handelse: str = ""
    vem: str = ""
    nummer: int | None = None
    underrattelse: int | None = None


class Svarsval(StrEnum):
    """The buttons under a question. JA: from now on; JA_ALLT: also what was published before.

    KLART: it has been seen to, for what is not given by a tap.
    """

    JA = "ja"
    JA_ALLT = "ja_allt"
    NEJ = "nej"
    KLART = "klart"


def en_rad(text: str, hogst: int) -> str:
    """The text on one line, without characters that are none, at most `hogst` long: fit for a subject."""
    return " ".join("".join(tecken if tecken.isprintable() else " " for tecken in text).split())[:hogst].rstrip()


def fritext(text: str, hogst: int) -> str:
    """What a person wrote, with plain line breaks and without control characters, at most `hogst` long."""
    rader = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(t for t in rad if t.isprintable()) for rad in rader).strip()[:hogst]


def egen_sida(path: str) -> str:
    """The path if it is one of our own pages, without what stands after '?'. Raises Otydlig."""
    utan = path.partition("?")[0].partition("#")[0]
    if not utan.startswith("/") or utan.startswith("//") or "\\" in utan or len(utan) > MAX_SIDA:
        raise Otydlig(path[:MAX_SIDA])
    if not utan.isprintable() or " " in utan:
        raise Otydlig(path[:MAX_SIDA])
    return utan


def las_sida(sida: str) -> Mal | None:
    """What the page is about; None for a page that no right to read hangs on."""
    if match := _UNDERRATTELSE.match(sida):
        return Mal(underrattelse=int(match["id"]))
    if match := _HANDELSE.match(sida):
        return Mal(match["slug"], match["vem"] or "", int(match["nr"]) if match["nr"] else None)
    return None
