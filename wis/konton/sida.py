"""What the views about an actor's people share: the blueprint, fetching, writing, and the page of one person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import Blueprint, current_app, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth import faktorer
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, kraver
from wis.auth.models import Handelseroll
from wis.auth.queries import subjekt_av
from wis.auth.rules import Roll, Subjekt, Verb, can
from wis.datum import sista_dag
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, stangda_for
from wis.konton import handelseroller, historik, queries, service
from wis.konton.forms import Behorighetsformular
from wis.konton.personforms import (
    Handelserollformular,
    Kontrollformular,
    Motiveringsformular,
    Nollstallningsformular,
    Val,
)
from wis.konton.rules import HINDRAR, Omdome, omdomen
from wis.notiser.leveransfragor import Brevstatus, senaste_brev
from wis.notiser.models import Kanalslag

bp = Blueprint("konton", __name__)
STANGDA_ATT_VALJA = 10


@dataclass(frozen=True)
class Handelsenamn:
    """An event as this administrator may know it: without a title and a link if it is not hers to read."""

    text: str
    slug: str | None


@dataclass(frozen=True)
class Rollrad:
    """A role in an event, as the person's page shows it."""

    id: int
    handelse: Handelsenamn
    roll: str
    sista_dag: date | None
    galler: bool
    motivering: str
    given: datetime


@dataclass(frozen=True)
class Historikrad:
    """A change of rights, with the event that it was about."""

    rad: historik.Rad
    handelse: Handelsenamn | None


@dataclass(frozen=True)
class Medlemssida:
    """What the page of one person shows; no rows of the database, so that it outlives a write."""

    aktor_id: int
    aktor_namn: str
    slug: str
    rad: queries.Anvandarrad
    sjalv: bool
    omdomen: list[Omdome]
    brev: Brevstatus | None
    faktorer: int
    faktor_kravs: bool
    nollstallning: str
    roller: list[Rollrad]
    valbara: Val
    historik: list[Historikrad]


@dataclass
class Formular:
    """The forms of the page, each as it was sent or as it is when nothing has been."""

    behorighet: Behorighetsformular | None = None
    roll: Handelserollformular = field(default_factory=lambda: Handelserollformular(formdata=None))
    avstangning: Motiveringsformular = field(default_factory=lambda: Motiveringsformular(formdata=None))
    nollstallning: Nollstallningsformular = field(default_factory=lambda: Nollstallningsformular(formdata=None))
    kontroll: Kontrollformular = field(default_factory=lambda: Kontrollformular(formdata=None))


def hamta_aktor(slug: str) -> Aktor:
    """The actor, if the one who asks administers it. Raises NotFound or Nekad."""
    aktor = find_aktor(web.session(), slug)
    if aktor is None:
        avbryt_dold()
    kraver(Verb.ADMINISTRERA, service.aktor_sak(aktor))
    return aktor


def hamta_medlem(slug: str, medlemskap_id: int) -> Medlemssida:
    """The person at the actor, for its administrators. Raises NotFound or Nekad."""
    aktor, session, now = hamta_aktor(slug), web.session(), clock.now()
    medlemskap = queries.find_medlemskap(session, aktor.id, medlemskap_id)
    if medlemskap is None:
        avbryt_dold()
    who, rad = inloggad(), queries.rad_av(medlemskap, now)
    return Medlemssida(
        aktor_id=aktor.id,
        aktor_namn=aktor.namn,
        slug=slug,
        rad=rad,
        sjalv=rad.anvandare_id == who.anvandare_id,
        omdomen=omdomen(subjekt_av(medlemskap), now),
        brev=senaste_brev(session, rad.anvandare_id, Kanalslag.EPOST, rad.epost),
        faktorer=faktorer.lage(session, rad.anvandare_id).antal,
        nollstallning=faktorer.hinder_for_nollstallning(session, who, medlemskap.anvandare),
        faktor_kravs=faktorer.kravs_av(session, web.settings(), rad.anvandare_id),
        roller=[_rollrad(who, roll, handelse, now) for roll, handelse in handelseroller.roller(session, medlemskap_id)],
        valbara=valbara(session, who),
        historik=_historik(session, who, aktor.id, rad, now),
    )


def valbara(session: Session, who: Subjekt) -> Val:
    """The events that the one who asks reads: the open ones, and those that were closed last."""
    found = [*handelser_for(session, who), *stangda_for(session, who, STANGDA_ATT_VALJA)]
    return [(h.slug, f"{'ÖVNING: ' if h.ovning else ''}{h.rubrik}{' (stängd)' if h.stangd else ''}") for h in found]


@contextmanager
def skriv() -> Iterator[Session]:
    """A write transaction in which a right that was lost meanwhile becomes the ordinary refusal page."""
    try:
        with web.transaction() as session:
            yield session
    except service.Otillatet as error:
        raise Nekad(error.beslut, Verb.ADMINISTRERA, error.sak) from error


def medlemssida(sida: Medlemssida, former: Formular) -> tuple[str, int]:
    """The page of one person; 422 when a form on it has errors."""
    form = former.behorighet or _ifyllt(sida)
    for en in (former.roll, former.kontroll):
        en.erbjud(sida.valbara)
    alla = (form, former.roll, former.avstangning, former.nollstallning, former.kontroll)
    fel = next((en for en in alla if en.errors), form)
    page = render_template(
        "konton/medlem.html",
        sida=sida,
        form=fel,
        behorighetsform=form,
        former=former,
        hinder=HINDRAR.get(sida.rad.tillstand, ""),
    )
    return page, 422 if fel.errors else 200


def nekad(sida: Medlemssida, skal: str) -> tuple[str, int]:
    """The page of one person, with what stands in the way of what was asked for."""
    form = _ifyllt(sida)
    form.form_errors.append(skal)
    return medlemssida(sida, Formular(behorighet=form))


def fragelank() -> str | None:
    """Where one asks for the right to read a page that one may not know of, if the installation has such a place."""
    return url_for("fragor.be_blint") if "fragor.be_blint" in current_app.view_functions else None


def _ifyllt(sida: Medlemssida) -> Behorighetsformular:
    form = Behorighetsformular(formdata=None)
    form.fyll(sida.rad.behorighet, service.signatur(sida.rad.behorighet))
    return form


def _rollrad(who: Subjekt, roll: Handelseroll, handelse: Handelse, now: datetime) -> Rollrad:
    till = roll.giltig_till
    return Rollrad(
        id=roll.id,
        handelse=handelsenamn(who, handelse, now),
        roll=handelseroller.INGEN_ROLL_HAR if roll.roll is None else Roll(roll.roll).namn,
        sista_dag=None if till is None else sista_dag(till),
        galler=till is None or till > now,
        motivering=roll.motivering,
        given=roll.skapad,
    )


def handelsenamn(who: Subjekt, handelse: Handelse, now: datetime) -> Handelsenamn:
    """To administer grants no reading: what one may not read is known by its number alone, as its address says its
    title."""
    if can(who, Verb.LASA, handelse.sak(), now):
        return Handelsenamn(handelse.rubrik, handelse.slug)
    return Handelsenamn(f"Händelse nr {handelse.id}, som du inte har läsrätt till", None)


def _historik(
    session: Session, who: Subjekt, aktor_id: int, rad: queries.Anvandarrad, now: datetime
) -> list[Historikrad]:
    rader = historik.rader(session, aktor_id, rad.epost, rad.medlemskap_id)
    ids = {en.handelse_id for en in rader if en.handelse_id is not None}
    found = session.scalars(select(Handelse).where(Handelse.id.in_(ids)).options(selectinload(Handelse.lasare)))
    named = {handelse.id: handelsenamn(who, handelse, now) for handelse in found}
    return [Historikrad(en, named.get(en.handelse_id or 0)) for en in rader]
