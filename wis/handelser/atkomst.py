"""Fetching an event for a view: only if the one who asks may."""

from wis import web
from wis.auth.atkomst import avbryt_dold, kraver
from wis.auth.rules import Verb
from wis.handelser.models import Handelse
from wis.handelser.queries import find_handelse


def hamta_handelse(slug: str, verb: Verb = Verb.LASA) -> Handelse:
    """The event, in the request's read session, if the one who asks may do `verb` to it.

    Raises NotFound for what does not exist and (through kraver) what may not be known; Nekad otherwise.
    """
    handelse = find_handelse(web.session(), slug)
    if handelse is None:
        avbryt_dold()
    kraver(Verb.LASA, handelse.sak())
    if verb is not Verb.LASA:
        kraver(verb, handelse.sak())
    return handelse
