"""By what a browser tells the pages that it keeps of one login from those of another. Pure.

The server says it in the header HUVUD of every answer to somebody who is logged in: the mark, and after it for how many
hours the page may be kept, if it may. INGEN says that nobody is logged in: what was kept goes.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256

HUVUD = "Wis-Natlos"
INGEN = "ingen"
"""In place of a mark: nobody is logged in, or nothing is ever kept here."""


def marke(hemlighet: str, inloggning_id: int, aktor_id: int) -> str:
    """The mark of a login that acts for an actor.

    It says nothing of who it is, is another at the next login or for another actor, and opens nothing.
    """
    vad = f"natlos {inloggning_id} {aktor_id}".encode()
    return hmac.new(hemlighet.encode(), vad, sha256).hexdigest()[:32]


def markt_om(huvuden: Iterable[tuple[str, str]], eget: str) -> list[tuple[str, str]]:
    """The headers of a page that was drawn for another reader, with this reader's own mark in them."""
    return [(namn, " ".join([eget, *varde.split()[1:]]) if namn == HUVUD else varde) for namn, varde in huvuden]
