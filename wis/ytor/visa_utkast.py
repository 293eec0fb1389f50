"""Before publishing: whether a chosen actor, role or person would see what the form says, and what they'd be sent."""

import re
from dataclasses import dataclass

from flask import jsonify, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth import visning
from wis.auth.atkomst import inloggad, kraver
from wis.auth.krets import Tlp
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb, can
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.lasarform import Lasarfalt, Markesfalt
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor
from wis.ytor.visa_som import Visningsformular, bp

__all__ = ["bp"]
_SKRIVSIDA = re.compile(
    r"/handelser/[a-z0-9-]+/(lagesbild/[a-z0-9-]+/skriv|underrattelser/ny)|/underrattelser/\d{1,9}/ratta"
)
_SAMLAD = "/lagesbild/samlad/"
_SKICKAS = {
    Tlp.CLEAR: "SMS och e-post med texten i sig.",
    Tlp.GREEN: "SMS med bara rubrik och länk, e-post med texten i sig.",
    Tlp.AMBER: "SMS med bara rubrik och länk, e-post med texten i sig.",
    Tlp.AMBER_STRICT: "SMS och e-post med bara rubrik och länk.",
    Tlp.RED: "SMS och e-post som bara säger att det finns något nytt att läsa i wis, märkt TLP:RED.",
}


class Lasarutkast(Lasarfalt, Markesfalt):
    """Who is to read and with which label, as the writing page has it now."""


@dataclass(frozen=True)
class Utlatande:
    """What the chosen one would see. `skickas`: what is sent to who has chosen to be told; '' for nothing."""

    vem: str
    ser: str
    beslut: Beslut
    skickas: str = ""


@bp.post("/handelser/<slug>/visa-som-utkast")
def utkast(slug: str) -> web.Svar:
    """The judgement in words: as a part of the writing page for its script, else as a page that leads back to it."""
    handelse, session = hamta_handelse(slug), web.session()
    who = kraver(Verb.VISA_SOM, visning.sak_for(inloggad()))
    utlatande = _bedom(session, who, handelse, session.get_one(Aktor, who.aktor_id))
    if web.wants_json():
        return jsonify(rader=_rader(utlatande))
    tillbaka = request.form.get("tillbaka", "")
    return render_template(
        "ytor/visa_som_utkast.html",
        rader=_rader(utlatande),
        handelse=handelse,
        ovning=handelse.ovning,
        tillbaka=tillbaka if _SKRIVSIDA.fullmatch(tillbaka) else url_for("ytor.handelse", slug=slug),
        granska="granska" if "/lagesbild/" in tillbaka else "visa",
        inskickat=[(n, v) for n, v in web.inskickat() if n != "handling" and not n.startswith("visa_")],
    )


def _bedom(session: Session, who: Subjekt, handelse: Handelse, egen: Aktor) -> Utlatande | None:
    """The judgement; None when nobody was chosen."""
    form, valet = Lasarutkast(), Visningsformular()
    form.bland(alla_aktorer(session), alla_natverk(session), egen.id)
    valet.bland(session, who)
    vald = visning.subjekt_som(session, who, valet.val(), clock.now()) if valet.validate() else None
    if vald is None:
        return None
    namn = visning.i_ord(vald, clock.now())
    if not form.validate():
        fel = next(text for errors in form.errors.values() for text in errors)
        return Utlatande(namn, f"det går inte att säga än. {fel}", Beslut(tillatet=False))
    sak = _sak(handelse, egen, form)
    beslut = can(vald, Verb.LASA, sak, clock.now())
    vad = {Slag.UNDERRATTELSE: "underrättelsen"}.get(sak.slag, "hela lägesbilden")
    if not beslut:
        return Utlatande(namn, "ser den inte, därför att:", beslut)
    return Utlatande(namn, f"ser {vad}.", beslut, _SKICKAS[sak.tlp])


def _rader(utlatande: Utlatande | None) -> list[str]:
    """The judgement as lines of text."""
    if utlatande is None:
        return ["Välj en aktör och en roll, eller en person hos er."]
    rader = [f"{utlatande.vem}: {utlatande.ser} {utlatande.beslut.skal}".rstrip()]
    if utlatande.skickas:
        rader.append(f"Den som har valt att få notiser får {utlatande.skickas}")
    elif utlatande.beslut.skal:
        rader.append("Inget skickas dit heller.")
    return rader


def _sak(handelse: Handelse, egen: Aktor, form: Lasarutkast) -> Sak:
    """What would be published, as the form stands."""
    tlp, now = form.marke(), clock.now()
    if _SAMLAD in request.form.get("tillbaka", ""):
        return handelse.sak(Slag.SAMLAD_LAGESBILD, publicerad=now, tlp=tlp)
    slag = Slag.UNDERRATTELSE if request.form.get("slag") == "underrattelse" else Slag.EGEN_LAGESBILD
    return handelse.sak(slag, egen, krets=_krets(form), publicerad=now, tlp=tlp)


def _krets(form: Lasarutkast) -> Lasarkrets | None:
    """The circle that the form would give. Never stored: it belongs to no session."""
    lasare = form.lasarval().lasare
    valda = [LasarkretsAktor(aktor_id=id_) for id_ in sorted(lasare or ())]
    return None if lasare is None else Lasarkrets(alla=False, valda=valda)
