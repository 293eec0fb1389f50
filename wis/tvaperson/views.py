"""The page of a proposal, and the one where an actor's administrators choose where two persons are needed."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor, las_aktor
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, inloggad_nu, kraver, kraver_nu, tillgang
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.auth.snabbvag import lagra_inte
from wis.handelser.models import Lage
from wis.notiser.visat import har_vuxit
from wis.tvaperson import queries, service
from wis.tvaperson.forms import Regelformular, Tillbakaformular
from wis.tvaperson.models import Forslag, Niva, Status
from wis.tvaperson.publicering import publicerare_av
from wis.tvaperson.rules import Avgjort, FinnsInte, ReglernaAndrade, SammaPerson
from wis.tvaperson.service import Otillaten, RattForlorad

bp = Blueprint("tvaperson", __name__)
MINST = 2
_BLEV = {
    Status.GODKANT: "Förslaget är redan godkänt och publicerat.",
    Status.AVBOJT: "Förslaget har redan skickats tillbaka.",
    Status.ATERKALLAT: "Förslaget är tillbakataget. Inget är publicerat.",
    Status.FORALDRAT: "Förslaget är för gammalt: något har ändrats sedan det skrevs. Det här är inte publicerat.",
}


# --- a proposal ----------------------------------------------------------------------------------------------------


@bp.get("/forslag/<int:id>")
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """What would be published, exactly, and the buttons of who looks."""
    return _sida(_hamta(id), Tillbakaformular(formdata=None))


@bp.post("/forslag/<int:id>/godkann")
def godkann(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Publish it; the page anew if it would reach more than was looked at."""
    forslag = _hamta(id)
    if forslag.vantar and _har_vuxit(forslag):
        return _sida(forslag, Tillbakaformular(formdata=None), vidgad=True)
    rad, nej = _gor(id, service.godkann)
    if nej is not None:
        return nej
    if rad[0] is Status.FORALDRAT:
        flash("Inget publicerades: något har ändrats sedan det skrevs. Den som skrev får jämföra.", "varning")
        return redirect(url_for("tvaperson.visa", id=id))
    flash("Godkänt och publicerat.", "klart")
    return redirect(rad[1])


@bp.post("/forslag/<int:id>/tillbaka")
def tillbaka(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Say no, and why."""
    forslag, form = _hamta(id), Tillbakaformular()
    if not form.validate():
        return _sida(forslag, form)
    skal = form.skal.data or ""
    _, nej = _gor(id, lambda session, who, id_: service.skicka_tillbaka(session, who, id_, skal))
    if nej is not None:
        return nej
    flash("Skickat tillbaka. Inget är publicerat.", "klart")
    return redirect(url_for("tvaperson.visa", id=id))


@bp.post("/forslag/<int:id>/aterkalla")
def aterkalla(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Take one's own back."""
    _hamta(id)
    _, nej = _gor(id, service.aterkalla)
    if nej is not None:
        return nej
    flash("Förslaget är tillbakataget. Inget är publicerat, och texten finns kvar.", "klart")
    return redirect(url_for("tvaperson.visa", id=id))


def _hamta(forslag_id: int) -> Forslag:
    """The proposal, if one may see it: else as for what does not exist."""
    session, who = web.session(), inloggad()
    found = queries.find_forslag(session, who, forslag_id)
    if found is None or not queries.far_se(session, who, found):
        avbryt_dold()
    return found


def _har_vuxit(forslag: Forslag) -> bool:
    """Whether it would reach more than the page showed that the button stood on."""
    session, visat = web.session(), request.form.get("visat", "")
    tankt = publicerare_av(forslag).tankt(session, forslag)
    return tankt is not None and har_vuxit(session, tankt, visat, avisera=forslag.avisera, aven_lasare=True)


def _gor(
    forslag_id: int, vad: Callable[[Session, Subjekt, int], Forslag]
) -> tuple[tuple[Status, str], web.Svar | None]:
    """Do it; what became of the proposal and where it is read, and the page that says why not."""
    web.end_reading()
    tomt = (Status.VANTAR, "")
    try:
        with web.transaction() as session:
            rad = vad(session, inloggad_nu(session), forslag_id)
            return (Status(rad.status), rad.resultat), None
    except FinnsInte:
        avbryt_dold()
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
    except Avgjort as redan:
        flash(_BLEV.get(redan.status, ""), "varning")
        return tomt, redirect(url_for("tvaperson.visa", id=forslag_id))
    except (SammaPerson, RattForlorad) as nej:
        return tomt, _sida(_hamta(forslag_id), Tillbakaformular(formdata=None), hinder=_hinder(nej))


def _hinder(nej: Exception) -> str:
    if isinstance(nej, SammaPerson):
        return "Du skrev förslaget själv. En kollega behöver godkänna det, oavsett vilken roll du har."
    skal = nej.beslut.skal if isinstance(nej, RattForlorad) and nej.beslut is not None else ""
    return "Den som skrev får inte längre publicera, så förslaget går inte att godkänna." + (
        f" ({skal})" if skal and "stängd" in skal else ""
    )


def _sida(forslag: Forslag, form: Tillbakaformular, hinder: str = "", *, vidgad: bool = False) -> web.Svar:
    session, who = web.session(), inloggad()
    lagra_inte()
    publicerare = publicerare_av(forslag)
    egen = forslag.anvandare_id == who.anvandare_id
    far = tillgang(Verb.PUBLICERA, publicerare.sak(session, forslag))
    page = render_template(
        "tvaperson/visa.html",
        forslag=forslag,
        visning=publicerare.visa(session, forslag),
        niva=Niva(forslag.niva),
        egen=egen,
        far=far,
        hinder=hinder,
        vidgad=vidgad,
        form=form,
        skrivadress=publicerare.skrivadress(forslag) if egen else "",
        handelse=forslag.handelse,
        ovning=forslag.handelse.ovning,
    )
    return page, 409 if hinder or vidgad else 422 if form.errors else 200


# --- the rule ------------------------------------------------------------------------------------------------------


@bp.route("/aktorer/<slug>/tva-personer", methods=["GET", "POST"])
@kraver_bekraftad
def regler(slug: str) -> web.Svar:
    """Where the actor wants two persons."""
    aktor, form = _aktor(slug), Regelformular()
    aktor_id = aktor.id
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.fyll(queries.alla_regler(web.session(), aktor_id))
        return _regelsida(aktor, form)
    valda, bas = form.valda(), form.byggde_pa()
    web.end_reading()
    try:
        with web.transaction() as session:
            last = las_aktor(session, aktor_id)
            who = kraver_nu(session, Verb.ADMINISTRERA, _aktorens_sak(last))
            andrat = service.satt_regler(session, who, last, valda, bas)
    except ReglernaAndrade:
        aktor = _aktor(slug)
        form.fyll(queries.alla_regler(web.session(), aktor_id))
        return _regelsida(aktor, form, krock=True)
    flash("Sparat. Det gäller från och med nu." if andrat else "Inget var ändrat.", "klart")
    return redirect(url_for("tvaperson.regler", slug=slug))


def _aktor(slug: str) -> Aktor:
    """The actor, if the one who asks administers it. Raises NotFound or Nekad."""
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, _aktorens_sak(aktor))
    return aktor


def _aktorens_sak(aktor: Aktor) -> Sak:
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def _regelsida(aktor: Aktor, form: Regelformular, *, krock: bool = False) -> web.Svar:
    session = web.session()
    page = render_template(
        "tvaperson/regler.html",
        aktor=aktor,
        form=form,
        lagen=list(Lage),
        nivaer=list(Niva),
        antal=queries.antal_som_publicerar(session, aktor.id),
        minst=MINST,
        senast=queries.senast_andrad(session, aktor.id),
        krock=krock,
    )
    return page, 409 if krock else 422 if form.errors else 200
