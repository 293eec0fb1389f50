"""Passkeys (WebAuthn level 3): options for the browser, and judging what it answers. Within the caller's transaction.

The challenge is made from the token of the login that asks: nothing has to be remembered, and what was answered to one
login is worth nothing in another. A login that a passkey has let in is over, and its challenge with it.
"""

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from wis import clock
from wis.auth.hemligheter import avtryck
from wis.auth.models import Anvandare, Passkey
from wis.settings import Settings

FLEST = 10
MAX_NAMN = 60
_VANTA = 300_000
"""How long the browser waits for the person, in milliseconds (WebAuthn recommends five minutes)."""
# What a browser sends that is not an answer at all shows itself as one of these.
_OGILTIGT = (WebAuthnException, ValueError, TypeError)


def mojlig(settings: Settings) -> bool:
    """Whether browsers offer passkeys at our address: it must have a name, and be https or this machine."""
    host = _doman(settings)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return settings.https or host == "localhost"
    return False


def nya_val(session: Session, settings: Settings, person: Anvandare, token: str) -> str:
    """What the browser needs to make a passkey, as JSON."""
    return _json(
        generate_registration_options(
            rp_id=_doman(settings),
            rp_name="wis",
            user_id=avtryck(settings.secret_key, "passkey-person", str(person.id)),
            user_name=person.adress,
            user_display_name=person.namn,
            challenge=_utmaning(settings, "ny", token),
            timeout=_VANTA,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_kanda(session, person.id),
        )
    )


def lagg_till(session: Session, settings: Settings, person: Anvandare, namn: str, svar: str, token: str) -> bool:
    """Keep the passkey that the browser made. False if the answer does not hold or the key is somebody's already."""
    try:
        made = verify_registration_response(
            credential=svar,
            expected_challenge=_utmaning(settings, "ny", token),
            expected_rp_id=_doman(settings),
            expected_origin=_ursprung(settings),
            require_user_verification=True,
        )
    except _OGILTIGT:
        return False
    nyckel_id = bytes_to_base64url(made.credential_id)
    # Two at once by one person wait for each other here.
    session.refresh(person, with_for_update={"key_share": True})
    egna = len(_kanda(session, person.id))
    if egna >= FLEST or session.scalar(select(Passkey.id).where(Passkey.nyckel_id == nyckel_id)) is not None:
        return False
    session.add(
        Passkey(
            anvandare_id=person.id,
            namn=namn[:MAX_NAMN] or "Passkey",
            nyckel_id=nyckel_id,
            publik_nyckel=bytes_to_base64url(made.credential_public_key),
            raknare=made.sign_count,
            skapad=clock.now(),
        )
    )
    session.flush()
    return True


def fraga(session: Session, settings: Settings, anvandare_id: int, token: str) -> str:
    """What the browser needs to answer with one of the person's passkeys, as JSON."""
    return _json(
        generate_authentication_options(
            rp_id=_doman(settings),
            challenge=_utmaning(settings, "in", token),
            timeout=_VANTA,
            allow_credentials=_kanda(session, anvandare_id),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def prova(session: Session, settings: Settings, anvandare_id: int, svar: str, token: str) -> bool:
    """Whether the answer is by one of the person's passkeys, to what fraga() asked with this token."""
    nyckel = session.scalar(
        select(Passkey)
        .where(Passkey.nyckel_id == _nyckel_id(svar), Passkey.anvandare_id == anvandare_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if nyckel is None:
        return False
    try:
        answered = verify_authentication_response(
            credential=svar,
            expected_challenge=_utmaning(settings, "in", token),
            expected_rp_id=_doman(settings),
            expected_origin=_ursprung(settings),
            credential_public_key=base64url_to_bytes(nyckel.publik_nyckel),
            credential_current_sign_count=nyckel.raknare,
            require_user_verification=True,
        )
    except _OGILTIGT:
        return False
    nyckel.raknare, nyckel.senast_anvand = answered.new_sign_count, clock.now()
    session.flush()
    return True


def _nyckel_id(svar: str) -> str:
    try:
        found: Any = json.loads(svar)
    except (ValueError, RecursionError):
        return ""
    id_ = found.get("id") if isinstance(found, dict) else None
    return id_ if isinstance(id_, str) else ""


def _kanda(session: Session, anvandare_id: int) -> list[PublicKeyCredentialDescriptor]:
    ids = session.scalars(select(Passkey.nyckel_id).where(Passkey.anvandare_id == anvandare_id))
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(id_)) for id_ in ids]


def _json(val: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions) -> str:
    return options_to_json(val)


def _utmaning(settings: Settings, syfte: str, token: str) -> bytes:
    return avtryck(settings.secret_key, f"passkey-{syfte}", token)


def _doman(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or ""


def _ursprung(settings: Settings) -> str:
    parts = urlsplit(settings.base_url)
    # As browsers write it: without a port that goes without saying.
    ports = {"https": 443, "http": 80}
    port = "" if parts.port in {None, ports.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"
