"""Letting in: between the right password and the first page. The Flask side of what auth.service opens and finishes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask import session as kaka
from flask_login import current_user, login_user

from wis import clock, web
from wis.auth import enhet, queries, service
from wis.auth.atkomst import ladda_inloggad
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.forms import Parkerat, egen_vag
from wis.auth.models import Anvandare, Faktorslag
from wis.auth.strypning import Strypning

_HALV, _PROVAD = "halv", "halv_provad"
FOR_SENT = "Det tog för lång tid, eller så är inloggningen redan klar. Logga in igen."


@dataclass(frozen=True)
class Halv:
    """A login whose password is right and whose second factor is still to come."""

    token: str
    anvandare_id: int
    epost: str
    namn: str


@dataclass(frozen=True)
class Vidare:
    """Where a person was going: the page, and the form that was typed when an earlier login ran out."""

    nasta: str = ""
    parkerat: Parkerat | None = None


def borja(token: str) -> Halv | None:
    """Let this browser hold a login that waits for its factor; None, and nothing held, if it waits no more."""
    halv = _find_halv(token)
    if halv is not None:
        # Nothing of the session before goes along: the login that this browser held has been replaced.
        _tom_kaka()
        kaka[_HALV] = token
        _ingen_gissning()
    return halv


def har_provat(faktor: Faktorslag) -> None:
    """Remember that the login which waits has shown this factor, and waits for the codes to be saved."""
    kaka[_PROVAD] = faktor.value
    _ingen_gissning()


def find_provad() -> Faktorslag | None:
    """The factor of har_provat(), or None. The cookie is signed: nobody else can say it."""
    found = kaka.get(_PROVAD)
    return Faktorslag(found) if found in set(Faktorslag) else None


def find_halv() -> Halv | None:
    """The login that this browser has begun, or None if there is none or it is over."""
    token = kaka.get(_HALV)
    return _find_halv(token) if isinstance(token, str) else None


def _find_halv(token: str) -> Halv | None:
    session = web.session()
    rad = queries.find_paborjad(session, service.token_hash(token), clock.now())
    if rad is None:
        return None
    person = session.get_one(Anvandare, rad.anvandare_id)
    return Halv(token, person.id, person.adress, person.namn)


def slapp_in(halv: Halv, faktor: Faktorslag, vidare: Vidare) -> web.Svar:
    """Finish the login and lead on to where the person was going, with what was typed there."""
    settings = web.settings()
    inslapp = service.Inslapp(
        faktor,
        timedelta(seconds=settings.session_tid),
        request.remote_addr or "",
        enhetsnamn(request.headers.get("User-Agent", "")),
    )
    try:
        with web.transaction() as session:
            token = service.slutfor_inloggning(session, halv.token, inslapp)
    except LookupError:
        return borja_om(vidare)
    starta_session(token)
    return mark_enhet(_framme(vidare), halv.epost)


def _framme(vidare: Vidare) -> Response:
    nasta = egen_vag(vidare.nasta)
    if vidare.parkerat and nasta and web.fran_egen_sida():
        return make_response(render_template("auth/skicka_igen.html", inskickat=vidare.parkerat, mal=nasta))
    return cast(Response, redirect(nasta or url_for("ytor.start")))


def borja_om(vidare: Vidare) -> web.Svar:
    """The log-in page once more, for a login that waits no more; what was typed is still with it."""
    from wis.auth.views import inloggningssida  # the view imports this module

    if vidare.parkerat and web.fran_egen_sida():
        return inloggningssida(vidare.nasta, vidare.parkerat, 401)
    flash(FOR_SENT, "fel")
    return cast(Response, redirect(url_for("auth.logga_in", nasta=egen_vag(vidare.nasta) or None)))


def starta_session(token: str) -> None:
    """Make this browser the holder of the login `token`, in a new session: nothing of the old one goes along."""
    _tom_kaka()
    login_user(ladda_inloggad(token))


def _tom_kaka() -> None:
    kaka.clear()
    g.pop("csrf_token", None)
    kaka.permanent = False


def foregaende_inloggning() -> int | None:
    """The id of the login that this browser holds: a new one replaces it."""
    return current_user.inloggning_id if current_user.is_authenticated else None


def _ingen_gissning() -> None:
    """Have natgrans not count this request among a network's failures: what was shown was right."""
    g.nyss_inslappt = True


# --- the device, and how often it may try ------------------------------------------------------------------------


def mark_enhet(svar: Response, epost: str) -> Response:
    """Set the mark of a device that is known to the account."""
    settings = web.settings()
    svar.set_cookie(
        _enhetskaka(),
        enhet.marke(_enhet(), epost, settings.secret_key),
        max_age=enhet.GILTIG,
        secure=settings.https,
        httponly=True,
        samesite="Lax",
    )
    return svar


def enhetsnyckel(epost: str) -> str | None:
    """The key of this device if the account knows it, else None."""
    known = _enhet()
    return known.nyckel_for(epost) if known else None


def enhetens_nyckel() -> str | None:
    """The key of this device, whoever has logged in on it; None the first time."""
    known = _enhet()
    return known.nyckel if known else None


def strypning() -> Strypning:
    """The app's throttle."""
    return cast(Strypning, current_app.extensions["wis_strypning"])


def _enhetskaka() -> str:
    return "__Host-wis-enhet" if web.settings().https else "wis-enhet"


def _enhet() -> enhet.Enhet | None:
    return enhet.las(request.cookies.get(_enhetskaka()), web.settings().secret_key)
