"""Forms about prepared kinds of events."""

from collections.abc import Mapping, Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from wis.aktorer.models import Aktor
from wis.handelser.lasarform import ALLA, Lasarfalt
from wis.handelser.models import Typ
from wis.handelser.rules import MAX_BESKRIVNING, MAX_RUBRIK
from wis.lagesbild.mall import MAX_AVSNITT, Mall
from wis.typhandelser.models import Typhandelse
from wis.typhandelser.rules import DATUM, MAX_NAMN, MAX_PUNKT, Uppgifter, granska_punkter, punkter
from wis.underrattelser.models import MAX_RUBRIK as MAX_UNDERRATTELSERUBRIK
from wis.underrattelser.models import MAX_TEXT

AVSNITT = "avsnitt-"
"""So begin the names of the fields for the draft, one for each section of the template."""


def _trimmad(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def _hogst(antal: int, vad: str) -> Length:
    return Length(max=antal, message=f"Korta {vad} till högst {antal} tecken.")


class Typhandelseformular(Lasarfalt):
    """What is prepared of a kind of event."""

    revision = IntegerField(default=0)
    namn = StringField(
        "Namn",
        description="Det som står på knappen, till exempel: Snöoväder",
        filters=[_trimmad],
        validators=[DataRequired("Skriv ett namn."), _hogst(MAX_NAMN, "namnet")],
    )
    typ = SelectField("Typ", choices=[SelectChoice(typ.value, typ.namn) for typ in Typ if typ is not Typ.ORDINARIE])
    rubrik = StringField(
        "Händelsens rubrik",
        description=f"{DATUM} byts mot dagens datum, till exempel: Snöoväder {DATUM}",
        filters=[_trimmad],
        validators=[DataRequired("Skriv en rubrik."), _hogst(MAX_RUBRIK, "rubriken")],
    )
    beskrivning = TextAreaField(
        "Beskrivning",
        filters=[_trimmad],
        validators=[
            DataRequired("Skriv en beskrivning; en mening räcker."),
            _hogst(MAX_BESKRIVNING, "beskrivningen"),
        ],
    )
    aktivera = BooleanField(
        "Gå direkt till aktiverat läge",
        description="De som valt att få veta om ändrat läge får det. Kräver rollen talesperson av den som öppnar.",
    )
    checklista = TextAreaField(
        "Checklista",
        description="En sak per rad. Bara er egen aktör ser den.",
        filters=[_trimmad],
    )
    underrattelse_rubrik = StringField(
        "Rubrik på den första underrättelsen",
        filters=[_trimmad],
        validators=[Optional(), _hogst(MAX_UNDERRATTELSERUBRIK, "rubriken")],
    )
    underrattelse_text = TextAreaField(
        "Text i den första underrättelsen",
        description="Står ifylld när den ska skrivas. Inget skickas förrän någon publicerar.",
        filters=[_trimmad],
        validators=[Optional(), _hogst(MAX_TEXT, "texten")],
    )

    def validate_checklista(self, field: TextAreaField) -> None:
        """Not too many things, none too long."""
        if fel := granska_punkter(punkter(field.data or "")):
            raise ValidationError(fel)

    def fyll(self, rad: Typhandelse, aktorer: Sequence[Aktor]) -> None:
        """Show what is prepared."""
        for falt in ("revision", "namn", "typ", "rubrik", "beskrivning", "aktivera"):
            getattr(self, falt).data = getattr(rad, falt)
        self.underrattelse_rubrik.data, self.underrattelse_text.data = rad.underrattelse_rubrik, rad.underrattelse_text
        self.checklista.data = "\n".join(rad.checklista)
        valda = {aktor.id for aktor in aktorer if rad.lasare is not None and aktor.slug in rad.lasare}
        self.laskrets.data = ALLA if rad.lasare is None else "valda" if valda else "egen"
        self.lasare.data = sorted(valda)

    def uppgifter(self, aktorer: Sequence[Aktor], avsnitt: Mapping[str, str]) -> Uppgifter:
        """What was filled in; networks stand for those who are in them now."""
        val = self.lasarval().lasare
        return Uppgifter(
            namn=self.namn.data or "",
            typ=self.typ.data or "",
            rubrik=self.rubrik.data or "",
            beskrivning=self.beskrivning.data or "",
            lasare=None if val is None else tuple(aktor.slug for aktor in aktorer if aktor.id in val),
            aktivera=bool(self.aktivera.data),
            checklista=punkter(self.checklista.data or ""),
            avsnitt=avsnitt,
            underrattelse_rubrik=self.underrattelse_rubrik.data or "",
            underrattelse_text=self.underrattelse_text.data or "",
        )


def skickade_avsnitt(data: Mapping[str, str], mall: Mall) -> tuple[dict[str, str], dict[str, str]]:
    """The filled sections of the draft as they were sent, and what is wrong with them: Swedish texts by field."""
    texter, fel = {}, {}
    for avsnitt in mall.avsnitt:
        text = _trimmad(data.get(AVSNITT + avsnitt.nyckel))
        if text:
            texter[avsnitt.nyckel] = text
        if len(text) > min(avsnitt.max_tecken, MAX_AVSNITT):
            fel[AVSNITT + avsnitt.nyckel] = f"Korta {avsnitt.namn} till högst {avsnitt.max_tecken} tecken."
    return texter, fel


class Oppningsformular(FlaskForm):  # type: ignore[misc]
    """Opening by what is prepared: one tap; the title and that it is an exercise can be said first."""

    nyckel = HiddenField()
    rubrik = StringField("Annan rubrik", filters=[_trimmad], validators=[Optional(), _hogst(MAX_RUBRIK, "rubriken")])
    ovning = BooleanField("Detta är en övning")


class Punktformular(FlaskForm):  # type: ignore[misc]
    """One more thing to do."""

    text = StringField(
        "Ny punkt",
        filters=[_trimmad],
        validators=[DataRequired("Skriv vad som ska göras."), _hogst(MAX_PUNKT, "punkten")],
    )
