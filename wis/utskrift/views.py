"""Out of the system: as PDF, as one file, and as a mail to one's own organisation."""

from dataclasses import replace
from typing import cast

from flask import Blueprint, Response, current_app, make_response, render_template, request
from limits import parse

from wis import audit, clock, web
from wis.auth.atkomst import inloggad, inloggad_nu, inte_rott
from wis.auth.krets import Tlp
from wis.auth.strypning import Strypning
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.lagesbild import queries, utgavor
from wis.lagesbild.atkomst import Mal, hamta
from wis.lagesbild.mall import Utgava
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.service import smstext
from wis.underrattelser import queries as underrattelser
from wis.underrattelser.lasratt import sak_for
from wis.underrattelser.views import hamta_underrattelse
from wis.utskrift import dokument
from wis.utskrift.blad import Bilder, Versionsblad, handelseblad, sakblad, versionsblad
from wis.utskrift.dokument import Uttag
from wis.utskrift.pdf import Dokument, KanInte, Upptaget, gommen, gor_pdf
from wis.utskrift.rules import Delat, filnamn, mejl, till_vem

bp = Blueprint("utskrift", __name__)
PER_PERSON = parse("30 per 10 minute")
_VANTA = "Vänta några minuter och försök igen."


# --- a version, an underrättelse -----------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/pdf")
def version(slug: str, vem: str, nummer: int) -> web.Svar:
    """A version as PDF: the whole, or the edition for those who lead (`?utgava=ledning`)."""
    mal, session, bilder = hamta(slug, vem), web.session(), Bilder()
    denna, forra = mal.version_och_forra(nummer)
    inte_rott(denna.tlp, mal.sak_for(denna), "ta ut det här")
    blad = versionsblad(session, denna, forra, bilder, web.settings().base_url)
    blad = replace(blad, nyast=queries.nyast_lasbar(session, inloggad(), denna.lagesbild_id))
    ledning = request.args.get("utgava") == Utgava.LEDNING
    if ledning:
        blad = _for_ledning(blad)
    dok = dokument.av_version(blad, mal.handelse, _uttag(), bilder, "För ledning" if ledning else "")
    namn = _namn(mal.handelse, "ledning" if ledning else "lagesbild", mal.slug, f"v{nummer}", andelse="pdf")
    return _pdf(dok, namn)


@bp.get("/underrattelser/<int:id>/pdf")
def underrattelse(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The newest version of an underrättelse as PDF."""
    sak = hamta_underrattelse(id)
    denna = underrattelser.versioner(web.session(), inloggad(), id)[0]
    inte_rott(denna.tlp, sak_for(sak, denna), "ta ut det här")
    blad = sakblad(denna, sak.aktor.namn, web.settings().base_url)
    dok = dokument.av_underrattelse(blad, sak.handelse, _uttag())
    return _pdf(dok, _namn(sak.handelse, "underrattelse", str(id), f"v{denna.nummer}", andelse="pdf"))


def _for_ledning(blad: Versionsblad) -> Versionsblad:
    mall = queries.innehall_av(blad.version).mall
    med = set(utgavor.bara(mall, Utgava.LEDNING).nycklar)
    grupper = [(rubrik, [a for a in under if a.nyckel in med]) for rubrik, under in blad.grupper]
    return replace(blad, grupper=[(rubrik, under) for rubrik, under in grupper if under], filer=())


# --- a whole event -------------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/enfil")
def handelse(slug: str) -> web.Svar:
    """What is taken out, and the buttons."""
    visad = hamta_handelse(slug)
    return render_template("utskrift/ta_med.html", handelse=visad, ovning=visad.ovning)


@bp.post("/handelser/<slug>/enfil")
def en_fil(slug: str) -> web.Svar:
    """All that one reads of the event, as one HTML file."""
    if not _ryms(inloggad().anvandare_id):
        return _strypt()
    visad = _tas_ut(slug, "html")
    bilder = Bilder(inne=True)
    blad = handelseblad(web.session(), inloggad(), visad, bilder, web.settings().base_url)
    html = dokument.i_en_fil(blad, visad, _uttag(), _lank(visad), clock.now())
    return _fil(html.encode(), "text/html", _namn(visad, "allt", andelse="html"))


@bp.post("/handelser/<slug>/pdf")
def handelse_pdf(slug: str) -> web.Svar:
    """All that one reads of the event, as PDF."""
    # To collect it all is the greater part of the work, also of one that has been made before.
    if not _ryms(inloggad().anvandare_id):
        return _strypt()
    visad = _tas_ut(slug, "pdf")
    bilder = Bilder()
    blad = handelseblad(web.session(), inloggad(), visad, bilder, web.settings().base_url)
    dok = dokument.av_handelse(blad, visad, _uttag(), bilder, _lank(visad))
    return _pdf(dok, _namn(visad, "allt", andelse="pdf"), raknad=True)


def _tas_ut(slug: str, slag: str) -> Handelse:
    """The event, once it is recorded that it is taken out. Raises as hamta_handelse()."""
    handelse_id = hamta_handelse(slug).id
    web.end_reading()
    with web.transaction() as session:
        who = inloggad_nu(session)
        audit.record(
            session,
            "tog ut",
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            objekt=f"handelse:{handelse_id}",
            slag=slag,
        )
    return hamta_handelse(slug)


def _lank(visad: Handelse) -> str:
    return f"{web.settings().base_url}/handelser/{visad.slug}"


# --- to one's own organisation -------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/dela")
def dela(slug: str, vem: str, nummer: int) -> web.Svar:
    """A mail about the version, ready to be copied, and whom it may go to."""
    mal = hamta(slug, vem)
    denna = mal.version(nummer)
    tlp = Tlp(denna.tlp)
    return render_template(
        "utskrift/dela.html",
        mal=mal,
        version=denna,
        tlp=tlp,
        till_vem=till_vem(tlp),
        mejl=mejl(_delat(mal, denna, tlp)),
        nyast=queries.nyast_lasbar(web.session(), inloggad(), denna.lagesbild_id),
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
    )


def _delat(mal: Mal, denna: LagesbildVersion, tlp: Tlp) -> Delat:
    return Delat(
        namn=mal.namn,
        nummer=denna.nummer,
        handelse=mal.handelse.rubrik,
        publicerad=denna.publicerad,
        sammanfattning=smstext(queries.innehall_av(denna)),
        nytt="Läget oförändrat." if denna.oforandrad else denna.andringsnotering,
        nasta=denna.nasta_uppdatering,
        lank=web.settings().base_url + mal.url("version", nummer=denna.nummer),
        tlp=tlp,
        ovning=mal.handelse.ovning,
        lagrum=denna.lagrum,
    )


# --- what they share -----------------------------------------------------------------------------------------------


def _uttag() -> Uttag:
    who = inloggad()
    return Uttag(who.namn, who.aktor_namn)


def _namn(visad: Handelse, *delar: str, andelse: str) -> str:
    ovning = ("ovning",) if visad.ovning else ()
    return filnamn(*ovning, *delar, visad.slug, f"{clock.local(clock.now()):%Y%m%d-%H%M}", andelse=andelse)


def _pdf(dok: Dokument, namn: str, *, raknad: bool = False) -> web.Svar:
    """The document as PDF: what was made lately and says the same is given again. `raknad`: the try is counted."""
    nyckel, vem = dok.summa, inloggad().anvandare_id
    web.end_reading()
    gjord = gommen().find(nyckel)
    if gjord is None:
        if not raknad and not _ryms(vem):
            return _strypt()
        try:
            gjord = gor_pdf(replace(dok, html=dokument.daterad(dok.html, clock.now())))
        except KanInte as nej:
            return _gick_inte(nej)
        gommen().minns(nyckel, gjord)
    return _fil(gjord, "application/pdf", namn)


def _ryms(vem: int) -> bool:
    """Count a try of this person's; whether there is room for it."""
    strypning = cast(Strypning, current_app.extensions["wis_strypning"])
    return strypning.forsok((PER_PERSON, f"utskrift:{vem}"))


def _strypt() -> Response:
    svar = web.felsida(429, "För många utskrifter", "Du har gjort många utskrifter på kort tid.", gor=_VANTA)
    svar.headers["Retry-After"] = "600"
    return svar


def _gick_inte(nej: KanInte) -> Response:
    svar = web.felsida(503, "Det blev ingen PDF", str(nej))
    if isinstance(nej, Upptaget):
        svar.headers["Retry-After"] = "60"
    return svar


def _fil(data: bytes, typ: str, namn: str) -> Response:
    svar = make_response(data)
    svar.mimetype = typ
    svar.headers["Content-Disposition"] = f'attachment; filename="{namn}"'
    return svar
