"""The list of events, opening one and editing it. The event's own page is in wis.ytor."""

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from wtforms.fields.choices import SelectChoice

from wis import markup, web
from wis.aktorer.queries import alla_aktorer
from wis.auth.atkomst import inloggad, kraver, tillgang
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.handelser import queries, service
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.forms import Handelseformular
from wis.handelser.models import Handelse, Typ

bp = Blueprint("handelser", __name__)


def ny_handelse_sak(who: Subjekt) -> Sak:
    """What the right to open an event is judged on: it will belong to the actor one acts for."""
    return Sak(Slag.HANDELSE, who.aktor_id, agare_namn=who.aktor_namn)


@bp.get("/handelser")
def lista() -> web.Svar:
    """Every event that one may read."""
    who, session = inloggad(), web.session()
    return render_template(
        "handelser/lista.html",
        oppna=queries.handelser_for(session, who),
        stangda=queries.handelser_for(session, who, stangda=True),
        typnamn={typ.value: typ.namn for typ in Typ},
        far_oppna=tillgang(Verb.OPPNA_HANDELSE, ny_handelse_sak(who)),
    )


@bp.route("/handelser/ny", methods=["GET", "POST"])
def ny() -> web.Svar:
    """Open an event."""
    who = inloggad()
    kraver(Verb.OPPNA_HANDELSE, ny_handelse_sak(who))
    form = Handelseformular()
    form.aktorer(alla_aktorer(web.session()), who.aktor_id)
    if not form.validate_on_submit():
        form.nyckel.data = form.nyckel.data or uuid.uuid4().hex
        return render_template("handelser/redigera.html", form=form, handelse=None), 422 if form.is_submitted() else 200
    uppgifter = form.uppgifter(markup.render(form.beskrivning.data or ""))
    with web.transaction() as session:
        nyckel = form.nyckel.data or uuid.uuid4().hex
        slug = service.oppna(session, who, uppgifter, ovning=bool(form.ovning.data), nyckel=nyckel).slug
    flash("Händelsen är öppnad. Skriv er lägesbild eller en underrättelse.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


@bp.route("/handelser/<slug>/redigera", methods=["GET", "POST"])
def redigera(slug: str) -> web.Svar:
    """Change an event's title, kind, description and who reads it."""
    handelse = hamta_handelse(slug, Verb.ANDRA_HANDELSE)
    who, form = inloggad(), Handelseformular()
    form.aktorer(alla_aktorer(web.session()), handelse.agare_id)
    del form.ovning
    if handelse.staende:
        form.typ.choices = [SelectChoice(Typ.ORDINARIE.value, Typ.ORDINARIE.namn)]
    if not form.is_submitted():
        form.fyll(handelse)
    if not form.validate_on_submit():
        return render_template(
            "handelser/redigera.html", form=form, handelse=handelse
        ), 422 if form.is_submitted() else 200
    uppgifter, handelse_id = form.uppgifter(markup.render(form.beskrivning.data or "")), handelse.id
    with web.transaction() as session:
        locked = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse})
        kraver(Verb.ANDRA_HANDELSE, locked.sak())
        service.andra(session, who, locked, uppgifter)
    flash("Händelsen är ändrad.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))
