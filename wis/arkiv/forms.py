"""The form by which something is thrown away: what, by which decision, and the decision's number once more."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from wis.arkiv.stenar import MAX_BESLUT
from wis.auth.forms import pa_en_rad

ALLT = "allt"


class Gallringsformular(FlaskForm):  # type: ignore[misc]
    """`bekrafta` is asked for in a second step, and is what lets it happen."""

    vad = SelectField("Vad ska gallras?")
    beslut = StringField(
        "Gallringsbeslutets nummer",
        description="Visas där innehållet stod, och i loggen.",
        filters=[pa_en_rad],
        validators=[
            DataRequired("Skriv gallringsbeslutets nummer."),
            Length(max=MAX_BESLUT, message=f"Korta numret till högst {MAX_BESLUT} tecken."),
        ],
    )
    bekrafta = StringField("Skriv beslutets nummer igen", filters=[pa_en_rad])
