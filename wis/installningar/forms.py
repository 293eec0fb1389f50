"""The form of how pages look."""

from enum import StrEnum

from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from wis.sprak import Sprak, markera
from wis.tolk import gettext
from wis.utseende import VANLIGT, Kontrast, Rorelse, Tema, Textstorlek, Utseende

_VAL: dict[str, tuple[str, dict[StrEnum, str]]] = {
    "tema": (
        markera("Färger"),
        {
            Tema.ENHET: markera("Som enheten"),
            Tema.LJUST: markera("Ljust"),
            Tema.MORKT: markera("Mörkt"),
        },
    ),
    "kontrast": (
        markera("Kontrast"),
        {Kontrast.VANLIG: markera("Vanlig"), Kontrast.HOG: markera("Hög")},
    ),
    "textstorlek": (
        markera("Textstorlek"),
        {
            Textstorlek.VANLIG: markera("Vanlig"),
            Textstorlek.STORRE: markera("Större"),
            Textstorlek.STORST: markera("Störst"),
        },
    ),
    "rorelse": (
        markera("Rörelse"),
        {Rorelse.ENHET: markera("Som enheten"), Rorelse.INGEN: markera("Ingen")},
    ),
}
_SPRAK = {Sprak.SV: "Svenska", Sprak.EN: "English"}
"""Each in itself: one who reads only the other finds it."""


class Utseendeformular(FlaskForm):  # type: ignore[misc]
    """One choice of each kind, with what the person has now."""

    tema = RadioField()
    kontrast = RadioField()
    textstorlek = RadioField()
    rorelse = RadioField()
    sprak = RadioField("Språk / Language", choices=[SelectChoice(*ett) for ett in _SPRAK.items()])

    def __init__(self, nu: Utseende) -> None:
        super().__init__(data=vars(nu))
        for namn, (rubrik, val) in _VAL.items():
            self[namn].label.text = gettext(rubrik)
            self[namn].choices = [SelectChoice(varde, gettext(text)) for varde, text in val.items()]

    @property
    def valt(self) -> Utseende:
        """What was chosen, once the form has been found right."""
        return Utseende.av(*(self[namn].data for namn in vars(VANLIGT)))
