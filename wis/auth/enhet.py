"""The device mark: a signed cookie that says to which accounts a browser has logged in before. Pure.

It opens nothing. It lets the throttle count the tries of a known device apart from those of strangers
(OWASP, 'Slow Down Online Guessing Attacks with Device Cookies').
"""

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

GILTIG = 180 * 24 * 3600
"""How long a mark lasts, in seconds."""
_FLEST_KONTON = 5


@dataclass(frozen=True)
class Enhet:
    """A browser: its own random key, and fingerprints of the accounts it is known to, the latest last."""

    nyckel: str
    konton: tuple[str, ...] = ()

    def nyckel_for(self, epost: str) -> str | None:
        """The key of this device if the account knows it, else None."""
        return self.nyckel if _avtryck(epost) in self.konton else None


def las(kaka: str | None, hemlighet: str) -> Enhet | None:
    """The device that the cookie speaks of; None if there is none, it is too old or not signed by us."""
    try:
        nyckel, konton = _signerare(hemlighet).loads(kaka or "", max_age=GILTIG)
    except (BadSignature, ValueError, TypeError):
        return None
    return Enhet(nyckel, tuple(konton))


def marke(enhet: Enhet | None, epost: str, hemlighet: str) -> str:
    """The value of the cookie after a login to `epost`."""
    konton = enhet.konton if enhet else ()
    known = [*(konto for konto in konton if konto != _avtryck(epost)), _avtryck(epost)]
    nyckel = enhet.nyckel if enhet else secrets.token_urlsafe(12)
    return str(_signerare(hemlighet).dumps([nyckel, known[-_FLEST_KONTON:]]))


def _avtryck(epost: str) -> str:
    return hashlib.sha256(epost.strip().lower().encode()).hexdigest()[:20]


def _signerare(hemlighet: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(hemlighet, salt="wis.enhet")
