"""A page that is kept for its reader is never shown once anything that it rests on has changed, whoever changed it."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import en_app
from tests.funktioner_stod import en_funktion, i_tjanst
from tests.lasratt import en_handelseroll
from tests.snabbvag_stod import (
    LASARE,
    MANGA,
    REDAKTOR,
    SIDA,
    TALESPERSON,
    bygg,
    fraga,
    handelsen,
    kand,
    logga_in,
    medlemskapet,
    ritade,
    vem,
)
from wis import clock
from wis.andringar import Andring as Anmalan
from wis.andringar import Slag, anmal
from wis.auth import sessioner_service
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare, Funktion, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.auth.service import rattighet_andrad
from wis.db import Database
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, HandelseLasare, Lage
from wis.lage.service import Lageskommando, besluta
from wis.lagesbild.lasratt import las_for_lasratt, satt_lasratt
from wis.lagesbild.models import Lagesbild
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser import service as underrattelser
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall

Andring = Callable[[Session], object]
BILD = f"{SIDA}/lagesbild/trafikverket"


@pytest.fixture
def app(settings: Settings, varje_databas: Database) -> Flask:
    bygg(varje_databas)
    return en_app(settings, varje_databas)


# --- what is written -----------------------------------------------------------------------------------------------


def _bilden(session: Session) -> Lagesbild:
    aktor_id = vem(session, TALESPERSON).aktor_id
    return session.scalars(select(Lagesbild).where(Lagesbild.aktor_id == aktor_id)).one()


def _krymp(session: Session) -> None:
    who = vem(session, TALESPERSON)
    bild = las_for_lasratt(session, who, _bilden(session).id)
    assert satt_lasratt(session, who, bild, Lasarval(frozenset()), "")


def _ny_underrattelse(session: Session) -> None:
    said = Innehall(rubrik="Bron är stängd", text="Kör inte.", html="<p>Kör.</p>", bradskande=False)
    pub = underrattelser.Publicering(said, uuid.uuid4().hex, avisera=False)
    underrattelser.publicera(session, vem(session, TALESPERSON), handelsen(session), pub)


def _rattad_underrattelse(session: Session) -> None:
    sak = session.scalars(select(Underrattelse).order_by(Underrattelse.id.desc())).first()
    assert sak is not None
    said = Innehall(rubrik="Bron är öppen", text="Kör.", html="<p>Kör.</p>", bradskande=False)
    pub = underrattelser.Publicering(said, uuid.uuid4().hex, avisera=False)
    underrattelser.ratta(session, vem(session, TALESPERSON), sak, 1, pub)


def _rott(session: Session) -> None:
    sak = session.scalars(select(Underrattelse).order_by(Underrattelse.id.desc())).first()
    assert sak is not None
    said = Innehall(rubrik="Bara för några", text="Kör.", html="<p>Kör.</p>", bradskande=False, tlp=Tlp.AMBER)
    pub = underrattelser.Publicering(said, uuid.uuid4().hex, avisera=False)
    underrattelser.ratta(session, vem(session, TALESPERSON), sak, 2, pub)


def _stang(session: Session) -> None:
    kommando = Lageskommando(Beslutsslag.STANGD, Lage.ORDINARIE, "Över", avisera=False, bradskande=False)
    besluta(session, vem(session, REDAKTOR), handelsen(session), kommando)


def test_what_is_published_corrected_narrowed_labelled_or_closed_is_seen_at_the_next_look(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    lasare, skriver = logga_in(app, LASARE), logga_in(app, TALESPERSON)
    etag = kand(app, lasare)
    svar = skriver.post(f"{BILD}/oforandrat", data={"bas": "2", "nyckel": "b" * 32})
    assert svar.status_code == 302
    assert fraga(lasare, etag).status_code == 200
    steg: list[tuple[Andring, str, bool]] = [
        (_ny_underrattelse, "Bron är stängd", True),
        (_rattad_underrattelse, "Bron är öppen", True),
        (_rott, "TLP:AMBER", True),
        (_krymp, "Version 3", False),
        (_stang, "Över", True),
    ]
    for andring, text, syns in steg:
        etag = kand(app, lasare)
        with transaction(database) as session:
            andring(session)
        svar = fraga(lasare, etag)
        assert svar.status_code == 200, f"{andring}: the old page"
        assert (text in svar.text) is syns, f"{andring}: {svar.text}"


# --- who may read --------------------------------------------------------------------------------------------------


def _tjanst(session: Session) -> None:
    medlemskap = medlemskapet(session, LASARE)
    i_tjanst(session, en_funktion(session, "nacka", "TiB", medlemskap), medlemskap, timmar=0.5)


def _slut_pa_tjanst(session: Session) -> None:
    session.scalars(select(Tjanstgoring)).one().avslutad = clock.now()


def _funktionens_ratt(session: Session) -> None:
    som = session.get_one(Anvandare, session.scalars(select(Funktion)).one().anvandare_id)
    rattighet_andrad(session, som)


def _roll_i_handelsen(session: Session) -> None:
    person = session.get_one(Anvandare, medlemskapet(session, LASARE).anvandare_id)
    en_handelseroll(session, person, handelsen(session), Roll.SKRIBENT)
    rattighet_andrad(session, person)


def _annan_roll(session: Session) -> None:
    medlemskapet(session, LASARE).roll = Roll.TALESPERSON


def _avstangd(session: Session) -> None:
    medlemskapet(session, LASARE).avstangd = clock.now()


def test_every_change_of_who_one_is_has_the_page_judged_anew(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    lasare = logga_in(app, LASARE)
    # Once a role in the event is gone only its record remains: each change counts, also one that leaves the page as is.
    for andring in (_tjanst, _funktionens_ratt, _slut_pa_tjanst, _roll_i_handelsen, _annan_roll):
        etag = kand(app, lasare)
        with transaction(database) as session:
            andring(session)
        with ritade(app) as ritat:
            fraga(lasare, etag)
        assert ritat, f"{andring}: answered from memory"
    etag = kand(app, lasare)
    with transaction(database) as session:
        _avstangd(session)
    svar = fraga(lasare, etag)
    assert svar.status_code not in {200, 304}
    assert "Mycket snö" not in svar.text


def _konto_avstangt(session: Session, person: Anvandare, _inloggning: int) -> None:
    person.avstangd = clock.now()


def _utloggad_pa_annat_hall(session: Session, person: Anvandare, inloggning: int) -> None:
    assert sessioner_service.avsluta_egen(session, person.id, inloggning)


def _nytt_losenord(session: Session, person: Anvandare, inloggning: int) -> None:
    annan = session.scalars(select(Inloggning.id).where(Inloggning.id != inloggning, Inloggning.avslutad.is_(None)))
    sessioner_service.byt_losenord(session, person.id, annan.first() or 0, "x")


def _utan_faktor(session: Session, _person: Anvandare, inloggning: int) -> None:
    session.get_one(Inloggning, inloggning).faktor = None


def test_a_login_that_has_ended_sees_nothing_more(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    for slut in (_utloggad_pa_annat_hall, _nytt_losenord, _utan_faktor, _konto_avstangt):
        lasare = logga_in(app, LASARE)
        with database.reading() as session:
            inloggning_id = session.scalars(select(Inloggning.id).order_by(Inloggning.id.desc())).first() or 0
        logga_in(app, LASARE)
        etag = kand(app, lasare)
        with transaction(database) as session:
            person = find_anvandare(session, LASARE)
            assert person is not None
            losenord_hash = person.losenord_hash
            slut(session, person, inloggning_id)
        for svar in (fraga(lasare, etag), fraga(lasare)):
            assert svar.status_code == 302, slut
            assert "/logga-in" in svar.location
        with transaction(database) as session:
            session.get_one(Anvandare, person.id).losenord_hash = losenord_hash


def test_choosing_another_actor_or_seeing_as_another_changes_the_page_at_once(
    settings: Settings, database: Database
) -> None:
    bygg(database)
    app = en_app(settings, database)
    client = logga_in(app, MANGA)
    with database.reading() as session:
        egna = list(
            session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == vem(session, MANGA).anvandare_id))
        )
    fore = kand(app, client)
    for medlemskap in reversed(egna):
        client.post("/byt-aktor", data={"medlemskap": str(medlemskap.id), "nasta": SIDA})
        with ritade(app) as ritat:
            # Back at the first, the page may be what it was: drawn anew all the same.
            assert fraga(client, fore).status_code == 200 or medlemskap is egna[0]
        assert ritat
    etag = kand(app, client)
    client.post("/visa-som", data={"visa_aktor": str(egna[1].aktor_id), "visa_roll": "lasare", "visa_person": ""})
    for _ in range(3):
        svar = fraga(client, etag)
        assert svar.status_code == 200
        assert "visningsband" in svar.text
        assert svar.headers["Cache-Control"] == "private, no-store"
    client.post("/visa-som/sluta")
    svar = fraga(client)
    assert "visningsband" not in svar.text


# --- what ends by itself -------------------------------------------------------------------------------------------


def _tjanst_slutar(session: Session, slut: datetime) -> None:
    medlemskap = medlemskapet(session, LASARE)
    i_tjanst(session, en_funktion(session, "nacka", "TiB", medlemskap), medlemskap).till = slut


def _roll_slutar(session: Session, slut: datetime) -> None:
    medlemskap = medlemskapet(session, LASARE)
    en_handelseroll(session, session.get_one(Anvandare, medlemskap.anvandare_id), handelsen(session), Roll.LASARE)
    medlemskap.handelseroller[0].giltig_till = slut


def _lasratt_till_bilden_slutar(session: Session, slut: datetime) -> None:
    who = vem(session, TALESPERSON)
    bild = las_for_lasratt(session, who, _bilden(session).id)
    aktorer = frozenset({vem(session, LASARE).aktor_id})
    satt_lasratt(session, who, bild, Lasarval(aktorer, aven_tidigare=True, till=slut), "")


def _medlemskap_slutar(session: Session, slut: datetime | None) -> None:
    medlemskapet(session, LASARE).giltig_till = slut


def _lasratt_slutar(session: Session, slut: datetime) -> None:
    _medlemskap_slutar(session, None)
    handelse = handelsen(session)
    handelse.alla_aktorer = False
    handelse.lasare = [HandelseLasare(aktor_id=vem(session, LASARE).aktor_id, till=slut)]
    anmal(session, Anmalan(Slag.HANDELSE, handelse.id, handelse_id=handelse.id))


def test_a_right_that_ends_by_itself_ends_what_is_kept_at_that_moment(settings: Settings, database: Database) -> None:
    bygg(database)
    app, start = en_app(settings, database), clock.now()
    with clock.at(start):
        lasare = logga_in(app, LASARE)
    sista = 200
    for borja in (_tjanst_slutar, _roll_slutar, _lasratt_till_bilden_slutar, _medlemskap_slutar, _lasratt_slutar):
        start, slut = start + timedelta(minutes=2), start + timedelta(minutes=2, seconds=10)
        with transaction(database) as session:
            borja(session, slut)
        with clock.at(start):
            etag = kand(app, lasare)
            # Of what ends in the event nobody is told: an open page knows when to ask.
            om_det_sags = f'data-slut="{slut.isoformat()}"' in fraga(lasare).text
            assert om_det_sags is (borja in {_lasratt_till_bilden_slutar, _lasratt_slutar})
        with clock.at(slut - timedelta(seconds=1)), ritade(app) as ritat:
            assert fraga(lasare, etag).status_code == 304
        assert not ritat
        with clock.at(slut), ritade(app) as ritat:
            sista = fraga(lasare, etag).status_code
        assert ritat, f"{borja}: the page was kept for longer than the right"
    assert sista == 404


def test_an_open_page_that_asks_by_itself_may_stand_until_something_changes_or_a_right_ends(
    settings: Settings, database: Database
) -> None:
    bygg(database)
    app, start = en_app(settings, database), clock.now()
    slut = start + timedelta(minutes=5)
    with clock.at(start):
        lasare = logga_in(app, LASARE)
        with transaction(database) as session:
            _lasratt_slutar(session, slut)
        fraga(lasare, X_Live="1")
        etag = fraga(lasare, X_Live="1").headers["ETag"]
    with clock.at(start + timedelta(minutes=4)), ritade(app) as ritat:
        assert fraga(lasare, etag, X_Live="1").status_code == 304
        assert not ritat
        # A person who loads the page gets it drawn, and so does one who has another.
        assert fraga(lasare, etag).status_code in {200, 304}
        assert fraga(lasare, '"annan"', X_Live="1").status_code == 200
        assert len(ritat) == 2
    with clock.at(slut):
        assert fraga(lasare, etag, X_Live="1").status_code == 404


def test_a_login_that_has_lain_unused_or_run_out_sees_nothing(settings: Settings, database: Database) -> None:
    bygg(database)
    app, start = en_app(settings, database), clock.now()
    with clock.at(start):
        lasare = logga_in(app, LASARE)
        etag = kand(app, lasare)
    for senare in (timedelta(hours=13), timedelta(hours=24)):
        with clock.at(start + senare):
            assert fraga(lasare, etag, X_Live="1").status_code == 302


# --- whose it is ---------------------------------------------------------------------------------------------------


def test_a_kept_page_is_of_its_own_login_and_address_alone(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    en, annan, samma = logga_in(app, LASARE), logga_in(app, TALESPERSON), logga_in(app, LASARE)
    etag = kand(app, en)
    for client in (annan, samma):
        with ritade(app) as ritat:
            svar = fraga(client, etag)
        assert svar.status_code == 200
        assert ritat
        assert svar.headers["ETag"] != etag
    assert fraga(app.test_client(), etag).status_code == 302
    with ritade(app) as ritat:
        fraga(en, etag, f"{SIDA}?sedan=aldrig")
    assert ritat
    forfalskad = app.test_client()
    kaka = en.get_cookie("wis")
    assert kaka is not None
    forfalskad.set_cookie("wis", kaka.value[:-3] + "abc")
    assert fraga(forfalskad, etag).status_code == 302


def test_logging_out_empties_what_the_browser_keeps(settings: Settings, database: Database) -> None:
    bygg(database)
    egen = "https://wis.example"
    app = en_app(replace(settings, base_url=egen), database)
    client: FlaskClient = app.test_client()
    svar = client.post("/logga-ut", base_url=egen)
    assert svar.headers["Clear-Site-Data"] == '"cache"'
