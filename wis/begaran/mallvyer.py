"""The pages on which an actor's administrators edit the templates that its begäran are made from."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk, find_aktor, las_aktor
from wis.auth.atkomst import avbryt_dold, kraver, kraver_nu, tillgang
from wis.auth.rules import Verb
from wis.begaran import mallar, mallformular, mallregler
from wis.begaran.mallformular import Mallformular
from wis.begaran.mallregler import Mallinnehall
from wis.begaran.models import Begaran, BegaranMall, Fragetyp, Synlighet

bp = Blueprint("begaranmallar", __name__)


@bp.get("/aktorer/<slug>/begaranmallar")
def lista(slug: str) -> web.Svar:
    """The actor's own templates, and those that everybody has."""
    aktor = _hamta(slug)
    session = web.session()
    rader = mallar.alla(session, aktor.id)
    return render_template(
        "begaran/mallar.html",
        aktor=aktor,
        rader=rader,
        namn=mallar.andrare(session, rader),
        standard=mallregler.STANDARD,
    )


@bp.route("/aktorer/<slug>/begaranmallar/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Make a template: from nothing, from one that everybody has, or from what has been asked."""
    aktor = _hamta(slug)
    if request.method != "POST":
        return _redigera(aktor, mallformular.oppnat(_utgang(aktor)))
    return _skickad(aktor, None)


@bp.route("/aktorer/<slug>/begaranmallar/<int:id>", methods=["GET", "POST"])
def andra(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Edit a template; what has been asked by it stands."""
    aktor = _hamta(slug)
    rad = _mall(aktor, id)
    if request.method != "POST":
        return _redigera(aktor, mallformular.oppnat(mallar.innehall_av(rad), mallar.bas(rad)), rad.id)
    return _skickad(aktor, rad.id)


@bp.post("/aktorer/<slug>/begaranmallar/<int:id>/ta-bort")
def ta_bort(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Remove a template."""
    aktor_id = _hamta(slug).id
    with web.transaction() as session:
        last = las_aktor(session, aktor_id)
        who = kraver_nu(session, Verb.ADMINISTRERA, mallar.aktor_sak(last))
        namn = mallar.ta_bort(session, who, last, id)
    flash("Mallen var redan borttagen." if namn is None else f"Mallen {namn} är borttagen.", "klart")
    return redirect(url_for("begaranmallar.lista", slug=slug))


# --- parts ---------------------------------------------------------------------------------------------------------


def _hamta(slug: str) -> Aktor:
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, mallar.aktor_sak(aktor))
    return aktor


def _mall(aktor: Aktor, mall_id: int) -> BegaranMall:
    rad = mallar.find(web.session(), aktor.id, mall_id)
    return avbryt_dold() if rad is None else rad


def _utgang(aktor: Aktor) -> Mallinnehall:
    """What the form opens with. Raises NotFound for what one may not begin from."""
    fran, nyckel = request.args.get("fran", 0, type=web.heltal), request.args.get("mall", "")
    if nyckel in mallregler.STANDARD:
        return replace(mallregler.STANDARD[nyckel], namn="")
    if not fran:
        return mallformular.tomt()
    begaran = web.session().get(Begaran, fran)
    if begaran is None or begaran.aktor_id != aktor.id or not tillgang(Verb.LASA, begaran.handelse.sak()):
        avbryt_dold()
    return mallar.av_begaran(begaran)


def _skickad(aktor: Aktor, mall_id: int | None) -> web.Svar:
    form = mallformular.skickat(request.form)
    if request.form.get("gor") != mallformular.SPARA:
        mallformular.gor(form, request.form.get("gor", ""))
        return _redigera(aktor, form, mall_id)
    _bara_kanda(form)
    if not mallformular.klart(form):
        return _redigera(aktor, form, mall_id, 422)
    return _spara(aktor, form, mall_id)


def _spara(aktor: Aktor, form: Mallformular, mall_id: int | None) -> web.Svar:
    slug, aktor_id = aktor.slug, aktor.id
    try:
        with web.transaction() as session:
            last = las_aktor(session, aktor_id)
            who = kraver_nu(session, Verb.ADMINISTRERA, mallar.aktor_sak(last))
            mallar.spara(session, who, last, form.innehall, andras=None if mall_id is None else (mall_id, form.bas))
    except mallar.NamnUpptaget:
        form.fel = {"namn": "Ni har redan en mall som heter så. Välj ett annat namn."}
        return _redigera(_hamta(slug), form, mall_id, 422)
    except mallar.Krock:
        return _krock(slug, form, mall_id)
    flash(f"Mallen {form.innehall.namn} är sparad.", "klart")
    return redirect(url_for("begaranmallar.lista", slug=slug))


def _krock(slug: str, form: Mallformular, mall_id: int | None) -> web.Svar:
    """Somebody was first. What was typed stands, and goes when it is sent once more."""
    aktor = _hamta(slug)
    rad = None if mall_id is None else mallar.find(web.session(), aktor.id, mall_id)
    if rad is None:
        form.bas = ""
        form.fel = {"": "Mallen har tagits bort under tiden. Sparar du nu blir den en ny."}
        return _redigera(aktor, form, None, 409)
    form.bas = mallar.bas(rad)
    vem = mallar.andrare(web.session(), [rad]).get(rad.andrad_av_id, "Någon")
    form.fel = {"": f"{vem} sparade mallen medan du ändrade. Sparar du nu gäller det som står här."}
    return _redigera(aktor, form, mall_id, 409)


def _bara_kanda(form: Mallformular) -> None:
    """Actors and networks that there are: others have been removed meanwhile, or were never there."""
    aktorer = {en.id for en in alla_aktorer(web.session())}
    natverk = {ett.id for ett in alla_natverk(web.session())}
    form.innehall = replace(
        form.innehall,
        aktorer=tuple(id_ for id_ in form.innehall.aktorer if id_ in aktorer),
        natverk=tuple(id_ for id_ in form.innehall.natverk if id_ in natverk),
    )


def _redigera(aktor: Aktor, form: Mallformular, mall_id: int | None = None, status: int = 200) -> web.Svar:
    egen = url_for("begaranmallar.ny", slug=aktor.slug)
    page = render_template(
        "begaran/mallandra.html",
        aktor=aktor,
        form=form,
        adress=egen if mall_id is None else url_for("begaranmallar.andra", slug=aktor.slug, id=mall_id),
        ar_ny=mall_id is None,
        typer=list(Fragetyp),
        synligheter=list(Synlighet),
        regler=mallregler,
        aktorer=[en for en in alla_aktorer(web.session()) if en.id != aktor.id],
        natverken=alla_natverk(web.session()),
    )
    return page, status
