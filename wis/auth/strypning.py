"""Throttling of guesses, on `limits` (the engine of Flask-Limiter): counts failures only.

Per account and per network address. A browser that has logged in to the account before carries a signed device mark
(OWASP 'device cookies'): its tries are counted apart, so that a stranger's guesses lock the stranger, not the person.
"""

import ipaddress
import logging
from collections.abc import Callable
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

_log = logging.getLogger(__name__)
T = TypeVar("T")
PER_KONTO = parse("10 per 15 minute")
PER_NATVERK = "50 per 15 minute"
PER_INBJUDARE = parse("50 per hour")
PER_INBJUDNINGSLISTA = parse("500 per day")
PER_KOD = parse("5 per 15 minute")
EN_NEKAD = parse("1 per minute")
EN_RAD = parse("1 per 15 minute")
VANTA = 15 * 60
"""How long a throttled person is told to wait, in seconds."""
NAT_IPV6 = 64
"""The bits of an IPv6 address that tell networks apart: the rest the one who knocks chooses freely."""

Nyckel = tuple[RateLimitItem, str]


class Strypning:
    """Counts failures, in this process or (given a Redis address) in all.

    Should Redis be out of reach, each process counts by itself meanwhile: people must still get in.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        extra = {"wrap_exceptions": True} if redis_url else {}
        self._limiter = MovingWindowRateLimiter(storage_from_string(redis_url or "memory://", **extra))
        self._reserv = MovingWindowRateLimiter(MemoryStorage()) if redis_url else self._limiter

    def forsok(self, part: Nyckel, antal: int = 1) -> bool:
        """Count a try, or `antal` of them, before it is made; False, and nothing counted, when there is no room.

        Many at once can't slip past each other.
        """
        return self._rakna(lambda raknare: raknare.hit(*part, cost=antal))

    def glom(self, part: Nyckel) -> None:
        """Forget the tries: the last one succeeded."""
        self._rakna(lambda raknare: raknare.clear(*part))

    def _rakna(self, gor: Callable[[MovingWindowRateLimiter], T]) -> T:
        try:
            return gor(self._limiter)
        except StorageError as fel:
            _log.warning("Redis can't be reached, and tries are counted in this process alone: %s", fel)
            return gor(self._reserv)


def natverk(adress: str) -> str:
    """What an address is counted as: itself or, of IPv6, its network of 64 bits."""
    try:
        ip = ipaddress.ip_address(adress.partition("%")[0])
    except ValueError:
        return adress
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, NAT_IPV6), strict=False))


def kontonyckel(epost: str, enhet: str | None) -> Nyckel:
    """What a login to `epost` is counted on; `enhet` is the key of a device known to the account, counted apart."""
    return PER_KONTO, f"konto:{epost.strip().lower()}:{enhet or 'okand'}"
