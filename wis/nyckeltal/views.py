"""The key figures of a lägesbild over its versions: drawn, as tables, and for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, render_template

from wis import clock, datum, web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.lagesbild.atkomst import Mal, hamta
from wis.notiser import csvfil
from wis.nyckeltal import queries
from wis.nyckeltal.diagram import BREDD, HOJD, diagram
from wis.nyckeltal.rules import MAX_VERSIONER, Serie, serier

bp = Blueprint("nyckeltal", __name__)
RUBRIKER = ("Nyckeltal", "Enhet", "Version", "Tid", "Värde", "Ändring")


@bp.get("/handelser/<slug>/lagesbild/<vem>/nyckeltal")
def visa(slug: str, vem: str) -> web.Svar:
    """Each figure as a line and a table."""
    mal = hamta(slug, vem)
    alla, slut = _serier(mal)
    return render_template(
        "nyckeltal/visa.html",
        mal=mal,
        serier=[(serie, diagram(serie, slut)) for serie in alla],
        bredd=BREDD,
        hojd=HOJD,
        hogst=MAX_VERSIONER,
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


@bp.get("/handelser/<slug>/lagesbild/<vem>/nyckeltal.csv")
def som_csv(slug: str, vem: str) -> web.Svar:
    """Every value of every figure, for a spreadsheet."""
    mal = hamta(slug, vem)
    alla, _ = _serier(mal)
    svar = Response("".join(csvfil.rader(RUBRIKER, _rader(alla))), mimetype="text/csv")
    svar.headers["Content-Disposition"] = f'attachment; filename="nyckeltal-{mal.handelse.slug}-{mal.slug}.csv"'
    return svar


def _serier(mal: Mal) -> tuple[list[Serie], datetime]:
    """The figures, and until when they hold. Raises NotFound where one reads no version."""
    if mal.lagesbild is None:
        avbryt_dold()
    sagt, nyast = queries.sagt(web.session(), inloggad(), mal.lagesbild)
    if nyast is None:
        avbryt_dold()
    return serier(sagt), nyast.publicerad


def _rader(alla: list[Serie]) -> Iterator[tuple[str, ...]]:
    for serie in alla:
        for v in serie.varden:
            nar = f"{clock.local(v.nar):%Y-%m-%d} {datum.klockslag(v.nar)}"
            yield serie.namn, serie.enhet, str(v.nummer), nar, v.text, v.andring
