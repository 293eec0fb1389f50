"""A person's own page of second factors, and changing them."""

from typing import cast

from flask import Response, flash, redirect, render_template, request, url_for
from flask_login import current_user

from wis import web
from wis.auth import faktorer, faktorer_app, faktorer_passkey
from wis.auth.atkomst import las_jag, utan_roll
from wis.auth.bekrafta import kraver_bekraftad, kraver_bekraftad_sida
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.faktorer import Faktorfel, NyaKoder
from wis.auth.faktorvyer import appvisning, bp, felstatus, kodsida, prova_appkod
from wis.auth.forms import Uppsattningsformular
from wis.auth.models import Anvandare


@bp.get("/mitt-konto/sakerhet")
@utan_roll
def sakerhet() -> web.Svar:
    """What the person can log in with besides the password."""
    session, settings = web.session(), web.settings()
    person = session.get_one(Anvandare, current_user.anvandare_id)
    mojlig = faktorer_passkey.mojlig(settings)
    form = Uppsattningsformular(formdata=None)
    form.namn.data = enhetsnamn(request.headers.get("User-Agent", ""))
    return render_template(
        "auth/sakerhet.html",
        form=form,
        lage=faktorer.lage(session, person.id),
        kravs=faktorer.kravs_av(session, settings, person.id),
        fa_koder=faktorer.FA_KODER,
        passkey_val=faktorer_passkey.nya_val(session, settings, person, current_user.token) if mojlig else "",
    )


@bp.route("/mitt-konto/sakerhet/app", methods=["GET", "POST"])
@utan_roll
@kraver_bekraftad_sida
def app() -> web.Svar:
    """Connect an app that shows codes, in place of one before."""
    form, anvandare_id = Uppsattningsformular(), current_user.anvandare_id
    hemlighet = prova_appkod(form, anvandare_id) if form.validate_on_submit() else None
    if hemlighet is None:
        return _appsida(form, anvandare_id)
    koder = _koder_till_forsta(anvandare_id)
    with web.transaction() as session:
        person = las_jag(session)
        faktorer_app.satt(session, web.settings(), person, hemlighet, form.kod.data or "")
        faktorer.tillagd(session, person, "appen för koder", koder)
    return _tillagd("Appen är kopplad. Nästa gång du loggar in frågar vi efter en kod från den.", koder)


@bp.post("/mitt-konto/sakerhet/passkey")
@utan_roll
@kraver_bekraftad
def passkey() -> web.Svar:
    """Keep a passkey that the browser has made."""
    form, anvandare_id = Uppsattningsformular(), current_user.anvandare_id
    namn = (form.namn.data or "Passkey")[: faktorer_passkey.MAX_NAMN]
    koder, token = _koder_till_forsta(anvandare_id), current_user.token
    with web.transaction() as session:
        person = las_jag(session)
        svar = form.passkey.data or ""
        kept = faktorer_passkey.lagg_till(session, web.settings(), person, namn, svar, token)
        if kept:
            faktorer.tillagd(session, person, f"passkeyn {namn}", koder)
    if not kept:
        skal = (
            f"den finns redan, du har redan {faktorer_passkey.FLEST}, eller svaret från webbläsaren gick inte att läsa"
        )
        flash(f"Passkeyn är inte sparad: {skal}. Försök igen.", "fel")
        return _till_sakerhet()
    return _tillagd("Passkeyn är sparad. Den kan användas nästa gång du loggar in.", koder)


@bp.route("/mitt-konto/sakerhet/koder", methods=["GET", "POST"])
@utan_roll
@kraver_bekraftad
def koder() -> web.Svar:
    """Make ten new recovery codes and show them, this once; asks first, for they end the old ones."""
    if request.method != "POST":
        lage = faktorer.lage(web.session(), current_user.anvandare_id)
        return render_template("auth/nya_koder.html", kvar=lage.koder_kvar)
    web.end_reading()
    nya = faktorer.hitta_pa_koder()
    try:
        with web.transaction() as session:
            faktorer.byt_koder(session, las_jag(session), nya)
    except Faktorfel as error:
        flash(str(error), "fel")
        return _till_sakerhet()
    return _kodsida(nya)


@bp.post("/mitt-konto/sakerhet/ta-bort")
@utan_roll
@kraver_bekraftad
def ta_bort() -> web.Svar:
    """Take a factor away: the app, or the passkey `passkey`."""
    passkey_id = request.form.get("passkey_id", 0, type=web.heltal)
    try:
        with web.transaction() as session:
            person = las_jag(session)
            if passkey_id:
                faktorer.ta_bort_passkey(session, web.settings(), person, passkey_id)
            else:
                faktorer.ta_bort_app(session, web.settings(), person)
    except Faktorfel as error:
        flash(str(error), "fel")
    else:
        flash("Borttagen. Den kan inte längre användas när du loggar in.", "klart")
    return _till_sakerhet()


def _till_sakerhet() -> Response:
    return cast(Response, redirect(url_for("faktorer.sakerhet")))


def _koder_till_forsta(anvandare_id: int) -> NyaKoder | None:
    """Codes for one who gets a first factor; None for who has them already. Slow."""
    has_factor = faktorer.lage(web.session(), anvandare_id).antal > 0
    web.end_reading()
    return None if has_factor else faktorer.hitta_pa_koder()


def _tillagd(klart: str, nya: NyaKoder | None) -> web.Svar:
    flash(klart, "klart")
    return _till_sakerhet() if nya is None else _kodsida(nya)


def _kodsida(nya: NyaKoder) -> web.Svar:
    person = web.session().get_one(Anvandare, current_user.anvandare_id)
    return kodsida(nya, person.adress, url_for("faktorer.sakerhet"))


def _appsida(form: Uppsattningsformular, anvandare_id: int) -> web.Svar:
    person = web.session().get_one(Anvandare, anvandare_id)
    byter = faktorer.lage(web.session(), anvandare_id).app is not None
    page = render_template("auth/app.html", form=form, app=appvisning(form, person), byter=byter)
    return page, felstatus(form) if form.errors else 200
