"""Who comes in to `wis uttag`: the name that is asked for, the origin, the login's cookie; judged many at a time."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from flask import Flask
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import Headers
from werkzeug.http import parse_cookie

from wis.auth.service import token_hash
from wis.horare import Uppkopplad
from wis.live import VAG, tillatna_ursprung
from wis.settings import Settings
from wis.skydd import INGET, ar_egen, egna_vardar, satt_grundhuvuden

SAMLA = 0.005
"""Seconds to wait for more who come, so that the database is asked for all of them at once."""
HOGST_AT_GANGEN = 200
VANTA = "60"
"""Seconds after which one for whom there was no room may ask again."""
_HALSA = "/halsa/live"
Bedom = Callable[[Collection[str]], dict[str, Uppkopplad]]


@dataclass
class Nekad(Exception):
    """An answer that is no socket: the status, and a text."""

    status: int
    text: str
    typ: str = "text/plain; charset=utf-8"


def huvuden(svar: Nekad, *, https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of the answer, as ASGI has them: its own and those of every answer."""
    headers = Headers({"Content-Type": svar.typ, "Content-Length": str(len(svar.text.encode()))})
    satt_grundhuvuden(headers, https=https)
    headers["Content-Security-Policy"] = INGET
    headers["Cache-Control"] = "private, no-store"
    if svar.status == 503:
        headers["Retry-After"] = VANTA
    return [(name.lower().encode(), value.encode()) for name, value in headers]


class Grind:
    """Judges a request before it takes up a socket; asks nothing of the database."""

    def __init__(self, settings: Settings) -> None:
        self._egna, self._proxyer = egna_vardar(settings), settings.betrodda_proxyer
        self._ursprung = frozenset(tillatna_ursprung(settings.base_url))
        self._kaka = settings.kaknamn
        self._signerat, self._langst = _signerare(settings)

    def svar(self, scope: dict[str, Any]) -> Nekad:
        """What is answered to a request that is no websocket."""
        if scope["path"] == _HALSA:
            # A monitor asks by the number of the machine.
            return Nekad(200, '{"status":"ok"}\n', "application/json")
        self._prova_vard(_falt(scope))
        return Nekad(404, "Här finns bara websocket.")

    def hash_av(self, scope: dict[str, Any]) -> str:
        """The hash of the login's token. Raises Nekad unless a page of ours asks, with a cookie that we have signed."""
        headers = _falt(scope)
        self._prova_vard(headers)
        if not scope["path"].startswith(f"{VAG}/"):
            raise Nekad(404, "Här finns inget uttag.")
        if headers.get("origin") not in self._ursprung:
            raise Nekad(403, "Fel ursprung.")
        token = self._token(headers.get("cookie", ""))
        if token is None:
            raise Nekad(403, "Logga in först.")
        return token_hash(token)

    def _prova_vard(self, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if self._proxyer and "x-forwarded-host" in headers:
            asked = headers["x-forwarded-host"].split(",")
            # As for pages: what the outermost of our own proxies was asked for.
            host = asked[-self._proxyer].strip() if len(asked) >= self._proxyer else host
        if not ar_egen(host, self._egna):
            raise Nekad(400, "Systemet svarar inte på adressen som du använde.")

    def _token(self, cookies: str) -> str | None:
        try:
            session = self._signerat.loads(parse_cookie(cookies).get(self._kaka, ""), max_age=self._langst)
        except BadSignature:
            return None
        token = session.get("_user_id") if isinstance(session, dict) else None
        return token if isinstance(token, str) else None


def _signerare(settings: Settings) -> tuple[URLSafeTimedSerializer, int]:
    """What Flask signs its cookies by, and how many seconds one lasts."""
    # An empty application: of all that Flask has, its signer.
    app = Flask("wis", static_folder=None)
    app.secret_key = settings.secret_key
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return serializer, int(app.permanent_session_lifetime.total_seconds())


def _falt(scope: dict[str, Any]) -> dict[str, str]:
    """The headers by name; of several with the same name, joined as HTTP does (cookies: RFC 9113, 8.2.3)."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key in found:
            text = f"{found[key]}{'; ' if key == 'cookie' else ','}{text}"
        found[key] = text
    return found


class Bedomare:
    """Judges those who come by what the database says; in a thread, and many at once, since asking is what costs."""

    def __init__(self, bedom: Bedom, tradar: Executor) -> None:
        self._bedom, self._tradar = bedom, tradar
        self._vantar: dict[str, asyncio.Future[Uppkopplad | None]] = {}
        self._arbete: asyncio.Task[None] | None = None

    async def bedom(self, hash_: str) -> Uppkopplad | None:
        """Who holds the login with this token hash, and may be connected."""
        svar = self._vantar.get(hash_)
        if svar is None:
            svar = self._vantar[hash_] = asyncio.get_running_loop().create_future()
        if self._arbete is None:
            self._arbete = asyncio.create_task(self._arbeta())
        # Pages of the same login wait for the same answer: one that is closed meanwhile takes it from none.
        return await asyncio.shield(svar)

    async def _arbeta(self) -> None:
        await asyncio.sleep(SAMLA)
        while self._vantar:
            hashar = list(self._vantar)[:HOGST_AT_GANGEN]
            nu = {hash_: self._vantar.pop(hash_) for hash_ in hashar}
            await self._besvara(nu)
        self._arbete = None

    async def _besvara(self, nu: dict[str, asyncio.Future[Uppkopplad | None]]) -> None:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._tradar, self._bedom, list(nu))
        except Exception as fel:  # noqa: BLE001 whatever it is, nobody may be left waiting
            for svar in nu.values():
                svar.set_exception(fel)
            return
        for hash_, svar in nu.items():
            svar.set_result(found.get(hash_))
