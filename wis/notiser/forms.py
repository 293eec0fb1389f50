"""The forms of 'Mina notiser': a number, an address, a code, and quiet hours. The grid of choices is in rutnat."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, StringField, TelField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import TimeInput

from wis.notiser.models import Tystnad

# What can receive an SMS: in many countries a number does not tell whether it is a mobile.
_MOBILA = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
}
_KLOCKSLAG = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def mobilnummer(_form: FlaskForm, falt: Field) -> None:
    """Validator: a number that an SMS can go to; it becomes E.164. Raises ValidationError."""
    try:
        tolkat = phonenumbers.parse(falt.data or "", "SE")
    except phonenumbers.NumberParseException:
        raise ValidationError("Skriv ett mobilnummer, till exempel 070-123 45 67.") from None
    if not phonenumbers.is_valid_number(tolkat):
        raise ValidationError("Numret finns inte. Kontrollera siffrorna, till exempel 070-123 45 67.")
    if phonenumbers.number_type(tolkat) not in _MOBILA:
        raise ValidationError("Det är inget mobilnummer, så sms går inte att skicka dit.")
    falt.data = phonenumbers.format_number(tolkat, phonenumbers.PhoneNumberFormat.E164)


def epostadress(_form: FlaskForm, falt: Field) -> None:
    """Validator: a whole address; it becomes its canonical form. Raises ValidationError."""
    try:
        # A reserved name is refused by default; the demo and the tests live on .example, and delivery tells anyway.
        giltig = validate_email(
            (falt.data or "").strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise ValidationError("Skriv en hel e-postadress, till exempel namn@kommun.se.") from None
    falt.data = giltig.ascii_email or giltig.normalized


class Nummerformular(FlaskForm):  # type: ignore[misc]
    """A mobile number; `adress.data` is E.164 once it has been validated."""

    adress = TelField(
        "Mobilnummer",
        id="sms-adress",
        description="Dit skickas sms, först en kod som visar att numret är ditt.",
        validators=[InputRequired("Skriv ditt mobilnummer."), mobilnummer],
    )


class Adressformular(FlaskForm):  # type: ignore[misc]
    """An e-mail address."""

    adress = EmailField(
        "E-postadress",
        id="epost-adress",
        description="Dit skickas e-post, först en kod som visar att adressen är din.",
        validators=[
            InputRequired("Skriv din e-postadress."),
            Length(max=200, message="Adressen är för lång."),
            epostadress,
        ],
    )


class Kodformular(FlaskForm):  # type: ignore[misc]
    """The code that came."""

    kod = StringField("Kod, sex siffror", validators=[InputRequired("Skriv koden som du har fått.")])

    def validate_kod(self, falt: Field) -> None:
        """Digits, with the spaces that people put between them."""
        falt.data = "".join((falt.data or "").split())
        if not re.fullmatch(r"[0-9]{6}", falt.data):
            raise ValidationError("Koden är sex siffror.")


class Tystnadsformular(FlaskForm):  # type: ignore[misc]
    """Quiet hours; the grid of choices in the same form is read by wis.notiser.rutnat."""

    tyst_fran = StringField("Tyst från", widget=TimeInput())
    tyst_till = StringField("Tyst till", widget=TimeInput())

    def validate_tyst_till(self, falt: Field) -> None:
        """Two times or none, and not the same."""
        fran, till = ((delfalt.data or "").strip() for delfalt in (self.tyst_fran, falt))
        if any(tid and not _KLOCKSLAG.fullmatch(tid) for tid in (fran, till)):
            raise ValidationError("Skriv klockslagen med fyra siffror, till exempel 22:00.")
        if bool(fran) != bool(till):
            raise ValidationError("Fyll i båda klockslagen, eller inget av dem.")
        if fran and fran == till:
            raise ValidationError("De tysta timmarna börjar och slutar samtidigt. Ändra det ena klockslaget.")

    def fyll(self, tystnad: Tystnad | None) -> None:
        """Show what is kept."""
        if tystnad is not None:
            self.tyst_fran.data, self.tyst_till.data = tystnad.fran, tystnad.till

    def tysta_timmar(self) -> tuple[str, str] | None:
        """What was filled in, as 'HH:MM', or None."""
        fran, till = ((delfalt.data or "").strip() for delfalt in (self.tyst_fran, self.tyst_till))
        return (fran, till) if fran and till else None
