"""Asking those who can change a right, and answering: nobody needs to know whom to ring."""

import time
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from limits import parse

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, subjekt, tillgang
from wis.auth.rules import Fragas, Verb
from wis.auth.strypning import Strypning
from wis.fragor import brev, queries, ratten, service
from wis.fragor.forms import Fragaformular, Lasrattsformular, Sidformular, Svarsformular
from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import KanInteGes, Otydlig, RedanBesvarad, Svarsval, egen_sida
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse

bp = Blueprint("fragor", __name__)
EN_PER_SIDA = parse("1 per 10 minute")
PER_DAG = parse("20 per day")
MINSTA_SVARSTID = 0.4
"""Seconds that a question takes whose answer must not tell whether the thing exists."""
REDAN = "Frågan är redan skickad. Vänta på svar, eller fråga igen om tio minuter."
MANGA = "Du har skickat många frågor i dag. Ring den som du behöver svar från, eller fråga igen i morgon."
BLINT = "Om sidan finns har frågan gått till den som kan ge läsrätt. Svaret kommer med e-post."


def _slapps_fram(sida: str) -> bool:
    """Whether the person may ask about the page now; else says why in a message."""
    who, vakt = inloggad(), cast(Strypning, current_app.extensions["wis_strypning"])
    if not vakt.forsok((EN_PER_SIDA, f"fraga:{who.anvandare_id}:{sida}")):
        flash(REDAN, "varning")
        return False
    if not vakt.forsok((PER_DAG, f"fragor:{who.anvandare_id}")):
        flash(MANGA, "varning")
        return False
    return True


# --- from a refusal --------------------------------------------------------------------------------------------------


@bp.post("/fragor/stall")
def stall() -> web.Svar:
    """Send the question of a refusal to those who can change it."""
    form = Fragaformular()
    try:
        nekande = form.nekande()
    except Otydlig:
        return _obegriplig()
    if not form.validate():
        return render_template("fragor/stall.html", form=form, nekande=nekande), 422
    if not _slapps_fram(nekande.sida):
        return redirect(url_for("fragor.inkorg"))
    try:
        with web.transaction() as session:
            antal = service.stall(session, inloggad(), nekande)
    except LookupError:
        return _obegriplig()
    vem = f"{nekande.till.namn} hos {web.session().get_one(Aktor, nekande.hos_id).namn}"
    if antal:
        flash(f"Frågan är skickad till {vem}. Svaret kommer hit och med e-post.", "klart")
    else:
        flash(f"Frågan ligger i inkorgen för {vem}, men just nu finns ingen annan där som kan svara.", "varning")
    return redirect(url_for("fragor.inkorg"))


def _obegriplig() -> web.Svar:
    return web.felsida(
        400, "Frågan gick inte att skicka", "Formuläret var inte komplett.", gor="Gå tillbaka och försök igen."
    )


@bp.post("/fragor/be-om-lasratt")
def be_blint() -> web.Svar:
    """Ask for the right to read a page that is not there, or is hidden: the same answer in the same time."""
    began, form = time.monotonic(), Sidformular()
    try:
        sida = egen_sida(form.sida.data or "")
    except Otydlig:
        return _obegriplig()
    if not form.validate():
        return render_template("fragor/blint.html", form=form, sida=sida), 422
    if not _slapps_fram(sida):
        return redirect(url_for("fragor.inkorg"))
    with web.transaction() as session:
        service.be_blint(session, inloggad(), sida, form.text.data or "")
    _vanta(began)
    flash(BLINT, "klart")
    return redirect(url_for("fragor.inkorg"))


def _vanta(began: float) -> None:
    time.sleep(max(0.0, MINSTA_SVARSTID - (time.monotonic() - began)))


# --- for actors that lack the right ----------------------------------------------------------------------------------


@bp.route("/handelser/<slug>/be-om-lasratt", methods=["GET", "POST"])
def be_om_lagesbild(slug: str) -> web.Svar:
    """Ask an actor in the event for the right to its lägesbild. Whether it has one is not told."""
    began, handelse, form = time.monotonic(), hamta_handelse(slug, Verb.BE_OM_LASRATT), Lasrattsformular()
    agare = find_aktor(web.session(), request.values.get("aktor", "")) or avbryt_dold()
    valbara, laser = _valbara(handelse, agare)
    form.bland(valbara)
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.for_aktorer.data = [a.id for a in valbara if laser or a.id == inloggad().aktor_id]
        return _lasrattssida(form, f"Be {agare.namn} om läsrätt till lägesbilden", handelse, agare=agare, laser=laser)
    handelse_id, agare_id, sida = handelse.id, agare.id, f"{request.path}?{agare.slug}"
    if not _slapps_fram(sida):
        return redirect(url_for("ytor.handelse", slug=slug))
    with web.transaction() as skriv:
        locked = skriv.get_one(Handelse, handelse_id)
        who = kraver_nu(skriv, Verb.BE_OM_LASRATT, locked.sak())
        agare = skriv.get_one(Aktor, agare_id)
        service.be_om_lagesbild(skriv, who, locked, agare, form.for_aktorer.data, form.text.data or "")
        namn = agare.namn
    _vanta(began)
    flash(f"Har {namn} en lägesbild som någon av dem saknar läsrätt till, har frågan gått till {namn}.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


def _valbara(handelse: Handelse, agare: Aktor) -> tuple[list[Aktor], bool]:
    """For whom one may ask, and whether one reads the lägesbild oneself.

    Who does can see that it is there: then those are named who lack it, and else everybody else in the event.
    """
    session = web.session()
    i_handelsen = ratten.i_handelsen(session, handelse)
    if agare not in i_handelsen:
        avbryt_dold()
    sak = ratten.sak_for_lagesbild(session, handelse, agare)
    if sak is None or not tillgang(Verb.LASA, sak):
        return [a for a in i_handelsen if a.id != agare.id], False
    utan = ratten.utan_lagesbildsratt(session, handelse, agare, [a.id for a in i_handelsen])
    return [a for a in i_handelsen if a.id in utan], True


@bp.route("/underrattelser/<int:id>/be-om-lasratt", methods=["GET", "POST"])
def be_om_underrattelse(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Ask its owner to let more actors read an underrättelse that one reads oneself."""
    session, form = web.session(), Lasrattsformular()
    try:
        underrattelse = ratten.hamta_underrattelse(session, id)
    except LookupError:
        avbryt_dold()
    kraver(Verb.LASA, ratten.sak_for_underrattelse(session, underrattelse))
    handelse = hamta_handelse(underrattelse.handelse.slug, Verb.BE_OM_LASRATT)
    form.bland(ratten.utan_underrattelse(session, underrattelse))
    agare = underrattelse.aktor
    if not form.validate_on_submit():
        return _lasrattssida(form, "Be om läsrätt till underrättelsen", handelse, agare=agare, laser=True)
    if not _slapps_fram(request.path):
        return redirect(url_for("underrattelser.visa", id=id))
    with web.transaction() as skriv:
        nu = ratten.hamta_underrattelse(skriv, id)
        kraver_nu(skriv, Verb.LASA, ratten.sak_for_underrattelse(skriv, nu))
        who = kraver_nu(skriv, Verb.BE_OM_LASRATT, nu.handelse.sak())
        service.be_om_underrattelse(skriv, who, id, form.for_aktorer.data, form.text.data or "")
        namn = nu.aktor.namn
    flash(f"Frågan har gått till {namn}.", "klart")
    return redirect(url_for("underrattelser.visa", id=id))


def _lasrattssida(form: Lasrattsformular, rubrik: str, handelse: Handelse, *, agare: Aktor, laser: bool) -> web.Svar:
    page = render_template(
        "fragor/lasratt.html",
        form=form,
        rubrik=rubrik,
        handelse=handelse,
        agare=agare,
        laser=laser,
        ovning=handelse.ovning,
    )
    return page, 422 if form.is_submitted() else 200


# --- the inbox -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kort:
    """A question as it stands in the inbox. `handelse` None: it is about none, or one that the reader may not read."""

    rad: Rattsfraga
    vad: str
    handelse: Handelse | None
    medlemskap_id: int | None = None

    @property
    def ger_ratt(self) -> bool:
        """Whether a tap gives what is asked for."""
        return self.rad.typ != Fragetyp.BEHORIGHET


@bp.get("/fragor")
def inkorg() -> web.Svar:
    """The questions to me, and mine to others."""
    return _inkorg(Svarsformular(formdata=None), 0)


def _inkorg(form: Svarsformular, om: int) -> web.Svar:
    """The page; `form` is the answer that was sent to the question with the id `om` and must be mended."""
    session, who, now = web.session(), inloggad(), clock.now()
    oppna, svarade = queries.till_mig(session, who, now)
    personer = queries.medlemskap_for(session, who.aktor_id, [rad.fran_id for rad in oppna])
    page = render_template(
        "fragor/inkorg.html",
        form=form,
        om=om,
        oppna=[_kort(rad, personer) for rad in oppna],
        svarade=[_kort(rad, {}) for rad in svarade],
        mina=[_kort(rad, {}) for rad in queries.fran_mig(session, who)],
    )
    return page, 422 if form.errors else 200


def _kort(rad: Rattsfraga, personer: dict[int, int]) -> Kort:
    visas = rad.handelse is not None and bool(tillgang(Verb.LASA, rad.handelse.sak()))
    admin = rad.till == Fragas.ADMINISTRATOR and inloggad().administrator
    return Kort(rad, brev.vad(rad), rad.handelse if visas else None, personer.get(rad.fran_id) if admin else None)


@bp.post("/fragor/<int:id>/svara")
def svara(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Answer a question: yes gives the right."""
    form, val = Svarsformular(), request.form.get("svar", "")
    if val not in set(Svarsval):
        return _obegriplig()
    if not form.validate():
        return _inkorg(form, id)
    svar = Svar.NEJ if val == Svarsval.NEJ else Svar.JA
    svarat = service.Svarat(svar, form.svarstext.data or "", "aven_tidigare" in request.form)
    try:
        with web.transaction() as session:
            rad, verb, sak = service.hamta_last(session, inloggad(), id)
            who = kraver_nu(session, verb, sak)
            service.besvara(session, who, rad, svarat)
    except LookupError:
        avbryt_dold()
    except RedanBesvarad:
        flash("Frågan var redan besvarad: någon annan hos er hann före.", "varning")
    except KanInteGes:
        flash("Märkningen TLP:RED kräver att läsarna väljs vid namn. Gör det när ni publicerar nästa version.", "fel")
    else:
        flash("Svaret är skickat." + (" Läsrätten gäller nu." if val == Svarsval.JA else ""), "klart")
    return redirect(url_for("fragor.inkorg"))


# --- for the templates -----------------------------------------------------------------------------------------------


def far_fraga() -> bool:
    """Whether the page's reader can ask: is logged in, and is not looking as somebody else."""
    who = None if web.utan_databas() else subjekt()
    return who is not None and who.betraktare is None


def oppna_fragor() -> int:
    """How many questions wait for an answer by the page's reader, for the menu."""
    who = None if web.utan_databas() else subjekt()
    if who is None or who.betraktare is not None:
        return 0
    return queries.antal_oppna(web.session(), who, clock.now())


bp.add_app_template_global(far_fraga)
bp.add_app_template_global(oppna_fragor)
