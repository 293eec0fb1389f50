"""The page on which an actor changes who reads its own lägesbild."""

from flask import flash, redirect

from wis import web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.rules import Verb
from wis.handelser.lasrattssida import OFORANDRAD, Lasrattssida
from wis.handelser.rules import Inaktuell
from wis.lagesbild.atkomst import Mal, hamta, pa_nytt, transaktion
from wis.lagesbild.lasratt import las_for_lasratt, satt_lasratt
from wis.lagesbild.views import bp


@bp.route("/handelser/<slug>/lagesbild/<vem>/lasratt", methods=["GET", "POST"])
def lasratt(slug: str, vem: str) -> web.Svar:
    """Who reads, who doesn't, and the choice; of the samlade and of what is not published there is none."""
    mal = hamta(slug, vem, Verb.ANDRA_LASRATT)
    sidan = _sida(mal)
    form = sidan.formular()
    if not (form.validate_on_submit() and form.granska_rott(sidan.senaste)):
        return sidan.rita(form)
    lagesbild_id, adress = mal.lagesbild.id if mal.lagesbild is not None else 0, mal.url("senaste")
    who, val, bygger_pa = inloggad(), form.lasarval(), form.bygger_pa.data or ""
    besked = sidan.besked(val)
    try:
        with transaktion() as session:
            andrad = satt_lasratt(session, who, las_for_lasratt(session, who, lagesbild_id), val, bygger_pa)
    except Inaktuell:
        return _sida(pa_nytt()).rita(form, hann_fore=True)
    flash(besked if andrad else OFORANDRAD, "klart")
    return redirect(adress)


def _sida(mal: Mal) -> Lasrattssida:
    if mal.aktor is None or mal.lagesbild is None or not mal.lagesbild.senaste:
        avbryt_dold()
    senaste = mal.sak_for(mal.version(mal.lagesbild.senaste))
    return Lasrattssida(mal.handelse, mal.aktor, mal.krets, senaste, mal.namn, mal.url("senaste"))
