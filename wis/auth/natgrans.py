"""How many failed tries are taken from one network, at every form that is open to strangers: by Flask-Limiter.

What succeeded is not counted: a whole town hall behind one address may log in at eight. Nor is what is no guess, such
as to ask for a new password: that has a roomier limit of its own, so that nobody has letters sent without end.
"""

from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from flask_login import user_logged_in

from wis import audit, web
from wis.auth.strypning import EN_RAD, PER_NATVERK, VANTA, Strypning, natverk
from wis.settings import Settings

PER_NATVERK_GLOMT = "300 per 15 minute"
_GLOMT = "konton.glomt"
_MED_LANK = {"konton.satt_losenord", "begaran_lank.svara"}
"""The forms that a link opens."""


def init_app(app: Flask, settings: Settings) -> Limiter:
    """Put the limit in front of the app. Without Redis it counts in this process alone."""
    limiter = Limiter(
        lambda: natverk(request.remote_addr or ""),
        app=app,
        application_limits=[
            ApplicationLimit(PER_NATVERK, exempt_when=_ingen_gissning, deduct_when=_misslyckad),
            ApplicationLimit(PER_NATVERK_GLOMT, exempt_when=_inget_brev),
        ],
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


def _ingen_gissning() -> bool:
    """Whether the request is outside the limit of failures."""
    return _oraknad() or request.endpoint == _GLOMT


def _inget_brev() -> bool:
    """Whether the request is outside the limit of letters asked for."""
    return _oraknad() or request.endpoint != _GLOMT


def _misslyckad(svar: Response) -> bool:
    """Whether the try failed: it was refused, and let nobody in."""
    # Whoever holds a link that works has guessed nothing: the new password, or the answer, alone was too poor.
    poor = request.endpoint in _MED_LANK and svar.status_code == 422
    return 400 <= svar.status_code < 500 and not poor and not g.get("nyss_inslappt", False)


def _inslappt(_app: Flask, **_mer: Any) -> None:
    g.nyss_inslappt = True


def _stoppad(_grans: RateLimitExceeded) -> Response:
    """The answer to one try too many. One row per network and quarter: nobody can fill the record by knocking."""
    nat = natverk(request.remote_addr or "")
    strypning: Strypning = current_app.extensions["wis_strypning"]
    if strypning.forsok((EN_RAD, f"rad:nat:{nat}")):
        with web.transaction() as session:
            # The rule and not the path: what stands in it may be a secret that somebody else has a use for.
            regel = request.url_rule.rule if request.url_rule is not None else request.path
            audit.record(session, "inloggning strypt", objekt=regel, adress=request.remote_addr, nat=nat)
    what = "begärts för många länkar" if request.endpoint == _GLOMT else "gjorts för många misslyckade försök"
    svar = web.felsida(
        429,
        "För många försök",
        f"Det har {what} från ditt nätverk.",
        gor="Vänta 15 minuter, eller använd ett annat nätverk, till exempel telefonens.",
        behall=True,
    )
    svar.headers["Retry-After"] = str(VANTA)
    return svar
