"""The page to be and what it corrects, for the script that shows them beside the text."""

from flask import jsonify, render_template, request

from wis import web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver
from wis.auth.rules import Verb
from wis.handelser.atkomst import hamta_handelse
from wis.underrattelser.forhandsgranskning import granska as granskning_av
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.views import bp, egen_sak, hamta_underrattelse, senaste_av


@bp.post("/handelser/<slug>/underrattelser/granska")
def granska(slug: str) -> web.Svar:
    """What stands in the form, as its readers will see it; nothing is saved. ?rattar= is what is corrected."""
    handelse, rattar, tidigare = hamta_handelse(slug), request.args.get("rattar", type=web.heltal), None
    kraver(Verb.PUBLICERA, egen_sak(handelse))
    if rattar is not None:
        underrattelse = hamta_underrattelse(rattar, Verb.PUBLICERA)
        tidigare = senaste_av(underrattelse)
        if underrattelse.handelse_id != handelse.id:
            avbryt_dold()
    ovning = handelse.ovning
    web.end_reading()
    granskning = granskning_av(Underrattelseformular(), tidigare, inloggad())
    return jsonify(html=render_template("underrattelser/_granskning.html", granskning=granskning, ovning=ovning))
