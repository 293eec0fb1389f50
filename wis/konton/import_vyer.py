"""Many people at once: paste lines, see what would happen, then do all of it or nothing."""

from typing import cast

from flask import Response, flash, redirect, render_template, request, url_for

from wis import web
from wis.auth.atkomst import inloggad
from wis.auth.bekrafta import kraver_bekraftad
from wis.konton import granser, importera
from wis.konton.csvrader import KOLUMNER, MAX_RADER
from wis.konton.importera import Plan, Utfall
from wis.konton.personforms import Importformular
from wis.konton.rules import Hinder
from wis.konton.sida import bp, hamta_aktor, skriv

FOR_MANGA = (
    "Listan har {} nya personer, och er aktör kan bjuda in högst {} ur listor om dagen. Det är en spärr mot att någon "
    "missbrukar ett konto: dela listan och ta resten i morgon, eller be den som sköter driften."
)


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
        plan = _genomfor(slug, aktor_id, form)
    except Hinder as error:
        form.form_errors.append(str(error))
        return _provkor(slug, form)
    flash(f"Genomfört: {plan.i_ord}. Breven är på väg.", "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug)))


def _genomfor(slug: str, aktor_id: int, form: Importformular) -> Plan:
    text, provkord, motivering = form.text.data or "", form.provkord.data or "", form.motivering.data or ""
    plan = importera.planera(web.session(), inloggad(), hamta_aktor(slug), text)
    # Only what is about to be done counts: should it have changed once more, genomfor() refuses all of it.
    nya = 0 if plan.fel or plan.signatur != provkord else plan.antal(Utfall.NY)
    if not granser.lista_ryms(aktor_id, nya):
        raise Hinder(FOR_MANGA.format(nya, granser.HOGST_OM_DAGEN))
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
