"""What a template of a begäran says, the three that everybody has, and what is wrong with one. Pure.

A begäran is asked at once and answered by many: what is asked is thought through beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wis.begaran.models import Fragetyp, Synlighet

Fraga = dict[str, Any]
"""A question, as in Begaran.fragor."""
MAX_NAMN = 80
KORTAST, LANGST = 5, 14 * 24 * 60
"""How many minutes one may be given to answer."""
FRISTER = (
    (30, "30 minuter"),
    (60, "1 timme"),
    (120, "2 timmar"),
    (240, "4 timmar"),
    (720, "12 timmar"),
    (1440, "1 dygn"),
)
PAMINN_FORE = ((15, "15 minuter före"), (30, "30 minuter före"), (60, "1 timme före"), (240, "4 timmar före"))


@dataclass(frozen=True)
class Mallinnehall:
    """What the form of a begäran is filled in with. `frist_minuter`: from when it is asked; `paminn_fore`: minutes
    before that. `aktorer` and `natverk`: ids of whom it is put to."""

    namn: str
    rubrik: str
    inledning: str
    fragor: tuple[Fraga, ...]
    frist_minuter: int
    paminn_fore: tuple[int, ...] = ()
    synlighet: Synlighet = Synlighet.TILLFRAGADE
    aktorer: tuple[int, ...] = ()
    natverk: tuple[int, ...] = ()


def fraga(
    nummer: int, typ: Fragetyp, text: str, *, val: tuple[str, ...] = (), enhet: str = "", kravs: bool = True
) -> Fraga:
    """A question, as it is kept."""
    return {"nummer": nummer, "typ": typ.value, "text": text, "val": list(val), "enhet": enhet, "kravs": kravs}


def _grader(*funktioner: str) -> tuple[Fraga, ...]:
    return tuple(fraga(nummer, Fragetyp.GRAD, namn) for nummer, namn in enumerate(funktioner, 1))


STANDARD: Mapping[str, Mallinnehall] = {
    "standard-paverkan": Mallinnehall(
        namn="Lägesrapport: påverkan per samhällsviktig funktion",
        rubrik="Hur påverkas ni?",
        inledning="Svara med läget just nu. Det som inte berör er: svara ingen påverkan.",
        fragor=(
            *_grader(
                "Elförsörjning", "Dricksvatten", "Mobil- och fasttelefoni", "Äldreomsorg och hemtjänst", "Vägtrafik"
            ),
            fraga(6, Fragetyp.TEXT, "Vad är det viktigaste som har hänt?"),
            fraga(7, Fragetyp.TEXT, "Vad väntar ni det närmaste dygnet?", kravs=False),
        ),
        frist_minuter=120,
        paminn_fore=(30,),
    ),
    "standard-resurser": Mallinnehall(
        namn="Resurser och behov av stöd",
        rubrik="Behöver ni stöd, eller kan ni ge?",
        inledning="Också nej är ett svar. Skriv bara det som kan behövas eller avvaras det närmaste dygnet.",
        fragor=(
            fraga(1, Fragetyp.VAL, "Behöver ni stöd?", val=("Nej", "Ja, inom ett dygn", "Ja, nu")),
            fraga(2, Fragetyp.TEXT, "Vilket stöd, var och när?", kravs=False),
            fraga(3, Fragetyp.VAL, "Kan ni avvara resurser?", val=("Nej", "Ja")),
            fraga(4, Fragetyp.TEXT, "Vilka resurser?", kravs=False),
            fraga(5, Fragetyp.TAL, "Hur många personer kan ni avvara?", enhet="personer", kravs=False),
        ),
        frist_minuter=240,
        paminn_fore=(60,),
    ),
    "standard-konferens": Mallinnehall(
        namn="Kort ja eller nej: behöver ni samverkanskonferens?",
        rubrik="Behöver ni en samverkanskonferens?",
        inledning="Svara ja eller nej. Räcker det att dela lägesbild, svara nej.",
        fragor=(
            fraga(1, Fragetyp.VAL, "Behöver ni en samverkanskonferens?", val=("Ja", "Nej")),
            fraga(2, Fragetyp.TEXT, "Vilken fråga ska den ta upp?", kravs=False),
        ),
        frist_minuter=30,
        paminn_fore=(15,),
    ),
}
"""By key, in the order that they are offered."""


# --- what is wrong with one -----------------------------------------------------------------------------------------

MAX_RUBRIK, MAX_INLEDNING, MAX_FRAGA, MAX_VAL, MAX_ENHET, MAX_FRAGOR = 120, 2000, 300, 100, 20, 20
MINST_VAL, MEST_VAL = 2, 12


def brister(mall: Mallinnehall) -> dict[str, str]:
    """What has to be put right before it is kept: Swedish texts by the id of the field; none = nothing."""
    fel = _text("namn", mall.namn, MAX_NAMN, "Skriv vad mallen ska heta.")
    fel |= _text("rubrik", mall.rubrik, MAX_RUBRIK, "Skriv en rubrik: den ser de som får frågan.")
    if len(mall.inledning) > MAX_INLEDNING:
        fel["inledning"] = f"Högst {MAX_INLEDNING} tecken. Nu är det {len(mall.inledning)}."
    if not KORTAST <= mall.frist_minuter <= LANGST:
        fel["frist"] = f"Skriv antal minuter, mellan {KORTAST} och {LANGST} (två veckor)."
    elif any(fore >= mall.frist_minuter for fore in mall.paminn_fore):
        fel["frist"] = "En påminnelse hinner inte före: ge längre tid, eller välj bort den."
    if not mall.fragor:
        fel["fragor"] = "Skriv minst en fråga."
    elif len(mall.fragor) > MAX_FRAGOR:
        fel["fragor"] = f"Högst {MAX_FRAGOR} frågor. Ta bort {len(mall.fragor) - MAX_FRAGOR}."
    for plats, en in enumerate(mall.fragor):
        fel |= _fragans_brister(plats, en)
    return fel


def _text(falt: str, text: str, hogst: int, saknas: str) -> dict[str, str]:
    if not text:
        return {falt: saknas}
    return {} if len(text) <= hogst else {falt: f"Högst {hogst} tecken. Nu är det {len(text)}."}


def _fragans_brister(plats: int, en: Fraga) -> dict[str, str]:
    fel = _text(f"text-{plats}", en["text"], MAX_FRAGA, "Skriv frågan, eller ta bort den.")
    if len(en["enhet"]) > MAX_ENHET:
        fel[f"enhet-{plats}"] = f"Högst {MAX_ENHET} tecken."
    if en["typ"] == Fragetyp.VAL:
        fel |= _valens_brister(f"val-{plats}", en["val"])
    return fel


def _valens_brister(falt: str, val: list[str]) -> dict[str, str]:
    if not MINST_VAL <= len(val) <= MEST_VAL:
        return {falt: f"Skriv {MINST_VAL} till {MEST_VAL} val, ett per rad."}
    if any(len(ett) > MAX_VAL for ett in val):
        return {falt: f"Högst {MAX_VAL} tecken per val."}
    return {} if len(set(val)) == len(val) else {falt: "Samma val står två gånger."}
