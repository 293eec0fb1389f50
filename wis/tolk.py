"""The language of the page that is being drawn: its words for templates and views, and times and numbers by it.

What is not a page (text messages, mail, paper, archives) is in Swedish.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from flask import Flask, current_app, has_request_context, request
from markupsafe import Markup

from wis import clock, datum, sprak
from wis.db import DATABASFEL
from wis.sprak import Sprak

_HAR = "wis.sprak"
"""Where in the WSGI environment the language of this request stands, once somebody has asked for it."""


def nu() -> Sprak:
    """The language of the page that is being drawn: its reader's choice, before login the browser's."""
    if not has_request_context():
        return Sprak.SV
    if _HAR not in request.environ:
        valj = cast("Callable[[], Sprak] | None", current_app.extensions.get("wis_sprakval"))
        request.environ[_HAR] = Sprak.SV if valj is None else _vald(valj)
    return cast(Sprak, request.environ[_HAR])


def _vald(valj: "Callable[[], Sprak]") -> Sprak:
    try:
        return valj()
    except DATABASFEL:
        # The page that says so must be drawn all the same; whatever needs the database fails by itself.
        return Sprak.SV


def tala(vilket: Sprak) -> None:
    """Draw what this request asks for in this language, whoever asks."""
    request.environ[_HAR] = vilket


def gettext(text: str) -> str:
    """The text in the language of the page; it must be written out where this is called."""
    return sprak.oversattning(nu()).gettext(text)


def ngettext(ett: str, flera: str, antal: int) -> str:
    """As gettext(), of one thing or of several."""
    return sprak.oversattning(nu()).ngettext(ett, flera, antal)


def oversatt(text: object) -> object:
    """A text that the code has a name for, in the language of the page. Never what a person wrote."""
    return gettext(text) if isinstance(text, str) and text and not isinstance(text, Markup) else text


def enheter(omfang: str) -> str:
    """A span of time as it was said in Swedish ('2 tim 5 min'), in the language of the page."""
    return omfang if nu() is Sprak.SV else omfang.replace("tim", "h").replace("dygn", "days")


def lang_sv() -> Markup:
    """The attribute for an element with Swedish in it, what people have written: '' on a page in Swedish."""
    return Markup("") if nu() is Sprak.SV else Markup(' lang="sv"')


def bara_svenska(miljo: Any) -> None:
    """Let templates that share parts with the pages be drawn outside of the app, in Swedish."""
    miljo.add_extension("jinja2.ext.i18n")
    miljo.policies["ext.i18n.trimmed"] = True
    miljo.install_null_translations(newstyle=True)
    for namn in ("oversatt", "enheter", "svenska"):
        miljo.filters[namn] = lambda text: text
    miljo.globals["lang_sv"] = Markup


def init_app(app: Flask) -> None:
    """Let templates say _(), {% trans %} and what is below."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(_FILTER)
    app.add_template_global(nu, "sprak")
    app.add_template_global(lang_sv, "lang_sv")


def svenska(text: object) -> object:
    """What is in Swedish whatever the language of the page, and marked as such where that is another."""
    return text if nu() is Sprak.SV else Markup('<span lang="sv">{}</span>').format(text)


# --- filters -----------------------------------------------------------------------------------------------------


def _tid(moment: datetime) -> str:
    return datum.tid(moment, clock.now(), nu())


def _alder(moment: datetime) -> str:
    return datum.alder(moment, clock.now(), nu())


def _tidpunkt(moment: datetime) -> Markup:
    """'14:32, för 12 min sedan', with the age kept true by script."""
    iso = moment.isoformat(timespec="seconds")
    # It is in English also where the words around it are not, yet.
    sprak_ = Markup("") if nu() is Sprak.SV else Markup(' lang="en"')
    html = Markup('<time datetime="{}"{}>{}, <span data-alder>{}</span></time>')
    return html.format(iso, sprak_, _tid(moment), _alder(moment))


def _datumtid(moment: datetime) -> str:
    return datum.datumtid(moment, nu())


def _tal(varde: float) -> str:
    return sprak.tal(varde, nu())


_FILTER: dict[str, Callable[..., object]] = {
    "tid": _tid,
    "alder": _alder,
    "tidpunkt": _tidpunkt,
    "datumtid": _datumtid,
    "klockslag": datum.klockslag,
    "sista_dag": datum.sista_dag,
    "falt_av": datum.falt_av,
    "tal": _tal,
    "oversatt": oversatt,
    "enheter": enheter,
    "svenska": svenska,
}
