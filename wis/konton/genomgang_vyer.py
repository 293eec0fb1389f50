"""The yearly review: begin, go through everybody, sign."""

from typing import cast

from flask import Response, flash, redirect, render_template, url_for

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.bekrafta import kraver_bekraftad
from wis.konton import genomgang, genomgangar, service
from wis.konton.models import Omdomesslag
from wis.konton.personforms import Motiveringsformular, Signeringsformular
from wis.konton.rules import Hinder
from wis.konton.sida import bp, hamta_aktor, skriv


@bp.get("/aktorer/<slug>/genomgang")
def genomgang_sida(slug: str) -> web.Svar:
    """Where the review stands, and the earlier ones."""
    hamta_aktor(slug)
    return _sida(slug, Signeringsformular(formdata=None))


@bp.post("/aktorer/<slug>/genomgang/starta")
@kraver_bekraftad
def starta_genomgang(slug: str) -> web.Svar:
    """Begin a review, or go on with the one that somebody has begun."""
    aktor_id = hamta_aktor(slug).id
    with skriv() as session:
        genomgang.starta(session, inloggad(), aktor_id)
    return _tillbaka(slug)


@bp.post("/aktorer/<slug>/genomgang/<int:medlemskap_id>/behall")
@kraver_bekraftad
def behall(slug: str, medlemskap_id: int) -> web.Svar:
    """Say that the person's rights are as they should be."""
    aktor_id, nasta = hamta_aktor(slug).id, _nasta(slug, medlemskap_id)
    try:
        with skriv() as session:
            genomgang.behall(session, inloggad(), aktor_id, medlemskap_id)
    except LookupError:
        avbryt_dold()
    except Hinder as error:
        return _forhindrad(slug, str(error))
    return _tillbaka(slug, nasta)


@bp.post("/aktorer/<slug>/genomgang/<int:medlemskap_id>/angra")
@kraver_bekraftad
def angra_behall(slug: str, medlemskap_id: int) -> web.Svar:
    """Take back that the person's rights are as they should be."""
    aktor_id = hamta_aktor(slug).id
    try:
        with skriv() as session:
            genomgang.angra(session, inloggad(), aktor_id, medlemskap_id)
    except LookupError:
        avbryt_dold()
    except Hinder as error:
        return _forhindrad(slug, str(error))
    return _tillbaka(slug, f"rad-{medlemskap_id}")


@bp.post("/aktorer/<slug>/genomgang/<int:medlemskap_id>/stang-av")
@kraver_bekraftad
def stang_av_i_genomgang(slug: str, medlemskap_id: int) -> web.Svar:
    """Shut the person out; the review notes it by itself."""
    aktor_id, form = hamta_aktor(slug).id, Motiveringsformular()
    nasta = _nasta(slug, medlemskap_id)
    if not form.validate():
        return _forhindrad(slug, "Skriv varför personen stängs av.")
    try:
        with skriv() as session:
            service.stang_av(session, inloggad(), aktor_id, medlemskap_id, form.motivering.data or "")
    except LookupError:
        avbryt_dold()
    except Hinder as error:
        return _forhindrad(slug, str(error))
    flash("Personen är avstängd hos er och kommer inte in från och med nu.", "klart")
    return _tillbaka(slug, nasta)


@bp.post("/aktorer/<slug>/genomgang/signera")
@kraver_bekraftad
def signera_genomgang(slug: str) -> web.Svar:
    """Sign off, when everybody has been gone through."""
    aktor_id, form = hamta_aktor(slug).id, Signeringsformular()
    if not form.validate():
        return _sida(slug, form)
    try:
        with skriv() as session:
            genomgang.signera(session, inloggad(), aktor_id, form.kommentar.data or "")
    except Hinder as error:
        form.form_errors.append(str(error))
        return _sida(slug, form)
    flash("Genomgången är signerad. Nästa om ett år.", "klart")
    return _tillbaka(slug)


def _nasta(slug: str, medlemskap_id: int) -> str:
    """Where on the page to go on once this person is done: the next one, or signing."""
    aktor, session = hamta_aktor(slug), web.session()
    granskade = genomgangar.granskade(session, aktor, genomgangar.oppen(session, aktor.id), clock.now())
    id_ = genomgangar.nasta(granskade, medlemskap_id)
    return "signera" if id_ is None else f"rad-{id_}"


def _tillbaka(slug: str, rad: str | None = None) -> web.Svar:
    return cast(Response, redirect(url_for("konton.genomgang_sida", slug=slug, _anchor=rad)))


def _forhindrad(slug: str, skal: str) -> tuple[str, int]:
    form = Signeringsformular(formdata=None)
    form.form_errors.append(skal)
    return _sida(slug, form)


def _sida(slug: str, form: Signeringsformular) -> tuple[str, int]:
    aktor, session, now = hamta_aktor(slug), web.session(), clock.now()
    pagar = genomgangar.oppen(session, aktor.id)
    page = render_template(
        "konton/genomgang.html",
        aktor=aktor,
        form=form,
        pagar=pagar,
        granskade=genomgangar.granskade(session, aktor, pagar, now),
        signerade=genomgangar.signerade(session, aktor.id),
        paminnelse=genomgangar.paminnelse(session, aktor.id, now),
        egen_id=inloggad().anvandare_id,
        Omdomesslag=Omdomesslag,
    )
    return page, 422 if form.errors else 200
