"""Keys made from the installation's own: what the database keeps is worthless without `secret_key`. Pure.

Each purpose and each person has a key of its own (HKDF, RFC 5869): a row that is moved to another person opens nothing.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LANGD = 32


class Olaslig(Exception):
    """The text was not made here for this purpose and person, has been changed, or is too old."""


def kryptera(secret_key: str, syfte: str, anvandare_id: int, text: str) -> str:
    """The text encrypted (Fernet) for one purpose and person, for las()."""
    return _fernet(secret_key, syfte, anvandare_id).encrypt(text.encode()).decode()


def las(secret_key: str, syfte: str, anvandare_id: int, krypterad: str, max_alder: int | None = None) -> str:
    """What kryptera() was given, if not older than `max_alder` seconds. Raises Olaslig."""
    try:
        return _fernet(secret_key, syfte, anvandare_id).decrypt(krypterad.encode(), ttl=max_alder).decode()
    except InvalidToken as error:
        raise Olaslig(syfte) from error


def avtryck(secret_key: str, syfte: str, text: str) -> bytes:
    """32 bytes that nobody without the key can foretell, always the same for the same text (HMAC-SHA256)."""
    return hmac.digest(_nyckel(secret_key, syfte), text.encode(), hashlib.sha256)


def _fernet(secret_key: str, syfte: str, anvandare_id: int) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_nyckel(secret_key, f"{syfte}:{anvandare_id}")))


def _nyckel(secret_key: str, syfte: str) -> bytes:
    return HKDF(SHA256(), _LANGD, salt=None, info=f"wis:{syfte}".encode()).derive(secret_key.encode())
