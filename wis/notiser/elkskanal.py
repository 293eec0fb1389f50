"""SMS: an Apprise plugin for 46elks on a pool of connections, with an answer per recipient.

Source: 46elks' API reference, 'Send SMS'; RFC 9110 for Retry-After, RFC 9112 for what is said.
"""

import asyncio
import base64
import json
import re
import select
import ssl
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import quote_plus, urlencode, urlsplit

import httptools

from wis import clock
from wis.notiser.apprise_kanaler import Forsandelse, sakert_nej
from wis.notiser.forbindelser import ANSLUTNINGSTID, VILA_EFTER, Forbindelse, Pool
from wis.notiser.natkanal import Natkanal
from wis.notiser.pagang import Uppdrag
from wis.notiser.rules import Utfall, mottagen, overgaende, oviss, permanent

_STORSTA_SVAR = 65_536
# No provider's word makes us wait longer than this; the rest is for the engine's own back-off.
_LANGSTA_VANTAN = 3600.0
# Our account and not the recipient's number; and our configuration: nobody is at home at the path that we POST to.
_KONTOT = {401, 402, 403}
_ADRESSEN = {404, 405, 410, 415}
_FOR_TILLFALLET = {425, 429}
# What may stand in a row, a log and an address; anything else is not a name that we could ever be told of again.
_IDENTITET = re.compile(r"[\x21-\x7e]{1,100}")


@dataclass(frozen=True)
class Smstjanst:
    """Where SMS are handed over: the address of 46elks' API, our account there, and what stands as sender.

    `kvitto_adress` is where 46elks tells what came of each, before our own tag of it; '' for nowhere.
    """

    adress: str
    anvandare: str
    losenord: str
    fran: str
    lokal: bool = False
    kvitto_adress: str = ""
    parallella: int = 64
    takt: float | None = None


@cache
def _tls() -> ssl.SSLContext:
    # Made once: it takes 48 ms.
    return ssl.create_default_context()


class Httpforbindelse(Forbindelse):
    """One connection to the gateway. What is written is the whole request, at once."""

    def __init__(self, pool: Pool, tjanst: Smstjanst) -> None:
        super().__init__(pool)
        self._delar = urlsplit(tjanst.adress)
        self._poll = select.poll()
        self._nytt()

    def _nytt(self) -> None:
        self._tolk = httptools.HttpResponseParser(self)
        self._kropp = b""
        self._retry: str | None = None
        self._huvudet_klart = False

    async def oppna(self) -> None:
        """As Forbindelse's."""
        tls = self._delar.scheme == "https"
        async with asyncio.timeout(ANSLUTNINGSTID):
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: self,
                self._delar.hostname or "",
                self._delar.port or (443 if tls else 80),
                ssl=_tls() if tls else None,
            )
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def felorsak(self, fel: BaseException) -> str:
        """As Forbindelse's."""
        if isinstance(fel, ssl.SSLError):
            return "SMS-tjänstens certifikat godtas inte"
        return "SMS-tjänsten svarar inte"

    def brukbar(self, nu: float) -> bool:
        """As Forbindelse's. What can be read here is a good bye: after a POST it would be a lost answer."""
        return super().brukbar(nu) and not (self.antal and self._poll.poll(0))

    def skriv(self, uppdrag: Uppdrag) -> None:
        """Write the request: from here on it may have been taken."""
        if self.transport is None or self.transport.is_closing():
            self.forlorad(self.pool.BROTS)
            return
        self.skrivet = True
        self.transport.write(uppdrag.innehall)

    # --- what is answered ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """As asyncio's."""
        if self.uppdrag is None:
            self.bryt()
            return
        try:
            self._tolk.feed_data(data)
        except httptools.HttpParserError:
            self.forlorad("SMS-tjänsten svarade obegripligt")

    def on_header(self, namn: bytes, varde: bytes) -> None:
        """httptools: a line of the head."""
        namn = namn.lower()
        if namn == b"retry-after":
            self._retry = varde.decode("latin-1")
        elif namn == b"keep-alive":
            self.vilograns = _vilograns(varde)

    def on_headers_complete(self) -> None:
        """httptools: the head is read; what it says is an answer, whatever becomes of the rest."""
        self._huvudet_klart = self._tolk.get_status_code() >= 200

    def on_body(self, del_: bytes) -> None:
        """httptools: some of the body."""
        if len(self._kropp) <= _STORSTA_SVAR:
            self._kropp += del_

    def on_message_complete(self) -> None:
        """httptools: all of an answer is read."""
        if self._huvudet_klart:
            self._svarat(behall=self._tolk.should_keep_alive())

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio's. An answer that lasts until the connection is closed has now come."""
        if self._huvudet_klart:
            self._svarat(behall=False)
        super().connection_lost(exc)

    def _svarat(self, *, behall: bool) -> None:
        utfall = smsutfall(self._tolk.get_status_code(), self._kropp, self._retry)
        if behall:
            self._kropp, self._retry, self._huvudet_klart = b"", None, False
        self.klar(utfall, behall=behall)


def _vilograns(varde: bytes) -> float:
    """Seconds that a connection may idle, by 'Keep-Alive: timeout=5, max=100': a second less than the server's."""
    for del_ in varde.lower().split(b","):
        namn, _, tal = del_.strip().partition(b"=")
        if namn == b"timeout" and tal.isdigit():
            return min(VILA_EFTER, max(0.0, int(tal) - 1.0))
    return VILA_EFTER


def smsutfall(status: int, kropp: bytes, retry: str | None) -> Utfall:
    """What an answer means. Uncertain is what a proxy says when it never heard what the service behind it did."""
    if 200 <= status < 300:
        return mottagen(_id(kropp))
    # Paid or mended, the message goes.
    if status in _KONTOT:
        return overgaende(f"SMS-tjänsten nekade vårt konto ({status})", om_leverantoren=True)
    if status in _ADRESSEN:
        return overgaende(f"SMS-tjänstens adress verkar vara fel ({status})", om_leverantoren=True)
    if not sakert_nej(status):
        return oviss(f"SMS-tjänsten svarade inte tydligt ({status})")
    if 400 <= status < 500 and status not in _FOR_TILLFALLET:
        return permanent(f"SMS-tjänsten nekade numret ({status})")
    return overgaende(
        f"SMS-tjänsten kunde inte ta emot ({status})", om_leverantoren=True, vanta=retry_after(retry) if retry else None
    )


def _id(kropp: bytes) -> str:
    try:
        svar = json.loads(kropp)
    except (ValueError, RecursionError):
        return ""
    namn = svar.get("id") if isinstance(svar, dict) else None
    return namn if isinstance(namn, str) and _IDENTITET.fullmatch(namn) else ""


def retry_after(varde: str) -> float | None:
    """Seconds by Retry-After: a number, or a date."""
    varde = varde.strip()
    if varde.isascii() and varde.isdigit():
        return min(float(varde), _LANGSTA_VANTAN)
    try:
        moment = parsedate_to_datetime(varde)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - clock.now()).total_seconds()), _LANGSTA_VANTAN)


class Elkskanal(Natkanal):  # type: ignore[no-untyped-call]
    """SMS by 46elks."""

    service_name = "WIS SMS"  # type: ignore[assignment]

    def __init__(self, tjanst: Smstjanst, tid: float, leverantor: str = "sms") -> None:
        """`tid` is how many seconds one message may take in all."""
        pool = Pool(lambda pool: Httpforbindelse(pool, tjanst), tjanst.parallella, tid)
        super().__init__(leverantor, pool, tjanst.takt, kvitton=bool(tjanst.kvitto_adress))
        self._tjanst = tjanst
        self._huvud = _huvud(tjanst)

    def rendera(self, amne: str, text: str) -> bytes:  # noqa: ARG002 an SMS has no subject
        """As Natkanal's."""
        return urlencode({"from": self._tjanst.fran, "message": text, "dontlog": "message"}).encode("ascii")

    def bered(self, forsandelse: Forsandelse, mall: bytes) -> Utfall | tuple[bytes, bytes]:
        """As Natkanal's."""
        egna = f"&to={quote_plus(forsandelse.till)}"
        if self._tjanst.kvitto_adress and forsandelse.referens:
            egna += f"&whendelivered={quote_plus(self._tjanst.kvitto_adress + forsandelse.referens)}"
        kropp = mall + egna.encode("ascii")
        return b"", self._huvud % len(kropp) + kropp


def _huvud(tjanst: Smstjanst) -> bytes:
    """The head of every request, with %d for the length."""
    delar = urlsplit(tjanst.adress)
    konto = base64.b64encode(f"{tjanst.anvandare}:{tjanst.losenord}".encode()).decode("ascii")
    return (
        f"POST {delar.path} HTTP/1.1\r\nHost: {delar.netloc}\r\nAuthorization: Basic {konto}\r\n".replace("%", "%%")
        + "User-Agent: wis\r\nAccept: application/json\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    ).encode("ascii")
