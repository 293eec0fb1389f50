"""Noting in an event, the page of an entry, and striking it."""

from flask import Blueprint, flash, redirect, render_template, url_for

from wis import datum, web
from wis.aktorer.models import Aktor
from wis.anteckningar import queries, service
from wis.anteckningar.forms import Anteckningsformular
from wis.anteckningar.models import Anteckning
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.rules import Sak, Slag, Verb
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse

bp = Blueprint("anteckningar", __name__)
DELAT = {"of": Handelse, "read": True}
"""The event is held open while something is noted in it, by any number at a time."""


@bp.post("/handelser/<slug>/anteckningar")
def anteckna(slug: str) -> web.Svar:
    """Note a line in the event; the form again, with what was typed, if it can't be."""
    handelse, form = hamta_handelse(slug), Anteckningsformular()
    aktor_id, handelse_id = inloggad().aktor_id, handelse.id
    kraver(Verb.SKRIVA, handelse.sak(Slag.EGEN_LAGESBILD, web.session().get_one(Aktor, aktor_id)))
    if not form.validate():
        return render_template("anteckningar/skriv.html", form=form, handelse=handelse, ovning=handelse.ovning), 422
    ny = form.ny_anteckning()
    with web.transaction() as session:
        current = session.get_one(Handelse, handelse_id, with_for_update=DELAT)
        egen = current.sak(Slag.EGEN_LAGESBILD, session.get_one(Aktor, aktor_id))
        blev = service.anteckna(session, kraver_nu(session, Verb.SKRIVA, egen), current, ny)
        id_, till = blev.id, None if ny.tid is None else datum.falt_av(blev.tid)
    # What is set back stands farther down: there, not at the top.
    return redirect(url_for("ytor.tidslinje", slug=slug, till=till, _anchor=f"anteckning-{id_}"))


@bp.get("/anteckningar/<int:id>")
@visbar_som
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The entry by itself, with 'Stryk' for who may."""
    anteckning = _hamta(id)
    who = inloggad()
    return render_template(
        "anteckningar/visa.html",
        anteckning=anteckning,
        struken=queries.find_struken(web.session(), id),
        far_stryka=tillgang(service.verb_for_att_stryka(who, anteckning), _egen(anteckning)),
        handelse=anteckning.handelse,
        ovning=anteckning.handelse.ovning,
    )


@bp.post("/anteckningar/<int:id>/stryk")
def stryk(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Strike the entry: it stays, and is shown as struck."""
    anteckning = _hamta(id)
    handelse_id, slug = anteckning.handelse_id, anteckning.handelse.slug
    kraver(service.verb_for_att_stryka(inloggad(), anteckning), _egen(anteckning))
    with web.transaction() as session:
        session.get_one(Handelse, handelse_id, with_for_update=DELAT)
        current = session.get_one(Anteckning, id)
        who = kraver_nu(session, service.verb_for_att_stryka(inloggad(), current), _egen(current))
        service.stryk(session, who, current)
        till = datum.falt_av(current.tid)
    flash("Anteckningen är struken. Den står kvar, överstruken.", "klart")
    return redirect(url_for("ytor.tidslinje", slug=slug, till=till, _anchor=f"anteckning-{id}"))


def _hamta(anteckning_id: int) -> Anteckning:
    """The entry, if the one who asks reads it. Raises NotFound or Nekad."""
    found = queries.find_anteckning(web.session(), anteckning_id)
    if found is None:
        avbryt_dold()
    kraver(Verb.LASA, queries.sak_for(found))
    return found


def _egen(anteckning: Anteckning) -> Sak:
    return anteckning.handelse.sak(Slag.EGEN_LAGESBILD, anteckning.aktor)
