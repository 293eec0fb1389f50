"""Points, lines and areas on the ground (WGS84), as people write them and as GeoJSON. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Punkt = tuple[float, float]
"""Latitude and longitude, degrees."""
MAX_PUNKTER = 200
DECIMALER = 5
"""Of a degree: about a metre."""
_NORR, _SYD, _VAST, _OST = 72.0, 50.0, 0.0, 40.0
_METER, _STORST = 100_000, 10_000_000
"""Between these it is likelier metres of a grid than degrees."""
_TAL = re.compile(r"-?\d+(?:[.,]\d+)?")
# One way to read any run of spaces: else a long one takes forever to refuse.
_SKRIVET = re.compile(r"(?:(?P<slag>punkt|linje|yta)\s*+:?)?(?P<tal>[-\d.,;\s°]+)", re.IGNORECASE)


class Formslag(StrEnum):
    """What a place is on a map."""

    PUNKT = "punkt"
    LINJE = "linje"
    YTA = "yta"


@dataclass(frozen=True)
class Form:
    """A point, a line, or an area (whose last point is not the first again)."""

    slag: Formslag
    punkter: tuple[Punkt, ...]


class Obegriplig(ValueError):
    """What was written is no place; the text says in Swedish what to do."""


def tolka(text: str) -> Form:
    """The place that was written: '59,33 18,06', 'linje 59,33 18,06; 59,34 18,10' or 'yta …'. Raises Obegriplig.

    Latitude comes first, with comma or point as the decimal mark; several pairs without a word are a line.
    """
    skrivet = _SKRIVET.fullmatch(text.strip())
    if skrivet is None:
        raise Obegriplig("skriv bara latitud och longitud, som grader med decimaler: 59,3293 18,0686.")
    tal = [float(ett.replace(",", ".")) for ett in _TAL.findall(skrivet["tal"])]
    if len(tal) < 2 or len(tal) % 2:
        raise Obegriplig("talen ska komma två och två: latitud och longitud, till exempel 59,3293 18,0686.")
    if len(tal) > 2 * MAX_PUNKTER:
        raise Obegriplig(
            f"det är {len(tal) // 2} punkter, och högst {MAX_PUNKTER} får plats. Ta bort några, eller dela platsen"
            " på två rader."
        )
    punkter = tuple(map(_punkt, tal[::2], tal[1::2]))
    return _form(Formslag(skrivet["slag"].lower()) if skrivet["slag"] else None, punkter)


def _punkt(lat: float, lon: float) -> Punkt:
    if _SYD <= lon <= _NORR and _VAST <= lat <= _OST:
        raise Obegriplig(f"latituden ska stå före longituden. Skriv {_tal(lon)} {_tal(lat)}.")
    if _METER <= abs(lat) < _STORST:
        raise Obegriplig(
            "det ser ut som meter (SWEREF 99 eller RT 90). Här skrivs grader (WGS84): latitud och longitud, till"
            " exempel 59,3293 18,0686."
        )
    if not (_SYD <= lat <= _NORR and _VAST <= lon <= _OST):
        vad = f"{_tal(lat)} {_tal(lon)}" if max(abs(lat), abs(lon)) < _METER else "det"
        raise Obegriplig(f"{vad} ligger utanför kartan. Latitud är 50–72, longitud 0–40, till exempel 59,3293 18,0686.")
    return round(lat, DECIMALER), round(lon, DECIMALER)


def _form(slag: Formslag | None, punkter: tuple[Punkt, ...]) -> Form:
    slag = slag or (Formslag.PUNKT if len(punkter) == 1 else Formslag.LINJE)
    if slag is Formslag.YTA and len(punkter) > 3 and punkter[0] == punkter[-1]:
        punkter = punkter[:-1]
    if slag is Formslag.PUNKT and len(punkter) > 1:
        raise Obegriplig("en punkt har bara en latitud och en longitud. Skriv linje eller yta för flera.")
    if slag is Formslag.LINJE and len(punkter) < 2:
        raise Obegriplig("en linje behöver minst två punkter: linje 59,33 18,06; 59,34 18,10.")
    if slag is Formslag.YTA and len(punkter) < 3:
        raise Obegriplig("en yta behöver minst tre punkter: yta 59,33 18,06; 59,34 18,10; 59,32 18,10.")
    return Form(slag, punkter)


def skriv(form: Form) -> str:
    """The place as tolka() reads it."""
    punkter = "; ".join(f"{_tal(lat)} {_tal(lon)}" for lat, lon in form.punkter)
    return punkter if form.slag is Formslag.PUNKT else f"{form.slag} {punkter}"


def _tal(tal: float) -> str:
    return f"{tal:.{DECIMALER}f}".rstrip("0").rstrip(".").replace(".", ",")


def geojson(form: Form) -> dict[str, Any]:
    """The GeoJSON geometry (RFC 7946: longitude first, areas closed)."""
    punkter = [[lon, lat] for lat, lon in form.punkter]
    if form.slag is Formslag.PUNKT:
        return {"type": "Point", "coordinates": punkter[0]}
    if form.slag is Formslag.LINJE:
        return {"type": "LineString", "coordinates": punkter}
    return {"type": "Polygon", "coordinates": [[*punkter, punkter[0]]]}
