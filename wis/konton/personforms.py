"""Forms about one person's place: shutting out, roles in events, guests; and about many: import and review."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from wis.auth.forms import trimmad
from wis.auth.rules import Roll
from wis.datum import slutet_av
from wis.konton.forms import INGEN, Datumfalt, Vem, motiveringsfalt, rimligt_ar
from wis.konton.genomgang import MAX_KOMMENTAR
from wis.konton.handelseroller import Onskad
from wis.konton.rules import GAST_HOGST_DAGAR

MAX_ADRESS = 500
MAX_KLISTRAT = 200_000
"""Characters: 500 lines of 400."""
Val = list[tuple[str, str]]
"""Events to choose from: address and title."""


class Motiveringsformular(FlaskForm):  # type: ignore[misc]
    """Why, for what needs nothing more."""

    motivering = motiveringsfalt("Varför?", id="motivering-avstangning")


class Nollstallningsformular(FlaskForm):  # type: ignore[misc]
    """Why somebody's factors are taken away."""

    motivering = motiveringsfalt("Varför?", "Till exempel: har tappat telefonen.", id="motivering-nollstallning")


class Handelsevalformular(FlaskForm):  # type: ignore[misc]
    """Which event: chosen from the list of those that one reads, or by its address."""

    vald = SelectField("Händelse", validate_choice=False)
    handelse = StringField(
        "Händelsens adress",
        description="Klistra in länken, eller skriv slutet av den.",
        filters=[trimmad],
        validators=[Length(max=MAX_ADRESS, message=f"Adressen får ha högst {MAX_ADRESS} tecken.")],
    )

    def erbjud(self, val: Val) -> None:
        """Offer these events; with none to offer, the address alone is asked for."""
        self.vald.choices = [SelectChoice("", "Välj en händelse"), *(SelectChoice(slug, namn) for slug, namn in val)]

    @property
    def har_val(self) -> bool:
        """Whether there is any event to choose from."""
        return len(self.vald.choices or []) > 1

    @property
    def adress(self) -> str:
        """What was pasted, else what was chosen; '' for neither."""
        return self.handelse.data or self.vald.data or ""


class Kontrollformular(Handelsevalformular):
    """About which event one asks why a colleague can't read it. Sent by GET: it changes nothing."""

    class Meta:
        csrf = False

    vald = SelectField("Händelse", validate_choice=False, id="kontrollera-vald")
    handelse = StringField(
        "Händelsens adress",
        description="Klistra in länken som din kollega inte kommer åt.",
        filters=[trimmad],
        validators=[Length(max=MAX_ADRESS, message=f"Adressen får ha högst {MAX_ADRESS} tecken.")],
        id="kontrollera-handelse",
    )


class Handelserollformular(Handelsevalformular):
    """A role in one event, until when, and why."""

    handelseroll = RadioField(
        "Roll i händelsen",
        choices=[
            *(SelectChoice(roll.value, f"{roll.namn.capitalize()}: {roll.innebord}") for roll in Roll),
            SelectChoice(INGEN, "Ingen roll i händelsen: läser den inte alls"),
        ],
        validators=[InputRequired("Välj en roll.")],
    )
    rollens_slut = Datumfalt(
        "Sista dag för rollen", description="Sedan gäller standardrollen igen. Lämna tomt om den gäller tills vidare."
    )
    motivering = motiveringsfalt("Varför?", id="motivering-handelseroll")

    def validate_rollens_slut(self, field: Datumfalt) -> None:
        """Far beyond any calendar is a slip of the finger."""
        rimligt_ar(field)

    def onskad(self, handelse_id: int) -> Onskad:
        """What was chosen."""
        dag = self.rollens_slut.data
        return Onskad(
            handelse_id=handelse_id,
            roll=None if self.handelseroll.data == INGEN else Roll(self.handelseroll.data),
            giltig_till=None if dag is None else slutet_av(dag),
            motivering=self.motivering.data or "",
        )


class Gastformular(Vem):
    """Whom to let read one event, and for how long."""

    dagar = SelectField(
        "Hur länge?",
        choices=[SelectChoice(str(n), f"{n} dygn") for n in range(1, GAST_HOGST_DAGAR + 1)],
        default="3",
        description="Sedan upphör det av sig självt.",
        validate_choice=False,
    )
    motivering = motiveringsfalt("Varför?", "Till exempel: expert på dammsäkerhet. Står sedan i personens historik.")

    def validate_dagar(self, field: SelectField) -> None:
        """One to seven."""
        if not (field.data or "").isdecimal() or not 1 <= int(field.data) <= GAST_HOGST_DAGAR:
            raise ValidationError(f"Välj mellan 1 och {GAST_HOGST_DAGAR} dygn. Det går att bjuda in igen sedan.")


class Importformular(FlaskForm):  # type: ignore[misc]
    """Lines with people, pasted."""

    text = TextAreaField(
        "Rader",
        description="En person per rad, klistrade från ett kalkylblad eller skrivna med semikolon mellan.",
        validators=[
            DataRequired("Klistra in minst en rad."),
            Length(max=MAX_KLISTRAT, message="Det är för mycket text på en gång. Dela upp den."),
        ],
    )
    motivering = motiveringsfalt(
        "Varför?", "Till exempel: lista från HR i december. Står sedan i varje persons historik."
    )
    provkord = HiddenField()


class Signeringsformular(FlaskForm):  # type: ignore[misc]
    """What the one who signs a review says of it."""

    kommentar = TextAreaField(
        "Kommentar",
        description="Till exempel: genomgången med sektionscheferna, två konsulter avstängda.",
        filters=[trimmad],
        validators=[
            DataRequired("Skriv en kommentar, till exempel hur ni gick till väga."),
            Length(max=MAX_KOMMENTAR, message=f"Korta kommentaren till högst {MAX_KOMMENTAR} tecken."),
        ],
    )
