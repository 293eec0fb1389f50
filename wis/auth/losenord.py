"""Passwords: Argon2id, with bounded concurrency."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINSTA_LANGD = 15
STORSTA_LANGD = 200

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, t=2, p=1.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each takes some 40 ms of a core; more at a time would starve the pages of a small machine.
_slots = threading.BoundedSemaphore(2)
# A hash that no password fits: checked for unknown accounts so that they take as long as known ones.
_INGENS = _hasher.hash("ett konto som inte finns har inget lösenord")


def hasha(losenord: str) -> str:
    """The Argon2id hash to store."""
    with _slots:
        return _hasher.hash(losenord)


def stammer(lagrad: str | None, losenord: str) -> bool:
    """Whether the password fits the stored hash; takes the same time when there is none."""
    with _slots:
        try:
            _hasher.verify(lagrad or _INGENS, losenord[: STORSTA_LANGD + 1])
        except (VerificationError, InvalidHashError):
            return False
    return lagrad is not None


def brist(losenord: str) -> str | None:
    """What is wrong with a new password, said so that it can be mended, or None."""
    if len(losenord) < MINSTA_LANGD:
        return f"Lösenordet ska ha minst {MINSTA_LANGD} tecken. Fyra slumpvisa ord är lätta att minnas."
    if len(losenord) > STORSTA_LANGD:
        return f"Lösenordet får ha högst {STORSTA_LANGD} tecken."
    if len(set(losenord)) < 4:
        return "Lösenordet är för enkelt: använd fler olika tecken."
    return None
