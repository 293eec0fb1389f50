"""Who is asking, and may they: the Flask side of rules.can(). Every route asks for a login unless marked @oppen."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar, cast

from flask import Flask, Response, current_app, g, jsonify, redirect, request, url_for
from flask import session as kaka
from flask_login import LoginManager, UserMixin, current_user, logout_user
from sqlalchemy.orm import Session

from wis import audit, clock, web
from wis.auth import aktivitet, queries, visning
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.inloggningsfraga import find_inloggning
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb, can
from wis.auth.service import InloggningOver, aktuellt_subjekt, las_inloggad, token_hash
from wis.auth.sessioner_service import GLES, Spar
from wis.auth.strypning import EN_NEKAD, Strypning
from wis.auth.vem_fragar import Behorighet, LastInloggning
from wis.db import DATABASFEL
from wis.settings import Settings
from wis.sprak import Sprak
from wis.tx import transaction
from wis.utseende import VANLIGT, Utseende

View = TypeVar("View", bound=Callable[..., Any])
_log = logging.getLogger(__name__)
login_manager = LoginManager()
_LAST = "last_inloggning"
"""Where a session keeps what the request began by reading of who asks, as long as nothing has been written."""


@dataclass(frozen=True)
class InloggadAnvandare(UserMixin):  # type: ignore[misc]
    """What Flask-Login holds: the token of the login row, and for whom it acts."""

    token: str
    anvandare_id: int
    inloggning_id: int
    subjekt: Subjekt | None
    bekraftad: datetime | None = None
    utseende: Utseende = VANLIGT

    def get_id(self) -> str:
        """What goes into the signed cookie: a random token, worthless once the login has ended."""
        return self.token


class Nekad(Exception):
    """Raised by kraver(): becomes a page that says why and who can grant it, or 404 for what must stay unknown."""

    def __init__(self, beslut: Beslut, verb: Verb, sak: Sak, vad: str = "") -> None:
        super().__init__(beslut.skal)
        self.beslut, self.verb, self.sak = beslut, verb, sak
        # What they may not, in the words of the page; else the verb's.
        self.vad = vad or verb.value


def inte_rott(tlp: str, sak: Sak, vad: str) -> None:
    """Raises Nekad for what is labelled TLP:RED: it leaves the system in no form. `vad`: what was asked for."""
    if tlp == Tlp.RED:
        skal = "Detta är märkt TLP:RED: inget av innehållet lämnar systemet."
        hos = sak.agare_namn or "den som äger det"
        vem = f"En talesperson hos {hos} kan publicera en version med en annan märkning."
        raise Nekad(Beslut(tillatet=False, skal=skal, vem_kan=vem), Verb.LASA, sak, vad)


def oppen(view: View) -> View:
    """Mark a view as open to everyone, logged in or not."""
    view.oppen = True  # type: ignore[attr-defined]
    return view


def utan_roll(view: View) -> View:
    """Mark a view as for everyone who is logged in, also one whose every role has ended."""
    view.utan_roll = True  # type: ignore[attr-defined]
    return view


def subjekt() -> Subjekt | None:
    """Who is asking and for which actor; None if not logged in or nothing in force anywhere."""
    return cast("Subjekt | None", getattr(current_user, "subjekt", None))


def utseende() -> Utseende:
    """How the one who asks wants pages to look; of one who has not logged in only the language, as the browser says."""
    vald: Utseende | None = getattr(current_user, "utseende", None)
    if vald is not None:
        return vald
    # 'sv-SE' before 'en': werkzeug's best_match() would take the one that is written as we write it.
    vill = (vilket.partition("-")[0].lower() for vilket, hur in request.accept_languages if hur)
    return Utseende(sprak=next((Sprak(ett) for ett in vill if ett in list(Sprak)), Sprak.SV))


def inloggad() -> Subjekt:
    """As subjekt(), where the gate has seen to it that there is one: in a view that is not open. Else RuntimeError."""
    who = subjekt()
    if who is None:
        raise RuntimeError("no one is logged in: is the view open?")
    return who


def tillgang(verb: Verb | str, sak: Sak) -> Beslut:
    """can() for the one who asks, now. Templates may name the verb as in Verb ('PUBLICERA')."""
    return can(subjekt(), verb if isinstance(verb, Verb) else Verb[verb], sak, clock.now())


def kraver(verb: Verb, sak: Sak) -> Subjekt:
    """The subject, if it may do this. Raises Nekad otherwise."""
    beslut = tillgang(verb, sak)
    if not beslut:
        raise Nekad(beslut, verb, sak)
    return inloggad()


def inloggad_nu(session: Session) -> Subjekt:
    """As inloggad(), by what the database says within a write transaction.

    Raises Nekad when the login or the membership has ended meanwhile.
    """
    who = inloggad()
    nu = aktuellt_subjekt(session, who)
    if nu is None:
        sak = Sak(Slag.AKTOR, who.aktor_id, agare_namn=who.aktor_namn)
        raise Nekad(_upphord(who, sak), Verb.LASA, sak)
    return nu


def kraver_nu(session: Session, verb: Verb, sak: Sak) -> Subjekt:
    """As kraver(), judged within a write transaction on what the database says there, not on what the request began by.

    Raises Nekad, also when the login or the membership has ended meanwhile.
    """
    who = inloggad()
    nu = aktuellt_subjekt(session, who)
    if nu is None:
        raise Nekad(_upphord(who, sak), verb, sak)
    beslut = can(nu, verb, sak, clock.now())
    if not beslut:
        raise Nekad(beslut, verb, sak)
    return nu


def las_jag(session: Session) -> Anvandare:
    """First in a transaction that changes the own account: the person, locked. Raises InloggningOver, which asks for
    a login."""
    return las_inloggad(session, current_user.anvandare_id, current_user.inloggning_id)[0]


def _upphord(who: Subjekt, sak: Sak) -> Beslut:
    return Beslut(
        tillatet=False,
        skal=f"Din inloggning eller din behörighet hos {who.aktor_namn} har upphört.",
        vem_kan=f"Aktörsadministratören hos {who.aktor_namn}. Har du loggat ut: logga in igen.",
        dold=sak.lasande_aktorer() is not None,
    )


def init_app(app: Flask) -> None:
    """Attach login handling and the gate to the app."""
    app.config.update(
        SESSION_COOKIE_NAME=web_settings(app).kaknamn,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=web_settings(app).https,
    )
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.user_loader(ladda_inloggad)
    app.before_request(_gate)
    app.after_request(_anteckna_aktivitet)
    app.register_error_handler(Nekad, _nekad)
    app.register_error_handler(InloggningOver, _over)
    app.add_template_global(agerar_for)
    app.extensions["wis_sprakval"] = lambda: utseende().sprak
    app.context_processor(lambda: {"subjekt": subjekt(), "tillgang": tillgang, "andra_medlemskap": andra_medlemskap})


def web_settings(app: Flask) -> Settings:
    """The app's settings, outside a request."""
    return cast(Settings, app.extensions["wis_settings"])


def vilotid() -> timedelta:
    """For how long a login may lie unused before it ends."""
    return timedelta(seconds=web.settings().session_vilotid)


def andra_medlemskap() -> Sequence[Medlemskap | Behorighet]:
    """Everything that the person may act as, for the switcher in the header."""
    who = None if web.utan_databas() else subjekt()
    if who is None:
        return []
    session = web.session()
    lasta = session.info.get(_LAST)
    if isinstance(lasta, LastInloggning) and lasta.anvandare_id == who.anvandare_id:
        return lasta.behorigheter
    return queries.giltiga_medlemskap(session, who.anvandare_id, clock.now())


def behorighet(medlemskap_id: int) -> Behorighet | None:
    """The membership as the request began by reading it; None if it is not the person's own, or must be read anew."""
    lasta = web.session().info.get(_LAST)
    egna = lasta.behorigheter if isinstance(lasta, LastInloggning) else ()
    return next((en for en in egna if en.id == medlemskap_id), None)


def ladda_inloggad(token: str) -> InloggadAnvandare | None:
    """The person behind the token, acting for one actor; None once the login has ended or the account is shut.

    None as well while an error page is drawn because the database has failed.
    """
    if web.utan_databas():
        return None
    session, now = web.session(), clock.now()
    inloggning = find_inloggning(session, token_hash(token), now, vilotid())
    if inloggning is None:
        return None
    session.info[_LAST] = inloggning
    who = queries.find_subjekt(session, inloggning, now)
    if who is not None:
        who = visning.visat(session, inloggning, who, now)
    g.inloggning_id = inloggning.id
    if now - (inloggning.senast_aktiv or inloggning.skapad) >= GLES:
        g.anvand_inloggning = inloggning.id
    return InloggadAnvandare(
        token, inloggning.anvandare_id, inloggning.id, who, inloggning.bekraftad, inloggning.utseende
    )


def _anteckna_aktivitet(svar: Response) -> Response:
    """Write down that the login is in use. A page that fetches itself again is nobody's doing, and doesn't count."""
    inloggning_id = g.pop("anvand_inloggning", None)
    if inloggning_id is None or web.av_sig_sjalv(request.environ) or web.utan_databas():
        return svar
    spar = Spar(request.remote_addr or "", enhetsnamn(request.headers.get("User-Agent", "")))
    # The page is done: it neither waits for the note nor fails by it.
    web.end_reading()
    aktivitet.anteckna(web.database(), inloggning_id, spar)
    return svar


def _gate() -> web.Svar | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    is_open = getattr(view, "oppen", False)
    if not is_open and not current_user.is_authenticated:
        return _till_inloggning()
    web.check_csrf()
    if is_open:
        return None
    if subjekt() is None:
        return None if getattr(view, "utan_roll", False) else _roll_upphord()
    return _bytt_aktor()


def _roll_upphord() -> web.Svar:
    """Never go on as something else unasked: what was meant for one actor must not be done for another."""
    from wis.auth.sessioner import upphord  # the view imports this module

    return upphord()


def _bytt_aktor() -> web.Svar | None:
    """Stop a form that was opened when one acted for another actor: what it says must not be said by the wrong one."""
    meant = request.form.get("som_aktor", "") if request.method == "POST" else ""
    who = subjekt()
    # Shown as another: nothing is done then, and wis.ytor.visa_som says why.
    if who is None or who.betraktare is not None or meant in {"", str(who.aktor_id)}:
        return None
    forklaring = f"Formuläret öppnades när du agerade för en annan aktör. Nu agerar du för {who.aktor_namn}."
    if web.wants_json():
        svar = jsonify(fel="Du har bytt aktör.", forklaring=forklaring, aktor=who.aktor_namn, kod="bytt_aktor")
        svar.status_code = 409
        return svar
    return web.felsida(
        409,
        "Du har bytt aktör",
        forklaring,
        gor=f"Inget är sparat. Skicka igen gör det för {who.aktor_namn}; vill du inte det, byt tillbaka överst först.",
        behall=True,
    )


def glom_sidor(svar: Response) -> Response:
    """The answer, by which the browser lets go of the pages that it has kept. Over http browsers don't heed it."""
    # The next one at this computer must not find them.
    if web.settings().https:
        svar.headers["Clear-Site-Data"] = '"cache"'
    return svar


def agerar_for() -> str:
    """The id of the actor that one acts for, for the hidden field of a form; '' if not logged in."""
    who = subjekt()
    return "" if who is None else str(who.aktor_id)


def _till_inloggning() -> web.Svar:
    """Ask for a login, and keep what was typed: a form from our own page is not lost though the login has run out."""
    if web.wants_json():
        return web.felsida(
            401, "Du är utloggad", "Inloggningen har gått ut.", gor="Logga in igen. Det du skrivit finns kvar."
        )
    if request.method == "GET":
        target = request.full_path if request.query_string else request.path
        svar = cast(Response, redirect(url_for("auth.logga_in", nasta=target)))
        # A login that has ended leaves its cookie, and what it has read.
        return glom_sidor(svar) if "_user_id" in kaka else svar
    if not web.fran_egen_sida():
        return cast(Response, redirect(url_for("auth.logga_in")))
    g.parkerat = web.inskickat()
    from wis.auth.views import inloggningssida  # the view imports this module

    return inloggningssida(nasta=request.path, parkerat=g.parkerat, status=401)


def _over(_fel: InloggningOver) -> web.Svar:
    """The login ended while the request waited: nothing is changed, and a login is asked for as of anybody."""
    logout_user()
    return _till_inloggning()


def _nekad(nekad: Nekad) -> web.Svar:
    _anteckna(nekad)
    if nekad.beslut.dold:
        # As for what does not exist, to the letter.
        rubrik, forklaring, gor = web._HTTP[404]
        return web.felsida(404, rubrik, forklaring, gor=gor, behall=request.method == "POST")
    if web.wants_json():
        return web.felsida(403, "Du får inte göra detta", nekad.beslut.skal, gor=nekad.beslut.vem_kan)
    inskickat = web.inskickat() if request.method == "POST" and web.fran_egen_sida() else []
    return web.rita("nekad.html", beslut=nekad.beslut, vad=nekad.vad, inskickat=inskickat), 403


def _anteckna(nekad: Nekad) -> None:
    """Record the refusal, once a minute for each person and address. It stands whether it can be recorded or not."""
    who = subjekt()
    # The one who in truth looks, also when the page is shown as another sees it.
    who = (who.betraktare or who) if who else None
    vem = (who.anvandare_id, who.aktor_id) if who else (None, None)
    strypning = cast(Strypning, current_app.extensions["wis_strypning"])
    nyckel = (EN_NEKAD, f"nekad:{vem[0]}:{nekad.verb.name}:{request.path}")
    try:
        if not strypning.forsok(nyckel):
            return
        # Not by web.transaction(): nothing that anybody is shown has changed, and it is not counted.
        web.end_reading()
        with transaction(web.database()) as session:
            audit.record(
                session,
                "nekad",
                anvandare_id=vem[0],
                aktor_id=vem[1],
                objekt=request.path,
                verb=nekad.verb.value,
                skal=nekad.beslut.skal,
            )
    except DATABASFEL:
        # It was never written: the next one within the minute must be.
        strypning.glom(nyckel)
        _log.exception("a refusal could not be recorded: %s of %s", nekad.verb.value, request.path)


def avbryt_dold() -> NoReturn:
    """Answer 404 for what does not exist, exactly as for what may not be known."""
    from werkzeug.exceptions import NotFound

    raise NotFound
