"""What the buttons of a conflict do: choose for a section, and add or throw away a text that did not come along."""

from flask import flash, redirect, request

from wis import web
from wis.auth.atkomst import inloggad
from wis.lagesbild import krock, overblivet, utkast
from wis.lagesbild.atkomst import Mal, transaktion
from wis.lagesbild.forms import Lagesbildsformular, heltal
from wis.lagesbild.krockregler import Val, bada
from wis.lagesbild.rules import rensad
from wis.lagesbild.skrivsida import beratta_borta, skrivadress
from wis.lagesbild.views import HANDLINGAR, krock_med_utkast

LAGG_TILL, KASTA = "lagg", "kasta"


def _valj(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Choose for a section that met another text; what does not come along is left over."""
    nyckel, _, sagt = request.form["handling"].split(":", 1)[-1].partition(":")
    mott = None if mal.lagesbild is None else krock.fortsatt(web.session(), form, mal.lagesbild.id)
    ett = None if mott is None else mott.avsnitt.get(nyckel)
    if mott is None or ett is None or sagt not in ett.val:
        return _spara(mal, form)
    jag, utan_val = rensad(form.text_i(nyckel)), form.text()
    text, kvar = krock.avgor(ett, Val(sagt), jag, form.slag(nyckel))
    form.satt_text(nyckel, text)
    form.satt_krock(mott.lage.avgjort(nyckel).som_text())
    return _spara(mal, form, nyckel, kvar, tagen=(ett.ur, ett.deras), annars=utan_val)


def _overblivet(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Add a text that did not come along last in its section, or throw it away."""
    id_, _, sagt = request.form["handling"].split(":", 1)[-1].partition(":")
    rad = None
    if mal.lagesbild is not None:
        rad = overblivet.find(web.session(), inloggad(), mal.lagesbild.id, heltal(id_))
    if rad is None or not krock.far_visas(web.session(), rad):
        flash("Texten är redan kastad.", "varning")
        return _spara(mal, form)
    utan_val = form.text()
    if sagt == LAGG_TILL and rad.nyckel in form.falt_av:
        form.satt_text(rad.nyckel, bada(rensad(form.text_i(rad.nyckel)), rad.text, form.slag(rad.nyckel)))
    elif sagt != KASTA:
        return _spara(mal, form)
    return _spara(mal, form, rad.nyckel, tagen=(rad.ur, rad.text), annars=utan_val)


def _spara(
    mal: Mal,
    form: Lagesbildsformular,
    nyckel: str = "",
    kvar: tuple[str, str] = ("", ""),
    *,
    tagen: tuple[str, str] = ("", ""),
    annars: utkast.Text | None = None,
) -> web.Svar:
    """Save the draft, `kvar` with its origin as left over, and `tagen` as no longer; then the page, at the section.

    `annars` is what the form said before: that is shown again if another page has saved something else.
    """
    plats, who, min_text, adress = mal.plats, inloggad(), form.text(), skrivadress(mal, form, nyckel)
    borta = 0
    with transaktion() as session:
        utfall = utkast.spara(session, who, plats, min_text)
        if isinstance(utfall, utkast.Sparat) and nyckel:
            overblivet.tagen(session, who, utfall.lagesbild_id, nyckel, *tagen)
            borta = overblivet.spara(session, who, utfall.lagesbild_id, nyckel, *kvar)
    if isinstance(utfall, utkast.Konflikt):
        if annars is not None and nyckel:
            form.satt_text(nyckel, annars.innehall.sektioner.get(nyckel, ""))
            form.satt_krock(annars.krock)
        return krock_med_utkast(form, utfall)
    beratta_borta(borta)
    return redirect(adress)


HANDLINGAR["val"] = _valj
HANDLINGAR["overblivet"] = _overblivet
