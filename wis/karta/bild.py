"""The map as an SVG that the server draws: for who has no scripts, and until they have come. Pure.

Longitudes are shortened by the cosine of the county's latitude, so that a kilometre is as long either way.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wis import geo
from wis.karta.rules import Kommunrad, Lager
from wis.lagesbild.platser import Plats

BREDD = 1000
"""Of the picture, in its own units."""
_MARGINAL = 15
_SLAG = {
    "ingen": "ingen",
    "måttlig": "mattlig",
    "betydande": "betydande",
    "allvarlig": "allvarlig",
    "kritisk": "kritisk",
}


@dataclass(frozen=True)
class Ritadkommun:
    """The outline of a kommun as an SVG path, its name, its grade (and class), and where the letter of it stands."""

    namn: str
    vag: str
    grad: str
    slag: str
    bokstav: str
    x: float
    y: float


@dataclass(frozen=True)
class Ritadplats:
    """A place: a path, or (''), a point; the number of its layer stands at x, y."""

    lager: str
    marke: str
    namn: str
    vag: str
    yta: bool
    x: float
    y: float


@dataclass(frozen=True)
class Bild:
    """What the template draws, in units of which the picture is BREDD wide."""

    hojd: int
    kommuner: Sequence[Ritadkommun]
    platser: Sequence[Ritadplats]


class _Projektion:
    def __init__(self, punkter: Iterable[geo.Punkt]) -> None:
        alla = list(punkter)
        self.norr = max(lat for lat, _ in alla)
        syd = min(lat for lat, _ in alla)
        self.vast = min(lon for _, lon in alla)
        self.kort = math.cos(math.radians((self.norr + syd) / 2))
        bredd = (max(lon for _, lon in alla) - self.vast) * self.kort
        self.skala = (BREDD - 2 * _MARGINAL) / (bredd or 1)
        self.hojd = math.ceil((self.norr - syd) * self.skala) + 2 * _MARGINAL

    def __call__(self, punkt: geo.Punkt) -> tuple[float, float]:
        lat, lon = punkt
        x = (lon - self.vast) * self.kort * self.skala + _MARGINAL
        return round(x, 1), round((self.norr - lat) * self.skala + _MARGINAL, 1)


def rita(lager: Iterable[Lager], kommuner: Iterable[Kommunrad]) -> Bild:
    """The county, and whatever places lie outside it."""
    lagren = list(lager)
    former = [plats.form for ett in lagren for plats in ett.platser if plats.form is not None]
    granser = [punkt for en in geo.kommuner().values() for yta in en.ytor for punkt in yta[0]]
    till = _Projektion([*granser, *(punkt for form in former for punkt in form.punkter)])
    rader = {rad.slug: rad for rad in kommuner}
    return Bild(
        till.hojd,
        [_kommun(en, rader.get(slug), till) for slug, en in geo.kommuner().items()],
        [ritad for ett in lagren for plats in ett.platser for ritad in _plats(ett, plats, till)],
    )


def _kommun(kommun: geo.Kommun, rad: Kommunrad | None, till: _Projektion) -> Ritadkommun:
    grad = rad.grad if rad else ""
    vag = "".join(_vag(ring, till, sluten=True) for yta in kommun.ytor for ring in yta)
    x, y = till(kommun.mitt)
    return Ritadkommun(kommun.namn, vag, grad, _SLAG.get(grad, ""), rad.bokstav if rad else "", x, y)


def _plats(lager: Lager, plats: Plats, till: _Projektion) -> list[Ritadplats]:
    if plats.form is None:
        mitten = [till(geo.kommuner()[slug].mitt) for slug in plats.kommuner]
        return [Ritadplats(lager.slug, lager.marke, plats.namn, "", False, x + 22, y - 22) for x, y in mitten]
    yta = plats.form.slag is geo.Formslag.YTA
    vag = "" if plats.form.slag is geo.Formslag.PUNKT else _vag(plats.form.punkter, till, sluten=yta)
    x, y = till(plats.form.punkter[len(plats.form.punkter) // 2])
    return [Ritadplats(lager.slug, lager.marke, plats.namn, vag, yta, x, y)]


def _vag(punkter: Sequence[geo.Punkt], till: _Projektion, *, sluten: bool) -> str:
    delar = " ".join(f"{x:g},{y:g}" for x, y in map(till, punkter))
    return f"M{delar}{'Z' if sluten else ''}"
