"""Many people at once: paste lines, see what would happen, then do all of it or nothing."""

from typing import cast

from flask import Response, current_app, flash, redirect, render_template, request, url_for

from wis import web
from wis.auth.atkomst import inloggad
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.strypning import PER_INBJUDARE, Strypning
from wis.konton import importera
from wis.konton.csvrader import KOLUMNER, MAX_RADER
from wis.konton.importera import Plan, Utfall
from wis.konton.personforms import Importformular
from wis.konton.rules import Hinder
from wis.konton.sida import bp, hamta_aktor, skriv

FOR_MANGA = "Det har gjorts för många inbjudningar och importer den senaste timmen. Vänta en stund. Inget är genomfört."


@bp.route("/aktorer/<slug>/anvandare/importera", methods=["GET", "POST"])
@kraver_bekraftad
def importera_anvandare(slug: str) -> web.Svar:
    """The dry run first; with its signature, and the button for it, the real one."""
    aktor, form = hamta_aktor(slug), Importformular()
    aktor_id = aktor.id
    if not form.validate_on_submit():
        return _sida(slug, form, None)
    if request.form.get("handling") != "genomfor":
        return _provkor(slug, form)
    try:
        plan = _genomfor(aktor_id, form)
    except Hinder as error:
        form.form_errors.append(str(error))
        return _provkor(slug, form)
    flash(f"Genomfört: {plan.i_ord}. Breven är på väg.", "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug)))


def _genomfor(aktor_id: int, form: Importformular) -> Plan:
    strypning = cast(Strypning, current_app.extensions["wis_strypning"])
    if not strypning.forsok((PER_INBJUDARE, f"inbjudan:{aktor_id}")):
        raise Hinder(FOR_MANGA)
    text, provkord, motivering = form.text.data or "", form.provkord.data or "", form.motivering.data or ""
    with skriv() as session:
        return importera.genomfor(session, inloggad(), aktor_id, text, provkord, motivering, web.settings().base_url)


def _provkor(slug: str, form: Importformular) -> tuple[str, int]:
    plan = None
    try:
        plan = importera.planera(web.session(), inloggad(), hamta_aktor(slug), form.text.data or "")
    except Hinder as error:
        form.text.errors = [str(error)]
    form.provkord.raw_data = None
    form.provkord.data = plan.signatur if plan else ""
    return _sida(slug, form, plan)


def _sida(slug: str, form: Importformular, plan: Plan | None) -> tuple[str, int]:
    page = render_template(
        "konton/importera.html",
        aktor=hamta_aktor(slug),
        form=form,
        plan=plan,
        Utfall=Utfall,
        kolumner=KOLUMNER,
        max_rader=MAX_RADER,
    )
    return page, 422 if form.errors or (plan is not None and plan.fel) else 200
