"""A page drawn for one reader and filled for others: each gets what they would have had alone, and nobody another's."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_person_hos, subjekt_for
from tests.security.klass_stod import BILD, EN, SIDOR, TRE, TVA, bygg_klass, far_delas, inloggade, tom, vittnen
from tests.snabbvag_stod import SIDA, fraga, handelsen, logga_in, ritade
from tests.web.ytor_data import besluta, las_till, publicera, underratta
from wis import clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.atkomst import inloggad
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.delat import las_nummer
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, HandelseLasare
from wis.lagesbild.lasratt import las_for_lasratt, satt_lasratt
from wis.lagesbild.models import Lagesbild
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return bygg_klass(settings, database)


@pytest.fixture
def pa_varje(settings: Settings, varje_databas: Database) -> Flask:
    """The same on SQLite and on PostgreSQL."""
    return bygg_klass(settings, varje_databas)


def test_the_third_of_a_class_gets_the_page_in_their_own_name_and_with_forms_that_work(pa_varje: Flask) -> None:
    app = pa_varje
    with clock.at(clock.now()):
        en, tva, tre = inloggade(app, EN, TVA, TRE)
        for adress in SIDOR:
            vittnen(app, en, tva, adress=adress)
            assert far_delas(app, tre, adress)
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
    tom(app)
    vittnen(app, en, tva)
    with ritade(app) as ritat:
        assert "Tre &amp; Träd" in fraga(tre).text
    assert ritat


# --- how far each has read ------------------------------------------------------------------------------------------


def test_those_who_have_read_equally_far_share_and_others_see_their_own_marks(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        for nummer in range(5):
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"m{nummer}@nacka.example")
    inne = inloggade(app, *(f"m{nummer}@nacka.example" for nummer in range(5)))
    borjan = clock.now()
    with clock.at(borjan + timedelta(seconds=5)), transaction(database) as session:
        underratta(session, handelsen(session), "Den nyaste")
    with clock.at(borjan + timedelta(seconds=20)):
        for nummer, client in enumerate(inne[:4]):
            # Each at a moment of their own, the last one after the newest thing.
            assert las_till(client, borjan + timedelta(seconds=nummer if nummer < 3 else 10)) == 302
        tom(app)
        vittnen(app, inne[0], inne[1])
        assert far_delas(app, inne[2])
        assert "1 ny sak" in fraga(inne[2]).text
        assert not far_delas(app, inne[3])
        assert "ny sak" not in fraga(inne[3]).text
        assert not far_delas(app, inne[4])
        assert "Du har inte läst den här händelsen förut" in fraga(inne[4]).text


# --- what changes ---------------------------------------------------------------------------------------------------


def test_what_is_shared_ends_with_the_right_to_read_the_number_and_the_half_minute(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    with transaction(database) as session:
        for nummer in range(8):
            en_person_hos(session, "nacka", Roll.LASARE, epost=f"n{nummer}@nacka.example")
    inne = iter(inloggade(app, *(f"n{nummer}@nacka.example" for nummer in range(8))))
    vittnen(app, next(inne), next(inne))
    assert far_delas(app, next(inne))
    with clock.at(clock.now() + timedelta(seconds=31)):
        assert not far_delas(app, next(inne))
    with transaction(database) as session:
        underratta(session, handelsen(session), "Alldeles nytt")
    client = next(inne)
    assert not far_delas(app, client)
    assert "Alldeles nytt" in fraga(client).text
    vittnen(app, next(inne))
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
    inne = iter(inloggade(app, *(f"b{nummer}@nacka.example" for nummer in range(4 * len(steg)))))
    for andring, delas, text, status in steg:
        for _ in range(2):
            assert next(inne).get(BILD).status_code == 200
        assert far_delas(app, next(inne), BILD)
        with transaction(database) as session:
            andring(session)
            fore = las_nummer(session, handelsen(session).id)
        with ritade(app) as ritat:
            svar = next(inne).get(BILD)
        assert (not ritat, svar.status_code) == (delas, status), andring
        assert text in svar.text
        assert status == 404 or f'data-nummer="{fore + 1}"' in svar.text
