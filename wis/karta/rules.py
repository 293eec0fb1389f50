"""Layers of places, how hard each kommun is struck, and both as GeoJSON. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wis import geo
from wis.lagesbild.mall import GRADER
from wis.lagesbild.platser import Plats, vidrorda


@dataclass(frozen=True)
class Lager:
    """The places of one lägesbild: its slug and name, the version they are from, and the number that marks them."""

    slug: str
    namn: str
    lank: str
    publicerad: datetime
    platser: Sequence[Plats]
    marke: str = ""


@dataclass(frozen=True)
class Kommunrad:
    """A kommun: the worst that its own lägesbild says ('' for nothing), with the way there, and how many places touch
    it."""

    slug: str
    namn: str
    grad: str
    platser: int
    lank: str = ""
    publicerad: datetime | None = None

    @property
    def bokstav(self) -> str:
        """What stands for the grade beside its colour; '' for none."""
        return self.grad[:1].upper()


def numrerade(lager: Iterable[Lager]) -> list[Lager]:
    """The layers, each with a number of its own: letters stand for grades."""
    return [replace(ett, marke=str(nummer)) for nummer, ett in enumerate(lager, start=1)]


def kommunrader(slagna: Iterable[tuple[str, Sequence[str], str, datetime]], lager: Iterable[Lager]) -> list[Kommunrad]:
    """The kommuner that say how they are struck or that a place touches, the worst first.

    `slagna`: whose lägesbild (slug), the grades in it, the way to it, and when it was published.
    """
    vid: dict[str, int] = {}
    for plats in (plats for ett in lager for plats in ett.platser):
        for slug in vidrorda([plats]):
            vid[slug] = vid.get(slug, 0) + 1
    egna = {slug: (_varst(grader), lank, nar) for slug, grader, lank, nar in slagna}
    rader = []
    for slug, kommun in geo.kommuner().items():
        grad, lank, nar = egna.get(slug, ("", "", None))
        if lank or slug in vid:
            rader.append(Kommunrad(slug, kommun.namn, grad, vid.get(slug, 0), lank, nar))
    return sorted(rader, key=lambda rad: -(GRADER.index(rad.grad) + 1 if rad.grad else 0))


def _varst(grader: Iterable[str]) -> str:
    return max((grad for grad in grader if grad in GRADER), key=GRADER.index, default="")


# --- GeoJSON --------------------------------------------------------------------------------------------------------


def geojson(lager: Iterable[Lager], kommuner: Iterable[Kommunrad], bas_url: str = "") -> dict[str, Any]:
    """A FeatureCollection (RFC 7946): the outlines of all the county's kommuner, then every place that has a form."""
    rader = {rad.slug: rad for rad in kommuner}
    former = [_kommun(kommun, rader.get(slug), bas_url) for slug, kommun in geo.kommuner().items()]
    platser = [form for ett in lager for form in _platser(ett, bas_url)]
    return {"type": "FeatureCollection", "features": former + platser}


def platsgeojson(lager: Lager, bas_url: str) -> dict[str, Any]:
    """A FeatureCollection (RFC 7946) of the places of one version that have a form, and of nothing else."""
    return {"type": "FeatureCollection", "features": _platser(lager, bas_url)}


def _kommun(kommun: geo.Kommun, rad: Kommunrad | None, bas_url: str) -> dict[str, Any]:
    egenskaper: dict[str, Any] = {"slag": "kommun", "kommun": kommun.slug, "namn": kommun.namn}
    if rad is not None:
        egenskaper |= {"paverkan": rad.grad, "platser": rad.platser}
        if rad.lank:
            egenskaper |= {"lank": bas_url + rad.lank}
    return _drag(kommun.geojson(), egenskaper, kommun.mitt)


def _platser(lager: Lager, bas_url: str) -> list[dict[str, Any]]:
    return [form for plats in lager.platser for form in _plats(lager, plats, bas_url)]


def _plats(lager: Lager, plats: Plats, bas_url: str) -> list[dict[str, Any]]:
    egenskaper = {
        "slag": "plats",
        "lager": lager.slug,
        "aktor": lager.namn,
        "marke": lager.marke,
        "namn": plats.namn,
        "paverkan": plats.grad,
        "text": plats.text,
        "publicerad": lager.publicerad.isoformat(),
        "lank": bas_url + lager.lank,
    }
    if plats.form is not None:
        return [_drag(geo.geojson(plats.form), egenskaper, geo.mitt(plats.form))]
    kommuner = [geo.kommuner()[slug] for slug in plats.kommuner]
    return [_drag(en.geojson(), egenskaper | {"kommun": en.slug}, en.mitt) for en in kommuner]


def _drag(geometri: Mapping[str, Any], egenskaper: Mapping[str, Any], mitt: geo.Punkt) -> dict[str, Any]:
    """`mitt`: where its mark stands, longitude first as the rest."""
    lat, lon = (round(tal, geo.DECIMALER) for tal in mitt)
    return {"type": "Feature", "geometry": geometri, "properties": {**egenskaper, "mitt": [lon, lat]}}
