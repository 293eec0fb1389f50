"""The draft of a lägesbild: saving it as one types, taking over a colleague's, throwing it away."""

from flask import flash, jsonify, redirect, render_template, request

from wis import datum, web
from wis.auth.atkomst import inloggad
from wis.auth.rules import Verb
from wis.lagesbild import overblivet, queries, utkast
from wis.lagesbild.atkomst import hamta, pa_nytt, transaktion
from wis.lagesbild.bilagesida import att_skriva
from wis.lagesbild.forms import undanlagt
from wis.lagesbild.skrivsida import formular
from wis.lagesbild.views import bp


@bp.post("/handelser/<slug>/lagesbild/<vem>/utkast", endpoint="utkast")
def spara_utkast(slug: str, vem: str) -> web.Svar:
    """Save what has been typed, for the script: the form's fields in, JSON out; 409 with the other page's text."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    plats, who, min_text = mal.plats, inloggad(), formular(mal, bara_skickat=True).text()
    with transaktion() as session:
        utfall = utkast.spara(session, who, plats, min_text)
        overblivet.spara_alla(session, who, utfall.lagesbild_id, undanlagt(request.form))
    if isinstance(utfall, utkast.Sparat):
        return jsonify(lagesbild=utfall.lagesbild_id, revision=utfall.revision, sparad=datum.klockslag(utfall.sparad))
    svar = jsonify(
        fel="En annan flik har sparat utkastet.",
        kod="annan_flik",
        revision=utfall.text.revision,
        sparad=datum.klockslag(utfall.sparad),
        sektioner=dict(utfall.text.innehall.sektioner),
        andringsnotering=utfall.text.innehall.andringsnotering,
    )
    svar.status_code = 409
    return svar


@bp.post("/handelser/<slug>/lagesbild/<vem>/utkast/<int:utkast_id>/ta-over")
def ta_over(slug: str, vem: str, utkast_id: int) -> web.Svar:
    """Go on with a colleague's draft; asks first if one has a draft of one's own."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    plats, who, adress, ersatt = mal.plats, inloggad(), mal.url("skriv"), request.form.get("ersatt", type=int)
    try:
        with transaktion() as session:
            utfall = utkast.ta_over(session, who, plats, utkast_id, ersatt=ersatt)
    except LookupError:
        flash("Utkastet finns inte längre: det är publicerat eller kastat.", "varning")
        return redirect(adress)
    if isinstance(utfall, utkast.Konflikt):
        if ersatt is not None:
            flash("Ditt eget utkast har ändrats sedan du öppnade sidan. Se vad som står där nu.", "varning")
        return _utkastfraga("ta_over", utfall.text, utkast_id), 409
    flash("Kollegans utkast ligger nu hos dig. Kollegan har kvar sitt.", "klart")
    return redirect(adress)


@bp.route("/handelser/<slug>/lagesbild/<vem>/kasta", methods=["GET", "POST"])
def kasta(slug: str, vem: str) -> web.Svar:
    """Throw one's draft away, after a page that shows what goes."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    mitt = None if mal.lagesbild is None else queries.find_utkast(web.session(), mal.lagesbild.id, inloggad())
    if mitt is None:
        return redirect(mal.url("skriv"))
    if request.method != "POST":
        return _utkastfraga("kasta", utkast.text_av(mitt))
    plats, who, adress = mal.plats, inloggad(), mal.url("senaste")
    with transaktion() as session:
        kastat = utkast.kasta(session, who, plats, request.form.get("revision", 0, type=int))
    if not kastat:
        flash("Utkastet har ändrats sedan du öppnade sidan. Se vad som står där nu innan du kastar det.", "varning")
        return redirect(pa_nytt().url("kasta"))
    flash("Utkastet är kastat.", "klart")
    return redirect(adress)


def _utkastfraga(vad: str, text: utkast.Text, utkast_id: int = 0) -> str:
    mal = pa_nytt()
    return render_template(
        "lagesbild/utkastfraga.html",
        mal=mal,
        vad=vad,
        utkast_id=utkast_id,
        text=text,
        avsnitt=text.innehall.mall.avsnitt,
        bilagor=att_skriva(mal, {}).rader if mal.lagesbild is not None else [],
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )
