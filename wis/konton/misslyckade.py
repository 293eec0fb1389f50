"""The page of failed logins, for an actor's administrators."""

from flask import Blueprint, render_template

from wis import clock, web
from wis.aktorer.queries import find_aktor
from wis.auth.atkomst import avbryt_dold, kraver
from wis.auth.rules import Verb
from wis.konton import inloggningsforsok
from wis.konton.queries import ids_i_kraft
from wis.konton.service import aktor_sak

bp = Blueprint("misslyckade", __name__)


@bp.get("/aktorer/<slug>/misslyckade")
def visa(slug: str) -> web.Svar:
    """Who has tried to log in as the actor's people and failed, the last 30 days."""
    session, now = web.session(), clock.now()
    aktor = find_aktor(session, slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, aktor_sak(aktor))
    return render_template(
        "sessioner/misslyckade.html",
        aktor=aktor,
        funna=inloggningsforsok.misslyckade(session, ids_i_kraft(session, aktor.id, now), now),
        dagar=inloggningsforsok.TILLBAKA.days,
        flest=inloggningsforsok.FLEST,
    )
