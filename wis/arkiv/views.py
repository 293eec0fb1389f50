"""Taking out an event, or all that an actor owns, as a zip; and throwing away by decision, in two steps."""

import tempfile
import zipfile
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.arkiv import gallring
from wis.arkiv.exportera import Uppdrag, anteckna, exportera
from wis.arkiv.filer import Zipskrivare
from wis.arkiv.format import Arkivfel
from wis.arkiv.forms import ALLT, Gallringsformular
from wis.arkiv.models import Gravsten, Gravstensslag
from wis.arkiv.urval import av_aktor, av_handelse
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, inloggad_nu, kraver, kraver_nu, tillgang
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.datum import datumtid
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild
from wis.underrattelser.models import UnderrattelseVersion

bp = Blueprint("arkiv", __name__)


# --- taking out ---------------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/arkiv")
def handelse(slug: str) -> web.Svar:
    """What is taken out, and the button."""
    visad = _far_ta_ut(hamta_handelse(slug))
    far_gallra = visad.stangd is not None and bool(tillgang(Verb.ADMINISTRERA, _min_aktor()))
    return render_template("arkiv/handelsens.html", handelse=visad, ovning=visad.ovning, far_gallra=far_gallra)


@bp.post("/handelser/<slug>/arkiv")
def ta_ut_handelse(slug: str) -> web.Svar:
    """The event as a zip, as the one who asks reads it."""
    visad, who = _far_ta_ut(hamta_handelse(slug)), inloggad()
    return _ta_ut(Uppdrag(f"handelse:{slug}", av_handelse(visad, who), who.namn, who.aktor_namn))


@bp.get("/aktorer/<slug>/arkiv")
def aktor(slug: str) -> web.Svar:
    """All that the actor owns: what is taken out, the button, and what can be thrown away."""
    agare, session = _egen_aktor(slug), web.session()
    urval = av_aktor(session, agare.id, inloggad())
    handelser = session.scalars(
        select(Handelse).where(Handelse.id.in_(urval.handelser)).order_by(Handelse.skapad.desc())
    )
    return render_template("arkiv/aktorns.html", aktor=agare, handelser=handelser.all())


@bp.post("/aktorer/<slug>/arkiv")
def ta_ut_aktor(slug: str) -> web.Svar:
    """All that the actor owns, as a zip, as far as the one who asks reads it."""
    agare, who = _egen_aktor(slug), inloggad()
    return _ta_ut(Uppdrag(f"aktor:{slug}", av_aktor(web.session(), agare.id, who), who.namn, who.aktor_namn))


def _far_ta_ut(visad: Handelse) -> Handelse:
    """The event, if the one who asks is a redaktör or an administrator, and no guest. Raises Nekad."""
    # Just those who may ask a guest in.
    beslut = tillgang(Verb.BJUDA_GAST, visad.sak())
    if not beslut:
        who = inloggad()
        skal = (
            f"För att ta ut ett arkiv hos {who.aktor_namn} behövs rollen redaktör, eller att du är aktörsadministratör."
        )
        raise Nekad(replace(beslut, skal=skal), Verb.BJUDA_GAST, visad.sak(), "ta ut ett arkiv")
    return visad


def _min_aktor() -> Sak:
    who = inloggad()
    return Sak(Slag.AKTOR, who.aktor_id, agare_namn=who.aktor_namn)


def _egen_aktor(slug: str) -> Aktor:
    """The actor, if the one who asks administers it. Raises NotFound or Nekad."""
    found = find_aktor(web.session(), slug)
    if found is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, Sak(Slag.AKTOR, found.id, agare_namn=found.namn))
    return found


def _ta_ut(uppdrag: Uppdrag) -> Response:
    """Recorded first; then written to a file that has no name, and sent from there: never in memory whole."""
    web.end_reading()
    with web.transaction() as session:
        inloggad_nu(session)
        anteckna(session, uppdrag)
    fil = tempfile.TemporaryFile()  # noqa: SIM115 it is closed with the response
    try:
        with web.database().reading() as session, zipfile.ZipFile(fil, "w", allowZip64=True) as arkiv:
            exportera(session, Zipskrivare(arkiv), uppdrag)
        fil.seek(0)
        namn = f"arkiv-{uppdrag.vad.partition(':')[2]}-{clock.now():%Y%m%d-%H%M}.zip"
        return send_file(fil, mimetype="application/zip", as_attachment=True, download_name=namn)
    except BaseException:
        fil.close()
        raise


# --- throwing away ------------------------------------------------------------------------------------------------


@bp.route("/handelser/<slug>/gallra", methods=["GET", "POST"])
@kraver_bekraftad
def gallra(slug: str) -> web.Svar:
    """Choose what of the own actor's goes and by which decision; then the number once more."""
    visad, who = hamta_handelse(slug), inloggad()
    kraver(Verb.ADMINISTRERA, _min_aktor())
    form = Gallringsformular()
    saker = gallring.saker_i(web.session(), visad, who.aktor_id)
    form.vad.choices = [(ALLT, f"Allt som {who.aktor_namn} äger i händelsen"), *_val(web.session(), saker)]
    if not form.validate_on_submit():
        return _gallringssida(visad, form, len(saker))
    try:
        beslut = gallring.prova(visad, form.beslut.data or "")
    except Arkivfel as nej:
        form.beslut.errors = [str(nej)]
        return _gallringssida(visad, form, len(saker))
    antal = len(saker) if form.vad.data == ALLT else 1
    if form.bekrafta.data != beslut:
        if form.bekrafta.data:
            form.bekrafta.errors = ["Numren är inte lika. Inget är gallrat."]
        return _gallringssida(visad, form, antal, bekrafta=True)
    handelse_id, vald = visad.id, form.vad.data
    web.end_reading()
    with web.transaction() as session:
        antal = _gallra(session, handelse_id, vald, beslut)
    flash(f"Gallrat enligt beslut {beslut}: {antal}." if antal else "Det var redan gallrat.", "klart")
    return redirect(url_for("ytor.handelse", slug=slug))


def _gallra(session: Session, handelse_id: int, vald: str, beslut: str) -> int:
    last = gallring.las_handelsen(session, handelse_id)
    kraver_nu(session, Verb.LASA, last.sak())
    who: Subjekt = kraver_nu(session, Verb.ADMINISTRERA, _min_aktor())
    alla = gallring.saker_i(session, last, who.aktor_id)
    saker = alla if vald == ALLT else [sak for sak in alla if _nyckel(sak) == vald]
    begart = gallring.Begart(beslut, who.aktor_id, who)
    return gallring.gallra(session, last, saker, begart, helt=vald == ALLT)


def _nyckel(sak: gallring.Sak) -> str:
    return f"{sak.slag.value}:{sak.id}:{sak.nummer}"


def _val(session: Session, saker: list[gallring.Sak]) -> list[tuple[str, str]]:
    """Each version of a lägesbild and of an underrättelse, to choose by itself."""
    ut = []
    for sak in saker:
        if sak.slag is Gravstensslag.LAGESBILD:
            ut.append((_nyckel(sak), f"{session.get_one(Lagesbild, sak.id).namn}: lägesbild version {sak.nummer}"))
        elif sak.slag is Gravstensslag.UNDERRATTELSE:
            version = session.get_one(UnderrattelseVersion, (sak.id, sak.nummer))
            ut.append((_nyckel(sak), f"Underrättelse: {version.rubrik}, version {sak.nummer}"))
    return ut


def _gallringssida(visad: Handelse, form: Gallringsformular, antal: int, *, bekrafta: bool = False) -> web.Svar:
    tidigare = web.session().execute(
        select(Gravsten.beslut, Gravsten.tid)
        .where(Gravsten.handelse_id == visad.id, Gravsten.agare_id == inloggad().aktor_id)
        .order_by(Gravsten.tid.desc())
        .limit(200)
    )
    beslut: dict[str, datetime] = {}
    for nummer, tid in tidigare:
        beslut.setdefault(nummer, tid)
    page = render_template(
        "arkiv/gallra.html",
        handelse=visad,
        ovning=visad.ovning,
        form=form,
        antal=antal,
        bekrafta=bekrafta,
        tidigare=[(nummer, datumtid(tid)) for nummer, tid in beslut.items()],
    )
    return page, 422 if form.errors else 200
