"""Guests in an event: who they are, inviting one, ending before time."""

from typing import cast

from flask import Response, flash, redirect, render_template, url_for

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver_nu
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.rules import Verb
from wis.handelser.atkomst import hamta_handelse
from wis.konton import gaster, granser
from wis.konton.personforms import Gastformular, Motiveringsformular
from wis.konton.rules import GAST_HOGST_DAGAR, Hinder
from wis.konton.sida import bp


@bp.route("/handelser/<slug>/gaster", methods=["GET", "POST"])
@kraver_bekraftad
def gastlista(slug: str) -> web.Svar:
    """The guests of one's actor in the event, and inviting another."""
    handelse_id, form = hamta_handelse(slug, Verb.BJUDA_GAST).id, Gastformular()
    if not form.validate_on_submit():
        return _sida(slug, form)
    gast = gaster.Gastinbjudan(
        form.epost.data or "", form.namn.data or "", int(form.dagar.data), form.motivering.data or ""
    )
    if not granser.ryms(inloggad().aktor_id):
        form.form_errors.append(granser.FOR_MANGA_INBJUDNINGAR)
        return _sida(slug, form)
    try:
        with web.transaction() as session:
            handelse = gaster.las_handelse(session, handelse_id)
            who = kraver_nu(session, Verb.BJUDA_GAST, handelse.sak())
            invited = gaster.bjud_in(session, who, handelse, gast, web.settings().base_url)
    except Hinder as error:
        form.form_errors.append(str(error))
        return _sida(slug, form)
    flash(f"{invited.namn} ({gast.epost}) är gäst i {gast.dagar} dygn. Ett brev är på väg.", "klart")
    return cast(Response, redirect(url_for("konton.gastlista", slug=slug)))


@bp.post("/handelser/<slug>/gaster/<int:medlemskap_id>/avsluta")
@kraver_bekraftad
def avsluta_gast(slug: str, medlemskap_id: int) -> web.Svar:
    """End a guest's days now."""
    handelse_id, form = hamta_handelse(slug, Verb.BJUDA_GAST).id, Motiveringsformular()
    if not form.validate():
        return _sida(slug, fel="Skriv varför gästen avslutas i förtid.")
    try:
        with web.transaction() as session:
            handelse = gaster.las_handelse(session, handelse_id)
            who = kraver_nu(session, Verb.BJUDA_GAST, handelse.sak())
            gaster.avsluta(session, who, handelse, medlemskap_id, form.motivering.data or "")
    except LookupError:
        avbryt_dold()
    except Hinder as error:
        return _sida(slug, fel=str(error))
    flash("Gästen läser inte längre.", "klart")
    return cast(Response, redirect(url_for("konton.gastlista", slug=slug)))


def _sida(slug: str, form: Gastformular | None = None, fel: str = "") -> tuple[str, int]:
    handelse, who = hamta_handelse(slug, Verb.BJUDA_GAST), inloggad()
    shown = Gastformular(formdata=None) if form is None else form
    if fel:
        shown.form_errors.append(fel)
    page = render_template(
        "konton/gaster.html",
        handelse=handelse,
        ovning=handelse.ovning,
        aktor_namn=who.aktor_namn,
        gaster=gaster.gaster(web.session(), who.aktor_id, handelse.id, clock.now()),
        now=clock.now(),
        form=shown,
        hogst=GAST_HOGST_DAGAR,
    )
    return page, 422 if shown.errors else 200
