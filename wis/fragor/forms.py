"""Forms of questions."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.validators import Optional as Frivillig
from wtforms.widgets import CheckboxInput, ListWidget

from wis.aktorer.models import Aktor
from wis.fragor.rules import MAX_TEXT, fritext
from wis.web import heltal


def _id(value: object) -> int:
    """The id in a choice; 0, which nobody has, for what is none: the form then says so in its own words."""
    text = str(value)
    return heltal(text) if text.isascii() and text.isdecimal() else 0


class Ordformular(FlaskForm):  # type: ignore[misc]
    """The person's own words, on any question."""

    text = TextAreaField(
        "Egna ord",
        description="Varför behövs det? Skriv inget hemligt: frågan skickas med e-post.",
        filters=[lambda text: fritext(text or "", 20 * MAX_TEXT)],
        validators=[Frivillig(), Length(max=MAX_TEXT, message=f"Korta texten till högst {MAX_TEXT} tecken.")],
    )


class Fragaformular(Ordformular):
    """A question from a refusal; `underskrift` is what the page said, signed by us (wis.fragor.underskrift)."""

    underskrift = HiddenField()


class Sidformular(Ordformular):
    """The blind question from the page that says that there is none."""

    sida = HiddenField()


class Svarsformular(FlaskForm):  # type: ignore[misc]
    """Words with an answer."""

    svarstext = TextAreaField(
        "Skriv något till den som frågade",
        filters=[lambda text: fritext(text or "", 20 * MAX_TEXT)],
        validators=[Frivillig(), Length(max=MAX_TEXT, message=f"Korta texten till högst {MAX_TEXT} tecken.")],
    )


class Lasrattsformular(Ordformular):
    """For which actors the right is asked, and why."""

    for_aktorer = SelectMultipleField(
        "Vilka ska få läsrätt?",
        coerce=_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def bland(self, aktorer: list[Aktor]) -> None:
        """Set which actors can be chosen."""
        self.for_aktorer.choices = [SelectChoice(str(aktor.id), aktor.namn) for aktor in aktorer]

    def validate_for_aktorer(self, field: SelectMultipleField) -> None:
        """At least one, of those offered."""
        if not field.data:
            raise ValidationError("Välj minst en aktör.")
        if not {str(id_) for id_ in field.data} <= {choice.value for choice in field.choices}:
            raise ValidationError("Någon av aktörerna du valde finns inte i listan. Kontrollera vilka som är valda.")
