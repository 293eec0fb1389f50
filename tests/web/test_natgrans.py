"""What counts against a network, and what is no guess: a whole town hall sits behind one address."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.web.konton_stod import ANNA, NYTT, SIV, VERA, LoggaIn, lank, nackas_folk, sida
from wis import clock
from wis.auth import natgrans
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

FLER_AN_GRANSEN = 55
MISSLYCKADE = "/aktorer/nacka/misslyckade"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


def fran(app: Flask, adress: str) -> FlaskClient:
    """Somebody behind this address."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = adress
    return client


def logga_in_fel(client: FlaskClient, epost: str, antal: int = 1) -> int:
    """The status of the last of so many wrong passwords."""
    data = {"epost": epost, "losenord": "fel lösenord för prov"}
    return [client.post("/logga-in", data=data).status_code for _ in range(antal)][-1]


def test_many_who_have_forgotten_their_passwords_stop_nobody(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wis.konton.views.MINSTA_SVARSTID", 0)
    for number in range(FLER_AN_GRANSEN):
        assert client.post("/glomt-losenord", data={"epost": f"p{number}@nacka.example"}).status_code == 200
        assert client.post("/glomt-losenord", data={"epost": ""}).status_code == 422
    assert client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD}).status_code == 302


def test_but_there_is_an_end_to_the_letters_too(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wis.konton.views.MINSTA_SVARSTID", 0)
    flest = int(natgrans.PER_NATVERK_GLOMT.split()[0])
    for _ in range(flest):
        assert client.post("/glomt-losenord", data={"epost": ""}).status_code == 422
    page = sida(client.post("/glomt-losenord", data={"epost": VERA}), 429)
    assert "Det har begärts för många länkar från ditt nätverk." in page


def test_who_chooses_poor_passwords_is_no_guesser(client: FlaskClient, database: Database) -> None:
    client.post("/glomt-losenord", data={"epost": VERA})
    path = lank(database)
    for _ in range(FLER_AN_GRANSEN):
        assert client.post(path, data={"losenord": "kort", "losenord_igen": "kort"}).status_code == 422
    assert client.post(path, data={"losenord": NYTT, "losenord_igen": NYTT}).status_code == 302


def test_who_guesses_links_is(client: FlaskClient) -> None:
    answers = [client.post("/konto/hittepa", data={"losenord": "x"}).status_code for _ in range(52)]
    assert answers == [404] * 50 + [429] * 2


def test_who_is_stopped_for_guessing_can_still_ask_for_a_new_password(app: Flask) -> None:
    guesser = fran(app, "192.0.2.7")
    for number in range(FLER_AN_GRANSEN):
        last = logga_in_fel(guesser, f"p{number}@nacka.example")
    assert last == 429
    assert guesser.post("/glomt-losenord", data={"epost": VERA}).status_code == 200


class TestOnTheListOfFailures:
    def test_a_stopped_network_stands_where_it_tried_ones_own_accounts(self, app: Flask, logga_in: LoggaIn) -> None:
        guesser = fran(app, "192.0.2.7")
        logga_in_fel(guesser, VERA)
        for number in range(FLER_AN_GRANSEN):
            logga_in_fel(guesser, f"p{number}@taby.example")
        page = sida(logga_in(ANNA).get(MISSLYCKADE))
        assert "Stoppade nätverk" in page
        assert "192.0.2.7, en gång" in page
        theirs = sida(logga_in(SIV).get("/aktorer/solna/misslyckade"))
        assert "Stoppade nätverk" not in theirs
        assert "bara om det också har försökt med något av era konton" in theirs

    def test_those_who_have_left_and_guests_are_not_on_it(
        self, app: Flask, logga_in: LoggaIn, database: Database
    ) -> None:
        gast, slutat = "gast@solna.example", "slutat@nacka.example"
        with transaction(database) as session:
            handelse = f.en_handelse(session, "nacka")
            guest = f.en_person_hos(session, "nacka", Roll.LASARE, epost=gast).medlemskap[0]
            guest.gast_handelse_id, guest.giltig_till = handelse.id, clock.now() + timedelta(days=3)
            left = f.en_person_hos(session, "nacka", Roll.LASARE, epost=slutat).medlemskap[0]
            left.avstangd = clock.now()
        for epost in (gast, slutat, VERA):
            logga_in_fel(fran(app, "192.0.2.9"), epost)
        page = sida(logga_in(ANNA).get(MISSLYCKADE))
        assert VERA in page
        assert gast not in page
        assert slutat not in page
