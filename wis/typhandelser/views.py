"""What an actor has prepared: to edit it, to open an event by it in one tap, and the checklist of the event."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import markup, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk, find_aktor, las_aktor
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.auth.snabbvag import lagra_inte
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.handelser.rules import RedanSkickat
from wis.handelser.views import ny_handelse_sak
from wis.lagesbild import mallar
from wis.lagesbild.mall import STANDARD
from wis.typhandelser import queries, service
from wis.typhandelser.forms import AVSNITT, Oppningsformular, Punktformular, Typhandelseformular, skickade_avsnitt
from wis.typhandelser.models import Typhandelse
from wis.typhandelser.rules import Inaktuell, NamnetTaget
from wis.underrattelser.forberett import anlita

bp = Blueprint("typhandelser", __name__)


def _underrattelse(session: Session, who: Subjekt, handelse_id: int) -> tuple[str, str] | None:
    rad = queries.find_forberedd(session, who, handelse_id)
    return None if rad is None or not rad.underrattelse_text else (rad.underrattelse_rubrik, rad.underrattelse_text)


anlita(_underrattelse)


@bp.app_template_global("forberedda")
def forberedda() -> list[Typhandelse]:
    """What the one who asks can open an event by."""
    lagra_inte()
    return queries.i_bruk_hos(web.session(), inloggad().aktor_id)


@bp.app_template_global("ny_nyckel")
def ny_nyckel() -> str:
    """A key for a form that is sent once."""
    return uuid.uuid4().hex


# --- to prepare ----------------------------------------------------------------------------------------------------


@bp.get("/aktorer/<slug>/typhandelser")
def lista(slug: str) -> web.Svar:
    """What the actor has prepared."""
    aktor = _hamta(slug)
    return render_template(
        "typhandelser/lista.html", aktor=aktor, rader=queries.alla_hos(web.session(), aktor.id), slug=slug
    )


@bp.route("/aktorer/<slug>/typhandelser/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Prepare a kind of event."""
    return _redigera(_hamta(slug), None)


@bp.route("/aktorer/<slug>/typhandelser/<int:id>", methods=["GET", "POST"])
def andra(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Change what is prepared."""
    aktor = _hamta(slug)
    return _redigera(aktor, queries.find(web.session(), aktor.id, id) or avbryt_dold())


@bp.post("/aktorer/<slug>/typhandelser/<int:id>/bruk")
def bruk(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Stop offering it, or offer it again."""
    aktor_id, i_bruk = _hamta(slug).id, request.form.get("i_bruk") == "ja"
    with web.transaction() as session:
        who = kraver_nu(session, Verb.PUBLICERA, _sak(las_aktor(session, aktor_id)))
        service.satt_bruk(session, who, queries.find(session, aktor_id, id) or avbryt_dold(), i_bruk=i_bruk)
    flash("Den erbjuds igen." if i_bruk else "Den erbjuds inte längre.", "klart")
    return redirect(url_for("typhandelser.lista", slug=slug))


def _hamta(slug: str) -> Aktor:
    aktor = find_aktor(web.session(), slug) or avbryt_dold()
    kraver(Verb.PUBLICERA, _sak(aktor))
    return aktor


def _sak(aktor: Aktor) -> Sak:
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def _redigera(aktor: Aktor, rad: Typhandelse | None) -> web.Svar:
    form, aktorer = Typhandelseformular(), alla_aktorer(web.session())
    form.bland(aktorer, alla_natverk(web.session()), aktor.id)
    sparade = dict(rad.avsnitt) if rad is not None else {}
    if not form.is_submitted():
        if rad is not None:
            form.fyll(rad, aktorer)
        return _sida(aktor, rad, form, sparade, {})
    vald = mallar.aktuell(web.session(), aktor.id, form.typ.data or "").med(sparade, STANDARD)
    texter, fel = skickade_avsnitt(request.form, vald)
    if not form.validate() or fel:
        return _sida(aktor, rad, form, texter, fel)
    aktor_id, rad_id = aktor.id, None if rad is None else rad.id
    uppgifter, revision = form.uppgifter(aktorer, texter), form.revision.data or 0
    try:
        with web.transaction() as session:
            who = kraver_nu(session, Verb.PUBLICERA, _sak(las_aktor(session, aktor_id)))
            service.spara(session, who, rad_id, revision, uppgifter)
    except NamnetTaget:
        form.namn.errors = ["Det finns redan en förberedd händelse med det namnet. Välj ett annat."]
        return _pa_nytt(aktor_id, rad_id, form, texter)
    except Inaktuell:
        form.form_errors.append("Någon annan har ändrat medan du skrev. Ditt står kvar här: spara igen, så gäller det.")
        return _pa_nytt(aktor_id, rad_id, form, texter, inaktuell=True)
    flash(f"{uppgifter.namn} är förberedd. Den finns överst när någon öppnar en händelse.", "klart")
    return redirect(url_for("typhandelser.lista", slug=request.view_args and request.view_args["slug"]))


def _pa_nytt(
    aktor_id: int, rad_id: int | None, form: Typhandelseformular, texter: dict[str, str], *, inaktuell: bool = False
) -> web.Svar:
    """The form again, with all that was typed, on what the database says now."""
    aktor = web.session().get_one(Aktor, aktor_id)
    rad = None if rad_id is None else queries.find(web.session(), aktor_id, rad_id)
    if inaktuell and rad is not None:
        form.revision.data = rad.revision
        form.revision.raw_data = [str(rad.revision)]
    return _sida(aktor, rad, form, texter, {})


def _sida(
    aktor: Aktor, rad: Typhandelse | None, form: Typhandelseformular, texter: dict[str, str], fel: dict[str, str]
) -> web.Svar:
    mall = mallar.aktuell(web.session(), aktor.id, form.typ.data or "").med(texter, STANDARD)
    page = render_template(
        "typhandelser/redigera.html", aktor=aktor, rad=rad, form=form, mall=mall, texter=texter, fel=fel, prefix=AVSNITT
    )
    return page, 422 if form.is_submitted() else 200


# --- to open -------------------------------------------------------------------------------------------------------


@bp.post("/typhandelser/<int:id>/oppna")
def oppna(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Open an event as it is prepared."""
    who = inloggad()
    kraver(Verb.OPPNA_HANDELSE, ny_handelse_sak(who))
    rad, form = queries.find(web.session(), who.aktor_id, id), Oppningsformular()
    if rad is None or not rad.i_bruk:
        avbryt_dold()
    if not form.validate():
        flash(" ".join(str(fel) for alla in form.errors.values() for fel in alla), "fel")
        return redirect(url_for("handelser.ny"))
    beskrivning, rubrik, ovning = rad.beskrivning, form.rubrik.data or "", bool(form.ovning.data)
    nyckel = form.nyckel.data or uuid.uuid4().hex
    web.end_reading()
    html = markup.render(beskrivning)
    try:
        with web.transaction() as session:
            who = kraver_nu(session, Verb.OPPNA_HANDELSE, ny_handelse_sak(who))
            rad = queries.find(session, who.aktor_id, id) or avbryt_dold()
            oppnad = service.oppna(session, who, rad, html, rubrik=rubrik, ovning=ovning, nyckel=nyckel)
            bad_om_laget = rad.aktivera
    except RedanSkickat as redan:
        flash("Händelsen är redan öppnad.", "klart")
        return redirect(url_for("typhandelser.checklista", slug=redan.slug))
    flash("Händelsen är öppnad, med det som var förberett.", "klart")
    if bad_om_laget and not oppnad.aktiverad:
        flash("Läget är fortfarande ordinarie: en talesperson behöver ändra det.", "varning")
    return redirect(url_for("typhandelser.checklista", slug=oppnad.slug))


# --- the checklist -------------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/checklista")
def checklista(slug: str) -> web.Svar:
    """What is to be done, by the actor that one acts for."""
    return _checklistan(slug, Punktformular(formdata=None))


@bp.post("/handelser/<slug>/checklista")
def bocka(slug: str) -> web.Svar:
    """Say that a thing is done or not, or put one more thing last."""
    handelse, who = hamta_handelse(slug), inloggad()
    kraver(Verb.SKRIVA, _egen_sak(handelse, _egen(web.session(), who)))
    punkt_id, form, handelse_id = request.form.get("punkt", 0, type=web.heltal), Punktformular(), handelse.id
    if not punkt_id and not form.validate():
        return _checklistan(slug, form)
    text, klar = form.text.data or "", request.form.get("klar") == "ja"
    with web.transaction() as session:
        handelse = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "key_share": True})
        who = kraver_nu(session, Verb.SKRIVA, _egen_sak(handelse, _egen(session, who)))
        if not punkt_id:
            service.ny_punkt(session, who, handelse, text)
        else:
            try:
                service.bocka(session, who, handelse, punkt_id, klar=klar)
            except LookupError:
                avbryt_dold()
    return redirect(url_for("typhandelser.checklista", slug=slug, _anchor=f"punkt-{punkt_id}" if punkt_id else None))


def _checklistan(slug: str, form: Punktformular) -> web.Svar:
    handelse, who, session = hamta_handelse(slug), inloggad(), web.session()
    if who.gast_i is not None:
        avbryt_dold()
    page = render_template(
        "typhandelser/checklista.html",
        handelse=handelse,
        ovning=handelse.ovning,
        punkter=queries.checklistan(session, who, handelse.id),
        forberedd=queries.find_forberedd(session, who, handelse.id),
        far_skriva=tillgang(Verb.SKRIVA, _egen_sak(handelse, _egen(session, who))),
        form=form,
    )
    return page, 422 if form.errors else 200


def _egen(session: Session, who: Subjekt) -> Aktor:
    return session.get_one(Aktor, who.aktor_id)


def _egen_sak(handelse: Handelse, aktor: Aktor) -> Sak:
    return handelse.sak(Slag.EGEN_LAGESBILD, aktor)
