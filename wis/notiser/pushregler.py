"""Where a notice to a browser may be handed over, what it says, and what the answer means. Pure."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from wis.notiser.apprise_kanaler import sakert_nej
from wis.notiser.rules import Utfall, mottagen, overgaende, oviss, permanent
from wis.settings_varden import loopback_name

KANDA = frozenset({"fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"})
"""The push services of the browsers that we know; and those under KANDA_UNDER."""
KANDA_UNDER = (".push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")
STORST = 3000
"""So many bytes of content at most; a push service takes 4096 with what is around it (RFC 8030)."""
LANGSTA_ENDPOINT = 1000
_ENDPOINT = re.compile(r"https?://[\x21-\x7e]+")
_TTL_BRADSKANDE, _TTL = 24 * 3600, 12 * 3600
_BORTA = {404, 410}
_KONTOT = {401, 403}
_FOR_TILLFALLET = {425, 429}
_TOPIC = 32


# --- where ---------------------------------------------------------------------------------------------------------


def tillaten(endpoint: str, vardar: tuple[str, ...] | None) -> SplitResult | None:
    """The parts of an address that a browser gave, if we may connect there; else None.

    Only over TLS, to the known services or, if given, to these hosts alone. Of this machine itself only when it is
    named among them, and then any port.
    """
    if len(endpoint) > LANGSTA_ENDPOINT or not _ENDPOINT.fullmatch(endpoint):
        return None
    try:
        delar = urlsplit(endpoint)
        vard, port = (delar.hostname or "").lower(), delar.port
    except ValueError:
        return None
    if "@" in delar.netloc or delar.fragment or not vard:
        return None
    if loopback_name(vard) is not None:
        return delar if vard in (vardar or ()) else None
    kand = vard in KANDA or vard.endswith(KANDA_UNDER) if vardar is None else vard in vardar
    return delar if kand and delar.scheme == "https" and port in {None, 443} else None


def nyckelpar(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The browser's key and secret (RFC 8291). Raises ValueError if they are none."""
    punkt, hemlighet = _byte(p256dh), _byte(auth)
    if len(hemlighet) != 16:
        raise ValueError("auth")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), punkt)
    return punkt, hemlighet


def _byte(text: str) -> bytes:
    text = text.strip().rstrip("=")
    if len(text) > 100:
        raise ValueError("too long")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as fel:
        raise ValueError("base64url") from fel


# --- what ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sak:
    """What a delivery is about: `om` names it, the same for each version; `system`: a message of ours to the person."""

    om: str
    bradskande: bool
    system: bool


def amneskod(om: str, hemlighet: str) -> str:
    """The Topic (RFC 8030, 5.4): a newer version replaces an older one that waits. It tells nobody what it is about."""
    kod = hmac.new(hemlighet.encode(), f"push:{om}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(kod).decode()[:_TOPIC]


def huvuden(sak: Sak, topic: str) -> dict[str, str]:
    """What the push service is told: what is brådskande wakes the phone, and is kept as long as it is followed up."""
    return {
        "TTL": str(_TTL_BRADSKANDE if sak.bradskande else _TTL),
        "Urgency": "high" if sak.bradskande else "normal",
        "Topic": topic,
    }


def innehall(sak: Sak, amne: str, text: str, bas: str, topic: str) -> bytes:
    """What the browser is to show, as JSON of at most STORST bytes: the words of the SMS, and the path to open.

    The subject says what the first line of an SMS says; the address is where a tap leads.
    """
    lankar = list(re.finditer(rf"\s*{re.escape(bas)}(/\S*)", text))
    lank = lankar[-1][1] if lankar else "/"
    if lankar:
        text = text[: lankar[-1].start()] + text[lankar[-1].end() :]
    if not sak.system:
        text = text.partition("\n")[2]
    text = text.strip()
    delar = {"titel": amne, "text": text, "lank": lank, "tag": topic, "bradskande": sak.bradskande}
    while len(ut := json.dumps(delar, ensure_ascii=False).encode()) > STORST:
        text = text[: len(text) * 3 // 4].rstrip()
        delar["text"] = f"{text} …"
    return ut


# --- how it went ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Svar:
    """What one push service answered; `borta`: the browser is there no more."""

    utfall: Utfall
    borta: bool = False


def tolka(status: int, vanta: float | None) -> Svar:
    """What an answer means (RFC 8030, 5 and 7.3). `vanta`: the seconds of its Retry-After."""
    if 200 <= status < 300:
        return Svar(mottagen())
    if status in _BORTA:
        return Svar(permanent(f"webbläsaren tar inte emot längre ({status})"), borta=True)
    if status in _KONTOT:
        # Mended (the key, or the clock), it goes.
        return Svar(overgaende(f"pushtjänsten godtar inte vår nyckel ({status})"))
    if not sakert_nej(status):
        return Svar(oviss(f"pushtjänsten svarade inte tydligt ({status})", om_leverantoren=False))
    if 300 <= status < 400:
        return Svar(permanent(f"pushtjänsten hänvisar vidare, vilket inte godtas ({status})"))
    if 400 <= status < 500 and status not in _FOR_TILLFALLET:
        return Svar(permanent(f"pushtjänsten nekade ({status})"))
    return Svar(overgaende(f"pushtjänsten kunde inte ta emot ({status})", vanta=vanta))


def sammantaget(svar: list[Utfall]) -> Utfall:
    """What came of a delivery by what came of each of the person's browsers: taken by one, it is delivered.

    Where nobody took it: uncertain if one may have, to be tried again if one may take it later.
    """
    for slag in ("mottagen", "oviss", "overgaende", "permanent"):
        lika = [ett for ett in svar if ett.slag == slag]
        if slag == "overgaende" and lika:
            vantan = [ett.vanta for ett in lika if ett.vanta is not None]
            return overgaende(lika[0].orsak, vanta=min(vantan) if len(vantan) == len(lika) else None)
        if lika:
            return lika[0]
    return permanent("ingen webbläsare är kvar")
