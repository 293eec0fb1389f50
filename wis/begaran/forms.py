"""The form in which a begäran is put: questions as in a template's form, and whom, until when and who reads."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from wis import datum
from wis.begaran import mallformular, mallregler, rules
from wis.begaran.lankar import Utomstaende
from wis.begaran.lankformular import las_utomstaende
from wis.begaran.mallar import Forifyllt
from wis.begaran.mallformular import Mallformular

ANNAN = "annan"
MAX_UTOMSTAENDE_TEXT = 6000
MAX_NYCKEL = 64


@dataclass
class Utomstaendetext:
    """The field of people outside, as the macro in begaran/_utomstaende.html draws one."""

    data: str
    errors: list[str] = field(default_factory=list)


@dataclass
class Begaranformular:
    """What stands in the form. `frist`: minutes as text, or ANNAN for the time in `tid`; `fel` by field.

    `fokus` is the field or button to stand at when the page is drawn again.
    """

    mall: Mallformular
    frist: str
    tid: str
    utomstaende: str
    nyckel: str
    fel: dict[str, str] = field(default_factory=dict)
    personer: list[Utomstaende] = field(default_factory=list)

    @property
    def errors(self) -> dict[str, str]:
        """As a form of WTForms has: the page's title says that there are some."""
        return self.fel

    @property
    def innehall(self) -> mallregler.Mallinnehall:
        """What is asked, of whom, and who reads."""
        return self.mall.innehall

    @property
    def rader(self) -> list[mallformular.Fragerad]:
        """The questions as typed."""
        return self.mall.rader

    @property
    def fokus(self) -> str:
        """Where to stand."""
        return self.mall.fokus

    def nar(self, now: datetime) -> datetime | None:
        """The deadline that is chosen; None if none is, or it is no time."""
        if self.frist != ANNAN:
            minuter = int(self.frist) if self.frist.isascii() and self.frist.isdigit() else 0
            hel = now.replace(second=0, microsecond=0)
            return hel + timedelta(minutes=minuter) if minuter else None
        try:
            return datum.fran_falt(self.tid)
        except (ValueError, OverflowError):
            return None


def oppnat(forifyllt: Forifyllt | None, nyckel: str) -> Begaranformular:
    """The form as it opens, from a template or empty."""
    if forifyllt is None:
        tomt = replace(mallformular.tomt(), paminn_fore=(15,))
        return Begaranformular(mallformular.oppnat(tomt), "60", "", "", nyckel)
    minuter = str(forifyllt.innehall.frist_minuter)
    kand = minuter in {str(val) for val, _ in rules.FRISTVAL}
    tid = "" if kand else datum.falt_av(forifyllt.frist)
    return Begaranformular(mallformular.oppnat(forifyllt.innehall), minuter if kand else ANNAN, tid, "", nyckel)


def skickat(data: MultiDict[str, str]) -> Begaranformular:
    """What was sent."""
    vald = data.get("frist", "")
    return Begaranformular(
        mallformular.skickat(data),
        vald if vald == ANNAN or vald in {str(val) for val, _ in rules.FRISTVAL} else "",
        data.get("tid", "")[:40],
        data.get("utomstaende", "")[:MAX_UTOMSTAENDE_TEXT],
        data.get("nyckel", "")[:MAX_NYCKEL],
    )


def klart(form: Begaranformular, now: datetime) -> bool:
    """Whether it can be put; sets what is wrong otherwise, in Swedish by the id of the field."""
    # It has no name, and its deadline is judged apart: what is left is judged as of a template.
    form.mall.innehall = replace(form.innehall, namn="begäran", frist_minuter=mallregler.LANGST)
    mallformular.klart(form.mall)
    form.fel = {id_: text for id_, text in form.mall.fel.items() if id_ not in {"namn", "frist"}}
    if fel := rules.fristfel(form.nar(now), now):
        form.fel["frist"] = fel
    try:
        form.personer = las_utomstaende(form.utomstaende)
    except ValidationError as vilken:
        form.fel["utomstaende"] = str(vilken)
    if not (form.innehall.aktorer or form.innehall.natverk or form.personer or "utomstaende" in form.fel):
        form.fel["mottagare"] = "Välj minst en aktör eller ett nätverk, eller skriv någon utanför systemet."
    return not form.fel
