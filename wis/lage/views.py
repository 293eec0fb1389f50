"""Changing an event's läge, closing it, opening it again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import clock, web
from wis.auth.atkomst import kraver_nu
from wis.auth.rules import Verb
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse, Lage
from wis.handelser.rules import Avslag
from wis.lage import service
from wis.lage.forms import Lagesformular
from wis.notiser.models import Notisslag
from wis.notiser.queries import mottagaroversikt

bp = Blueprint("lage", __name__)


@bp.route("/handelser/<slug>/lage", methods=["GET", "POST"])
def andra(slug: str) -> web.Svar:
    """Decide about an event, with a reason."""
    handelse = hamta_handelse(slug, Verb.ANDRA_LAGE)
    form = Lagesformular()
    form.mojliga(handelse)
    if not form.is_submitted():
        form.bradskande.data = handelse.lage == Lage.ORDINARIE and handelse.stangd is None
    elif form.validate():
        handelse_id = handelse.id
        try:
            with web.transaction() as session:
                locked = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "key_share": True})
                who = kraver_nu(session, Verb.ANDRA_LAGE, locked.sak())
                service.besluta(session, who, locked, form.kommando(avisera=request.form.get("handling") != "tyst"))
        except Avslag as avslag:
            form.beslut.errors = [*form.beslut.errors, str(avslag)]
        else:
            flash("Beslutet är loggat.", "klart")
            return redirect(url_for("ytor.handelse", slug=slug))
        handelse = hamta_handelse(slug, Verb.ANDRA_LAGE)
        form.mojliga(handelse)
    oversikt = mottagaroversikt(web.session(), handelse, Notisslag.LAGE, clock.now())
    page = render_template("lage/andra.html", form=form, handelse=handelse, oversikt=oversikt, ovning=handelse.ovning)
    return page, 422 if form.is_submitted() else 200
