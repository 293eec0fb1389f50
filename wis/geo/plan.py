"""Distances and shapes on the plane, near enough for a county. Pure."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from wis.geo.former import Form, Formslag, Punkt

Ring = tuple[Punkt, ...]
"""The corners of an area, the first of them once."""
KM_PER_GRAD = 111.2


def km(a: Punkt, b: Punkt) -> float:
    """How far it is between the two."""
    return KM_PER_GRAD * math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(math.radians(a[0])))


def innanfor(punkt: Punkt, ringar: Iterable[Ring]) -> bool:
    """Whether the point lies within the rings, by how many edges a ray from it crosses."""
    lat, lon = punkt
    inne = False
    for ring in ringar:
        for (lat1, lon1), (lat2, lon2) in _kanter(ring):
            if (lat1 > lat) != (lat2 > lat) and lon < (lon2 - lon1) * (lat - lat1) / (lat2 - lat1) + lon1:
                inne = not inne
    return inne


def area(ring: Ring) -> float:
    """The ring's area in square degrees, below nought when it runs clockwise."""
    return sum(lat1 * lon2 - lat2 * lon1 for (lat1, lon1), (lat2, lon2) in _kanter(ring)) / 2


def mitt(form: Form) -> Punkt:
    """Where a mark of the place stands: on the point, halfway along the line, within the area."""
    if form.slag is Formslag.PUNKT:
        return form.punkter[0]
    return mitt_pa(form.punkter) if form.slag is Formslag.LINJE else mitt_i(form.punkter)


def mitt_pa(linje: Sequence[Punkt]) -> Punkt:
    """Halfway along the line, as one goes."""
    strackor = [(a, b, km(a, b)) for a, b in pairwise(linje)]
    kvar = sum(langd for *_, langd in strackor) / 2
    for a, b, langd in strackor:
        if langd >= kvar > 0:
            return a[0] + (b[0] - a[0]) * kvar / langd, a[1] + (b[1] - a[1]) * kvar / langd
        kvar -= langd
    return linje[0]


def mitt_i(ring: Ring) -> Punkt:
    """The middle of the area; where that lies outside it, the middle of the widest stretch of it due west or east."""
    lat, lon = _tyngdpunkt(ring)
    if innanfor((lat, lon), (ring,)):
        return lat, lon
    over = sorted(
        lon1 + (lon2 - lon1) * (lat - lat1) / (lat2 - lat1)
        for (lat1, lon1), (lat2, lon2) in _kanter(ring)
        if (lat1 > lat) != (lat2 > lat)
    )
    vast, ost = max(zip(over[::2], over[1::2], strict=False), key=lambda par: par[1] - par[0], default=(lon, lon))
    return (lat, (vast + ost) / 2) if ost > vast else ring[0]


def _kanter(ring: Ring) -> Iterable[tuple[Punkt, Punkt]]:
    return pairwise((*ring, ring[0]))


def _tyngdpunkt(ring: Ring) -> Punkt:
    # Counted from a corner: what is as small as a house would else drown in how far away the origin is.
    lat0, lon0 = ring[0]
    nara = tuple((lat - lat0, lon - lon0) for lat, lon in ring)
    yta = area(nara)
    if not yta:
        return ring[0]
    lat = lon = 0.0
    for (lat1, lon1), (lat2, lon2) in _kanter(nara):
        vikt = lat1 * lon2 - lat2 * lon1
        lat, lon = lat + (lat1 + lat2) * vikt, lon + (lon1 + lon2) * vikt
    return lat0 + lat / (6 * yta), lon0 + lon / (6 * yta)
