"""The forms of the log-in, and what may be said in them."""

import json
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

MAX_EPOST = 254
MAX_KOD = 40
_MAX_VAG = 2000
Parkerat = list[tuple[str, str]]


def egen_vag(text: str | None) -> str:
    """The text if it is a path on this site, else ''. Nothing that a browser may read as another site gets through."""
    vag = text or ""
    if not vag.startswith("/") or vag.startswith("//") or "\\" in vag or len(vag) > _MAX_VAG:
        return ""
    # Browsers drop tabs and line breaks before they read an address: '/\t/x' would become '//x'.
    if any(ord(tecken) <= 0x20 or ord(tecken) == 0x7F for tecken in vag):
        return ""
    try:
        delar = urlsplit(vag)
    except ValueError:
        return ""
    return "" if delar.scheme or delar.netloc else vag


def parkera(falt: Parkerat) -> str:
    """What was typed in another form, as one text to carry through the log-in."""
    return json.dumps(falt, ensure_ascii=False) if falt else ""


def las_parkerat(text: str | None) -> Parkerat:
    """The fields that parkera() packed; empty when the text is something else."""
    try:
        found = json.loads(text or "[]")
        pairs = [(namn, varde) for namn, varde in found]
    except (ValueError, TypeError, RecursionError):
        return []
    return pairs if all(isinstance(part, str) for pair in pairs for part in pair) else []


def trimmad(text: str | None) -> str:
    """The text without the blanks around it that copying brings."""
    return (text or "").strip()


def pa_en_rad(text: str | None) -> str:
    """A name: on one line, without control characters."""
    return " ".join("".join(tecken if tecken.isprintable() else " " for tecken in text or "").split())


class Inloggningsformular(FlaskForm):  # type: ignore[misc]
    """E-mail and password; `nasta` is where to go then, `parkerat` what was typed when an earlier login ran out."""

    epost = EmailField(
        "E-post",
        filters=[trimmad],
        validators=[
            DataRequired("Skriv din e-postadress."),
            Length(max=MAX_EPOST, message=f"Adressen får ha högst {MAX_EPOST} tecken."),
        ],
    )
    losenord = PasswordField("Lösenord", validators=[InputRequired("Skriv ditt lösenord.")])
    nasta = HiddenField(filters=[egen_vag])
    parkerat = TextAreaField()

    def validate_epost(self, field: EmailField) -> None:
        """It must look like an address: a password typed here by mistake must not end up in the record."""
        lokal, _, doman = (field.data or "").partition("@")
        if not lokal or not doman or any(tecken.isspace() for tecken in field.data or ""):
            raise ValidationError("Skriv hela e-postadressen, till exempel namn@kommun.se.")


class Vidareformular(FlaskForm):  # type: ignore[misc]
    """What every step of the login carries: where to go then, and what was typed when an earlier login ran out."""

    nasta = HiddenField(filters=[egen_vag])
    parkerat = TextAreaField()


class Faktorformular(Vidareformular):
    """A second factor: a code of the app, a recovery code, or what a passkey answered (by script)."""

    kod = StringField(
        "Kod från appen",
        description="De sex siffror som appen visar just nu.",
        filters=[trimmad],
        validators=[Length(max=MAX_KOD, message="Koden är för lång.")],
    )
    reservkod = StringField(
        "Reservkod",
        description="En av de tio koder som du sparade. Varje kod går att använda en gång.",
        filters=[trimmad],
        validators=[Length(max=MAX_KOD, message="Koden är för lång.")],
    )
    passkey = HiddenField()


class Uppsattningsformular(Vidareformular):
    """A second factor that is being set up: the app's first code (`ny` is its secret, sealed), or a new passkey."""

    kod = StringField(
        "Koden som appen visar",
        description="Sex siffror. De byts var 30:e sekund.",
        filters=[trimmad],
        validators=[Length(max=MAX_KOD, message="Koden är för lång.")],
    )
    ny = HiddenField()
    namn = HiddenField(filters=[pa_en_rad])
    passkey = HiddenField()
