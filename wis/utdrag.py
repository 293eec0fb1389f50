"""Signed addresses of extracts: one published version, for whoever was told of it, for at most two minutes.

The address is the capability: it is told over the live channel to those alone who are judged to be readers then, and
asks for no login, so that a proxy can answer thousands with what was drawn once. What it leads to never changes.
"""

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wis.andringar import Slag
from wis.settings import Settings

GILTIG_MINUTER = 2
"""An address ends when this many whole minutes have begun since it was made: after between one and two minutes."""
PREFIX = "/utdrag/"
_KODER = {Slag.LAGESBILD: 1, Slag.UNDERRATTELSE: 2}
_SLAG = {kod: slag for slag, kod in _KODER.items()}
FINNS_FOR = frozenset(_KODER)
"""The kinds of change whose new version there are extracts of."""
_INNEHALL = struct.Struct(">BIII")
_SIGNATUR = hashlib.sha256().digest_size
# 45 bytes are exactly 60 characters: each extract has one spelling in each minute, and no other is looked at.
_SKRIVET = re.compile(r"[A-Za-z0-9_-]{60}", re.ASCII)
_NYCKEL_FOR = b"wis utdrag 1"


@dataclass(frozen=True)
class Utdrag:
    """What an address leads to, and until when."""

    slag: Slag
    id: int
    version: int
    till: datetime


def adress(settings: Settings, slag: Slag, id_: int, version: int, now: datetime) -> str:
    """The path of the extract, the same from every process within the same minute.

    Whoever asks has judged that the receivers may read the version, and that it is not TLP:RED. Raises ValueError for
    a kind that has no extracts (see FINNS_FOR) or a number that no row can have.
    """
    if slag not in _KODER:
        raise ValueError(f"there are no extracts of {slag}")
    try:
        innehall = _INNEHALL.pack(_KODER[slag], id_, version, int(now.timestamp()) // 60 + GILTIG_MINUTER)
    except struct.error as fel:
        raise ValueError(f"no version: {id_}, {version}") from fel
    token = base64.urlsafe_b64encode(innehall + _signatur(settings, innehall)).decode("ascii")
    return PREFIX + token


def las(settings: Settings, token: str, now: datetime) -> Utdrag | None:
    """What the last part of an address leads to; None if it is not ours, or is out."""
    if not _SKRIVET.fullmatch(token):
        return None
    data = base64.urlsafe_b64decode(token)
    innehall, signatur = data[:-_SIGNATUR], data[-_SIGNATUR:]
    if not hmac.compare_digest(signatur, _signatur(settings, innehall)):
        return None
    kod, id_, version, minut = _INNEHALL.unpack(innehall)
    till = datetime.fromtimestamp(minut * 60, UTC)
    # One that would last longer than any does is from a clock that was wrong.
    if not now < till <= now + timedelta(minutes=GILTIG_MINUTER):
        return None
    return Utdrag(_SLAG[kod], id_, version, till)


def _signatur(settings: Settings, innehall: bytes) -> bytes:
    # A key for this alone: what is signed here can't be passed off as a cookie, nor the other way around.
    nyckel = hmac.digest(settings.secret_key.encode(), _NYCKEL_FOR, "sha256")
    return hmac.digest(nyckel, innehall, "sha256")
