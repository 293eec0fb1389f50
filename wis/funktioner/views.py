"""An actor's functions: setting them up, going on and off duty, and what they are told of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from wis import clock, datum, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor, las_aktor
from wis.auth.atkomst import Nekad, avbryt_dold, behorighet, inloggad, kraver, kraver_nu, subjekt, tillgang
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.models import Funktion
from wis.auth.rules import Subjekt, Verb
from wis.funktioner import historik, notisvyer, queries, service
from wis.funktioner.forms import (
    Funktionsformular,
    Nedlaggningsformular,
    NyFunktionsformular,
    Tjanstformular,
    Utseformular,
)
from wis.funktioner.queries import Funktionsrad
from wis.funktioner.rules import (
    FORSLAG,
    LANGSTA_TJANST,
    UTAN_MOTIVERING,
    Hinder,
    Uppgifter,
    kraver_motivering,
    lediga_forslag,
)
from wis.funktioner.sida import bp, far_skota_nu, hamta
from wis.notiser import valsida
from wis.notiser.models import Kanalslag
from wis.notiser.service import Koden

__all__ = ["bp", "notisvyer"]
Tjanst = TypeVar("Tjanst", bound=Tjanstformular)
UTSE = "utse-"
"""Before the names of the fields by which an administrator puts somebody on duty: two such forms stand on one page."""


@bp.record_once
def _satt_globala(state: BlueprintSetupState) -> None:
    state.app.add_template_global(gar_pa_som)


def gar_pa_som() -> list[tuple[int, str]]:
    """The functions that the one who asks may go on duty as and is not: id and short name, for menu and start page."""
    who = None if web.utan_databas() else subjekt()
    if who is None or who.medlemskap_id is None:
        return []
    if "gar_pa_som" not in g:
        redan = {tjanst.funktion_id for tjanst in who.i_tjanst(clock.now())}
        egen = behorighet(who.medlemskap_id)
        mojliga = queries.mojliga(web.session(), who.medlemskap_id) if egen is None else egen.mojliga
        g.gar_pa_som = [rad for rad in mojliga if rad[0] not in redan]
    return cast(list[tuple[int, str]], g.gar_pa_som)


# --- for administrators ------------------------------------------------------------------------------------------


@bp.get("/aktorer/<slug>/funktioner")
def lista(slug: str) -> web.Svar:
    """The actor's functions, for its administrators."""
    aktor, now = _hamta_aktor(slug), clock.now()
    rader = queries.funktioner_hos(web.session(), aktor.id, now)
    forslag = lediga_forslag((rad.kortnamn for rad in rader), aktor.typ)
    return render_template("funktioner/lista.html", aktor=aktor, rader=rader, forslag=forslag, Kanalslag=Kanalslag)


@bp.route("/aktorer/<slug>/funktioner/ny", methods=["GET", "POST"])
@kraver_bekraftad
def ny(slug: str) -> web.Svar:
    """Set up a function."""
    aktor = _hamta_aktor(slug)
    aktor_id, form = aktor.id, NyFunktionsformular()
    form.erbjud(queries.valbara(web.session(), aktor_id, clock.now()))
    if not form.validate_on_submit():
        if not form.is_submitted():
            _foresla(form)
        return _formularsida(form, aktor)
    kanaler = form.kanaler()
    if not all(valsida.far_skicka_kod(inloggad(), adress) for adress in kanaler.values()):
        form.form_errors.append(valsida.FOR_MANGA_KODER)
        return _formularsida(form, aktor)
    try:
        with web.transaction() as session:
            last = las_aktor(session, aktor_id)
            who = kraver_nu(session, Verb.ADMINISTRERA, service.aktor_sak(last))
            funktion_id = service.lagg_upp(session, who, last, form.uppgifter(), kanaler, form.motivering.data or "").id
    except (Hinder, Koden) as error:
        form.form_errors.append(str(error))
        return _formularsida(form, _hamta_aktor(slug))
    return _upplagd(funktion_id, form)


@bp.route("/aktorer/<slug>/funktioner/<int:id>", methods=["GET", "POST"])
@kraver_bekraftad
def andra(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """What a function is, who may go on duty as it, and changing that."""
    aktor, nu = _hamta_i_bruk(slug, id)
    aktor_id, form = aktor.id, Funktionsformular()
    form.erbjud(queries.valbara(web.session(), aktor_id, clock.now()))
    if not form.is_submitted():
        form.fyll(nu, service.signatur(nu))
    if not form.validate_on_submit() or not _motiverad(form, nu):
        return _formularsida(form, aktor, id)
    efter, varfor = form.uppgifter(nu), form.motivering.data or ""
    try:
        with _andring(id) as (session, who, funktion):
            service.andra(session, who, funktion, efter, form.bygger_pa.data or "", varfor)
    except Hinder as error:
        aktor, nu = _hamta_i_bruk(slug, id)
        form.form_errors.append(str(error))
        # What was typed stays; what it builds on becomes what stands now.
        form.bygger_pa.raw_data, form.bygger_pa.data = None, service.signatur(nu)
        return _formularsida(form, aktor, id)
    flash(f"{form.kortnamn.data} är ändrad.", "klart")
    return _till("lista", slug=slug)


@bp.post("/aktorer/<slug>/funktioner/<int:id>/lagg-ned")
@kraver_bekraftad
def lagg_ned(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Close down a function."""
    aktor, nu = _hamta_i_bruk(slug, id)
    form = Nedlaggningsformular()
    if not form.validate():
        egen = Funktionsformular(formdata=None)
        egen.erbjud(queries.valbara(web.session(), aktor.id, clock.now()))
        egen.fyll(nu, service.signatur(nu))
        return _formularsida(egen, aktor, id, form)
    with _andring(id) as (session, who, funktion):
        kortnamn = funktion.kortnamn
        service.lagg_ned(session, who, funktion, form.motivering.data or "")
    flash(f"{kortnamn} är nedlagd. Ingen är i tjänst, och inget skickas dit.", "klart")
    return _till("lista", slug=slug)


@bp.post("/funktioner/<int:id>/utse")
@kraver_bekraftad
def utse(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Put somebody on duty."""
    rad = hamta(id)
    kraver(Verb.ADMINISTRERA, rad.sak)
    form = Utseformular(prefix=UTSE)
    form.erbjud(rad.behoriga)
    if not form.validate():
        return _sida(rad, form)
    try:
        with _andring(id) as (session, who, funktion):
            slut = form.slut(clock.now())
            vem, sedd, varfor = form.medlemskap.data, _heltal(form.sedd.data), form.motivering.data or ""
            till = service.ga_pa(session, who, funktion, vem, slut, sedd, varfor)
    except Hinder as error:
        return _forhindrad(id, form, error)
    namn = next((person.namn for person in rad.behoriga if person.medlemskap_id == form.medlemskap.data), "Personen")
    nar = datum.tid(till, clock.now())
    flash(f"{namn} är i tjänst som {rad.kortnamn} till {nar} och får ett brev om det.", "klart")
    return _till("visa", id=id)


# --- on duty -----------------------------------------------------------------------------------------------------


@bp.get("/funktioner/<int:id>")
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Who is on duty, and going on or off, for those on the list and the administrators."""
    return _sida(hamta(id))


@bp.post("/funktioner/<int:id>/ga-pa")
def ga_pa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Go on duty, or take over from whoever is."""
    rad = hamta(id)
    kraver(Verb.GA_I_TJANST, rad.sak)
    form = Tjanstformular()
    if not form.validate():
        return _sida(rad, form)
    try:
        with web.transaction() as session:
            funktion = service.las_funktion(session, id)
            who = kraver_nu(session, Verb.GA_I_TJANST, queries.sak_av(funktion))
            slut, sedd = form.slut(clock.now()), _heltal(form.sedd.data)
            till = service.ga_pa(session, who, funktion, who.medlemskap_id or 0, slut, sedd)
    except Hinder as error:
        return _forhindrad(id, form, error)
    flash(f"Du är i tjänst som {rad.kortnamn} till {datum.tid(till, clock.now())}.", "klart")
    return _till("visa", id=id)


@bp.post("/funktioner/<int:id>/ga-av")
def ga_av(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """End the turn that goes on: one's own, or as administrator another's."""
    rad = hamta(id)
    tjanst_id = request.form.get("tjanst", type=web.heltal)
    try:
        with web.transaction() as session:
            funktion = service.las_funktion(session, id)
            who = _far_avsluta_nu(session, funktion)
            avslutad = service.ga_av(session, who, funktion, tjanst_id or _egen_tur(session, who, id))
    except Hinder as error:
        flash(str(error), "varning")
        return _till("visa", id=id)
    vem = "Du" if avslutad.anvandare_id == inloggad().anvandare_id else avslutad.namn
    flash(f"{vem} är inte längre i tjänst som {rad.kortnamn}. Just nu är ingen det.", "klart")
    return _till("visa", id=id)


# --- parts -------------------------------------------------------------------------------------------------------


def _till(endpoint: str, **varden: Any) -> Response:
    return cast(Response, redirect(url_for(f"funktioner.{endpoint}", **varden)))


def _hamta_aktor(slug: str) -> Aktor:
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, service.aktor_sak(aktor))
    return aktor


def _hamta_i_bruk(slug: str, funktion_id: int) -> tuple[Aktor, Uppgifter]:
    aktor = _hamta_aktor(slug)
    funktion = queries.find_funktion(web.session(), funktion_id)
    if funktion is None or funktion.aktor_id != aktor.id or funktion.nedlagd is not None:
        avbryt_dold()
    return aktor, queries.uppgifter_av(web.session(), funktion)


@contextmanager
def _andring(funktion_id: int) -> Iterator[tuple[Session, Subjekt, Funktion]]:
    """A write on the locked function by one who, there and then, administers its actor."""
    with web.transaction() as session:
        funktion = service.las_for_andring(session, funktion_id)
        yield session, kraver_nu(session, Verb.ADMINISTRERA, queries.sak_av(funktion)), funktion


def _far_avsluta_nu(session: Session, funktion: Funktion) -> Subjekt:
    """As _far_skota_nu, but to one who has just been relieved it is said so. Raises Hinder or Nekad."""
    try:
        return far_skota_nu(session, funktion)
    except Nekad:
        kraver_nu(session, Verb.GA_I_TJANST, queries.sak_av(funktion))
        raise Hinder(f"Du är inte i tjänst som {funktion.kortnamn} längre.") from None


def _egen_tur(session: Session, who: Subjekt, funktion_id: int) -> int | None:
    pagaende = queries.find_pagaende(session, funktion_id, clock.now())
    egen = pagaende is not None and pagaende.medlemskap_id == who.medlemskap_id
    return pagaende.tjanst_id if pagaende is not None and egen else None


def _foresla(form: NyFunktionsformular) -> None:
    valt = next((ett for ett in FORSLAG if ett.kortnamn == request.args.get("forslag")), None)
    if valt is not None:
        form.foresla(valt)


def _motiverad(form: Funktionsformular, nu: Uppgifter) -> bool:
    """Whether a change of what people may says why; else the error is at the field."""
    if form.motivering.data or not kraver_motivering(nu, form.uppgifter(nu)):
        return True
    form.motivering.errors = [UTAN_MOTIVERING]
    return False


def _formularsida(
    form: Funktionsformular,
    aktor: Aktor,
    funktion_id: int | None = None,
    nedlaggning: Nedlaggningsformular | None = None,
) -> web.Svar:
    session, now = web.session(), clock.now()
    rader = queries.funktioner_hos(session, aktor.id, now)
    page = render_template(
        "funktioner/funktion.html",
        form=form,
        aktor=aktor,
        rad=next((rad for rad in rader if rad.id == funktion_id), None),
        forslag=lediga_forslag((rad.kortnamn for rad in rader), aktor.typ),
        valt=form.kortnamn.data,
        nedlaggning=nedlaggning or Nedlaggningsformular(formdata=None),
    )
    return page, 422 if form.errors or nedlaggning is not None else 200


def _upplagd(funktion_id: int, form: NyFunktionsformular) -> web.Svar:
    nasta = "Lägg till en telefon eller brevlåda, så att notiserna når fram."
    if form.kanaler():
        nasta = "Koderna finns i Utkorgen." if web.settings().demo else "Skriv in koden som har skickats."
    flash(f"{form.kortnamn.data} är upplagd. {nasta}", "klart")
    return _till("notiser", id=funktion_id)


def _sida(rad: Funktionsrad, form: FlaskForm | None = None) -> web.Svar:
    """The function's page, with the form that was sent if one was."""
    now = clock.now()
    egen, utse_form = _tomt(Tjanstformular, rad), _tomt(Utseformular, rad, UTSE)
    if isinstance(form, Utseformular):
        utse_form = form
    elif isinstance(form, Tjanstformular):
        egen = form
    utse_form.erbjud(rad.behoriga)
    who = inloggad()
    page = render_template(
        "funktioner/visa.html",
        rad=rad,
        form=form or egen,
        egen=egen,
        utse_form=utse_form,
        sjalv=rad.pagaende is not None and rad.pagaende.medlemskap_id == who.medlemskap_id,
        far_ga_pa=tillgang(Verb.GA_I_TJANST, rad.sak),
        administrerar=bool(tillgang(Verb.ADMINISTRERA, rad.sak)),
        historik=historik.andringar(web.session(), rad.id),
        turer=queries.turer(web.session(), rad.id, now),
        senast=datum.falt_av(now + LANGSTA_TJANST),
        Kanalslag=Kanalslag,
    )
    return page, 422 if form is not None and form.errors else 200


def _tomt(formular: type[Tjanst], rad: Funktionsrad, prefix: str = "") -> Tjanst:
    form = formular(formdata=None, prefix=prefix)
    form.sedd.data = "" if rad.pagaende is None else str(rad.pagaende.tjanst_id)
    return form


def _forhindrad(funktion_id: int, form: Tjanstformular, error: Hinder) -> web.Svar:
    """The page as it stands now, with what was chosen and why it could not be done."""
    rad = hamta(funktion_id)
    form.form_errors.append(str(error))
    form.sedd.raw_data, form.sedd.data = None, "" if rad.pagaende is None else str(rad.pagaende.tjanst_id)
    return _sida(rad, form)


def _heltal(text: str | None) -> int | None:
    return web.heltal(text) if text and text.isdecimal() else None
