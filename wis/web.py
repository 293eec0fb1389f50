"""What every page shares: database session, CSRF, security headers, errors that people can act on."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_compress import Compress
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms.fields.core import UnboundField

from wis import clock, skydd, tolk
from wis import tx as tx_module
from wis.andringar import Raknat, rakna_om_skrivet
from wis.db import DATABASFEL, Database
from wis.settings import Settings

MAX_FORMULAR = 2 * 1024 * 1024
MAX_HELTAL = 2**31 - 1
"""The largest number that an id or a counter can be, in a column and so in an address."""
csrf = CSRFProtect()
_log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])
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
    """A write transaction on the app's database; see wis.tx. What is written is counted for the login that asks."""
    end_reading()
    inloggning_id: int | None = g.get("inloggning_id")
    with tx_module.transaction(database()) as writing:
        if inloggning_id is not None:
            rakna_om_skrivet(writing, Raknat.INLOGGNING, inloggning_id)
        yield writing


def av_sig_sjalv(environ: Mapping[str, Any]) -> bool:
    """Whether a page or a browser asks by itself (a WSGI environment): nobody need have looked."""
    return "HTTP_X_LIVE" in environ or "HTTP_X_NARVARO" in environ or "prefetch" in environ.get("HTTP_SEC_PURPOSE", "")


def end_reading() -> None:
    """Let go of what the request has read: a write follows, and must not wait for our own old snapshot."""
    reading: Session | None = g.pop("session", None)
    if reading is not None:
        reading.close()


def init_app(app: Flask) -> None:
    """Attach all of the above to the app."""
    _stall_in(app)
    Compress(app)
    app.teardown_appcontext(lambda _error: end_reading())
    app.before_request(_refuse_files)
    app.before_request(_refuse_nul)
    skydd.init_app(app, app.extensions["wis_settings"])
    app.after_request(lambda response: skydd.satt_huvuden(response, https=settings().https))
    _svara_pa_fel(app)
    tolk.init_app(app)
    app.jinja_env.filters["faltnamn"] = _faltnamn
    wis_version = metadata.version("wis")
    app.context_processor(lambda: {"demo": settings().demo, "now": clock.now(), "wis_version": wis_version})


def _stall_in(app: Flask) -> None:
    """How much is taken in, how forms are guarded, what is packed, and that they speak Swedish."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORMULAR,
        MAX_FORM_MEMORY_SIZE=MAX_FORMULAR,
        WTF_CSRF_TIME_LIMIT=None,
        # auth.atkomst asks for a login first, then check_csrf(): a form sent after the login ran out is not lost.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=True,
        WTF_I18N_ENABLED=False,
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
        COMPRESS_ALGORITHM=["br", "gzip"],
    )
    csrf.init_app(app)
    # What WTForms itself says (a choice that is not in the list, no number) in Swedish; it has the texts.
    FlaskForm.Meta.locales = ("sv",)
    app.url_map.converters["int"] = _Heltal
    app.extensions.setdefault("wis_faltnamn", {})


def _svara_pa_fel(app: Flask) -> None:
    """Every error as a page that says what to do."""
    app.register_error_handler(CSRFError, _csrf_error)
    for fel in DATABASFEL:
        app.register_error_handler(fel, _database_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _server_error)


# --- what was sent -----------------------------------------------------------------------------------------------


class _Heltal(IntegerConverter):
    """A number in an address: one that no row can have is no page of ours."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 the name in werkzeug
        kwargs.setdefault("max", MAX_HELTAL)
        super().__init__(map, *args, **kwargs)


def heltal(text: str) -> int:
    """The number, held within what a column holds; `type=` for request.args.get(). Raises ValueError for no number."""
    return max(-MAX_HELTAL, min(int(text), MAX_HELTAL))


def etiketter(*formular: type[FlaskForm]) -> dict[str, str]:
    """The labels of these forms' fields by name: for showing what was typed where the form itself is not at hand."""
    falt = ((namn, getattr(form, namn)) for form in formular for namn in dir(form))
    return {
        namn: ett.args[0]
        for namn, ett in falt
        if isinstance(ett, UnboundField) and ett.args and isinstance(ett.args[0], str)
    }


def _faltnamn(namn: str) -> str:
    """What the field is called in its form; of one that nobody has told of, its name in words."""
    kanda: dict[str, str] = current_app.extensions["wis_faltnamn"]
    return kanda.get(namn) or namn.replace("_", " ").capitalize()


# --- errors ------------------------------------------------------------------------------------------------------


def wants_json() -> bool:
    """Whether a script of ours asks (it says so), and not a person's browser."""
    return request.accept_mimetypes.best == "application/json"


def utan_databas() -> bool:
    """Whether the page that is being drawn must do without the database: it has just failed."""
    return bool(g.get("utan_databas"))


def slapp_databasen() -> None:
    """Draw what is left of this request without the database."""
    end_reading()
    g.utan_databas = True


def rita(mall: str, **varden: Any) -> str:
    """An error page; should the database fail too, the page without what its header would have asked for."""
    try:
        return render_template(mall, **varden)
    except DATABASFEL as fel:
        _log.error("an error page had to be drawn without the database: %s", type(fel).__name__)
        slapp_databasen()
        return render_template(mall, **varden)


def felsida(status: int, rubrik: str, forklaring: str, *, gor: str = "", behall: bool = False) -> Response:
    """An error page: what happened, why, what to do, in the language of the reader where there is a translation.

    `behall`: what was typed stands ready to be sent again.
    """
    rubrik, forklaring, gor = (tolk.gettext(text) if text else "" for text in (rubrik, forklaring, gor))
    if wants_json():
        svar = jsonify(fel=rubrik, forklaring=forklaring, gor=gor)
    else:
        # A foreign page must not have its own text passed off as what the person wrote, one click from being sent.
        kvar = inskickat() if behall and fran_egen_sida() else []
        if behall and not kvar:
            gor = tolk.gettext("Gå tillbaka, ladda om sidan och försök igen.")
        svar = make_response(
            rita("fel.html", status=status, rubrik=rubrik, forklaring=forklaring, gor=gor, inskickat=kvar)
        )
    svar.status_code = status
    return svar


def fran_egen_sida() -> bool:
    """Whether the browser says that the request came from one of our own pages."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return bool(origin) and urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def inskickat() -> list[tuple[str, str]]:
    """What the person sent in this form, but for secrets: pairs of name and text, in order."""
    hidden = {
        "csrf_token",
        "som_aktor",
        "losenord",
        "losenord_igen",
        "bekrafta_losenord",
        "bekrafta_kod",
        "bekrafta_passkey",
    }
    return [(name, value.replace("\0", "")) for name, value in request.form.items(multi=True) if name not in hidden]


def check_csrf() -> None:
    """Raises CSRFError for an unsafe request that does not come from a form of this login, unless a program asks."""
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect(apply_exemptions=True)


def tar_filer(view: View) -> View:
    """Mark a view as one whose form may have files in it."""
    view.tar_filer = True  # type: ignore[attr-defined]
    return view


def _refuse_files() -> Response | None:
    """What nobody takes must not be taken by mistake: files come in where they are asked for, and nowhere else."""
    if getattr(current_app.view_functions.get(request.endpoint or ""), "tar_filer", False):
        # Before anything is read. Of a single file that is too large the view says so, and keeps the text beside it.
        request.max_content_length = MAX_FORMULAR + settings().bilagor_antal * settings().bilaga_mb * 1_000_000
        return None
    if not request.files:
        return None
    return felsida(
        415,
        "Filer tas inte emot här",
        "Bilder och PDF bifogas på sidan där en lägesbild skrivs.",
        gor="Skriv eller klistra in texten i stället.",
    )


def _refuse_nul() -> Response | None:
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


def _csrf_error(_error: CSRFError) -> Response:
    return felsida(
        400,
        "Sidan behöver skickas en gång till",
        "Av säkerhetsskäl går ett formulär bara att skicka från den inloggning där det öppnades.",
        gor="Det du skrev finns kvar här nedanför. Tryck på Skicka igen.",
        behall=True,
    )


def _database_error(error: Exception) -> Response:
    orsaker = _orsaker(error)
    # Never its own words: they may hold what somebody wrote.
    slag = "; ".join(dict.fromkeys(type(orsak).__name__ for orsak in orsaker))
    full = any("disk is full" in str(orsak) or "No space left" in str(orsak) for orsak in orsaker)
    _log.error("the database refused: %s%s", slag, ", the disk is full" if full else "")
    slapp_databasen()
    forklaring = "Serverns disk är full." if full else "Databasen är upptagen eller går inte att nå."
    drift = " Säg till den som sköter driften." if full else ""
    if request.method != "POST":
        gor = f"Vänta en stund och ladda om sidan.{drift}"
        return felsida(503, "Sidan går inte att visa just nu", forklaring, gor=gor)
    return felsida(
        503,
        "Det gick inte att spara just nu",
        forklaring,
        gor="Inget är publicerat. Det du skrev finns kvar här nedanför: vänta en stund och tryck på Skicka igen."
        + drift,
        behall=True,
    )


def _orsaker(error: BaseException | None) -> list[BaseException]:
    """What the database raised, and what it had raised before: SQLite forgets the savepoint when its disk is full."""
    raised: list[BaseException] = []
    while error is not None:
        raised.append(getattr(error, "orig", None) or error)
        error = error.__context__
    return raised


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
    413: (
        "Det blev för stort",
        "Det som skickades är större än vad systemet tar emot (2 MB text).",
        "Gå tillbaka, korta texten eller välj färre filer, och försök igen.",
    ),
    429: ("För många försök", "Det har gjorts för många försök på kort tid.", "Vänta en stund och försök igen."),
}


def _http_error(error: HTTPException) -> Svar:
    if error.code is None or error.code < 400:
        return cast(Response, error.get_response())
    rubrik, forklaring, gor = _HTTP.get(error.code, ("Något gick fel", error.description or "", "Försök igen."))
    return felsida(error.code, rubrik, forklaring, gor=gor, behall=request.method == "POST" and error.code != 413)


def _server_error(_error: Exception) -> Response:
    # Whatever it was may have left the session unusable, and this page must come out.
    slapp_databasen()
    return felsida(
        500,
        "Något gick fel hos oss",
        "Felet är loggat.",
        gor="Försök igen. Händer det igen: säg till den som sköter driften och ange klockslaget.",
        behall=request.method == "POST",
    )
