"""The values that an operator may give, each read from text or refused with words that say how to mend it."""

import base64
import ipaddress
import math
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

_SVAGA_NYCKLAR = {"", "dev", "secret", "changeme", "hemlig"}
_STORST = 1e6
_HOST = re.compile(r"(?!-)[a-z0-9åäö-]+(\.[a-z0-9åäö-]+)*")


class SettingsError(Exception):
    """A configuration that must not start; the text says in Swedish how to mend it."""


def boolean(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Whether it is switched on. Raises SettingsError, as all of these."""
    raw = values.get(name, "").strip().lower()
    if raw in {"", "0", "1", "ja", "nej", "true", "false"}:
        return default if raw == "" else raw in {"1", "ja", "true"}
    raise SettingsError(f"WIS_{name.upper()} ska vara 1 eller 0, inte '{raw}'.")


def number(
    values: Mapping[str, str], name: str, default: float, *, at_least: float = 0, at_most: float = _STORST
) -> float:
    """A number, with a decimal comma or point."""
    raw = values.get(name, "").strip()
    try:
        found = float(raw.replace(",", ".") or default)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise SettingsError(f"WIS_{name.upper()} ska vara ett tal, inte '{raw}'.")
    if not at_least <= found <= at_most:
        lowest = f"{at_least:g}".replace(".", ",")
        raise SettingsError(f"WIS_{name.upper()} ska vara minst {lowest} och högst {at_most:.0f}, inte {raw}.")
    return found


def whole(values: Mapping[str, str], name: str, default: int, *, at_least: int = 0, at_most: float = _STORST) -> int:
    """A whole number."""
    found = number(values, name, default, at_least=at_least, at_most=at_most)
    if not found.is_integer():
        raise SettingsError(f"WIS_{name.upper()} ska vara ett heltal, inte '{values[name].strip()}'.")
    return int(found)


def one_of(values: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of these words."""
    raw = values.get(name, "").strip().lower() or default
    if raw not in choices:
        raise SettingsError(f"WIS_{name.upper()} ska vara {', '.join(choices[:-1])} eller {choices[-1]}, inte '{raw}'.")
    return raw


def key(values: Mapping[str, str], name: str) -> str | None:
    """A secret that nobody guesses; None if none is given."""
    given = values.get(name, "").strip()
    if given and (is_weak(given) or not given.isascii()):
        raise SettingsError(
            f"WIS_{name.upper()} är för svag: ange minst 32 slumptecken, t.ex. det som 'openssl rand -hex 32' skriver."
        )
    return given or None


def push_key(values: Mapping[str, str], name: str) -> str | None:
    """A private key of P-256, as p256() reads it; None if none is given."""
    given = values.get(name, "").strip()
    if given:
        p256(given, f"WIS_{name.upper()}")
    return given or None


def p256(text: str, where: str) -> ec.EllipticCurvePrivateKey:
    """The private key that stands there: as PEM, or its 32 bytes as base64url. Raises SettingsError."""
    try:
        return _of_pem(text) if "-----BEGIN" in text else _of_bytes(text.strip())
    except (ValueError, TypeError, UnsupportedAlgorithm) as fel:
        raise SettingsError(
            f"{where} är ingen nyckel för push: ange en privat nyckel för P-256 som PEM, eller dess 32 byte som "
            "base64url. Tas den bort skapas en i instanskatalogen."
        ) from fel


def _of_pem(text: str) -> ec.EllipticCurvePrivateKey:
    # On one line, as an environment often has it.
    found = serialization.load_pem_private_key(text.replace("\\n", "\n").encode("ascii"), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
        raise ValueError
    return found


def _of_bytes(text: str) -> ec.EllipticCurvePrivateKey:
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(raw) != 32:
        raise ValueError
    return ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())


def hosts(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Names of hosts, without scheme and port."""
    raw = values.get(name, "").lower().replace(",", " ").split()
    # A pattern would let in names that nobody thought of; an address has a scheme, a port or a path too many.
    wrong = next((host for host in raw if not _HOST.fullmatch(host) and loopback_name(host) is None), None)
    if wrong is not None:
        raise SettingsError(
            f"WIS_{name.upper()} ska vara värdnamn med komma emellan, utan https:// och port, t.ex. "
            f"wis.example.se,wis.internt, inte '{wrong}'."
        )
    return tuple(dict.fromkeys(raw))


def loopback_name(host: str) -> str | None:
    """How an address on this machine is written in a URL, for one who listens on `host`; None if it isn't there."""
    if host.lower() == "localhost":
        return "localhost"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    if not address.is_loopback:
        return None
    return f"[{address}]" if address.version == 6 else str(address)


def folder(values: Mapping[str, str], name: str) -> Path | None:
    """A folder by its whole path; None if none is given."""
    raw = values.get(name, "").strip()
    if raw and not Path(raw).is_absolute():
        raise SettingsError(f"WIS_{name.upper()} ska vara hela sökvägen, t.ex. /var/cache/wis, inte '{raw}'.")
    return Path(raw) if raw else None


def is_weak(key: str) -> bool:
    """Whether a key could be guessed: short, known, of few characters, or one that repeats or counts."""
    if len(key) < 32 or key.lower() in _SVAGA_NYCKLAR or len(set(key)) < 8:
        return True
    if (key + key).find(key, 1) < len(key):
        return True
    steps = [ord(b) - ord(a) for a, b in pairwise(key)]
    return sum(step in {-1, 0, 1} for step in steps) > len(steps) // 2
