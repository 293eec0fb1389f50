"""'Mitt konto': one's own logins and password, proving to be oneself, and going on when a role has ended."""

from typing import cast

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user, login_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, ValidationError
from wtforms.validators import InputRequired

from wis import clock, web
from wis.auth import bekrafta as bekraftan
from wis.auth import losenord, queries
from wis.auth import sessioner_service as service
from wis.auth.atkomst import ladda_inloggad, las_jag, utan_roll, vilotid
from wis.auth.forms import Parkerat, egen_vag, las_parkerat, parkera
from wis.auth.models import Anvandare, Medlemskap

bp = Blueprint("sessioner", __name__)


class BytLosenordsformular(FlaskForm):  # type: ignore[misc]
    """A new password, twice."""

    losenord = PasswordField(
        "Nytt lösenord",
        description=f"Minst {losenord.MINSTA_LANGD} tecken. Fyra slumpvisa ord är lätta att minnas.",
        validators=[InputRequired("Skriv ett nytt lösenord.")],
    )
    losenord_igen = PasswordField("Samma lösenord igen", validators=[InputRequired("Skriv lösenordet en gång till.")])

    def __init__(self, personligt: list[str]) -> None:
        super().__init__()
        self._personligt = personligt

    def validate_losenord(self, field: PasswordField) -> None:
        """Hard to guess, also for one who knows the person."""
        problem = losenord.brist(field.data or "", self._personligt)
        if problem is not None:
            raise ValidationError(problem)

    def validate_losenord_igen(self, field: PasswordField) -> None:
        """The same twice: nothing shows what was typed."""
        if self.losenord.data and field.data != self.losenord.data:
            raise ValidationError("De två lösenorden är inte lika. Skriv dem igen.")


# --- logins ----------------------------------------------------------------------------------------------------------


@bp.get("/mitt-konto/inloggningar")
@utan_roll
def inloggningar() -> web.Svar:
    """Where one is logged in."""
    rader = queries.inloggningar_for(web.session(), current_user.anvandare_id, clock.now(), vilotid())
    return render_template("sessioner/inloggningar.html", rader=rader, denna=current_user.inloggning_id)


@bp.post("/mitt-konto/inloggningar/<int:inloggning_id>/avsluta")
@utan_roll
def avsluta(inloggning_id: int) -> web.Svar:
    """End one of one's logins; this one too, which is to log out."""
    with web.transaction() as session:
        las_jag(session)
        ended = service.avsluta_egen(session, current_user.anvandare_id, inloggning_id)
    flash("Inloggningen är avslutad." if ended else "Den inloggningen var redan avslutad.", "klart")
    return cast(Response, redirect(url_for("sessioner.inloggningar")))


@bp.post("/mitt-konto/inloggningar/avsluta-andra")
@utan_roll
def avsluta_andra() -> web.Svar:
    """End every login but this one."""
    with web.transaction() as session:
        las_jag(session)
        antal = service.avsluta_andra(session, current_user.anvandare_id, current_user.inloggning_id)
    flash(f"Du är utloggad överallt utom här ({antal} avslutade).", "klart")
    return cast(Response, redirect(url_for("sessioner.inloggningar")))


# --- the password ----------------------------------------------------------------------------------------------------


@bp.route("/mitt-konto/losenord", methods=["GET", "POST"])
@utan_roll
@bekraftan.kraver_bekraftad_sida
def byt_losenord() -> web.Svar:
    """Choose another password."""
    session, anvandare_id = web.session(), current_user.anvandare_id
    person = session.get_one(Anvandare, anvandare_id)
    form = BytLosenordsformular(queries.personligt(session, person))
    if not form.validate_on_submit():
        page = render_template("sessioner/losenord.html", form=form, epost=person.adress)
        return page, 422 if form.is_submitted() else 200
    # Hashing takes its time: hold no connection meanwhile.
    web.end_reading()
    hash_ = losenord.hasha(form.losenord.data or "")
    with web.transaction() as skriv:
        antal = service.byt_losenord(skriv, anvandare_id, current_user.inloggning_id, hash_)
    flash(f"Lösenordet är bytt. Du är utloggad överallt utom här ({antal} avslutade).", "klart")
    return cast(Response, redirect(url_for("sessioner.inloggningar")))


# --- proving to be oneself -------------------------------------------------------------------------------------------


@bp.route("/mitt-konto/bekrafta", methods=["GET", "POST"])
@utan_roll
def bekrafta() -> web.Svar:
    """Prove to be oneself, before a page that says something secret."""
    if request.method == "POST":
        hinder = bekraftan.prova()
        if hinder is not None:
            return hinder
    elif not bekraftan.bekraftad():
        return bekraftan.sida(status=200)
    return cast(Response, redirect(egen_vag(request.args.get("nasta")) or url_for("auth.logga_in")))


# --- a role that has ended -------------------------------------------------------------------------------------------


@bp.route("/mitt-konto/roll", methods=["GET", "POST"])
@utan_roll
def roll() -> web.Svar:
    """Go on as something else, when the role that one acted by has ended."""
    nasta = egen_vag(request.values.get("nasta"))
    if request.method == "GET":
        return redirect(nasta or url_for("auth.logga_in")) if current_user.subjekt else rollsida(nasta, [], 200)
    try:
        with web.transaction() as session:
            valt = request.form.get("medlemskap", 0, type=web.heltal)
            service.valj_roll(session, current_user.anvandare_id, current_user.inloggning_id, valt)
    except LookupError:
        return rollsida(nasta, _parkerat(), 403)
    # The person was loaded with the role that had ended.
    login_user(ladda_inloggad(current_user.token))
    parkerat = _parkerat()
    if parkerat and nasta:
        return render_template("sessioner/skicka_igen.html", inskickat=parkerat, mal=nasta)
    return redirect(nasta or url_for("ytor.start"))


def upphord() -> web.Svar:
    """What is answered to one whose role has ended: the choice of another, with what was typed; or that there is none.

    A form that was sent is kept, and can be sent again as what one then is.
    """
    if web.wants_json():
        return _upphord_for_skript()
    if request.method == "GET" and _giltiga():
        target = request.full_path if request.query_string else request.path
        return redirect(url_for("sessioner.roll", nasta=target))
    kvar = web.inskickat() if request.method == "POST" and web.fran_egen_sida() else []
    return rollsida(request.path if request.method == "POST" else "", kvar, 403)


def rollsida(nasta: str, parkerat: Parkerat, status: int) -> web.Svar:
    """The page that says what has ended, and offers what is left."""
    page = web.rita(
        "sessioner/roll.html",
        upphord=_upphord_namn(),
        giltiga=_giltiga(),
        nasta=nasta,
        parkerat=parkera(parkerat),
        inskickat=parkerat,
    )
    return page, status


def _parkerat() -> Parkerat:
    return las_parkerat(request.form.get("parkerat")) if web.fran_egen_sida() else []


def _giltiga() -> list[Medlemskap]:
    return queries.giltiga_medlemskap(web.session(), current_user.anvandare_id, clock.now())


def _upphord_namn() -> str:
    """What has ended, in words; '' if there never was anything."""
    forra = queries.find_upphord(web.session(), current_user.inloggning_id)
    if forra is None:
        return ""
    return f"{'Din tid som gäst' if forra.gast_handelse_id else 'Din roll'} hos {forra.aktor.namn} har upphört"


def _upphord_for_skript() -> Response:
    svar = jsonify(
        fel=_upphord_namn() or "Du har ingen behörighet just nu",
        forklaring="Inget är sparat.",
        gor="Ladda om sidan: där väljer du vad du fortsätter som. Det du skrivit finns kvar.",
        kod="roll_upphord",
    )
    svar.status_code = 403
    return svar
