"""The forms of a watch: its name and channels, and the kommuner of an area."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectMultipleField, StringField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from wis.aktorer.models import Aktor
from wis.bevakning.rules import MAX_NAMN
from wis.notiser.models import Kanalslag


def _kryssrutor(etikett: str, beskrivning: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        etikett,
        description=beskrivning,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class Bevakningsformular(FlaskForm):  # type: ignore[misc]
    """A short name, and by which channels to tell."""

    namn = StringField(
        "Namn på bevakningen",
        description="Kort, så att du känner igen den i meddelandet: snö E4.",
        validators=[Length(max=MAX_NAMN, message=f"Namnet är för långt. Använd högst {MAX_NAMN} tecken.")],
    )
    kanaler = _kryssrutor("Säg till mig med")

    def forbered(self) -> None:
        """Set what can be chosen. Call it before the form is validated or shown."""
        self.kanaler.choices = [(slag.value, _forst_stor(slag.namn)) for slag in Kanalslag]

    def validate_namn(self, field: Field) -> None:
        """Something, on one line."""
        field.data = " ".join((field.data or "").split())
        if not field.data:
            raise ValidationError("Ge bevakningen ett namn, så att du känner igen den.")

    def validate_kanaler(self, _falt: Field) -> None:
        """At least one."""
        if not self.valda_kanaler():
            raise ValidationError("Välj minst ett sätt att nå dig.")

    def valda_kanaler(self) -> tuple[Kanalslag, ...]:
        """Those that are ticked."""
        return tuple(slag for slag in Kanalslag if slag.value in (self.kanaler.data or []))


class Omradesformular(Bevakningsformular):
    """The same, and the kommuner; a name of its own is made of theirs if none is given."""

    kommuner = _kryssrutor(
        "Kommuner", "Du får veta när kommunen publicerar, när någon nämner den eller har en plats på kartan i den."
    )
    ovning = BooleanField("Bevaka övningar i stället för verkliga händelser")

    def bland(self, aktorer: Iterable[Aktor]) -> None:
        """Set which kommuner can be chosen."""
        self.forbered()
        self.kommuner.choices = [(en.slug, en.kortnamn) for en in aktorer]

    def validate_kommuner(self, _falt: Field) -> None:
        """At least one, of those that there are."""
        if not self.valda():
            raise ValidationError("Välj minst en kommun.")

    def valda(self) -> tuple[str, ...]:
        """The slugs of those that are ticked."""
        return tuple(slug for slug, _ in self.kommuner.choices or () if slug in (self.kommuner.data or []))

    def valda_namn(self) -> list[str]:
        """Their names."""
        return [namn for slug, namn in self.kommuner.choices or () if slug in (self.kommuner.data or [])]


def _forst_stor(text: str) -> str:
    return text[:1].upper() + text[1:]
