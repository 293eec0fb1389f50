"""Who writes in which heading: what an open page for writing says of itself, and what it is told of the others."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import jsonify, request
from sqlalchemy.orm import Session

from wis import web
from wis.auth.atkomst import Nekad, inloggad
from wis.auth.rules import Verb
from wis.handelser.sakkrets import Otillaten
from wis.lagesbild import narvaro
from wis.lagesbild.atkomst import Mal, hamta
from wis.lagesbild.narvaro import Skrivande
from wis.lagesbild.views import bp
from wis.tx import transaction

_FLIK = re.compile(r"[0-9a-z-]{16,40}")
_AVSNITT = re.compile(r"[0-9a-z_-]{1,60}")


@bp.post("/handelser/<slug>/lagesbild/<vem>/narvaro", endpoint="narvaro")
def skriver_har(slug: str, vem: str) -> web.Svar:
    """Note where the page is (fields `flik`, `avsnitt`) or that it is left (`lamnar`); answer with who else writes.

    Without a whole `flik` nothing is noted.
    """
    mal = hamta(slug, vem, Verb.SKRIVA)
    flik, avsnitt = _hel(_FLIK, "flik"), _hel(_AVSNITT, "avsnitt")
    plats, who, bild = mal.plats, inloggad(), None if mal.lagesbild is None else mal.lagesbild.id
    if flik and "lamnar" in request.form:
        if bild is not None:
            with _transaktion() as session:
                narvaro.lamna(session, who, bild, flik)
        return jsonify(lagesbild=bild, andra=[], egna=[])
    if flik and (bild is None or narvaro.ar_nytt(web.session(), bild, who, flik, avsnitt)):
        with _transaktion() as session:
            bild = narvaro.anteckna(session, who, plats, flik, avsnitt)
    alla = [] if bild is None else narvaro.skrivande(web.session(), bild, who, flik)
    return jsonify(
        lagesbild=bild,
        andra=[_som_json(en) for en in alla if not en.egen],
        egna=[_som_json(en) for en in alla if en.egen],
    )


def _hel(monster: re.Pattern[str], falt: str) -> str:
    """What was sent in the field, if it is what a page of ours sends; otherwise ''."""
    skickat = request.form.get(falt, "")
    return skickat if monster.fullmatch(skickat) else ""


def _som_json(en: Skrivande) -> dict[str, str]:
    return {
        "vem": en.vem,
        "namn": en.namn,
        "funktion": en.funktion,
        "aktor": en.aktor,
        "avsnitt": en.avsnitt,
        "sedan": en.sedan.isoformat(timespec="seconds"),
    }


@contextmanager
def _transaktion() -> Iterator[Session]:
    """Not web.transaction(): nothing that the login's pages show is changed, and none need be drawn anew for it."""
    web.end_reading()
    try:
        with transaction(web.database()) as session:
            yield session
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej


@bp.app_template_global("skriver_nu")
def skriver_nu(mal: Mal) -> dict[str, Any]:
    """For the page for writing, drawn: `andra` who write the lägesbild now, and the `egna` other pages of who asks."""
    bild = mal.lagesbild
    alla = [] if bild is None else narvaro.skrivande(web.session(), bild.id, inloggad())
    return {"andra": [en for en in alla if not en.egen], "egna": [en for en in alla if en.egen]}
