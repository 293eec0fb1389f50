"""Mail: an Apprise plugin on a pool of connections, with an answer per recipient.

aiosmtplib connects, encrypts and logs in; then we speak ourselves, because it asks and waits once per line.
Source: RFC 5321; RFC 2920 for what may be written without waiting.
"""

import asyncio
import ssl
from collections import deque
from functools import cache

import aiosmtplib

from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.forbindelser import ANSLUTNINGSTID, Forbindelse, Pool
from wis.notiser.natkanal import Natkanal
from wis.notiser.pagang import Uppdrag
from wis.notiser.rules import Utfall, mottagen, overgaende, permanent
from wis.notiser.smtpbrev import Smtpserver, ar_adress, brevmall, egna_rader

__all__ = ["Smtpkanal", "Smtpserver", "anslut", "felorsak"]

_STORSTA_SVAR = 32_768
_AVSLUTAT = b".\r\n"
# About our account or what we said, whatever the recipient: the server would answer the same for another.
_OM_OSS = {500, 502, 503, 521, 530, 534, 535, 538}
# About this message or this recipient, for good.
_OM_BREVET = {550, 551, 552, 553, 554, 555, 501, 556}


@cache
def _tls() -> ssl.SSLContext:
    # Made once: it takes 48 ms.
    return ssl.create_default_context()


class _Klient(aiosmtplib.SMTP):
    def close(self) -> None:
        """Close at once: over TLS the other end's good bye would be waited for, longer than the loop may last."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        super().close()


async def anslut(server: Smtpserver) -> aiosmtplib.SMTP:
    """A connection, greeted, encrypted and logged in as configured.

    Raises aiosmtplib.SMTPException, OSError or asyncio's TimeoutError.
    """
    klient = _Klient(
        hostname=server.vard,
        port=server.port,
        username=server.anvandare or None,
        password=server.losenord or None,
        # Our own name is given: looking it up may take as long as DNS likes.
        local_hostname=server.doman,
        timeout=ANSLUTNINGSTID,
        use_tls=server.sakerhet == "tls",
        start_tls=server.sakerhet == "starttls",
        tls_context=None if server.sakerhet == "klartext" else _tls(),
    )
    try:
        await klient.connect()
        if klient.is_ehlo_or_helo_needed:
            try:
                await klient.ehlo()
            except aiosmtplib.SMTPHeloError:
                await klient.helo()
    except BaseException:
        klient.close()
        raise
    return klient


def felorsak(fel: BaseException) -> str:
    """What to tell people of an error in anslut()."""
    match fel:
        case aiosmtplib.SMTPAuthenticationError():
            return f"brevservern nekade inloggningen ({fel.code})"
        case aiosmtplib.SMTPResponseException():
            return f"brevservern nekade ({fel.code})"
        case OSError():  # TimeoutError and what aiosmtplib says of lost connections are such
            return "brevservern svarar inte"
        case aiosmtplib.SMTPException():
            return "brevservern klarar inte krypteringen eller inloggningen"
    return "brevservern gick inte att ansluta till"


class Smtpforbindelse(Forbindelse):
    """One connection to the mail server, once aiosmtplib has opened it."""

    def __init__(self, pool: Pool, server: Smtpserver) -> None:
        super().__init__(pool)
        self._server = server
        self._buffert = b""
        self._vantar: deque[str] = deque()
        self._nekad: Utfall | None = None
        self._i_foljd = False
        # Whether the server is in the middle of a transaction that came to nothing.
        self._oavslutad = False

    async def oppna(self) -> None:
        """As Forbindelse's."""
        klient = await anslut(self._server)
        transport = klient.transport
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            klient.close()
            raise ConnectionResetError
        self._i_foljd = klient.supports_extension("pipelining")
        transport.set_protocol(self)
        self.transport = transport

    def felorsak(self, fel: BaseException) -> str:
        """As Forbindelse's."""
        return felorsak(fel)

    # --- what is said ----------------------------------------------------------------------------------------

    def skriv(self, uppdrag: Uppdrag) -> None:
        """Say who it is from and to; with a server that reads ahead all in one write."""
        self._nekad = None
        steg = ["MAIL", "RCPT", "DATA"]
        rader = uppdrag.huvud
        if self._oavslutad:
            self._oavslutad = False
            steg.insert(0, "RSET")
            rader = b"RSET\r\n" + rader
        if self._i_foljd:
            self._sag(rader, *steg)
        else:
            self._rader = deque(zip(rader.splitlines(keepends=True), steg, strict=True))
            self._nasta_rad()

    def _nasta_rad(self) -> None:
        rad, steg = self._rader.popleft()
        self._sag(rad, steg)

    def _sag(self, data: bytes, *steg: str) -> None:
        self._vantar.extend(steg)
        if self.transport is not None:
            self.transport.write(data)

    def adjo(self) -> None:
        """Say QUIT; the server closes."""
        if self.transport is not None and not self.transport.is_closing():
            self._sag(b"QUIT\r\n", "QUIT")

    # --- what is answered ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """As asyncio's: whole answers are taken one by one."""
        self._buffert += data
        while (slut := self._buffert.find(b"\n")) >= 0:
            rad, self._buffert = self._buffert[: slut + 1], self._buffert[slut + 1 :]
            if rad[3:4] == b"-":
                continue
            self._svar(int(rad[:3]) if rad[:3].isdigit() else 0)
            if self.transport is None or self.transport.is_closing():
                return
        if len(self._buffert) > _STORSTA_SVAR:
            self._obegripligt()

    def _svar(self, kod: int) -> None:
        if not self._vantar:
            # It says good bye of itself (421), or makes no sense: either way it is of no more use.
            self._obegripligt()
            return
        steg = self._vantar.popleft()
        if not 200 <= kod < 600:
            self._obegripligt()
        elif kod == 421 and not self.skrivet:
            self._vantar.clear()
            self._farval_fran_servern()
        elif steg == "INNEHALL":
            self._efter_innehallet(kod)
        elif steg in {"MAIL", "RCPT", "DATA"}:
            self._om_kuvertet(steg, kod)
        elif steg == "TOMT":
            self._ge_upp()
        elif steg == "RSET" and not self._i_foljd:
            self._nasta_rad()

    def _obegripligt(self) -> None:
        if self.uppdrag is not None:
            self.forlorad("brevservern svarade obegripligt")
        else:
            self.bryt()

    def _farval_fran_servern(self) -> None:
        if self.uppdrag is not None:
            self.forlorad("brevservern stängde förbindelsen (421)")
        else:
            self.bryt()

    def _om_kuvertet(self, steg: str, kod: int) -> None:
        if kod >= 400 and self._nekad is None:
            self._nekad = _nekad(steg, kod)
        if steg == "DATA":
            self._efter_data(kod)
        elif not self._i_foljd:
            if self._nekad is None:
                self._nasta_rad()
            else:
                self._oavslutad = True
                self._ge_upp()

    def _efter_data(self, kod: int) -> None:
        if kod == 354 and self._nekad is None and self.uppdrag is not None:
            self.skrivet = True
            self._sag(self.uppdrag.innehall, "INNEHALL")
        elif kod == 354:
            # Nobody is to have it, and yet it waits for the message: an empty one, to nobody (RFC 2920, 3.1).
            self._sag(_AVSLUTAT, "TOMT")
        elif self._nekad is None:
            self._obegripligt()
        else:
            self._oavslutad = True
            self._ge_upp()

    def _ge_upp(self) -> None:
        if self._nekad is not None:
            self.klar(self._nekad)

    def _efter_innehallet(self, kod: int) -> None:
        if kod < 400:
            self.klar(mottagen())
        else:
            self.klar(_nekad("INNEHALL", kod), behall=kod != 421)


def _nekad(steg: str, kod: int) -> Utfall:
    if steg == "MAIL":
        # About us and not about the recipient: mended, the message goes.
        return overgaende(f"brevservern nekade avsändaren ({kod})", om_leverantoren=True)
    vad = "adressen" if steg == "RCPT" else "brevet"
    if kod in _OM_OSS:
        return overgaende(f"brevservern nekade oss ({kod})", om_leverantoren=True)
    if kod in _OM_BREVET or (kod >= 500 and steg == "RCPT"):
        return permanent(f"brevservern nekade {vad} ({kod})")
    return overgaende(f"brevservern bad oss försöka senare ({kod})", om_leverantoren=steg != "RCPT")


class Smtpkanal(Natkanal):  # type: ignore[no-untyped-call]
    """Mail, one recipient per message."""

    service_name = "WIS e-post"  # type: ignore[assignment]

    def __init__(self, server: Smtpserver, tid: float, leverantor: str = "epost") -> None:
        """`tid` is how many seconds one message may take in all."""
        pool = Pool(lambda pool: Smtpforbindelse(pool, server), server.parallella, tid)
        super().__init__(leverantor, pool, server.takt)
        self._server = server

    def rendera(self, amne: str, text: str) -> bytes:
        """As Natkanal's."""
        return brevmall(self._server, amne, text)

    def bered(self, forsandelse: Forsandelse, mall: bytes) -> Utfall | tuple[bytes, bytes]:
        """As Natkanal's."""
        till = forsandelse.till
        if not ar_adress(till):
            return permanent("adressen är felskriven")
        kuvert = f"MAIL FROM:<{self._server.kuvertavsandare(forsandelse.referens)}>\r\nRCPT TO:<{till}>\r\nDATA\r\n"
        return kuvert.encode("ascii"), egna_rader(self._server, forsandelse.id, till) + mall
