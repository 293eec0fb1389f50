"""Compiling the samlade from what the actors say."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.auth.atkomst import inloggad
from wis.auth.rules import Verb
from wis.lagesbild.atkomst import SAMLAD, hamta, transaktion
from wis.lagesbild.forms import heltal
from wis.samlad import rules, service
from wis.samlad.forms import tolka
from wis.samlad.service import Ogjort, Sett, Utfall
from wis.samlad.sida import sammanstall as sammanstallning

bp = Blueprint("samlad", __name__)
bp.add_app_template_global(rules.i_ord, "samlad_text")
_ORD = {
    Utfall.ANDRAT: "Utkastet har ändrats i ett annat fönster; du ser det nya nu.",
    Utfall.BORTA: "Det finns inte längre. Du ser hur det är nu.",
}


@bp.route("/handelser/<slug>/lagesbild/samlad/sammanstall", methods=["GET", "POST"])
def sammanstall(slug: str) -> web.Svar:
    """The redaktör's draft beside its sources; a pressed button changes the draft and leads back to its section."""
    mal = hamta(slug, SAMLAD, Verb.SKRIVA)
    if request.method == "POST":
        return _utfor(slug)
    sida = sammanstallning(web.session(), inloggad(), mal.handelse, mal.lagesbild)
    return render_template(
        "samlad/sammanstall.html",
        mal=mal,
        sida=sida,
        langst=rules.LANGST,
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


def _utfor(slug: str) -> web.Svar:
    mal, who = hamta(slug, SAMLAD, Verb.SKRIVA), inloggad()
    vad = tolka(request.form)
    if vad is None:
        return web.felsida(400, "Det gick inte att förstå", "Knappen gick inte att tolka.", gor="Ladda om sidan.")
    plats, adress = mal.plats, url_for("samlad.sammanstall", slug=slug, _anchor=f"avsnitt-{vad.till}")
    sett = Sett(heltal(request.form.get("bas", "")), heltal(request.form.get("revision", "")))
    try:
        with transaktion() as session:
            service.utfor(session, who, plats, sett, vad)
    except Ogjort as ogjort:
        if ogjort.utfall in _ORD:
            flash(_ORD[ogjort.utfall], "varning")
    return redirect(adress, 303)
