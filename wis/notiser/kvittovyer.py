"""Where providers tell us what came of what they were handed: for programs, without cookies or pages.

46elks: source, its API reference 'SMS Delivery Reports'; it asks again for six hours until the answer is 200–204.
"""

import hashlib
import hmac
import json
import re
from datetime import timedelta

from flask import Blueprint, Response, request

from wis import clock, web
from wis.auth.atkomst import oppen
from wis.notiser import kvitton, referens, studs
from wis.notiser.kvitton import Kvitto, Kvittoslag
from wis.notiser.models import Kanalslag

bp = Blueprint("kvitto", __name__, url_prefix="/kvitto")
# A program sends no form of ours. It shows who it is by what it sends, and a browser has nothing of that to lend.
web.csrf.exempt(bp)
STORSTA_KVITTO = 4096
STORSTA_STUDS = 1024 * 1024
HUVUD = "X-WIS-Signatur"
GILTIG = timedelta(minutes=5)
_SIGNATUR = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_ID = re.compile(r"[\x21-\x7e]{1,100}")
_ELKS = {
    "created": Kvittoslag.MOTTAGEN,
    "sent": Kvittoslag.MOTTAGEN,
    "delivered": Kvittoslag.LEVERERAD,
    "failed": Kvittoslag.MISSLYCKAD,
}
EJ_FRAM = "operatören kunde inte leverera SMS:et"


@bp.post("/46elks/<tagg>")
@oppen
def elks(tagg: str) -> Response:
    """A receipt for an SMS. That the address holds our tag shows that it comes from whom we gave it to."""
    leverans_id = referens.las(web.settings().secret_key, tagg)
    if leverans_id is None:
        return _svar(404)
    if (request.content_length or 0) > STORSTA_KVITTO:
        return _svar(413)
    slag, id_ = _ELKS.get(request.form.get("status", "")), request.form.get("id", "")
    if slag is None or not _ID.fullmatch(id_):
        return _svar(400)
    orsak = EJ_FRAM if slag is Kvittoslag.MISSLYCKAD else ""
    kvitton.avgor(web.database(), leverans_id, Kvitto(slag, Kanalslag.SMS, orsak, leverantors_id=id_))
    return _svar(204)


@bp.post("/studs")
@oppen
def ta_studs() -> Response:
    """A bounce as the mail server got it (message/rfc822), or as {"raw": "…"} in JSON, signed with `studs_nyckel`."""
    nyckel = web.settings().studs_nyckel
    if nyckel is None:
        return _svar(404)
    kropp = request.get_data()
    if len(kropp) > STORSTA_STUDS:
        return _svar(413)
    if not _ar_signerad(kropp, request.headers.get(HUVUD, ""), nyckel):
        return _svar(404)
    brev = _brev(kropp)
    if brev is None:
        return _svar(400)
    funnet = studs.tolka(brev, web.settings().secret_key)
    if funnet is not None and funnet[1] is not None:
        kvitton.avgor(web.database(), funnet[0], funnet[1])
    return _svar(204)


def signera(kropp: bytes, nyckel: str, tid: int) -> str:
    """What stands in the header X-WIS-Signatur of a bounce sent at `tid`, in seconds since 1970."""
    v1 = hmac.new(nyckel.encode(), f"{tid}.".encode() + kropp, hashlib.sha256).hexdigest()
    return f"t={tid},v1={v1}"


def _ar_signerad(kropp: bytes, signatur: str, nyckel: str) -> bool:
    traff = _SIGNATUR.fullmatch(signatur)
    if traff is None:
        return False
    tid = int(traff[1])
    farsk = abs(clock.now().timestamp() - tid) <= GILTIG.total_seconds()
    return hmac.compare_digest(signatur, signera(kropp, nyckel, tid)) and farsk


def _brev(kropp: bytes) -> bytes | None:
    if request.mimetype != "application/json":
        return kropp
    try:
        innehall = json.loads(kropp)
    except (ValueError, RecursionError):
        return None
    raw = innehall.get("raw") if isinstance(innehall, dict) else None
    return raw.encode(errors="replace") if isinstance(raw, str) else None


def _svar(status: int) -> Response:
    """No words: who asks is a program, and a stranger is to learn nothing."""
    return Response(status=status)
