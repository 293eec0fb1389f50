"""Forms about accounts."""

from datetime import date, datetime

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from wis.auth.forms import MAX_EPOST, pa_en_rad, trimmad
from wis.auth.losenord import MINSTA_LANGD, STORSTA_LANGD, brist
from wis.auth.rules import Roll
from wis.datum import sista_dag, slutet_av
from wis.konton.rules import MAX_MOTIVERING, UTAN_MOTIVERING, Behorighet, normal_epost

MAX_NAMN = 100
INGEN = "ingen"
_ROLLER = [
    *(SelectChoice(roll.value, f"{roll.namn.capitalize()}: {roll.innebord}") for roll in Roll),
    SelectChoice(INGEN, "Ingen roll: läser ingenting (för den som bara administrerar)"),
]

# The name stands in letters that we send: no place for somebody's own link.
INGEN_ADRESS = Regexp(r"(?!.*(://|www\.))", message="Skriv bara namnet, utan webbadress.")


class Datumfalt(DateField):  # type: ignore[misc]
    """A date, with a Swedish word on what is wrong with it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read '2026-11-22'. Raises ValueError if it is no date."""
        text = " ".join(valuelist).strip()
        self.data = None
        try:
            self.data = date.fromisoformat(text) if text else None
        except ValueError:
            raise ValueError("Skriv datumet som år-månad-dag, till exempel 2026-12-31.") from None


def rimligt_ar(field: Datumfalt) -> None:
    """Raises ValidationError for a year far beyond any calendar."""
    if field.data is not None and field.data.year > 2100:
        raise ValidationError("Kontrollera året.")


def motiveringsfalt(etikett: str, hjalp: str = "", **mer: str) -> StringField:
    """A field for why a right is changed; it stands in the person's history."""
    return StringField(
        etikett,
        description=hjalp or "Några ord. Står sedan i personens historik.",
        filters=[pa_en_rad],
        validators=[
            DataRequired(UTAN_MOTIVERING),
            Length(max=MAX_MOTIVERING, message=f"Korta motiveringen till högst {MAX_MOTIVERING} tecken."),
        ],
        **mer,
    )


class Vem(FlaskForm):  # type: ignore[misc]
    """The address and the name of a person who is to be invited."""

    epost = EmailField(
        "E-post",
        description="Till den adressen går inbjudan, och med den loggar personen in.",
        filters=[trimmad],
        validators=[
            DataRequired("Skriv personens e-postadress."),
            Length(max=MAX_EPOST, message=f"Adressen får ha högst {MAX_EPOST} tecken."),
        ],
    )
    namn = StringField(
        "Namn",
        filters=[pa_en_rad],
        validators=[
            DataRequired("Skriv personens namn."),
            INGEN_ADRESS,
            Length(max=MAX_NAMN, message=f"Namnet får ha högst {MAX_NAMN} tecken."),
        ],
    )

    def validate_epost(self, field: EmailField) -> None:
        """It must be an address that mail can be sent to; stored in lower case."""
        try:
            field.data = normal_epost(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Behorighetsformular(FlaskForm):  # type: ignore[misc]
    """Role, administratorship and end date; `bygger_pa` tells what they were when the page was shown."""

    roll = RadioField(
        "Roll",
        choices=_ROLLER,
        validators=[InputRequired("Välj en roll.")],
    )
    administrator = BooleanField(
        "Aktörsadministratör", description="Bjuder in och ändrar er aktörs användare. Ger ingen läsrätt i sig."
    )
    slutdatum = Datumfalt(
        "Sista dag", description="Behörigheten upphör efter den dagen. Lämna tomt om den gäller tills vidare."
    )
    motivering = motiveringsfalt("Varför?", "Till exempel: ny TiB från 1 december. Står sedan i personens historik.")
    bygger_pa = HiddenField()

    def validate_slutdatum(self, field: Datumfalt) -> None:
        """Far beyond any calendar is a slip of the finger."""
        rimligt_ar(field)

    def fyll(self, behorighet: Behorighet, bygger_pa: str) -> None:
        """Show what the person is now."""
        self.roll.data = behorighet.roll or INGEN
        self.administrator.data = behorighet.administrator
        self.slutdatum.data = sista_dag(behorighet.giltig_till) if behorighet.giltig_till else None
        self.bygger_pa.data = bygger_pa

    def behorighet(self, nu: Behorighet | None = None) -> Behorighet:
        """What was chosen. An end date that was left as it is in `nu` keeps its exact moment."""
        return Behorighet(
            roll=None if self.roll.data == INGEN else Roll(self.roll.data),
            administrator=bool(self.administrator.data),
            giltig_till=self._slut(nu.giltig_till if nu else None),
        )

    def _slut(self, nu: datetime | None) -> datetime | None:
        dag = self.slutdatum.data
        if dag is None:
            return None
        return nu if nu is not None and sista_dag(nu) == dag else slutet_av(dag)


class Inbjudningsformular(Vem, Behorighetsformular):
    """Whom to invite, and to what."""


class Glomtformular(FlaskForm):  # type: ignore[misc]
    """To which address a link is wanted."""

    epost = EmailField(
        "E-post",
        description="Den adress som du loggar in med.",
        filters=[trimmad],
        validators=[
            DataRequired("Skriv din e-postadress."),
            Length(max=MAX_EPOST, message=f"Adressen får ha högst {MAX_EPOST} tecken."),
        ],
    )

    def validate_epost(self, field: EmailField) -> None:
        """It must look like an address."""
        if "@" not in (field.data or "").strip("@"):
            raise ValidationError("Skriv hela e-postadressen, till exempel namn@kommun.se.")


class Losenordsformular(FlaskForm):  # type: ignore[misc]
    """A new password; on an invitation also how one's name is written."""

    namn = StringField(
        "Ditt namn",
        description="Kontrollera att det är rätt skrivet: det visas för andra.",
        filters=[pa_en_rad],
        validators=[
            DataRequired("Skriv ditt namn."),
            INGEN_ADRESS,
            Length(max=MAX_NAMN, message=f"Namnet får ha högst {MAX_NAMN} tecken."),
        ],
    )
    losenord = PasswordField(
        "Nytt lösenord",
        description=f"Minst {MINSTA_LANGD} och högst {STORSTA_LANGD} tecken. Fyra slumpvisa ord är lätta att minnas "
        "och svåra att gissa.",
        validators=[InputRequired("Skriv ett nytt lösenord.")],
    )
    losenord_igen = PasswordField("Samma lösenord en gång till")

    def __init__(self, *personligt: str) -> None:
        """`personligt`: what is known of the person, and must not be the password: address, name, actors."""
        super().__init__()
        self._personligt = personligt

    def validate_losenord(self, field: PasswordField) -> None:
        """Hard to guess, also for one who knows the person."""
        problem = brist(field.data or "", self._personligt)
        if problem is not None:
            raise ValidationError(problem)

    def validate_losenord_igen(self, field: PasswordField) -> None:
        """The same twice: nothing shows what was typed."""
        if self.losenord.data and field.data != self.losenord.data:
            raise ValidationError("De två lösenorden är inte lika. Skriv dem igen.")
