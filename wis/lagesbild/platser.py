"""Places in a lägesbild: what a row of them says, and where that is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from wis import geo
from wis.lagesbild.kallmarke import utan


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


def vidrorda(alla: Iterable[Plats]) -> frozenset[str]:
    """The slugs of the kommuner that any of the places is or touches."""
    lista = list(alla)
    namngivna = frozenset(slug for plats in lista for slug in plats.kommuner)
    return namngivna | geo.kommuner_vid(plats.form for plats in lista if plats.form is not None)


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
