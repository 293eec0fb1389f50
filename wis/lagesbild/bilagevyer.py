"""What is attached to a lägesbild: putting it into the draft, and reading it, judged anew each time."""

import hashlib

from flask import Response, flash, g, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from wis import audit, web
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt, Verb
from wis.auth.visning import visbar_som
from wis.bilagor import queries as filer
from wis.bilagor import rules, svar
from wis.bilagor.mottagning import Godkand, granser, ta_emot
from wis.bilagor.queries import Bifogad
from wis.bilagor.rules import Nekad
from wis.handelser.delat import mallens
from wis.lagesbild import bilageandring, queries, utkast
from wis.lagesbild.atkomst import Mal, hamta, pa_nytt, transaktion
from wis.lagesbild.bilagelista import aktuella
from wis.lagesbild.bilagesida import att_skriva
from wis.lagesbild.plats import Plats
from wis.lagesbild.skrivsida import formular, skrivsida
from wis.lagesbild.views import bp, krock_med_utkast, skickad

FALT = "fil"
LAGG_TILL = "lagg-till"
_STEG = {"upp": -1, "ned": 1}


# --- reading ------------------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/<namn>")
@visbar_som
def bilaga(slug: str, vem: str, nummer: int, bilaga_id: int, namn: str) -> web.Svar:  # noqa: ARG001 the id says which
    """The file of a version, to be saved; an image is shown instead with `visa`."""
    mal = hamta(slug, vem)
    version = mal.version(nummer)
    bifogad = _bland(filer.i_version(web.session(), version.lagesbild_id, nummer), bilaga_id)
    return _fil(bifogad, hemlig=version.tlp == Tlp.RED)


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/forhandsbild")
@visbar_som
def forhandsbild(slug: str, vem: str, nummer: int, bilaga_id: int) -> web.Svar:
    """The small image of a version's attachment."""
    mal = hamta(slug, vem)
    version = mal.version(nummer)
    bifogad = _bland(filer.i_version(web.session(), version.lagesbild_id, nummer), bilaga_id)
    return _forhandsbild(bifogad, hemlig=version.tlp == Tlp.RED)


@bp.get("/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/<namn>")
def utkastbilaga(slug: str, vem: str, bilaga_id: int, namn: str) -> web.Svar:  # noqa: ARG001 the id says which
    """The file of one's own draft."""
    return _fil(_bland(_i_mitt_utkast(hamta(slug, vem, Verb.SKRIVA)), bilaga_id), hemlig=True)


@bp.get("/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/forhandsbild")
def utkastforhandsbild(slug: str, vem: str, bilaga_id: int) -> web.Svar:
    """The small image of an attachment of one's own draft."""
    return _forhandsbild(_bland(_i_mitt_utkast(hamta(slug, vem, Verb.SKRIVA)), bilaga_id), hemlig=True)


def _i_mitt_utkast(mal: Mal) -> list[Bifogad]:
    session = web.session()
    mitt = None if mal.lagesbild is None else queries.find_utkast(session, mal.lagesbild.id, inloggad())
    return [] if mal.lagesbild is None or mitt is None else aktuella(session, mal.lagesbild.id, mal.senaste, mitt)


def _bland(bifogade: list[Bifogad], bilaga_id: int) -> Bifogad:
    return next((bifogad for bifogad in bifogade if bifogad.id == bilaga_id), None) or avbryt_dold()


def _fil(bifogad: Bifogad, *, hemlig: bool) -> Response:
    samma = svar.bar_samma(svar.etikett(bifogad, forhandsbild=False), hemlig=hemlig)
    if samma is not None:
        return samma
    data = filer.innehall(web.session(), bifogad.id, forhandsbild=False) or avbryt_dold()
    return svar.som_fil(bifogad, data, visa="visa" in request.args, hemlig=hemlig)


def _forhandsbild(bifogad: Bifogad, *, hemlig: bool) -> Response:
    samma = svar.bar_samma(svar.etikett(bifogad, forhandsbild=True), hemlig=hemlig)
    if samma is not None:
        return samma
    data = filer.innehall(web.session(), bifogad.id, forhandsbild=True) or avbryt_dold()
    return svar.som_forhandsbild(bifogad, data, hemlig=hemlig)


# --- writing ------------------------------------------------------------------------------------------------------


@bp.post("/handelser/<slug>/lagesbild/<vem>/bilagor")
@web.tar_filer
def bilagor(slug: str, vem: str) -> web.Svar:
    """Attach, take away or move, as the pressed button says; the text that came along is saved as a draft."""
    mal = hamta(slug, vem, Verb.SKRIVA)
    plats, form, handling = mal.plats, formular(mal), request.form.get("bilagehandling", LAGG_TILL)
    # A script sends the file alone: it saves the text by itself.
    min_text = form.text() if "bas" in request.form else None
    nya, fel = _mottagna() if handling == LAGG_TILL else ([], [])
    who, sparat = inloggad(), None
    with transaktion() as session:
        if min_text is not None:
            sparat = utkast.spara(session, who, plats, min_text)
        try:
            with session.begin_nested():
                _gor(session, who, plats, handling, nya)
        except Nekad as nej:
            fel.append(nej.text)
            nya = []
    if web.wants_json():
        return _till_skript(nya, fel)
    form.form_errors = fel
    if isinstance(sparat, utkast.Konflikt):
        return krock_med_utkast(form, sparat)
    if isinstance(sparat, utkast.Sparat) and min_text is not None:
        form.satt_dolda(bas=min_text.bas, revision=sparat.revision)
    if fel:
        mal = pa_nytt()
        return skrivsida(mal, skickad(mal, form), _status())
    flash(" ".join(filter(None, [_bifogade(nya), "Utkastet är sparat. Inget är publicerat."])), "klart")
    return redirect(pa_nytt().url("skriv", _anchor="bilagor"))


def _mottagna() -> tuple[list[Godkand], list[str]]:
    """The files that came, and why others of them are not taken. It may take seconds, and no connection is held."""
    filerna = [fil for fil in request.files.getlist(FALT) if fil.filename]
    if not filerna:
        return [], ["Ingen fil följde med. Välj en bild eller en PDF, och tryck på Bifoga."]
    if len(filerna) > granser(web.settings()).antal:
        return [], [rules.for_manga(granser(web.settings()).antal)]
    web.end_reading()
    nya, fel = [], []
    for fil in filerna:
        try:
            nya.append(ta_emot(web.settings(), fil.stream, fil.filename or ""))
        except Nekad as nej:
            fel.append(f"{rules.visat_namn(fil.filename or '')}: {nej.text}")
            g.fil_for_stor = g.get("fil_for_stor", False) or nej.for_stor
            if nej.skadlig:
                _anteckna(fil, nej)
    return nya, fel


def _anteckna(fil: FileStorage, nej: Nekad) -> None:
    """Record who sent what the scanner knows as harmful."""
    fil.stream.seek(0)
    sha256 = hashlib.sha256(fil.stream.read()).hexdigest()
    who = inloggad()
    with web.transaction() as session:
        audit.record(
            session,
            "bilaga nekad",
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            objekt=request.path,
            fynd=nej.skadlig,
            sha256=sha256,
        )


def _gor(session: Session, who: Subjekt, plats: Plats, handling: str, nya: list[Godkand]) -> None:
    """What the pressed button says; one that says nothing we know does nothing."""
    antal = granser(web.settings()).antal
    vad, _, nummer = handling.partition(":")
    bilaga_id = web.heltal(nummer) if nummer.isdecimal() else 0
    if vad == LAGG_TILL and nya:
        bilageandring.lagg_till(session, who, plats, nya, antal)
    elif vad == "ta-bort":
        bilageandring.ta_bort(session, who, plats, bilaga_id)
    elif vad in _STEG:
        bilageandring.flytta(session, who, plats, bilaga_id, _STEG[vad])
    elif vad == "tillbaka":
        bilageandring.ta_tillbaka(session, who, plats, bilaga_id, antal)


def _till_skript(nya: list[Godkand], fel: list[str]) -> Response:
    """The list as it now is, and what is to be said of it."""
    mal = pa_nytt()
    lista = mallens("bilagor/_skriv.html", "lista", att_skriva(mal, {}), mal.url("bilagor"))
    ut = jsonify(lista=lista, meddelande=_bifogade(nya), fel=" ".join(fel))
    ut.status_code = _status() if fel else 200
    return ut


def _status() -> int:
    return 413 if g.get("fil_for_stor", False) else 422


def _bifogade(nya: list[Godkand]) -> str:
    if not nya:
        return ""
    return f"{nya[0].namn} är bifogad." if len(nya) == 1 else f"{len(nya)} filer är bifogade."
