"""'Oförändrat' at one heading: the last version's text stands there again. What scripts do at once, without them."""

from flask import redirect, request

from wis import web
from wis.auth.atkomst import inloggad
from wis.lagesbild import overblivet, queries, utkast
from wis.lagesbild.atkomst import Mal, transaktion
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.rules import rensad
from wis.lagesbild.skrivsida import beratta_borta, skrivadress
from wis.lagesbild.views import HANDLINGAR, krock_med_utkast


def _oforandrat(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Save the draft with the last version's text in one section; what stood there is kept as left over."""
    nyckel = request.form["handling"].partition(":")[2]
    senaste = None if mal.lagesbild is None else queries.find_senaste(web.session(), mal.lagesbild.id)
    galler = senaste is not None and nyckel in form.falt_av
    skrivet = form.text_i(nyckel) if galler else ""
    forra = queries.innehall_av(senaste).sektioner.get(nyckel, "")
    if galler:
        form.satt_text(nyckel, forra)
    plats, who, min_text, adress = mal.plats, inloggad(), form.text(), skrivadress(mal, form, nyckel)
    borta = 0
    with transaktion() as session:
        utfall = utkast.spara(session, who, plats, min_text)
        if isinstance(utfall, utkast.Sparat) and rensad(skrivet) != forra:
            borta = overblivet.spara(session, who, utfall.lagesbild_id, nyckel, skrivet)
    if isinstance(utfall, utkast.Konflikt):
        if galler:
            form.satt_text(nyckel, skrivet)
        return krock_med_utkast(form, utfall)
    beratta_borta(borta)
    return redirect(adress)


HANDLINGAR["oforandrat"] = _oforandrat
