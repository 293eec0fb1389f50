"""Logging in and out, and choosing for which actor one acts."""

from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask import session as kaka
from flask_login import current_user

from wis import audit, web
from wis.auth import demokonton, losenord, queries, service
from wis.auth.atkomst import glom_sidor, inloggad, oppen, subjekt
from wis.auth.faktorvyer import fortsatt
from wis.auth.forms import Inloggningsformular, Parkerat, egen_vag, las_parkerat, parkera
from wis.auth.inslapp import Vidare, enhetsnyckel, foregaende_inloggning, strypning
from wis.auth.strypning import EN_RAD, VANTA, Nyckel, kontonyckel

bp = Blueprint("auth", __name__)
STAMMER_INTE = "E-post eller lösenord stämmer inte."
FOR_MANGA = (
    "Det har gjorts för många misslyckade försök. Vänta 15 minuter, "
    "eller logga in på en enhet där du har loggat in förut."
)


@bp.route("/logga-in", methods=["GET", "POST"])
@oppen
def logga_in() -> web.Svar:
    """The log-in page."""
    form = Inloggningsformular()
    if form.is_submitted():
        return _prova(form) if form.validate() else _sida(form, 422)
    form.nasta.data = egen_vag(request.args.get("nasta"))
    if subjekt() is not None:
        return cast(Response, redirect(form.nasta.data or url_for("ytor.start")))
    return _sida(form, 200)


@bp.post("/logga-ut")
@oppen
def logga_ut() -> web.Svar:
    """End this login."""
    if current_user.is_authenticated:
        who = subjekt()
        with web.transaction() as session:
            service.avsluta_inloggning(session, current_user.inloggning_id, who.aktor_id if who else None)
    kaka.clear()
    flash("Du är utloggad.", "klart")
    return glom_sidor(cast(Response, redirect(url_for("auth.logga_in"))))


@bp.post("/byt-aktor")
def byt_aktor() -> web.Svar:
    """Act for another of one's actors."""
    who = inloggad()
    try:
        with web.transaction() as session:
            service.byt_aktor(session, who, request.form.get("medlemskap", 0, type=web.heltal))
    except LookupError:
        return web.felsida(
            403,
            "Du kan inte företräda den aktören",
            "Du har ingen gällande roll där.",
            gor="Fråga aktörsadministratören där om din behörighet.",
        )
    return cast(Response, redirect(egen_vag(request.form.get("nasta")) or url_for("ytor.start")))


def inloggningssida(nasta: str, parkerat: Parkerat, status: int) -> web.Svar:
    """The log-in page in place of a form that was sent when the login had run out; it carries what was typed."""
    form = Inloggningsformular(formdata=None)
    form.nasta.data, form.parkerat.data = egen_vag(nasta), parkera(parkerat)
    return _sida(form, status)


def _prova(form: Inloggningsformular) -> web.Svar:
    epost = (form.epost.data or "").lower()
    # By network everything that is open to strangers is counted: see wis.auth.natgrans.
    vakt, konto = strypning(), kontonyckel(epost, enhetsnyckel(epost))
    if not vakt.forsok(konto):
        return _for_manga(form, konto, epost)
    anvandare_id, hash_ = queries.find_losenord(web.session(), epost)
    # Checking takes its time: hold no connection meanwhile. An unknown account is checked too, to take as long.
    previous = foregaende_inloggning()
    web.end_reading()
    stammer = losenord.stammer(hash_, form.losenord.data or "")
    token = _oppna(anvandare_id, hash_, previous) if stammer and hash_ else None
    if token is None:
        return _stammer_inte(form, epost)
    vakt.glom(konto)
    return fortsatt(token, Vidare(form.nasta.data or "", las_parkerat(form.parkerat.data)))


def _oppna(anvandare_id: int, provad_hash: str, previous: int | None) -> str | None:
    giltig = timedelta(seconds=web.settings().session_tid)
    with web.transaction() as session:
        return service.oppna_efter_prov(session, anvandare_id, provad_hash, giltig, previous)


def _stammer_inte(form: Inloggningsformular, epost: str) -> web.Svar:
    with web.transaction() as session:
        audit.record(session, "inloggning misslyckad", objekt=epost, adress=request.remote_addr)
    form.losenord.errors = [STAMMER_INTE]
    return _sida(form, 422)


def _for_manga(form: Inloggningsformular, konto: Nyckel, epost: str) -> web.Svar:
    # One row per account and quarter: enough to see it, and nobody can fill the record by knocking.
    if strypning().forsok((EN_RAD, f"rad:{konto[1]}")):
        with web.transaction() as session:
            audit.record(session, "inloggning strypt", objekt=epost, adress=request.remote_addr)
    form.form_errors.append(FOR_MANGA)
    svar = make_response(_sida(form, 429))
    svar.headers["Retry-After"] = str(VANTA)
    return svar


def _sida(form: Inloggningsformular, status: int) -> tuple[str, int]:
    inloggningar = demokonton.inloggningar() if web.settings().demo else []
    page = render_template(
        "auth/logga_in.html",
        form=form,
        demoinloggningar=inloggningar,
        demolosenord=demokonton.LOSENORD if inloggningar else "",
    )
    return page, status
