"""The bare page on which somebody outside answers by a link, and the buttons by which the one who asked minds links.

The page shows the one begäran's questions and nothing else, and what is wrong with a link is not told.
"""

import logging
from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError, validate_csrf
from limits import parse
from sqlalchemy.orm import Session
from wtforms import ValidationError

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, oppen
from wis.auth.rules import Slag, Verb
from wis.auth.strypning import PER_INBJUDARE, VANTA, Strypning, natverk
from wis.begaran import lankar
from wis.begaran.models import Begaran, BegaranMottagare, Synlighet
from wis.begaran.service import vag
from wis.begaran.svarsfalt import Svarsformular, svarsformular
from wis.db import DATABASFEL
from wis.notiser.leveransfragor import senaste_brev
from wis.notiser.models import Kanalslag, Status

bp = Blueprint("begaran_lank", __name__)
_log = logging.getLogger(__name__)
PER_GISSNING = parse("100 per 15 minute")
"""So many links that open nothing are looked at from one network."""
EN_LANK = parse("1 per 30 second")
FOR_MANGA_BREV = "Ni har skickat många brev till utomstående den senaste timmen. Vänta en stund och försök igen."


# --- for the one who has a link --------------------------------------------------------------------------------------


@bp.route("/svar/<token>", methods=["GET", "POST"])
@oppen
def svara(token: str) -> web.Svar:
    """Look at what is asked, which uses up nothing, or answer it, which uses up the link."""
    if request.method == "POST":
        _prova_marke()
    mottagare = lankar.find(web.session(), token, clock.now())
    if mottagare is None:
        return _oppnar_inget(token)
    form = svarsformular(mottagare.begaran.fragor)()
    if not form.is_submitted():
        form.forbered()
        sida = _sida(mottagare, form, 200)
        _markera_oppnad(mottagare)
        return sida
    if not form.validate():
        return _sida(mottagare, form, 422)
    try:
        with web.transaction() as session:
            lankar.svara(session, token, form.svar(), form.idempotensnyckel(), far_samlas=bool(form.far_samlas.data))
    except lankar.LankOgiltig:
        return _oppnar_inget(token)
    return _tack(token, form.idempotensnyckel())


# Asked for above by the token of the form alone: the page tells no Referer, which the guard wants over https.
web.csrf.exempt(svara)


def _prova_marke() -> None:
    """Raises CSRFError for a form that was not drawn for this browser; the page then lets it be sent once more."""
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return
    try:
        validate_csrf(request.form.get("csrf_token", ""))
    except ValidationError as fel:
        raise CSRFError(fel.args[0]) from fel


def _sida(mottagare: BegaranMottagare, form: Svarsformular, status: int) -> Response:
    begaran = mottagare.begaran
    page = render_template(
        "begaran/lank.html",
        begaran=begaran,
        mottagare=mottagare,
        form=form,
        sen=begaran.frist < clock.now(),
        lasare=Synlighet(begaran.synlighet).namn,
        ovning=begaran.handelse.ovning,
    )
    return _naken(page, status)


def _tack(token: str, nyckel: str) -> Response:
    svarat = lankar.har_svarat(web.session(), token, nyckel)
    if svarat is None:
        return _oppnar_inget(token)
    begaran, svar = svarat
    page = render_template("begaran/lank_tack.html", begaran=begaran, svar=svar, ovning=begaran.handelse.ovning)
    return _naken(page, 200)


def _oppnar_inget(token: str) -> Response:
    """One and the same page whatever is wrong; but for the same form sent once more, which has been answered."""
    nyckel = request.form.get("nyckel", "")
    if request.method == "POST" and lankar.har_svarat(web.session(), token, nyckel) is not None:
        return _tack(token, nyckel)
    if not _strypning().forsok((PER_GISSNING, f"svarslank:{natverk(request.remote_addr or '')}")):
        svar = web.felsida(
            429,
            "För många försök",
            "Många länkar som inte gäller har provats från ditt nätverk.",
            gor="Vänta 15 minuter, eller använd ett annat nätverk.",
            behall=True,
        )
        svar.headers["Retry-After"] = str(VANTA)
        return svar
    skrivet = [text for namn, text in web.inskickat() if namn.startswith("svar_") and text.strip()]
    return _naken(render_template("begaran/lank_ogiltig.html", skrivet=skrivet), 404)


def _naken(page: str, status: int) -> Response:
    """The answer, with what keeps its address from going further. The browser keeps none of our pages anyway."""
    svar = make_response(page, status)
    svar.headers["Referrer-Policy"] = "no-referrer"
    svar.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return svar


def _markera_oppnad(mottagare: BegaranMottagare) -> None:
    if mottagare.oppnad is not None or request.method != "GET":
        return
    mottagare_id = mottagare.id
    try:
        with web.transaction() as session:
            lankar.oppnad(session, mottagare_id)
    except DATABASFEL:
        # The page is drawn: it must not fail by the mark.
        _log.exception("that a link has been opened could not be written down")


def _strypning() -> Strypning:
    return cast(Strypning, current_app.extensions["wis_strypning"])


# --- for the one who asked -------------------------------------------------------------------------------------------


def ryms(aktor_id: int, antal: int = 1) -> bool:
    """Count these letters to people outside for the actor; False, and none counted, when it has sent too many.

    Call it before the write transaction: the tries may be counted over the network.
    """
    return antal == 0 or _strypning().forsok((PER_INBJUDARE, f"svarslank:{aktor_id}"), antal)


@bp.post("/handelser/<slug>/begaran/<int:id>/lankar/<int:mottagare_id>/ny")
def ny(slug: str, id: int, mottagare_id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Send a new link, after which the earlier one opens nothing: also to have an answer corrected."""
    begaran = _egen(slug, id)
    # Who presses twice would have the first of two letters opened, which is the one that is worth nothing.
    if not _strypning().forsok((EN_LANK, f"ny svarslank:{mottagare_id}")):
        flash("En ny länk skickades nyss.", "klart")
        return redirect(vag(begaran))
    if not ryms(begaran.aktor_id):
        flash(FOR_MANGA_BREV, "varning")
        return redirect(vag(begaran))
    return _gor(slug, id, mottagare_id, lankar.skicka_igen, "En ny länk är på väg. Den gamla gäller inte längre.")


@bp.post("/handelser/<slug>/begaran/<int:id>/lankar/<int:mottagare_id>/dra-tillbaka")
def dra_tillbaka(slug: str, id: int, mottagare_id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Let the link open nothing any more."""
    return _gor(slug, id, mottagare_id, lankar.dra_tillbaka, "Länken är tillbakadragen och går inte att öppna.")


def _egen(slug: str, begaran_id: int) -> Begaran:
    """The begäran, if one may write for the actor that asked; others see no such address. Raises NotFound or Nekad."""
    begaran = web.session().get(Begaran, begaran_id)
    if begaran is None or begaran.handelse.slug != slug:
        avbryt_dold()
    kraver(Verb.LASA, begaran.handelse.sak())
    if not inloggad().hor_till(begaran.aktor_id):
        avbryt_dold()
    kraver(Verb.SKRIVA, begaran.handelse.sak(Slag.EGEN_LAGESBILD, begaran.aktor))
    return begaran


def _gor(slug: str, begaran_id: int, mottagare_id: int, vad: Callable[..., None], klart: str) -> web.Svar:
    vagen = vag(_egen(slug, begaran_id))
    try:
        with web.transaction() as session:
            _utfor(session, begaran_id, mottagare_id, vad)
    except lankar.LankOgiltig:
        flash("Begäran tar inte emot fler svar, så ingen länk skickades.", "varning")
    else:
        flash(klart, "klart")
    return redirect(vagen)


def _utfor(session: Session, begaran_id: int, mottagare_id: int, vad: Callable[..., None]) -> None:
    mottagare = lankar.las_mottagare(session, begaran_id, mottagare_id)
    if mottagare is None:
        avbryt_dold()
    begaran = mottagare.begaran
    who = kraver_nu(session, Verb.SKRIVA, begaran.handelse.sak(Slag.EGEN_LAGESBILD, begaran.aktor))
    vad(session, mottagare, anvandare_id=who.anvandare_id)


def tillstand(mottagare: BegaranMottagare) -> str:
    """How it is with the link and the letter that it went by, in words for the one who asked; for templates."""
    avsandare, adress = mottagare.begaran.skapad_av_id, mottagare.extern_adress or ""
    brev = senaste_brev(web.session(), avsandare, Kanalslag.EPOST, adress)
    lage = lankar.lage(mottagare, clock.now())
    if brev is not None and brev.status is Status.MISSLYCKAD:
        return f"{lage}. Brevet kom inte fram{f': {brev.orsak}' if brev.orsak else ''}"
    return lage


bp.add_app_template_global(tillstand, "lankens_tillstand")
