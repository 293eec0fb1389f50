"""The help page: the keys, and what the words on the page for writing mean."""

from flask import Blueprint, render_template

from wis import web
from wis.auth.atkomst import oppen

bp = Blueprint("hjalp", __name__)


@bp.get("/hjalp")
@oppen
def sida() -> web.Svar:
    """The same text that scripts show on the page where one is. It tells nothing of anybody's."""
    return render_template("hjalp/hjalp.html")
