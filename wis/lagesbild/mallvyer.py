"""The pages on which an actor's administrators edit the templates that its lägesbilder are written by."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor, las_aktor
from wis.auth.atkomst import avbryt_dold, kraver, kraver_nu
from wis.auth.rules import Verb
from wis.handelser.models import Typ
from wis.lagesbild import mallar, mallformular, mallregler, mallservice
from wis.lagesbild.forms import formularklass
from wis.lagesbild.mall import STANDARD, Mall, Utgava
from wis.lagesbild.mallar import ALLA_TYPER
from wis.lagesbild.mallformular import Mallformular
from wis.lagesbild.models import LagesbildsmallVersion
from wis.lagesbild.sida import Skrivsida

bp = Blueprint("mallar", __name__)
ALLA = "alla"
"""What the template for all kinds of event is called in addresses."""


@bp.get("/aktorer/<slug>/mallar")
def lista(slug: str) -> web.Svar:
    """The actor's templates, and for which kinds of event it has none of its own."""
    aktor = _hamta(slug)
    return render_template(
        "lagesbild/mallar.html",
        aktor=aktor,
        namn={_i_adress(typ): _namn(typ) for typ in _typer()},
        senaste={_i_adress(typ): rad for typ, rad in mallar.senaste_versioner(web.session(), aktor.id).items()},
    )


@bp.get("/aktorer/<slug>/mallar/<vilken>")
def visa(slug: str, vilken: str) -> web.Svar:
    """A template: its versions, and what each changed."""
    aktor, typ = _hamta(slug), _typ(vilken)
    senaste = _senaste(aktor, typ)
    if senaste is None:
        avbryt_dold()
    rader = list(mallar.versioner(web.session(), senaste.mall_id))
    fore = [*(mallar.mall_av(rad) for rad in rader[1:]), STANDARD]
    andrat = [mallregler.skillnader(da, mallar.mall_av(nu)) for nu, da in zip(rader, fore, strict=True)]
    return render_template(
        "lagesbild/mall.html",
        aktor=aktor,
        vilken=vilken,
        namn=_namn(typ),
        senaste=senaste,
        rader=list(zip(rader, andrat, strict=True)),
    )


@bp.get("/aktorer/<slug>/mallar/<vilken>/versioner/<int:nummer>")
def version(slug: str, vilken: str, nummer: int) -> web.Svar:
    """One version, as the form that it makes."""
    aktor, typ = _hamta(slug), _typ(vilken)
    senaste, rad = _senaste(aktor, typ), _version(aktor, typ, nummer)
    return render_template(
        "lagesbild/mallversion.html",
        aktor=aktor,
        vilken=vilken,
        namn=_namn(typ),
        rad=rad,
        senaste=senaste,
        **_forhandsvisning(mallar.mall_av(rad)),
    )


@bp.route("/aktorer/<slug>/mallar/<vilken>/andra", methods=["GET", "POST"])
def andra(slug: str, vilken: str) -> web.Svar:
    """Edit a template, or make one; nothing changes for who writes until it is saved."""
    aktor, typ = _hamta(slug), _typ(vilken)
    senaste = _senaste(aktor, typ)
    if request.method != "POST":
        return _redigera(aktor, typ, mallformular.nytt(0 if senaste is None else senaste.nummer, _utgang(aktor, typ)))
    form = mallformular.skickat(request.form)
    form.rader = mallservice.kanda(web.session(), aktor.id, form.rader)
    if request.form.get("gor") == mallformular.SPARA:
        return _spara(aktor, typ, form)
    mallformular.gor(form, request.form.get("gor", ""), request.form.get("tillagg", ""))
    return _redigera(aktor, typ, form)


@bp.post("/aktorer/<slug>/mallar/<vilken>/ga-tillbaka")
def ga_tillbaka(slug: str, vilken: str) -> web.Svar:
    """Make an older version the newest: a new version that says the same."""
    aktor, typ = _hamta(slug), _typ(vilken)
    nummer = request.form.get("nummer", 0, type=web.heltal)
    rader = mallregler.rader_av(mallar.mall_av(_version(aktor, typ, nummer)))
    return _spara(aktor, typ, Mallformular(request.form.get("bas", 0, type=web.heltal), rader), fran=nummer)


@bp.post("/aktorer/<slug>/mallar/<vilken>/bruk")
def bruk(slug: str, vilken: str) -> web.Svar:
    """Stop using a template, or take it up again."""
    aktor, typ = _hamta(slug), _typ(vilken)
    if _senaste(aktor, typ) is None:
        avbryt_dold()
    aktor_id, i_bruk = aktor.id, request.form.get("i_bruk") == "ja"
    with web.transaction() as session:
        last = las_aktor(session, aktor_id)
        who = kraver_nu(session, Verb.ADMINISTRERA, mallservice.aktor_sak(last))
        mallservice.satt_bruk(session, who, last, typ, i_bruk=i_bruk)
    slut = "används igen." if i_bruk else "används inte längre. Det som är skrivet efter den ändras inte."
    flash(f"Mallen {_namn(typ)} {slut}", "klart")
    return redirect(url_for("mallar.visa", slug=slug, vilken=vilken))


# --- parts --------------------------------------------------------------------------------------------------------


def _hamta(slug: str) -> Aktor:
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, mallservice.aktor_sak(aktor))
    return aktor


def _typer() -> list[str]:
    return [ALLA_TYPER, *(typ.value for typ in Typ)]


def _typ(vilken: str) -> str:
    """The kind of event that an address names."""
    typ = next((typ for typ in _typer() if _i_adress(typ) == vilken), None)
    return avbryt_dold() if typ is None else typ


def _i_adress(typ: str) -> str:
    return typ or ALLA


def _namn(typ: str) -> str:
    return Typ(typ).namn if typ else "För alla händelser"


def _senaste(aktor: Aktor, typ: str) -> LagesbildsmallVersion | None:
    return mallar.senaste_versioner(web.session(), aktor.id).get(typ)


def _version(aktor: Aktor, typ: str, nummer: int) -> LagesbildsmallVersion:
    senaste = _senaste(aktor, typ)
    alla = [] if senaste is None else mallar.versioner(web.session(), senaste.mall_id)
    found = next((rad for rad in alla if rad.nummer == nummer), None)
    return avbryt_dold() if found is None else found


def _utgang(aktor: Aktor, typ: str) -> Mall:
    """What the editor opens with: the newest version; for a new one the template that was chosen to start from."""
    alla = mallar.senaste_versioner(web.session(), aktor.id)
    fran = request.args.get("fran")
    kalla = alla.get(typ) if fran is None else alla.get(ALLA_TYPER if fran == ALLA else fran)
    return mallar.mall_av(kalla)


def _spara(aktor: Aktor, typ: str, form: Mallformular, fran: int = 0) -> web.Svar:
    slug, aktor_id = aktor.slug, aktor.id
    try:
        with web.transaction() as session:
            last = las_aktor(session, aktor_id)
            who = kraver_nu(session, Verb.ADMINISTRERA, mallservice.aktor_sak(last))
            nummer = mallservice.spara(session, who, last, typ, form.bas, form.rader)
    except mallservice.Ogiltig as error:
        form.fel = error.fel
        return _redigera(_hamta(slug), typ, form, 422)
    except mallservice.Krock:
        return _krock(_hamta(slug), typ, form)
    except mallservice.Oforandrad:
        flash("Inget är ändrat, så ingen ny version behövdes.", "klart")
    else:
        som = f" Den är som version {fran}." if fran else ""
        flash(f"Version {nummer} är sparad.{som} Den gäller nästa gång någon öppnar skrivsidan.", "klart")
    return redirect(url_for("mallar.visa", slug=slug, vilken=_i_adress(typ)))


def _krock(aktor: Aktor, typ: str, form: Mallformular) -> web.Svar:
    """Somebody was first: what they changed, and how it differs from what stands here."""
    senaste, alla = _senaste(aktor, typ), {}
    if senaste is not None:
        alla = {rad.nummer: mallar.mall_av(rad) for rad in mallar.versioner(web.session(), senaste.mall_id)}
    nu = mallar.mall_av(senaste)
    egna = mallregler.hogsta_egna(mallar.egna_avsnitt(web.session(), aktor.id))
    krock = {
        "av": senaste,
        "deras": mallregler.skillnader(alla.get(form.bas, STANDARD), nu),
        "mitt": mallregler.skillnader(nu, mallregler.som_mall(form.rader, egna)),
    }
    form.bas = 0 if senaste is None else senaste.nummer
    return _redigera(aktor, typ, form, 409, krock=krock)


def _redigera(aktor: Aktor, typ: str, form: Mallformular, status: int = 200, **mer: Any) -> web.Svar:
    # What has no name yet is called something, or its field would have no label.
    rader = [replace(rad, grupp=rad.grupp or rad.namn, etikett=rad.etikett or rad.namn) for rad in form.kvar]
    visas = _forhandsvisning(mallregler.som_mall(rader)) if form.visa else {}
    page = render_template(
        "lagesbild/mallandra.html",
        utgavorna=list(Utgava),
        aktor=aktor,
        vilken=_i_adress(typ),
        namn=_namn(typ),
        form=form,
        regler=mallregler,
        egna={_i_adress(t): _namn(t) for t in mallar.senaste_versioner(web.session(), aktor.id) if t != typ},
        **visas,
        **mer,
    )
    return page, status


def _forhandsvisning(mall: Mall) -> dict[str, Any]:
    """What the page needs to draw the form that the template makes."""
    return {"sida": Skrivsida(formularklass(mall)(formdata=None), None), "nummer": 1, "forslag": {}}
