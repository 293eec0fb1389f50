"""What the views of functions share: the blueprint, fetching a function, and who looks after it."""

from flask import Blueprint
from sqlalchemy.orm import Session

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.models import Funktion
from wis.auth.rules import Subjekt, Verb
from wis.auth.service import aktuellt_subjekt
from wis.funktioner import queries
from wis.funktioner.queries import Funktionsrad

bp = Blueprint("funktioner", __name__)


def hamta(funktion_id: int) -> Funktionsrad:
    """The function in use, for its actor's administrators and those who may go on duty as it."""
    rad = queries.find_rad(web.session(), funktion_id, clock.now())
    if rad is None:
        avbryt_dold()
    if not tillgang(Verb.ADMINISTRERA, rad.sak):
        kraver(Verb.GA_I_TJANST, rad.sak)
    return rad


def i_tjanst(who: Subjekt, funktion_id: int) -> bool:
    """Whether the person is on duty as the function now."""
    return any(tjanst.funktion_id == funktion_id for tjanst in who.i_tjanst(clock.now()))


def far_skota_nu(session: Session, funktion: Funktion) -> Subjekt:
    """Who is on duty as the locked function, or administers it; judged anew. Raises Nekad."""
    nu = aktuellt_subjekt(session, inloggad())
    if nu is not None and i_tjanst(nu, funktion.id):
        return nu
    return kraver_nu(session, Verb.ADMINISTRERA, queries.sak_av(funktion))
