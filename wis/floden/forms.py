"""The form that makes an address of a feed."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from wis.floden.models import MAX_NAMN
from wis.lagesbild.forms import formularnyckel


def _stada(text: str | None) -> str:
    return " ".join((text or "").split())


class Adressformular(FlaskForm):  # type: ignore[misc]
    """What the address is for, in the person's own words."""

    namn = StringField(
        "Vad adressen är till för",
        description="Så att du känner igen den, till exempel ’Läsaren på jobbdatorn’.",
        filters=[_stada],
        validators=[
            InputRequired("Skriv vad adressen är till för."),
            Length(1, MAX_NAMN, message=f"Skriv vad adressen är till för, med högst {MAX_NAMN} tecken."),
        ],
    )
    nyckel = HiddenField()

    def idempotensnyckel(self) -> str:
        """The key that was sent, or a new one if it is none."""
        return formularnyckel(self.nyckel.data)

    def forbered(self) -> None:
        """Give a page that is shown a key."""
        self.nyckel.data = self.idempotensnyckel()
