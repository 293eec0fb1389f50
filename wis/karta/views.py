"""The map of an event, and the same as GeoJSON for those with a map of their own."""

from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request

from wis import geo, web
from wis.auth.atkomst import inloggad, inte_rott, oppen
from wis.auth.snabbvag import lagra_inte
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.karta import bild
from wis.karta.queries import av_version, karta
from wis.karta.rules import geojson, platsgeojson
from wis.lagesbild.atkomst import hamta
from wis.lagesbild.mall import GRADER
from wis.lagesbild.platser import i_ord

bp = Blueprint("karta", __name__)


@bp.get("/handelser/<slug>/karta")
@visbar_som
def visa(slug: str) -> web.Svar:
    """The map, and all that is on it in words."""
    handelse = hamta_handelse(slug)
    kartan = karta(web.session(), inloggad(), handelse)
    if kartan.rott:
        lagra_inte()
    rutor = web.settings().karta_rutor
    if rutor:
        # On this page alone: the tiles are somebody else's.
        g.bildkallor = f"https://{urlsplit(rutor).netloc}"
    return render_template(
        "karta/karta.html",
        handelse=handelse,
        ovning=handelse.ovning,
        flik="karta",
        kartan=kartan,
        bild=bild.rita(kartan.lager, kartan.kommuner),
        bredd=bild.BREDD,
        i_ord=i_ord,
        grader=GRADER,
        tecken=any(kommun.tecken for kommun in geo.kommuner().values()),
        rutor=rutor,
        rutkalla=web.settings().karta_kalla,
    )


@bp.get("/handelser/<slug>/karta.geojson")
def som_geojson(slug: str) -> web.Svar:
    """The same places and kommuner, as GeoJSON: `?sidan=ja` for the page's own map, which keeps none of it."""
    handelse = hamta_handelse(slug)
    kartan = karta(web.session(), inloggad(), handelse, tas_ut=request.args.get("sidan") != "ja")
    svar = _geojson(geojson(kartan.lager, kartan.kommuner, web.settings().base_url))
    svar.headers["Content-Disposition"] = f'inline; filename="{handelse.slug}.geojson"'
    return svar


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/platser.geojson")
def version(slug: str, vem: str, nummer: int) -> web.Svar:
    """The places of this version, which never change."""
    mal = hamta(slug, vem)
    denna = mal.version(nummer)
    inte_rott(denna.tlp, mal.sak_for(denna), "hämta det som GeoJSON")
    svar = _geojson(platsgeojson(av_version(mal.handelse, denna), web.settings().base_url))
    etikett = sha256(svar.get_data()).hexdigest()[:32]
    if etikett in request.if_none_match:
        svar = make_response(b"", 304)
    else:
        namn = f"{mal.handelse.slug}-{mal.slug}-v{nummer}.geojson"
        svar.headers["Content-Disposition"] = f'attachment; filename="{namn}"'
    svar.set_etag(etikett)
    return svar


@bp.get("/karta/lan.geojson")
@oppen
def lanet() -> web.Svar:
    """What is drawn of the county's kommuner, which is the same for everybody."""
    return _geojson(geojson((), ()))


def _geojson(data: dict[str, Any]) -> Response:
    svar: Response = jsonify(data)
    svar.mimetype = "application/geo+json"
    return svar
