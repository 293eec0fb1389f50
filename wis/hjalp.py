"""The help page (the keys, and what the words on the page for writing mean), and the accessibility statement."""

import re
from functools import cache

from flask import Blueprint, render_template

from wis import markup, web
from wis.auth.atkomst import oppen
from wis.settings import PROJECT_ROOT

bp = Blueprint("hjalp", __name__)
_FORTSATTNING = re.compile(r"(?<=\S)\n {0,2}(?=[^\s|#>-])")
"""Where a line of a paragraph goes on: what people write breaks there, a document of ours does not."""


@bp.get("/hjalp")
@oppen
def sida() -> web.Svar:
    """The same text that scripts show on the page where one is. It tells nothing of anybody's."""
    return render_template("hjalp/hjalp.html")


@bp.get("/tillganglighet")
@oppen
def tillganglighet() -> web.Svar:
    """The accessibility statement that the law asks for, as it stands in docs, and whom to tell of what fails."""
    return render_template("hjalp/tillganglighet.html", text=_redogorelsen(), kontakt=web.settings().kontakt)


@cache
def _redogorelsen() -> str:
    text = (PROJECT_ROOT / "docs" / "tillganglighet.md").read_text(encoding="utf-8")
    # The page has its own heading, and what people write begins two below one.
    html = markup.render(_FORTSATTNING.sub(" ", text.partition("\n")[2]))
    return html.replace("<h3>", "<h2>").replace("</h3>", "</h2>")
