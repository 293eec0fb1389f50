"""An actor's users, and the pages where a person chooses a password."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from wis import clock, web
from wis.auth import losenord
from wis.auth.atkomst import inloggad, oppen
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.faktorvyer import fortsatt
from wis.auth.inslapp import Vidare
from wis.auth.models import Lanktyp
from wis.auth.queries import personligt
from wis.auth.rules import Subjekt
from wis.auth.strypning import PER_KOD, VANTA
from wis.konton import (
    gast_vyer,
    genomgang_vyer,
    granser,
    import_vyer,
    lankar,
    nollstallning_vyer,
    queries,
    roll_vyer,
    service,
    tabell_vyer,
)
from wis.konton.forms import Behorighetsformular, Glomtformular, Inbjudningsformular, Losenordsformular
from wis.konton.personforms import Motiveringsformular
from wis.konton.queries import Lankstatus
from wis.konton.rules import Hinder
from wis.konton.sida import Formular, Medlemssida, bp, hamta_aktor, hamta_medlem, medlemssida, nekad, skriv

__all__ = ["bp", "gast_vyer", "genomgang_vyer", "import_vyer", "nollstallning_vyer", "roll_vyer", "tabell_vyer"]
MINSTA_SVARSTID = 0.3
"""No answer about a forgotten password comes sooner, in seconds: it must not tell whether the address is known."""

FOR_MANGA_LANKAR = (
    "Flera länkar har skickats till personen den senaste kvarten. Be personen titta i skräpposten: "
    "den senaste länken är den som gäller."
)


@bp.route("/aktorer/<slug>/anvandare/bjud-in", methods=["GET", "POST"])
@kraver_bekraftad
def bjud_in(slug: str) -> web.Svar:
    """Invite a person; the list of people then leads on to what comes next."""
    aktor = hamta_aktor(slug)
    aktor_id, aktor_namn, form = aktor.id, aktor.namn, Inbjudningsformular()
    if not form.validate_on_submit():
        return _bjud_in_sida(form, slug, aktor_namn)
    inbjudan = service.Inbjudan(
        form.epost.data or "", form.namn.data or "", form.behorighet(), form.motivering.data or ""
    )
    if not granser.ryms(aktor_id):
        form.form_errors.append(granser.FOR_MANGA_INBJUDNINGAR)
        return _bjud_in_sida(form, slug, aktor_namn)
    try:
        with skriv() as session:
            invited = service.bjud_in(session, inloggad(), aktor_id, inbjudan, web.settings().base_url)
    except Hinder as error:
        form.form_errors.append(str(error))
        return _bjud_in_sida(form, slug, aktor_namn)
    vem = f"{invited.namn} ({inbjudan.epost})"
    known = f"{vem} hade redan ett konto. Ett brev om den nya behörigheten är på väg."
    flash(f"En inbjudan är på väg till {vem}." if invited.lank else known, "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug, ny=invited.medlemskap_id)))


@bp.route("/aktorer/<slug>/anvandare/<int:medlemskap_id>", methods=["GET", "POST"])
@kraver_bekraftad
def medlem(slug: str, medlemskap_id: int) -> web.Svar:
    """One person at the actor: what they are, what they may, and changing it."""
    sida = hamta_medlem(slug, medlemskap_id)
    if request.method == "GET":
        return medlemssida(sida, Formular())
    form, nu = Behorighetsformular(), sida.rad.behorighet
    if not form.validate():
        return medlemssida(sida, Formular(behorighet=form))
    efter, bygger_pa, motivering = form.behorighet(nu), form.bygger_pa.data or "", form.motivering.data or ""
    try:
        with skriv() as session:
            service.andra(session, inloggad(), sida.aktor_id, medlemskap_id, efter, bygger_pa, motivering)
    except Hinder as error:
        return _forhindrad(slug, medlemskap_id, form, error)
    flash(f"Behörigheten för {sida.rad.namn} är ändrad.", "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug)))


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/stang-av")
@kraver_bekraftad
def stang_av(slug: str, medlemskap_id: int) -> web.Svar:
    """Shut the person out of this actor."""
    klart = "{} är avstängd hos er och kommer inte in från och med nu."
    return _med_motivering(slug, medlemskap_id, service.stang_av, klart)


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/slapp-in")
@kraver_bekraftad
def slapp_in(slug: str, medlemskap_id: int) -> web.Svar:
    """Let the person in again."""
    return _med_motivering(slug, medlemskap_id, service.slapp_in, "{} har sin behörighet hos er igen.")


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/skicka-lank")
@kraver_bekraftad
def skicka_lank(slug: str, medlemskap_id: int) -> web.Svar:
    """Mail the invitation again, or a link to choose a new password."""
    sida = hamta_medlem(slug, medlemskap_id)
    # Before the transaction: the tries may be counted over the network.
    if not granser.strypning().forsok((PER_KOD, f"lank:{medlemskap_id}")):
        return nekad(sida, FOR_MANGA_LANKAR)
    if not granser.ryms(sida.aktor_id):
        return nekad(sida, granser.FOR_MANGA_INBJUDNINGAR)

    def send(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> None:
        service.skicka_lank(session, who, aktor_id, medlemskap_id, web.settings().base_url)

    return _utfor(sida, send, "Ett brev med en länk är på väg till {}.")


@bp.route("/glomt-losenord", methods=["GET", "POST"])
@oppen
def glomt() -> web.Svar:
    """Ask for a link to choose a new password: the same answer in the same time, known address or not."""
    form, began = Glomtformular(), time.monotonic()
    if not form.validate_on_submit():
        return render_template("konton/glomt.html", form=form, skickat=False), 422 if form.is_submitted() else 200
    epost = (form.epost.data or "").lower()
    # By network there is a limit of its own: see wis.auth.natgrans.
    if not granser.strypning().forsok((PER_KOD, f"glomt:{epost}")):
        form.form_errors.append("Det har begärts för många länkar. Vänta 15 minuter och titta i skräpposten så länge.")
        svar = make_response(render_template("konton/glomt.html", form=form, skickat=False), 429)
        svar.headers["Retry-After"] = str(VANTA)
        return svar
    with web.transaction() as session:
        lankar.begar_aterstallning(session, epost, web.settings().base_url)
    page = render_template("konton/glomt.html", form=form, skickat=True)
    time.sleep(max(0.0, MINSTA_SVARSTID - (time.monotonic() - began)))
    return page


@bp.route("/konto/<token>", methods=["GET", "POST"])
@oppen
def satt_losenord(token: str) -> web.Svar:
    """Choose a password by a link from a letter. To look at the page uses up nothing: mail filters follow links."""
    found = queries.find_lank(web.session(), token)
    status = queries.lankstatus(found, clock.now())
    if found is None or status is not Lankstatus.GILTIG:
        return _lank_ogiltig(status)
    lank, person = found
    form = Losenordsformular(*personligt(web.session(), person))
    if lank.typ != Lanktyp.INBJUDAN:
        del form.namn
    elif not form.is_submitted():
        form.namn.data = person.namn
    if not form.validate_on_submit():
        page = render_template("konton/losenord.html", form=form, person=person)
        return page, 422 if form.is_submitted() else 200
    try:
        oppnad = _anvand_lank(token, form)
    except lankar.LankOgiltig as error:
        return _lank_ogiltig(error.status)
    svar = fortsatt(oppnad.token, Vidare())
    inne = current_user.is_authenticated
    flash("Lösenordet är sparat och du är inloggad." if inne else "Lösenordet är sparat.", "klart")
    return svar


# --- parts -------------------------------------------------------------------------------------------------------


Atgard = Callable[[Session, Subjekt, int, int], None]


def _med_motivering(slug: str, medlemskap_id: int, act: Callable[..., None], klart: str) -> web.Svar:
    sida, form = hamta_medlem(slug, medlemskap_id), Motiveringsformular()
    if not form.validate():
        return medlemssida(sida, Formular(avstangning=form))
    motivering = form.motivering.data or ""

    def with_reason(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> None:
        act(session, who, aktor_id, medlemskap_id, motivering)

    return _utfor(sida, with_reason, klart)


def _utfor(sida: Medlemssida, act: Atgard, klart: str) -> web.Svar:
    try:
        with skriv() as session:
            act(session, inloggad(), sida.aktor_id, sida.rad.medlemskap_id)
    except Hinder as error:
        return nekad(sida, str(error))
    flash(klart.format(sida.rad.namn), "klart")
    return cast(Response, redirect(url_for("konton.medlem", slug=sida.slug, medlemskap_id=sida.rad.medlemskap_id)))


def _forhindrad(slug: str, medlemskap_id: int, form: Behorighetsformular, error: Hinder) -> web.Svar:
    sida = hamta_medlem(slug, medlemskap_id)
    form.form_errors.append(str(error))
    # What was typed stays; what it builds on becomes what the page now shows.
    form.bygger_pa.raw_data = None
    form.bygger_pa.data = service.signatur(sida.rad.behorighet)
    return medlemssida(sida, Formular(behorighet=form))


def _bjud_in_sida(form: Inbjudningsformular, slug: str, aktor_namn: str) -> tuple[str, int]:
    page = render_template("konton/bjud_in.html", form=form, slug=slug, aktor_namn=aktor_namn)
    return page, 422 if form.is_submitted() else 200


def _anvand_lank(token: str, form: Losenordsformular) -> lankar.Oppnad:
    # Hashing takes its time: hold no connection meanwhile.
    web.end_reading()
    nytt = lankar.NyttLosenord(losenord.hasha(form.losenord.data or ""), form.namn.data or "" if form.namn else "")
    with web.transaction() as session:
        return lankar.satt_losenord(session, token, nytt, timedelta(seconds=web.settings().session_tid))


def _lank_ogiltig(status: Lankstatus) -> tuple[str, int]:
    return render_template("konton/lank_ogiltig.html", status=status), 404 if status is Lankstatus.OKAND else 410
