"""Points, lines and areas on the ground (WGS84), and the kommuner of the county. Pure."""

from wis.geo.former import Form, Formslag, Obegriplig, Punkt, geojson, skriv, tolka
from wis.geo.kommuner import Granser, Kommun, OlasligaGranser, anvand, kommuner, kommuner_vid, las

__all__ = [
    "Form",
    "Formslag",
    "Granser",
    "Kommun",
    "Obegriplig",
    "OlasligaGranser",
    "Punkt",
    "anvand",
    "geojson",
    "kommuner",
    "kommuner_vid",
    "las",
    "skriv",
    "tolka",
]
