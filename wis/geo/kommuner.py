"""The kommuner of the county: which of them a place is in, and what a map draws of them.

We ship no borders. What we know is where each kommun's main place lies: a hexagon is drawn there, and a place is said
to be in the kommun whose main place is nearest. An operator who has the borders (GeoJSON) gives them: `karta_granser`.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from wis.geo.former import Form, Formslag, Punkt
from wis.geo.plan import KM_PER_GRAD, Ring, area, innanfor, km, mitt_i

Yta = tuple[Ring, ...]
"""Rings, the outermost first; no ring has its first point again."""
NARA_KM, LANGST_KM = 3.0, 45.0
"""So far outside a border a place still counts to the kommun, and so far from every main place to none."""
_RADIE_KM, _VARV = 3.6, 200
_TATAST_KM = 0.1
# Main places, to about a kilometre.
_CENTRUM: Mapping[str, tuple[str, Punkt]] = {
    "botkyrka": ("Botkyrka", (59.20, 17.83)),
    "danderyd": ("Danderyd", (59.40, 18.04)),
    "ekero": ("Ekerö", (59.29, 17.80)),
    "haninge": ("Haninge", (59.17, 18.14)),
    "huddinge": ("Huddinge", (59.24, 17.98)),
    "jarfalla": ("Järfälla", (59.42, 17.83)),
    "lidingo": ("Lidingö", (59.37, 18.15)),
    "nacka": ("Nacka", (59.31, 18.16)),
    "norrtalje": ("Norrtälje", (59.76, 18.70)),
    "nykvarn": ("Nykvarn", (59.18, 17.43)),
    "nynashamn": ("Nynäshamn", (58.90, 17.95)),
    "osteraker": ("Österåker", (59.48, 18.30)),
    "salem": ("Salem", (59.20, 17.77)),
    "sigtuna": ("Sigtuna", (59.62, 17.86)),
    "sodertalje": ("Södertälje", (59.20, 17.63)),
    "sollentuna": ("Sollentuna", (59.43, 17.95)),
    "solna": ("Solna", (59.36, 18.00)),
    "stockholm": ("Stockholm", (59.33, 18.07)),
    "sundbyberg": ("Sundbyberg", (59.36, 17.97)),
    "taby": ("Täby", (59.44, 18.07)),
    "tyreso": ("Tyresö", (59.24, 18.23)),
    "upplands-bro": ("Upplands-Bro", (59.48, 17.75)),
    "upplands-vasby": ("Upplands Väsby", (59.52, 17.91)),
    "vallentuna": ("Vallentuna", (59.53, 18.08)),
    "varmdo": ("Värmdö", (59.33, 18.39)),
    "vaxholm": ("Vaxholm", (59.40, 18.35)),
}


@dataclass(frozen=True)
class Kommun:
    """A kommun: its slug among the actors, name, main place, and what is drawn: its border, or (`tecken`) a hexagon."""

    slug: str
    namn: str
    centrum: Punkt
    ytor: tuple[Yta, ...]
    tecken: bool = True

    @property
    def mitt(self) -> Punkt:
        """A point within what is drawn, for its letter."""
        return mitt_i(max((yta[0] for yta in self.ytor), key=lambda ring: abs(area(ring))))

    def geojson(self) -> dict[str, Any]:
        """The GeoJSON geometry."""
        ytor = [[[[lon, lat] for lat, lon in (*ring, ring[0])] for ring in yta] for yta in self.ytor]
        return {"type": "MultiPolygon", "coordinates": ytor}


Granser = Mapping[str, tuple[Yta, ...]]
"""Borders by slug."""
_granser: dict[str, tuple[Yta, ...]] = {}


def anvand(granser: Granser) -> None:
    """Draw and judge by these borders from now on; kommuner without any stay as they are."""
    _granser.clear()
    _granser.update(granser)
    kommuner.cache_clear()
    _vid.cache_clear()


@cache
def kommuner() -> dict[str, Kommun]:
    """Those of the county by slug, in alphabetical order of the slugs."""
    platser = _isar({slug: centrum for slug, (_, centrum) in _CENTRUM.items() if slug not in _granser})
    return {
        slug: Kommun(slug, namn, centrum, _granser.get(slug) or ((_hexagon(platser[slug]),),), slug not in _granser)
        for slug, (namn, centrum) in _CENTRUM.items()
    }


def kommuner_vid(former: Iterable[Form]) -> frozenset[str]:
    """The slugs of the kommuner that the places are in or touch, as far as is known."""
    return frozenset(slug for form in former for slug in _vid(form))


@lru_cache(4096)
def _vid(form: Form) -> frozenset[str]:
    alla = kommuner()
    rors = {slug for slug, en in alla.items() if not en.tecken and any(_ror_yta(form, yta) for yta in en.ytor)}
    if any(en.tecken for en in alla.values()):
        rors |= {slug for punkt in form.punkter if (slug := _narmast(punkt))}
        if form.slag is Formslag.YTA:
            rors |= {slug for slug, en in alla.items() if innanfor(en.centrum, (form.punkter,))}
        return frozenset(rors)
    if rors:
        return frozenset(rors)
    # Borders leave out quays and small islands, and what happens there is the kommun's concern all the same.
    avstand, slug = min((_till_grans_km(punkt, en), slug) for slug, en in alla.items() for punkt in form.punkter)
    return frozenset({slug} if avstand <= NARA_KM else ())


def _narmast(punkt: Punkt) -> str:
    """The kommun whose main place is nearest; '' if none is near."""
    avstand, slug = min((km(punkt, en.centrum), slug) for slug, en in kommuner().items())
    return slug if avstand <= LANGST_KM else ""


# --- the operator's borders -----------------------------------------------------------------------------------------


class OlasligaGranser(ValueError):
    """The file of borders can't be used; the text says in Swedish why."""


def las(path: Path) -> Granser:
    """The borders in a GeoJSON file (WGS84) whose areas are named as the kommuner are. Raises OlasligaGranser."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        former = [(form.get("properties") or {}, form["geometry"]) for form in data["features"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fel:
        raise OlasligaGranser(f"{path} är ingen läsbar GeoJSON-fil ({type(fel).__name__}).") from fel
    slugar = {namn.casefold(): slug for slug, (namn, _) in _CENTRUM.items()}
    granser: dict[str, tuple[Yta, ...]] = {}
    for egenskaper, geometri in former:
        namn = [str(varde).casefold() for varde in egenskaper.values()]
        slug = next((slugar[ett] for ett in namn if ett in slugar), None)
        if slug is not None and geometri is not None:
            granser[slug] = (*granser.get(slug, ()), *_ytor(path, geometri))
    if not any(granser.values()):
        raise OlasligaGranser(f"{path} har ingen yta som heter som någon av länets kommuner, t.ex. Nacka.")
    return {slug: ytor for slug, ytor in granser.items() if ytor}


def _ytor(path: Path, geometri: Mapping[str, Any]) -> Iterator[Yta]:
    koordinater = geometri.get("coordinates") or []
    for yta in {"Polygon": [koordinater], "MultiPolygon": koordinater}.get(str(geometri.get("type")), []):
        ringar = tuple(ring for raw in yta if len(ring := _glesad(path, raw)) > 2)
        if ringar:
            yield ringar


def _glesad(path: Path, raw: Sequence[Sequence[float]]) -> Ring:
    """The ring without points that nobody can tell apart on a map of the county."""
    ring: list[Punkt] = []
    for lon, lat, *_ in raw:
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise OlasligaGranser(f"{path} har andra koordinater än latitud och longitud: räkna om den till WGS84.")
        punkt = (round(lat, 4), round(lon, 4))
        if not ring or km(ring[-1], punkt) >= _TATAST_KM:
            ring.append(punkt)
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return tuple(ring)


# --- on the plane ---------------------------------------------------------------------------------------------------


def _hexagon(mitt: Punkt) -> Ring:
    lat, lon = mitt
    kort = math.cos(math.radians(lat))
    horn = [math.radians(60 * steg + 30) for steg in range(6)]
    grader = _RADIE_KM / KM_PER_GRAD
    return tuple((round(lat + grader * math.sin(v), 4), round(lon + grader * math.cos(v) / kort, 4)) for v in horn)


def _isar(platser: Mapping[str, Punkt]) -> dict[str, Punkt]:
    """The places moved apart until no two hexagons cover each other; those far from others stay where they are."""
    ut, minst = dict(platser), 2 * _RADIE_KM
    for _ in range(_VARV):
        for ena in ut:
            for andra in ut:
                if ena < andra and (avstand := km(ut[ena], ut[andra])) < minst:
                    steg = (minst - avstand) / 2 / max(avstand, 0.1)
                    dlat, dlon = ((ut[andra][i] - ut[ena][i]) * steg / 2 for i in (0, 1))
                    ut[ena] = (ut[ena][0] - dlat, ut[ena][1] - dlon)
                    ut[andra] = (ut[andra][0] + dlat, ut[andra][1] + dlon)
    return ut


def _ror_yta(form: Form, yta: Yta) -> bool:
    if any(innanfor(punkt, yta) for punkt in form.punkter):
        return True
    if form.slag is Formslag.PUNKT:
        return False
    strackor = list(pairwise(form.punkter if form.slag is Formslag.LINJE else (*form.punkter, form.punkter[0])))
    kanter = [kant for ring in yta for kant in pairwise((*ring, ring[0]))]
    if any(_korsar(stracka, kant) for stracka in strackor for kant in kanter):
        return True
    return form.slag is Formslag.YTA and innanfor(yta[0][0], (form.punkter,))


def _korsar(a: tuple[Punkt, Punkt], b: tuple[Punkt, Punkt]) -> bool:
    return _sida(*a, b[0]) != _sida(*a, b[1]) and _sida(*b, a[0]) != _sida(*b, a[1])


def _sida(a: Punkt, b: Punkt, c: Punkt) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])


def _till_grans_km(punkt: Punkt, kommun: Kommun) -> float:
    kort = math.cos(math.radians(punkt[0]))
    kanter = (kant for yta in kommun.ytor for ring in yta for kant in pairwise((*ring, ring[0])))
    return min(_till_stracka(punkt, kant, kort) for kant in kanter)


def _till_stracka(punkt: Punkt, kant: tuple[Punkt, Punkt], kort: float) -> float:
    (y, x), ((y1, x1), (y2, x2)) = punkt, kant
    dx, dy, px, py = (x2 - x1) * kort, y2 - y1, (x - x1) * kort, y - y1
    langd = dx * dx + dy * dy
    andel = max(0.0, min(1.0, (px * dx + py * dy) / langd)) if langd else 0.0
    return KM_PER_GRAD * math.hypot(px - andel * dx, py - andel * dy)
