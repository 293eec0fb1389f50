"""The forms of the rule, of an emergency, and of sending back."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from wis.handelser.models import Lage
from wis.tvaperson.models import Niva
from wis.tvaperson.rules import INGET, MAX_SKAL, MIN_SKAL, VID_RATTELSE, Handling, Intyg, Satt

EJ_TEXT = {"data-ej-text": True}
"""Scripts keep the field neither in a draft nor in the copy of the browser: it is said anew each time."""


def _text(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


class Nodformular(FlaskForm):  # type: ignore[misc]
    """Why one publishes alone; it stands inside the form of what is published, and is sent with it."""

    nodskal = TextAreaField(
        "Varför går det inte att vänta på en kollega?",
        description=f"Minst {MIN_SKAL} tecken. Loggas, visas för er egen aktör och går till era administratörer.",
        filters=[_text],
        render_kw=EJ_TEXT,
        validators=[
            DataRequired("Skriv varför det inte går att vänta."),
            Length(min=MIN_SKAL, message=f"Skriv minst {MIN_SKAL} tecken om varför det inte går att vänta."),
            Length(max=MAX_SKAL, message=f"Korta skälet till högst {MAX_SKAL} tecken."),
        ],
    )
    nodintyg = BooleanField(
        "Jag publicerar ensam, och vet att det loggas",
        render_kw=EJ_TEXT,
        validators=[InputRequired("Kryssa i att du publicerar ensam.")],
    )

    def intyg(self) -> Intyg:
        """What was said of the emergency."""
        return Intyg(nodlage=self.nodskal.data or "")


def las_nodlage(handling: Handling) -> tuple[Intyg, Nodformular]:
    """What the pressed button gives instead of a colleague, and the form to show; its errors say what is missing.

    Where it has errors nothing is to be published.
    """
    if handling.satt is not Satt.NOD:
        return VID_RATTELSE if handling.satt is Satt.RATTA else INGET, Nodformular(formdata=None)
    form = Nodformular()
    return (form.intyg() if form.validate() else INGET), form


class Tillbakaformular(FlaskForm):  # type: ignore[misc]
    """Why a proposal is sent back."""

    skal = TextAreaField(
        "Vad behöver ändras?",
        description="Visas genast för den som skrev.",
        filters=[_text],
        validators=[
            DataRequired("Skriv vad som behöver ändras: din kollega ser bara det du skriver här."),
            Length(max=MAX_SKAL, message=f"Korta texten till högst {MAX_SKAL} tecken."),
        ],
    )


class Regelformular(FlaskForm):  # type: ignore[misc]
    """The table of check boxes: one for each läge and level, named as in namn(); `bas` is what stood when drawn."""

    bas = HiddenField()

    @staticmethod
    def namn(lage: str, niva: str) -> str:
        """The name of the box."""
        return f"{lage}-{niva}"

    def valda(self) -> frozenset[tuple[str, str]]:
        """The läge and level of each box that is ticked."""
        return frozenset((lage.value, niva.value) for lage in Lage for niva in Niva if self[self.namn(lage, niva)].data)

    def byggde_pa(self) -> frozenset[tuple[str, str]]:
        """What stood when the page was drawn."""
        delar = (del_.partition("-") for del_ in (self.bas.data or "").split(","))
        return frozenset((lage, niva) for lage, streck, niva in delar if streck)

    def fyll(self, valda: frozenset[tuple[str, str]]) -> None:
        """Tick these, which is what stands."""
        self.bas.data = ",".join(sorted(self.namn(lage, niva) for lage, niva in valda))
        for lage in Lage:
            for niva in Niva:
                self[self.namn(lage, niva)].data = (lage.value, niva.value) in valda


for _lage in Lage:
    for _niva in Niva:
        setattr(Regelformular, Regelformular.namn(_lage, _niva), BooleanField(f"{_niva.namn}, {_lage.value} läge"))
