"""The tag of a delivery in addresses that others call back: it names the delivery, and nobody can make one up."""

import hmac
import re

_FORM = re.compile(r"([0-9]{1,15})-([0-9a-f]{20})")
_LANGD = 20


def gor(hemlighet: str, leverans_id: int) -> str:
    """Digits, a hyphen and lower-case hex, at most 36 characters: fit for a path and the left part of an address."""
    return f"{leverans_id}-{_stampel(hemlighet, leverans_id)}"


def las(hemlighet: str, referens: str) -> int | None:
    """The delivery that it names; None if it is not one of ours. Mail servers may have changed the case of letters."""
    traff = _FORM.fullmatch(referens.lower())
    if traff is None:
        return None
    leverans_id = int(traff[1])
    return leverans_id if hmac.compare_digest(traff[2], _stampel(hemlighet, leverans_id)) else None


def _stampel(hemlighet: str, leverans_id: int) -> str:
    return hmac.digest(hemlighet.encode(), f"leverans:{leverans_id}".encode(), "sha256").hex()[:_LANGD]
