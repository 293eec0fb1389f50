"""Asking an owner to let a section into the samlade, from the page for writing, and the page where it is answered."""

from flask import flash, redirect, render_template, request, url_for

from wis import web
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad
from wis.handelser.sakkrets import Otillaten
from wis.lagesbild import medgivanden, queries, utkast
from wis.lagesbild.atkomst import Mal, transaktion
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.kallor import Kalla, alla
from wis.lagesbild.models import Medgivande
from wis.lagesbild.skrivsida import skrivadress
from wis.lagesbild.utkast import Text
from wis.lagesbild.views import HANDLINGAR, bp, krock_med_utkast

_SVAR = {"ja": True, "nej": False}


def _be_om_lov(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Save the draft and ask the owner of the source that the button is of."""
    kallor = alla(request.form["handling"].partition(":")[2])
    min_text, adress, plats, who = form.text(), skrivadress(mal, form), mal.plats, inloggad()
    with transaktion() as session:
        utfall = utkast.spara(session, who, plats, min_text)
    if isinstance(utfall, utkast.Konflikt):
        return krock_med_utkast(form, utfall)
    if mal.aktor is None and kallor:
        flash(*_fraga(mal.handelse.id, kallor[0], min_text))
    return redirect(adress)


def _fraga(handelse_id: int, kalla: Kalla, text: Text) -> tuple[str, str]:
    """Ask; what came of it, for the person, and of which kind that is."""
    who = inloggad()
    try:
        with transaktion() as session:
            rad = medgivanden.begar(session, who, handelse_id, kalla, text.innehall.marke.tlp, text.nyckel)
            namn = "" if rad is None else rad.agare.kortnamn
    except LookupError:
        return "Källan finns inte. Ta bort märket eller välj källan igen.", "varning"
    if not namn:
        return "Inget lov behövs: alla som läser den samlade läser källan.", "klart"
    return f"{namn} är tillfrågad. Du får veta när de har svarat, och utkastet är sparat.", "klart"


HANDLINGAR["lov"] = _be_om_lov


@bp.get("/medgivanden/<int:id>")
def medgivande(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Exactly the text, who would read it, and the buttons for whoever answers."""
    return _sida(_hamta(id))


@bp.post("/medgivanden/<int:id>")
def svara_medgivande(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Answer yes or no."""
    _hamta(id)
    svar, motivering = _SVAR.get(request.form.get("svar", "")), request.form.get("motivering", "")
    if svar is None:
        return _sida(_hamta(id), motivering, fel="Välj ja eller nej.")
    who = inloggad()
    web.end_reading()
    try:
        with web.transaction() as session:
            medgivanden.svara(session, who, id, ja=svar, motivering=motivering)
    except LookupError:
        avbryt_dold()
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
    except medgivanden.Besvarat:
        flash("Frågan är redan besvarad.", "varning")
    else:
        flash("Ja: texten får stå i den samlade." if svar else "Nej: texten får inte stå i den samlade.", "klart")
    return redirect(url_for("lagesbild.medgivande", id=id))


def _hamta(medgivande_id: int) -> Medgivande:
    return medgivanden.find(web.session(), inloggad(), medgivande_id) or avbryt_dold()


def _sida(rad: Medgivande, motivering: str = "", fel: str = "") -> web.Svar:
    version = queries.find_version(web.session(), rad.kalla_lagesbild_id, rad.kalla_nummer) or avbryt_dold()
    namn = {a.nyckel: a.namn for a in queries.innehall_av(version).mall.avsnitt}
    page = render_template(
        "lagesbild/medgivande.html",
        rad=rad,
        version=version,
        avsnitt=namn.get(rad.kalla_nyckel, ""),
        html=next((s.html for s in version.sektioner if s.nyckel == rad.kalla_nyckel), ""),
        nya_lasare=medgivanden.nya_lasare(web.session(), rad),
        far_svara=medgivanden.far_svara(inloggad(), rad),
        motivering=motivering,
        fel=fel,
        mest=medgivanden.MAX_MOTIVERING,
        handelse=rad.handelse,
        ovning=rad.handelse.ovning,
    )
    return page, 422 if fel else 200
