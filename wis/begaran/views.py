"""Asking, answering and following a begäran."""

import logging
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import clock, datum, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk, svensk_nyckel
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.auth.visning import visbar_som
from wis.begaran import forms, lankvyer, mallar, mallformular, mallregler, queries, rules, service
from wis.begaran.forms import Begaranformular, Utomstaendetext
from wis.begaran.models import Begaran, Fragetyp, Synlighet
from wis.begaran.rules import Avslutad, NyssPamint, RedanBesvarad, UtanLagesbild
from wis.begaran.svarsfalt import Svarsformular, svarsformular
from wis.db import DATABASFEL
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.notiser import csvfil

bp = Blueprint("begaran", __name__)
_log = logging.getLogger(__name__)
bp.add_app_template_filter(rules.tal_i_ord, "tal")
INGEN_LASER = "Ingen av dem du valde läser händelsen. Be händelsens ägare ge dem läsrätt, eller välj andra."
UTAN_LAGESBILD = "Ni har inte publicerat någon lägesbild i händelsen än. Svara på frågorna, eller publicera den först."
AVSLUTAD = "Begäran är avslutad och tar inte emot fler svar. Inget är sparat."


# --- the list, and to ask -----------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/begaran")
@visbar_som
def lista(slug: str) -> web.Svar:
    """The begäran of the event that one sees."""
    handelse, who = hamta_handelse(slug), inloggad()
    return render_template(
        "begaran/lista.html",
        **_ram(handelse),
        tavlor=queries.i_handelsen(web.session(), who, handelse.id),
        far_fraga=tillgang(Verb.PUBLICERA, _egen_sak(web.session(), handelse, who)),
    )


@bp.route("/handelser/<slug>/begaran/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Put a begäran to actors, and to people outside."""
    handelse, who, session = hamta_handelse(slug), inloggad(), web.session()
    kraver(Verb.PUBLICERA, _egen_sak(session, handelse, who))
    if request.method != "POST":
        mall = request.args.get("mall", "")
        forifyllt = mallar.forifyll(session, who, mall) if mall else None
        if mall and forifyllt is None:
            avbryt_dold()
        return _fragesida(handelse, forms.oppnat(forifyllt, uuid.uuid4().hex))
    form, now = forms.skickat(request.form), clock.now()
    knapp = request.form.get("gor", "")
    if knapp != mallformular.SPARA:
        mallformular.gor(form.mall, knapp)
        return _fragesida(handelse, form)
    if not forms.klart(form, now):
        return _fragesida(handelse, form, 422)
    aktorer = _valda(handelse, form)
    if not aktorer and not form.personer:
        form.fel["mottagare"] = INGEN_LASER
        return _fragesida(handelse, form, 422)
    if not lankvyer.ryms(who.aktor_id, len(form.personer)):
        form.fel["utomstaende"] = lankvyer.FOR_MANGA_BREV
        return _fragesida(handelse, form, 422)
    return _fraga(handelse, form, aktorer)


def _fraga(handelse: Handelse, form: Begaranformular, aktorer: Collection[int]) -> web.Svar:
    handelse_id, slug, now = handelse.id, handelse.slug, clock.now()
    frist = form.nar(now) or now
    innehall = form.innehall
    fragat = service.Fragat(
        innehall.rubrik,
        innehall.inledning,
        innehall.fragor,
        frist,
        innehall.synlighet,
        aktorer,
        innehall.paminn_fore,
        form.personer,
    )
    with web.transaction() as session:
        last = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "read": True})
        who = kraver_nu(session, Verb.PUBLICERA, _egen_sak(session, last, inloggad()))
        begaran_id = service.fraga(session, who, last, fragat, form.nyckel or uuid.uuid4().hex).id
    flash("Begäran är skickad.", "klart")
    if utan := _utan_lasratt(form, aktorer):
        flash(f"Läser inte händelsen och fick ingen fråga: {utan}.", "varning")
    return redirect(url_for("begaran.visa", slug=slug, id=begaran_id))


def _valda(handelse: Handelse, form: Begaranformular) -> frozenset[int]:
    """The actors chosen, by name or by a network, that read the event; one's own is not asked."""
    session = web.session()
    natverk = (n for n in alla_natverk(session) if n.id in form.innehall.natverk)
    valda = {*form.innehall.aktorer, *(m.aktor_id for n in natverk for m in n.medlemmar)}
    return frozenset({a.id for a in service.kan_fragas(session, handelse)} & valda) - {inloggad().aktor_id}


def _utan_lasratt(form: Begaranformular, fragade: Collection[int]) -> str:
    """The names of the actors chosen by name that were not asked; those of a network are known to come and go."""
    utan = set(form.innehall.aktorer) - set(fragade) - {inloggad().aktor_id}
    return ", ".join(aktor.kortnamn for aktor in alla_aktorer(web.session()) if aktor.id in utan)


def _fragesida(handelse: Handelse, form: Begaranformular, status: int = 200) -> web.Svar:
    session, who = web.session(), inloggad()
    kan = service.kan_fragas(session, handelse)
    ids = {aktor.id for aktor in kan}
    page = render_template(
        "begaran/ny.html",
        **_ram(handelse),
        form=form,
        utomstaende=Utomstaendetext(form.utomstaende, [form.fel["utomstaende"]] if "utomstaende" in form.fel else []),
        aktorer=sorted((a for a in kan if a.id != who.aktor_id), key=lambda a: svensk_nyckel(a.kortnamn)),
        natverken=[n for n in alla_natverk(session) if any(m.aktor_id in ids for m in n.medlemmar)],
        mallar=mallar.erbjudna(session, who.aktor_id),
        typer=list(Fragetyp),
        synligheter=list(Synlighet),
        regler=mallregler,
        frister=rules.FRISTVAL,
        alla_laser=handelse.lasande_aktorer() is None,
    )
    return page, status


# --- to look at and to answer -------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>/begaran/<int:id>")
@visbar_som
def visa(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The board, and the form for who is asked."""
    handelse, begaran = _hamta(slug, id)
    form = svarsformular(begaran.fragor)(formdata=None)
    form.forbered()
    sida = _sida(handelse, begaran, form)
    _markera_oppnad(begaran.id)
    return sida


@bp.post("/handelser/<slug>/begaran/<int:id>/svar")
def svara(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Answer for the actor that one acts for, or answer anew."""
    handelse, begaran = _hamta(slug, id)
    kraver(Verb.SKRIVA, _egen_sak(web.session(), handelse, inloggad()))
    form = svarsformular(begaran.fragor)()
    bild, bas = bool(request.form.get("lagesbild")), request.form.get("bas", 0, type=web.heltal)
    if not form.validate() and not (bild and not form.svar()):
        return _sida(handelse, begaran, form, 422)
    svarat = service.Svarat(form.svar(), bas, bool(form.far_samlas.data), bild)
    try:
        _svara(handelse.id, id, svarat, form.idempotensnyckel())
    except RedanBesvarad:
        handelse, begaran = _hamta(slug, id)
        return _sida(handelse, begaran, form, 409, hann_fore=True)
    except (Avslutad, UtanLagesbild) as hinder:
        handelse, begaran = _hamta(slug, id)
        return _sida(handelse, begaran, form, 409, fel=AVSLUTAD if isinstance(hinder, Avslutad) else UTAN_LAGESBILD)
    flash("Svaret är skickat.", "klart")
    return redirect(url_for("begaran.visa", slug=slug, id=id))


def _svara(handelse_id: int, begaran_id: int, svarat: service.Svarat, nyckel: str) -> None:
    with web.transaction() as session:
        handelse, begaran = _lasta(session, handelse_id, begaran_id)
        who = kraver_nu(session, Verb.SKRIVA, _egen_sak(session, handelse, inloggad()))
        try:
            service.svara(session, who, begaran, svarat, nyckel)
        except LookupError:
            avbryt_dold()


@dataclass(frozen=True)
class _Form:
    """What the page shows of the form: it, of which answer it is made, and what stood in the way."""

    form: Svarsformular
    bas: int
    hann_fore: bool
    fel: str
    lagesbild: bool


def _sida(
    handelse: Handelse,
    begaran: Begaran,
    form: Svarsformular,
    status: int = 200,
    *,
    hann_fore: bool = False,
    fel: str = "",
) -> web.Svar:
    session, who = web.session(), inloggad()
    tavla = queries.tavla(who, begaran, clock.now())
    if not form.is_submitted() and tavla.min is not None and tavla.min.svar is not None:
        _fyll(form, tavla.min.svar.svar, far_samlas=tavla.min.svar.far_samlas)
    fraga = begaran.avslutad is None and handelse.stangd is None and tavla.min is not None
    svarar = tillgang(Verb.SKRIVA, _egen_sak(session, handelse, who)) if fraga else None
    svar = [(rad.namn, rad.svar.svar) for rad in tavla.lasta if rad.svar is not None]
    page = render_template(
        "begaran/visa.html",
        **_ram(handelse),
        tavla=tavla,
        begaran=begaran,
        sen=begaran.frist < clock.now(),
        lasare=Synlighet(begaran.synlighet).namn,
        summeringar=rules.summera(begaran.fragor, svar),
        svarar=svarar,
        svar=_Form(form, tavla.nummer, hann_fore, fel, bool(request.form.get("lagesbild"))),
        egen_version=service.egen_version(session, who, handelse.id) if svarar else 0,
        far_styra=tavla.egen and bool(tillgang(Verb.SKRIVA, _egen_sak(session, handelse, who))),
        frist_falt=request.args.get("tid") or datum.falt_av(begaran.frist),
    )
    return page, status


def _fyll(form: Svarsformular, svar: dict[str, str], *, far_samlas: bool) -> None:
    for falt in form.fragefalt():
        falt.data = svar.get(falt.name.removeprefix("svar_"), "")
    form.far_samlas.data = far_samlas


def _markera_oppnad(begaran_id: int) -> None:
    """Mark that somebody at the actor has looked; the page is drawn and must not fail by it."""
    who = inloggad()
    # A guest of the actor, or who looks as one of it, is not the actor: that nobody has looked must show.
    if who.betraktare is not None or not who.hor_till(who.aktor_id) or web.av_sig_sjalv(request.environ):
        return
    olast = queries.olast(web.session(), who, begaran_id)
    if not olast:
        return
    try:
        with web.transaction() as session:
            service.oppna(session, who, begaran_id)
    except DATABASFEL:
        _log.exception("that a begäran has been opened could not be written down")


# --- to follow up -------------------------------------------------------------------------------------------------


@bp.post("/handelser/<slug>/begaran/<int:id>/paminn")
def paminn(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Remind those that have not answered."""

    def gor(session: Session, who: Subjekt, begaran: Begaran) -> str:
        antal = service.paminn(session, who, begaran)
        return f"{antal} {'aktör' if antal == 1 else 'aktörer'} är påminda." if antal else "Alla aktörer har svarat."

    return _styr(slug, id, gor)


@bp.post("/handelser/<slug>/begaran/<int:id>/avsluta")
def avsluta(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Take no more answers."""

    def gor(session: Session, who: Subjekt, begaran: Begaran) -> str:
        service.avsluta(session, who, begaran)
        return "Begäran är avslutad."

    return _styr(slug, id, gor)


@bp.post("/handelser/<slug>/begaran/<int:id>/frist")
def frist(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Give another time to answer by."""
    tid = None
    with suppress(ValueError, OverflowError):
        tid = datum.fran_falt(request.form.get("tid", ""))
    if fel := rules.fristfel(tid, clock.now()):
        _hamta(slug, id)
        flash(fel, "fel")
        return redirect(url_for("begaran.visa", slug=slug, id=id, tid=request.form.get("tid", "")[:40]))

    def gor(session: Session, who: Subjekt, begaran: Begaran) -> str:
        service.forlang(session, who, begaran, tid or begaran.frist)
        return f"Svarstiden är ändrad till {datum.datumtid(begaran.frist)}."

    return _styr(slug, id, gor)


def _styr(slug: str, begaran_id: int, gor: Callable[[Session, Subjekt, Begaran], str]) -> web.Svar:
    """Do it, for who writes for the actor that asked; others see no such address."""
    handelse, begaran = _hamta(slug, begaran_id)
    if not inloggad().hor_till(begaran.aktor_id):
        avbryt_dold()
    handelse_id = handelse.id
    try:
        with web.transaction() as session:
            handelse, begaran = _lasta(session, handelse_id, begaran_id)
            who = kraver_nu(session, Verb.SKRIVA, _egen_sak(session, handelse, inloggad()))
            flash(gor(session, who, begaran), "klart")
    except Avslutad:
        flash(AVSLUTAD, "varning")
    except NyssPamint as nyss:
        flash(f"En påminnelse skickades nyss. Nästa kan skickas {datum.klockslag(nyss.nar)}.", "varning")
    return redirect(url_for("begaran.visa", slug=slug, id=begaran_id))


@bp.get("/handelser/<slug>/begaran/<int:id>/svar.csv")
def svar_csv(slug: str, id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The latest answers that one reads, for a spreadsheet."""
    handelse, begaran = _hamta(slug, id)
    tavla = queries.tavla(inloggad(), begaran, clock.now())
    prefix = "ovning-" if handelse.ovning else ""
    vem = "ÖVNING: Vem" if prefix else "Vem"
    rubriker = [vem, "Läge", "Svarade", "Version", *(fraga["text"] for fraga in begaran.fragor)]
    rader = ([rad.namn, rad.lage.namn, *_svarsceller(rad, begaran)] for rad in tavla.rader)
    svar = Response("".join(csvfil.rader([csvfil.ofarlig(r) for r in rubriker], rader)), mimetype="text/csv")
    svar.headers["Content-Disposition"] = f'attachment; filename="{prefix}begaran-{begaran.id}.csv"'
    return svar


def _svarsceller(rad: queries.Mottagarrad, begaran: Begaran) -> list[str]:
    if rad.svar is None:
        return ["", "", *("" for _ in begaran.fragor)]
    svar = rad.svar
    tid = datum.falt_av(svar.skapad).replace("T", " ")
    return [tid, str(svar.nummer), *(svar.svar.get(str(fraga["nummer"]), "") for fraga in begaran.fragor)]


# --- parts --------------------------------------------------------------------------------------------------------


def _hamta(slug: str, begaran_id: int) -> tuple[Handelse, Begaran]:
    """The event and the begäran, if the one who asks sees both. Raises NotFound and Nekad."""
    handelse = hamta_handelse(slug)
    begaran = queries.find(web.session(), handelse.id, begaran_id)
    if begaran is None or not queries.ser(inloggad(), begaran):
        avbryt_dold()
    return handelse, begaran


def _lasta(session: Session, handelse_id: int, begaran_id: int) -> tuple[Handelse, Begaran]:
    """Both, held still until the transaction ends, the event first."""
    handelse = session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "read": True})
    return handelse, service.las(session, handelse_id, begaran_id) or avbryt_dold()


def _egen_sak(session: Session, handelse: Handelse, who: Subjekt) -> Sak:
    return handelse.sak(Slag.EGEN_LAGESBILD, session.get_one(Aktor, who.aktor_id))


def _ram(handelse: Handelse) -> dict[str, Any]:
    return {"handelse": handelse, "ovning": handelse.ovning, "flik": "begaran"}
