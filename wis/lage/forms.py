"""The form of a decision about an event."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from wis.handelser.models import Beslutsslag, Handelse, Lage
from wis.handelser.rules import MAX_MOTIVERING
from wis.lage.service import Lageskommando

AKTIVERA, ORDINARIE, STANG, OPPNA = "aktivera", "ordinarie", "stang", "oppna"
_VAL = {
    AKTIVERA: (Beslutsslag.LAGE, Lage.AKTIVERAT, "Aktiverat läge: ett forum kallas in utanför det planerade"),
    ORDINARIE: (Beslutsslag.LAGE, Lage.ORDINARIE, "Ordinarie läge: åter till planerat arbete"),
    STANG: (Beslutsslag.STANGD, Lage.ORDINARIE, "Stäng händelsen: ingen publicerar mer i den"),
    OPPNA: (Beslutsslag.ATEROPPNAD, Lage.ORDINARIE, "Öppna händelsen igen, i ordinarie läge"),
}


class Lagesformular(FlaskForm):  # type: ignore[misc]
    """Which decision, and why."""

    # What is offered changes when a colleague decides meanwhile: handelser.rules then says what has happened.
    beslut = RadioField("Beslut", validators=[InputRequired("Välj vad du vill besluta.")], validate_choice=False)
    motivering = TextAreaField(
        "Motivering",
        description="Varför? Loggas och visas för alla som får läsa händelsen.",
        filters=[lambda text: (text or "").replace("\r\n", "\n").strip()],
        validators=[
            DataRequired("Skriv en motivering: den loggas, och andra aktörer läser den."),
            Length(max=MAX_MOTIVERING, message=f"Korta motiveringen till högst {MAX_MOTIVERING} tecken."),
        ],
    )
    bradskande = BooleanField("Brådskande", description="Bryter igenom tysta timmar.")

    def validate_beslut(self, field: RadioField) -> None:
        """A decision that there is."""
        if field.data not in _VAL:
            raise ValidationError("Välj ett av besluten i listan.")

    def mojliga(self, handelse: Handelse) -> None:
        """Offer what can be decided now."""
        keys = [OPPNA] if handelse.stangd else [ORDINARIE if handelse.lage == Lage.AKTIVERAT else AKTIVERA, STANG]
        if handelse.staende:
            keys = []
        self.beslut.choices = [SelectChoice(key, _VAL[key][2]) for key in keys]

    def kommando(self, *, avisera: bool) -> Lageskommando:
        """What was decided."""
        slag, lage, _ = _VAL[self.beslut.data]
        return Lageskommando(
            slag, lage, self.motivering.data or "", avisera=avisera, bradskande=bool(self.bradskande.data)
        )
