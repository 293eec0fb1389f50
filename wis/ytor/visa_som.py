"""'Visa som …': choosing whom to see pages as, the band that says so, and what is out of reach meanwhile."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth import visning
from wis.auth.atkomst import inloggad, kraver, kraver_nu, subjekt, tillgang
from wis.auth.forms import egen_vag
from wis.auth.models import Inloggning
from wis.auth.queries import anvandare_hos
from wis.auth.rules import Roll, Subjekt, Verb
from wis.auth.visning import Val

bp = Blueprint("visa_som", __name__)
OCKSA = {"visa_som.sluta", "auth.logga_ut", "static"}
"""What can be reached, besides the pages marked @visbar_som, while one sees as another."""


class Visningsformular(FlaskForm):  # type: ignore[misc]
    """Whom to see as: a person if one is chosen, else a role at an actor."""

    nasta = HiddenField(filters=[egen_vag])
    visa_aktor = SelectField("Aktör", validate_choice=False)
    visa_roll = SelectField("Roll", choices=[SelectChoice(roll.value, roll.namn) for roll in Roll])
    visa_person = SelectField("Eller en person hos er", validate_choice=False)

    def bland(self, session: Session, who: Subjekt) -> None:
        """Set what can be chosen."""
        self.visa_aktor.choices, self.visa_person.choices = aktorsval(session), personval(session, who)

    def validate_visa_aktor(self, field: SelectField) -> None:
        """One of those offered."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError("Välj en aktör i listan.")

    def validate_visa_person(self, field: SelectField) -> None:
        """None, or one of those offered."""
        if (field.data or "") not in {choice.value for choice in field.choices}:
            raise ValidationError("Välj en person i listan.")

    def val(self) -> Val:
        """What was chosen."""
        if self.visa_person.data:
            return Val(medlemskap_id=int(self.visa_person.data))
        return Val(int(self.visa_aktor.data), Roll(self.visa_roll.data))


def aktorsval(session: Session) -> list[SelectChoice]:
    """Every actor, to choose."""
    return [SelectChoice(str(aktor.id), aktor.namn) for aktor in alla_aktorer(session)]


def personval(session: Session, who: Subjekt) -> list[SelectChoice]:
    """Nobody, or one of the people at one's actor, to choose."""
    people = anvandare_hos(session, session.get_one(Aktor, who.aktor_id))
    return [SelectChoice("", "Ingen särskild"), *(SelectChoice(str(m.id), m.anvandare.namn) for m in people)]


@bp.route("/visa-som", methods=["GET", "POST"])
def valj() -> web.Svar:
    """Choose whom to see as; then the pages are so until one stops, for a quarter of an hour at most."""
    who = kraver(Verb.VISA_SOM, visning.sak_for(inloggad()))
    form = Visningsformular()
    form.bland(web.session(), who)
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.visa_aktor.data, form.visa_roll.data = str(who.aktor_id), Roll.LASARE.value
            form.nasta.data = egen_vag(request.args.get("nasta"))
        return render_template("ytor/visa_som.html", form=form), 422 if form.is_submitted() else 200
    val = form.val()
    try:
        with web.transaction() as session:
            who = kraver_nu(session, Verb.VISA_SOM, visning.sak_for(who))
            visning.borja(session, who, val)
    except LookupError:
        flash("Den du valde finns inte längre.", "fel")
        return redirect(url_for("visa_som.valj"))
    return redirect(egen_vag(form.nasta.data) or url_for("ytor.start"))


@bp.post("/visa-som/sluta")
def sluta() -> web.Svar:
    """See as oneself again."""
    who = inloggad()
    with web.transaction() as session:
        visning.sluta(session, who.betraktare or who)
    flash("Du ser sidorna som dig själv igen.", "klart")
    return redirect(egen_vag(request.form.get("nasta")) or url_for("ytor.start"))


@bp.before_app_request
def _sparr() -> web.Svar | None:
    """While one sees as another: only what is marked for it can be looked at, and nothing can be done."""
    endpoint = request.endpoint
    # First what needs no database: a page that isn't there is said not to be, and a file comes, also without one.
    if endpoint is None or endpoint in OCKSA or endpoint.startswith("halsa."):
        return None
    who = subjekt()
    if who is None or who.betraktare is None:
        return None
    view = current_app.view_functions[endpoint]
    if request.method in {"GET", "HEAD"} and getattr(view, "visbar_som", False):
        return None
    som = visning.i_ord(who, clock.now())
    return web.felsida(
        403,
        "Den här sidan visas inte som någon annan",
        f"Du visar sidor som {som}. Så länge du gör det går det bara att läsa, och bara det som är delat.",
        gor="Sluta visa först: knappen finns överst på sidan.",
        behall=request.method == "POST",
    )


# --- for the templates ---------------------------------------------------------------------------------------------


def visas_som() -> tuple[str, datetime | None, bool] | None:
    """Whom the page is drawn for, in words, when that ends, and whether the one who looks reads anything at all.

    None when it is drawn for the one who looks.
    """
    who = None if web.utan_databas() else subjekt()
    if who is None or who.betraktare is None:
        return None
    inloggning = web.session().get(Inloggning, who.inloggning_id)
    now = clock.now()
    till = None if inloggning is None else inloggning.visa_till
    return visning.i_ord(who, now), till, who.betraktare.laser_nagot(now)


def far_visa_som() -> bool:
    """Whether the page's reader may see as another."""
    who = None if web.utan_databas() else subjekt()
    return who is not None and who.betraktare is None and bool(tillgang(Verb.VISA_SOM, visning.sak_for(who)))


def visa_som_val() -> tuple[Sequence[SelectChoice], Sequence[SelectChoice], Sequence[SelectChoice]]:
    """Actors, roles and people to choose among, for the part of a writing page."""
    session = web.session()
    roller = [SelectChoice(roll.value, roll.namn) for roll in Roll]
    return aktorsval(session), roller, personval(session, inloggad())


for _global in (visas_som, far_visa_som, visa_som_val):
    bp.add_app_template_global(_global)
