"""The part of a form in which one chooses who reads, and with which label. Forms about things in events mix it in."""

from collections.abc import Collection, Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from wis import clock
from wis.aktorer.models import Aktor, Aktorsnatverk
from wis.aktorer.queries import svensk_nyckel
from wis.auth.krets import Krets, Tlp
from wis.datum import slutet_av
from wis.handelser.kretsar import Lasarval

ALLA, VALDA, EGEN = "alla", "valda", "egen"
MAX_LAGRUM = 100


def _id(value: object) -> int:
    """The id in a choice; 0, which nothing has, for what is none: the form then says so in its own words."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _kryssrutor(etikett: str, beskrivning: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        etikett,
        description=beskrivning,
        coerce=_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class Lasarfalt(FlaskForm):  # type: ignore[misc]
    """Who reads. Call bland() before it is validated or shown."""

    laskrets = RadioField("Vem får läsa?", default=ALLA, validate_choice=False)
    natverk = _kryssrutor("Aktörsnätverk", "De aktörer som ingår i nätverket i dag, inte de som kommer till senare.")
    lasare = _kryssrutor("Aktörer som får läsa")
    aven_tidigare = BooleanField(
        "Ge nya läsare även det som redan är publicerat",
        description="Annars läser de som får läsrätt nu bara det som publiceras från och med nu.",
    )

    slutar = DateField(
        "Läsrätten slutar",
        description="Sista dagen, för dem som får läsrätt nu. Lämna tomt om den gäller tills vidare.",
        validators=[Optional()],
    )

    def bland(
        self, aktorer: Sequence[Aktor], natverk: Sequence[Aktorsnatverk], egen_id: int, alla: str = "Alla aktörer"
    ) -> None:
        """Set who can be chosen (the owner always reads and is not asked about), and what 'all' is called."""
        val = ((ALLA, alla), (VALDA, "Bara de aktörer som jag väljer"), (EGEN, "Bara vår egen aktör"))
        self.laskrets.choices = [SelectChoice(*ett) for ett in val]
        ordnade = sorted(aktorer, key=lambda aktor: svensk_nyckel(aktor.namn))
        self.lasare.choices = [SelectChoice(str(aktor.id), aktor.namn) for aktor in ordnade if aktor.id != egen_id]
        valbara = {aktor.id for aktor in aktorer} - {egen_id}
        self._natverk = {n.id: {m.aktor_id for m in n.medlemmar} & valbara for n in natverk}
        self.natverk.choices = [
            SelectChoice(str(n.id), f"{n.namn} ({len(self._natverk[n.id])})") for n in natverk if self._natverk[n.id]
        ]

    def fyll_lasratt(self, krets: Krets | None, egen_id: int) -> None:
        """Show who reads now; None = all."""
        valda = set() if krets is None or krets.alla else set(krets.fran) - {egen_id}
        self.laskrets.data = ALLA if krets is None or krets.alla else VALDA if valda else EGEN
        self.lasare.data = sorted(valda)

    def lasarval(self) -> Lasarval:
        """What was chosen: networks stand for those who are in them now."""
        if self.laskrets.data == ALLA:
            return Lasarval(None, bool(self.aven_tidigare.data))
        if self.laskrets.data == EGEN:
            return Lasarval(frozenset())
        i_natverk = (self._natverk.get(id_, set()) for id_ in self.natverk.data or [])
        valda = frozenset(self.lasare.data or []).union(*i_natverk)
        till = None if self.slutar.data is None else slutet_av(self.slutar.data)
        return Lasarval(valda, bool(self.aven_tidigare.data), till)

    def i_ord(self, agare: str) -> str:
        """What was chosen, in words."""
        return lasare_i_ord(self.lasarval().lasare, agare)

    def validate_laskrets(self, field: RadioField) -> None:
        """One of those offered."""
        if field.data not in {ALLA, VALDA, EGEN}:
            raise ValidationError("Välj vem som får läsa.")

    def validate_slutar(self, field: DateField) -> None:
        """A day to come."""
        if field.data is not None and slutet_av(field.data) <= clock.now():
            raise ValidationError("Datumet har redan varit. Ta bort det eller ange en dag framåt.")

    def validate_natverk(self, field: SelectMultipleField) -> None:
        """Among those offered."""
        if not {str(id_) for id_ in field.data or []} <= {choice.value for choice in field.choices}:
            raise ValidationError("Något av nätverken du valde finns inte i listan. Kontrollera vilka som är valda.")

    def validate_lasare(self, field: SelectMultipleField) -> None:
        """Chosen actors must be chosen, among those offered."""
        if not {str(id_) for id_ in field.data or []} <= {choice.value for choice in field.choices}:
            raise ValidationError("Någon av aktörerna du valde finns inte i listan. Kontrollera vilka som är valda.")
        if self.laskrets.data == VALDA and not field.data and not self.natverk.data:
            raise ValidationError("Välj minst en aktör eller ett nätverk, eller välj något annat under Vem får läsa.")


def lasare_i_ord(lasare: Collection[int] | None, agare: str) -> str:
    """The choice in words: 'Alla som läser händelsen', 'Bara Nacka', 'Nacka och 5 till'."""
    if lasare is None:
        return "Alla som läser händelsen"
    return f"{agare} och {len(lasare)} till" if lasare else f"Bara {agare}"


class Markesfalt(FlaskForm):  # type: ignore[misc]
    """The label and the secrecy note. Both narrow or say; neither opens anything."""

    tlp = SelectField(
        "Märkning (TLP)",
        choices=[SelectChoice(label.value, f"{label.namn}: {label.innebord}") for label in Tlp],
        default=Tlp.CLEAR.value,
        validate_choice=False,
    )
    lagrum = StringField(
        "Sekretessanteckning",
        description="Paragraf i OSL, till exempel 18 kap. 13 §. Datum och namn skrivs ut. En anteckning, inget lås.",
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=MAX_LAGRUM, message=f"Korta sekretessanteckningen till högst {MAX_LAGRUM} tecken.")],
    )

    def validate_tlp(self, field: SelectField) -> None:
        """One of those offered."""
        if field.data not in set(Tlp):
            raise ValidationError("Välj en av märkningarna i listan.")

    def marke(self) -> Tlp:
        """The label that was chosen."""
        return Tlp(self.tlp.data)


RED_KRAVER_VALDA = (
    "TLP:RED visas bara för aktörer som valts vid namn. Välj vilka under Vem får läsa, eller byt märkning."
)
