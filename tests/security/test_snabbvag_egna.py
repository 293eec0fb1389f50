"""Who has anything of their own on a page, or wrote what it shows, has it drawn for them alone."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_person_hos, ett_medlemskap
from tests.funktioner_stod import en_funktion, i_tjanst
from tests.lasratt import en_handelseroll
from tests.security.klass_stod import EN, TALAR, TRE, TVA, bygg_klass, far_delas, inloggade, personen, tom, vittnen
from tests.snabbvag_stod import SIDA, fraga, handelsen, logga_in, medlemskapet, ritade, vem
from tests.web.ytor_data import underratta
from wis import clock, efterat
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Fragas, Roll
from wis.auth.service import rattighet_andrad
from wis.db import Database
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.handelser.models import Handelsebeslut
from wis.lagesbild.models import Lagesbild, Utkast
from wis.notiser.models import Kanalslag, Kvittens, Leverans, Status, Utskick, Utskicksslag
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return bygg_klass(settings, database)


@pytest.fixture
def pa_varje(settings: Settings, varje_databas: Database) -> Flask:
    """The same on SQLite and on PostgreSQL."""
    return bygg_klass(settings, varje_databas)


def _slutar_snart(session: Session, epost: str) -> None:
    medlemskapet(session, epost).giltig_till = clock.now() + timedelta(seconds=20)


def _flera(session: Session, epost: str) -> None:
    ett_medlemskap(session, personen(session, epost), en_aktor(session, "solna"), Roll.LASARE)


def _i_handelsen(session: Session, epost: str) -> None:
    en_handelseroll(session, personen(session, epost), handelsen(session), Roll.TALESPERSON)


def _i_tjanst(session: Session, epost: str) -> None:
    medlemskap = medlemskapet(session, epost)
    i_tjanst(session, en_funktion(session, "nacka", "TiB"), medlemskap, timmar=0.5)


def _utkast(session: Session, epost: str) -> None:
    bild, who = session.scalars(select(Lagesbild)).first(), vem(session, epost)
    assert bild is not None
    session.add(
        Utkast(
            lagesbild_id=bild.id,
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            bas=1,
            revision=1,
            sparad=clock.now(),
            sektioner={},
            andringsnotering="",
            nasta_uppdatering="",
        )
    )


def _skickat(session: Session, epost: str, *, bradskande: bool) -> None:
    """The decision that stands on the page was sent to them."""
    besluten = select(Handelsebeslut).order_by(Handelsebeslut.id.desc())
    beslut, who, sak = session.scalars(besluten).first(), vem(session, epost), handelsen(session)
    assert beslut is not None
    utskick = session.scalar(select(Utskick).where(Utskick.beslut_id == beslut.id)) or Utskick(
        slag=Utskicksslag.LAGE, handelse_id=sak.id, aktor_id=sak.agare_id, beslut_id=beslut.id, skapad=clock.now()
    )
    utskick.amne, utskick.sms, utskick.epost, utskick.bradskande = "Läget", "", "", bradskande
    utskick.expanderat = clock.now()
    session.add(utskick)
    session.flush()
    session.add(
        Leverans(
            utskick_id=utskick.id,
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            kanal=Kanalslag.SMS,
            status=Status.LEVERERAD,
            prioritet=1,
            andrad=clock.now(),
            fran=clock.now(),
            tidigast=clock.now(),
        )
    )


EGNA: dict[str, Callable[[Session, str], object]] = {
    "administrator": lambda session, epost: setattr(medlemskapet(session, epost), "administrator", True),
    "skribent": lambda session, epost: setattr(medlemskapet(session, epost), "roll", Roll.SKRIBENT),
    "flera": _flera,
    "slutar": _slutar_snart,
    "roll": _i_handelsen,
    "tjanst": _i_tjanst,
    "kan": lambda session, epost: en_funktion(session, "nacka", "KiB", medlemskapet(session, epost)),
    "utkast": _utkast,
    "kvittera": partial(_skickat, bradskande=True),
}


def test_who_has_anything_of_their_own_has_their_page_drawn(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        for namn in EGNA:
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"{namn}@nacka.example")
    en, tva, tre = inloggade(app, EN, TVA, TRE)
    egna = {namn: logga_in(app, f"{namn}@nacka.example") for namn in EGNA}
    tom(app)
    vittnen(app, en, tva)
    for namn, andring in EGNA.items():
        with transaction(database) as session:
            andring(session, f"{namn}@nacka.example")
            rattighet_andrad(session, personen(session, f"{namn}@nacka.example"))
        assert not far_delas(app, egna[namn]), namn
        assert "Kvittera" in fraga(egna[namn]).text or namn != "kvittera"
    assert far_delas(app, tre)


def test_that_what_was_sent_is_opened_is_noted_though_the_page_was_drawn_for_others(pa_varje: Flask) -> None:
    app = pa_varje
    database: Database = app.extensions["wis_database"]

    def lasta() -> list[int]:
        efterat.skriv_nu(database)
        with database.reading() as session:
            return list(session.scalars(select(Kvittens.anvandare_id)))

    en, tva, tre = inloggade(app, EN, TVA, TRE)
    for huvuden in ({}, {"X-Live": "1"}):
        en.get(SIDA, headers=huvuden)
        tva.get(SIDA, headers=huvuden)
    with transaction(database) as session:
        _skickat(session, TRE, bradskande=False)
        vantad = [vem(session, TRE).anvandare_id]
    with ritade(app) as ritat:
        assert tre.get(SIDA, headers={"X-Live": "1"}).status_code == 200
        assert lasta() == []
        assert tre.get(SIDA).status_code == 200
        assert lasta() == vantad
    assert not ritat


def test_who_has_a_question_to_answer_or_wrote_what_the_page_shows_has_a_page_of_their_own(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        version = underratta(session, handelsen(session), "Skriven av Tre", aktor="nacka")
        session.flush()
        session.execute(update(Anvandare).where(Anvandare.epost == TRE).values(epost="fore@nacka.example"))
        session.get_one(Anvandare, version.forfattare_id).epost = TRE
        session.scalars(
            select(Medlemskap).where(Medlemskap.anvandare_id == version.forfattare_id)
        ).one().roll = Roll.LASARE
    en, tva, tre, *talar = inloggade(app, EN, TVA, TRE, *TALAR)
    vittnen(app, en, tva)
    assert not far_delas(app, tre)
    vittnen(app, *talar[:2])
    assert far_delas(app, talar[2])
    with transaction(database) as session:
        fran, till = vem(session, EN), vem(session, TALAR[0])
        session.add(
            Rattsfraga(
                skapad=clock.now(),
                typ=Fragetyp.BEHORIGHET,
                fran_id=fran.anvandare_id,
                fran_aktor_id=fran.aktor_id,
                till_aktor_id=till.aktor_id,
                till=Fragas.TALESPERSON,
                sida="/",
                verb="skriva",
                skal="Du är läsare.",
                text="",
            )
        )
    tom(app)
    for client in talar:
        assert not far_delas(app, client)
        assert "Frågor (1)" in fraga(client).text
