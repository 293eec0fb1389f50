"""The browsers that one is told in, on 'Mina notiser'. Only one's own: a function has none."""

from typing import Any

from flask import Flask, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import user_logged_in

from wis import web
from wis.auth.atkomst import inloggad, inloggad_nu
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.inslapp import enhetens_nyckel, enhetsnyckel
from wis.notiser import leveransfragor, pushnyckel, pushservice, queries, sysslor
from wis.notiser.models import Kanalslag
from wis.notiser.valsida import FOR_MANGA_KODER, far_skicka_kod
from wis.notiser.views import bp

FOR_MANGA_PROV = FOR_MANGA_KODER.replace("koder", "prov")


def anslut(state: BlueprintSetupState) -> None:
    """Follow the logins, and refuse to start with a key that is none."""
    settings = state.app.extensions["wis_settings"]
    if settings.vapid_nyckel:
        pushnyckel.las(settings)
    user_logged_in.connect(_inloggad_har, state.app)
    sysslor.anlita(pushservice.stada)


def _inloggad_har(_app: Flask, *, user: Any, **_mer: object) -> None:
    enhet = pushservice.enhetsavtryck(enhetens_nyckel())
    if not enhet or not pushservice.att_binda_om(web.session(), user.anvandare_id, user.inloggning_id, enhet):
        return
    with web.transaction() as session:
        pushservice.bind_om(session, user.anvandare_id, user.inloggning_id, enhet)


@bp.post("/mina-notiser/push")
@kraver_bekraftad
def sla_pa_push() -> web.Svar:
    """Tell me in this browser; the form is filled in by a script that has asked the browser."""
    try:
        with web.transaction() as session:
            pushservice.registrera(session, inloggad_nu(session), _ny(), web.settings().push_vardar)
    except pushservice.Pushfel as fel:
        flash(str(fel), "fel")
    else:
        flash("Push är på här. Välj under Det här vill jag veta vad som ska komma, eller skicka ett prov.", "klart")
    return _hem()


def _ny() -> pushservice.Ny:
    return pushservice.Ny(
        endpoint=request.form.get("endpoint", ""),
        p256dh=request.form.get("p256dh", ""),
        auth=request.form.get("auth", ""),
        namn=enhetsnamn(request.headers.get("User-Agent", "")),
        vapid=pushnyckel.las(web.settings()).avtryck,
        enhet=pushservice.enhetsavtryck(enhetsnyckel(inloggad().epost)),
    )


@bp.post("/mina-notiser/push/byt")
def byt_push() -> web.Svar:
    """For a script: this browser has got another address since it was switched on."""
    try:
        with web.transaction() as session:
            forra = request.form.get("forra_auth", "")
            pushservice.byt(session, inloggad_nu(session), forra, _ny(), web.settings().push_vardar)
    except (LookupError, pushservice.Pushfel):
        return web.felsida(
            404, "Push är inte på här", "Webbläsaren är inte en av dina.", gor="Slå på push igen under Mina notiser."
        )
    return "", 204


@bp.post("/mina-notiser/push/<int:id>/ta-bort")
def ta_bort_push(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """No longer tell me in one of my browsers."""
    with web.transaction() as session:
        fanns = pushservice.ta_bort(session, inloggad_nu(session), id)
    flash("Borttagen: dit kommer inget mer." if fanns else "Den var redan borttagen.", "klart")
    return _hem()


@bp.post("/mina-notiser/push/prov")
def prova_push() -> web.Svar:
    """Send a trial to my browsers."""
    if not far_skicka_kod(inloggad(), f"push:{inloggad().anvandare_id}"):
        flash(FOR_MANGA_PROV, "fel")
        return _hem()
    with web.transaction() as session:
        gick = pushservice.skicka_prov(session, inloggad_nu(session))
    if not gick:
        flash("Ingen webbläsare är på. Slå på push först.", "varning")
    else:
        flash("Provet finns i Utkorgen." if web.settings().demo else "Provet är på väg till dina webbläsare.", "klart")
    return _hem()


def _hem() -> web.Svar:
    return redirect(f"{url_for('notiser.mina')}#push")


@bp.app_template_global()
def mina_webblasare() -> dict[str, Any]:
    """What notiser/_push.html shows."""
    session, who = web.session(), inloggad()
    rader = pushservice.webblasare(session, who.anvandare_id)
    kanal = queries.kanaler(session, who.anvandare_id).get(Kanalslag.PUSH)
    nyckel = pushnyckel.las(web.settings())
    return {
        "rader": [(rad, pushservice.avtryck(rad.endpoint), rad.vapid != nyckel.avtryck) for rad in rader],
        "publik": nyckel.publik,
        "prov": kanal and leveransfragor.senaste_brev(session, who.anvandare_id, Kanalslag.PUSH, kanal.adress),
        "pa": kanal is not None,
    }
