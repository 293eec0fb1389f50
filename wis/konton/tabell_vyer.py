"""Everybody at an actor: the table, the same for a spreadsheet, and the grid of rights."""

from datetime import datetime

from flask import Response, render_template, request

from wis import clock, datum, web
from wis.auth.queries import administratorer
from wis.auth.rules import Roll
from wis.konton import csvrader, genomgangar, oversikt, queries
from wis.konton.oversikt import Filter, Person
from wis.konton.rules import MINST_ADMINISTRATORER, RUTNATETS_KOLUMNER, Tillstand
from wis.konton.sida import bp, hamta_aktor
from wis.notiser.leveransfragor import utan_brev

MAX_SOKTEXT = 100
_RUBRIKER = (
    "Namn",
    "E-post",
    "Roll",
    "Administratör",
    "Sista dag",
    "Roller i händelser",
    "Får gå på som",
    "I tjänst som",
    "Bekräftade kanaler",
    "Andra faktor",
    "Senast inloggad",
    "Tillstånd",
)


@bp.get("/aktorer/<slug>/anvandare")
def anvandare(slug: str) -> web.Svar:
    """Everyone at the actor, for its administrators."""
    aktor, session, now = hamta_aktor(slug), web.session(), clock.now()
    alla, (vilket, text) = oversikt.personer(session, aktor, web.settings(), now), _sokt()
    rader = oversikt.urval(alla, vilket, text, now)
    return render_template(
        "konton/anvandare.html",
        aktor=aktor,
        personer=rader,
        antal_alla=len(alla),
        filter=[
            (en, sum(person.passar(en, now) for person in alla)) for en in oversikt.filter_att_visa(web.settings())
        ],
        vilket=vilket,
        text=text,
        utan_brev=utan_brev(
            session, [person.rad.anvandare_id for person in alla if person.rad.tillstand is Tillstand.INBJUDEN]
        ),
        antal_administratorer=len(administratorer(session, aktor.id, now)),
        minst=MINST_ADMINISTRATORER,
        paminnelse=genomgangar.paminnelse(session, aktor.id, now),
        ny=_ny(alla),
    )


@bp.get("/aktorer/<slug>/anvandare.csv")
def anvandare_csv(slug: str) -> web.Svar:
    """The table for a spreadsheet, with the same choice of people."""
    aktor, now = hamta_aktor(slug), clock.now()
    vilket, text = _sokt()
    rader = oversikt.urval(oversikt.personer(web.session(), aktor, web.settings(), now), vilket, text, now)
    svar = Response(csvrader.skriv(_RUBRIKER, map(_celler, rader)), mimetype="text/csv")
    svar.headers["Content-Disposition"] = f'attachment; filename="anvandare-{aktor.slug}-{_dag(now)}.csv"'
    return svar


@bp.get("/aktorer/<slug>/behorigheter")
def behorigheter(slug: str) -> web.Svar:
    """What each person at the actor may do, in plain words."""
    aktor = hamta_aktor(slug)
    return render_template(
        "konton/behorigheter.html",
        aktor=aktor,
        rader=oversikt.rattigheter(web.session(), aktor, clock.now()),
        kolumner=RUTNATETS_KOLUMNER,
        roller=list(Roll),
    )


def _sokt() -> tuple[Filter | None, str]:
    """The filter and the text that were asked for; what is no filter is none."""
    valt = request.args.get("visa", "")
    vilket = Filter(valt) if valt in list(Filter) else None
    return vilket, request.args.get("sok", "").strip()[:MAX_SOKTEXT]


def _ny(alla: list[Person]) -> queries.Anvandarrad | None:
    """The person who has just been invited, to lead on to what comes next."""
    ny = request.args.get("ny", type=web.heltal)
    return next((person.rad for person in alla if person.rad.medlemskap_id == ny and not person.rad.gast), None)


def _celler(person: Person) -> tuple[str, ...]:
    rad = person.rad
    return (
        rad.namn,
        rad.epost,
        "gäst" if rad.gast else (rad.behorighet.roll.namn if rad.behorighet.roll else "ingen"),
        "ja" if rad.behorighet.administrator else "nej",
        str(rad.sista_dag or ""),
        str(person.handelseroller),
        ", ".join(person.far_ga_pa),
        ", ".join(person.i_tjanst),
        ", ".join(kanal.namn for kanal in person.kanaler),
        ", ".join(person.faktorer) or "ingen",
        datum.datumtid(rad.senast_inloggad) if rad.senast_inloggad else "",
        rad.tillstand.value,
    )


def _dag(now: datetime) -> str:
    return clock.local(now).date().isoformat()
