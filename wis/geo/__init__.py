"""Points, lines and areas on the ground (WGS84), and the kommuner of the county. Pure."""

from wis.geo.former import DECIMALER, Form, Formslag, Obegriplig, Punkt, geojson, skriv, tolka
from wis.geo.kommuner import Granser, Kommun, OlasligaGranser, anvand, kommuner, kommuner_vid, las
from wis.geo.plan import km, mitt

__all__ = [
    "DECIMALER",
    "Form",
    "Formslag",
    "Granser",
    "Kommun",
    "Obegriplig",
    "OlasligaGranser",
    "Punkt",
    "anvand",
    "geojson",
    "km",
    "kommuner",
    "kommuner_vid",
    "las",
    "mitt",
    "skriv",
    "tolka",
]
