"""A page drawn for one reader and filled for others: each gets what they would have had alone, and nobody another's."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import en_app
from tests.factories import en_aktor, en_anvandare, en_person_hos, ett_medlemskap, subjekt_for
from tests.funktioner_stod import en_funktion, i_tjanst
from tests.lasratt import en_handelseroll
from tests.snabbvag_stod import SIDA, bygg, fraga, handelsen, logga_in, medlemskapet, ritade, utan_engangs, vem
from tests.web.ytor_data import besluta, las_till, publicera, underratta
from wis import clock, efterat
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.atkomst import inloggad
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import find_anvandare
from wis.auth.rules import Fragas, Roll
from wis.auth.service import rattighet_andrad
from wis.db import Database
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.handelser.delat import las_nummer
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, Handelsebeslut, HandelseLasare
from wis.lagesbild.lasratt import las_for_lasratt, satt_lasratt
from wis.lagesbild.models import Lagesbild, Utkast
from wis.notiser.models import Kanalslag, Kvittens, Leverans, Status, Utskick, Utskicksslag
from wis.settings import Settings
from wis.snabbvag_klass import Klassminne
from wis.snabbvag_minne import Minne
from wis.tx import transaction

BILD = f"{SIDA}/lagesbild/polisen"
SIDOR = [SIDA, BILD, f"{BILD}/versioner/1"]
EN, TVA, TRE = "en@nacka.example", "tva@nacka.example", "tre@nacka.example"
TALAR = [f"{namn}@solna.example" for namn in ("a", "b", "c")]


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return _bygg(settings, database)


@pytest.fixture
def pa_varje(settings: Settings, varje_databas: Database) -> Flask:
    """The same on SQLite and on PostgreSQL."""
    return _bygg(settings, varje_databas)


def _bygg(settings: Settings, database: Database) -> Flask:
    bygg(database)
    with transaction(database) as session:
        for epost, namn in [(EN, "Ett Ek"), (TVA, "Två <b>Tall"), (TRE, "Tre & Träd")]:
            ett_medlemskap(session, en_anvandare(session, epost, namn=namn), en_aktor(session, "nacka"), Roll.LASARE)
        for epost in TALAR:
            en_person_hos(session, "solna", Roll.TALESPERSON, epost=epost)
    return en_app(settings, database)


def test_the_third_of_a_class_gets_the_page_in_their_own_name_and_with_forms_that_work(pa_varje: Flask) -> None:
    app = pa_varje
    with clock.at(clock.now()):
        en, tva, tre = _inloggade(app, EN, TVA, TRE)
        for adress in SIDOR:
            _vittnen(app, en, tva, adress=adress)
            assert _delas(app, tre, adress)
        svar, andras = fraga(tre), fraga(en)
    assert "Tre &amp; Träd" in svar.text
    assert not {"Ett Ek", "Tall"} & set(re.findall(r"Ett Ek|Tall", svar.text))
    nonce = re.search(r"'nonce-([^']+)'", svar.headers["Content-Security-Policy"])
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in svar.text
    assert nonce[1] not in andras.text
    assert svar.headers["ETag"] != andras.headers["ETag"]
    assert "\x02" not in svar.text
    # What was signed for them is theirs: nobody else's is in the page, and theirs is taken.
    mitt, annans = (re.search(r'name="underskrift" value="([^"]+)"', text) for text in (svar.text, andras.text))
    assert mitt is not None
    assert annans is not None
    assert mitt[1] != annans[1]
    token = re.search(r'name="csrf-token" content="([^"]+)"', svar.text)
    assert token is not None
    app.config["WTF_CSRF_ENABLED"] = True
    for underskrift, tagen in [(annans[1], False), (mitt[1], True)]:
        data = {"underskrift": underskrift, "text": "", "csrf_token": token[1]}
        fick = tre.post("/fragor/stall", data=data, headers={"Referer": "http://localhost/"})
        assert (fick.status_code == 302) is tagen, fick.text


def test_what_has_no_hole_and_differs_between_two_is_sent_to_nobody_else(app: Flask) -> None:
    vyn = app.view_functions["ytor.handelse"]
    en, tva, tre = (logga_in(app, epost) for epost in (EN, TVA, TRE))

    def lackande(slug: str) -> Any:
        return f"{vyn(slug)}<!-- {inloggad().namn} -->"

    lackande.visbar_som = True  # type: ignore[attr-defined]
    app.view_functions["ytor.handelse"] = lackande
    _tom(app)
    _vittnen(app, en, tva)
    with ritade(app) as ritat:
        assert "Tre &amp; Träd" in fraga(tre).text
    assert ritat


# --- who has a page of their own -----------------------------------------------------------------------------------


def _slutar_snart(session: Session, epost: str) -> None:
    medlemskapet(session, epost).giltig_till = clock.now() + timedelta(seconds=20)


def _flera(session: Session, epost: str) -> None:
    ett_medlemskap(session, _person(session, epost), en_aktor(session, "solna"), Roll.LASARE)


def _i_handelsen(session: Session, epost: str) -> None:
    en_handelseroll(session, _person(session, epost), handelsen(session), Roll.TALESPERSON)


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
    en, tva, tre = _inloggade(app, EN, TVA, TRE)
    egna = {namn: logga_in(app, f"{namn}@nacka.example") for namn in EGNA}
    _tom(app)
    _vittnen(app, en, tva)
    for namn, andring in EGNA.items():
        with transaction(database) as session:
            andring(session, f"{namn}@nacka.example")
            rattighet_andrad(session, _person(session, f"{namn}@nacka.example"))
        assert not _delas(app, egna[namn]), namn
        assert "Kvittera" in fraga(egna[namn]).text or namn != "kvittera"
    assert _delas(app, tre)


def test_that_what_was_sent_is_opened_is_noted_though_the_page_was_drawn_for_others(pa_varje: Flask) -> None:
    app = pa_varje
    database: Database = app.extensions["wis_database"]

    def lasta() -> list[int]:
        efterat.skriv_nu(database)
        with database.reading() as session:
            return list(session.scalars(select(Kvittens.anvandare_id)))

    en, tva, tre = _inloggade(app, EN, TVA, TRE)
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
    en, tva, tre, *talar = _inloggade(app, EN, TVA, TRE, *TALAR)
    _vittnen(app, en, tva)
    assert not _delas(app, tre)
    _vittnen(app, *talar[:2])
    assert _delas(app, talar[2])
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
    _tom(app)
    for client in talar:
        assert not _delas(app, client)
        assert "Frågor (1)" in fraga(client).text


# --- how far each has read ------------------------------------------------------------------------------------------


def test_those_who_have_read_equally_far_share_and_others_see_their_own_marks(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        for nummer in range(5):
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"m{nummer}@nacka.example")
    inne = _inloggade(app, *(f"m{nummer}@nacka.example" for nummer in range(5)))
    borjan = clock.now()
    with clock.at(borjan + timedelta(seconds=5)), transaction(database) as session:
        underratta(session, handelsen(session), "Den nyaste")
    with clock.at(borjan + timedelta(seconds=20)):
        for nummer, client in enumerate(inne[:4]):
            # Each at a moment of their own, the last one after the newest thing.
            assert las_till(client, borjan + timedelta(seconds=nummer if nummer < 3 else 10)) == 302
        _tom(app)
        _vittnen(app, inne[0], inne[1])
        assert _delas(app, inne[2])
        assert "1 ny sak" in fraga(inne[2]).text
        assert not _delas(app, inne[3])
        assert "ny sak" not in fraga(inne[3]).text
        assert not _delas(app, inne[4])
        assert "Du har inte läst den här händelsen förut" in fraga(inne[4]).text


# --- what changes ---------------------------------------------------------------------------------------------------


def test_what_is_shared_ends_with_the_right_to_read_the_number_and_the_half_minute(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        for nummer in range(8):
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"n{nummer}@nacka.example")
    inne = iter(_inloggade(app, *(f"n{nummer}@nacka.example" for nummer in range(8))))
    _vittnen(app, next(inne), next(inne))
    assert _delas(app, next(inne))
    with clock.at(clock.now() + timedelta(seconds=31)):
        assert not _delas(app, next(inne))
    with transaction(database) as session:
        underratta(session, handelsen(session), "Alldeles nytt")
    client = next(inne)
    assert not _delas(app, client)
    assert "Alldeles nytt" in fraga(client).text
    _vittnen(app, next(inne))
    with transaction(database) as session:
        sak = handelsen(session)
        sak.alla_aktorer = False
        session.add(HandelseLasare(handelse_id=sak.id, aktor_id=en_aktor(session, "polisen").id))
        anmal(session, Andring(Slag.HANDELSE, sak.id, handelse_id=sak.id))
    for client in inne:
        assert client.get(SIDA).status_code == 404


def test_the_page_of_a_lagesbild_is_shared_until_it_or_its_event_changes_itself(pa_varje: Flask) -> None:
    app = pa_varje
    database: Database = app.extensions["wis_database"]

    def annat(session: Session) -> None:
        underratta(session, handelsen(session), "En annan sak")
        publicera(session, handelsen(session), "trafikverket", text="Vägarna är öppna.")

    def sjalv(session: Session) -> None:
        publicera(session, handelsen(session), "polisen", text="Nu är det annorlunda.")

    def om_handelsen(session: Session) -> None:
        handelsen(session).rubrik = "Snöovädret Ada"
        besluta(session, handelsen(session), Beslutsslag.ANDRAD, "Namn")

    def smalare(session: Session) -> None:
        bild = session.scalars(select(Lagesbild).join(Aktor).where(Aktor.slug == "polisen")).one()
        who = en_person_hos(session, "polisen", Roll.TALESPERSON)
        last = las_for_lasratt(session, subjekt_for(session, who), bild.id)
        satt_lasratt(session, subjekt_for(session, who), last, Lasarval(frozenset()), "")

    steg: list[tuple[Callable[[Session], None], bool, str, int]] = [
        (annat, True, "just version 1", 200),
        (sjalv, False, "just version 2", 200),
        (om_handelsen, False, "Snöovädret Ada", 200),
        (smalare, False, "", 404),
    ]
    with transaction(database) as session:
        for nummer in range(4 * len(steg)):
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"b{nummer}@nacka.example")
    inne = iter(_inloggade(app, *(f"b{nummer}@nacka.example" for nummer in range(4 * len(steg)))))
    for andring, delas, text, status in steg:
        for _ in range(2):
            assert next(inne).get(BILD).status_code == 200
        assert _delas(app, next(inne), BILD)
        with transaction(database) as session:
            andring(session)
            fore = las_nummer(session, handelsen(session).id)
        with ritade(app) as ritat:
            svar = next(inne).get(BILD)
        assert (not ritat, svar.status_code) == (delas, status), andring
        assert text in svar.text
        assert status == 404 or f'data-nummer="{fore + 1}"' in svar.text


# --- what the tests share -------------------------------------------------------------------------------------------


def _person(session: Session, epost: str) -> Anvandare:
    person = find_anvandare(session, epost)
    assert person is not None
    return person


def _inloggade(app: Flask, *eposter: str) -> list[FlaskClient]:
    inne = [logga_in(app, epost) for epost in eposter]
    _tom(app)
    return inne


def _tom(app: Flask) -> None:
    """Nothing is kept."""
    vag = app.extensions["wis_snabbvag"]
    vag.minne, vag.delning.klasser = Minne(10**7), Klassminne()


def _vittnen(app: Flask, *vilka: FlaskClient, adress: str = SIDA) -> None:
    """Let these have the page drawn, each for themselves."""
    for client in vilka:
        with ritade(app) as ritat:
            assert client.get(adress).status_code == 200
        assert len(ritat) == 1


def _delas(app: Flask, client: FlaskClient, adress: str = SIDA) -> bool:
    """Whether what they are sent was drawn for others; it is what they would have had alone in any case."""
    samlaren = efterat.samlare(app.extensions["wis_database"])
    # What the first leaves behind (that the version has been read) is on no page before the second is drawn.
    samlaren.inom = 3600
    try:
        with clock.at(clock.now()):
            with ritade(app) as ritat:
                svar = client.get(adress)
            alone = _ensam(app, client, adress)
    finally:
        samlaren.inom = 0
        samlaren.skriv_nu(app.extensions["wis_database"])
    assert utan_engangs(svar.text) == utan_engangs(alone.text)
    assert svar.status_code == alone.status_code == 200
    assert sorted(svar.headers.keys()) == sorted(alone.headers.keys())
    return not ritat


def _ensam(app: Flask, client: FlaskClient, adress: str) -> TestResponse:
    """The page as it would be drawn for one who is of no class."""
    vag = app.extensions["wis_snabbvag"]
    kvar = vag.delning.klasser, vag.minne
    _tom(app)
    vag.delning.lasare = lambda *_: None
    try:
        return client.get(adress)
    finally:
        vag.delning.klasser, vag.minne = kvar
        del vag.delning.lasare
