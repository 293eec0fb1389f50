"""The attachments of a proposed lägesbild, for the colleague who is to approve it."""

from flask import Response

from wis import web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.rules import Verb
from wis.bilagor import queries as filer
from wis.bilagor import svar
from wis.bilagor.queries import Bifogad
from wis.lagesbild import queries, service
from wis.lagesbild.atkomst import Mal, hamta
from wis.lagesbild.bilagelista import aktuella
from wis.lagesbild.views import bp
from wis.tvaperson.models import Forslag
from wis.tvaperson.queries import far_se, find_forslag, forfattaren

_BILAGA = "/handelser/<slug>/lagesbild/<vem>/forslag/<int:forslag_id>/bilagor/<int:bilaga_id>/<namn>"


@bp.get(_BILAGA)
def forslagsbilaga(slug: str, vem: str, forslag_id: int, bilaga_id: int, namn: str) -> Response:  # noqa: ARG001 the id says which
    """The file as it would be published, to be saved. For those who may see the proposal."""
    session, who = web.session(), inloggad()
    mal, forslag = hamta(slug, vem, Verb.SKRIVA), find_forslag(session, who, forslag_id)
    if forslag is None or forslag.slag != service.FORSLAGSSLAG or not far_se(session, who, forslag):
        avbryt_dold()
    bifogad = next((en for en in _bifogade(mal, forslag) if en.id == bilaga_id), None) or avbryt_dold()
    data = filer.innehall(session, bilaga_id, forhandsbild=False) or avbryt_dold()
    return svar.som_fil(bifogad, data, visa=False, hemlig=True)


def _bifogade(mal: Mal, forslag: Forslag) -> list[Bifogad]:
    """What the author's draft has now, of what was proposed: should that have been changed, it is not approved."""
    session, forfattare = web.session(), forfattaren(web.session(), forslag)
    if mal.lagesbild is None or forslag.sak != str(mal.lagesbild.id) or forfattare is None:
        return []
    mitt = queries.find_utkast(session, mal.lagesbild.id, forfattare)
    foreslagna = {rad[0] for rad in forslag.innehall.get("bilagor", ())}
    return [en for en in aktuella(session, mal.lagesbild.id, mal.senaste, mitt) if en.id in foreslagna]
