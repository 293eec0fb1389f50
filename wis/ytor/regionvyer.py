"""The page of the region at a glance."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, render_template, request

from wis import clock, datum, web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.visning import visbar_som
from wis.handelser.models import Handelse, Lage
from wis.handelser.queries import handelser_for
from wis.ytor.regionen import aktuella, regionen

bp = Blueprint("region", __name__)
_FORSTA_AR = 2000


@bp.get("/regionen")
@visbar_som
def visa() -> web.Svar:
    """Functions by actors, as they are or were, in one event or in all the real ones. Exercises only by themselves."""
    handelser, vald = handelser_for(web.session(), inloggad()), request.args.get("handelse", "")
    valda = _valda(handelser, vald)
    slut, fel = _moment(request.args.get("vid", ""))
    region = regionen(web.session(), inloggad(), valda, slut)
    return render_template(
        "ytor/regionen.html",
        region=region,
        handelser=handelser,
        aktiverat=any(h.lage == Lage.AKTIVERAT for h in aktuella(handelser)),
        vald=vald,
        vid=request.args.get("vid", ""),
        fel=fel,
        ovning=any(handelse.ovning for handelse in valda),
    )


def _valda(handelser: Sequence[Handelse], vald: str) -> list[Handelse]:
    if not vald:
        return aktuella(handelser)
    return [handelse for handelse in handelser if handelse.slug == vald] or avbryt_dold()


def _moment(falt: str) -> tuple[datetime, str]:
    """The moment asked for, now if none is or it is still to come; and what is wrong with it, in Swedish."""
    now = clock.now()
    if not falt:
        return now, ""
    try:
        moment = min(datum.fran_falt(falt), now)
        # Nothing was ever published here before that, and the time before it must be a time too.
        if moment.year > _FORSTA_AR:
            return moment, ""
        return now, f"Välj en tid efter {_FORSTA_AR}."
    except (ValueError, OverflowError):
        return now, "Tiden gick inte att förstå. Skriv den som 2026-11-22 14:30, eller välj i kalendern."
