"""The map of an event, and the same as GeoJSON for those with a map of their own."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, render_template

from wis import geo, web
from wis.auth.atkomst import inloggad, oppen
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.karta import bild
from wis.karta.queries import karta
from wis.karta.rules import geojson
from wis.lagesbild.mall import GRADER
from wis.lagesbild.platser import i_ord

bp = Blueprint("karta", __name__)


@bp.get("/handelser/<slug>/karta")
@visbar_som
def visa(slug: str) -> web.Svar:
    """The map, and all that is on it in words."""
    handelse = hamta_handelse(slug)
    kartan = karta(web.session(), inloggad(), handelse)
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
    """The same places and kommuner, as GeoJSON."""
    handelse = hamta_handelse(slug)
    kartan = karta(web.session(), inloggad(), handelse)
    svar: Response = jsonify(geojson(kartan.lager, kartan.kommuner, web.settings().base_url))
    svar.mimetype = "application/geo+json"
    svar.headers["Content-Disposition"] = f'inline; filename="{handelse.slug}.geojson"'
    return svar


@bp.get("/karta/lan.geojson")
@oppen
def lanet() -> web.Svar:
    """What is drawn of the county's kommuner, which is the same for everybody."""
    svar: Response = jsonify(geojson((), ()))
    svar.mimetype = "application/geo+json"
    return svar
