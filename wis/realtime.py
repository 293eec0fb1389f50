"""Live: open pages are told *that* something changed, by ids, and fetch it themselves through the ordinary page.

Who may hear is judged when something is sent, on what the database then says of each who is connected (wis.horare). Who
may be connected is judged when they connect, at once when their rights change, and every half second for what ran out
or what nobody told. Nothing that a client sends is listened to. See decision 008.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import socketio
from flask import Flask
from flask_socketio import SocketIO
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable

from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.auth.service import token_hash
from wis.buss import Buss
from wis.db import Database
from wis.horare import Uppkopplad, bedom, har_forlorat, omprovade, sak_av
from wis.sandare import Sandare, skyddad
from wis.settings import Settings
from wis.skydd import INGET, satt_grundhuvuden

SVEP = 0.5
"""Seconds between two looks at whether the connected still may be."""
MAX_MEDDELANDE = 10_000
"""The most bytes that a client may send at a time. It has nothing to say."""
# One login must not take the places of all others: so many open pages are kept connected, the rest ask by themselves.
PER_INLOGGNING = 12
TRADAR_FOR_SIDOR = 32
"""Each socket holds a thread of the server; so many are kept for pages."""
SE_EFTER = {"slag": Slag.BEHORIGHET.value, "id": 0, "version": 0, "handelse_id": None}
"""What is told to one who must not be told of what: look again."""
_VAG = "/socket.io"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Attach the live channel to the app."""
    app.extensions["wis_live"] = Live(app, app.extensions["wis_settings"], app.extensions["wis_database"])


def tillatna_ursprung(base_url: str) -> list[str]:
    """The origins that a browser at our address has; on the machine itself under each of its names."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    named = f"[{host}]" if ":" in host else host
    return [f"{parts.scheme}://{name}{port}" for name in (_LOOPBACK if named in _LOOPBACK else (named,))]


class Live:
    """The sockets of one process."""

    def __init__(self, app: Flask, settings: Settings, database: Database) -> None:
        self._app, self._database = app, database
        self._ursprung = frozenset(tillatna_ursprung(settings.base_url))
        self._vilotid = timedelta(seconds=settings.session_vilotid)
        # With few threads, half of them.
        self._plats = max(settings.threads - TRADAR_FOR_SIDOR, settings.threads // 2)
        self._uppkopplade: dict[str, Uppkopplad] = {}
        self._las = threading.Lock()
        self._sveper = False
        self._buss = Buss(settings) if settings.redis_url else None
        self._https = settings.https
        self._socketio = SocketIO(
            app,
            async_mode="threading",
            cors_allowed_origins=sorted(self._ursprung),
            manage_session=False,
            max_http_buffer_size=MAX_MEDDELANDE,
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
        svara = self._med_huvuden(start_response)
        try:
            self._slapp_in(environ)
            return self._vidare(environ, svara)
        except HTTPException as nej:
            return nej.get_response(environ)(environ, svara)
        except KeyError:
            # Engine.IO raises this, before it answers, for a request that comes in the moment its client is cut.
            return BadRequest("Uppkopplingen är avslutad.").get_response(environ)(environ, svara)

    def _med_huvuden(self, start_response: Any) -> Callable[..., Any]:
        """What is answered here never came by the app, which would have set these."""

        def svara(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            guarded = Headers(headers)
            satt_grundhuvuden(guarded, https=self._https)
            guarded["Content-Security-Policy"] = INGET
            guarded["Cache-Control"] = "private, no-store"
            return start_response(status, guarded.to_wsgi_list(), *rest)

        return svara

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
            return bedom(reading, token_hash(token), clock.now(), self._vilotid)

    def _anslut(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        who = self._bedom_kaka(environ)
        if who is None:
            raise socketio.exceptions.ConnectionRefusedError("Logga in först.")
        with self._las:
            self._uppkopplade[sid] = who
            start, self._sveper = not self._sveper, True
        if start:
            threading.Thread(target=self._svep, name="wis-live-svep", daemon=True).start()
        if self._buss is not None:
            self._buss.lyssna(self._beratta, self._be_alla_se_efter, lambda: self.antal() > 0)

    def _glom(self, sid: str, _reason: object = None) -> None:
        with self._las:
            self._uppkopplade.pop(sid, None)

    # --- telling --------------------------------------------------------------------------------------------------

    def _behandla(self, andring: Andring) -> None:
        """What this process itself has committed."""
        skyddad(partial(self._beratta, andring))
        if self._buss is not None:
            self._buss.sand(andring)

    def _beratta(self, andring: Andring) -> None:
        if andring.slag is Slag.BEHORIGHET:
            self.granska(andring.anvandare_id)
            return
        now = clock.now()
        with self._las:
            alla = dict(self._uppkopplade)
        if not alla:
            return
        with self._database.reading() as session:
            nya = omprovade(session, alla, now, self._vilotid)
            sak = sak_av(session, andring)
        self._folj_alla(alla, nya)
        # Whose rights have changed is cut, and fetches all of it when it comes back.
        kvar = {sid: who for sid, who in alla.items() if sid not in nya or who.samma_ratt(nya[sid])}
        horare = {sid for sid, who in kvar.items() if (nya.get(sid) or who).far_hora(sak, now)}
        self._sand(horare, _data(andring))
        self._sand({sid for sid, who in kvar.items() if har_forlorat(andring, who.subjekt)} - horare, SE_EFTER)

    def _be_alla_se_efter(self) -> None:
        with self._las:
            alla = set(self._uppkopplade)
        self._sand(alla, SE_EFTER)

    def _sand(self, till: Collection[str], data: dict[str, Any]) -> None:
        """Send to these connections: each has a room of its own, and what is sent is packed once for all of them."""
        if till:
            self._server.emit("andring", data, namespace="/", room=list(till))

    # --- going out ------------------------------------------------------------------------------------------------

    def granska(self, anvandare_id: int | None = None) -> None:
        """Judge the connected anew, or one person's sockets, and cut those who no longer are who they were."""
        now = clock.now()
        with self._las:
            berorda = {
                sid: who for sid, who in self._uppkopplade.items() if anvandare_id in (None, who.subjekt.anvandare_id)
            }
        if not berorda:
            return
        with self._database.reading() as session:
            nya = omprovade(session, berorda, now, self._vilotid)
        self._folj_alla(berorda, nya)

    def _folj_alla(self, forut: dict[str, Uppkopplad], nya: dict[str, Uppkopplad | None]) -> None:
        for sid, ny in nya.items():
            skyddad(partial(self._folj, sid, forut[sid], ny))

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
            # Out of its room by now. Closing waits for what is on its way to a client that may be slow: not here.
            self._server.start_background_task(self._server.eio.disconnect, eio_sid)

    def _svep(self) -> None:
        while True:
            time.sleep(SVEP)
            with self._las:
                if not self._uppkopplade:
                    self._sveper = False
                    return
            skyddad(self.granska)


def _data(andring: Andring) -> dict[str, Any]:
    return {
        "slag": andring.slag.value,
        "id": andring.id,
        "version": andring.version,
        "handelse_id": andring.handelse_id,
    }
