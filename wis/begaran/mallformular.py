"""The form in which a template of begäran is edited: questions in order, and what the pressed button does to them."""

from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from wis.auth.forms import pa_en_rad
from wis.begaran import mallregler
from wis.begaran.mallregler import PAMINN_FORE, Fraga, Mallinnehall
from wis.begaran.models import Fragetyp, Synlighet
from wis.datum import MAX_SIFFROR

LANGST = 4000
"""What is typed in one field is kept as it is up to here, so that too long a text can be shortened."""
MEST = 40
"""So many questions at most are read from a form."""
SPARA, LAGG_TILL = "spara", "lagg-till"


@dataclass(frozen=True)
class Fragerad:
    """A question as typed; `val` has one choice on each line."""

    typ: Fragetyp = Fragetyp.TEXT
    text: str = ""
    val: str = ""
    enhet: str = ""
    kravs: bool = True

    @property
    def tom(self) -> bool:
        """Whether nothing has been typed in it."""
        return not (self.text.strip() or self.val.strip() or self.enhet.strip())


@dataclass
class Mallformular:
    """What stands in the form. `bas`: the state of the template that it changes, '' of a new one; `fel` by field.

    `fokus` is the field or button to stand at when the page is drawn again.
    """

    innehall: Mallinnehall
    rader: list[Fragerad]
    frist: str
    bas: str = ""
    fel: dict[str, str] = field(default_factory=dict)
    fokus: str = ""

    @property
    def errors(self) -> dict[str, str]:
        """As a form of WTForms has: the page's title says that there are some."""
        return self.fel


def oppnat(innehall: Mallinnehall, bas: str = "") -> Mallformular:
    """The form as it opens."""
    rader = [
        Fragerad(Fragetyp(en["typ"]), en["text"], "\n".join(en["val"]), en["enhet"], bool(en["kravs"]))
        for en in innehall.fragor
    ]
    return Mallformular(innehall, rader or [Fragerad()], str(innehall.frist_minuter), bas)


def tomt() -> Mallinnehall:
    """What a template is made of from the beginning."""
    return Mallinnehall(namn="", rubrik="", inledning="", fragor=(), frist_minuter=60, paminn_fore=(15,))


def skickat(data: MultiDict[str, str]) -> Mallformular:
    """What was sent."""
    rader = [_rad(data, i) for i in range(MEST) if f"text-{i}" in data]
    synlighet, frist = data.get("synlighet", ""), data.get("frist", "").strip()[:MAX_SIFFROR]
    innehall = Mallinnehall(
        namn=pa_en_rad(data.get("namn", ""))[:LANGST],
        rubrik=pa_en_rad(data.get("rubrik", ""))[:LANGST],
        inledning=data.get("inledning", "").replace("\r\n", "\n").strip()[:LANGST],
        fragor=tuple(_fraga(nummer, rad) for nummer, rad in enumerate(rader, 1)),
        frist_minuter=int(frist) if frist.isascii() and frist.isdigit() else 0,
        paminn_fore=tuple(minuter for minuter, _ in PAMINN_FORE if str(minuter) in data.getlist("paminn_fore")),
        synlighet=Synlighet(synlighet) if synlighet in set(Synlighet) else Synlighet.TILLFRAGADE,
        aktorer=_ids(data.getlist("aktorer")),
        natverk=_ids(data.getlist("natverk")),
    )
    return Mallformular(innehall, rader, frist, data.get("bas", ""))


def klart(form: Mallformular) -> bool:
    """Whether it can be kept, without the rows that nobody wrote in; sets what is wrong otherwise."""
    form.rader = [rad for rad in form.rader if not rad.tom] or form.rader[:1]
    fragor = [rad for rad in form.rader if not rad.tom]
    form.innehall = replace(form.innehall, fragor=tuple(_fraga(i, rad) for i, rad in enumerate(fragor, 1)))
    form.fel = mallregler.brister(form.innehall)
    return not form.fel


def gor(form: Mallformular, knapp: str) -> None:
    """Do to the questions what the pressed button says."""
    vad, _, nummer = knapp.partition(":")
    i = int(nummer) if nummer.isascii() and nummer.isdigit() and len(nummer) < 3 else -1
    if vad == LAGG_TILL and len(form.rader) < mallregler.MAX_FRAGOR:
        form.rader.append(Fragerad())
        form.fokus = f"text-{len(form.rader) - 1}"
    elif vad == "bort" and 0 <= i < len(form.rader):
        del form.rader[i]
        form.fokus = LAGG_TILL
    elif vad in {"upp", "ned"}:
        _flytta(form, i, -1 if vad == "upp" else 1, vad)


def _flytta(form: Mallformular, i: int, steg: int, vad: str) -> None:
    till = i + steg
    if 0 <= i < len(form.rader) and 0 <= till < len(form.rader):
        form.rader[i], form.rader[till] = form.rader[till], form.rader[i]
        form.fokus = f"{vad}:{till}"


def _rad(data: MultiDict[str, str], i: int) -> Fragerad:
    typ = data.get(f"typ-{i}", "")
    return Fragerad(
        Fragetyp(typ) if typ in set(Fragetyp) else Fragetyp.TEXT,
        data.get(f"text-{i}", "")[:LANGST],
        data.get(f"val-{i}", "").replace("\r\n", "\n")[:LANGST],
        data.get(f"enhet-{i}", "")[:LANGST],
        bool(data.get(f"kravs-{i}")),
    )


def _fraga(nummer: int, rad: Fragerad) -> Fraga:
    val = tuple(pa_en_rad(ett) for ett in rad.val.splitlines() if ett.strip()) if rad.typ is Fragetyp.VAL else ()
    enhet = pa_en_rad(rad.enhet) if rad.typ is Fragetyp.TAL else ""
    return mallregler.fraga(nummer, rad.typ, pa_en_rad(rad.text), val=val, enhet=enhet, kravs=rad.kravs)


def _ids(texter: list[str]) -> tuple[int, ...]:
    return tuple(int(text) for text in texter if text.isascii() and text.isdigit() and len(text) <= MAX_SIFFROR)
