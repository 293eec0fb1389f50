"""What a tombstone says, and the hash of what it stands for. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from markupsafe import escape

from wis.arkiv.format import som_json
from wis.clock import STOCKHOLM

MAX_BESLUT = 80
GALLRAD = "Gallrad"


def text_av(beslut: str, nar: datetime) -> str:
    """What stands where the content was."""
    return f"Gallrad enligt beslut {beslut} den {nar.astimezone(STOCKHOLM):%Y-%m-%d}."


def html_av(text: str) -> str:
    """The same as HTML."""
    return f"<p>{escape(text)}</p>"


def innehall_hash(innehall: Mapping[str, object]) -> str:
    """The sha256 of what was there: its fields as one line of JSON, keys in order (docs/arkiv.md)."""
    return hashlib.sha256(som_json(innehall).encode()).hexdigest()
