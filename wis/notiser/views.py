"""'Mina notiser', how a dispatch goes, the preview beside the forms that publish, and the Utkorg of the demo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_wtf import FlaskForm
from limits import RateLimitItem
from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session
from wtforms import Field

from wis import clock, markup, web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, oppen, subjekt
from wis.auth.rules import Slag as Sakslag
from wis.auth.rules import Subjekt, Verb
from wis.auth.strypning import PER_KOD, Strypning
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.notiser import leveransfragor, queries, rules, rutnat, service, sms
from wis.notiser.forms import Adressformular, Kodformular, Nummerformular, Tystnadsformular
from wis.notiser.models import Kanalslag, Notisslag, Utskick

bp = Blueprint("notiser", __name__)
BYT_UT = "byt_ut"
# Where the author's text stands in each kind of form.
_TEXTFALT = {Notisslag.LAGESBILD: "sammanfattning", Notisslag.UNDERRATTELSE: "text", Notisslag.LAGE: "motivering"}

# Publications lie above this package, which knows their tables by name alone, as its foreign keys do.
_UNDERRATTELSE = table("underrattelse", column("id"), column("handelse_id"), column("aktor_id"))
_LAGESBILD = table("lagesbild", column("handelse_id"), column("aktor_id"), column("senaste"))


@bp.record_once
def _satt_adress(state: BlueprintSetupState) -> None:
    state.app.extensions["wis_database"].base_url = state.app.extensions["wis_settings"].base_url


# --- how a dispatch goes -----------------------------------------------------------------------------------------


@bp.get("/utskick/<int:id>")
def visa_utskick(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """What was sent, and how far it has come with whom."""
    utskick = hamta_utskick(id)
    return render_template("notiser/utskick.html", **statusvy(utskick))


@bp.post("/utskick/<int:id>/skicka-igen")
def skicka_igen(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Send what failed once more: one delivery, or all."""
    hamta_utskick(id)
    leverans_id = request.form.get("leverans", type=web.heltal)
    try:
        with web.transaction() as session:
            antal = service.skicka_igen(session, inloggad(), id, leverans_id)
    except (LookupError, PermissionError):
        # The right was lost in between: judged anew, it answers as it should.
        hamta_utskick(id)
        raise
    if antal:
        flash(f"{_meddelanden(antal)} skickas igen.", "klart")
    else:
        flash("Det finns inget att skicka igen.", "varning")
    return redirect(url_for("notiser.visa_utskick", id=id))


def hamta_utskick(utskick_id: int) -> Utskick:
    """The dispatch, if the one who asks may follow it. Raises NotFound or Nekad."""
    utskick = leveransfragor.find_utskick(web.session(), utskick_id)
    if utskick is None or utskick.handelse is None:
        avbryt_dold()
    kraver(Verb.LASA, utskick.handelse.sak())
    kraver(Verb.SE_UTSKICK, utskick.handelse.sak(Sakslag.UTSKICK, utskick.aktor))
    return utskick


def statusvy(utskick: Utskick) -> dict[str, Any]:
    """What notiser/_status.html shows."""
    session = web.session()
    rader = leveransfragor.statusrader(session, utskick.id)
    return {
        "utskick": utskick,
        "handelse": utskick.handelse,
        "rader": leveransfragor.per_aktor(rader),
        "summa": sum((rad.antal for rad in rader), leveransfragor.Antal()),
        "uteblivna": leveransfragor.uteblivna(session, utskick.id),
        "ersatt_av": leveransfragor.ersatt_av(session, utskick),
        "matt": sms.mat(utskick.sms),
        "ovning": utskick.handelse is not None and utskick.handelse.ovning,
    }


def _meddelanden(antal: int) -> str:
    return "Ett meddelande" if antal == 1 else f"{antal} meddelanden"


# --- before publishing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tankt:
    """What is about to be published."""

    slag: Notisslag
    rubrik: str
    aktor: Aktor
    rattar: int | None


def forhandsvisning(
    handelse: Handelse,
    slag: Notisslag,
    rubrik: str,
    text: str,
    aktor: Aktor,
    bradskande: bool = False,
    rattelse: bool = False,
    *,
    rattar: int | None = None,
) -> dict[str, Any]:
    """What notiser/_forhandsvisning.html shows: how many it goes to, and the SMS as it will look.

    `text` and `rubrik` are as in service.skapa_utskick; `rattar` is the underrättelse that is corrected.
    """
    session = web.session()
    lank = web.settings().base_url + _tankt_lank(session, handelse, _Tankt(slag, rubrik, aktor, rattar))
    innehall = rules.Innehall(
        slag, aktor.kortnamn, rubrik, text, lank, handelse.ovning, bradskande, rattelse or rattar is not None
    )
    sms_text = rules.komponera(innehall).sms
    oversikt = queries.mottagaroversikt(session, handelse, slag, clock.now(), rattar)
    return {
        "oversikt": oversikt,
        "sms_text": sms_text,
        "matt": sms.mat(sms_text),
        "segment_utan_dyra": sms.mat(sms.ersatt_dyra(sms_text)).segment,
        "forhandsvisa_url": _adress_for(handelse, innehall, rattar),
    }


def _adress_for(handelse: Handelse, innehall: rules.Innehall, rattar: int | None) -> str:
    """Where to ask for the preview again: what the fields of the form don't say goes along in the address."""
    rubrik = None if innehall.slag == Notisslag.UNDERRATTELSE else innehall.rubrik
    rattelse = "1" if innehall.rattelse else None
    return url_for(
        "notiser.forhandsvisa",
        slug=handelse.slug,
        slag=str(innehall.slag),
        rubrik=rubrik,
        rattar=rattar,
        rattelse=rattelse,
    )


def _egen_rattelse(session: Session, handelse: Handelse, aktor: Aktor) -> int | None:
    """The underrättelse that is corrected, if it is the actor's own in this event: of others nothing may be learnt."""
    asked = request.args.get("rattar", type=web.heltal)
    rad = _UNDERRATTELSE.c
    own = select(rad.id).where(rad.id == asked, rad.handelse_id == handelse.id, rad.aktor_id == aktor.id)
    return None if asked is None else session.scalar(own)


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
    if request.form.get("handling") == BYT_UT:
        falt = {namn: sms.ersatt_dyra(text) for namn, text in falt.items()}
    text = falt[_TEXTFALT[slag]]
    vy = forhandsvisning(
        handelse,
        slag,
        rubrik=request.args.get("rubrik") or falt["rubrik"],
        text=markup.text_av(text) if slag is Notisslag.LAGESBILD else text,
        aktor=aktor,
        bradskande="bradskande" in request.form,
        rattelse=bool(request.values.get("rattelse")),
        rattar=_egen_rattelse(session, handelse, aktor),
    )
    html = render_template("notiser/_forhandsvisning.html", **vy)
    return jsonify(html=html, falt=falt) if web.wants_json() else html


def byt_ut_dyra(*falt: Field) -> bool:
    """Whether 'Byt ut dem' was pressed, which sends the form when scripts are off: then these fields are mended."""
    if request.form.get("handling") != BYT_UT:
        return False
    for ett in falt:
        ett.data = sms.ersatt_dyra(ett.data or "")
    return True


def _tankt_lank(session: Session, handelse: Handelse, tankt: _Tankt) -> str:
    """The path that will be sent, so that the length is right. Somebody else may take the number first."""
    if tankt.slag is Notisslag.UNDERRATTELSE:
        return f"/underrattelser/{tankt.rattar or _nasta_underrattelse(session)}"
    if tankt.slag is Notisslag.LAGESBILD:
        samlad = tankt.rubrik.startswith("Samlad")
        nummer = _nasta_version(session, handelse.id, None if samlad else tankt.aktor.id)
        vem = "samlad" if samlad else tankt.aktor.slug
        return f"/handelser/{handelse.slug}/lagesbild/{vem}/versioner/{nummer}"
    return f"/handelser/{handelse.slug}"


def _nasta_underrattelse(session: Session) -> int:
    return 1 + (session.scalar(select(func.max(_UNDERRATTELSE.c.id))) or 0)


def _nasta_version(session: Session, handelse_id: int, aktor_id: int | None) -> int:
    # IS NOT DISTINCT FROM: the samlade has no actor.
    bild = _LAGESBILD.c
    villkor = (bild.handelse_id == handelse_id, bild.aktor_id.is_not_distinct_from(aktor_id))
    return 1 + (session.scalar(select(bild.senaste).where(*villkor)) or 0)


# --- what I want to be told --------------------------------------------------------------------------------------


@bp.route("/mina-notiser", methods=["GET", "POST"])
def mina() -> web.Svar:
    """My channels, what I want to be told and when it is to be quiet."""
    form = Tystnadsformular()
    if not form.is_submitted():
        form.fyll(queries.tystnad(web.session(), inloggad().anvandare_id))
        return _mina(form)
    if not form.validate():
        return _mina(form, skickat=True)
    who, session = inloggad(), web.session()
    handelser = queries.oppna_handelser_for(session, who.anvandare_id, clock.now())
    sparade = queries.prenumerationer(session, who.anvandare_id)
    val = rutnat.lasta_val(request.form, sparade, handelser)
    with web.transaction() as skriv:
        service.spara_val(skriv, who, val, form.tysta_timmar())
    flash("Dina val är sparade.", "klart")
    return redirect(url_for("notiser.mina"))


@bp.post("/mina-notiser/<any(sms, epost):kanal>")
def lagg_till_kanal(kanal: str) -> web.Svar:
    """A new number or address; a code goes there."""
    slag = Kanalslag(kanal)
    form = Nummerformular() if slag is Kanalslag.SMS else Adressformular()
    if not form.validate():
        return _mina(form, slag=slag)
    adress = form.adress.data or ""
    return _kodsandning(form, slag, adress, lambda s, who: service.lagg_till_kanal(s, who, slag, adress))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/ny-kod")
def ny_kod(kanal: str) -> web.Svar:
    """Another code to the same number or address."""
    slag = Kanalslag(kanal)
    finns = queries.kanaler(web.session(), inloggad().anvandare_id).get(slag)
    adress = finns.adress if finns is not None else ""
    return _kodsandning(Kodformular(), slag, adress, lambda s, who: service.ny_kod(s, who, slag))


@bp.post("/mina-notiser/<any(sms, epost):kanal>/kod")
def bekrafta_kanal(kanal: str) -> web.Svar:
    """The code that came."""
    form, slag = Kodformular(), Kanalslag(kanal)
    if form.validate():
        try:
            with web.transaction() as session:
                ratt = service.bekrafta(session, inloggad(), slag, form.kod.data or "")
        except service.Koden as fel:
            form.kod.errors = [str(fel)]
        else:
            if ratt:
                flash(f"Bekräftat: nu kan du få {slag.namn}. Välj här nedanför vad du vill veta.", "klart")
                return redirect(url_for("notiser.mina"))
            form.kod.errors = ["Koden stämmer inte. Kontrollera siffrorna."]
    return _mina(form, slag=slag)


@bp.post("/mina-notiser/<any(sms, epost):kanal>/ta-bort")
def ta_bort_kanal(kanal: str) -> web.Svar:
    """Forget a number or address."""
    slag = Kanalslag(kanal)
    with web.transaction() as session:
        service.ta_bort_kanal(session, inloggad(), slag)
    flash(f"Du får inte längre {slag.namn}.", "klart")
    return redirect(url_for("notiser.mina"))


def _kodsandning(
    form: FlaskForm, slag: Kanalslag, adress: str, handling: Callable[[Session, Subjekt], object]
) -> web.Svar:
    """Have a code sent, unless too many have been: a person's, and those to one number, are counted apart."""
    who, strypning = inloggad(), cast(Strypning, current_app.extensions["wis_strypning"])
    nycklar: tuple[tuple[RateLimitItem, str], ...] = (
        (PER_KOD, f"kod-av:{who.anvandare_id}"),
        (PER_KOD, f"kod-till:{adress}"),
    )
    falt = form.kod if isinstance(form, Kodformular) else form.adress
    if not all(strypning.forsok(nyckel) for nyckel in nycklar):
        falt.errors = ["Det har skickats många koder. Vänta en kvart och försök igen."]
        return _mina(form, slag=slag)
    try:
        with web.transaction() as session:
            handling(session, who)
    except service.Koden as fel:
        falt.errors = [str(fel)]
        return _mina(form, slag=slag)
    var = "Koden finns i Utkorgen." if web.settings().demo else f"Skriv in koden som du får med {slag.namn}."
    flash(var, "klart")
    return redirect(url_for("notiser.mina"))


def _mina(form: FlaskForm, *, slag: Kanalslag | None = None, skickat: bool = False) -> web.Svar:
    """The page, with `form` (of the channel `slag`, or the choices) as it was sent."""
    who, session = inloggad(), web.session()
    handelser = queries.oppna_handelser_for(session, who.anvandare_id, clock.now())
    sparade = queries.prenumerationer(session, who.anvandare_id)
    kanaler = queries.kanaler(session, who.anvandare_id)
    val = form if isinstance(form, Tystnadsformular) else Tystnadsformular(formdata=None)
    if val is not form:
        val.fyll(queries.tystnad(session, who.anvandare_id))
    page = render_template(
        "notiser/mina.html",
        form=form,
        val=val,
        kanaler=kanaler,
        koder={
            kanal: leveransfragor.senaste_kod(session, who.anvandare_id, kanal, rad.adress)
            for kanal, rad in kanaler.items()
            if rad.verifierad is None
        },
        kanalformular=_kanalformular(form, slag, who),
        grupper=rutnat.grupper(sparade, handelser, request.form if skickat else None),
        Kanalslag=Kanalslag,
    )
    return page, 422 if form.errors else 200


def _kanalformular(form: FlaskForm, slag: Kanalslag | None, who: Subjekt) -> dict[Kanalslag, dict[str, FlaskForm]]:
    """A form for the address and one for the code, per channel: the one that was sent, else an empty one."""
    ut: dict[Kanalslag, dict[str, FlaskForm]] = {}
    for kanal, adressformular in ((Kanalslag.SMS, Nummerformular), (Kanalslag.EPOST, Adressformular)):
        forvalt = {"adress": who.epost} if kanal is Kanalslag.EPOST else {}
        ut[kanal] = {"adress": adressformular(formdata=None, data=forvalt), "kod": Kodformular(formdata=None)}
        ut[kanal]["kod"].kod.id = f"{kanal}-kod"
        if kanal is slag:
            ut[kanal]["kod" if isinstance(form, Kodformular) else "adress"] = form
            if isinstance(form, Kodformular):
                form.kod.id = f"{kanal}-kod"
    return ut


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
