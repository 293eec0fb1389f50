"""The composed pages: the start page and an event's own with its tabs."""

from dataclasses import dataclass, replace
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
from wis.auth.rules import Beslut, Sak, Subjekt, Verb
from wis.auth.rules import Slag as Sakslag
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse, Handelsebeslut, Typ
from wis.handelser.queries import handelser_for, senaste_beslut, stangda_for
from wis.handelser.views import ny_handelse_sak
from wis.lage.service import beslutsrubrik
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.queries import senaste_i_handelse, versioner_i_handelse
from wis.notiser.kvittenser import att_kvittera
from wis.notiser.kvittensvyer import kvittens
from wis.notiser.leveransfragor import Antal, antal_for, utskick_for_handelse
from wis.notiser.models import Utskick
from wis.notiser.queries import lasta_utskick
from wis.underrattelser.models import UnderrattelseVersion
from wis.underrattelser.queries import Urval as Underrattelseurval
from wis.underrattelser.queries import senaste_underrattelser
from wis.ytor import queries, rules
from wis.ytor.models import Lasmarke
from wis.ytor.rules import Marke, Slag

bp = Blueprint("ytor", __name__)
PER_SIDA = 50
MAX_VERSIONER = 500
UNDERRATTELSER = 5
KORT_RAD = 8
"""So many missing actors are named; more are counted."""
ALDRIG = "aldrig"
bp.add_app_template_global(beslutsrubrik, "beslutsrubrik")


@dataclass(frozen=True)
class Kort:
    """A lägesbild's latest version as it stands on the event page. `sedd`: the version that the reader saw last.

    `lasratt`: how many read it, of what is one's own.
    """

    version: LagesbildVersion
    nytt: bool
    sedd: int | None
    overskriden: bool
    forsening: str
    lasratt: queries.Lasratt | None = None


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
        forsenade=[
            _kort(version, Marke(who.anvandare_id, now), {}) for version in queries.forsenade(session, who, now)
        ],
        underrattelser=senaste_underrattelser(session, who, Underrattelseurval(pagaende=True, antal=UNDERRATTELSER)),
        far_oppna=tillgang(Verb.OPPNA_HANDELSE, ny_handelse_sak(who)),
        typnamn=_TYPNAMN,
        att_kvittera=[] if who.betraktare else att_kvittera(session, who, now),
    )


# --- an event's page -----------------------------------------------------------------------------------------------


@bp.get("/handelser/<slug>")
@visbar_som
def handelse(slug: str) -> web.Svar:
    """The event as it is now: the samlade lägesbilden, each actor's own, and the latest underrättelser."""
    huvud = _huvud(hamta_handelse(slug), "lagesbild")
    sak, who, session, marke = huvud["handelse"], inloggad(), web.session(), huvud["lasmarke"]
    sedda = queries.sedda_versioner(session, who, sak.id, marke.sedd_till)
    versioner, beslut = senaste_i_handelse(session, who, sak.id), huvud["lagesbeslut"]
    hos = queries.lasratt_hos(session, sak, [v for v in versioner if v.lagesbild.aktor_id == who.aktor_id])
    kort = [
        replace(_kort(v, marke, sedda, stangd=bool(sak.stangd)), lasratt=hos.get(v.lagesbild_id)) for v in versioner
    ]
    # Who has none and who does not share it are not told apart: that something is there is not ours to say.
    saknas = queries.utan_lagesbild(session, sak, {who.aktor_id} | {v.lagesbild.aktor_id or 0 for v in versioner})
    return render_template(
        "ytor/handelse.html",
        **huvud,
        samlad=next((k for k in kort if k.version.lagesbild.aktor_id is None), None),
        egna=[k for k in kort if k.version.lagesbild.aktor_id is not None],
        saknas=saknas,
        far_be_om_lasratt=tillgang(Verb.BE_OM_LASRATT, sak.sak()),
        namnge_saknade=not sak.alla_aktorer or len(saknas) <= KORT_RAD,
        underrattelser=_underrattelser(session, who, sak, marke),
        atgarder=[] if who.gast_i is not None else _atgarder(sak, session.get_one(Aktor, who.aktor_id)),
        far_bjuda_gast=tillgang(Verb.BJUDA_GAST, sak.sak()),
        # The decision about the läge stands on this page, and a message about it leads here.
        kvittera=None if beslut is None else kvittens(beslut_id=beslut.id),
    )


@bp.get("/handelser/<slug>/tidslinje")
@visbar_som
def tidslinje(slug: str) -> web.Svar:
    """All that has happened in the event, newest first."""
    huvud = _huvud(hamta_handelse(slug), "tidslinje")
    session, who, sak = web.session(), inloggad(), huvud["handelse"]
    aktor, slag = request.args.get("aktor", ""), request.args.get("slag", "")
    fore = rules.las_plats(request.args.get("fore"))
    valt = Slag(slag) if slag in set(Slag) else None
    # One more than is shown, to know if there is another page.
    poster = queries.tidslinje(session, who, sak, queries.Urval(aktor, valt, fore, PER_SIDA + 1))
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
    found = versioner_i_handelse(web.session(), inloggad(), huvud["handelse"].id, MAX_VERSIONER + 1)
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
    sedan = request.args.get("sedan")
    shown = None if sedan == ALDRIG else rules.las_tid(sedan) or sedd_till
    return {
        "handelse": handelse,
        "ovning": handelse.ovning,
        "flik": flik,
        "typnamn": _TYPNAMN,
        "lagesbeslut": _lasbart_beslut(session, handelse),
        "senast": queries.senast_i(session, who, [handelse.id]).get(handelse.id) if flik in _MED_LASMARKE else None,
        "lasmarke": Marke(who.anvandare_id, shown),
        "last_till": sedd_till,
        "sedan": ALDRIG if shown is None else shown.isoformat(),
    }


def _lasbart_beslut(session: Session, handelse: Handelse) -> Handelsebeslut | None:
    """The decision that made the event what it is now, unless it was taken before one came to read the event."""
    beslut = senaste_beslut(session, handelse.id)
    return beslut if beslut and tillgang(Verb.LASA, handelse.sak(publicerad=beslut.tid)) else None


def _kort(version: LagesbildVersion, marke: Marke, sedda: dict[int, int], *, stangd: bool = False) -> Kort:
    now, nasta = clock.now(), version.nasta_uppdatering
    nytt = marke.nytt(version.publicerad, version.forfattare_id)
    sent = rules.overskriden(nasta, now, stangd=stangd)
    return Kort(
        version=version,
        nytt=nytt,
        sedd=sedda.get(version.lagesbild_id) if nytt else None,
        overskriden=sent,
        forsening=rules.forsening(nasta, now) if sent and nasta is not None else "",
    )


def _underrattelser(
    session: Session, who: Subjekt, handelse: Handelse, marke: Marke
) -> list[tuple[UnderrattelseVersion, bool]]:
    """The latest underrättelser and whether each is new: a handful, or more if more are new."""
    found = senaste_underrattelser(session, who, Underrattelseurval(handelse_id=handelse.id, antal=4 * UNDERRATTELSER))
    judged = [(version, marke.nytt(version.publicerad, version.forfattare_id)) for version in found]
    return [rad for plats, rad in enumerate(judged) if plats < UNDERRATTELSER or rad[1]]


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


_MED_LASMARKE = {"lagesbild", "tidslinje"}
_TYPNAMN = {typ.value: typ.namn for typ in Typ}
