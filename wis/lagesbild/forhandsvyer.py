"""The page to be and what it changes, for the script that shows them beside the text."""

from flask import jsonify, render_template

from wis import web
from wis.auth.atkomst import inloggad
from wis.auth.rules import Verb
from wis.lagesbild import forhandsgranskning, queries
from wis.lagesbild.atkomst import hamta
from wis.lagesbild.skrivsida import formular
from wis.lagesbild.views import bp


@bp.post("/handelser/<slug>/lagesbild/<vem>/granska")
def granska(slug: str, vem: str) -> web.Svar:
    """What stands in the form, as its readers will see it; nothing is saved."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    senaste = None if mal.lagesbild is None else queries.find_senaste(web.session(), mal.lagesbild.id)
    form, namn = formular(mal), mal.namn
    underlag = forhandsgranskning.underlag(form, senaste, mal.lankar(form.text().innehall))
    # Rendering may take seconds: hold no connection meanwhile.
    web.end_reading()
    granskning = forhandsgranskning.granska(underlag, inloggad())
    return jsonify(html=render_template("lagesbild/_granskning.html", granskning=granskning, namn=namn))
