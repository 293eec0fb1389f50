"""The refusal that a page showed, signed: a question brings it back, and nobody can make one up. Pure.

The signature holds for the person and the actor that the page was drawn for, so that it is worth nothing to others.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from itsdangerous import BadSignature, URLSafeSerializer

from wis.auth.rules import Fragas, Subjekt
from wis.fragor.rules import MAX_SKAL, MAX_VERB, Otydlig, egen_sida, en_rad

GILTIG = timedelta(hours=24)
"""For how long a page that has been drawn can be asked from, within an hour."""
_TIMME = 3600


@dataclass(frozen=True)
class Visat:
    """What the page said: whom to ask, at which actor, on which page, what was wanted, and the rule in the way."""

    till: Fragas
    hos_id: int
    sida: str
    verb: str
    skal: str


class Undertecknad(Protocol):
    """Whom a page was drawn for."""

    @property
    def anvandare_id(self) -> int:
        """The person."""

    @property
    def aktor_id(self) -> int:
        """The actor that they act for."""


def skriv_under(hemlighet: str, who: Undertecknad, visat: Visat, now: datetime) -> str:
    """The value for the hidden field of the form."""
    # By the hour: a page that is drawn again the same is then the same to the byte, and is not sent again.
    timme = int(now.timestamp()) // _TIMME * _TIMME
    vad = [visat.till.value, visat.hos_id, visat.sida, en_rad(visat.verb, MAX_VERB), en_rad(visat.skal, MAX_SKAL)]
    return str(_signerare(hemlighet).dumps([who.anvandare_id, who.aktor_id, timme, *vad]))


def las(hemlighet: str, who: Subjekt, varde: str, now: datetime) -> Visat:
    """What the page said. Raises Otydlig for what is not signed by us, for somebody else, or older than GILTIG."""
    try:
        anvandare_id, aktor_id, nar, till, hos_id, sida, verb, skal = _signerare(hemlighet).loads(varde)
    except (BadSignature, ValueError, TypeError) as fel:
        raise Otydlig from fel
    if (anvandare_id, aktor_id) != (who.anvandare_id, who.aktor_id) or now.timestamp() - nar > GILTIG.total_seconds():
        raise Otydlig(sida)
    return Visat(Fragas(till), hos_id, egen_sida(sida), verb, skal)


def _signerare(hemlighet: str) -> URLSafeSerializer:
    return URLSafeSerializer(hemlighet, salt="wis.fraga")
