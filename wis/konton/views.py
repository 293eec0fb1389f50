"""An actor's users, and the pages where a person chooses a password."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth import losenord
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, kraver, oppen
from wis.auth.models import Lanktyp
from wis.auth.queries import administratorer, subjekt_av
from wis.auth.rules import Roll, Subjekt, Verb
from wis.auth.strypning import PER_ADRESS, PER_KOD, Strypning
from wis.auth.views import VANTA, mark_enhet, starta_session
from wis.konton import lankar, queries, service
from wis.konton.forms import Behorighetsformular, Glomtformular, Inbjudningsformular, Losenordsformular
from wis.konton.queries import Lankstatus
from wis.konton.rules import HINDRAR, MINST_ADMINISTRATORER, Hinder, Omdome, Tillstand, omdomen
from wis.notiser.leveransfragor import Brevstatus, senaste_brev, utan_brev
from wis.notiser.models import Kanalslag

bp = Blueprint("konton", __name__)
MINSTA_SVARSTID = 0.3
"""No answer about a forgotten password comes sooner, in seconds: it must not tell whether the address is known."""

FOR_MANGA_LANKAR = (
    "Flera länkar har skickats till personen den senaste kvarten. Be personen titta i skräpposten: "
    "den senaste länken är den som gäller."
)


@bp.get("/aktorer/<slug>/anvandare")
def anvandare(slug: str) -> web.Svar:
    """Everyone at the actor, for its administrators."""
    aktor, session, now = _hamta_aktor(slug), web.session(), clock.now()
    rader = queries.anvandarrader(session, aktor, now)
    return render_template(
        "konton/anvandare.html",
        aktor=aktor,
        rader=rader,
        utan_brev=utan_brev(session, [rad.anvandare_id for rad in rader if rad.tillstand is Tillstand.INBJUDEN]),
        antal_administratorer=len(administratorer(session, aktor.id, now)),
        minst=MINST_ADMINISTRATORER,
        roller=list(Roll),
    )


@bp.route("/aktorer/<slug>/anvandare/bjud-in", methods=["GET", "POST"])
def bjud_in(slug: str) -> web.Svar:
    """Invite a person."""
    aktor = _hamta_aktor(slug)
    aktor_id, aktor_namn, form = aktor.id, aktor.namn, Inbjudningsformular()
    if not form.validate_on_submit():
        return _bjud_in_sida(form, slug, aktor_namn)
    inbjudan = service.Inbjudan(form.epost.data or "", form.namn.data or "", form.behorighet())
    try:
        with _skriv() as session:
            invited = service.bjud_in(session, inloggad(), aktor_id, inbjudan, web.settings().base_url)
    except Hinder as error:
        form.form_errors.append(str(error))
        return _bjud_in_sida(form, slug, aktor_namn)
    vem = f"{invited.namn} ({inbjudan.epost})"
    known = f"{vem} hade redan ett konto. Ett brev om den nya behörigheten är på väg."
    flash(f"En inbjudan är på väg till {vem}." if invited.lank else known, "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug)))


@bp.route("/aktorer/<slug>/anvandare/<int:medlemskap_id>", methods=["GET", "POST"])
def medlem(slug: str, medlemskap_id: int) -> web.Svar:
    """One person at the actor: what they are, what they may, and changing it."""
    sida = _hamta_medlem(slug, medlemskap_id)
    form, nu = Behorighetsformular(), sida.rad.behorighet
    if not form.is_submitted():
        form.fyll(nu, service.signatur(nu))
    if not form.validate_on_submit():
        return _medlemssida(sida, form)
    efter, bygger_pa = form.behorighet(nu), form.bygger_pa.data or ""
    try:
        with _skriv() as session:
            service.andra(session, inloggad(), sida.aktor_id, medlemskap_id, efter, bygger_pa)
    except Hinder as error:
        return _forhindrad(slug, medlemskap_id, form, error)
    flash(f"Behörigheten för {sida.rad.namn} är ändrad.", "klart")
    return cast(Response, redirect(url_for("konton.anvandare", slug=slug)))


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/stang-av")
def stang_av(slug: str, medlemskap_id: int) -> web.Svar:
    """Shut the person out of this actor."""
    return _utfor(slug, medlemskap_id, service.stang_av, "{} är avstängd hos er och kommer inte in från och med nu.")


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/slapp-in")
def slapp_in(slug: str, medlemskap_id: int) -> web.Svar:
    """Let the person in again."""
    return _utfor(slug, medlemskap_id, service.slapp_in, "{} har sin behörighet hos er igen.")


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/skicka-lank")
def skicka_lank(slug: str, medlemskap_id: int) -> web.Svar:
    """Mail the invitation again, or a link to choose a new password."""
    sida = _hamta_medlem(slug, medlemskap_id)
    # Before the transaction: the tries may be counted over the network.
    if not _strypning().forsok((PER_KOD, f"lank:{medlemskap_id}")):
        return _nekad(sida, FOR_MANGA_LANKAR)

    def send(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> None:
        service.skicka_lank(session, who, aktor_id, medlemskap_id, web.settings().base_url)

    return _utfor(slug, medlemskap_id, send, "Ett brev med en länk är på väg till {}.")


@bp.route("/glomt-losenord", methods=["GET", "POST"])
@oppen
def glomt() -> web.Svar:
    """Ask for a link to choose a new password: the same answer in the same time, known address or not."""
    form, began = Glomtformular(), time.monotonic()
    if not form.validate_on_submit():
        return render_template("konton/glomt.html", form=form, skickat=False), 422 if form.is_submitted() else 200
    epost = (form.epost.data or "").lower()
    vakt, adress = _strypning(), (PER_ADRESS, f"glomt-adress:{request.remote_addr}")
    if not vakt.forsok(adress) or not vakt.forsok((PER_KOD, f"glomt:{epost}")):
        form.form_errors.append("Det har begärts för många länkar. Vänta 15 minuter och titta i skräpposten så länge.")
        svar = make_response(render_template("konton/glomt.html", form=form, skickat=False), 429)
        svar.headers["Retry-After"] = str(VANTA)
        return svar
    with web.transaction() as session:
        lankar.begar_aterstallning(session, epost, web.settings().base_url)
    time.sleep(max(0.0, MINSTA_SVARSTID - (time.monotonic() - began)))
    return render_template("konton/glomt.html", form=form, skickat=True)


@bp.route("/konto/<token>", methods=["GET", "POST"])
@oppen
def satt_losenord(token: str) -> web.Svar:
    """Choose a password by a link from a letter. To look at the page uses up nothing: mail filters follow links."""
    found = queries.find_lank(web.session(), token)
    status = queries.lankstatus(found, clock.now())
    if found is None or status is not Lankstatus.GILTIG:
        return _lank_ogiltig(status)
    lank, person = found
    form = Losenordsformular(person.epost)
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
    starta_session(oppnad.token)
    flash("Lösenordet är sparat och du är inloggad.", "klart")
    return mark_enhet(cast(Response, redirect(url_for("ytor.start"))), oppnad.epost)


# --- parts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Medlemssida:
    """What the page of one person shows; no rows of the database, so that it outlives a write."""

    aktor_id: int
    aktor_namn: str
    slug: str
    rad: queries.Anvandarrad
    sjalv: bool
    omdomen: list[Omdome]
    brev: Brevstatus | None


def _hamta_aktor(slug: str) -> Aktor:
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, service.aktor_sak(aktor))
    return aktor


def _hamta_medlem(slug: str, medlemskap_id: int) -> Medlemssida:
    aktor, now = _hamta_aktor(slug), clock.now()
    medlemskap = queries.find_medlemskap(web.session(), aktor.id, medlemskap_id)
    if medlemskap is None:
        avbryt_dold()
    rad = queries.rad_av(medlemskap, now)
    return Medlemssida(
        aktor_id=aktor.id,
        aktor_namn=aktor.namn,
        slug=slug,
        rad=rad,
        sjalv=rad.anvandare_id == inloggad().anvandare_id,
        omdomen=omdomen(subjekt_av(medlemskap), now),
        brev=senaste_brev(web.session(), rad.anvandare_id, Kanalslag.EPOST, rad.epost),
    )


Atgard = Callable[[Session, Subjekt, int, int], None]


@contextmanager
def _skriv() -> Iterator[Session]:
    """A write transaction in which a right that was lost meanwhile becomes the ordinary refusal page."""
    try:
        with web.transaction() as session:
            yield session
    except service.Otillatet as error:
        raise Nekad(error.beslut, Verb.ADMINISTRERA, error.sak) from error


def _utfor(slug: str, medlemskap_id: int, act: Atgard, klart: str) -> web.Svar:
    sida = _hamta_medlem(slug, medlemskap_id)
    try:
        with _skriv() as session:
            act(session, inloggad(), sida.aktor_id, medlemskap_id)
    except Hinder as error:
        return _nekad(sida, str(error))
    flash(klart.format(sida.rad.namn), "klart")
    return cast(Response, redirect(url_for("konton.medlem", slug=slug, medlemskap_id=medlemskap_id)))


def _nekad(sida: Medlemssida, skal: str) -> web.Svar:
    form = Behorighetsformular(formdata=None)
    form.fyll(sida.rad.behorighet, service.signatur(sida.rad.behorighet))
    form.form_errors.append(skal)
    return _medlemssida(sida, form)


def _forhindrad(slug: str, medlemskap_id: int, form: Behorighetsformular, error: Hinder) -> web.Svar:
    sida = _hamta_medlem(slug, medlemskap_id)
    form.form_errors.append(str(error))
    # What was typed stays; what it builds on becomes what the page now shows.
    form.bygger_pa.raw_data = None
    form.bygger_pa.data = service.signatur(sida.rad.behorighet)
    return _medlemssida(sida, form)


def _medlemssida(sida: Medlemssida, form: Behorighetsformular) -> tuple[str, int]:
    hinder = HINDRAR.get(sida.rad.tillstand, "")
    return render_template("konton/medlem.html", sida=sida, form=form, hinder=hinder), 422 if form.errors else 200


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


def _strypning() -> Strypning:
    return cast(Strypning, current_app.extensions["wis_strypning"])
