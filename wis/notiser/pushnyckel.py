"""The key pair by which push services know us (VAPID, RFC 8292), and what is signed with it."""

import base64
import hashlib
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from wis import clock
from wis.settings import Settings
from wis.settings_varden import SettingsError, p256

FIL = "vapid_nyckel"
GILTIG = timedelta(hours=12)
"""How long what is signed holds; RFC 8292 allows a day. A new one is made when half of it has gone."""


@dataclass(frozen=True)
class Nyckel:
    """Ours: `privat` signs, `publik` (base64url of the point) is what a browser lets itself be told by."""

    privat: ec.EllipticCurvePrivateKey

    @cached_property
    def publik(self) -> str:
        """The public key, as `applicationServerKey` takes it."""
        punkt = self.privat.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(punkt).rstrip(b"=").decode()

    @cached_property
    def avtryck(self) -> str:
        """A short name of the key."""
        return hashlib.sha256(self.publik.encode()).hexdigest()[:16]


def las(settings: Settings) -> Nyckel:
    """The key of WIS_VAPID_NYCKEL, else that of the instance, made if there is none. Raises SettingsError."""
    if settings.vapid_nyckel:
        return _tolkad(settings.vapid_nyckel, "WIS_VAPID_NYCKEL")
    return _sparad(settings.instance / FIL)


@cache
def _sparad(fil: Path) -> Nyckel:
    if not fil.exists():
        _skapa(fil)
    try:
        return _tolkad(fil.read_text(encoding="ascii"), str(fil))
    except (OSError, UnicodeDecodeError) as fel:
        raise SettingsError(f"{fil} går inte att läsa: {fel}.") from fel


def _skapa(fil: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Whole from the start, and by the first of the processes alone: the others read what that one made.
    tillfallig = fil.with_name(f"{fil.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(tillfallig, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as ut:
            ut.write(pem)
        os.link(tillfallig, fil)
    except FileExistsError:
        return
    except OSError as fel:
        raise SettingsError(f"{fil} går inte att skapa: {fel}.") from fel
    finally:
        tillfallig.unlink(missing_ok=True)


@cache
def _tolkad(text: str, var: str) -> Nyckel:
    return Nyckel(p256(text, var))


def kontakt(settings: Settings) -> str:
    """Who we are, for the push services (`sub`): our address, or a mail address where that is none of the internet."""
    delar = urlsplit(settings.base_url)
    return f"https://{delar.hostname}" if delar.scheme == "https" else "mailto:wis@localhost"


class Signerare:
    """The Authorization header for each push service. Any thread."""

    def __init__(self, nyckel: Nyckel, sub: str) -> None:
        self._vapid, self._sub, self._las = Vapid02(nyckel.privat), sub, threading.Lock()
        self._gjorda: dict[str, tuple[str, datetime]] = {}

    def huvud(self, aud: str) -> str:
        """The header's value for the origin `aud`."""
        now = clock.now()
        with self._las:
            varde, gjord = self._gjorda.get(aud, ("", now))
            if not varde or not gjord <= now < gjord + GILTIG / 2:
                krav = {"aud": aud, "sub": self._sub, "exp": int((now + GILTIG).timestamp())}
                varde = str(self._vapid.sign(krav)["Authorization"])
                self._gjorda[aud] = (varde, now)
            return varde
