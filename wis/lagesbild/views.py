"""Reading, comparing and writing lägesbilder."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request

from wis import clock, datum, web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Verb
from wis.auth.snabbvag import lagra, lagra_inte
from wis.auth.visning import visbar_som
from wis.handelser.delat import tidigast
from wis.lagesbild import (
    berorda,
    forhandsgranskning,
    forslag,
    krock,
    overblivet,
    publicera,
    queries,
    rules,
    service,
    sida,
    utkast,
)
from wis.lagesbild.atkomst import Mal, hamta, pa_nytt, transaktion
from wis.lagesbild.forms import Lagesbildsformular, formularnyckel, undanlagt
from wis.lagesbild.lassida import lassida
from wis.lagesbild.rules import Avslag, Avslagsslag, Innehall, Publicering
from wis.lagesbild.service import Publicerad
from wis.lagesbild.sida import Skrivsida
from wis.lagesbild.skrivsida import erbjud_lasare, formular, skrivsida, tankt
from wis.notiser.views import BYT_UT, byt_ut_dyra
from wis.notiser.visat import har_vuxit
from wis.tvaperson.forms import Nodformular, las_nodlage
from wis.tvaperson.publicering import anlita
from wis.tvaperson.rules import HANDLINGAR as PUBLICERAR
from wis.tvaperson.rules import Handling, KraverTva, Satt

bp = Blueprint("lagesbild", __name__)
anlita(service.FORSLAGSSLAG, forslag.Lagesbildspublicerare())


# --- reading ------------------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/lagesbild/<vem>")
@visbar_som
def senaste(slug: str, vem: str) -> web.Svar:
    """The latest version, and what one may do to it."""
    mal = hamta(slug, vem)
    if mal.publicerad:
        return lassida(mal, mal.senaste)
    # One's own empty page is there, and for whoever can fill it. For others it is as missing as one that is hidden.
    egen = mal.aktor is not None
    return lassida(mal, None) if egen or tillgang(Verb.SKRIVA, mal.sak) else avbryt_dold()


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>")
@visbar_som
def version(slug: str, vem: str, nummer: int) -> web.Svar:
    """One version, as it was published."""
    return lassida(hamta(slug, vem), nummer, bestamd=True)


@bp.get("/handelser/<slug>/lagesbild/<vem>/jamfor")
def valj_jamforelse(slug: str, vem: str) -> web.Svar:
    """Where the two lists of versions lead without scripts."""
    a, b = request.args.get("a", 0, type=int), request.args.get("b", 0, type=int)
    if a < 1 or b < 1:
        avbryt_dold()
    mal = hamta(slug, vem)
    for nummer in (a, b):
        mal.version(nummer)
    return redirect(mal.url("jamfor", a=a, b=b, vy=request.args.get("vy")))


@bp.get("/handelser/<slug>/lagesbild/<vem>/jamfor/<int:a>/<int:b>")
@visbar_som
def jamfor(slug: str, vem: str, a: int, b: int) -> web.Svar:
    """Two versions, word by word, the older one first."""
    mal = hamta(slug, vem)
    if a > b:
        return redirect(mal.url("jamfor", a=b, b=a, vy=request.args.get("vy")))
    gammal, ny = mal.version(a), mal.version(b)
    lagra(mal.handelse.id, till=tidigast(clock.now(), mal.slutar()))
    if Tlp.RED in {gammal.tlp, ny.tlp}:
        lagra_inte()
    bredvid = request.args.get("vy") == "sida"
    olika, lika = sida.att_jamfora(gammal, ny, sida_vid_sida=bredvid)
    return render_template(
        "lagesbild/jamfor.html",
        mal=mal,
        gammal=gammal,
        ny=ny,
        olika=olika,
        lika=lika,
        bredvid=bredvid,
        versioner=queries.versioner(web.session(), inloggad(), ny.lagesbild_id),
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


# --- writing ------------------------------------------------------------------------------------------------------


@bp.route("/handelser/<slug>/lagesbild/<vem>/skriv", methods=["GET", "POST"])
def skriv(slug: str, vem: str) -> web.Svar:
    """Write a new version: save it as a draft, look at it, or publish it, as the pressed button says."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    if request.method != "POST":
        mitt = None if mal.lagesbild is None else queries.find_utkast(web.session(), mal.lagesbild.id, inloggad())
        return skrivsida(mal, sida.ny_skrivsida(web.session(), formular(mal, tomt=True), mal.lagesbild, mitt))
    mal = _lagg_undan(mal)
    # A button that replaces one character says which after a colon.
    handling = request.form.get("handling", "").partition(":")[0]
    return HANDLINGAR.get(handling, _spara)(mal, formular(mal))


def _lagg_undan(mal: Mal) -> Mal:
    """Keep what 'Oförändrat' took away on the page, whatever the pressed button does."""
    texter = undanlagt(request.form)
    if not texter or mal.lagesbild is None:
        return mal
    lagesbild_id, who = mal.lagesbild.id, inloggad()
    with transaktion() as session:
        overblivet.spara_alla(session, who, lagesbild_id, texter)
    return pa_nytt()


def skickad(mal: Mal, form: Lagesbildsformular) -> Skrivsida:
    """The page with what was sent in it. `mal` is read anew: the transaction before may have changed what it knew."""
    form.satt_dolda(bas=form.bas.data or 0, revision=form.revision.data or 0)
    senaste, mitt = None, None
    if mal.lagesbild is not None:
        senaste = queries.find_senaste(web.session(), mal.lagesbild.id)
        mitt = queries.find_utkast(web.session(), mal.lagesbild.id, inloggad())
    form.valj_bland(sida.snabbval(senaste))
    mott = None if mal.lagesbild is None else krock.fortsatt(web.session(), form, mal.lagesbild.id)
    return Skrivsida(form, senaste, krocken=mott, utkast_sparat=None if mitt is None else mitt.sparad)


def _spara(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    plats, min_text, adress, who = mal.plats, form.text(), mal.url("skriv"), inloggad()
    with transaktion() as session:
        utfall = utkast.spara(session, who, plats, min_text)
    if isinstance(utfall, utkast.Konflikt):
        return krock_med_utkast(form, utfall)
    flash(f"Utkastet är sparat {datum.klockslag(utfall.sparad)}. Inget är publicerat.", "klart")
    return redirect(adress)


def krock_med_utkast(form: Lagesbildsformular, konflikt: utkast.Konflikt) -> web.Svar:
    """Both texts; what the other page has saved is put aside too, for the next save writes over it."""
    who, min_text = inloggad(), form.text()
    with transaktion() as session:
        borta = krock.lagg_undan(session, who, konflikt.lagesbild_id, konflikt.text, min_text)
    if borta:
        flash(overblivet.borttagna(borta), "varning")
    mal = pa_nytt()
    sidan = skickad(mal, form)
    sidan.krocken = krock.mot_utkast(web.session(), form, konflikt.text, konflikt.lagesbild_id, min_text)
    return skrivsida(mal, sidan, 409)


def _granska(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Show it as readers will see it; the draft is saved too, for a page that is looked at may be left."""
    plats, min_text, who = mal.plats, form.text(), inloggad()
    senaste = None if mal.lagesbild is None else queries.find_senaste(web.session(), mal.lagesbild.id)
    underlag = forhandsgranskning.underlag(form, senaste, mal.lankar(min_text.innehall))
    web.end_reading()
    granskad = forhandsgranskning.granska(underlag, who)
    with transaktion() as session:
        sparat = utkast.spara(session, who, plats, min_text)
    if isinstance(sparat, utkast.Sparat):
        form.satt_dolda(bas=min_text.bas, revision=sparat.revision)
    mal = pa_nytt()
    sidan = skickad(mal, form)
    sidan.granskad = granskad
    return skrivsida(mal, sidan)


def _byt_ut(mal: Mal, form: Lagesbildsformular) -> web.Svar:
    """Replace the characters of the summary that make the SMS dearer, and show the page again."""
    byt_ut_dyra(form.sammanfattning)
    _spara_tyst(mal, form, form.text())
    mal = pa_nytt()
    return skrivsida(mal, skickad(mal, form))


def _publicera(mal: Mal, form: Lagesbildsformular, *, handling: Handling) -> web.Svar:
    who = kraver(Verb.PUBLICERA, mal.sak)
    form.satt_dolda(bas=form.bas.data or 0, revision=form.revision.data or 0)
    erbjud_lasare(mal, form)
    # Each sets the errors of its own fields.
    whole = [form.granska_val(), form.granska_rott(mal.handelse, mal.aktor)]
    min_text, innehall = form.text(), form.innehall(clock.now())
    form.satt_fel(rules.granska(innehall, clock.now()))
    _granska_vald_fil(form)
    intyg, nod = las_nodlage(handling)
    if form.errors or nod.errors or not all(whole):
        return _ratta(mal, form, min_text, nod=nod)
    if har_vuxit(web.session(), tankt(mal, form), request.form.get("visat", ""), avisera=handling.avisera):
        return _ratta(mal, form, min_text, status=409, vidgad=True)
    plats, krets = mal.plats, form.kretsval()
    html = _rendera(mal, innehall)
    kommando = Publicering(min_text.bas, form.nyckel.data or "", innehall, krets, form.beskrivningar, intyg)
    ber = handling.satt is Satt.BE
    if ber:
        # What a colleague may send back is to be gone on with.
        _spara_tyst(mal, form, min_text)
    vad = forslag.Tankt(kommando, html, handling.avisera)
    try:
        utfall = publicera.publicera(who, plats, vad, ber=ber, revision=min_text.revision)
    except KraverTva:
        return _ratta(pa_nytt(), form, min_text, status=409, kraver_tva=True)
    return _blev(form, min_text, utfall, avisera=handling.avisera)


def _blev(
    form: Lagesbildsformular,
    min_text: utkast.Text,
    utfall: Publicerad | Avslag | publicera.Foreslagen,
    *,
    avisera: bool,
) -> web.Svar:
    if isinstance(utfall, Avslag):
        return _avslagen(form, min_text, utfall)
    if isinstance(utfall, publicera.Foreslagen):
        return publicera.till_forslaget(utfall)
    flash(f"Version {utfall.nummer} är publicerad" + (" och aviseras." if avisera else ". Ingen aviseras."), "klart")
    mal = pa_nytt()
    if varning := berorda.i_ord(berorda.far_inget_veta(web.session(), mal.version(utfall.nummer))):
        flash(varning, "varning")
    return redirect(mal.url("senaste"))


# The buttons of the form; wis.lagesbild.krockvyer adds its own.
HANDLINGAR: dict[str, Callable[[Mal, Lagesbildsformular], web.Svar]] = {
    "granska": _granska,
    BYT_UT: _byt_ut,
    **{namn: partial(_publicera, handling=handling) for namn, handling in PUBLICERAR.items()},
}


def _granska_vald_fil(form: Lagesbildsformular) -> None:
    """A file that was chosen, but not sent: without scripts only its name comes along with any other button."""
    vald = request.form.get("fil", "")
    if vald:
        form.form_errors = [
            f"Filen {vald[:200]} är vald men inte bifogad. Välj den igen och tryck på Bifoga, eller publicera utan den."
        ]


def _rendera(mal: Mal, innehall: Innehall) -> dict[str, str]:
    """The HTML by key. It may take seconds: the request holds no connection meanwhile, and what it has read is gone."""
    senaste = None if mal.lagesbild is None else queries.find_senaste(web.session(), mal.lagesbild.id)
    forra, lankar = queries.innehall_av(senaste), mal.lankar(innehall)
    web.end_reading()
    return service.rendera(innehall, forra, lankar)


def _avslagen(form: Lagesbildsformular, min_text: utkast.Text, avslag: Avslag) -> web.Svar:
    mal = pa_nytt()
    if avslag.slag is Avslagsslag.UPPREPAD:
        flash(f"Detta är redan publicerat, som version {avslag.nummer}. Det publicerades bara en gång.", "klart")
        return redirect(mal.url("version", nummer=avslag.nummer))
    if avslag.slag is Avslagsslag.FEL_BAS:
        return _krock_med_version(mal, form, min_text)
    if avslag.slag is Avslagsslag.LASRATT:
        return _ratta(mal, form, min_text, status=409)
    if avslag.slag is Avslagsslag.OFORANDRAD:
        form.form_errors = [
            f"Ingen text är ändrad sedan version {avslag.nummer}. Stämmer den fortfarande: använd Läget oförändrat. "
            "Vill du ändå publicera, till exempel för att flytta nästa uppdatering: skriv varför i Vad är nytt?"
        ]
    form.satt_fel(avslag.fel)
    return _ratta(mal, form, min_text, oforandrad=avslag.slag is Avslagsslag.OFORANDRAD)


def _ratta(
    mal: Mal,
    form: Lagesbildsformular,
    min_text: utkast.Text,
    *,
    oforandrad: bool = False,
    vidgad: bool = False,
    kraver_tva: bool = False,
    nod: Nodformular | None = None,
    status: int = 422,
) -> web.Svar:
    """The page again with what must be mended; what was typed is saved too, should the page be left."""
    _spara_tyst(mal, form, min_text)
    mal = pa_nytt()
    sidan = skickad(mal, form)
    sidan.oforandrad, sidan.vidgad, sidan.kraver_tva, sidan.nod = oforandrad, vidgad, kraver_tva, nod
    return skrivsida(mal, sidan, status)


def _krock_med_version(mal: Mal, form: Lagesbildsformular, min_text: utkast.Text) -> web.Svar:
    """Both texts side by side. The draft keeps the version it was begun on, so that the page can be opened again."""
    sparat = _spara_tyst(mal, form, min_text)
    mal = pa_nytt()
    sidan = skickad(mal, form)
    sidan.klar = min_text.nyckel if sparat else ""
    if sidan.senaste is not None:
        sidan.krocken = krock.mot_version(web.session(), form, sidan.senaste, min_text)
    else:
        form.satt_dolda(bas=0, revision=form.revision.data or 0)
    return skrivsida(mal, sidan, 409)


def _spara_tyst(mal: Mal, form: Lagesbildsformular, min_text: utkast.Text) -> bool:
    """Save the draft on the way to a page that shows the same text; False if another page's was in the way."""
    plats, who = mal.plats, inloggad()
    with transaktion() as session:
        sparat = utkast.spara(session, who, plats, min_text)
    if isinstance(sparat, utkast.Sparat):
        form.satt_dolda(bas=min_text.bas, revision=sparat.revision)
    return isinstance(sparat, utkast.Sparat)


@bp.post("/handelser/<slug>/lagesbild/<vem>/oforandrat")
def oforandrat(slug: str, vem: str) -> web.Svar:
    """'Läget oförändrat' in one tap; where two persons are needed it asks a colleague."""
    mal = hamta(slug, vem, Verb.PUBLICERA)
    plats, bas = mal.plats, request.form.get("bas", 0, type=int)
    utfall = publicera.oforandrat(inloggad(), plats, bas, formularnyckel(request.form.get("nyckel")))
    if isinstance(utfall, publicera.Foreslagen):
        return publicera.till_forslaget(utfall)
    mal = pa_nytt()
    if isinstance(utfall, Avslag) and utfall.slag is Avslagsslag.FEL_BAS:
        senaste = mal.version(utfall.nummer) if utfall.nummer else None
        return render_template(
            "lagesbild/inaktuell.html", mal=mal, version=senaste, handelse=mal.handelse, ovning=mal.handelse.ovning
        ), 409
    if isinstance(utfall, Avslag) and utfall.slag is Avslagsslag.OGILTIG:
        # The sources are read by fewer than read the samlade now.
        flash(f"Inget är publicerat. {' '.join(utfall.fel.values())}", "varning")
        return redirect(mal.url("skriv"))
    flash(f"Läget oförändrat är publicerat som version {utfall.nummer}. Ingen aviseras.", "klart")
    return redirect(mal.url("senaste"))


# The other views of the same pages; each adds its own to bp.
from wis.lagesbild import (  # noqa: E402
    bilagevyer,  # noqa: F401
    forhandsvyer,  # noqa: F401
    forslagsvyer,  # noqa: F401
    krockvyer,  # noqa: F401
    lasrattsvyer,  # noqa: F401
    medgivandevyer,  # noqa: F401
    narvarovyer,  # noqa: F401
    oforandratvyer,  # noqa: F401
    sedanvyer,  # noqa: F401
    utgavevyer,  # noqa: F401
    utkastvyer,  # noqa: F401
    vidgning,  # noqa: F401 asked before an event is opened to more readers
)
