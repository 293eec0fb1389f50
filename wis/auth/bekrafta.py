"""Proving once more to be the person, before what an open screen must not be enough for.

The form that was sent is drawn again with the password asked for, and goes on to where it was going: one step, and
nothing that was typed is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import InputRequired

from wis import audit, clock, web
from wis.auth import faktorer, faktorer_app, faktorer_passkey, losenord
from wis.auth.models import Anvandare
from wis.auth.service import las_inloggad
from wis.auth.strypning import EN_RAD, PER_KONTO, VANTA, Strypning

View = TypeVar("View", bound=Callable[..., Any])
GILTIG = timedelta(minutes=15)
"""For how long a proof holds."""
FALT = ("bekrafta_losenord", "bekrafta_kod", "bekrafta_passkey")
"""The fields of the proof; they go along in whatever form is sent, and no further."""


class Bekraftaformular(FlaskForm):  # type: ignore[misc]
    """The password and, for whom has a second factor, the app's code, a recovery code or what a passkey answered."""

    bekrafta_losenord = PasswordField("Ditt lösenord", validators=[InputRequired("Skriv ditt lösenord.")])
    bekrafta_kod = StringField(
        "Kod",
        description="De sex siffror som din app visar just nu, eller en av dina reservkoder.",
    )
    bekrafta_passkey = HiddenField()
    har_app = True

    def validate_bekrafta_kod(self, field: StringField) -> None:
        """Needed, unless a passkey has answered."""
        if not field.data and not self.bekrafta_passkey.data:
            app = "Skriv koden från din app, eller en reservkod."
            raise ValidationError(app if self.har_app else "Använd din passkey, eller skriv en reservkod.")

    def utan_app(self) -> None:
        """For whom has passkeys alone: the code is a recovery code."""
        self.har_app = False
        self.bekrafta_kod.label.text = "Reservkod"
        self.bekrafta_kod.description = "En av de tio koder som du sparade. Varje kod går att använda en gång."


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
        passkey_val=_passkey_val(),
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
    lage = faktorer.lage(web.session(), current_user.anvandare_id)
    if not lage.antal:
        del form.bekrafta_kod, form.bekrafta_passkey
    elif lage.app is None:
        form.utan_app()
    return form


def _passkey_val() -> str:
    """What the browser needs to answer with a passkey; '' for whom has none, or where there can't be any."""
    session, settings, id_ = web.session(), web.settings(), current_user.anvandare_id
    if not faktorer.lage(session, id_).passkeys or not faktorer_passkey.mojlig(settings):
        return ""
    return faktorer_passkey.fraga(session, settings, id_, _fraga_med(current_user.token, current_user.bekraftad))


def _fraga_med(token: str, bekraftad: datetime | None) -> str:
    """What the challenge is made from: it changes with each proof, so that what was answered once proves once."""
    return f"bekrafta:{token}:{bekraftad.isoformat() if bekraftad else ''}"


def _stammer(form: Bekraftaformular) -> bool:
    """Whether what was given is right; then the login is marked. What was wrong stands at its field."""
    anvandare_id, session = current_user.anvandare_id, web.session()
    kod = form.bekrafta_kod.data or "" if form.bekrafta_kod else ""
    hash_ = session.get_one(Anvandare, anvandare_id).losenord_hash
    koder = faktorer.oanvanda_koder(session, anvandare_id) if kod else []
    # Checking takes its time: hold no connection meanwhile.
    web.end_reading()
    ratt = losenord.stammer(hash_, form.bekrafta_losenord.data or "")
    kod_id = faktorer.matchande_kod(koder, kod) if ratt and kod else None
    with web.transaction() as skriv:
        held = _markera(skriv, form, kod_id) if ratt else False
        if not held:
            audit.record(
                skriv,
                "bekräftelse misslyckad",
                anvandare_id=anvandare_id,
                objekt=request.path,
                adress=request.remote_addr,
            )
    if not held:
        _sag_vad_som_var_fel(form, ratt)
    return held


def _sag_vad_som_var_fel(form: Bekraftaformular, ratt: bool) -> None:
    if not ratt:
        form.bekrafta_losenord.errors = ["Lösenordet stämmer inte."]
    elif form.bekrafta_passkey.data:
        form.bekrafta_kod.errors = ["Passkeyn gick inte att kontrollera. Försök igen, eller använd en kod."]
    else:
        form.bekrafta_kod.errors = ["Koden stämmer inte, eller är redan använd."]


def _markera(session: Session, form: Bekraftaformular, kod_id: int | None) -> bool:
    """Mark the login as proved, if the factor that was shown holds too. Raises InloggningOver."""
    person, inloggning = las_inloggad(session, current_user.anvandare_id, current_user.inloggning_id)
    if form.bekrafta_kod and not _faktor_stammer(session, form, person, inloggning.bekraftad, kod_id):
        return False
    inloggning.bekraftad = clock.now()
    session.flush()
    audit.record(session, "bekräftad", anvandare_id=person.id, objekt=request.path)
    return True


def _faktor_stammer(
    session: Session, form: Bekraftaformular, person: Anvandare, bekraftad: datetime | None, kod_id: int | None
) -> bool:
    """Whether it is a passkey's answer, the app's code now, or the recovery code `kod_id`; then it is used up."""
    settings, svar = web.settings(), form.bekrafta_passkey.data
    if svar:
        return faktorer_passkey.prova(session, settings, person.id, svar, _fraga_med(current_user.token, bekraftad))
    if kod_id is None:
        return faktorer_app.prova(session, settings, person.id, form.bekrafta_kod.data or "")
    return faktorer.forbruka_kod(session, person, kod_id)


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
