"""What affects us, what we do that affects others, and the answers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, tillgang
from wis.auth.rules import Beslut, Slag, Verb
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse, Typ
from wis.handelser.sakkrets import Otillaten
from wis.jamfor import jamfor_ord
from wis.paverkan import queries, service
from wis.paverkan.forms import Paverkansformular
from wis.paverkan.rules import Avslag

bp = Blueprint("paverkan", __name__)
bp.add_app_template_global(Paverkansformular.ny_nyckel, "paverkansnyckel")


@bp.get("/handelser/<slug>/paverkan")
def lista(slug: str) -> web.Svar:
    """What others do in the event that affects one's actor, and how others have answered what it does itself."""
    handelse, session, who = hamta_handelse(slug), web.session(), inloggad()
    return render_template(
        "paverkan/lista.html",
        handelse=handelse,
        ovning=handelse.ovning,
        flik="paverkan",
        beror=queries.beror_oss(session, who, handelse.id),
        vara=queries.vara(session, who, handelse.id),
        far_svara=_far_svara(handelse),
        typnamn=Typ(handelse.typ).namn,
    )


@bp.route("/paverkan/<int:id>", methods=["GET", "POST"])
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """One measure: what it is, what has been answered, and the form for whoever is asked."""
    form = Paverkansformular()
    if form.is_submitted():
        return _svara(id, form)
    return _sida(id, form)


def _svara(paverkan_id: int, form: Paverkansformular) -> web.Svar:
    who, svar = inloggad(), form.svar(request.form.get("svar", ""))
    try:
        with web.transaction() as session:
            service.besvara(session, who, paverkan_id, svar)
    except LookupError:
        avbryt_dold()
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
    except Avslag as avslag:
        form.rad.errors = [str(avslag)]
        return _sida(paverkan_id, form)
    rad = queries.find(web.session(), inloggad(), paverkan_id) or avbryt_dold()
    flash(f"Svaret är skickat till {rad.sak.agare.kortnamn}.", "klart")
    return redirect(url_for("paverkan.lista", slug=rad.sak.handelse.slug, _anchor=f"svar-{paverkan_id}"))


def _sida(paverkan_id: int, form: Paverkansformular) -> web.Svar:
    session, who = web.session(), inloggad()
    rad = queries.find(session, who, paverkan_id) or avbryt_dold()
    sak, fel = rad.sak, list(form.rad.errors)
    egen = queries.av_samma(session, who, sak) if sak.agare_id == who.aktor_id else None
    page = render_template(
        "paverkan/visa.html",
        rad=rad,
        egen=egen,
        handelse=sak.handelse,
        ovning=sak.handelse.ovning,
        andring=[] if sak.foregaende is None else jamfor_ord(sak.foregaende.text, sak.text),
        form=form,
        far_svara=_far_svara(sak.handelse),
    )
    return page, 422 if fel else 200


def _far_svara(handelse: Handelse) -> Beslut:
    who = inloggad()
    egen = Aktor(id=who.aktor_id, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, slug=who.aktor_slug)
    return tillgang(Verb.SKRIVA, handelse.sak(Slag.EGEN_LAGESBILD, egen))
