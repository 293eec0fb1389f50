"""How many failed tries are taken from one network, at every form that is open to strangers: by Flask-Limiter.

What succeeded is not counted: a whole town hall behind one address may log in at eight.
"""

from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RateLimitExceeded
from flask_login import user_logged_in

from wis import audit, web
from wis.auth.strypning import EN_RAD, PER_NATVERK, VANTA, Strypning, natverk
from wis.settings import Settings


def init_app(app: Flask, settings: Settings) -> Limiter:
    """Put the limit in front of the app. Without Redis it counts in this process alone."""
    limiter = Limiter(
        lambda: natverk(request.remote_addr or ""),
        app=app,
        application_limits=[PER_NATVERK],
        application_limits_exempt_when=_oraknad,
        application_limits_deduct_when=_misslyckad,
        strategy="moving-window",
        storage_uri=settings.redis_url or "memory://",
        # Should Redis be gone, people must still get in, and strangers still be stopped.
        in_memory_fallback_enabled=settings.redis_url is not None,
        key_prefix="wis-nat",
    )
    app.register_error_handler(RateLimitExceeded, _stoppad)
    user_logged_in.connect(_inslappt, app)
    return limiter


def _oraknad() -> bool:
    """Whether the request is none that a stranger can guess by."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method != "POST" or not getattr(view, "oppen", False)


def _misslyckad(svar: Response) -> bool:
    """Whether the try failed: it led nowhere, and let nobody in."""
    return svar.status_code != 302 and not g.get("nyss_inslappt", False)


def _inslappt(_app: Flask, **_mer: Any) -> None:
    g.nyss_inslappt = True


def _stoppad(_grans: RateLimitExceeded) -> Response:
    """The answer to one try too many. One row per network and quarter: nobody can fill the record by knocking."""
    nat = natverk(request.remote_addr or "")
    strypning: Strypning = current_app.extensions["wis_strypning"]
    if strypning.forsok((EN_RAD, f"rad:nat:{nat}")):
        with web.transaction() as session:
            audit.record(session, "inloggning strypt", objekt=request.path, adress=request.remote_addr, nat=nat)
    svar = web.felsida(
        429,
        "För många försök",
        "Det har gjorts för många misslyckade försök från ditt nätverk.",
        gor="Vänta 15 minuter, eller använd ett annat nätverk, till exempel telefonens.",
        behall=True,
    )
    svar.headers["Retry-After"] = str(VANTA)
    return svar
