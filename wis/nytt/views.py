"""'Bara det nya': over all events, what has changed since one last read; the first view on a phone."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from wis import clock, datum, web
from wis.auth.atkomst import avbryt_dold, inloggad, tillgang
from wis.auth.models import Funktion
from wis.auth.rules import Sak, Subjekt, Tjanst, Verb
from wis.auth.rules import Slag as Sakslag
from wis.handelser.atkomst import hamta_handelse
from wis.nytt import queries, rules, service, sida
from wis.nytt.queries import Fraga
from wis.nytt.rules import Rang

bp = Blueprint("nytt", __name__)


@bp.get("/nytt")
def visa() -> web.Svar:
    """What is new to the reader, or to the function that they are on duty as."""
    who, session, now = inloggad(), web.session(), clock.now()
    laser = tillgang(Verb.LASA, Sak(Sakslag.AKTOR, who.aktor_id))
    if not laser:
        return render_template("ytor/utan_lasratt.html", beslut=laser)
    tjanst, antal = _tjansten(who, now), rules.antal(request.args.get("antal", type=web.heltal))
    fraga = Fraga(who, _vems(who, tjanst), now)
    sidan = sida.sida(session, fraga, antal)
    return render_template(
        "nytt/visa.html",
        sida=sidan,
        delar=[(rang, grupper) for rang in Rang if (grupper := sidan.med_rang(rang))],
        Rang=Rang,
        tjanst=tjanst,
        tjanster=who.i_tjanst(now),
        nasta=min(antal + rules.PER_SIDA, rules.HOGST) if sidan.fler and antal < rules.HOGST else 0,
        antal=antal,
        senast=None if sidan.antal else queries.senast_last(session, fraga.vems),
        ovning=bool(sidan.grupper) and all(grupp.handelse.ovning for grupp in sidan.grupper),
    )


@bp.post("/nytt/last")
def markera_last() -> web.Svar:
    """Mark as read what the page showed, in one event or in all: at once, and as often as one likes."""
    who, now, slug = inloggad(), clock.now(), request.form.get("handelse", "")
    till, tjanst = datum.las_tid(request.form.get("till")), _tjansten(who, now)
    if till is None:
        return web.felsida(400, "Det gick inte att förstå", "Tiden gick inte att tolka.", gor="Ladda om sidan.")
    handelse_id = hamta_handelse(slug).id if slug else None
    fraga = Fraga(who, _vems(who, tjanst), now)
    with web.transaction() as session:
        service.markera(session, fraga, till, handelse_id)
    vem = "" if tjanst is None else f" för {tjanst.namn}"
    vad = "Händelsen är markerad" if slug else "Allt är markerat"
    flash(f"{vad} som läst{vem}.", "klart")
    return redirect(url_for("nytt.visa", som=None if tjanst is None else tjanst.funktion_id))


def _tjansten(who: Subjekt, now: datetime) -> Tjanst | None:
    """The function whose marks are asked for. Whoever is not on duty as it learns nothing of it."""
    som = request.values.get("som", "")
    if not som:
        return None
    return next((ett for ett in who.i_tjanst(now) if str(ett.funktion_id) == som), None) or avbryt_dold()


def _vems(who: Subjekt, tjanst: Tjanst | None) -> int:
    if tjanst is None:
        return who.anvandare_id
    vems: int = web.session().scalars(select(Funktion.anvandare_id).where(Funktion.id == tjanst.funktion_id)).one()
    return vems
