"""Forms of questions."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.validators import Optional as Frivillig
from wtforms.widgets import CheckboxInput, ListWidget

from wis.aktorer.models import Aktor
from wis.fragor.rules import MAX_SKAL, MAX_TEXT, MAX_VERB, egen_sida, en_rad, fragas, fritext
from wis.fragor.service import Nekande
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
    """A question from a refusal. The hidden fields say what the page said, or what somebody has made of it."""

    till = HiddenField()
    hos = HiddenField()
    sida = HiddenField()
    verb = HiddenField()
    skal = HiddenField()

    def nekande(self) -> Nekande:
        """What is asked. Raises Otydlig for what no page of ours has."""
        return Nekande(
            till=fragas(self.till.data or ""),
            hos_id=_id(self.hos.data or ""),
            sida=egen_sida(self.sida.data or ""),
            verb=en_rad(self.verb.data or "", MAX_VERB),
            skal=en_rad(self.skal.data or "", MAX_SKAL),
            text=self.text.data or "",
        )


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
