"""The list of failed logins that an actor's administrator sees."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.web.konton_stod import ANNA, SIV, VERA, LoggaIn, nackas_folk, sida
from wis import audit, clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton import inloggningsforsok
from wis.tx import transaction

MISSLYCKADE = "/aktorer/nacka/misslyckade"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


def gissa(app: Flask, epost: str, antal: int, adress: str) -> None:
    for _ in range(antal):
        data = {"epost": epost, "losenord": "fel lösenord för prov"}
        app.test_client().post("/logga-in", data=data, environ_overrides={"REMOTE_ADDR": adress})


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Nacka's administrator."""
    return logga_in(ANNA)


def test_says_whose_account_from_where_and_how_often(app: Flask, anna: FlaskClient) -> None:
    gissa(app, VERA, 3, "192.0.2.7")
    gissa(app, VERA, 1, "198.51.100.9")
    page = sida(anna.get(MISSLYCKADE))
    assert "4 försök" in page
    assert page.count(VERA) == 2
    assert '192.0.2.7</td>\n      <td role="cell" data-etikett="Antal">3</td>' in page
    assert "Fel lösenord" in page


def test_says_that_a_guesser_was_stopped(app: Flask, anna: FlaskClient) -> None:
    gissa(app, VERA, 12, "192.0.2.7")
    assert "Stoppad efter många försök" in sida(anna.get(MISSLYCKADE))


def test_shows_nothing_of_other_actors_people_nor_of_unknown_accounts(app: Flask, anna: FlaskClient) -> None:
    gissa(app, SIV, 2, "192.0.2.7")
    gissa(app, "ingen@nacka.example", 2, "192.0.2.7")
    page = sida(anna.get(MISSLYCKADE))
    assert "Inga misslyckade inloggningar" in page
    assert "192.0.2.7" not in page


def test_forgets_what_is_older_than_thirty_days(app: Flask, logga_in: LoggaIn) -> None:
    gissa(app, VERA, 2, "192.0.2.7")
    with clock.at(clock.now() + timedelta(days=31)):
        gissa(app, VERA, 1, "198.51.100.9")
        page = sida(logga_in(ANNA).get(MISSLYCKADE))
    assert "1 försök" in page
    assert "192.0.2.7" not in page


@pytest.mark.parametrize("epost", [VERA, SIV])
def test_is_for_the_actors_administrators_alone(logga_in: LoggaIn, epost: str) -> None:
    assert logga_in(epost).get(MISSLYCKADE).status_code in {403, 404}


def test_of_very_many_the_latest_are_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inloggningsforsok, "FLEST", 3)
    with transaction(database) as session:
        person = f.en_person_hos(session, "nacka", Roll.LASARE)
        for number in range(5):
            audit.record(session, "inloggning misslyckad", objekt=person.adress, adress=f"192.0.2.{number}")
        found = inloggningsforsok.misslyckade(session, [person.id], clock.now())
    assert not found.alla
    assert {rad.adress for rad in found.forsok} == {"192.0.2.4", "192.0.2.3", "192.0.2.2"}
