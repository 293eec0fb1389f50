"""Forms about events."""

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from wis.aktorer.models import Aktor
from wis.handelser.models import Handelse, Typ
from wis.handelser.rules import MAX_BESKRIVNING, MAX_RUBRIK
from wis.handelser.service import Handelseuppgifter, signatur

ALLA, VALDA = "alla", "valda"


def _trimmad(text: str | None) -> str:
    # Browsers send CR LF for a line break: two characters where the person typed one.
    return (text or "").replace("\r\n", "\n").strip()


def _aktor_id(value: object) -> int:
    """The id in a choice; 0, which nobody has, for what is none: the form then says so in its own words."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class Handelseformular(FlaskForm):  # type: ignore[misc]
    """What is said of an event."""

    nyckel = HiddenField()
    bygger_pa = HiddenField()
    rubrik = StringField(
        "Rubrik",
        description="Kort och igenkännlig, till exempel: Snöoväder Svealand",
        filters=[_trimmad],
        validators=[
            DataRequired("Skriv en rubrik."),
            Length(max=MAX_RUBRIK, message=f"Korta rubriken till högst {MAX_RUBRIK} tecken."),
        ],
    )
    typ = SelectField(
        "Typ",
        choices=[SelectChoice(typ.value, typ.namn) for typ in Typ if typ is not Typ.ORDINARIE],
        validate_choice=False,
    )
    beskrivning = TextAreaField(
        "Beskrivning",
        description="Vad har hänt eller väntas hända, var och när?",
        filters=[_trimmad],
        validators=[
            DataRequired("Skriv en beskrivning; en mening räcker."),
            Length(max=MAX_BESKRIVNING, message=f"Korta beskrivningen till högst {MAX_BESKRIVNING} tecken."),
        ],
    )
    ovning = BooleanField(
        "Detta är en övning",
        description="Märks ÖVNING överallt där den visas eller skickas. Går inte att ändra efteråt.",
    )
    laskrets = RadioField(
        "Vem får läsa?",
        choices=[SelectChoice(ALLA, "Alla aktörer"), SelectChoice(VALDA, "Bara de aktörer som jag väljer")],
        default=ALLA,
        validate_choice=False,
    )
    lasare = SelectMultipleField(
        "Aktörer som får läsa",
        coerce=_aktor_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def aktorer(self, aktorer: list[Aktor], egen_id: int) -> None:
        """Set which actors can be chosen; the owner always reads and is not asked about."""
        self.lasare.choices = [SelectChoice(str(aktor.id), aktor.namn) for aktor in aktorer if aktor.id != egen_id]

    def fyll(self, handelse: Handelse) -> None:
        """Show what the event says now."""
        self.rubrik.data, self.typ.data, self.beskrivning.data = handelse.rubrik, handelse.typ, handelse.beskrivning
        self.laskrets.data = ALLA if handelse.alla_aktorer else VALDA
        self.lasare.data = [rad.aktor_id for rad in handelse.lasare]
        self.bygger_pa.data = signatur(handelse)

    def validate_typ(self, field: SelectField) -> None:
        """One of those offered."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError("Välj en av typerna i listan.")

    def validate_laskrets(self, field: RadioField) -> None:
        """One of those offered."""
        if field.data not in {ALLA, VALDA}:
            raise ValidationError("Välj vem som får läsa.")

    def validate_lasare(self, field: SelectMultipleField) -> None:
        """Chosen actors must be chosen, among those offered."""
        if not {str(aktor_id) for aktor_id in field.data or []} <= {choice.value for choice in field.choices}:
            raise ValidationError("Någon av aktörerna du valde finns inte i listan. Kontrollera vilka som är valda.")
        if self.laskrets.data == VALDA and not field.data:
            raise ValidationError("Välj minst en aktör, eller låt alla aktörer läsa.")

    def uppgifter(self, html: str) -> Handelseuppgifter:
        """What was filled in, with the description rendered as `html`."""
        return Handelseuppgifter(
            rubrik=self.rubrik.data or "",
            typ=Typ(self.typ.data),
            beskrivning=self.beskrivning.data or "",
            beskrivning_html=html,
            lasare=None if self.laskrets.data == ALLA else frozenset(self.lasare.data or []),
        )
