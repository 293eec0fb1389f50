"""The figures of an event, and of an actor over its events."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template
from sqlalchemy import ColumnElement

from wis import clock, datum, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth.atkomst import avbryt_dold, inloggad
from wis.auth.rules import Roll
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, stangda_for
from wis.notiser import csvfil
from wis.statistik import queries
from wis.statistik.rules import Rapporterat, i_ord

bp = Blueprint("statistik", __name__)
bp.add_app_template_filter(i_ord, "tidsrymd")
RUBRIKER = (
    "Aktör",
    "Lägesbilder",
    "Läget oförändrat",
    "Underrättelser",
    "Första",
    "Senaste",
    "Mellan lägesbilder (median, minuter)",
    "Sena uppdateringar",
)


@bp.get("/handelser/<slug>/statistik")
def handelse(slug: str) -> web.Svar:
    """The event in figures, as the one who asks may see it."""
    sak = hamta_handelse(slug)
    return render_template(
        "statistik/handelse.html", handelse=sak, ovning=sak.ovning, **_siffror(Handelse.id == sak.id, [sak.id])
    )


@bp.get("/handelser/<slug>/statistik.csv")
def handelse_csv(slug: str) -> web.Svar:
    """The reports of each actor in the event, for a spreadsheet."""
    sak = hamta_handelse(slug)
    rapporter = queries.rapporter(web.session(), inloggad(), Handelse.id == sak.id)
    svar = Response("".join(csvfil.rader(RUBRIKER, _csvrader(rapporter))), mimetype="text/csv")
    svar.headers["Content-Disposition"] = f'attachment; filename="statistik-{sak.slug}.csv"'
    return svar


@bp.get("/aktorer/<slug>/statistik")
def aktor(slug: str) -> web.Svar:
    """One's own actor in figures, over all real events that one reads; exercises count by themselves."""
    aktor, who, session = find_aktor(web.session(), slug) or avbryt_dold(), inloggad(), web.session()
    if not who.hor_till(aktor.id):
        avbryt_dold()
    lasta = [*handelser_for(session, who), *stangda_for(session, who)]
    skarpa, ovade = ([h.id for h in lasta if h.ovning is ovning] for ovning in (False, True))
    return render_template(
        "statistik/aktor.html",
        aktor=aktor,
        skarpt=_siffror(Handelse.id.in_(skarpa), skarpa) | {"antal": len(skarpa)},
        ovat=_siffror(Handelse.id.in_(ovade), ovade) | {"antal": len(ovade)},
    )


def _siffror(villkor: ColumnElement[bool], handelse_ids: Collection[int]) -> dict[str, Any]:
    """The reports; and for who works with it the readers and deliveries of one's own actor and the answers it got."""
    who, session = inloggad(), web.session()
    roll = who.standardroll(clock.now())
    egna = who.hor_till(who.aktor_id) and roll is not None and roll.niva >= Roll.SKRIBENT.niva
    return {
        "rapporter": queries.rapporter(session, who, villkor),
        "utskick": queries.egna_utskick(session, who, handelse_ids) if egna else None,
        "svarstider": queries.svarstider(session, who, handelse_ids) if egna else [],
    }


def _csvrader(rapporter: dict[Aktor, Rapporterat]) -> Iterator[list[str]]:
    for aktor, r in rapporter.items():
        tal = [str(antal) for antal in (r.lagesbilder, r.oforandrade, r.underrattelser)]
        tider = [datum.falt_av(tid).replace("T", " ") for tid in (r.forst, r.sist)]
        mellan = "" if r.mellanrum is None else str(round(r.mellanrum / timedelta(minutes=1)))
        yield [aktor.kortnamn, *tal, *tider, mellan, str(r.brutna)]
