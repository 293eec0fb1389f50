"""The fast path: a page that a login has fetched before, and that nothing has changed of, is answered from memory.

It sits directly around the app, within every guard. One question to the database reads the stamp (snabbvag_stampel):
the login goes on, and nothing that the page rests on has changed. The stamp is read before the page is drawn and kept
with it, so that what changes while it is drawn makes it old. A page that is the same for many is drawn for one of them
and filled for the others (snabbvag_klass). Nobody is given a page that is older than LANGST: what
others change and no stamp tells of, such as a count in the header, is no older than that; a page that stands open may
stand for DUGER. Which pages may be kept, the views say by wis.auth.snabbvag.
"""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask import session as kaka
from itsdangerous import BadSignature
from werkzeug.datastructures import Headers
from werkzeug.http import parse_cookie, parse_etags

from wis import clock, tolk, web
from wis.auth import aktivitet
from wis.auth import snabbvag as sagt
from wis.auth.atkomst import inloggad, subjekt, utseende
from wis.auth.service import token_hash
from wis.db import Database
from wis.natlos.marke import HUVUD
from wis.personligt import FORMULAR, NONCE, NUMMER, Fyllning, Hal, Lasare, hal, har_hal, mall_av
from wis.settings import Settings
from wis.skydd import csp_nonce
from wis.snabbvag_delning import Delning, Forfragan, Ritning
from wis.snabbvag_klass import Vem, etag_av
from wis.snabbvag_lasare import Klassad
from wis.snabbvag_minne import Minne, Sida
from wis.snabbvag_stampel import Stampel, Stampelmaskin, rattens_slut, slut_i

LANGST = timedelta(seconds=30)
DUGER = timedelta(minutes=10)
"""For how long an open page may stand that asks again by itself, as long as nothing that is counted has changed."""
MINNE = 32 * 1024 * 1024
"""How many bytes of pages one process keeps."""
STORST = 256 * 1024
"""No larger page is kept."""
PROVAS_OM = 600
"""Seconds that the signature of a cookie is taken as proved."""
_KAKOR = 4096
_HANDELSER = 256
_VAGAR = re.compile(r"/(?:(?:handelser|underrattelser)?|handelser/(?P<slug>[^/]+)(?:/.*)?)")
"""Where pages that may be kept are. Of an address with an event in it, the stamp is of that event."""
_EJ_LAGRADE = {"date", "cache-control", "etag", "content-length"}
_I_304 = {"vary", HUVUD.lower()}


def init_app(app: Flask) -> None:
    """Put the fast path around the app. Call it before anything else is put there, and svara_med() when all is."""
    settings: Settings = app.extensions["wis_settings"]
    vag = Snabbvag(app, settings, app.extensions["wis_database"])
    app.wsgi_app = app.extensions["wis_snabbvag"] = vag  # type: ignore[method-assign]
    app.extensions["wis_fyllare"] = vag.delning.fyllare
    app.add_template_global(hal, "hal")
    sagt.init_app(app)


def svara_med(app: Flask) -> None:
    """Let the app say what its pages hold, before they are compressed: call it after what compresses is in place."""
    app.after_request(_ritad)


@dataclass(frozen=True)
class Kaka(Vem):
    """What a signed cookie says; `meddelande`: a message waits to be shown."""

    meddelande: bool


class Begaran:
    """One request that may be answered from memory; see wis.auth.snabbvag.Begaran.

    `klassad`: the reader, if what is drawn for them may come to be sent to others.
    """

    def __init__(
        self, vag: "Snabbvag", forfragan: Forfragan, vem: Kaka, stampel: Stampel, klassad: Klassad | None
    ) -> None:
        self._vag, self.forfragan, self.vem, self.stampel, self.klassad = vag, forfragan, vem, stampel, klassad
        self.etag = ""
        self.ritning: Ritning | None = None
        self.likhet: sagt.Likhet | None = None
        self.slut: datetime | None = None
        self.fran = clock.now()
        self.till, self.duger_till = self.fran + LANGST, self.fran + DUGER
        self._onskad, self._nekad = False, vem.meddelande or not stampel.far_lagras

    @property
    def nummer(self) -> int:
        """How many times the event had been changed when the request came."""
        return self.stampel.nummer

    @property
    def lagras(self) -> bool:
        """Whether the page is to be kept, as far as is known."""
        return self._onskad and not self._nekad

    def lagra(self, handelse_id: int | None, till: datetime | None) -> None:
        """Keep the page, unless the stamp is of something else than the view says, or somebody sees as another."""
        who, now = inloggad(), clock.now()
        if self._nekad or handelse_id != self.stampel.handelse_id or who.betraktare is not None:
            self._nekad = True
            return
        slut = None
        if not self._onskad:
            self._onskad = True
            andras = self._vag.slut_i(self.stampel, now)
            self.slut = min((moment for moment in andras if moment > now), default=None)
            slut = rattens_slut(web.session(), who, handelse_id, now, andras)
        self.till = min(moment for moment in (self.till, till, slut) if moment is not None)
        # What a view says of `till` is of words that an open page's script keeps true itself.
        self.duger_till = min(moment for moment in (self.duger_till, slut) if moment is not None)

    def lagra_inte(self) -> None:
        """Never keep the page."""
        self._nekad = True

    def dela(self, likhet: sagt.Likhet) -> None:
        """Let others of the class have the page, if it was drawn by the rights that the class was read with."""
        who = inloggad()
        if self.klassad is not None and self.klassad.galler(who.anvandare_id, who.aktor_id, who.roll, tolk.nu()):
            self.likhet = likhet

    @property
    def mark(self) -> tuple[datetime | None] | None:
        """How far the reader has read; None if the page is theirs alone."""
        return None if self.klassad is None else (self.klassad.lasare.sedd_till,)


class Snabbvag:
    """The fast path of one process."""

    def __init__(self, app: Flask, settings: Settings, database: Database) -> None:
        self._app, self._vidare = app, app.wsgi_app
        self._maskin = Stampelmaskin(database, timedelta(seconds=settings.session_vilotid))
        self._database = database
        self.delning = Delning(database, self._maskin, settings.secret_key, LANGST)
        self._las_kaka = lru_cache(_KAKOR)(self._prova_kaka)
        self._slut: dict[int | None, tuple[int, list[datetime]]] = {}
        self.minne: Minne[Sida] = Minne(MINNE)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The page from memory, 304, or what the app answers."""
        traff = _VAGAR.fullmatch(environ.get("PATH_INFO", "")) if environ["REQUEST_METHOD"] in _LASER else None
        varde = None if traff is None else self._kakans_varde(environ)
        vem = None if varde is None else self._las_kaka(varde, int(clock.now().timestamp()) // PROVAS_OM)
        stampel = None if traff is None or vem is None else self._maskin.las(vem.token_hash, traff["slug"])
        if vem is None or varde is None or stampel is None:
            return self._vidare(environ, start_response)
        environ["HTTP_ACCEPT_ENCODING"] = kodning(environ.get("HTTP_ACCEPT_ENCODING", ""))
        forfragan = Forfragan(environ)
        nyckel = (varde, *forfragan.adress, forfragan.packas)
        sida = self.minne.hamta(nyckel)
        if sida is None or not _racker(sida, stampel, environ):
            klassad = None if vem.meddelande else self.delning.lasare(forfragan, vem, stampel)
            sida = None if klassad is None else self.delning.sida(forfragan, klassad, vem, stampel)
            if sida is None:
                begaran = Begaran(self, forfragan, vem, stampel, klassad)
                return self._rita(begaran, nyckel, environ, start_response)
            if environ["REQUEST_METHOD"] == "GET":
                self.minne.lagg(nyckel, sida)
        if stampel.anteckna and not forfragan.av_sig_sjalv:
            aktivitet.anteckna(self._database, stampel.inloggning_id, forfragan.spar)
        return _svara(sida, environ, start_response)

    def slut_i(self, stampel: Stampel, now: datetime) -> list[datetime]:
        """As snabbvag_stampel.slut_i(), asked once for each number of an event: to be called in a request."""
        kant = self._slut.get(stampel.handelse_id)
        if kant is not None and kant[0] == stampel.nummer:
            return kant[1]
        slut = slut_i(web.session(), stampel.handelse_id, now)
        if len(self._slut) >= _HANDELSER:
            self._slut.clear()
        self._slut[stampel.handelse_id] = (stampel.nummer, slut)
        return slut

    # --- who asks -------------------------------------------------------------------------------------------------

    def _kakans_varde(self, environ: dict[str, Any]) -> str | None:
        return parse_cookie(environ.get("HTTP_COOKIE")).get(self._app.config["SESSION_COOKIE_NAME"])

    def _prova_kaka(self, varde: str, _nar: int) -> Kaka | None:
        """What the cookie says, None if it is not signed by us or holds no login."""
        serializer = self._app.session_interface.get_signing_serializer(self._app)  # type: ignore[attr-defined]
        try:
            data = serializer.loads(varde, max_age=int(self._app.permanent_session_lifetime.total_seconds()))
        except BadSignature:
            return None
        token = data.get("_user_id")
        if not isinstance(token, str):
            return None
        return Kaka(token_hash(token), str(data.get("csrf_token", "")), "_flashes" in data)

    # --- drawing and keeping --------------------------------------------------------------------------------------

    def _rita(
        self, begaran: Begaran, nyckel: tuple[Hashable, ...], environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """What the app answers, kept if it may be."""
        svar: list[Any] = []

        def fanga(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            svar[:] = [status, headers, *rest]
            return _skriver_inte

        innehall = self._vidare({**environ, sagt.BEGARAN: begaran}, fanga)
        if not begaran.lagras or not begaran.etag or not _kan_lagras(svar):
            start_response(*svar)
            return innehall
        try:
            kropp = b"".join(innehall)
        finally:
            getattr(innehall, "close", _ingenting)()
        tider, huvuden = (begaran.fran, begaran.till, begaran.duger_till), _huvuden(svar[1], begaran.etag)
        sida = Sida(begaran.stampel.grund, *tider, begaran.etag, huvuden, kropp)
        if environ["REQUEST_METHOD"] == "GET" and len(kropp) <= STORST:
            self.minne.lagg(nyckel, sida)
            if begaran.klassad is not None and begaran.ritning is not None:
                self.delning.vittna(begaran.forfragan, begaran.klassad, begaran.stampel, begaran.ritning, sida)
        return _svara(sida, environ, start_response)


_LASER = {"GET", "HEAD"}


def _ingenting() -> None:
    """Stand for the close() that an iterable need not have."""


def _skriver_inte(_data: bytes) -> None:
    raise RuntimeError("write() is not used by the app")


def _kan_lagras(svar: list[Any]) -> bool:
    """Whether it is a page, and nothing in it is for this once."""
    return len(svar) == 2 and svar[0].startswith("200 ") and "set-cookie" not in {namn.lower() for namn, _ in svar[1]}


def _huvuden(fran_appen: list[tuple[str, str]], etag: str) -> tuple[tuple[str, str], ...]:
    headers = Headers([(namn, varde) for namn, varde in fran_appen if namn.lower() not in _EJ_LAGRADE])
    headers["ETag"], headers["Cache-Control"] = etag, "private, no-cache"
    headers.setdefault("Vary", "Accept-Encoding, Cookie")
    return tuple(headers.to_wsgi_list())


def _svara(sida: Sida, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if _har_redan(environ.get("HTTP_IF_NONE_MATCH", ""), sida.etag):
        # Without the policy: the one that came with the page names the nonce that is in it.
        behall = _I_304 | {"etag", "cache-control"}
        start_response("304 NOT MODIFIED", [(namn, varde) for namn, varde in sida.huvuden if namn.lower() in behall])
        return []
    langd = ("Content-Length", str(len(sida.kropp)))
    if environ["REQUEST_METHOD"] == "HEAD":
        start_response("200 OK", list(sida.huvuden))
        return []
    start_response("200 OK", [*sida.huvuden, langd])
    return [sida.kropp]


def _har_redan(onskat: str, etag: str) -> bool:
    """Whether If-None-Match names this ETag, by weak comparison (RFC 9110, 13.1.2)."""
    return bool(onskat) and (parse_etags(onskat).contains_weak(etag.removeprefix("W/").strip('"')))


def _racker(sida: Sida, stampel: Stampel, environ: dict[str, Any]) -> bool:
    """Whether the kept page answers: it is right; or an open page that has it asks by itself whether it may stand.

    Thousands whose sockets came back ask so, and each page that asks because it has no socket.
    """
    now = clock.now()
    if sida.galler(stampel.grund, now):
        return True
    har = "HTTP_X_LIVE" in environ and _har_redan(environ.get("HTTP_IF_NONE_MATCH", ""), sida.etag)
    return har and sida.duger(stampel.grund, now)


@lru_cache(256)
def kodning(accept_encoding: str) -> str:
    """Which of our encodings a browser is answered in: 'br', 'gzip' or 'identity'."""
    vill: dict[str, float] = {}
    for del_ in accept_encoding.lower().split(","):
        namn, _, resten = (bit.strip() for bit in del_.partition(";"))
        q = re.fullmatch(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", resten)
        vill[namn] = float(q[1]) if q else 0.0 if resten else 1.0
    best = max(("br", "gzip"), key=lambda namn: vill.get(namn, 0.0))
    return best if vill.get(best, 0.0) > 0 else "identity"


def _ritad(svar: Response) -> Response:
    """Fill what was held open in the page while it was drawn, and give one that is kept its ETag."""
    if svar.mimetype != "text/html" or svar.is_streamed:
        return svar
    text, begaran = svar.get_data(as_text=True), request.environ.get(sagt.BEGARAN)
    # As it was drawn, whether it is then kept or not.
    lasare = _lasaren(begaran)
    if not isinstance(begaran, Begaran) or not begaran.lagras or svar.status_code != 200:
        begaran = None
    elif not text or "TLP:RED" in text or kaka.modified or web.utan_databas():
        begaran.lagra_inte()
        begaran = None
    if begaran is None and not har_hal(text):
        return svar
    engangs: dict[Hal, str] = {NONCE: csp_nonce(), FORMULAR: str(g.get("csrf_token") or "")}
    for sort, varde in engangs.items():
        text = text.replace(varde, hal(*sort)) if varde and begaran is not None else text
    engangs[NUMMER] = str(sagt.nummer())
    mall = mall_av(text)
    fyllning = Fyllning(current_app.extensions["wis_fyllare"], lasare, clock.now(), engangs)
    svar.set_data(mall.fyll(fyllning))
    if begaran is not None:
        begaran.etag = etag_av(mall, fyllning, begaran.vem)
        begaran.ritning = Ritning(mall, engangs[NONCE], begaran.likhet) if begaran.likhet else None
    return svar


def _lasaren(begaran: object) -> Lasare:
    """For whom the page was drawn."""
    if isinstance(begaran, Begaran) and begaran.klassad is not None:
        return begaran.klassad.lasare
    who = subjekt()
    vem = (0, 0, "") if who is None else (who.anvandare_id, who.aktor_id, who.namn)
    return Lasare(*vem, utseende=utseende())
