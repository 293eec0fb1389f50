"""What a phone keeps of what was read there: the worker that keeps it, the manifest, and the page that lists it."""

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask_login import current_user

from wis import statisk, web
from wis.auth.atkomst import oppen, subjekt
from wis.natlos.marke import HUVUD, INGEN, marke
from wis.natlos.rules import SIDOR, SKRIVSIDOR, far_behallas
from wis.skydd import INGET, EgenLagring

bp = Blueprint("natlos", __name__)
_ARBETARE = "js/natlos_sw.js"
_TILL = ("js/natlos-ut.js", "js/natlos-push.js")
"""What else the worker does."""
_MED = ("css/wis.css", "css/natlos.css", "js/wis.js", "js/utloggning.js", "js/utkast.js", "js/kopia.js")
"""What no kept page may be without, beside our own scripts: it can be read, what is written on one is kept, and logging
out works. The rest is kept as it is used: all that is fetched ahead is paid for by who reads on a bad network."""
_IMPORT = re.compile(r"""^import [^'"]*['"]\./([\w-]+\.js)['"]""", re.MULTILINE)
_INLOGGNING = {"auth.logga_in", "auth.logga_ut"}


@bp.get("/sw.js")
@oppen
def arbetare() -> web.Svar:
    """The service worker of this release; it holds nothing of anybody's."""
    svar = EgenLagring(_arbetare(Path(current_app.static_folder or ""), web.settings().natlos_timmar))
    svar.mimetype = "text/javascript"
    # It fetches by its own policy, whatever that of the page is.
    svar.headers["Content-Security-Policy"] = f"{INGET}; connect-src 'self'"
    return _farskt(svar)


@bp.get("/manifest.webmanifest")
@oppen
def manifest() -> web.Svar:
    """What a phone that installs us as an app is told."""
    return _farskt(EgenLagring(json.dumps(_manifest(), ensure_ascii=False), mimetype="application/manifest+json"))


@bp.get("/natlos")
@oppen
def sida() -> web.Svar:
    """What this browser keeps, listed by a script; it holds nothing of anybody's. `?skal`: drawn for nobody, to be
    kept and shown in place of a page that is not."""
    skal: dict[str, Any] = {"subjekt": None, "utan_inloggning": True} if "skal" in request.args else {}
    return render_template("natlos/natlos.html", timmar=web.settings().natlos_timmar, **skal)


@bp.app_template_global()
def natlos_lage() -> str:
    """For the page: '' if nothing is kept here, 'sida' if this page may be, else 'pa'."""
    who = subjekt()
    if who is None or web.settings().natlos_timmar <= 0:
        return ""
    return "sida" if request.endpoint in SIDOR | SKRIVSIDOR and who.betraktare is None else "pa"


@bp.after_app_request
def _mark(svar: Response) -> Response:
    """Say whose the answer is, and for how many hours it may be kept."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_open = view is None or getattr(view, "oppen", False)
    if (not is_open or request.endpoint in _INLOGGNING) and not web.utan_databas():
        svar.headers[HUVUD] = _market(svar)
    return svar


def _market(svar: Response) -> str:
    settings = web.settings()
    who = subjekt() if current_user.is_authenticated and request.endpoint != "auth.logga_ut" else None
    if who is None or settings.natlos_timmar <= 0:
        return INGEN
    eget = marke(settings.secret_key, current_user.inloggning_id, (who.betraktare or who).aktor_id)
    return f"{eget} {settings.natlos_timmar}" if who.betraktare is None and _far(svar) else eget


def _far(svar: Response) -> bool:
    if request.method != "GET" or svar.status_code != 200 or svar.mimetype != "text/html" or svar.is_streamed:
        return False
    return far_behallas(request.endpoint, svar.get_data(as_text=True), lagras_inte="lagras_inte" in g)


def _farskt(svar: Response) -> Response:
    """Asked for anew each time, but not fetched if it is the same."""
    svar.headers["Cache-Control"] = "no-cache"
    svar.set_etag(sha256(svar.get_data()).hexdigest()[:32])
    svar.make_conditional(request)
    return svar


@cache
def _arbetare(katalog: Path, timmar: int) -> str:
    filer = statisk.las(katalog)
    egna = {namn for namn in filer.alla if namn.startswith("js/natlos") and namn not in {_ARBETARE, *_TILL}}
    alla = sorted(_med_importer(filer, egna | set(_MED)))
    slapp = {"prefix": f"/static/{filer.prefix}", "timmar": max(0, timmar), "filer": alla}
    skript = "\n".join(filer.alla[namn].innehall.decode() for namn in (_ARBETARE, *_TILL))
    return f"const SLAPP = {json.dumps(slapp)};\n{skript}"


def _med_importer(filer: statisk.Filer, namn: set[str]) -> set[str]:
    """These files, and the modules that those of them that are modules import, and so on."""
    funna: set[str] = set()
    kvar = set(namn)
    while kvar:
        funna |= kvar
        kod = [filer.alla[ett].innehall.decode() for ett in kvar if ett.endswith(".js")]
        kvar = {f"js/{fil}" for text in kod for fil in _IMPORT.findall(text)} - funna
    return funna


def _manifest() -> dict[str, Any]:
    return {
        "name": "wis",
        "short_name": "wis",
        "description": "Delad lägesbild",
        "lang": "sv",
        "dir": "ltr",
        "id": "/",
        "scope": "/",
        "start_url": "/nytt",
        "display": "standalone",
        "theme_color": "#0a4a5a",
        "background_color": "#ffffff",
        "icons": [
            _ikon("ikon-192.png", 192, "any"),
            _ikon("ikon-512.png", 512, "any"),
            _ikon("ikon-maskerbar-512.png", 512, "maskable"),
        ],
        "shortcuts": [
            {"name": "Bara det nya", "url": "/nytt"},
            {"name": "Händelser", "url": url_for("handelser.lista")},
        ],
    }


def _ikon(fil: str, matt: int, till: str) -> dict[str, str]:
    src = url_for("static", filename=fil)
    return {"src": src, "sizes": f"{matt}x{matt}", "type": "image/png", "purpose": till}
