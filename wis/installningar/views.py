"""'Utseende och språk': how a person wants pages to look, on every device."""

from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, url_for

from wis import tolk, web
from wis.auth.atkomst import las_jag, utan_roll, utseende
from wis.installningar.forms import Utseendeformular
from wis.installningar.service import valj

bp = Blueprint("installningar", __name__)
ORDLISTA = (
    ("aktör", "actor: an organisation that takes part"),
    ("händelse", "event or disturbance, with a page of its own"),
    ("läge", "state of an event: ordinarie (planned work) or aktiverat (actors called in)"),
    ("lägesbild", "situation picture, in numbered versions"),
    ("samlad lägesbild", "joint situation picture, put together from several actors'"),
    ("underrättelse", "short piece of information, sent out fast"),
    ("begäran", "request for information, with a deadline"),
    ("läsrätt", "the right to read, given by each actor"),
    ("övning", "exercise"),
    ("tjänst (TiB, KiB, RSIB)", "duty as a function that people take turns in"),
)
"""What the words that stay Swedish mean, for one who reads English."""


@bp.route("/installningar", methods=["GET", "POST"])
@utan_roll
def sida() -> web.Svar:
    """What the person has chosen, and the choices."""
    form = Utseendeformular(utseende())
    if not form.validate_on_submit():
        page = render_template("installningar/sida.html", form=form, ordlista=ORDLISTA)
        return page, 422 if form.is_submitted() else 200
    valt = form.valt
    with web.transaction() as session:
        valj(session, las_jag(session), valt)
    tolk.tala(valt.sprak)
    flash(tolk.gettext("Sparat. Det gäller på alla dina enheter."), "klart")
    return cast(Response, redirect(url_for("installningar.sida")))
