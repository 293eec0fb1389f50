"""Editions of a version: for those who lead, for communicators, to be read aloud, as SMS. All of the same version."""

from flask import render_template

from wis import web
from wis.auth.krets import Tlp
from wis.auth.visning import visbar_som
from wis.lagesbild import queries, sida, utgavor
from wis.lagesbild.atkomst import Mal, hamta
from wis.lagesbild.mall import SAMMANFATTNING, Utgava
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.service import smstext
from wis.lagesbild.utgavor import Rubrik, Upplasning
from wis.lagesbild.views import bp
from wis.notiser.sms import mat

SMS = "sms"
UTGAVOR = {**{utgava.value: utgava.namn for utgava in Utgava}, SMS: "Som sms"}
"""The last part of the address, and what the edition is called."""


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/<any(ledning, kommunikator, upplasning, sms):utgava>")
@visbar_som
def utgava(slug: str, vem: str, nummer: int, utgava: str) -> web.Svar:
    """One version, in an edition."""
    mal = hamta(slug, vem)
    version, forra = mal.version_och_forra(nummer)
    return render_template(
        "lagesbild/utgava.html",
        mal=mal,
        version=version,
        utgava=utgava,
        utgavor=UTGAVOR,
        grupper=_grupper(version, forra, utgava),
        upplast=_upplast(mal, version, forra) if utgava == Utgava.UPPLASNING else None,
        sms=_sms(version) if utgava == SMS else None,
        matt=mat(_sms(version)) if utgava == SMS else None,
        marke=Tlp(version.tlp),
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


def _grupper(
    version: LagesbildVersion, forra: LagesbildVersion | None, vald: str
) -> list[tuple[str, list[sida.Lasavsnitt]]]:
    """The sections of the edition that say something, under their headings; none for what is not read as sections."""
    if vald not in {Utgava.LEDNING, Utgava.KOMMUNIKATOR}:
        return []
    mall = queries.innehall_av(version).mall
    med = set(utgavor.bara(mall, Utgava(vald)).nycklar)
    alla = (
        (rubrik, [a for a in under if a.nyckel in med and a.html]) for rubrik, under in sida.att_lasa(version, forra)
    )
    return [(rubrik, under) for rubrik, under in alla if under and under[0].nyckel != SAMMANFATTNING]


def _upplast(mal: Mal, version: LagesbildVersion, forra: LagesbildVersion | None) -> Upplasning:
    innehall = queries.innehall_av(version)
    tidigare = {} if forra is None else queries.innehall_av(forra).sektioner
    rubrik = Rubrik(mal.namn, mal.handelse.rubrik, version.nummer, version.publicerad, mal.handelse.ovning)
    return utgavor.att_lasa_upp(rubrik, innehall.mall, innehall.sektioner, tidigare, version.nasta_uppdatering)


def _sms(version: LagesbildVersion) -> str:
    """The text for an SMS: what a label keeps within the house is not in it."""
    return smstext(queries.innehall_av(version)) if version.tlp == Tlp.CLEAR else ""
