"""A version with what is new in it since another, and that it has been in sight."""

from flask import Response, redirect, render_template, request

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.krets import Tlp
from wis.auth.snabbvag import lagra, lagra_inte
from wis.handelser.delat import tidigast
from wis.lagesbild import lastsida, versionsmarken
from wis.lagesbild.atkomst import hamta
from wis.lagesbild.sedan import aldrar, avsnitten
from wis.lagesbild.views import bp


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/sedan/<int:fran>")
def sedan(slug: str, vem: str, nummer: int, fran: int) -> web.Svar:
    """The whole version: what differs from an older one is open and marked, the rest folded. Both are judged."""
    mal = hamta(slug, vem)
    if fran > nummer:
        avbryt_dold()
    gammal, ny = mal.version(fran), mal.version(nummer)
    lagra(mal.handelse.id, till=tidigast(clock.now(), mal.slutar()))
    if Tlp.RED in {gammal.tlp, ny.tlp}:
        lagra_inte()
    lastsida.oppnad(ny)
    grupper = avsnitten(gammal, ny, aldrar(web.session(), inloggad(), ny))
    return render_template(
        "lagesbild/sedan.html",
        mal=mal,
        gammal=gammal,
        ny=ny,
        grupper=grupper,
        antal=sum(ett.andrad for _, delar in grupper for ett in delar),
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


@bp.post("/handelser/<slug>/lagesbild/<vem>/last")
def markera_last(slug: str, vem: str) -> web.Svar:
    """Raise the mark to a version: within a moment if a script says that it has been in sight, else at once."""
    mal = hamta(slug, vem)
    version = mal.version(request.form.get("nummer", 0, type=web.heltal) or 0)
    haft, adress = lastsida.haft(version, clock.now()), mal.url("senaste")
    web.end_reading()
    if web.wants_json():
        versionsmarken.anteckna(web.database(), haft)
        return Response(status=204)
    with web.transaction() as session:
        versionsmarken.hoj(session, [haft])
    return redirect(adress)
