"""What guards every answer: the names that we answer to, the policy of scripts and styles, the other headers."""

import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as WerkzeugResponse

from wis.settings import Settings

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
INGET = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of an answer that is no page."""
_VAKTER = ("/halsa/", "/matt")
FRAGAD_VARD = "wis.fragad_vard"
"""Where in the WSGI environment the name stands that a monitor asked for, if it is none of ours."""
_VARD = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,253})(?::[0-9]{1,5})?")
_FEL_ADRESS = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8"><title>Fel adress</title></head>
<body><h1>Fel adress</h1>
<p>Systemet svarar inte på adressen som du använde.</p>
<p>Kontrollera adressen, eller fråga den som sköter driften vilken som gäller.</p></body></html>
"""


def init_app(app: Flask, settings: Settings) -> None:
    """Put the guards around the app. What is put around it later (ProxyFix) comes before them."""
    egna = egna_vardar(settings)
    if not any(":" in vard for vard in egna):
        # Werkzeug can't be told of an IPv6 address. Where there is none, it says the same as the gate once more.
        app.config["TRUSTED_HOSTS"] = sorted(egna)
    app.wsgi_app = Vardgrind(app.wsgi_app, egna, settings)  # type: ignore[method-assign]
    app.add_template_global(csp_nonce)


# --- whom we answer as -------------------------------------------------------------------------------------------


def egna_vardar(settings: Settings) -> frozenset[str]:
    """The hosts that we answer to, in lower case and without port: ours, and what the operator adds.

    The names of this machine count as one.
    """
    own = (urlsplit(settings.base_url).hostname or "", *settings.betrodda_vardar)
    egna = frozenset(_skriven(vard) for vard in own)
    return egna | LOOPBACK if egna & LOOPBACK else egna


def _skriven(vard: str) -> str:
    """A host as a browser writes it: IPv6 within brackets, å ä ö in Punycode."""
    if ":" in vard:
        return f"[{vard.strip('[]').lower()}]"
    return vard.lower() if vard.isascii() else vard.lower().encode("idna").decode()


class Vardgrind:
    """Refuses requests for another name than ours, before anything is read or drawn."""

    def __init__(self, vidare: Wsgi, egna: frozenset[str], settings: Settings) -> None:
        self._vidare, self._egna, self._https = vidare, egna, settings.https
        self._kand = urlsplit(settings.base_url).netloc

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The answer of the app, or 400."""
        host = environ.get("HTTP_HOST", "")
        if ar_egen(host, self._egna):
            # A name is the same in capitals, which Werkzeug doesn't know.
            return self._vidare({**environ, "HTTP_HOST": host.lower()}, start_response)
        if environ.get("PATH_INFO", "").startswith(_VAKTER):
            # A monitor asks by the number of the machine. Nothing in what it is told depends on the name.
            return self._vidare({**environ, "HTTP_HOST": self._kand, FRAGAD_VARD: host}, start_response)
        nej = WerkzeugResponse(_FEL_ADRESS, 400, mimetype="text/html")
        satt_grundhuvuden(nej.headers, https=self._https)
        nej.headers["Content-Security-Policy"] = INGET
        nej.headers["Cache-Control"] = "private, no-store"
        return nej(environ, start_response)


def ar_egen(host: str, egna: frozenset[str]) -> bool:
    """Whether what a request asks for, with or without port, is one of these (see egna_vardar)."""
    m = _VARD.fullmatch(host)
    return m is not None and m[1].lower() in egna


# --- what a browser may do with the answer -------------------------------------------------------------------------


def csp_nonce() -> str:
    """The nonce of this answer alone, for `nonce=` of every script and style sheet."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return cast(str, g.csp_nonce)


def policy(nonce: str, host: str, *, https: bool, bilder: str = "") -> str:
    """The content security policy of a page: what is not named here is refused.

    Modules that a script with the nonce imports inherit it. Only the Trusted Types policy 'wis' (static/js/betrodd.js)
    makes HTML of text. `bilder`: who else may send images.
    """
    uttag = f"{'wss' if https else 'ws'}://{host}"
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        f"img-src 'self' data:{' ' if bilder else ''}{bilder}; "
        f"connect-src 'self' {uttag}; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types wis"
    )


class EgenLagring(Response):
    """An answer that is no page, the same for everybody, and that says itself who may keep it and how long."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The headers as they are sent: whatever looked for a login on the way, none is told of, set or sent."""
        headers = super().get_wsgi_headers(environ)
        headers.remove("Set-Cookie")
        headers["Vary"] = "Accept-Encoding"
        return headers


def satt_huvuden(response: Response, *, https: bool) -> Response:
    """The answer with every security header; what is no file of ours is kept by no browser and no proxy."""
    headers = response.headers
    satt_grundhuvuden(headers, https=https)
    egen = isinstance(response, EgenLagring) and response.status_code < 400
    page = response.mimetype == "text/html" and not egen
    if page:
        headers["Content-Security-Policy"] = policy(
            csp_nonce(), request.host, https=https, bilder=g.get("bildkallor", "")
        )
    elif not (egen and "Content-Security-Policy" in headers):
        # A script that runs by itself is ruled by what its own answer says.
        headers["Content-Security-Policy"] = INGET
    if not egen and (request.endpoint != "static" or response.status_code >= 400):
        headers["Cache-Control"] = "private, no-store"
    return response


def satt_grundhuvuden(headers: Headers, *, https: bool) -> None:
    """Set what is the same for each answer, also of the live channel."""
    headers["X-Content-Type-Options"] = "nosniff"
    # A page whose address is a secret says that nobody is to be told of it at all.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
