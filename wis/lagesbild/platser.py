"""Places in a lägesbild: what a row of them says, and where that is. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from wis import geo
from wis.lagesbild import kallmarke
from wis.lagesbild.kallmarke import namn_och_aktor, utan

_NARMARE_KM = 0.05
"""What is nearer than this is at the same place, drawn in another way."""
_STRECKEN = ("norr", "nordost", "öster", "sydost", "söder", "sydväst", "väster", "nordväst")
_NAMNDA = 3
"""So many kommuner are named beside a place."""


@dataclass(frozen=True)
class Plats:
    """A place as it was published: a form on the ground, or whole kommuner (slugs), or (neither) nowhere on the map."""

    namn: str
    var: str
    grad: str
    text: str
    form: geo.Form | None = None
    kommuner: tuple[str, ...] = ()


def platser(rader: Iterable[tuple[str, ...]]) -> list[Plats]:
    """The places that the rows of a section are. What can't be read is a place without a form: it was once text."""
    return [_plats(*(utan(cell).strip() for cell in rad)) for rad in rader]


def _plats(namn: str, var: str, grad: str, text: str) -> Plats:
    kommuner = _kommuner(var or namn)
    if kommuner or not var:
        return Plats(namn, var, grad, text, kommuner=kommuner)
    try:
        return Plats(namn, var, grad, text, form=geo.tolka(var))
    except geo.Obegriplig:
        return Plats(namn, var, grad, text)


def fel_i_var(var: str) -> str:
    """What must be mended in where a place is, in Swedish; '' if nothing."""
    var = utan(var).strip()
    if not var or _kommuner(var):
        return ""
    try:
        geo.tolka(var)
    except geo.Obegriplig as fel:
        if any(tecken.isdigit() for tecken in var):
            return str(fel)
        okanda = _okanda(var)
        if len(okanda) < len(var.split(",")):
            return f"{okanda[0]} är ingen kommun i länet. Skriv kommunernas namn med komma mellan."
        return "skriv namnet på en kommun i länet, eller latitud och longitud som 59,33 18,06."
    return ""


def i_ord(var: str) -> str:
    """Where a place is, as it is read: of a line or an area only how many points it has."""
    try:
        form = geo.tolka(var)
    except geo.Obegriplig:
        return var
    if form.slag is geo.Formslag.PUNKT:
        return geo.skriv(form)
    return f"{form.slag} med {len(form.punkter)} punkter"


# --- beside another version -----------------------------------------------------------------------------------------


def jamforbar(rad: tuple[str, ...]) -> tuple[str, ...]:
    """The row as it stands beside another: where it is in words, with the numbers of a point after them."""
    namn, var, *resten = rad
    form, marken = find_form(var), "".join(map(str, kallmarke.alla(var)))
    return rad if form is None else (namn, _vid(form) + kallmarke.i_ord(marken), *resten)


def jamforbara(
    fore: Sequence[tuple[str, ...]], efter: Sequence[tuple[str, ...]], *, mot_din: bool = False
) -> list[tuple[str, ...]]:
    """The later rows as jamforbar() has them, and of each that has moved whither: words tell lines apart no better.

    `mot_din`: the two are not one after the other, but what you have written and what somebody else has.
    """
    tidigare: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for rad in fore:
        tidigare[namn_och_aktor(rad[0]).lower()].append(rad)
    ut = []
    for rad in efter:
        lika = tidigare[namn_och_aktor(rad[0]).lower()]
        da = lika.pop(0) if lika else None
        namn, var, *resten = jamforbar(rad)
        ut.append((namn, var + (_flyttad(da[1], rad[1], mot_din=mot_din) if da else ""), *resten))
    return ut


def _vid(form: geo.Form) -> str:
    slugar = sorted(geo.kommuner_vid([form]))
    namn = [geo.kommuner()[slug].namn for slug in slugar[:_NAMNDA]]
    if len(slugar) > _NAMNDA:
        namn.append("fler")
    vid = f" vid {' och '.join(filter(None, [', '.join(namn[:-1]), namn[-1]]))}" if namn else ""
    if form.slag is geo.Formslag.PUNKT:
        return f"punkt{vid} ({geo.skriv(form)})"
    return f"{form.slag} med {len(form.punkter)} punkter{vid}"


def _flyttad(fore: str, efter: str, *, mot_din: bool) -> str:
    da, nu = find_form(fore), find_form(efter)
    if da is None or nu is None or da == nu:
        return ""
    fran, till = geo.mitt(da), geo.mitt(nu)
    langd = geo.km(fran, till)
    if langd < _NARMARE_KM:
        return ", ritad på ett annat sätt än din" if mot_din else ", ritad på ett annat sätt"
    vinkel = math.atan2((till[1] - fran[1]) * math.cos(math.radians(fran[0])), till[0] - fran[0])
    hall = _STRECKEN[round(vinkel / (math.tau / 8)) % 8]
    hur = f"{langd:.0f} km" if langd >= 10 else f"{langd:.1f} km".replace(".", ",") if langd >= 1 else _meter(langd)
    return f", ligger {hur} {hall} om din" if mot_din else f", platsen är flyttad {hur} åt {hall}"


def _meter(km: float) -> str:
    return f"{max(50, round(km * 1000, -1)):.0f} m"


def find_form(var: str) -> geo.Form | None:
    """The form that is written; None of kommuner and of what can't be read."""
    var = utan(var).strip()
    try:
        return None if not var or _kommuner(var) else geo.tolka(var)
    except geo.Obegriplig:
        return None


def vidrorda(alla: Iterable[Plats]) -> frozenset[str]:
    """The slugs of the kommuner that any of the places is or touches."""
    lista = list(alla)
    namngivna = frozenset(slug for plats in lista for slug in plats.kommuner)
    return namngivna | geo.kommuner_vid(plats.form for plats in lista if plats.form is not None)


def _okanda(text: str) -> list[str]:
    """Of what stands between commas, that which is the name of no kommun."""
    namn = [" ".join(ord_.split()) for ord_ in text.split(",")]
    return [ett or "Ett tomt namn" for ett in namn if ett.casefold() not in _namn()]


def _kommuner(text: str) -> tuple[str, ...]:
    """The slugs of the kommuner that are named with commas between; none if anything else is said too."""
    slugar = [_namn().get(" ".join(ord_.split()).casefold()) for ord_ in text.split(",")]
    return tuple(dict.fromkeys(slug for slug in slugar if slug)) if all(slugar) else ()


@cache
def _namn() -> dict[str, str]:
    return {
        namn.casefold(): slug
        for slug, kommun in geo.kommuner().items()
        for namn in (kommun.namn, f"{kommun.namn} kommun", f"{kommun.namn}s kommun", f"{kommun.namn}s stad")
    }
