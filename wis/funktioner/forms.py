"""Forms about functions: what one is, and going on duty."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget

from wis import datum
from wis.auth.forms import pa_en_rad
from wis.auth.rules import Roll
from wis.funktioner.queries import Person
from wis.funktioner.rules import (
    FOR_LANG_MOTIVERING,
    FORVALD_TID,
    MAX_KORTNAMN,
    MAX_MOTIVERING,
    MAX_NAMN,
    TIDER,
    UTAN_MOTIVERING,
    Forslag,
    Uppgifter,
)
from wis.notiser.forms import epostadress, mobilnummer
from wis.notiser.models import Kanalslag

ANNAN_TID = "annan"


def _motiveringsfalt(etikett: str, hjalp: str, id_: str, *, kravs: bool | None = False) -> StringField:
    """`kravs` is None when it depends on what else is in the form, which the view judges."""
    forst = [] if kravs is None else [DataRequired(UTAN_MOTIVERING) if kravs else Optional()]
    return StringField(
        etikett,
        description=hjalp,
        filters=[pa_en_rad],
        id=id_,
        validators=[
            *forst,
            Length(max=MAX_MOTIVERING, message=FOR_LANG_MOTIVERING),
        ],
    )


class Funktionsformular(FlaskForm):  # type: ignore[misc]
    """What a function is and who may go on duty; `bygger_pa` tells what it was when the page was shown."""

    kortnamn = StringField(
        "Kortnamn",
        description="Så som ni säger till vardags, till exempel TiB. Det står på det som publiceras i tjänsten.",
        filters=[pa_en_rad],
        validators=[
            DataRequired("Skriv ett kortnamn, till exempel TiB."),
            Length(max=MAX_KORTNAMN, message=f"Kortnamnet får ha högst {MAX_KORTNAMN} tecken."),
        ],
    )
    namn = StringField(
        "Namn",
        description="Utskrivet, till exempel Tjänsteman i beredskap.",
        filters=[pa_en_rad],
        validators=[
            DataRequired("Skriv namnet, till exempel Tjänsteman i beredskap."),
            Length(max=MAX_NAMN, message=f"Namnet får ha högst {MAX_NAMN} tecken."),
        ],
    )
    roll = RadioField(
        "Roll",
        description="Den som är i tjänst får rollen, om den är högre än personens egen.",
        choices=[SelectChoice(roll.value, f"{roll.namn.capitalize()}: {roll.innebord}") for roll in Roll],
        validators=[InputRequired("Välj en roll.")],
    )
    behoriga = SelectMultipleField(
        "Får gå i tjänst",
        description="De på listan går själva i tjänst och tar över från varandra.",
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    motivering = _motiveringsfalt(
        "Varför?", "Behövs när rollen eller listan ändras. Står sedan i funktionens historik.", "motivering", kravs=None
    )
    bygger_pa = HiddenField()

    def erbjud(self, personer: Iterable[Person]) -> None:
        """Let these be chosen."""
        self.behoriga.choices = [SelectChoice(person.medlemskap_id, person.visas) for person in personer]

    def fyll(self, uppgifter: Uppgifter, bygger_pa: str) -> None:
        """Show what the function is now."""
        self.kortnamn.data, self.namn.data = uppgifter.kortnamn, uppgifter.namn
        self.roll.data, self.bygger_pa.data = uppgifter.roll.value, bygger_pa
        self.behoriga.data = sorted(uppgifter.behoriga)

    def foresla(self, forslag: Forslag) -> None:
        """Show a suggestion."""
        self.kortnamn.data, self.namn.data, self.roll.data = forslag.kortnamn, forslag.namn, forslag.roll.value

    def uppgifter(self, fore: Uppgifter | None = None) -> Uppgifter:
        """What was filled in. Who is on the list and was not offered (shut out for a while) stays on it."""
        offered = {choice.value for choice in self.behoriga.choices}
        kvar = frozenset() if fore is None else fore.behoriga - offered
        chosen = frozenset(self.behoriga.data or ()) & offered
        return Uppgifter(self.kortnamn.data or "", self.namn.data or "", Roll(self.roll.data), chosen | kvar)


class NyFunktionsformular(Funktionsformular):
    """As above, and how it is reached from the start."""

    motivering = _motiveringsfalt("Varför?", "Några ord, om du vill. Står sedan i funktionens historik.", "motivering")

    sms = TelField(
        "Funktionens mobilnummer",
        description="Den telefon som går runt. En kod skickas dit, och du skriver in den på nästa sida.",
        validators=[Optional(), mobilnummer],
    )
    epost = EmailField(
        "Funktionens brevlåda",
        description="En delad brevlåda. Också dit skickas en kod.",
        validators=[Optional(), Length(max=200, message="Adressen är för lång."), epostadress],
    )

    def kanaler(self) -> dict[Kanalslag, str]:
        """The channels that were filled in, in their canonical form."""
        given = {Kanalslag.SMS: self.sms.data, Kanalslag.EPOST: self.epost.data}
        return {slag: adress for slag, adress in given.items() if adress}


class Nedlaggningsformular(FlaskForm):  # type: ignore[misc]
    """Why a function is closed down."""

    motivering = _motiveringsfalt(
        "Varför?", "Några ord. Står sedan i funktionens historik.", "motivering-nedlaggning", kravs=True
    )


def _timval(timmar: int) -> SelectChoice:
    return SelectChoice(str(timmar), f"{timmar} timmar")


class Tjanstformular(FlaskForm):  # type: ignore[misc]
    """For how long one goes on duty; `sedd` is the turn that was seen to be going on."""

    tid = RadioField(
        "Hur länge?",
        choices=[*(_timval(timmar) for timmar in TIDER), SelectChoice(ANNAN_TID, "Till en viss tid:")],
        default=str(FORVALD_TID),
        validators=[InputRequired("Välj hur länge.")],
    )
    till = StringField("Till", description="Högst sju dygn framåt.", widget=DateTimeLocalInput())
    sedd = HiddenField()

    def validate_till(self, field: StringField) -> None:
        """A time, if that is what was chosen."""
        if self.tid.data != ANNAN_TID:
            return
        try:
            datum.fran_falt(field.data or "")
        except (ValueError, OverflowError):
            raise ValidationError("Ange dag och klockslag då tjänsten slutar.") from None

    def slut(self, now: datetime) -> datetime:
        """When the turn is to end."""
        if self.tid.data == ANNAN_TID:
            return datum.fran_falt(self.till.data or "")
        return now + timedelta(hours=int(self.tid.data))


class Utseformular(Tjanstformular):
    """An administrator puts somebody on duty."""

    medlemskap = SelectField("Vem?", coerce=int, validate_choice=False)
    motivering = _motiveringsfalt(
        "Varför?", "Några ord, om du vill. Står sedan i funktionens historik.", "motivering-utse"
    )

    def validate_medlemskap(self, field: SelectField) -> None:
        """Somebody."""
        if not field.data:
            raise ValidationError("Välj vem som ska gå i tjänst.")

    def erbjud(self, personer: Iterable[Person]) -> None:
        """Let these be chosen."""
        valbara = [SelectChoice(person.medlemskap_id, person.visas) for person in personer]
        self.medlemskap.choices = [SelectChoice(0, "Välj en person"), *valbara]
