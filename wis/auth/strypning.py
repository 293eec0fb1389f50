"""Throttling of guesses, on `limits` (the engine of Flask-Limiter): counts failures only.

Per account and per network address. A browser that has logged in to the account before carries a signed device mark
(OWASP 'device cookies'): its tries are counted apart, so that a stranger's guesses lock the stranger, not the person.
"""

from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

PER_KONTO = parse("10 per 15 minute")
PER_ADRESS = parse("50 per 15 minute")
PER_KOD = parse("5 per 15 minute")
EN_RAD = parse("1 per 15 minute")

Nyckel = tuple[RateLimitItem, str]


class Strypning:
    """Counts failures, in this process or (given a Redis address) in all."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._storage = storage_from_string(redis_url or "memory://")
        self._limiter = MovingWindowRateLimiter(self._storage)

    def stoppad(self, *parts: Nyckel) -> bool:
        """Whether any of these (limit, key) is used up."""
        return any(not self._limiter.test(limit, key) for limit, key in parts)

    def misslyckades(self, *parts: Nyckel) -> None:
        """Count one failure on each."""
        for limit, key in parts:
            self._limiter.hit(limit, key)

    def forsok(self, part: Nyckel) -> bool:
        """Count a try before it is made; False when the limit was used up. Many at once can't slip past each other."""
        return self._limiter.hit(*part)

    def glom(self, part: Nyckel) -> None:
        """Forget the tries: the last one succeeded."""
        self._limiter.clear(*part)


@dataclass(frozen=True)
class Inloggningsnycklar:
    """What a login is counted on: the account (apart for each device that is known there) and the network address."""

    konto: Nyckel
    adress: Nyckel


def inloggningsnycklar(epost: str, adress: str, enhet: str | None) -> Inloggningsnycklar:
    """What a login to `epost` from `adress` is counted on; `enhet` is the key of a device known to the account."""
    return Inloggningsnycklar(
        konto=(PER_KONTO, f"konto:{epost.strip().lower()}:{enhet or 'okand'}"), adress=(PER_ADRESS, f"adress:{adress}")
    )
