"""'Mina notiser', the preview beside the forms that publish, and the Utkorg of the demo."""

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session
from wtforms import Field

from wis import markup, web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import avbryt_dold, inloggad, inloggad_nu, kraver, oppen, subjekt
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.rules import Slag as Sakslag
from wis.auth.rules import Verb
from wis.handelser.atkomst import hamta_handelse
from wis.notiser import leveransfragor, queries, sms, valsida
from wis.notiser.forhandsvisning import ar_samlad, egen_rattelse, valt_i_formularet
from wis.notiser.forhandsvisning import forhandsvisning as forhandsvisning
from wis.notiser.models import Kanalslag, Notisslag, Utskick

bp = Blueprint("notiser", __name__)
BYT_UT = "byt_ut"
# Where the author's text stands in each kind of form.
_TEXTFALT = {Notisslag.LAGESBILD: "sammanfattning", Notisslag.UNDERRATTELSE: "text", Notisslag.LAGE: "motivering"}


@bp.record_once
def _satt_adress(state: BlueprintSetupState) -> None:
    database, settings = state.app.extensions["wis_database"], state.app.extensions["wis_settings"]
    database.base_url, database.angra_tid = settings.base_url, settings.angra_tid
    pushvyer.anslut(state)


# --- what a message leads to --------------------------------------------------------------------------------------


@bp.get("/n/<int:utskick_id>")
def kort(utskick_id: int) -> web.Svar:
    """The address in a message that may say nothing: on to what it tells of, for those who may read that."""
    session, who = web.session(), inloggad()
    utskick = leveransfragor.find_utskick(session, utskick_id)
    if utskick is None or utskick_id not in queries.lasta_utskick(session, who, [utskick_id]):
        avbryt_dold()
    return redirect(vart(session, utskick))


def vart(session: Session, utskick: Utskick) -> str:
    """The address of what the dispatch tells of."""
    if utskick.underrattelse_id is not None:
        return url_for("underrattelser.visa", id=utskick.underrattelse_id)
    slug = "" if utskick.handelse is None else utskick.handelse.slug
    if utskick.lagesbild_id is None:
        return url_for("ytor.handelse", slug=slug)
    vem = queries.lagesbildens_slug(session, utskick.lagesbild_id)
    return url_for("lagesbild.version", slug=slug, vem=vem, nummer=utskick.lagesbild_nummer)


# --- before publishing -------------------------------------------------------------------------------------------


@bp.post("/handelser/<slug>/forhandsvisa")
def forhandsvisa(slug: str) -> web.Svar:
    """The preview again, of what stands in the form now; if asked, with costly characters replaced in the source."""
    handelse, session = hamta_handelse(slug), web.session()
    aktor = session.get_one(Aktor, inloggad().aktor_id)
    kraver(Verb.SKRIVA, handelse.sak(Sakslag.UNDERRATTELSE, aktor))
    if request.values.get("slag") not in list(Notisslag):
        avbryt_dold()
    slag = Notisslag(request.values["slag"])
    falt = {namn: markup.normalisera(request.form.get(namn, "")) for namn in ("rubrik", _TEXTFALT[slag])}
    if ska_byta_ut():
        falt = {namn: _utbytt(text) for namn, text in falt.items()}
    text = falt[_TEXTFALT[slag]]
    rattar = egen_rattelse(session, handelse, aktor)
    vy = forhandsvisning(
        handelse,
        slag,
        rubrik=request.args.get("rubrik") or falt["rubrik"],
        text=markup.text_av(text) if slag is Notisslag.LAGESBILD else text,
        aktor=aktor,
        bradskande="bradskande" in request.form,
        rattelse=bool(request.values.get("rattelse")),
        rattar=rattar,
        samlad=ar_samlad(),
        **valt_i_formularet(session, handelse, slag, aktor, rattar),
    )
    html = render_template("notiser/_forhandsvisning.html", **vy)
    return jsonify(html=html, falt=falt) if web.wants_json() else html


def ska_byta_ut() -> bool:
    """Whether a button was pressed that replaces costly characters: BYT_UT for all, BYT_UT:<code points> for one."""
    return request.form.get("handling", "").partition(":")[0] == BYT_UT


def byt_ut_dyra(*falt: Field) -> bool:
    """Whether such a button was pressed, which sends the form when scripts are off: then these fields are mended."""
    if not ska_byta_ut():
        return False
    for ett in falt:
        ett.data = _utbytt(markup.normalisera(ett.data or ""))
    return True


def _utbytt(text: str) -> str:
    """The text, mended as the pressed button says; as it was when the button says nothing that can be understood."""
    kod = request.form.get("handling", "").partition(":")[2]
    if not kod:
        return sms.ersatt_dyra(text)
    try:
        return sms.ersatt_dyra(text, bara="".join(chr(int(ett, 16)) for ett in kod.split("-")))
    except (ValueError, OverflowError):
        return text


# --- what I want to be told --------------------------------------------------------------------------------------


@bp.route("/mina-notiser", methods=["GET", "POST"])
def mina() -> web.Svar:
    """My channels, what I want to be told and when it is to be quiet."""
    return valsida.visa(_min_sida())


@bp.post("/mina-notiser/<any(sms, epost):kanal>")
@kraver_bekraftad
def lagg_till_kanal(kanal: str) -> web.Svar:
    """A new number or address; a code goes there."""
    return valsida.lagg_till_kanal(_min_sida(), Kanalslag(kanal))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/ny-kod")
def ny_kod(kanal: str) -> web.Svar:
    """Another code to the same number or address."""
    return valsida.ny_kod(_min_sida(), Kanalslag(kanal))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/kod")
def bekrafta_kanal(kanal: str) -> web.Svar:
    """The code that came."""
    return valsida.bekrafta_kanal(_min_sida(), Kanalslag(kanal))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/angra-byte")
def angra_byte(kanal: str) -> web.Svar:
    """Keep the number or address that is in use."""
    return valsida.angra_byte(_min_sida(), Kanalslag(kanal))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/ta-bort")
@kraver_bekraftad
def ta_bort_kanal(kanal: str) -> web.Svar:
    """Forget a number or address."""
    return valsida.ta_bort_kanal(_min_sida(), Kanalslag(kanal))


def _min_sida() -> valsida.Valsida:
    who = inloggad()
    return valsida.Valsida(who.anvandare_id, inloggad_nu, bp.name, "mina", "notiser/mina.html", epost=who.epost)


# --- the demo ----------------------------------------------------------------------------------------------------


@bp.get("/utkorg")
@oppen
def utkorg() -> web.Svar:
    """In the demo, what would have been sent, newest first, for everyone to see; otherwise there is no such page."""
    if not web.settings().demo:
        avbryt_dold()
    session, who = web.session(), subjekt()
    brev, aldre = leveransfragor.utkorg(session, fore=request.args.get("fore", type=web.heltal))
    return render_template(
        "notiser/utkorg.html",
        breven=brev,
        aldre=aldre,
        matt={ett.id: sms.mat(ett.text) for ett in brev if ett.kanal is Kanalslag.SMS},
        mina=[kanal.adress for kanal in queries.kanaler(session, who.anvandare_id).values()] if who else [],
    )


# How a dispatch goes, who has answered it, and browsers; they add their own to bp.
from wis.notiser import kvittensvyer, pushvyer, utskicksvyer  # noqa: E402, F401
