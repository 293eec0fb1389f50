"""Proving once more to be the person, before what an open screen must not be enough for.

The form that was sent is drawn again with the password asked for, and goes on to where it was going: one step, and
nothing that was typed is lost.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from wis import audit, clock, web
from wis.auth import faktorer, faktorer_app, losenord
from wis.auth.models import Anvandare, Inloggning
from wis.auth.strypning import EN_RAD, PER_KONTO, VANTA, Strypning

View = TypeVar("View", bound=Callable[..., Any])
GILTIG = timedelta(minutes=15)
"""For how long a proof holds."""
FALT = ("bekrafta_losenord", "bekrafta_kod")
"""The fields of the proof; they go along in whatever form is sent, and no further."""


class Bekraftaformular(FlaskForm):  # type: ignore[misc]
    """The password and, for whom has an authenticator app, its code or one of the recovery codes."""

    bekrafta_losenord = PasswordField("Ditt lösenord", validators=[InputRequired("Skriv ditt lösenord.")])
    bekrafta_kod = StringField(
        "Kod",
        description="De sex siffror som din app visar just nu, eller en av dina reservkoder.",
        validators=[InputRequired("Skriv koden från din app, eller en reservkod.")],
    )


def bekraftad() -> bool:
    """Whether the person has proved to be the person within the last quarter of an hour."""
    senast = getattr(current_user, "bekraftad", None)
    return senast is not None and senast > clock.now() - GILTIG


def kraver_bekraftad(view: View) -> View:
    """Let a form through only from a person who has just proved to be that person; a page is shown freely."""

    @wraps(view)
    def vaktad(*args: Any, **kwargs: Any) -> Any:
        if request.method in {"GET", "HEAD"} or bekraftad():
            return view(*args, **kwargs)
        hinder = _hinder()
        return view(*args, **kwargs) if hinder is None else hinder

    return cast(View, vaktad)


def kraver_bekraftad_sida(view: View) -> View:
    """As kraver_bekraftad, and the page itself is not shown before either: it says something secret."""

    @wraps(view)
    def vaktad(*args: Any, **kwargs: Any) -> Any:
        if bekraftad() or request.method not in {"GET", "HEAD"}:
            return kraver_bekraftad(view)(*args, **kwargs)
        if web.wants_json():
            return _fraga_skript()
        target = request.full_path if request.query_string else request.path
        return redirect(url_for("sessioner.bekrafta", nasta=target))

    return cast(View, vaktad)


def prova() -> web.Svar | None:
    """Check the proof that came with this request. None if it holds; else the page that asks for it, filled in."""
    form = _formular()
    if not form.validate():
        return sida(form, 422)
    nyckel = (PER_KONTO, f"bekrafta:{current_user.anvandare_id}")
    if not _strypning().forsok(nyckel):
        return _for_manga(form)
    if not _stammer(form):
        return sida(form, 422)
    _strypning().glom(nyckel)
    return None


def sida(form: FlaskForm | None = None, status: int = 403) -> web.Svar:
    """The page that asks for the proof, carrying the form that was sent."""
    page = render_template(
        "sessioner/bekrafta.html",
        form=form if form is not None else _formular(tom=True),
        # A foreign page must not have its own text passed off as what the person wrote.
        inskickat=web.inskickat() if web.fran_egen_sida() else [],
        mal=request.full_path if request.query_string else request.path,
        minuter=int(GILTIG.total_seconds() // 60),
    )
    return page, status


def _hinder() -> web.Svar | None:
    """What stands in the way of the form that was sent; None once the proof that came with it holds."""
    if web.wants_json():
        return _fraga_skript()
    return prova() if FALT[0] in request.form else sida()


def _formular(*, tom: bool = False) -> Bekraftaformular:
    form = Bekraftaformular(formdata=None) if tom else Bekraftaformular()
    if faktorer.lage(web.session(), current_user.anvandare_id).app is None:
        del form.bekrafta_kod
    return form


def _stammer(form: Bekraftaformular) -> bool:
    """Whether what was given is right; then the login is marked. What was wrong stands at its field."""
    anvandare_id, inloggning_id = current_user.anvandare_id, current_user.inloggning_id
    session, kod = web.session(), form.bekrafta_kod.data or "" if form.bekrafta_kod else None
    hash_ = session.get_one(Anvandare, anvandare_id).losenord_hash
    koder = [] if kod is None else faktorer.oanvanda_koder(session, anvandare_id)
    # Checking takes its time: hold no connection meanwhile.
    web.end_reading()
    ratt = losenord.stammer(hash_, form.bekrafta_losenord.data or "")
    kod_id = faktorer.matchande_kod(koder, kod) if ratt and kod else None
    with web.transaction() as skriv:
        if ratt and (kod is None or _kod_stammer(skriv, anvandare_id, kod, kod_id)):
            _markera(skriv, inloggning_id)
            return True
        audit.record(
            skriv, "bekräftelse misslyckad", anvandare_id=anvandare_id, objekt=request.path, adress=request.remote_addr
        )
    if ratt:
        form.bekrafta_kod.errors = ["Koden stämmer inte, eller är redan använd."]
    else:
        form.bekrafta_losenord.errors = ["Lösenordet stämmer inte."]
    return False


def _kod_stammer(session: Session, anvandare_id: int, kod: str, kod_id: int | None) -> bool:
    """Whether the code is the app's now, or the recovery code `kod_id`; then it is used up."""
    if kod_id is None:
        return faktorer_app.prova(session, web.settings(), anvandare_id, kod)
    return faktorer.forbruka_kod(session, session.get_one(Anvandare, anvandare_id), kod_id)


def _markera(session: Session, inloggning_id: int) -> None:
    inloggning = session.get_one(Inloggning, inloggning_id)
    inloggning.bekraftad = clock.now()
    session.flush()
    audit.record(session, "bekräftad", anvandare_id=inloggning.anvandare_id, objekt=request.path)


def _for_manga(form: Bekraftaformular) -> web.Svar:
    # One row per quarter: enough to see it, and nobody can fill the record by knocking.
    if _strypning().forsok((EN_RAD, f"rad:bekrafta:{current_user.anvandare_id}")):
        with web.transaction() as session:
            audit.record(
                session,
                "bekräftelse strypt",
                anvandare_id=current_user.anvandare_id,
                objekt=request.path,
                adress=request.remote_addr,
            )
    form.form_errors.append("Det har gjorts för många misslyckade försök. Vänta 15 minuter. Inget är ändrat.")
    svar = make_response(sida(form, 429))
    svar.headers["Retry-After"] = str(VANTA)
    return svar


def _fraga_skript() -> Response:
    svar = jsonify(
        fel="Bekräfta att det är du",
        forklaring="Det var mer än 15 minuter sedan du visade att det är du.",
        gor="Ladda om sidan och gör om det: då får du skriva ditt lösenord.",
        kod="bekrafta",
    )
    svar.status_code = 403
    return svar


def _strypning() -> Strypning:
    return cast(Strypning, current_app.extensions["wis_strypning"])
