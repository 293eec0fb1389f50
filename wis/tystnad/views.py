"""Who is missing in an event, and a word to them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import Nekad, inloggad, inloggad_nu, kraver, tillgang
from wis.auth.rules import Sak, Slag, Verb
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.delat import klass, las_nummer
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import Otillaten, uppraknade
from wis.tystnad import queries, rules, service
from wis.tystnad.rules import Visa
from wis.tystnad.service import Utfall
from wis.ytor import flikar

bp = Blueprint("tystnad", __name__)


@bp.get("/handelser/<slug>/tystnad")
def lista(slug: str) -> web.Svar:
    """Each actor that reads the event: what it has said, what it promised, and whether anybody there has looked."""
    handelse, session, who = hamta_handelse(slug), web.session(), inloggad()
    alla = queries.rader(session, who, handelse)
    valt = request.args.get("visa", "")
    visa = Visa(valt) if valt in set(Visa) else Visa.ALLA
    return render_template(
        "tystnad/lista.html",
        **_ramen(handelse),
        rader=[rad for rad in alla if rad.hor_till(visa)],
        visa=visa,
        filter=[(ett, sum(rad.hor_till(ett) for rad in alla)) for ett in Visa],
        far_paminna=tillgang(Verb.PUBLICERA, _egen_sak(handelse)),
        att_paminna=rules.att_paminna(alla, clock.now()),
    )


@bp.get("/handelser/<slug>/tystnad/paminn")
def bekrafta(slug: str) -> web.Svar:
    """Whom 'Påminn alla som saknas' will reach, and with which words, before it is done."""
    handelse = hamta_handelse(slug)
    who = kraver(Verb.PUBLICERA, _egen_sak(handelse))
    dessa = rules.att_paminna(queries.rader(web.session(), who, handelse), clock.now())
    meningar = [ord_.mening for ord_ in rules.per_ord(who.aktor_kortnamn, dessa, handelse.rubrik)]
    return render_template("tystnad/paminn.html", **_ramen(handelse), dessa=dessa, meningar=meningar)


@bp.post("/handelser/<slug>/tystnad/paminn")
def paminn(slug: str) -> web.Svar:
    """Remind one actor, or those that were ticked."""
    handelse_id = hamta_handelse(slug).id
    valda = {
        int(text) for text in request.form.getlist("aktor") if text.isascii() and text.isdigit() and len(text) < 10
    }
    try:
        with web.transaction() as session:
            utfall = service.paminn(session, inloggad_nu(session), handelse_id, valda)
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
    _beratta(utfall)
    return redirect(url_for("tystnad.lista", slug=slug))


def _beratta(utfall: Utfall) -> None:
    if utfall.paminda:
        flash(f"Påminnelse skickas till {uppraknade(utfall.paminda)}.", "klart")
    if utfall.utan_mottagare:
        flash(f"Ingen kunde nås hos {uppraknade(utfall.utan_mottagare)}: ring i stället.", "varning")
    if utfall.redan:
        flash(f"{uppraknade(utfall.redan)} har påmints den senaste kvarten, och påminns inte igen nu.", "varning")
    if utfall.saknas_inte:
        flash(f"{uppraknade(utfall.saknas_inte)} saknas inte längre, och påminns inte.", "varning")
    if utfall == Utfall():
        flash("Ingen påmindes: välj minst en aktör.", "varning")


def _egen_sak(handelse: Handelse) -> Sak:
    who = inloggad()
    egen = Aktor(id=who.aktor_id, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, slug=who.aktor_slug)
    return handelse.sak(Slag.EGEN_LAGESBILD, egen)


def _ramen(handelse: Handelse) -> dict[str, object]:
    session = web.session()
    huvud = flikar.huvud(session, handelse, klass(handelse, las_nummer(session, handelse.id)))
    return {
        "handelse": handelse,
        "ovning": handelse.ovning,
        "flik": "tystnad",
        "delar": {"huvud": huvud.html, "om": ""},
        "paus": int(rules.PAUS.total_seconds() // 60),
    }
