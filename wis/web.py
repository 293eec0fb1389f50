"""What every page shares: database session, CSRF, security headers, errors that people can act on, Swedish filters."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from flask import Flask, Response, current_app, g, render_template, request
from flask_compress import Compress
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from wis import clock, datum
from wis import tx as tx_module
from wis.db import Database
from wis.settings import Settings

MAX_FORMULAR = 2 * 1024 * 1024
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
csrf = CSRFProtect()
_log = logging.getLogger(__name__)

Svar = str | Response | WerkzeugResponse | tuple[str, int]


def database() -> Database:
    """The database of the running app."""
    return cast(Database, current_app.extensions["wis_database"])


def settings() -> Settings:
    """The settings of the running app."""
    return cast(Settings, current_app.extensions["wis_settings"])


def session() -> Session:
    """The request's session for reads, closed when the request ends. Writes go through transaction()."""
    if "session" not in g:
        g.session = database().new_reading_session()
    return cast(Session, g.session)


@contextmanager
def transaction() -> Iterator[Session]:
    """A write transaction on the app's database; see wis.tx."""
    end_reading()
    with tx_module.transaction(database()) as writing:
        yield writing


def end_reading() -> None:
    """Let go of what the request has read: a write follows, and must not wait for our own old snapshot."""
    reading: Session | None = g.pop("session", None)
    if reading is not None:
        reading.close()


def init_app(app: Flask) -> None:
    """Attach all of the above to the app."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORMULAR,
        MAX_FORM_MEMORY_SIZE=MAX_FORMULAR,
        WTF_CSRF_TIME_LIMIT=None,
        # auth.atkomst asks for a login first, then check_csrf(): a form sent after the login ran out is not lost.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=True,
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
        COMPRESS_ALGORITHM=["br", "gzip"],
    )
    csrf.init_app(app)
    Compress(app)
    app.teardown_appcontext(lambda _error: end_reading())
    app.before_request(_refuse_nul)
    app.after_request(_security_headers)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _server_error)
    app.add_template_filter(_tid, "tid")
    app.add_template_filter(_alder, "alder")
    app.add_template_filter(_tidpunkt, "tidpunkt")
    app.add_template_filter(datum.datumtid, "datumtid")
    app.add_template_filter(datum.klockslag, "klockslag")
    app.add_template_filter(datum.falt_av, "falt_av")
    app.context_processor(lambda: {"demo": settings().demo, "now": clock.now()})


def _security_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-store")
    if settings().https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


# --- errors ------------------------------------------------------------------------------------------------------


def wants_json() -> bool:
    """Whether a script of ours asks (it says so), and not a person's browser."""
    return request.accept_mimetypes.best == "application/json"


def felsida(status: int, rubrik: str, forklaring: str, *, gor: str = "", behall: bool = False) -> tuple[str, int]:
    """An error page: what happened, why, what to do. `behall`: what was typed stands ready to be sent again."""
    if wants_json():
        return current_app.json.dumps({"fel": rubrik, "forklaring": forklaring, "gor": gor}), status
    page = render_template(
        "fel.html", rubrik=rubrik, forklaring=forklaring, gor=gor, inskickat=inskickat() if behall else []
    )
    return page, status


def inskickat() -> list[tuple[str, str]]:
    """What the person sent in this form, but for secrets: pairs of name and text, in order."""
    hidden = {"csrf_token", "som_aktor", "losenord", "losenord_igen"}
    return [(name, value.replace("\0", "")) for name, value in request.form.items(multi=True) if name not in hidden]


def check_csrf() -> None:
    """Raises CSRFError for an unsafe request that does not come from a form of this login."""
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def _refuse_nul() -> tuple[str, int] | None:
    """The character that no text has and that PostgreSQL can't store: only programs send it."""
    sent = [request.path, *request.args.values(), *request.form.values()]
    if not any("\0" in text for text in sent):
        return None
    return felsida(
        400,
        "Texten innehåller ett tecken som inte går att spara",
        "Det är tecknet NUL, som ibland följer med när man klistrar in.",
        gor="Det är borttaget här nedanför. Tryck på Skicka igen.",
        behall=request.method == "POST",
    )


def _csrf_error(_error: CSRFError) -> tuple[str, int]:
    return felsida(
        400,
        "Sidan behöver skickas en gång till",
        "Av säkerhetsskäl går ett formulär bara att skicka från den inloggning där det öppnades.",
        gor="Det du skrev finns kvar här nedanför. Tryck på Skicka igen.",
        behall=True,
    )


def _database_error(error: OperationalError) -> tuple[str, int]:
    _log.error("the database refused: %s", error.orig)
    end_reading()
    full = "disk is full" in str(error.orig) or "No space left" in str(error.orig)
    return felsida(
        503,
        "Det gick inte att spara just nu",
        "Serverns disk är full." if full else "Databasen är upptagen eller går inte att nå.",
        gor="Inget är publicerat. Det du skrev finns kvar här nedanför: vänta en stund och tryck på Skicka igen."
        + (" Säg till den som sköter driften." if full else ""),
        behall=request.method == "POST",
    )


_HTTP = {
    400: (
        "Det gick inte att förstå",
        "Webbläsaren skickade något som inte gick att tolka.",
        "Gå tillbaka och försök igen.",
    ),
    404: (
        "Sidan finns inte",
        "Antingen finns den inte, eller så är det något som du inte har läsrätt till.",
        "Kontrollera adressen. Om en kollega kan se sidan: fråga din aktörsadministratör om din behörighet.",
    ),
    405: ("Det går inte att göra så", "Adressen tar inte emot det anropet.", "Gå tillbaka och försök igen."),
    413: ("Det blev för stort", "Texten är större än vad systemet tar emot (2 MB).", "Korta texten och försök igen."),
    429: ("För många försök", "Det har gjorts för många försök på kort tid.", "Vänta en stund och försök igen."),
}


def _http_error(error: HTTPException) -> Svar:
    if error.code is None or error.code < 400:
        return cast(Response, error.get_response())
    rubrik, forklaring, gor = _HTTP.get(error.code, ("Något gick fel", error.description or "", "Försök igen."))
    return felsida(error.code, rubrik, forklaring, gor=gor, behall=request.method == "POST" and error.code != 413)


def _server_error(_error: Exception) -> tuple[str, int]:
    return felsida(
        500,
        "Något gick fel hos oss",
        "Felet är loggat.",
        gor="Försök igen. Händer det igen: säg till den som sköter driften och ange klockslaget.",
        behall=request.method == "POST",
    )


# --- filters -----------------------------------------------------------------------------------------------------


def _tid(moment: datetime) -> str:
    return datum.tid(moment, clock.now())


def _alder(moment: datetime) -> str:
    return datum.alder(moment, clock.now())


def _tidpunkt(moment: datetime) -> Markup:
    """'14:32, för 12 min sedan', with the age kept true by script."""
    iso = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}, <span data-alder>{}</span></time>').format(iso, _tid(moment), _alder(moment))
