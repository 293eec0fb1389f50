"""The composed pages: the start page and an event's own with its tabs."""

from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.atkomst import inloggad, kraver_nu, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Beslut, Sak, Subjekt, Verb
from wis.auth.rules import Slag as Sakslag
from wis.auth.snabbvag import lagra, lagra_inte
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.delat import klass, tidigast
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, stangda_for
from wis.handelser.views import ny_handelse_sak
from wis.lage.service import beslutsrubrik
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.queries import versioner_i_handelse
from wis.notiser.kvittenser import att_kvittera
from wis.notiser.kvittensvyer import kvittens
from wis.notiser.leveransfragor import Antal, antal_for, utskick_for_handelse
from wis.notiser.models import Utskick
from wis.notiser.queries import lasta_utskick
from wis.notiser.utskicksvyer import hallna
from wis.underrattelser.queries import Urval as Underrattelseurval
from wis.underrattelser.queries import senaste_underrattelser
from wis.ytor import queries, rules
from wis.ytor.delat import TYPNAMN, UNDERRATTELSER, Handelsesida, ett_kort, huvudet, lasbart_beslut
from wis.ytor.models import Lasmarke
from wis.ytor.oversikt import ratt_slutar
from wis.ytor.rules import Marke, Slag

bp = Blueprint("ytor", __name__)
PER_SIDA = 50
MAX_VERSIONER = 500
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
    handelser = handelser_for(session, who)
    if who.gast_i is not None and not handelser:
        handelser = stangda_for(session, who)
    return render_template(
        "ytor/start.html",
        skarpa=[h for h in handelser if not h.ovning],
        ovningar=[h for h in handelser if h.ovning],
        senast=queries.senast_i(session, who, [h.id for h in handelser]),
        forsenade=[ett_kort(version) for version in queries.forsenade(session, who, now)],
        underrattelser=senaste_underrattelser(session, who, Underrattelseurval(pagaende=True, antal=UNDERRATTELSER)),
        far_oppna=tillgang(Verb.OPPNA_HANDELSE, ny_handelse_sak(who)),
        typnamn=TYPNAMN,
        att_kvittera=[] if who.betraktare else att_kvittera(session, who, now),
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
    sidan = Handelsesida(session, who, sak, klass(sak, nummer))
    last = _last(who, sedd_till)
    egen = _egen(who)
    kvittera = None if sidan.oversikt.beslut_id is None else kvittens(beslut_id=sidan.oversikt.beslut_id)
    halls = hallna(sak) if tillgang(Verb.SE_UTSKICK, sak.sak(Sakslag.UTSKICK, egen)) else []
    if kvittera or halls or sidan.oversikt.rott:
        lagra_inte()
    lagra(sak.id, till=min(sidan.oversikt.till, tidigast(clock.now(), sak.krets().till.values())))
    return render_template(
        "ytor/handelse.html",
        **_ramen(sak, "lagesbild"),
        **last,
        delar=sidan.delar(last["lasmarke"]),
        senast=sidan.nytt(sedd_till),
        halls=halls,
        atgarder=[] if who.gast_i is not None else _atgarder(sak, egen),
        far_bjuda_gast=tillgang(Verb.BJUDA_GAST, sak.sak()),
        # The decision about the läge stands on this page, and a message about it leads here.
        kvittera=kvittera,
    )


@bp.get("/handelser/<slug>/tidslinje")
@visbar_som
def tidslinje(slug: str) -> web.Svar:
    """All that has happened in the event, newest first."""
    huvud = _huvud(hamta_handelse(slug), "tidslinje")
    lagra(huvud["handelse"].id, till=_till(huvud["handelse"]))
    session, who, sak = web.session(), inloggad(), huvud["handelse"]
    aktor, slag = request.args.get("aktor", ""), request.args.get("slag", "")
    fore = rules.las_plats(request.args.get("fore"))
    valt = Slag(slag) if slag in set(Slag) else None
    # One more than is shown, to know if there is another page.
    poster = queries.tidslinje(session, who, sak, queries.Urval(aktor, valt, fore, PER_SIDA + 1))
    if any(post.tlp == Tlp.RED for post in poster):
        lagra_inte()
    return render_template(
        "ytor/tidslinje.html",
        **huvud,
        poster=poster[:PER_SIDA],
        fore=fore,
        nasta=str(poster[PER_SIDA - 1].plats) if len(poster) > PER_SIDA else None,
        aktorer=queries.aktorer_i(session, who, sak.id),
        slagen=list(Slag),
        vald_aktor=aktor,
        valt_slag=valt,
    )


@bp.get("/handelser/<slug>/versioner")
@visbar_som
def versioner(slug: str) -> web.Svar:
    """Every version of every lägesbild of the event."""
    huvud = _huvud(hamta_handelse(slug), "versioner")
    lagra(huvud["handelse"].id, till=_till(huvud["handelse"]))
    found = versioner_i_handelse(web.session(), inloggad(), huvud["handelse"].id, MAX_VERSIONER + 1)
    if any(version.tlp == Tlp.RED for version in found):
        lagra_inte()
    ordered = sorted(found[:MAX_VERSIONER], key=_i_svensk_ordning)
    return render_template(
        "ytor/versioner.html",
        **huvud,
        grupper=[list(group) for _, group in groupby(ordered, key=lambda v: v.lagesbild_id)],
        max_versioner=MAX_VERSIONER if len(found) > MAX_VERSIONER else None,
    )


@bp.get("/handelser/<slug>/utskick")
def utskick(slug: str) -> web.Svar:
    """What was sent in the event, by the actor one acts for, and how far it has come."""
    huvud = _huvud(hamta_handelse(slug), "utskick")
    session, sak = web.session(), huvud["handelse"]
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
        **huvud,
        folja=folja,
        utskicken=[(u, antal.get(u.id, Antal())) for u in found],
        aldre=aldre,
    )


@bp.post("/handelser/<slug>/last")
def markera_last(slug: str) -> web.Svar:
    """Raise the mark of how far one has read."""
    handelse_id = hamta_handelse(slug).id
    begard = rules.las_tid(request.form.get("sedd_till"))
    if begard is None:
        return web.felsida(400, "Det gick inte att förstå", "Tiden gick inte att tolka.", gor="Ladda om sidan.")
    with web.transaction() as session:
        who = kraver_nu(session, Verb.LASA, session.get_one(Handelse, handelse_id).sak())
        _hoj_marke(session, who.anvandare_id, handelse_id, begard)
    if web.wants_json():
        return Response(status=204)
    return redirect(url_for("ytor.handelse", slug=slug))


def _hoj_marke(session: Session, anvandare_id: int, handelse_id: int, begard: datetime) -> None:
    key, now = (anvandare_id, handelse_id), clock.now()
    rad = session.get(Lasmarke, key, with_for_update=True)
    if rad is None:
        try:
            with session.begin_nested():
                session.add(Lasmarke(anvandare_id=anvandare_id, handelse_id=handelse_id, sedd_till=min(begard, now)))
                return
        except IntegrityError:
            # Another of the person's tabs was first.
            rad = session.get_one(Lasmarke, key, with_for_update=True)
    rad.sedd_till = rules.hojd(rad.sedd_till, begard, now)


# --- what the tabs share -------------------------------------------------------------------------------------------


def _huvud(handelse: Handelse, flik: str) -> dict[str, Any]:
    """What stands above the tabs. Read first: what is counted as seen is then among what the page goes on to show."""
    session, who = web.session(), inloggad()
    sedd_till = queries.sedd_till(session, who.anvandare_id, handelse.id)
    senast = queries.senast_i(session, who, [handelse.id]).get(handelse.id) if flik == "tidslinje" else None
    huvud = {"huvud": huvudet(handelse, lasbart_beslut(session, handelse)), "om": ""}
    return {**_ramen(handelse, flik), **_last(who, sedd_till), "senast": senast, "delar": huvud}


def _till(handelse: Handelse) -> datetime:
    """Until when a tab is true at most: a right to read something in it ends by itself then, or words have aged."""
    now = clock.now()
    return tidigast(now, [*handelse.krets().till.values(), ratt_slutar(web.session(), handelse.id, now)])


def _ramen(handelse: Handelse, flik: str) -> dict[str, Any]:
    return {"handelse": handelse, "ovning": handelse.ovning, "flik": flik}


def _last(who: Subjekt, sedd_till: datetime | None) -> dict[str, Any]:
    """How far the reader has read, and from when the page that they look at shows what is new."""
    sedan = request.args.get("sedan")
    shown = None if sedan == ALDRIG else rules.las_tid(sedan) or sedd_till
    return {
        "lasmarke": Marke(who.anvandare_id, shown),
        "last_till": sedd_till,
        "sedan": ALDRIG if shown is None else shown.isoformat(),
    }


def _egen(who: Subjekt) -> Aktor:
    """The actor that one acts for, by what the request began by reading; not a row of the session."""
    return Aktor(
        id=who.aktor_id, slug=who.aktor_slug, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, ansluten=who.ansluten
    )


def _atgarder(handelse: Handelse, egen: Aktor) -> list[tuple[Beslut, str, str]]:
    """What one may do here, or why not: the judgement, the words and the address."""
    slug = handelse.slug
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
        (
            tillgang(Verb.SKRIVA, handelse.sak(Sakslag.SAMLAD_LAGESBILD)),
            "Skriv samlad lägesbild",
            url_for("lagesbild.skriv", slug=slug, vem="samlad"),
        ),
        (tillgang(Verb.ANDRA_HANDELSE, handelse.sak()), "Redigera", url_for("handelser.redigera", slug=slug)),
    ]
    if not handelse.staende:
        # The standing event is always open and in ordinarie läge.
        acts.insert(3, (tillgang(Verb.ANDRA_LAGE, handelse.sak()), "Ändra läge", url_for("lage.andra", slug=slug)))
    return acts


def _far_folja(handelse: Handelse, utskick: Utskick) -> bool:
    return utskick.aktor is not None and bool(tillgang(Verb.SE_UTSKICK, handelse.sak(Sakslag.UTSKICK, utskick.aktor)))


def _i_svensk_ordning(version: LagesbildVersion) -> tuple[bool, str, int, int]:
    lagesbild = version.lagesbild
    return (lagesbild.aktor_id is not None, svensk_nyckel(lagesbild.namn), lagesbild.id, -version.nummer)
