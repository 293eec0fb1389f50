"""`wis uttag`: the live channel in a process of its own, for thousands of open pages. Several may run side by side.

One asyncio loop carries the sockets (uvicorn, python-socketio); what asks the database runs in threads. Who is told and
who may be connected is judged in wis.live. Websockets only: then it doesn't matter which process a page comes to. See
decision 006.
"""

import asyncio
import gc
import itertools
import json
import logging
import os
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import FrameType
from typing import Any

import socketio
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from wis.adress import i_adress, vanta_pa_svar
from wis.buss import Buss
from wis.db import Database
from wis.live import MAX_MEDDELANDE, PER_INLOGGNING, VAG, Karna, Meddelande, Ord, handelse_i
from wis.sandare import Sandare, skyddad
from wis.settings import Settings
from wis.uttagsgrind import SAMLA, Bedomare, Grind, Nekad, huvuden

HOGST = 20_000
"""The most sockets of one process; the system may allow fewer."""
FILER_FOR_ANNAT = 100
BUFFERT = 64 * 1024
"""Bytes that may wait for one slow client. Who lets more lie is cut, comes back and asks for what it missed."""
TALAMOD = 20.0
"""Seconds that a client may take in nothing of what lies there."""
STANGS_INOM = 2.0
"""Seconds over which all are let go when the process ends, so that they come back spread out."""
SLUT_INOM = 8.0
"""Seconds from the word to end until it has ended, whatever hangs. Nothing is lost: nothing is written here."""
_SKICKBUFFERT = 32 * 1024
_TEXTRAM = 0x81
_ADJO = "41"
"""What Socket.IO says to one who is cut: the page asks for itself again before it comes back."""
_VANTADE = frozenset({"40", "40{}", "3", "41", "1"})
"""All that a page of ours ever says: that it is here, that it still is, and good-bye (Engine.IO 4, Socket.IO 5)."""
_FULLT = "Inga fler uppkopplingar: sidan hämtar nytt ändå."
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
_log = logging.getLogger(__name__)


def ram(text: str) -> bytes:
    """The text as one websocket frame (RFC 6455) from a server: the same bytes for all, since nothing is masked."""
    data = text.encode()
    if len(data) < 126:
        return struct.pack("!BB", _TEXTRAM, len(data)) + data
    return struct.pack("!BBH", _TEXTRAM, 126, len(data)) + data


class Protokoll(WebSocketsSansIOProtocol):
    """One websocket, to which a ready frame can be written, and which never waits for a slow client."""

    redo = False
    """Whether the client has joined, and may be told."""
    _trog: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep little of what one client does not take in, here and in the system."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SKICKBUFFERT)

    def pause_writing(self) -> None:
        """Called when a good deal waits for the client."""
        super().pause_writing()
        self._trog = self.loop.call_later(TALAMOD, self.transport.abort)

    def resume_writing(self) -> None:
        """Called when the client has taken in most of it."""
        super().resume_writing()
        self._glom_trog()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called when it is gone."""
        self._glom_trog()
        super().connection_lost(exc)

    def _glom_trog(self) -> None:
        if self._trog is not None:
            self._trog.cancel()
            self._trog = None

    async def run_asgi(self) -> None:
        """Run the application, with this at hand for it."""
        self.scope["wis.protokoll"] = self  # type: ignore[typeddict-unknown-key]
        await super().run_asgi()

    def skriv(self, frame: bytes) -> None:
        """Send a ready frame, at once or when the client can take it; cuts one that has let too much lie."""
        if not self.redo or self.close_sent or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > BUFFERT:
            self.transport.abort()
            return
        self.transport.write(frame)

    def kapa(self, frame: bytes = b"") -> None:
        """Say good-bye with this frame, if any, and close; who does not take that in is cut all the same."""
        if frame:
            self.skriv(frame)
        if not self.transport.is_closing():
            self.shutdown()
            self.loop.call_later(STANGS_INOM, self.transport.abort)


class UtanRum(socketio.AsyncManager):  # type: ignore[misc]
    """Keeps no rooms: wis.live says who is told. With one for each, all are looked through when one client goes."""

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        """Keep who is in the namespace, and nothing else."""
        if room is None:
            super().basic_enter_room(sid, namespace, room, eio_sid)


class Uttag:
    """The ASGI application, and what carries the words of wis.live to its sockets."""

    def __init__(self, settings: Settings, database: Database, hogst: int = HOGST) -> None:
        self.karna = Karna(settings, database, self)
        self._https, self._hogst = settings.https, hogst
        self._grind = Grind(settings)
        # Two, so that one who waits for the disk does not keep everybody out.
        self._tradar = ThreadPoolExecutor(2, "wis-uttag")
        self._bedomare = Bedomare(self.karna.bedom, self._tradar)
        self._buss, self._hort = Buss(settings), Sandare(self.karna.beratta)
        self._protokoll: dict[str, Protokoll] = {}
        self._nummer = itertools.count(1)
        self._fragar: dict[str, int] = {}
        self._svarar: asyncio.Task[None] | None = None
        self._igang = True
        self._sluta_svepa: Callable[[], None] = lambda: None
        server = socketio.AsyncServer(
            async_mode="asgi",
            client_manager=UtanRum(),
            transports=["websocket"],
            # Judged at the gate, with the rest.
            cors_allowed_origins=[],
            max_http_buffer_size=MAX_MEDDELANDE,
        )
        server.on("connect", self._anslut)
        self._vidare = socketio.ASGIApp(server, socketio_path=VAG)

    async def starta(self) -> None:
        """Hear the other processes and look after those who come; before the first is let in."""
        self._loop = asyncio.get_running_loop()
        self._sluta_svepa = await asyncio.to_thread(self.karna.svep_alltid)
        await asyncio.to_thread(self._buss.lyssna, self._hort.lamna, self.karna.be_alla_se_efter, lambda: self._igang)

    async def stang(self) -> None:
        """Let all go, spread over a moment, and stop looking."""
        self._igang = False
        oppna = list(self._protokoll.values())
        for nummer, protokoll in enumerate(oppna, 1):
            protokoll.kapa()
            if nummer % (len(oppna) // 50 + 1) == 0:
                await asyncio.sleep(STANGS_INOM / 50)
        await asyncio.to_thread(self._sluta_svepa)
        self._tradar.shutdown(wait=False)

    # --- coming in ------------------------------------------------------------------------------------------------

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or carry one socket for as long as it is open."""
        try:
            if scope["type"] == "websocket":
                await self._uttag(scope, receive, send)
            else:
                await _svara(send, self._grind.svar(scope), https=self._https)
        except Nekad as nej:
            await _svara(send, nej, https=self._https, uttag=scope.get("wis.protokoll"))

    async def _uttag(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        hash_ = self._grind.hash_av(scope)
        if len(self._protokoll) >= self._hogst:
            raise Nekad(503, _FULLT)
        try:
            who = await self._bedomare.bedom(hash_)
        except SQLAlchemyError as fel:
            _log.error("who connects could not be judged: %s", type(fel).__name__)
            raise Nekad(503, "Databasen går inte att nå just nu.") from fel
        if who is None:
            raise Nekad(403, "Logga in först.")
        # Once more: thousands may have been judged at the same time.
        if len(self._protokoll) >= self._hogst:
            raise Nekad(503, _FULLT)
        if self.karna.antal_for(who.inloggning_id) >= PER_INLOGGNING:
            raise Nekad(503, "Så många sidor åt gången hålls inte uppkopplade.")
        sid, protokoll = str(next(self._nummer)), scope["wis.protokoll"]
        self._protokoll[sid] = protokoll
        self.karna.slapp_in(sid, who)
        try:
            await self._vidare(_kort(scope) | {"wis.sid": sid}, _bara_det_vantade(receive), send)
        finally:
            self._fragar.pop(sid, None)
            self.karna.glom(sid)
            self._protokoll.pop(sid, None)

    def _anslut(self, _sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        # Let in at the gate, and judged ever since. A second word from the same client changes nothing.
        if environ:
            scope = environ["asgi.scope"]
            scope["wis.protokoll"].redo = True
            handelse_id = handelse_i(scope["query_string"].decode("latin-1"))
            if handelse_id is not None:
                self._fragar[scope["wis.sid"]] = handelse_id
                self._svarar = self._svarar or asyncio.create_task(self._saga_nummer())
            # Kept for as long as the socket is: some kilobytes each, and not asked for again.
            environ.clear()

    async def _saga_nummer(self) -> None:
        """Tell those who have joined what number their event has, as they come: the database is asked once for many."""
        await asyncio.sleep(SAMLA)
        while self._fragar and self._igang:
            fragar, self._fragar = self._fragar, {}
            fraga = partial(skyddad, partial(self.karna.saga_nummer, fragar))
            await self._loop.run_in_executor(self._tradar, fraga)
        self._svarar = None

    # --- what the core asks for -----------------------------------------------------------------------------------

    def sand(self, till: Collection[str], data: Meddelande, ord_: Ord = "andring") -> None:
        """Send to these connections; from any thread. Packed and framed once for all of them."""
        text = "42" + json.dumps([ord_, data], separators=(",", ":"))
        self._loop.call_soon_threadsafe(self._sand, till, ram(text))

    def _sand(self, till: Collection[str], frame: bytes) -> None:
        for sid in till:
            protokoll = self._protokoll.get(sid)
            if protokoll is not None:
                protokoll.skriv(frame)

    def kapa(self, sid: str) -> None:
        """Close the connection; from any thread."""
        protokoll = self._protokoll.get(sid)
        if protokoll is not None:
            self._loop.call_soon_threadsafe(protokoll.kapa, ram(_ADJO))


def _bara_det_vantade(receive: Receive) -> Receive:
    """What the client sends, as long as it is what a page of ours sends: anything else ends the connection.

    The library would keep what it is told that more is to follow of, without end, for somebody who has nothing to say.
    """

    async def ta_emot() -> Any:
        ord_ = await receive()
        if ord_["type"] == "websocket.receive" and (ord_.get("text") or "") not in _VANTADE:
            return {"type": "websocket.disconnect", "code": 1008}
        return ord_

    return ta_emot


def _kort(scope: dict[str, Any]) -> dict[str, Any]:
    """The request with no more of its headers than Socket.IO looks at."""
    return scope | {"headers": [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]}


async def _svara(send: Send, svar: Nekad, *, https: bool, uttag: Protokoll | None = None) -> None:
    vad = "http.response" if uttag is None else "websocket.http.response"
    await send({"type": f"{vad}.start", "status": svar.status, "headers": huvuden(svar, https=https)})
    await send({"type": f"{vad}.body", "body": svar.text.encode()})
    if uttag is not None:
        # uvicorn takes a refused handshake for one that was forgotten.
        uttag.handshake_complete = True


class Server(uvicorn.Server):
    """uvicorn, which says when it answers, and lets its clients go gently."""

    def __init__(self, config: uvicorn.Config, uttag: Uttag) -> None:
        super().__init__(config)
        self._uttag = uttag
        self._slut = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, once the others are heard."""
        await self._uttag.starta()
        await super().startup(sockets)
        adress = f"http://{i_adress(self.config.host)}:{self.config.port}"
        self._halsar = asyncio.create_task(_halsa(adress, self._slut))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more in, let all go, and end."""
        self._slut.set()
        for server in self.servers:
            server.close()
        await self._uttag.stang()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """End; at the second Ctrl-C at once. uvicorn would end itself by the same signal, before we have tidied up."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        if not self.should_exit:
            self.should_exit = True
            self._slut.set()  # also before it has started, when shutdown() is not called
            vakt = threading.Timer(SLUT_INOM, _avbryt)
            vakt.daemon = True
            vakt.start()


async def _halsa(adress: str, slut: threading.Event) -> None:
    if await asyncio.to_thread(vanta_pa_svar, f"{adress}/halsa/live", avbryt=slut):
        sys.stdout.write(f"Klar: {adress}/\n")
        sys.stdout.flush()


def _avbryt() -> None:
    # A thread that waits for the database can't be ended; who starts us anew does not wait for it either.
    os.write(2, b"wis uttag did not end in time: what was left is cut\n")
    os._exit(0)


def kor(settings: Settings, database: Database, host: str, port: int) -> None:
    """Serve until told to stop. Prints `Klar: …` when it answers."""
    uttag = Uttag(settings, database, _plats())
    # All that is loaded stays: looking through it for garbage again and again took a third of the time of a connect.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    asyncio.run(Server(konfigurerad(uttag, host, port), uttag).serve())


def konfigurerad(uttag: Uttag, host: str, port: int) -> uvicorn.Config:
    """Our uvicorn settings."""
    return uvicorn.Config(
        uttag,
        host=host,
        port=port,
        loop="asyncio",
        http="httptools",
        ws=Protokoll,
        # Messages are short, and one that is packed for each costs more than it saves.
        ws_per_message_deflate=False,
        # Engine.IO asks who is there itself.
        ws_ping_interval=None,
        ws_max_size=MAX_MEDDELANDE,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=4096,
        timeout_graceful_shutdown=3,
    )


def _plats() -> int:
    """How many sockets there is room for, with as many files as the system lets us have."""
    _, mest = resource.getrlimit(resource.RLIMIT_NOFILE)
    vill = HOGST + FILER_FOR_ANNAT
    far = vill if mest == resource.RLIM_INFINITY else min(vill, mest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (far, mest))
    return max(far - FILER_FOR_ANNAT, 1)
