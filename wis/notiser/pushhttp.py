"""One POST to a push service over a kept connection: what was answered, or how far it came. Follows nothing."""

import select
import socket
import ssl
import time
from collections.abc import Callable
from functools import cache
from urllib.parse import SplitResult

import httptools

from wis.notiser.apprise_kanaler import PULS
from wis.notiser.elkskanal import retry_after

ANSLUTNINGSTID = 5.0
VILA_EFTER = 5.0
"""Seconds after which an idle connection is not trusted to be alive at the other end."""
_STORSTA_SVAR = 65_536


class EjSkickat(Exception):
    """Nothing of the message was written; the text is for people."""


class Ovisst(Exception):
    """It was written, at least in part, and no answer came; the text is for people."""


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def ursprung(delar: SplitResult) -> str:
    """The origin, as RFC 6454 writes it."""
    return f"{delar.scheme}://{delar.netloc.lower().removesuffix(':443')}"


class Anslutning:
    """A connection to one origin, for one thread."""

    def __init__(self, delar: SplitResult) -> None:
        """Raises EjSkickat when nobody answers there, or not by the name that the certificate has."""
        tls = delar.scheme == "https"
        vard = delar.hostname or ""
        try:
            self._sock = socket.create_connection((vard, delar.port or (443 if tls else 80)), ANSLUTNINGSTID)
        except OSError as fel:
            raise EjSkickat("pushtjänsten svarar inte") from fel
        self._anvand = time.monotonic()
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self._sock = _tls().wrap_socket(self._sock, server_hostname=vard)
        except (OSError, ValueError) as fel:
            self._sock.close()
            bevis = isinstance(fel, ssl.SSLCertVerificationError)
            raise EjSkickat("pushtjänstens certifikat godtas inte" if bevis else "pushtjänsten svarar inte") from fel

    def brukbar(self) -> bool:
        """Whether another message may be written. What can be read before it is a good bye."""
        if time.monotonic() - self._anvand > VILA_EFTER or self._sock.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def stang(self) -> None:
        """Close it."""
        self._sock.close()

    def posta(self, begaran: bytes, slut: float, puls: Callable[[], object]) -> tuple[int, float | None]:
        """The status and the seconds of Retry-After. `slut`: when to give up, by monotonic; `puls` is called meanwhile.

        Raises Ovisst.
        """
        svar = _Svar()
        try:
            self._sock.settimeout(max(0.05, slut - time.monotonic()))
            self._sock.sendall(begaran)
            while not svar.klart:
                self._las(svar, slut, puls)
        except (OSError, httptools.HttpParserError) as fel:
            self.stang()
            raise Ovisst("pushtjänstens svar uteblev") from fel
        if svar.behall:
            self._anvand = time.monotonic()
        else:
            self.stang()
        return svar.status, svar.vanta

    def _las(self, svar: "_Svar", slut: float, puls: Callable[[], object]) -> None:
        kvar = slut - time.monotonic()
        if kvar <= 0:
            raise TimeoutError
        self._sock.settimeout(min(PULS, kvar))
        try:
            data = self._sock.recv(16_384)
        except TimeoutError:
            puls()
            return
        if not data:
            svar.slut()
            return
        svar.mata(data)


class _Svar:
    """An answer as it comes. Its head is an answer; the rest is read to keep the connection, if it is short."""

    def __init__(self) -> None:
        self._tolk = httptools.HttpResponseParser(self)
        self._last = 0
        self.status, self.klart, self.behall = 0, False, False
        self.vanta: float | None = None

    def mata(self, data: bytes) -> None:
        """Some of it. Raises HttpParserError."""
        self._last += len(data)
        self._tolk.feed_data(data)
        if self._last > _STORSTA_SVAR:
            self.slut()

    def slut(self) -> None:
        """No more of it is read. Raises ConnectionError when not even its head has come."""
        if not self.status:
            raise ConnectionError
        self.klart = True

    def on_header(self, namn: bytes, varde: bytes) -> None:
        """httptools: a line of the head."""
        if namn.lower() == b"retry-after":
            self.vanta = retry_after(varde.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """httptools: the head is read; one below 200 is none."""
        status = self._tolk.get_status_code()
        self.status = status if status >= 200 else 0

    def on_message_complete(self) -> None:
        """httptools: all of it is read."""
        if self.status:
            self.klart, self.behall = True, self._tolk.should_keep_alive()
