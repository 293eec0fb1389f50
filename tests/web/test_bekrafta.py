"""Proving to be oneself before what an open screen must not be enough for, and changing one's password."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web.konton_stod import KIM, NYTT, logg, sida
from wis import clock
from wis.auth import faktorer_app
from wis.auth.models import Anvandare, Engangslank, Inloggning, Lanktyp
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton import lankar
from wis.notiser.models import Kanal
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA = "vera@nacka.example"
SMS, BJUD_IN, LOSENORD = "/mina-notiser/sms", "/aktorer/nacka/anvandare/bjud-in", "/mitt-konto/losenord"
NUMMER = "070-174 06 05"
SENARE = timedelta(minutes=16)
RUBRIK = "Bekräfta att det är du"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True)


@pytest.fixture
def vera(logga_in: LoggaIn, database: Database) -> FlaskClient:
    """Vera, who proved to be Vera sixteen minutes ago."""
    client = logga_in(VERA)
    with transaction(database) as session:
        for rad in session.scalars(select(Inloggning)):
            rad.bekraftad = clock.now() - SENARE
    return client


@pytest.fixture
def hemlighet(database: Database, settings: Settings) -> str:
    """The secret of Vera's app."""
    secret, earlier = pyotp.random_base32(), clock.now() - timedelta(hours=1)
    with transaction(database) as session, clock.at(earlier):
        vera = find_anvandare(session, VERA)
        assert vera is not None
        assert faktorer_app.satt(session, settings, vera, secret, pyotp.TOTP(secret).at(earlier))
    return secret


def kanaler(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Kanal.adress)))


def test_within_a_quarter_of_the_login_nothing_is_asked(logga_in: LoggaIn, database: Database) -> None:
    assert logga_in(VERA).post(SMS, data={"adress": NUMMER}).status_code == 302
    assert kanaler(database) == ["+46701740605"]


def test_later_the_password_is_asked_for_and_the_form_goes_on_by_itself(vera: FlaskClient, database: Database) -> None:
    page = sida(vera.post(SMS, data={"adress": NUMMER}), 403)
    assert RUBRIK in page
    assert f'<textarea name="adress" hidden>{NUMMER}</textarea>' in page
    assert f'<form method="post" action="{SMS}"' in page
    assert kanaler(database) == []
    answer = vera.post(SMS, data={"adress": NUMMER, "bekrafta_losenord": f.LOSENORD})
    assert answer.headers["Location"] == "/mina-notiser"
    assert kanaler(database) == ["+46701740605"]
    assert len(logg(database, "bekräftad")) == 1


def test_then_it_is_not_asked_again_for_a_quarter(vera: FlaskClient) -> None:
    vera.post(SMS, data={"adress": NUMMER, "bekrafta_losenord": f.LOSENORD})
    assert vera.post(f"{SMS}/ta-bort").status_code == 302
    with clock.at(clock.now() + SENARE):
        assert RUBRIK in sida(vera.post(f"{SMS}/ta-bort"), 403)


@pytest.mark.parametrize("losen", ["", "fel lösenord för prov"])
def test_a_wrong_password_does_nothing_and_keeps_what_was_typed(
    vera: FlaskClient, database: Database, losen: str
) -> None:
    page = sida(vera.post(SMS, data={"adress": NUMMER, "bekrafta_losenord": losen}), 422)
    assert NUMMER in page
    assert "stämmer inte" in page if losen else "Skriv ditt lösenord." in page
    assert losen == "" or losen not in page
    assert kanaler(database) == []
    assert len(logg(database, "bekräftelse misslyckad")) == bool(losen)


def test_guessing_is_stopped_and_recorded_once(vera: FlaskClient, database: Database) -> None:
    data = {"adress": NUMMER, "bekrafta_losenord": "fel"}
    answers = [vera.post(SMS, data=data).status_code for _ in range(13)]
    assert answers == [422] * 10 + [429] * 3
    stopped = vera.post(SMS, data=data | {"bekrafta_losenord": f.LOSENORD})
    assert stopped.headers["Retry-After"] == "900"
    assert "Vänta 15 minuter" in sida(stopped, 429)
    assert len(logg(database, "bekräftelse misslyckad")) == 10
    assert len(logg(database, "bekräftelse strypt")) == 1
    assert kanaler(database) == []


@pytest.mark.parametrize("akt", ["", "/stang-av", "/slapp-in", "/skicka-lank"])
def test_rights_are_not_changed_without_it(vera: FlaskClient, database: Database, akt: str) -> None:
    with database.reading() as session:
        person = find_anvandare(session, VERA)
        assert person is not None
        path = f"/aktorer/nacka/anvandare/{person.medlemskap[0].id}{akt}"
    assert RUBRIK in sida(vera.post(path, data={"roll": "lasare"}), 403)


def test_nobody_is_invited_without_it_and_the_invitation_is_kept(vera: FlaskClient, database: Database) -> None:
    page = sida(vera.post(BJUD_IN, data=KIM), 403)
    assert all(f'<textarea name="{namn}" hidden>{varde}</textarea>' in page for namn, varde in KIM.items())
    with database.reading() as session:
        assert find_anvandare(session, KIM["epost"]) is None


def test_reading_needs_no_proof(vera: FlaskClient) -> None:
    assert vera.get(BJUD_IN).status_code == 200
    assert vera.get("/mina-notiser").status_code == 200


def test_a_script_is_told_what_is_missing(vera: FlaskClient) -> None:
    answer = vera.post(SMS, data={"adress": NUMMER}, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.get_json()["kod"] == "bekrafta"


def test_from_another_site_nothing_is_carried_along(vera: FlaskClient) -> None:
    page = sida(vera.post(SMS, data={"adress": NUMMER}, headers={"Sec-Fetch-Site": "cross-site"}), 403)
    assert NUMMER not in page


class TestWithAnApp:
    @pytest.fixture
    def vera_med_app(self, vera: FlaskClient, hemlighet: str) -> FlaskClient:
        assert hemlighet
        return vera

    def test_the_password_alone_is_not_enough(self, vera_med_app: FlaskClient, database: Database) -> None:
        data = {"adress": NUMMER, "bekrafta_losenord": f.LOSENORD}
        assert "Skriv koden från din app" in sida(vera_med_app.post(SMS, data=data), 422)
        assert "Koden stämmer inte" in sida(vera_med_app.post(SMS, data=data | {"bekrafta_kod": "000000"}), 422)
        assert kanaler(database) == []

    def test_with_its_code_the_form_goes_on(
        self, vera_med_app: FlaskClient, database: Database, hemlighet: str
    ) -> None:
        kod = pyotp.TOTP(hemlighet).at(clock.now())
        data = {"adress": NUMMER, "bekrafta_losenord": f.LOSENORD, "bekrafta_kod": kod}
        assert vera_med_app.post(SMS, data=data).status_code == 302
        assert kanaler(database) == ["+46701740605"]

    def test_a_code_is_good_once(self, vera_med_app: FlaskClient, database: Database, hemlighet: str) -> None:
        kod = pyotp.TOTP(hemlighet).at(clock.now())
        data = {"adress": NUMMER, "bekrafta_losenord": f.LOSENORD, "bekrafta_kod": kod}
        vera_med_app.post(SMS, data=data)
        with transaction(database) as session:
            for rad in session.scalars(select(Inloggning)):
                rad.bekraftad = clock.now() - SENARE
        assert "redan använd" in sida(vera_med_app.post(SMS, data=data), 422)


class TestThePassword:
    def test_its_page_asks_first_and_leads_back(self, vera: FlaskClient) -> None:
        asked = vera.get(LOSENORD)
        assert asked.headers["Location"] == f"/mitt-konto/bekrafta?nasta={LOSENORD}"
        assert RUBRIK in sida(vera.get(asked.headers["Location"]))
        answer = vera.post(asked.headers["Location"], data={"bekrafta_losenord": f.LOSENORD})
        assert answer.headers["Location"] == LOSENORD
        assert "Byt lösenord" in sida(vera.get(LOSENORD))

    @pytest.mark.parametrize("nasta", ["//ond.example", "https://ond.example"])
    def test_the_proof_never_leads_to_another_site(self, vera: FlaskClient, nasta: str) -> None:
        answer = vera.post(
            "/mitt-konto/bekrafta", query_string={"nasta": nasta}, data={"bekrafta_losenord": f.LOSENORD}
        )
        assert answer.headers["Location"] == "/logga-in"

    def test_a_new_one_ends_every_other_login_and_link(
        self, app: Flask, logga_in: LoggaIn, database: Database, settings: Settings
    ) -> None:
        here, other = logga_in(VERA), logga_in(VERA)
        with transaction(database) as session:
            vera = find_anvandare(session, VERA)
            assert vera is not None
            lankar.skapa(session, vera, Lanktyp.ATERSTALLNING, settings.base_url)
        answer = here.post(LOSENORD, data={"losenord": NYTT, "losenord_igen": NYTT}, follow_redirects=True)
        assert "Lösenordet är bytt" in sida(answer)
        assert other.get("/handelser").status_code == 302
        assert here.get("/handelser").status_code == 200
        for losen, status in ((f.LOSENORD, 422), (NYTT, 302)):
            login = app.test_client().post("/logga-in", data={"epost": VERA, "losenord": losen})
            assert login.status_code == status
        with database.reading() as session:
            assert session.scalars(select(Engangslank.giltig_till)).one() <= clock.now()
        assert len(logg(database, "lösenord bytt")) == 1

    @pytest.mark.parametrize(
        ("nytt", "igen", "fel"),
        [
            ("kort", "kort", "minst 15 tecken"),
            (NYTT, "något annat", "inte lika"),
            ("Sommar2026Sommar2026", None, "lätt att gissa"),
            ("Nacka Nacka Nacka 1", None, "bygger på ditt namn"),
        ],
    )
    def test_a_poor_one_is_refused_with_how_to_mend_it(
        self, logga_in: LoggaIn, database: Database, nytt: str, igen: str | None, fel: str
    ) -> None:
        with database.reading() as session:
            before = session.scalars(select(Anvandare.losenord_hash)).one()
        page = sida(logga_in(VERA).post(LOSENORD, data={"losenord": nytt, "losenord_igen": igen or nytt}), 422)
        assert fel in page
        assert not re.search(rf'value="{re.escape(nytt)}"', page)
        with database.reading() as session:
            assert session.scalars(select(Anvandare.losenord_hash)).one() == before
