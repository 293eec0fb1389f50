"""Before publishing: what a chosen actor, role or person would see of what the form says, and what they'd be sent."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import jsonify, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth import visning
from wis.auth.atkomst import kraver
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb, can
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.lasarform import Lasarfalt, Markesfalt
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor
from wis.handelser.sakkrets import lasratt, uppraknade
from wis.notiser.rules import SKICKAS
from wis.ytor import visa_ritat
from wis.ytor.visa_ritat import Marke, Ritat
from wis.ytor.visa_som import Visningsformular, bp

__all__ = ["bp"]
_SKRIVSIDA = re.compile(
    r"/handelser/[a-z0-9-]+/(lagesbild/[a-z0-9-]+/skriv|underrattelser/ny)|/underrattelser/\d{1,9}/ratta"
)
_SAMLAD = "/lagesbild/samlad/"


class Lasarutkast(Lasarfalt, Markesfalt):
    """Who is to read and with which label, as the writing page has it now."""


@dataclass(frozen=True)
class Utlatande:
    """What the chosen one would see. `skickas`: what is sent to who has chosen to be told; '' for nothing.

    `lasare`: who of the actors would read it, in words. `rita` draws what is seen, None for nothing; it takes its time,
    and asks the database for nothing.
    """

    vem: str
    ser: str
    beslut: Beslut
    skickas: str = ""
    lasare: str = ""
    rita: Callable[[], Ritat] | None = None


@bp.post("/handelser/<slug>/visa-som-utkast")
def utkast(slug: str) -> web.Svar:
    """The judgement, and the page as it would be seen: for the script of the writing page a part of that, else a page
    that leads back to it.
    """
    handelse, session = hamta_handelse(slug), web.session()
    who = kraver(Verb.VISA_SOM, handelse.sak())
    utlatande = _bedom(session, who, handelse, session.get_one(Aktor, who.aktor_id))
    rader, ritat = _rader(utlatande), None
    lasare = f"Läser: {utlatande.lasare}." if utlatande is not None and utlatande.lasare else ""
    if utlatande is not None and utlatande.rita is not None:
        # The request holds no connection while the text is rendered, and what it has read is gone.
        web.end_reading()
        ritat = utlatande.rita()
        handelse = hamta_handelse(slug)
    if web.wants_json():
        html = render_template("ytor/_utkast_som_last.html", ritat=ritat, ovning=handelse.ovning) if ritat else ""
        return jsonify(rader=rader, lasare=lasare, html=html)
    tillbaka = request.form.get("tillbaka", "")
    return render_template(
        "ytor/visa_som_utkast.html",
        rader=rader,
        lasare=lasare,
        ritat=ritat,
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
    lasare = uppraknade([aktor.kortnamn for aktor in lasratt(sak, alla_aktorer(session)).har]) or "ingen"
    if not beslut:
        return Utlatande(namn, "ser den inte, därför att:", beslut, lasare=lasare)
    return Utlatande(namn, f"ser {vad}.", beslut, SKICKAS[sak.tlp], lasare, _ritare(session, who, handelse, egen, form))


def _ritare(session: Session, who: Subjekt, handelse: Handelse, egen: Aktor, form: Lasarutkast) -> Callable[[], Ritat]:
    marke = Marke(form.marke().value, form.lagrum.data or "")
    if _samlad():
        return visa_ritat.lagesbild(session, who, handelse, None, marke)
    if _slag() is Slag.UNDERRATTELSE:
        return visa_ritat.underrattelse(session, who, handelse, marke)
    return visa_ritat.lagesbild(session, who, handelse, egen, marke)


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
    if _samlad():
        return handelse.sak(Slag.SAMLAD_LAGESBILD, publicerad=now, tlp=tlp)
    return handelse.sak(_slag(), egen, krets=_krets(form), publicerad=now, tlp=tlp)


def _samlad() -> bool:
    return _SAMLAD in request.form.get("tillbaka", "")


def _slag() -> Slag:
    return Slag.UNDERRATTELSE if request.form.get("slag") == "underrattelse" else Slag.EGEN_LAGESBILD


def _krets(form: Lasarutkast) -> Lasarkrets | None:
    """The circle that the form would give. Never stored: it belongs to no session."""
    lasare = form.lasarval().lasare
    valda = [LasarkretsAktor(aktor_id=id_) for id_ in sorted(lasare or ())]
    return None if lasare is None else Lasarkrets(alla=False, valda=valda)
