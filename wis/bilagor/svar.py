"""An attachment as it is sent to a browser: shut in, under its own name, and asked for anew each time."""

import re
from typing import Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import Headers

from wis.bilagor.queries import Bifogad

_LADA = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FORHANDSBILD = "image/webp"


class Sandlada(Response):
    """A file from a stranger: nothing in it may run, and it is shown by no page but ours."""

    hemlig = False

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The headers as they are sent. A browser may keep the file, but asks each time whether it may show it."""
        headers = super().get_wsgi_headers(environ)
        headers["Content-Security-Policy"] = _LADA
        if self.status_code in {200, 304} and not self.hemlig:
            headers["Cache-Control"] = "private, no-cache"
        else:
            headers.remove("ETag")
        return headers


def bar_samma(etikett: str, *, hemlig: bool) -> Response | None:
    """304, if the browser has it already: whoever asks has been judged to read it. Never of what is secret."""
    if hemlig or not request.if_none_match.contains(etikett):
        return None
    svar = Sandlada(status=304)
    svar.set_etag(etikett)
    return svar


def som_fil(bifogad: Bifogad, data: bytes, *, visa: bool, hemlig: bool) -> Response:
    """The file, to be saved under its name; with `visa` an image is shown instead."""
    svar = _svar(data, bifogad.slag.value, bifogad.sha256, hemlig=hemlig)
    svar.headers["Content-Disposition"] = disposition(bifogad.rad.namn, visa=visa and bifogad.slag.bild)
    return svar


def som_forhandsbild(bifogad: Bifogad, data: bytes, *, hemlig: bool) -> Response:
    """The small image, to be shown within a page."""
    svar = _svar(data, FORHANDSBILD, etikett(bifogad, forhandsbild=True), hemlig=hemlig)
    svar.headers["Content-Disposition"] = "inline"
    return svar


def etikett(bifogad: Bifogad, *, forhandsbild: bool) -> str:
    """The ETag: of what never changes."""
    return f"{bifogad.sha256}-f" if forhandsbild else bifogad.sha256


def _svar(data: bytes, typ: str, etikett_: str, *, hemlig: bool) -> Sandlada:
    svar = Sandlada(data, mimetype=typ)
    svar.hemlig = hemlig
    svar.set_etag(etikett_)
    return svar


def disposition(namn: str, *, visa: bool) -> str:
    """Content-Disposition with the name as RFC 6266 and 5987 have it: in letters that all know, and in its own."""
    enkelt = re.sub(r"[^A-Za-z0-9 ._()-]", "_", namn.translate(_SVENSKA))
    slag = "inline" if visa else "attachment"
    return f"{slag}; filename=\"{enkelt}\"; filename*=UTF-8''{quote(namn, safe='')}"


_SVENSKA = str.maketrans("åäöÅÄÖéÉü", "aaoAAOeEu")
