"""The authenticator app: time-based codes (TOTP, RFC 6238), each good once. Within the caller's transaction."""

import hmac
import logging
from urllib.parse import urlsplit

import pyotp
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.auth import faktorer, hemligheter
from wis.auth.models import Anvandare, Totp
from wis.settings import Settings

_STEG = 30
LANGD = 6
"""How many digits a code has."""
_GILTIG = 3600
"""How long a secret that has been shown waits for its first code, in seconds."""
_SYFTE, _SYFTE_NY = "totp", "totp-ny"
_log = logging.getLogger(__name__)


def ny_hemlighet() -> str:
    """A secret of 160 bits, in base32."""
    return pyotp.random_base32()


def forsegla(settings: Settings, anvandare_id: int, hemlighet: str) -> str:
    """The secret as the page may carry it until the first code has come; only for this person, for an hour."""
    return hemligheter.kryptera(settings.secret_key, _SYFTE_NY, anvandare_id, hemlighet)


def find_forseglad(settings: Settings, anvandare_id: int, text: str) -> str | None:
    """The secret that forsegla() was given, or None if that is too old, somebody else's or made up."""
    try:
        return hemligheter.las(settings.secret_key, _SYFTE_NY, anvandare_id, text, _GILTIG)
    except hemligheter.Olaslig:
        return None


def adress(settings: Settings, hemlighet: str, epost: str) -> str:
    """The secret as an address that apps for codes open (otpauth:)."""
    utfardare = f"wis {urlsplit(settings.base_url).hostname}"
    return pyotp.TOTP(hemlighet).provisioning_uri(name=epost, issuer_name=utfardare)


def qr(settings: Settings, hemlighet: str, epost: str) -> str:
    """adress() as a picture for the app to read: a PNG as a data address."""
    code = segno.make(adress(settings, hemlighet, epost), error="m", micro=False)
    return str(code.png_data_uri(scale=4, border=4))


def kodsteg(hemlighet: str, kod: str, efter: int = 0) -> int | None:
    """The time step that the code belongs to, now or one to either side, and later than `efter`; None if to none."""
    if len(kod) != LANGD or not (kod.isascii() and kod.isdigit()):
        return None
    now = int(clock.now().timestamp()) // _STEG
    app = pyotp.TOTP(hemlighet)
    fits = [steg for steg in (now - 1, now, now + 1) if hmac.compare_digest(app.generate_otp(steg), kod)]
    return next((steg for steg in fits if steg > efter), None)


def satt(session: Session, settings: Settings, person: Anvandare, hemlighet: str, kod: str) -> bool:
    """The app that shows this code is the person's, in place of one before. False if the code is not the secret's."""
    steg = kodsteg(hemlighet, faktorer.normal_kod(kod))
    if steg is None:
        return False
    now = clock.now()
    app = session.get(Totp, person.id, with_for_update=True) or Totp(anvandare_id=person.id)
    app.hemlighet = hemligheter.kryptera(settings.secret_key, _SYFTE, person.id, hemlighet)
    app.skapad = app.bekraftad = now
    app.senaste_steg = steg
    session.add(app)
    session.flush()
    return True


def prova(session: Session, settings: Settings, anvandare_id: int, kod: str) -> bool:
    """Whether the code is the app's, now; then it is used up, and so is every earlier one (RFC 6238, 5.2)."""
    app = session.scalar(
        select(Totp)
        .where(Totp.anvandare_id == anvandare_id, Totp.bekraftad.is_not(None))
        # Two tries with the same code at the same moment: the second waits here, and sees that it is used.
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if app is None:
        return False
    try:
        hemlighet = hemligheter.las(settings.secret_key, _SYFTE, anvandare_id, app.hemlighet)
    except hemligheter.Olaslig:
        _log.exception("the secret of person %s can't be read: has WIS_SECRET_KEY been changed?", anvandare_id)
        return False
    steg = kodsteg(hemlighet, faktorer.normal_kod(kod), app.senaste_steg)
    if steg is None:
        return False
    app.senaste_steg = steg
    session.flush()
    return True
