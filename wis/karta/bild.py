"""The map as an SVG that the server draws: for who has no scripts, and until they have come. Pure.

Longitudes are shortened by the cosine of the county's latitude, so that a kilometre is as long either way.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wis import geo
from wis.karta.rules import Kommunrad, Lager
from wis.lagesbild.platser import Plats

BREDD = 1000
"""Of the picture, in its own units."""
_MARGINAL = 40
_TECKEN, _MARKE, _SKRIFT = 40, 20, 26
"""Half a kommun's sign, half a mark, and the size of the names, as the style sheet has it."""
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
class Namn:
    """The name of a kommun, and where the middle of it stands."""

    namn: str
    x: float
    y: float


@dataclass(frozen=True)
class Bild:
    """What the template draws, in units of which the picture is BREDD wide. `namn`: those there is room for."""

    hojd: int
    kommuner: Sequence[Ritadkommun]
    platser: Sequence[Ritadplats]
    namn: Sequence[Namn]


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
    ritade = [_kommun(en, rader.get(slug), till) for slug, en in geo.kommuner().items()]
    platser = _isar([ritad for ett in lagren for plats in ett.platser for ritad in _plats(ett, plats, till)])
    return Bild(till.hojd, ritade, platser, _namn(ritade, platser, till.hojd))


def _isar(platser: Iterable[Ritadplats]) -> list[Ritadplats]:
    """The places with the marks of those at the same spot beside each other."""
    antal: dict[tuple[float, float], int] = {}
    ut = []
    for plats in platser:
        antal[plats.x, plats.y] = antal.get((plats.x, plats.y), -1) + 1
        ut.append(replace(plats, x=round(plats.x + antal[plats.x, plats.y] * 2.2 * _MARKE, 1)))
    return ut


def _namn(kommuner: Iterable[Ritadkommun], platser: Iterable[Ritadplats], hojd: int) -> list[Namn]:
    """The names that cover no other, no kommun's sign and no mark, as kartnamn.js sets them out."""
    alla = list(kommuner)
    tagna = [_Ruta(en.x, en.y, _TECKEN, _TECKEN) for en in alla]
    tagna += [_Ruta(plats.x, plats.y, _MARKE, _MARKE) for plats in platser]
    ut = []
    for en in sorted(alla, key=lambda en: not en.bokstav):
        halv = _SKRIFT * 0.3 * len(en.namn)
        ned, ut_at = _TECKEN + _SKRIFT * 0.6, _TECKEN + halv + 4
        lagen = [(en.x, en.y + ned), (en.x, en.y - ned), (en.x + ut_at, en.y), (en.x - ut_at, en.y)]
        rutor = [_Ruta(x, y, halv, _SKRIFT * 0.55) for x, y in lagen]
        fri = next((r for r in rutor if r.inom(hojd) and not any(map(r.moter, tagna))), None)
        if fri is not None:
            tagna.append(fri)
            ut.append(Namn(en.namn, round(fri.x, 1), round(fri.y, 1)))
    return ut


@dataclass(frozen=True)
class _Ruta:
    """A box by its middle and half its width and height."""

    x: float
    y: float
    bredd: float
    hojd: float

    def moter(self, annan: "_Ruta") -> bool:
        return abs(self.x - annan.x) < self.bredd + annan.bredd and abs(self.y - annan.y) < self.hojd + annan.hojd

    def inom(self, hojd: int) -> bool:
        return self.bredd <= self.x <= BREDD - self.bredd and self.hojd <= self.y <= hojd - self.hojd


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
    x, y = till(geo.mitt(plats.form))
    return [Ritadplats(lager.slug, lager.marke, plats.namn, vag, yta, x, y)]


def _vag(punkter: Sequence[geo.Punkt], till: _Projektion, *, sluten: bool) -> str:
    delar = " ".join(f"{x:g},{y:g}" for x, y in map(till, punkter))
    return f"M{delar}{'Z' if sluten else ''}"
