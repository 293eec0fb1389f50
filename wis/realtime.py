"""The live channel of `wis run` itself: open pages are told by ids that something changed, over threaded sockets.

Who is told and who may be connected is judged in wis.live; here they are let in, and carried. Each socket holds a
thread: for more than a few hundred there is `wis uttag` (wis.uttag). Nothing that a client sends is listened to.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import socketio
from flask import Flask
from flask_socketio import SocketIO
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound, ServiceUnavailable

from wis import clock
from wis.andringar import Andring, lyssna
from wis.auth.atkomst import subjekt
from wis.auth.service import token_hash
from wis.buss import Buss
from wis.db import Database
from wis.horare import Uppkopplad, rattsmarke
from wis.live import MAX_MEDDELANDE, PER_INLOGGNING, VAG, Karna, Meddelande, Ord, handelse_i, tillatna_ursprung
from wis.sandare import Sandare, koppla_sandare, skyddad, var_for_sig
from wis.settings import Settings
from wis.skydd import INGET, Wsgi, satt_grundhuvuden

TRADAR_FOR_SIDOR = 32
"""Each socket holds a thread of the server; so many are kept for pages."""


def init_app(app: Flask) -> None:
    """Attach the live channel to the app, or, where others keep the pages connected, what tells those."""
    settings: Settings = app.extensions["wis_settings"]
    database: Database = app.extensions["wis_database"]
    app.add_template_global(_rattsmarke, "rattsmarke")
    if settings.inbyggda_uttag:
        app.extensions["wis_live"] = Live(app, settings, database)
        return
    koppla_sandare(database, settings)
    app.wsgi_app = Avstangd(app.wsgi_app, settings)  # type: ignore[method-assign]


def _rattsmarke(handelse_id: int) -> str:
    """As horare.rattsmarke(), of the one who asks: the page says by which right it was drawn."""
    who = subjekt()
    return "" if who is None else rattsmarke(who, handelse_id, clock.now())


class Live:
    """The sockets of one process."""

    def __init__(self, app: Flask, settings: Settings, database: Database) -> None:
        self._app = app
        self._ursprung = frozenset(tillatna_ursprung(settings.base_url))
        self._karna = Karna(settings, database, self)
        # With few threads, half of them.
        self._plats = max(settings.threads - TRADAR_FOR_SIDOR, settings.threads // 2)
        self._hort = Sandare(self._karna.beratta)
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
        self._server.eio.on("message", self._bara_det_vantade)
        self._server.on("disconnect", self._glom)
        self._vidare = app.wsgi_app
        app.wsgi_app = self._grind  # type: ignore[method-assign]
        lyssna(database, Sandare(self._behandla).lamna)

    def _bara_det_vantade(self, eio_sid: str, data: object) -> None:
        """Hand on what a page of ours says (that it is here, and good-bye); whoever says anything else is cut.

        The library would keep what it is told that more is to follow of, without end.
        """
        if isinstance(data, str) and data in {"0", "0{}", "1"}:
            self._server._handle_eio_message(eio_sid, data)
        else:
            self._server.start_background_task(self._server.eio.disconnect, eio_sid)

    def antal(self) -> int:
        """How many are connected here."""
        return self._karna.antal()

    def granska(self) -> None:
        """Judge the connected anew, and cut those who no longer are who they were."""
        self._karna.granska()

    # --- coming in ------------------------------------------------------------------------------------------------

    def _grind(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Refuse before the request takes up a socket: foreign pages, who is not a reader, one too many."""
        if not environ.get("PATH_INFO", "").startswith(VAG):
            return self._vidare(environ, start_response)
        svara = _med_huvuden(start_response, https=self._https)
        try:
            self._slapp_in(environ)
            return self._vidare(environ, svara)
        except HTTPException as nej:
            return nej.get_response(environ)(environ, svara)
        except KeyError:
            # Engine.IO raises this, before it answers, for a request that comes in the moment its client is cut.
            return BadRequest("Uppkopplingen är avslutad.").get_response(environ)(environ, svara)

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
        if self._karna.antal_for(who.inloggning_id) >= PER_INLOGGNING:
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
        hash_ = token_hash(token)
        return self._karna.bedom([hash_]).get(hash_)

    def _anslut(self, sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        who = self._bedom_kaka(environ)
        if who is None:
            raise socketio.exceptions.ConnectionRefusedError("Logga in först.")
        self._karna.slapp_in(sid, who)
        if self._buss is not None:
            self._buss.lyssna(self._hort.lamna, self._karna.be_alla_se_efter, lambda: self.antal() > 0)
        handelse_id = handelse_i(environ.get("QUERY_STRING", ""))
        if handelse_id is not None:
            # After it was let in: nothing is missed between the number and what is told.
            skyddad(partial(self._karna.saga_nummer, {sid: handelse_id}))

    def _glom(self, sid: str, _reason: object = None) -> None:
        self._karna.glom(sid)

    # --- what the core asks for -----------------------------------------------------------------------------------

    def _behandla(self, andringar: Sequence[Andring]) -> None:
        """What this process itself has committed."""
        skyddad(partial(self._karna.beratta, andringar))
        if self._buss is not None:
            var_for_sig(self._buss.sand, andringar)

    def sand(self, till: Collection[str], data: Meddelande, ord_: Ord = "andring") -> None:
        """Send to these connections: each has a room of its own, and what is sent is packed once for all of them."""
        self._server.emit(ord_, data, namespace="/", room=list(till))

    def kapa(self, sid: str) -> None:
        """Close the connection."""
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        self._server.disconnect(sid)
        if eio_sid is not None:
            # Out of its room by now. Closing waits for what is on its way to a client that may be slow: not here.
            self._server.start_background_task(self._server.eio.disconnect, eio_sid)


class Avstangd:
    """In place of the channel where another process has it: says so at once, and draws no page for it."""

    def __init__(self, vidare: Wsgi, settings: Settings) -> None:
        self._vidare, self._https = vidare, settings.https

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """404 for the address of the channel, otherwise the answer of the app."""
        if not environ.get("PATH_INFO", "").startswith(VAG):
            return self._vidare(environ, start_response)
        nej = NotFound("Öppna sidor hålls uppkopplade av en annan process.")
        return nej.get_response(environ)(environ, _med_huvuden(start_response, https=self._https))


def _med_huvuden(start_response: Any, *, https: bool) -> Callable[..., Any]:
    """What is answered here never came by the app, which would have set these."""

    def svara(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        guarded = Headers(headers)
        satt_grundhuvuden(guarded, https=https)
        guarded["Content-Security-Policy"] = INGET
        guarded["Cache-Control"] = "private, no-store"
        return start_response(status, guarded.to_wsgi_list(), *rest)

    return svara
