"""A person's roles in events, and why a colleague can't read one."""

import re
from typing import cast

from flask import Response, flash, redirect, render_template, request, url_for

from wis import clock, web
from wis.auth import faktorer
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.queries import subjekt_av
from wis.konton import handelseroller, queries
from wis.konton.handelseroller import INGEN_SADAN
from wis.konton.personforms import Handelserollformular, Kontrollformular, Motiveringsformular
from wis.konton.rules import Hinder
from wis.konton.sida import (
    Formular,
    Handelsenamn,
    Medlemssida,
    bp,
    fragelank,
    hamta_aktor,
    hamta_medlem,
    handelsenamn,
    medlemssida,
    nekad,
    skriv,
)
from wis.konton.varfor import Lage, Svar, varfor

SLUG = re.compile(r"[a-z0-9-]{1,100}")
"""What the address of an event can look like."""
VALJ_HANDELSE = "Välj en händelse, eller klistra in dess adress."


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/handelseroller")
@kraver_bekraftad
def satt_handelseroll(slug: str, medlemskap_id: int) -> web.Svar:
    """Give the person another role in one event than the standard one."""
    sida, form = hamta_medlem(slug, medlemskap_id), Handelserollformular()
    form.erbjud(sida.valbara)
    handelse_id = _vald_handelse(slug, form) if form.validate() else None
    if handelse_id is None:
        return medlemssida(sida, Formular(roll=form))
    onskad = form.onskad(handelse_id)
    try:
        with skriv() as session:
            handelseroller.satt(session, inloggad(), sida.aktor_id, medlemskap_id, onskad)
    except Hinder as error:
        form.form_errors.append(str(error))
        return medlemssida(sida, Formular(roll=form))
    flash(f"Rollen i händelsen gäller för {sida.rad.namn} från och med nu.", "klart")
    return _till_rollerna(sida)


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/handelseroller/<int:roll_id>/ta-bort")
@kraver_bekraftad
def ta_bort_handelseroll(slug: str, medlemskap_id: int, roll_id: int) -> web.Svar:
    """Let the person's standard role hold in the event again."""
    sida, form = hamta_medlem(slug, medlemskap_id), Motiveringsformular()
    if not form.validate():
        return nekad(sida, "Skriv varför rollen i händelsen tas bort.")
    try:
        with skriv() as session:
            handelseroller.ta_bort(
                session, inloggad(), sida.aktor_id, medlemskap_id, roll_id, form.motivering.data or ""
            )
    except Hinder as error:
        return nekad(sida, str(error))
    flash(f"Rollen i händelsen är borttagen. Standardrollen gäller för {sida.rad.namn}.", "klart")
    return _till_rollerna(sida)


@bp.get("/aktorer/<slug>/anvandare/<int:medlemskap_id>/kontrollera")
def kontrollera(slug: str, medlemskap_id: int) -> web.Svar:
    """Why the person can't read an event: every reason, and what to do about each."""
    sida, form = hamta_medlem(slug, medlemskap_id), Kontrollformular(request.args)
    form.erbjud(sida.valbara)
    if form.validate() and not form.adress:
        form.handelse.errors = [VALJ_HANDELSE]
    if form.errors:
        return medlemssida(sida, Formular(kontroll=form))
    svar, namn = _prova(slug, medlemskap_id, form.adress)
    slugen = handelseroller.slug_i(form.adress)
    return render_template(
        "konton/kontrollera.html",
        sida=sida,
        form=form,
        svar=svar,
        handelse=namn,
        fraga=fragelank() if svar is None and SLUG.fullmatch(slugen) else None,
        adress=slugen,
    )


def _vald_handelse(slug: str, form: Handelserollformular) -> int | None:
    """The id of the event that was chosen; None with an error at the field."""
    handelse = handelseroller.find_valbar(web.session(), hamta_aktor(slug), form.adress) if form.adress else None
    if handelse is None:
        fel = INGEN_SADAN if form.adress else VALJ_HANDELSE
        (form.handelse if form.handelse.data or not form.har_val else form.vald).errors = [fel]
        return None
    return handelse.id


def _prova(slug: str, medlemskap_id: int, adress: str) -> tuple[Svar | None, Handelsenamn | None]:
    """The answer, and the event as the administrator may know it; neither for what the actor may not know of."""
    aktor, session, now = hamta_aktor(slug), web.session(), clock.now()
    medlemskap = queries.find_medlemskap(session, aktor.id, medlemskap_id)
    if medlemskap is None:
        avbryt_dold()
    handelse = handelseroller.find_valbar(session, aktor, adress)
    if handelse is None:
        return None, None
    rad, person = queries.rad_av(medlemskap, now), medlemskap.anvandare
    lage = Lage(
        tillstand=rad.tillstand,
        har_loggat_in=person.senast_inloggad is not None,
        har_faktor=faktorer.lage(session, person.id).antal > 0,
        kraver_faktor=faktorer.kravs_av(session, web.settings(), person.id),
    )
    return varfor(subjekt_av(medlemskap), handelse.sak(), lage, now), handelsenamn(inloggad(), handelse, now)


def _till_rollerna(sida: Medlemssida) -> web.Svar:
    adress = url_for("konton.medlem", slug=sida.slug, medlemskap_id=sida.rad.medlemskap_id, _anchor="handelseroller")
    return cast(Response, redirect(adress))
