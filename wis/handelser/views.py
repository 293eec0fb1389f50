"""The list of events, opening one and editing it. The event's own page is in wis.ytor."""

import uuid
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from wis import markup, web
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.atkomst import inloggad, kraver, kraver_nu, tillgang
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.auth.visning import visbar_som
from wis.handelser import queries, service
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.forms import Handelseformular
from wis.handelser.models import Handelse, Typ
from wis.handelser.rules import Inaktuell, RedanSkickat
from wis.handelser.vidgning import Hindrad

bp = Blueprint("handelser", __name__)
MAX_STANGDA = 50
"""So many closed events are listed until all are asked for."""


def ny_handelse_sak(who: Subjekt) -> Sak:
    """What the right to open an event is judged on: it will belong to the actor one acts for."""
    return Sak(Slag.HANDELSE, who.aktor_id, agare_namn=who.aktor_namn)


@bp.get("/handelser")
@visbar_som
def lista() -> web.Svar:
    """Every event that one may read."""
    who, session, alla = inloggad(), web.session(), "alla" in request.args
    stangda = queries.stangda_for(session, who, None if alla else MAX_STANGDA + 1)
    return render_template(
        "handelser/lista.html",
        oppna=queries.handelser_for(session, who),
        stangda=stangda if alla else stangda[:MAX_STANGDA],
        fler_stangda=not alla and len(stangda) > MAX_STANGDA,
        alla=alla,
        typnamn={typ.value: typ.namn for typ in Typ},
        far_oppna=tillgang(Verb.OPPNA_HANDELSE, ny_handelse_sak(who)),
    )


@bp.route("/handelser/ny", methods=["GET", "POST"])
def ny() -> web.Svar:
    """Open an event."""
    who = inloggad()
    kraver(Verb.OPPNA_HANDELSE, ny_handelse_sak(who))
    form = Handelseformular()
    form.bland(alla_aktorer(web.session()), alla_natverk(web.session()), who.aktor_id)
    if not form.validate_on_submit():
        form.nyckel.data = form.nyckel.data or uuid.uuid4().hex
        return _sida(Sida(form))
    # Rendering takes its time: hold no connection meanwhile.
    web.end_reading()
    uppgifter, nyckel = form.uppgifter(markup.render(form.beskrivning.data or "")), form.nyckel.data or uuid.uuid4().hex
    try:
        with web.transaction() as session:
            who = kraver_nu(session, Verb.OPPNA_HANDELSE, ny_handelse_sak(who))
            slug = service.oppna(session, who, uppgifter, ovning=bool(form.ovning.data), nyckel=nyckel).slug
    except RedanSkickat as redan:
        form.nyckel.data = uuid.uuid4().hex
        return _sida(Sida(form, redan=queries.find_handelse(web.session(), redan.slug)))
    flash("Händelsen är öppnad. Skriv er lägesbild eller en underrättelse.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


@bp.route("/handelser/<slug>/redigera", methods=["GET", "POST"])
def redigera(slug: str) -> web.Svar:
    """Change an event's title, kind, description and who reads it."""
    handelse = hamta_handelse(slug, Verb.ANDRA_HANDELSE)
    form = Handelseformular()
    form.bland(alla_aktorer(web.session()), alla_natverk(web.session()), handelse.agare_id)
    del form.ovning
    if handelse.staende:
        form.typ.choices = [SelectChoice(Typ.ORDINARIE.value, Typ.ORDINARIE.namn)]
    if not form.is_submitted():
        form.fyll(handelse)
    if not form.validate_on_submit():
        return _sida(Sida(form, handelse))
    handelse_id = handelse.id
    web.end_reading()
    uppgifter = form.uppgifter(markup.render(form.beskrivning.data or ""))
    try:
        with web.transaction() as session:
            locked = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "key_share": True})
            who = kraver_nu(session, Verb.ANDRA_HANDELSE, locked.sak())
            service.andra(session, who, locked, uppgifter, form.bygger_pa.data or "")
    except Hindrad as hinder:
        form.aven_tidigare.errors = [str(hinder)]
        return _sida(Sida(form, hamta_handelse(slug, Verb.ANDRA_HANDELSE)))
    except Inaktuell:
        nu = hamta_handelse(slug, Verb.ANDRA_HANDELSE)
        form.bygger_pa.data = service.signatur(nu)
        return _sida(Sida(form, nu, hann_fore=True))
    flash("Händelsen är ändrad.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


@dataclass(frozen=True)
class Sida:
    """What the form page shows: the form, the event that is edited, and what stood in the way."""

    form: Handelseformular
    handelse: Handelse | None = None
    redan: Handelse | None = None
    hann_fore: bool = False


def _sida(sida: Sida) -> web.Svar:
    form, stopped = sida.form, sida.hann_fore or sida.redan is not None
    page = render_template(
        "handelser/redigera.html",
        form=form,
        handelse=sida.handelse,
        redan=sida.redan,
        lasratt=_lasratt(form, sida.handelse) if sida.handelse and sida.hann_fore else None,
        typnamn={typ.value: typ.namn for typ in Typ},
    )
    return page, 409 if stopped else 422 if form.is_submitted() else 200


def _lasratt(form: Handelseformular, handelse: Handelse) -> tuple[str, str]:
    """Who reads the event, in words: as it is now, and as it would be if the form were saved."""
    aktorer = alla_aktorer(web.session())

    def i_ord(ids: frozenset[int] | None) -> str:
        return "alla aktörer" if ids is None else ", ".join(aktor.namn for aktor in aktorer if aktor.id in ids)

    sparad = form.lasarval().lasare
    return i_ord(handelse.lasande_aktorer()), i_ord(None if sparad is None else sparad | {handelse.agare_id})
