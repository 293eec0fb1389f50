"""Forms about events."""

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from wis.handelser.lasarform import Lasarfalt
from wis.handelser.models import Handelse, Typ
from wis.handelser.rules import MAX_BESKRIVNING, MAX_RUBRIK
from wis.handelser.service import Handelseuppgifter, signatur


def _trimmad(text: str | None) -> str:
    # Browsers send CR LF for a line break: two characters where the person typed one.
    return (text or "").replace("\r\n", "\n").strip()


class Handelseformular(Lasarfalt):
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

    def fyll(self, handelse: Handelse) -> None:
        """Show what the event says now."""
        self.rubrik.data, self.typ.data, self.beskrivning.data = handelse.rubrik, handelse.typ, handelse.beskrivning
        self.fyll_lasratt(handelse.krets(), handelse.agare_id)
        self.bygger_pa.data = signatur(handelse)

    def validate_typ(self, field: SelectField) -> None:
        """One of those offered."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError("Välj en av typerna i listan.")

    def uppgifter(self, html: str) -> Handelseuppgifter:
        """What was filled in, with the description rendered as `html`."""
        return Handelseuppgifter(
            rubrik=self.rubrik.data or "",
            typ=Typ(self.typ.data),
            beskrivning=self.beskrivning.data or "",
            beskrivning_html=html,
            lasare=self.lasarval(),
        )
