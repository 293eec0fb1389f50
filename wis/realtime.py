"""Live: open pages are told *that* something changed, by ids, and fetch it themselves through the ordinary page.

Who may be connected is judged by the database when they connect, at once when their rights change in this process, and
every half second for what other processes changed. Nothing that a client sends is listened to.
"""

import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import socketio
from flask import Flask
from flask_socketio import SocketIO
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable

from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.auth import queries
from wis.auth.models import Anvandare, Inloggning
from wis.auth.rules import Roll, Sak, Verb, can
from wis.auth.rules import Slag as Sakslag
from wis.auth.service import token_hash
from wis.db import Database
from wis.settings import Settings

SVEP = 0.5
"""Seconds between two looks at whether the connected still may be."""
VILOTID = 5.0
"""Seconds without work after which a thread ends; the next change starts a new one."""
MAX_MEDDELANDE = 10_000
"""The most bytes that a client may send at a time. It has nothing to say."""
# One login must not take the places of all others: so many open pages are kept connected, the rest ask by themselves.
PER_INLOGGNING = 12
TRADAR_FOR_SIDOR = 32
"""Each socket holds a thread of the server; so many are kept for pages."""
LASARE = "lasare"
_VAG = "/socket.io"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Uppkopplad:
    """Who is at the other end of a socket, and what that was judged on."""

    token_hash: str
    inloggning_id: int
    anvandare_id: int
    aktor_id: int
    roll: Roll | None
    medlemskap_id: int | None
    behorighetsversion: int
    giltig_till: datetime | None

    def samma_ratt(self, annan: "Uppkopplad | None") -> bool:
        """Whether the other is the same person with the same role at the same actor."""
        return annan is not None and (annan.aktor_id, annan.roll) == (self.aktor_id, self.roll)

    def maste_provas(self, nu: "tuple[int, int | None] | None", now: datetime) -> bool:
        """Whether what was judged on has changed; `nu`: version and membership now, None for an ended login."""
        utgangen = self.giltig_till is not None and self.giltig_till <= now
        return utgangen or nu != (self.behorighetsversion, self.medlemskap_id)


def init_app(app: Flask) -> None:
    """Attach the live channel to the app."""
    app.extensions["wis_live"] = Live(app, app.extensions["wis_settings"], app.extensions["wis_database"])


def koppla_sandare(database: Database, settings: Settings) -> None:
    """In a process without pages (`wis worker`): pass changes on to the processes that have them, if there is Redis."""
    if settings.redis_url is None:
        return
    manager = _redis(settings, write_only=True)
    lyssna(database, Sandare(lambda andring: _sand(manager, andring)).lamna)


def tillatna_ursprung(base_url: str) -> list[str]:
    """The origins that a browser at our address has; on the machine itself under each of its names."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    named = f"[{host}]" if ":" in host else host
    return [f"{parts.scheme}://{name}{port}" for name in (_LOOPBACK if named in _LOOPBACK else (named,))]


def kanal(settings: Settings) -> str:
    """The channel in Redis of this installation alone: others may share the server."""
    return "wis-" + hashlib.sha256(settings.secret_key.encode()).hexdigest()[:16]


def rum_for(andring: Andring) -> list[str]:
    """The rooms that may hear of the change; none if nobody may."""
    if andring.aktorer is None:
        return [LASARE]
    return [f"aktor:{aktor_id}" for aktor_id in sorted(andring.aktorer)]


class Sandare:
    """A queue with one thread behind it: whoever commits neither waits for the live channel nor fails by it."""

    def __init__(self, behandla: Callable[[Andring], None]) -> None:
        self._behandla = behandla
        self._ko: queue.SimpleQueue[Andring] = queue.SimpleQueue()
        self._las = threading.Lock()
        self._igang = False

    def lamna(self, andring: Andring) -> None:
        """Take the change and return at once."""
        with self._las:
            self._ko.put(andring)
            if self._igang:
                return
            self._igang = True
        threading.Thread(target=self._arbeta, name="wis-live", daemon=True).start()

    def _arbeta(self) -> None:
        while True:
            try:
                andring = self._ko.get(timeout=VILOTID)
            except queue.Empty:
                with self._las:
                    if self._ko.empty():
                        self._igang = False
                        return
                continue
            _skyddad(partial(self._behandla, andring))


class Live:
    """The sockets of one process."""

    def __init__(self, app: Flask, settings: Settings, database: Database) -> None:
        self._app, self._database = app, database
        self._ursprung = frozenset(tillatna_ursprung(settings.base_url))
        # With few threads, half of them.
        self._plats = max(settings.threads - TRADAR_FOR_SIDOR, settings.threads // 2)
        self._uppkopplade: dict[str, Uppkopplad] = {}
        self._las = threading.Lock()
        self._sveper = False
        self._socketio = SocketIO(
            app,
            async_mode="threading",
            cors_allowed_origins=sorted(self._ursprung),
            manage_session=False,
            max_http_buffer_size=MAX_MEDDELANDE,
            client_manager=_redis(settings, write_only=False) if settings.redis_url else None,
        )
        self._server: Any = self._socketio.server
        self._server.on("connect", self._anslut)
        self._server.on("disconnect", self._glom)
        self._vidare = app.wsgi_app
        app.wsgi_app = self._grind  # type: ignore[method-assign]
        lyssna(database, Sandare(self._behandla).lamna)

    def antal(self) -> int:
        """How many are connected here."""
        return len(self._uppkopplade)

    # --- coming in ------------------------------------------------------------------------------------------------

    def _grind(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Refuse before the request takes up a socket: foreign pages, who is not a reader, one too many."""
        if not environ.get("PATH_INFO", "").startswith(_VAG):
            return self._vidare(environ, start_response)
        try:
            self._slapp_in(environ)
            return self._vidare(environ, start_response)
        except HTTPException as nej:
            return nej.get_response(environ)(environ, start_response)
        except KeyError:
            # Engine.IO raises this, before it answers, for a request that comes in the moment its client is cut.
            return BadRequest("Uppkopplingen är avslutad.").get_response(environ)(environ, start_response)

    def _slapp_in(self, environ: dict[str, Any]) -> None:
        if "sid" in parse_qs(environ.get("QUERY_STRING", "")):
            return  # goes on with a connection that was let in, by a random id that only the page knows
        if not self._fran_oss(environ):
            raise Forbidden("Fel ursprung.")
        if len(self._server.eio.sockets) >= self._plats:
            raise ServiceUnavailable("Inga fler uppkopplingar: sidan hämtar nytt ändå.", retry_after=60)
        who = self._bedom_kaka(environ)
        if who is None:
            raise Forbidden("Logga in först.")
        with self._las:
            egna = sum(other.inloggning_id == who.inloggning_id for other in self._uppkopplade.values())
        if egna >= PER_INLOGGNING:
            raise ServiceUnavailable("Så många sidor åt gången hålls inte uppkopplade.", retry_after=60)

    def _fran_oss(self, environ: dict[str, Any]) -> bool:
        """Whether a page of ours asks. A browser names the origin; a page's own GET it marks in another way."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            return origin in self._ursprung
        is_socket = environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        return not is_socket and environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"

    def _bedom_kaka(self, environ: dict[str, Any]) -> Uppkopplad | None:
        session = self._app.session_interface.open_session(self._app, self._app.request_class(environ))
        token = session.get("_user_id") if session else None
        if not isinstance(token, str):
            return None
        with self._database.reading() as reading:
            return bedom(reading, token_hash(token), clock.now())

    def _anslut(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        who = self._bedom_kaka(environ)
        if who is None:
            raise socketio.exceptions.ConnectionRefusedError("Logga in först.")
        with self._las:
            self._uppkopplade[sid] = who
            start, self._sveper = not self._sveper, True
        self._server.enter_room(sid, LASARE)
        self._server.enter_room(sid, f"aktor:{who.aktor_id}")
        if start:
            threading.Thread(target=self._svep, name="wis-live-svep", daemon=True).start()

    def _glom(self, sid: str, _reason: object = None) -> None:
        with self._las:
            self._uppkopplade.pop(sid, None)

    # --- telling --------------------------------------------------------------------------------------------------

    def _behandla(self, andring: Andring) -> None:
        if andring.slag is Slag.BEHORIGHET:
            self.granska(andring.anvandare_id)
        else:
            _sand(self._server, andring)

    # --- going out ------------------------------------------------------------------------------------------------

    def granska(self, anvandare_id: int | None = None) -> None:
        """Judge the connected anew, or one person's sockets, and cut those who no longer are who they were."""
        now = clock.now()
        with self._las:
            berorda = {sid: who for sid, who in self._uppkopplade.items() if anvandare_id in (None, who.anvandare_id)}
        if not berorda:
            return
        nya: dict[str, Uppkopplad | None] = {}
        with self._database.reading() as session:
            nu = _lagen(session, {who.inloggning_id for who in berorda.values()}, now)
            for sid, who in berorda.items():
                if who.maste_provas(nu.get(who.inloggning_id), now):
                    nya[sid] = bedom(session, who.token_hash, now)
        for sid, ny in nya.items():
            _skyddad(partial(self._folj, sid, berorda[sid], ny))

    def _folj(self, sid: str, who: Uppkopplad, ny: Uppkopplad | None) -> None:
        if ny is None or not who.samma_ratt(ny):
            self._koppla_ned(sid)
            return
        with self._las:
            if sid in self._uppkopplade:
                self._uppkopplade[sid] = ny

    def _koppla_ned(self, sid: str) -> None:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        self._server.disconnect(sid)
        self._glom(sid)
        if eio_sid is not None:
            # Out of every room by now. Closing waits for what is on its way to a client that may be slow: not here.
            self._server.start_background_task(self._server.eio.disconnect, eio_sid)

    def _svep(self) -> None:
        while True:
            time.sleep(SVEP)
            with self._las:
                if not self._uppkopplade:
                    self._sveper = False
                    return
            _skyddad(self.granska)


def bedom(session: Session, hash_: str, now: datetime) -> Uppkopplad | None:
    """Who holds the login with this token hash and may hear what readers hear; None if nobody."""
    inloggning = queries.find_inloggning(session, hash_, now)
    if inloggning is None:
        return None
    # The version first: a change between the two reads is then seen by the next sweep.
    version = session.scalar(select(Anvandare.behorighetsversion).where(Anvandare.id == inloggning.anvandare_id))
    who = queries.find_subjekt(session, inloggning, now)
    if who is None or not can(who, Verb.LASA, Sak(Sakslag.AKTOR, who.aktor_id), now):
        return None
    return Uppkopplad(
        token_hash=hash_,
        inloggning_id=inloggning.id,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        roll=who.roll,
        medlemskap_id=inloggning.medlemskap_id,
        behorighetsversion=version or 0,
        giltig_till=who.giltig_till,
    )


def _lagen(session: Session, inloggningar: Collection[int], now: datetime) -> dict[int, tuple[int, int | None]]:
    """For each of these logins that goes on: its person's version of rights, and the membership it acts by."""
    rows = session.execute(
        select(Inloggning.id, Anvandare.behorighetsversion, Inloggning.medlemskap_id)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .where(
            Inloggning.id.in_(inloggningar),
            Inloggning.avslutad.is_(None),
            Inloggning.giltig_till > now,
            Anvandare.avstangd.is_(None),
        )
    )
    return {inloggning_id: (version, medlemskap_id) for inloggning_id, version, medlemskap_id in rows}


def _sand(till: Any, andring: Andring) -> None:
    rooms = rum_for(andring)
    if rooms:
        data = {
            "slag": andring.slag.value,
            "id": andring.id,
            "version": andring.version,
            "handelse_id": andring.handelse_id,
        }
        till.emit("andring", data, namespace="/", room=rooms)


def _redis(settings: Settings, *, write_only: bool) -> Any:
    """The queue that ties several processes together."""
    options = {"socket_connect_timeout": 2, "socket_keepalive": True}
    return socketio.RedisManager(
        settings.redis_url, channel=kanal(settings), write_only=write_only, redis_options=options
    )


def _skyddad(gor: Callable[[], None]) -> None:
    # A thread that died would leave every screen old and every shut account connected.
    try:
        gor()
    except Exception:  # noqa: BLE001 whatever it is, the next one is tried
        _log.exception("the live channel failed")
