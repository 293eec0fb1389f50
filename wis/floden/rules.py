"""What feeds and messages are made of, and what may never be in them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from wis.auth.krets import Tlp

MAX_ADRESSER = 10
"""So many addresses may one person have in use at one actor."""
GILTIGHET = timedelta(days=365)
GLES = timedelta(hours=1)
"""That an address is used is written down this often."""
MAX_POSTER = 50
I_FLODEN = tuple(marke.value for marke in Tlp if marke.niva < Tlp.AMBER_STRICT.niva)
"""The labels of what may be in a feed: its reader may be a service of somebody else's."""
UTAN = "Det som är märkt TLP:AMBER+STRICT eller TLP:RED finns inte i flödet: läs det i systemet."


class Ovningar(StrEnum):
    """Which of exercises and the real a feed holds, as the address says after `?ovning=`."""

    MED = "ja"
    UTAN = "nej"
    BARA = "bara"


@dataclass(frozen=True)
class Post:
    """An entry. `nyckel`: what is the same of it for ever; `slag`: a category and what it is called."""

    nyckel: str
    rubrik: str
    av: str
    vag: str
    publicerad: datetime
    andrad: datetime
    sammanfattning: str
    text: str
    slag: tuple[str, str]
    tlp: str
    ovning: bool


@dataclass(frozen=True)
class Flode:
    """A feed: newest first. `sedan`: when it was last changed, if it holds nothing."""

    nyckel: str
    rubrik: str
    vag: str
    sedan: datetime
    slut: datetime
    poster: tuple[Post, ...]


def vard(base_url: str) -> str:
    """The name of the installation, for what must be unique in the world: no space, comma, '<' or '&'."""
    return (urlsplit(base_url).hostname or "wis").replace(":", "-")


def galler(giltig_till: datetime, aterkallad: datetime | None, now: datetime) -> bool:
    """Whether an address opens anything, as far as it goes by itself."""
    return aterkallad is None and now < giltig_till
