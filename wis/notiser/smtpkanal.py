"""Mail: an Apprise plugin on smtplib, with one connection kept open and an answer per recipient."""

import io
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from functools import cache
from typing import Any

from wis.notiser.apprise_kanaler import INGET_SVAR, TIDSGRANS, Forsandelse, Kanalplugin
from wis.notiser.rules import LEVERERAD, Utfall, overgaende, permanent

# Seconds that a connection is kept open with nothing to send.
VILA_EFTER = 30.0


@dataclass(frozen=True)
class Smtpserver:
    """Where mail is handed over. `sakerhet`: 'klartext', 'starttls' or 'tls'. `marke` makes our Message-IDs ours."""

    vard: str
    port: int
    sakerhet: str
    anvandare: str
    losenord: str
    fran: str
    namn: str
    marke: str = "wis"

    @property
    def doman(self) -> str:
        """What comes after the @ of the sender."""
        return self.fran.rpartition("@")[2]


class _Bortkopplad(Exception):
    """The server closed before it had taken the message."""


@cache
def _tls() -> ssl.SSLContext:
    # Made once: it takes 48 ms.
    return ssl.create_default_context()


class _Svar(io.RawIOBase):
    """What the server says, read no longer than it may take: a byte now and then must not make it last for ever."""

    def __init__(self, klient: "_Tidsatt") -> None:
        super().__init__()
        self._klient = klient

    def readable(self) -> bool:
        return True

    def readinto(self, buffert: Any) -> int:
        return self._klient.vidare().recv_into(buffert)


class _Tidsatt(smtplib.SMTP):
    """An SMTP client each of whose steps has a limit, and all of them together one: `slut`, by time.monotonic()."""

    def __init__(self, server: Smtpserver, slut: float, **tls: Any) -> None:
        self.slut = slut
        # Our own name is given: looking it up may take as long as DNS likes.
        super().__init__(
            server.vard, server.port, local_hostname=server.doman, timeout=_hogst(slut - time.monotonic()), **tls
        )

    def vidare(self) -> socket.socket:
        """The connection, for one step more. Raises TimeoutError when the time is up."""
        kvar = self.slut - time.monotonic()
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if kvar <= 0:
            self.close()
            raise TimeoutError("the time for the message is up")
        self.sock.settimeout(_hogst(kvar))
        return self.sock

    def send(self, s: Any) -> None:
        """As smtplib's, within the time."""
        self.vidare()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, within the time."""
        self.vidare()
        if self.file is None:
            self.file = io.BufferedReader(_Svar(self))
        return super().getreply()


class _TidsattTls(_Tidsatt, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


def _hogst(kvar: float) -> float:
    return max(min(TIDSGRANS, kvar), 0.001)


def anslut(server: Smtpserver, tid: float) -> smtplib.SMTP:
    """A connection, greeted, encrypted and logged in as configured, with `tid` seconds for that and what follows.

    Raises OSError (smtplib's errors are such).
    """
    return _anslut(server, time.monotonic() + tid)


def _anslut(server: Smtpserver, slut: float) -> _Tidsatt:
    klient = _TidsattTls(server, slut, context=_tls()) if server.sakerhet == "tls" else _Tidsatt(server, slut)
    try:
        klient.ehlo_or_helo_if_needed()
        if server.sakerhet == "starttls":
            klient.starttls(context=_tls())
            klient.ehlo_or_helo_if_needed()
        if server.anvandare:
            klient.login(server.anvandare, server.losenord)
    except BaseException:
        klient.close()
        raise
    return klient


class Smtpkanal(Kanalplugin):  # type: ignore[no-untyped-call]
    """Mail, one recipient per message, over one connection."""

    service_name = "WIS e-post"

    def __init__(self, server: Smtpserver, tid: float) -> None:
        """`tid` is how many seconds one message may take in all, connecting included."""
        super().__init__()
        self._server, self._tid = server, tid
        self._klient: _Tidsatt | None = None
        self._anvand = 0.0
        self._mall: tuple[str, str, bytes] = ("", "", b"")

    def sand_en(self, forsandelse: Forsandelse, amne: str, text: str) -> Utfall:
        """Hand over one; a connection that the server has closed while it was idle is opened again at once."""
        if not _ar_adress(forsandelse.till):
            return permanent("adressen är felskriven")
        slut = time.monotonic() + self._tid
        for ny in (self._klient is None, True):
            try:
                return self._lamna(forsandelse, self._brev(forsandelse, amne, text), slut)
            except _Bortkopplad:
                self._stang()
                if ny:
                    return overgaende("brevservern stängde förbindelsen")
            except smtplib.SMTPAuthenticationError as fel:
                return self._misslyckades(f"brevservern nekade inloggningen ({fel.smtp_code})")
            except smtplib.SMTPResponseException as fel:
                return self._misslyckades(f"brevservern nekade ({fel.smtp_code})")
            except smtplib.SMTPNotSupportedError:
                return self._misslyckades("brevservern klarar inte krypteringen eller inloggningen")
            except OSError:
                return self._misslyckades("brevservern svarar inte")
        return overgaende(INGET_SVAR)

    def _lamna(self, forsandelse: Forsandelse, brev: bytes, slut: float) -> Utfall:
        if self._klient is None:
            self._klient = _anslut(self._server, slut)
        klient, self._anvand = self._klient, time.monotonic()
        klient.slut = slut
        with _fore_innehallet():
            kod, _ = klient.mail(self._server.fran)
            if kod == 421:
                raise _Bortkopplad
            if kod >= 400:
                # About us and not about the recipient: mended, the message goes.
                klient.rset()
                return overgaende(f"brevservern nekade avsändaren ({kod})")
            kod, _ = klient.rcpt(forsandelse.till)
            if kod == 421:
                raise _Bortkopplad
            if kod >= 400:
                klient.rset()
                return _nekad(kod, "adressen")
        try:
            kod, _ = klient.data(brev)
        except smtplib.SMTPDataError as fel:
            kod = fel.smtp_code
        if kod >= 400:
            self._stang()
            return _nekad(kod, "brevet")
        return LEVERERAD

    def _brev(self, forsandelse: Forsandelse, amne: str, text: str) -> bytes:
        """The message: what all share is put together once, what is the recipient's own stands before it."""
        if self._mall[:2] != (amne, text):
            brev = EmailMessage(policy=SMTP)
            brev["From"] = formataddr((" ".join(self._server.namn.split()), self._server.fran))
            brev["Subject"] = " ".join(amne.split())
            brev["Auto-Submitted"] = "auto-generated"
            brev["X-Auto-Response-Suppress"] = "All"
            brev.set_content(text, cte="quoted-printable")
            brev["Content-Language"] = "sv"
            self._mall = (amne, text, brev.as_bytes())
        # The same delivery has the same Message-ID each time it is tried: many servers drop the second copy.
        egna = (
            f"To: {forsandelse.till}\r\nDate: {formatdate()}\r\n"
            f"Message-ID: <{self._server.marke}.{forsandelse.id}@{self._server.doman}>\r\n"
        )
        return egna.encode("ascii") + self._mall[2]

    def _misslyckades(self, orsak: str) -> Utfall:
        self._stang()
        return overgaende(orsak)

    def vila(self) -> None:
        """Close the connection when it has been idle for a while."""
        if self._klient is not None and time.monotonic() - self._anvand > VILA_EFTER:
            self.stang()

    def stang(self) -> None:
        """Take leave of the server."""
        if self._klient is not None:
            with suppress(OSError):
                self._klient.slut = time.monotonic() + TIDSGRANS
                self._klient.quit()
        self._stang()

    def _stang(self) -> None:
        klient, self._klient = self._klient, None
        if klient is not None:
            klient.close()


@contextmanager
def _fore_innehallet() -> Iterator[None]:
    """A connection lost in here was lost before the message was taken: it may be sent again and not come twice."""
    try:
        yield
    except (smtplib.SMTPServerDisconnected, ConnectionError) as fel:
        raise _Bortkopplad from fel


def _nekad(kod: int, vad: str) -> Utfall:
    if kod >= 500:
        return permanent(f"brevservern nekade {vad} ({kod})")
    return overgaende(f"brevservern bad oss försöka senare ({kod})")


def _ar_adress(till: str) -> bool:
    """Whether it can stand in a header and an envelope: nothing that begins a new line or another address."""
    return till.isascii() and till.isprintable() and till.count("@") == 1 and not set(till) & set(' <>,;:"()[]\\')
