"""Metrics in Prometheus' format, for operators: asked from this machine, or with a key."""

import hmac
import ipaddress
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from wis import clock, efterat, web
from wis.auth.atkomst import oppen
from wis.db import Database
from wis.notiser import matvarden
from wis.notiser.leverantorsminuter import Lage
from wis.notiser.matvarden import Matvarden
from wis.notiser.models import Kanalslag, Status
from wis.skydd import FRAGAD_VARD

bp = Blueprint("matt", __name__)
_KOADE = (Status.VANTAR, Status.TAGEN, Status.SANDS, Status.OVISS)
_LOKALA = {"127.0.0.1", "localhost", "::1"}
_UTFALL = ("mottagna", "nekade", "fel", "ovissa")


@bp.get("/matt")
@oppen
def matt() -> Response:
    """The metrics; 404 for whom they are not."""
    if not _far_se():
        return Response(status=404)
    register = CollectorRegistry(auto_describe=False)
    register.register(_Insamlare(web.database()))
    return Response(generate_latest(register), content_type=CONTENT_TYPE_LATEST)


def _far_se() -> bool:
    nyckel = web.settings().matt_nyckel
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if nyckel is not None and hmac.compare_digest(given.encode(), nyckel.encode()):
        return True
    return _fran_maskinen()


def _fran_maskinen() -> bool:
    # A proxy that nobody has told us of stands on this machine too, and asks for everybody.
    if not web.settings().betrodda_proxyer and ("X-Forwarded-For" in request.headers or "Forwarded" in request.headers):
        return False
    # One that tells neither who asks nor that it asks for somebody passes on the name that the world knows us by.
    vard = request.environ.get(FRAGAD_VARD, request.host)
    try:
        lokal = urlsplit(f"//{vard}").hostname in _LOKALA
        return lokal and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Insamlare(Collector):
    """Reads the database once, when it is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of the queue, then those of the providers."""
        with self._database.reading() as session:
            varden = matvarden.las(session, clock.now())
        yield from _kon(varden)
        yield GaugeMetricFamily(
            "wis_anteckningar_tappade",
            "Läskvitton och dylikt som databasen inte tog emot, i processen som svarar.",
            value=efterat.samlare(self._database).tappade,
        )
        yield _leverantorer("wis_leverantor_5min", "Försök de senaste fem minuterna, efter utfall.", varden.nyss)
        yield _leverantorer("wis_leverantor_dygn", "Försök det senaste dygnet, efter utfall.", varden.dygn)


def _kon(varden: Matvarden) -> Iterator[GaugeMetricFamily]:
    djup = GaugeMetricFamily("wis_leveranser", "Leveranser som inte är avgjorda.", labels=["kanal", "status"])
    for kanal in Kanalslag:
        for status in _KOADE:
            djup.add_metric([kanal.value, status.value], varden.djup.get((kanal, status), 0))
    yield djup
    yield GaugeMetricFamily(
        "wis_aldsta_vantande_sekunder", "Hur länge det äldsta som borde ha skickats har väntat.", value=varden.alder
    )
    yield GaugeMetricFamily("wis_utskick_hallna", "Utskick som ännu går att ångra.", value=varden.hallna)
    yield GaugeMetricFamily("wis_utskick_oraknade", "Utskick vars mottagare inte är uträknade.", value=varden.oraknade)


def _leverantorer(namn: str, vad: str, lagen: Sequence[Lage]) -> GaugeMetricFamily:
    matt_ = GaugeMetricFamily(namn, vad, labels=["leverantor", "utfall"])
    for lage in lagen:
        for utfall in _UTFALL:
            matt_.add_metric([lage.leverantor, utfall], getattr(lage, utfall))
    return matt_
