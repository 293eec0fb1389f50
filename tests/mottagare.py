"""A mail server and an SMS gateway that run within the tests, on loopback, and can misbehave on order."""

import asyncio
import atexit
import base64
import email
import email.policy
import json
import secrets
import socket
import ssl
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK = "127.0.0.1"
_HALLNA: deque[socket.socket] = deque()
_HALLNA_HOGST = 200


def ledig_port() -> int:
    """A TCP port on loopback that nobody listens on, and that nobody else is given while the next 200 are asked for.

    It is bound and not listened on: connections are refused, and servers take it, as they all ask for SO_REUSEADDR.
    """
    hallen = socket.socket()
    hallen.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hallen.bind((LOOPBACK, 0))
    _HALLNA.append(hallen)
    while len(_HALLNA) > _HALLNA_HOGST:
        _HALLNA.popleft().close()
    return int(hallen.getsockname()[1])


@atexit.register
def _slapp_portar() -> None:
    while _HALLNA:
        _HALLNA.pop().close()


class Bryt(StrEnum):
    """Where the mail server drops the connection."""

    UNDER_DATA = "the message has begun and is not kept"
    EFTER_DATA = "the message is kept, the sender is never told"


@dataclass
class SmtpBeteende:
    """How the mail server treats what comes: nothing said means that it takes everything at once."""

    nekade: dict[str, int] = field(default_factory=dict)  # recipient → SMTP code at RCPT; "*" is everybody
    fordrojning: float = 0.0  # seconds from the last byte of a message to the answer
    bryt: Bryt | None = None
    max_per_anslutning: int | None = None  # then 421 and the connection is closed; read when a client connects
    pipelining: bool = False  # whether it says that it reads ahead
    slutkod: str = "250 OK"  # the answer to a whole message; it is kept only if that is 250


@dataclass(frozen=True)
class Brev:
    """One mail as the server got it; `mottagare` are the accepted recipients of the envelope."""

    avsandare: str
    mottagare: tuple[str, ...]
    innehall: bytes

    @property
    def meddelande(self) -> EmailMessage:
        """The parsed mail."""
        brev = email.message_from_bytes(self.innehall, policy=email.policy.default)
        assert isinstance(brev, EmailMessage)
        return brev


class SmtpMottagare:
    """A mail server on a loopback port that keeps what it gets in `brev`. `stanna()` leaves nobody at the port.

    It runs its own loop on a socket that is already bound, instead of aiosmtpd's Controller, which wants a port number
    in advance and cannot close the connections that it has.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, genast: bool = False, konto: bytes = b"") -> None:
        """With `tls` it offers STARTTLS, or speaks TLS `genast`; with `konto` (b"name password") it wants a login."""
        self.brev: list[Brev] = []
        self.beteende = SmtpBeteende()
        self.tls, self.genast, self.konto = tls, genast, konto
        self.anslutningar = 0
        self.port = ledig_port()
        self.sessioner: set[_SmtpSession] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.starta()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self.stanna()

    def starta(self) -> None:
        """Listen (again), at the same port as before."""
        lyssnare = socket.create_server((LOOPBACK, self.port))
        loop = self._loop = asyncio.new_event_loop()
        self._server = loop.run_until_complete(
            loop.create_server(lambda: _SmtpSession(self, loop), sock=lyssnare, ssl=self.tls if self.genast else None)
        )
        self._trad = threading.Thread(target=loop.run_forever, name="smtp-mottagare", daemon=True)
        self._trad.start()

    def stanna(self) -> None:
        """Stop listening and drop every connection; harmless if already stopped."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._stang_allt(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        self._trad.join(60)
        loop.close()

    def bryt_alla(self) -> None:
        """Drop every connection, and go on listening."""
        assert self._loop is not None
        for session in list(self.sessioner):
            self._loop.call_soon_threadsafe(session.avbryt)

    async def _stang_allt(self) -> None:
        self._server.close()
        for session in list(self.sessioner):
            session.avbryt()
        andra = asyncio.all_tasks() - {asyncio.current_task()}
        for uppgift in andra:
            uppgift.cancel()
        await asyncio.gather(*andra, return_exceptions=True)

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _kuvert: Envelope, vardnamn: str, svar: list[str]
    ) -> list[str]:
        """Say what it can."""
        session.host_name = vardnamn
        return [*svar[:-1], "250-PIPELINING", svar[-1]] if self.beteende.pipelining else svar

    def __call__(self, _server: SMTP, _session: Session, _kuvert: Envelope, _metod: str, uppgift: Any) -> AuthResult:
        """Judge a login."""
        ratt = isinstance(uppgift, LoginPassword) and uppgift.login + b" " + uppgift.password == self.konto
        return AuthResult(success=ratt, handled=False)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, kuvert: Envelope, adress: str, _val: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        kod = self.beteende.nekade.get(adress) or self.beteende.nekade.get("*")
        if kod:
            return f"{kod} {'5.1.1 Okänd mottagare' if kod >= 500 else '4.2.0 Försök senare'}"
        kuvert.rcpt_tos.append(adress)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, kuvert: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keep a whole message, and answer as told."""
        await asyncio.sleep(self.beteende.fordrojning)
        if not self.beteende.slutkod.startswith("250"):
            return self.beteende.slutkod
        innehall = kuvert.original_content or b""
        self.brev.append(Brev(kuvert.mail_from or "", tuple(kuvert.rcpt_tos), innehall))
        if self.beteende.bryt is Bryt.EFTER_DATA and isinstance(server, _SmtpSession):
            server.avbryt()
        return "250 OK"


class _SmtpSession(SMTP):
    def __init__(self, mottagare: SmtpMottagare, loop: asyncio.AbstractEventLoop) -> None:
        grans = mottagare.beteende.max_per_anslutning
        tak = None if grans is None else {"MAIL": grans, "*": 10**9}
        # A given host name spares a look-up in DNS per connection.
        super().__init__(
            mottagare,
            hostname="localhost",
            enable_SMTPUTF8=True,
            command_call_limit=tak,
            loop=loop,
            tls_context=None if mottagare.genast else mottagare.tls,
            require_starttls=mottagare.tls is not None and not mottagare.genast,
            authenticator=mottagare,
            auth_required=bool(mottagare.konto) and not mottagare.genast,  # it knows TLS by STARTTLS only
            auth_require_tls=not mottagare.genast,
        )
        self._mottagare = mottagare

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mottagare.anslutningar += self not in self._mottagare.sessioner
        self._mottagare.sessioner.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mottagare.sessioner.discard(self)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's name)
        if self._mottagare.beteende.bryt is Bryt.UNDER_DATA:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readline()
            self.avbryt()
            return
        await super().smtp_DATA(arg)

    def avbryt(self) -> None:
        """Reset the connection, as a server that falls over."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


@dataclass
class GatewayBeteende:
    """How the SMS gateway answers: nothing said means 200 and an id, at once."""

    status: int = 200
    status_for: dict[str, int] = field(default_factory=dict)  # number → HTTP status, before `status`
    fordrojning: float = 0.0  # seconds before the answer; the request is kept before that
    stang_utan_svar: bool = False
    stang_efter_svar: bool = False  # without saying so beforehand
    retry_after: str = ""


@dataclass(frozen=True)
class SmsAnrop:
    """One POST as the gateway got it, with the id that it answered (None when it refused or said nothing)."""

    vag: str
    anvandare: str
    losenord: str
    falt: dict[str, str]
    id: str | None


class HttpGateway:
    """An SMS gateway on a loopback port in the shape of 46elks (`POST /a1/sms`, basic auth, form fields).

    What comes is kept in `anrop`. Source of the shape: 46elks' API reference, 'Send SMS'.
    """

    def __init__(self, port: int = 0) -> None:
        """Listen at `port` (0: a free one), one of `ledig_port`."""
        self.anrop: list[SmsAnrop] = []
        self.beteende = GatewayBeteende()
        self.anslutningar = 0
        self.stannar = threading.Event()
        self.port = port or ledig_port()
        self._server = _GatewayServer(self, self.port)
        self._trad = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sms-gateway", daemon=True)
        self._trad.start()

    @property
    def url(self) -> str:
        """The address to POST to."""
        return f"http://{LOOPBACK}:{self.port}/a1/sms"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self.stanna()

    def bryt_alla(self) -> None:
        """End every connection, and go on listening."""
        self._server.bryt_alla()

    def stanna(self) -> None:
        """Stop listening, drop every connection and wait for their threads. It does not start again."""
        self.stannar.set()
        self._server.shutdown()
        self._server.bryt_alla()
        self._server.server_close()
        self._trad.join(60)


class _GatewayServer(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 256  # a pool opens its connections all at once; with 5 most wait for seconds to get in

    def __init__(self, gateway: HttpGateway, port: int) -> None:
        self.gateway = gateway
        self._oppna: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), _GatewaySvar)

    def server_bind(self) -> None:
        """Bind without asking DNS for our own name, as HTTPServer does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._oppna.add(request)
        self.gateway.anslutningar += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._oppna.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some tests are about; anything else would be a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def bryt_alla(self) -> None:
        """End what clients keep open, so that no thread waits for more from them."""
        for kontakt in list(self._oppna):
            with suppress(OSError):
                kontakt.shutdown(socket.SHUT_RDWR)


class _GatewaySvar(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as a real gateway does
    server: _GatewayServer

    def do_POST(self) -> None:
        """Keep the call and answer as told."""
        gateway, beteende = self.server.gateway, self.server.gateway.beteende
        langd = int(self.headers.get("Content-Length") or 0)
        falt = dict(parse_qsl(self.rfile.read(langd).decode(), keep_blank_values=True))
        status = beteende.status_for.get(falt.get("to", ""), beteende.status)
        sms_id = "s" + secrets.token_hex(16) if status < 400 and not beteende.stang_utan_svar else None
        anvandare, losenord = self._inloggning()
        gateway.anrop.append(SmsAnrop(self.path, anvandare, losenord, falt, sms_id))
        if gateway.stannar.wait(beteende.fordrojning) or beteende.stang_utan_svar:
            self.close_connection = True
            return
        self._svara(status, self._kvittens(sms_id, falt) if sms_id else {"error": "refused by the test"})
        self.close_connection = self.close_connection or beteende.stang_efter_svar

    def _inloggning(self) -> tuple[str, str]:
        metod, _, uppgift = self.headers.get("Authorization", "").partition(" ")
        if metod.lower() != "basic":
            return "", ""
        anvandare, _, losenord = base64.b64decode(uppgift).decode().partition(":")
        return anvandare, losenord

    @staticmethod
    def _kvittens(sms_id: str, falt: dict[str, str]) -> dict[str, object]:
        meddelande = {namn: falt.get(namn, "") for namn in ("from", "to", "message")}
        nu = datetime.now(UTC).replace(tzinfo=None).isoformat()  # as theirs: UTC, unmarked
        return meddelande | {"id": sms_id, "direction": "outgoing", "status": "created", "created": nu, "parts": 1}

    def _svara(self, status: int, innehall: dict[str, object]) -> None:
        kropp = json.dumps(innehall).encode()
        self.send_response(status)
        if self.server.gateway.beteende.retry_after:
            self.send_header("Retry-After", self.server.gateway.beteende.retry_after)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(kropp)))
        self.end_headers()
        self.wfile.write(kropp)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's name)
        """Say nothing: the tests read `anrop`."""
