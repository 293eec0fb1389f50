"""The composed pages: the start page and an event's own with its tabs."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_login import current_user

from wis import clock, datum, web
from wis.aktorer.models import Aktor
from wis.anteckningar.forms import Anteckningsformular
from wis.auth.atkomst import inloggad, kraver_nu, tillgang
from wis.auth.rules import Beslut, Sak, Subjekt, Verb
from wis.auth.rules import Slag as Sakslag
from wis.auth.snabbvag import dela, lagra, lagra_inte, lasarens_mark
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.delat import klass, klass_i_alla, las_allas_nummer, las_nummer, tidigast
from wis.handelser.models import Handelse
from wis.handelser.views import ny_handelse_sak
from wis.lage.service import beslutsrubrik
from wis.notiser.kvittenser import att_kvittera
from wis.notiser.kvittensvyer import kvittens
from wis.notiser.leveransfragor import Antal, antal_for, utskick_for_handelse
from wis.notiser.models import Utskick
from wis.notiser.queries import lasta_utskick
from wis.notiser.utskicksvyer import hallna
from wis.personligt import hal
from wis.taggar import las_tagg
from wis.tvaperson.queries import ruta
from wis.ytor import flikar, lasmarken, queries, rules
from wis.ytor.delat import Handelsesida
from wis.ytor.lasmarken import Last
from wis.ytor.rules import Marke, Slag
from wis.ytor.startsida import Startsida

bp = Blueprint("ytor", __name__)
PER_SIDA = 50
MAX_HOPP = 40
ALDRIG = "aldrig"
bp.add_app_template_global(beslutsrubrik, "beslutsrubrik")


# --- start ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@visbar_som
def start() -> web.Svar:
    """What goes on, what is new, and what one's own actor has promised."""
    who, session, now = inloggad(), web.session(), clock.now()
    laser = tillgang(Verb.LASA, Sak(Sakslag.AKTOR, who.aktor_id))
    if not laser:
        return render_template("ytor/utan_lasratt.html", beslut=laser)
    lagra(None)
    sidan = Startsida(session, who, klass_i_alla(las_allas_nummer(session)))
    delar = sidan.delar()
    kvittera = sidan.oversikt.sant and who.betraktare is None
    obesvarade, tva = att_kvittera(session, who, now) if kvittera else [], ruta(session, who)
    if obesvarade or tva or delar.rott:
        lagra_inte()
    lagra(None, till=sidan.oversikt.till)
    return render_template(
        "ytor/start.html",
        delar=delar,
        far_oppna=tillgang(Verb.OPPNA_HANDELSE, ny_handelse_sak(who)),
        att_kvittera=obesvarade,
        tva=tva,
    )


# --- an event's page -----------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>")
@visbar_som
def handelse(slug: str) -> web.Svar:
    """The event as it is now: the samlade lägesbilden, each actor's own, and the latest underrättelser."""
    sak, who, session = hamta_handelse(slug), inloggad(), web.session()
    lagra(sak.id)
    # Read first: what is counted as seen is then among what the page goes on to show, and what is shared no older than
    # its number.
    nummer, sedd_till = queries.nummer_och_mark(session, who.anvandare_id, sak.id)
    delas = lasarens_mark()
    if delas is not None:
        # As it was when it was found out whose page this is like.
        (sedd_till,) = delas
    sidan = Handelsesida(session, who, sak, klass(sak, nummer))
    hur_langt = _last(who, sedd_till)
    egen = _egen(who)
    dela(sidan.likhet())
    kvittera = None if sidan.oversikt.beslut_id is None else kvittens(beslut_id=sidan.oversikt.beslut_id)
    halls = hallna(sak) if tillgang(Verb.SE_UTSKICK, sak.sak(Sakslag.UTSKICK, egen)) else []
    tva = ruta(session, who, sak.id)
    if kvittera or halls or tva or sidan.oversikt.rott:
        lagra_inte()
    lagra(sak.id, till=min(sidan.oversikt.till, tidigast(clock.now(), sak.krets().till.values())))
    return render_template(
        "ytor/handelse.html",
        **_ramen(sak, "lagesbild"),
        **hur_langt,
        delar=sidan.delar(hur_langt["lasmarke"]),
        senast=sidan.nytt(sedd_till),
        halls=halls,
        tva=tva,
        atgarder=[] if who.gast_i is not None else _atgarder(sak, egen),
        far_bjuda_gast=tillgang(Verb.BJUDA_GAST, sak.sak()),
        # The decision about the läge stands on this page, and a message about it leads here.
        kvittera=kvittera,
    )


@bp.get("/handelser/<slug>/tidslinje")
@visbar_som
def tidslinje(slug: str) -> web.Svar:
    """All that has happened in the event, newest first."""
    sak, who, session = hamta_handelse(slug), inloggad(), web.session()
    lagra(sak.id)
    nummer, sedd_till = queries.nummer_och_mark(session, who.anvandare_id, sak.id)
    klassen, hur_langt = klass(sak, nummer), _last(who, sedd_till)
    huvud = flikar.huvud(session, sak, klassen)
    tidslinjen = flikar.tidslinje(session, who, sak, klassen, _urval(), hur_langt["lasmarke"], huvud.till)
    if tidslinjen.rott:
        lagra_inte()
    lagra(sak.id, till=huvud.till)
    return render_template(
        "ytor/tidslinje.html",
        **_ramen(sak, "tidslinje"),
        **hur_langt,
        delar={"huvud": huvud.html, "om": ""},
        senast=Handelsesida(session, who, sak, klassen).nytt(sedd_till),
        tidslinjen=tidslinjen.html,
        **_raden(sak, who),
    )


def _urval() -> queries.Urval:
    """The part of the timeline that the address names. One more than is shown, to know if there is another page."""
    fraga, slag = request.args.get, request.args.get("slag", "")
    skrivet = fraga("till", "").strip()[:MAX_HOPP]
    till = rules.las_hoppa_kl(skrivet, clock.now())
    return queries.Urval(
        aktor=fraga("aktor", ""),
        slag=Slag(slag) if slag in set(Slag) else None,
        fore=rules.las_plats(fraga("fore")),
        antal=flikar.PER_SIDA + 1,
        tagg=las_tagg(fraga("tagg")),
        efter=rules.las_plats(fraga("efter")),
        till=till,
        oforstatt="" if till else skrivet,
    )


def _raden(handelse: Handelse, who: Subjekt) -> dict[str, Any]:
    """The line in which one notes, or why not; nothing for a guest, who only reads."""
    far = tillgang(Verb.SKRIVA, handelse.sak(Sakslag.EGEN_LAGESBILD, _egen(who)))
    form = Anteckningsformular(formdata=None)
    form.forbered()
    return {"form": form, "far_anteckna": far, "antecknar": who.gast_i is None and who.betraktare is None}


@bp.get("/handelser/<slug>/versioner")
@visbar_som
def versioner(slug: str) -> web.Svar:
    """Every version of every lägesbild of the event."""
    sak, who, session = hamta_handelse(slug), inloggad(), web.session()
    lagra(sak.id)
    klassen = klass(sak, las_nummer(session, sak.id))
    huvud = flikar.huvud(session, sak, klassen)
    versionerna = flikar.versioner(session, who, sak, klassen, huvud.till)
    if versionerna.rott:
        lagra_inte()
    lagra(sak.id, till=huvud.till)
    return render_template(
        "ytor/versioner.html",
        **_ramen(sak, "versioner"),
        delar={"huvud": huvud.html, "om": ""},
        versionerna=versionerna.html,
    )


@bp.get("/handelser/<slug>/utskick")
def utskick(slug: str) -> web.Svar:
    """What was sent in the event, by the actor one acts for, and how far it has come."""
    session, sak = web.session(), hamta_handelse(slug)
    huvud = flikar.huvud(session, sak, klass(sak, las_nummer(session, sak.id)))
    egen = session.get_one(Aktor, inloggad().aktor_id)
    folja = tillgang(Verb.SE_UTSKICK, sak.sak(Sakslag.UTSKICK, egen))
    fore = request.args.get("fore", type=web.heltal)
    sent = utskick_for_handelse(session, sak.id, egen.id, fore=fore, antal=PER_SIDA + 1)
    aldre = sent[PER_SIDA - 1].id if len(sent) > PER_SIDA else None
    sent = sent[:PER_SIDA]
    lasta = lasta_utskick(session, inloggad(), [u.id for u in sent])
    found = [u for u in sent if u.id in lasta and _far_folja(sak, u)]
    antal = antal_for(session, [u.id for u in found])
    return render_template(
        "ytor/utskick.html",
        **_ramen(sak, "utskick"),
        delar={"huvud": huvud.html, "om": ""},
        folja=folja,
        utskicken=[(u, antal.get(u.id, Antal())) for u in found],
        aldre=aldre,
    )


@bp.post("/handelser/<slug>/last")
def markera_last(slug: str) -> web.Svar:
    """Raise the mark of how far one has read: within a moment if a script asks, at once for who sees what follows."""
    handelse_id, who = hamta_handelse(slug).id, inloggad()
    begard = rules.las_tid(request.form.get("sedd_till"))
    if begard is None:
        return web.felsida(400, "Det gick inte att förstå", "Tiden gick inte att tolka.", gor="Ladda om sidan.")
    now = clock.now()
    tjanster = tuple(tjanst.funktion_id for tjanst in who.i_tjanst(now))
    last = Last(who.anvandare_id, handelse_id, current_user.inloggning_id, begard, now, tjanster)
    if web.wants_json():
        web.end_reading()
        lasmarken.anteckna(web.database(), last)
        return Response(status=204)
    with web.transaction() as session:
        kraver_nu(session, Verb.LASA, session.get_one(Handelse, handelse_id).sak())
        lasmarken.hoj(session, [last])
    return redirect(url_for("ytor.handelse", slug=slug))


# --- what the tabs share -------------------------------------------------------------------------------------------


def _ramen(handelse: Handelse, flik: str) -> dict[str, Any]:
    return {"handelse": handelse, "ovning": handelse.ovning, "flik": flik}


def _last(who: Subjekt, sedd_till: datetime | None) -> dict[str, Any]:
    """How far the reader has read, and from when the page that they look at shows what is new."""
    sedan = request.args.get("sedan")
    shown = None if sedan == ALDRIG else rules.las_tid(sedan) or sedd_till
    return {
        "lasmarke": Marke(who.anvandare_id, shown),
        "last_till": sedd_till,
        # A page that others may have too is filled with how far each of them has read.
        "last_tid": hal("sedan_tid") if lasarens_mark() else sedd_till and datum.tid(sedd_till, clock.now()),
        "sedan": hal("sedan") if lasarens_mark() else ALDRIG if shown is None else shown.isoformat(),
    }


def _egen(who: Subjekt) -> Aktor:
    """The actor that one acts for, by what the request began by reading; not a row of the session."""
    return Aktor(
        id=who.aktor_id, slug=who.aktor_slug, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, ansluten=who.ansluten
    )


def _atgarder(handelse: Handelse, egen: Aktor) -> list[tuple[Beslut, str, str]]:
    """What one may do here, or why not: the judgement, the words and the address."""
    slug, samlad = handelse.slug, tillgang(Verb.SKRIVA, handelse.sak(Sakslag.SAMLAD_LAGESBILD))
    acts = [
        (
            tillgang(Verb.SKRIVA, handelse.sak(Sakslag.EGEN_LAGESBILD, egen)),
            f"Skriv lägesbild för {egen.kortnamn}",
            url_for("lagesbild.skriv", slug=slug, vem=egen.slug),
        ),
        (
            tillgang(Verb.PUBLICERA, handelse.sak(Sakslag.UNDERRATTELSE, egen)),
            "Ny underrättelse",
            url_for("underrattelser.ny", slug=slug),
        ),
        (samlad, "Skriv samlad lägesbild", url_for("lagesbild.skriv", slug=slug, vem="samlad")),
        (tillgang(Verb.ANDRA_HANDELSE, handelse.sak()), "Redigera", url_for("handelser.redigera", slug=slug)),
    ]
    if not handelse.staende:
        # The standing event is always open and in ordinarie läge.
        acts.insert(3, (tillgang(Verb.ANDRA_LAGE, handelse.sak()), "Ändra läge", url_for("lage.andra", slug=slug)))
    if samlad:
        # Whoever may not write it is told why once.
        acts.insert(3, (samlad, "Sammanställ samlad lägesbild", url_for("samlad.sammanstall", slug=slug)))
    return acts


def _far_folja(handelse: Handelse, utskick: Utskick) -> bool:
    return utskick.aktor is not None and bool(tillgang(Verb.SE_UTSKICK, handelse.sak(Sakslag.UTSKICK, utskick.aktor)))
