"""Asking those who can change a right, and answering: nobody needs to know whom to ring."""

import time
from datetime import datetime
from functools import partial
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask_wtf import FlaskForm
from limits import parse
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth.atkomst import avbryt_dold, inloggad, inloggad_nu, kraver, kraver_nu, subjekt, tillgang
from wis.auth.rules import Beslut, Fragas, Subjekt, Verb
from wis.auth.strypning import Strypning
from wis.fragor import queries, ratten, service, underskrift
from wis.fragor.forms import Fragaformular, Lasrattsformular, Sidformular, Svarsformular
from wis.fragor.kort import Kort, gruppera
from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import KanInteGes, Otydlig, RedanBesvarad, Svarsval, egen_sida
from wis.fragor.service import Bett
from wis.fragor.skickade import skickade
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.handelser.vidgning import Hindrad
from wis.personligt import Hal, Lasare, hal

bp = Blueprint("fragor", __name__)
EN_PER_SIDA = parse("1 per 10 minute")
PER_DAG = parse("20 per day")
# The event is held while something is asked about in it: two who ask for the same don't miss each other's question.
LAST = {"of": Handelse, "key_share": True}
UTAN_SIDA = (
    "Formuläret kommer inte från en sida som visats för dig det senaste dygnet. "
    "Gå tillbaka till sidan, ladda om den och fråga igen."
)
MINSTA_SVARSTID = 2.0
"""Seconds that a question takes whose answer must not tell whether the thing exists: more than the work for it, that
is the same where there is nothing (service), takes on a slow day."""
GAST = "Du är gäst hos {}. Gäster frågar bara aktörsadministratören där."
REDAN = "Frågan är redan skickad. Vänta på svar, eller fråga igen om tio minuter."
MANGA = "Du har skickat många frågor i dag. Ring den som du behöver svar från, eller fråga igen i morgon."
BLINT = "Om sidan finns har frågan gått till den som kan ge läsrätt. Svaret kommer med e-post."


def _slapps_fram(form: FlaskForm, sida: str = "") -> bool:
    """Whether the person may ask now, about the page if one is named; else the form says why, with all that was typed.

    Who names the actors themselves asks anew when others are chosen: then only the day counts.
    """
    who, vakt = inloggad(), cast(Strypning, current_app.extensions["wis_strypning"])
    if sida and not vakt.forsok((EN_PER_SIDA, f"fraga:{who.anvandare_id}:{sida}")):
        form.form_errors.append(REDAN)
    elif not vakt.forsok((PER_DAG, f"fragor:{who.anvandare_id}")):
        form.form_errors.append(MANGA)
    return not form.form_errors


def _far_fraga(who: Subjekt, till: Fragas, hos_id: int) -> bool:
    """Whether the question may be sent: a guest asks the administrators of the actor whose guest it is, nobody else."""
    return who.gast_i is None or (till is Fragas.ADMINISTRATOR and hos_id == who.aktor_id)


# --- from a refusal --------------------------------------------------------------------------------------------------


@bp.post("/fragor/stall")
def stall() -> web.Svar:
    """Send the question of a refusal to those who can change it."""
    form = Fragaformular()
    try:
        visat = underskrift.las(web.settings().secret_key, inloggad(), form.underskrift.data or "", clock.now())
    except Otydlig:
        return _obegriplig(UTAN_SIDA)
    if not _far_fraga(inloggad(), visat.till, visat.hos_id):
        return _obegriplig(GAST.format(inloggad().aktor_namn))
    if not form.validate() or not _slapps_fram(form, visat.sida):
        return render_template("fragor/stall.html", form=form, visat=visat), 422
    try:
        with web.transaction() as session:
            antal = service.stall(session, inloggad_nu(session), visat, form.text.data or "")
    except LookupError:
        return _obegriplig(UTAN_SIDA)
    vem = f"{visat.till.namn} hos {web.session().get_one(Aktor, visat.hos_id).namn}"
    if antal:
        flash(f"Frågan är skickad till {vem}. Svaret kommer hit och med e-post.", "klart")
    else:
        flash(f"Frågan ligger i inkorgen för {vem}, men just nu finns ingen annan där som kan svara.", "varning")
    return redirect(url_for("fragor.inkorg"))


def _obegriplig(varfor: str = "Formuläret var inte komplett. Gå tillbaka och försök igen.") -> web.Svar:
    """That it could not be sent, and the words that were typed."""
    skrivet = [par for par in web.inskickat() if par[0] in {"text", "svarstext"}] if web.fran_egen_sida() else []
    return render_template("fragor/gick_inte.html", varfor=varfor, inskickat=skrivet), 400


@bp.post("/fragor/be-om-lasratt")
def be_blint() -> web.Svar:
    """Ask for the right to read a page that is not there, or is hidden: the same answer in the same time."""
    began, form = time.monotonic(), Sidformular()
    try:
        sida = egen_sida(form.sida.data or "")
    except Otydlig:
        return _obegriplig()
    if inloggad().gast_i is not None:
        return _obegriplig(GAST.format(inloggad().aktor_namn))
    if not form.validate() or not _slapps_fram(form, sida):
        return render_template("fragor/blint.html", form=form, sida=sida), 422
    with web.transaction() as session:
        service.be_blint(session, inloggad_nu(session), sida, form.text.data or "")
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
    sidan = partial(_lasrattssida, form, f"Be {agare.namn} om läsrätt till lägesbilden", handelse, agare, laser)
    if not form.is_submitted():
        form.for_aktorer.data = [a.id for a in valbara if a.id == inloggad().aktor_id]
    if not form.validate_on_submit() or not _slapps_fram(form):
        return sidan()
    handelse_id, agare_id = handelse.id, agare.id
    with web.transaction() as skriv:
        locked = skriv.get_one(Handelse, handelse_id, with_for_update=LAST)
        who = kraver_nu(skriv, Verb.BE_OM_LASRATT, locked.sak())
        agare = skriv.get_one(Aktor, agare_id)
        bett = service.be_om_lagesbild(skriv, who, locked, agare, form.for_aktorer.data, form.text.data or "")
        namn = agare.namn
    if laser:
        return redirect(url_for("ytor.handelse", slug=slug)) if _sagt(form, namn, bett) else sidan()
    _vanta(began)
    flash(f"Har {namn} en lägesbild som någon av dem saknar läsrätt till, har frågan gått till {namn}.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


def _sagt(form: Lasrattsformular, till: str, bett: Bett) -> bool:
    """Whether a question went off: then says so, and else the form says why, with what was typed."""
    vantar = f"För {', '.join(bett.vantande)} väntar en fråga redan på svar." if bett.vantande else ""
    if bett.skickade:
        flash(f"Frågan har gått till {till}. {vantar}".rstrip(), "klart")
    else:
        form.form_errors.append(vantar or "Ingen fråga skickades: de du valde har läsrätt nu.")
    return bool(bett.skickade)


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
    return utan, True


@bp.route("/underrattelser/<int:id>/be-om-lasratt", methods=["GET", "POST"])
def be_om_underrattelse(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Ask its owner to let more actors read an underrättelse that one reads oneself."""
    session, form = web.session(), Lasrattsformular()
    try:
        underrattelse = ratten.hamta_underrattelse(session, id)
    except LookupError:
        avbryt_dold()
    kraver(Verb.LASA, ratten.sak_for_underrattelse(session, underrattelse))
    handelse_id, handelse = underrattelse.handelse_id, hamta_handelse(underrattelse.handelse.slug, Verb.BE_OM_LASRATT)
    form.bland(ratten.utan_underrattelse(session, underrattelse))
    agare = underrattelse.aktor
    sidan = partial(_lasrattssida, form, "Be om läsrätt till underrättelsen", handelse, agare, laser=True)
    if not form.validate_on_submit() or not _slapps_fram(form):
        return sidan()
    with web.transaction() as skriv:
        skriv.get_one(Handelse, handelse_id, with_for_update=LAST)
        nu = ratten.hamta_underrattelse(skriv, id)
        kraver_nu(skriv, Verb.LASA, ratten.sak_for_underrattelse(skriv, nu))
        who = kraver_nu(skriv, Verb.BE_OM_LASRATT, nu.handelse.sak())
        bett = service.be_om_underrattelse(skriv, who, id, form.for_aktorer.data, form.text.data or "")
        namn = nu.aktor.namn
    return redirect(url_for("underrattelser.visa", id=id)) if _sagt(form, namn, bett) else sidan()


def _lasrattssida(form: Lasrattsformular, rubrik: str, handelse: Handelse, agare: Aktor, laser: bool) -> web.Svar:
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


@bp.get("/fragor")
def inkorg() -> web.Svar:
    """The questions to me, and mine to others."""
    return _inkorg(Svarsformular(formdata=None), 0, max(0, request.args.get("efter", 0, type=web.heltal)))


def _inkorg(form: Svarsformular, om: int, efter: int) -> web.Svar:
    """The page with the open questions after `efter`; `form` is the answer that was sent to `om` and must be mended."""
    session, who, now = web.session(), inloggad(), clock.now()
    found = gruppera(queries.oppna_till_mig(session, who, now, efter))
    oppna = found[: queries.MAX_OPPNA]
    page = render_template(
        "fragor/inkorg.html",
        form=form,
        om=om,
        oppna=_oppna(session, who, oppna),
        efter=efter,
        nasta=oppna[-1][0].id if len(found) > len(oppna) else 0,
        svarade=[Kort(rader, _visad(rader[0])) for rader in gruppera(queries.svarade_till_mig(session, who, now))],
        skickade=skickade(session, who, now),
        mina=[Kort(rader, _visad(rader[0])) for rader in gruppera(queries.fran_mig(session, who))],
    )
    return page, 422 if form.errors else 200


def _oppna(session: Session, who: Subjekt, grupper: list[tuple[Rattsfraga, ...]]) -> list[Kort]:
    """The cards that wait for an answer, with what one needs to know to give it."""
    rader = [rad for grupp in grupper for rad in grupp]
    redan, fragaren = ratten.laser_redan(session, [rad for rad in rader if rad.typ != Fragetyp.BEHORIGHET])
    personer = queries.medlemskap_for(session, who.aktor_id, [rad.fran_id for rad in rader])
    return [
        Kort(
            grupp,
            _visad(grupp[0]),
            personer.get(grupp[0].fran_id) if grupp[0].till == Fragas.ADMINISTRATOR and who.administrator else None,
            laser_redan=all(rad.id in redan for rad in grupp),
            blint=grupp[0].id not in fragaren,
        )
        for grupp in grupper
    ]


def _visad(rad: Rattsfraga) -> Handelse | None:
    """The event that it is about, if the page's reader may read that."""
    return rad.handelse if rad.handelse is not None and tillgang(Verb.LASA, rad.handelse.sak()) else None


@bp.post("/fragor/<int:id>/svara")
def svara(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Answer a question, with those that were asked together with it: yes gives the right."""
    form, val = Svarsformular(), request.form.get("svar", "")
    if val not in set(Svarsval):
        return _obegriplig()
    if not form.validate():
        return _inkorg(form, id, id - 1)
    svar = Svar.NEJ if val == Svarsval.NEJ else Svar.JA
    svarat = service.Svarat(svar, form.svarstext.data or "", val == Svarsval.JA_ALLT)
    try:
        with web.transaction() as session:
            rad, verb, sak = service.hamta_last(session, inloggad(), id)
            who = kraver_nu(session, verb, sak)
            givet = service.besvara(session, who, rad, svarat)
            fran_id, fran, roll = rad.fran_id, rad.fran.namn, val == Svarsval.KLART and who.administrator
    except LookupError:
        avbryt_dold()
    except RedanBesvarad:
        flash("Frågan var redan besvarad: någon annan hos er hann före.", "varning")
    except KanInteGes:
        flash("Märkningen TLP:RED kräver att läsarna väljs vid namn. Gör det när ni publicerar nästa version.", "fel")
    except Hindrad as hinder:
        flash(f"Inget är ändrat. {hinder}", "fel")
    else:
        flash(_pa_personens_sida(fran_id, fran) if roll else f"Svaret är skickat. {givet}".rstrip(), "klart")
    return redirect(url_for("fragor.inkorg"))


def _pa_personens_sida(anvandare_id: int, namn: str) -> str:
    """That the answer changed nothing, and where a role is changed."""
    who = inloggad()
    medlemskap = queries.medlemskap_for(web.session(), who.aktor_id, [anvandare_id]).get(anvandare_id)
    if medlemskap is None:
        return "Svaret är skickat. Ingen behörighet ändras av det."
    path = url_for("konton.medlem", slug=who.aktor_slug, medlemskap_id=medlemskap)
    mening = 'Svaret är skickat. Rollen ändras inte av det: det gör du på <a href="{}">sidan för {}</a>.'
    return Markup(mening).format(path, namn)  # noqa: S704 the values are escaped by format


# --- for the templates -----------------------------------------------------------------------------------------------


def far_fraga(beslut: Beslut | None = None) -> bool:
    """Whether the page's reader can ask (about this refusal): is logged in, and is not looking as somebody else."""
    who = None if web.utan_databas() else subjekt()
    if who is None or who.betraktare is not None:
        return False
    if beslut is None:
        return who.gast_i is None
    return beslut.fraga is not None and beslut.hos_id is not None and _far_fraga(who, beslut.fraga, beslut.hos_id)


def underskriven(beslut: Beslut, vad: str) -> str:
    """What the page says of this refusal (`vad`: what was wanted), signed: for the form that asks about it."""
    if beslut.fraga is None or beslut.hos_id is None:
        return ""
    return hal("fraga", beslut.fraga.value, beslut.hos_id, request.path, vad, beslut.skal)


def _skriv_under(hemlighet: str, lasare: Lasare, now: datetime, visat: Hal) -> str:
    """As underskriven() held it open: signed for the one whom the page is sent to."""
    till, hos_id, sida, vad, skal = visat
    vad_visades = underskrift.Visat(Fragas(str(till)), int(hos_id), str(sida), str(vad), str(skal))
    return str(escape(underskrift.skriv_under(hemlighet, lasare, vad_visades, now)))


def oppna_fragor() -> int:
    """How many questions wait for an answer by the page's reader, for the menu."""
    who = None if web.utan_databas() else subjekt()
    if who is None or who.betraktare is not None:
        return 0
    return queries.antal_oppna(web.session(), who, clock.now())


bp.add_app_template_global(far_fraga)
bp.add_app_template_global(underskriven, "fraga_underskrift")
bp.add_app_template_global(oppna_fragor)


@bp.record_once
def _fyll_i(state: BlueprintSetupState) -> None:
    hemlighet = state.app.extensions["wis_settings"].secret_key
    state.app.extensions["wis_fyllare"]["fraga"] = partial(_skriv_under, hemlighet)
