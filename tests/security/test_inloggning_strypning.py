"""A thousand guesses: who is stopped, who is not, and what an answer tells. What its time tells: inloggning_tid."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.web.konton_stod import brev, logg
from wis.auth import natgrans
from wis.auth.rules import Roll
from wis.auth.strypning import PER_KONTO, Strypning, natverk
from wis.db import Database
from wis.notiser.models import Leverans
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA, INGEN = "vera@nacka.example", "ingen@nacka.example"
FEL = "fel-fel-fel-fel-fel"
SLUTEN_SIDA = "/handelser"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA)


def forsok(client: FlaskClient, epost: str, losen: str = FEL, adress: str = "192.0.2.1", **mer: str) -> TestResponse:
    """One try to log in from this network address."""
    data = {"epost": epost, "losenord": losen}
    return client.post("/logga-in", data=data, environ_overrides={"REMOTE_ADDR": adress}, headers=mer)


def adresser() -> Iterator[str]:
    """Addresses in networks of their own, without end."""
    return (f"10.{a}.{b}.7" for a in range(256) for b in range(256))


@pytest.mark.parametrize("gissningar", [100, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("manga_nat", [False, True], ids=["one network", "each from a network of its own"])
def test_a_thousand_guesses_stop_the_guesser_and_not_the_person(
    app: Flask, logga_in: LoggaIn, database: Database, gissningar: int, manga_nat: bool
) -> None:
    known, fran = logga_in(VERA), adresser()
    known.post("/logga-ut")
    stranger = app.test_client()
    answers = [
        forsok(stranger, VERA, adress=next(fran) if manga_nat else "203.0.113.7").status_code for _ in range(gissningar)
    ]
    assert answers == [422] * 10 + [429] * (gissningar - 10)
    # The right word comes too late for the guesser, and in time for the person.
    assert forsok(stranger, VERA, f.LOSENORD, next(fran)).status_code == 429
    assert forsok(known, VERA, f.LOSENORD).status_code == 302
    assert known.get(SLUTEN_SIDA).status_code == 200
    assert len(logg(database, "inloggning misslyckad")) == 10
    assert len(logg(database, "inloggning strypt")) <= 2


class TestAKnownAndAnUnknownAccount:
    def test_get_the_same_answer_when_a_link_is_asked_for(self, client: FlaskClient, database: Database) -> None:
        pages = []
        for epost in (VERA, INGEN):
            answer = client.post("/glomt-losenord", data={"epost": epost})
            assert answer.status_code == 200
            pages.append(answer.get_data(as_text=True).count("kommer ett brev inom några minuter"))
        assert pages == [1, 1]
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Leverans)) == 1


class TestOneNetwork:
    @pytest.mark.parametrize(
        ("adress", "nat"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", ""),
            ("unix:", "unix:"),
        ],
    )
    def test_is_an_address_or_half_an_address_of_the_longer_kind(self, adress: str, nat: str) -> None:
        assert natverk(adress) == nat

    def test_of_the_longer_kind_is_stopped_however_many_addresses_it_has(self, app: Flask) -> None:
        client = app.test_client()
        answers = [
            forsok(client, f"person{number}@nacka.example", adress=f"2001:db8:1:2::{number:x}").status_code
            for number in range(1, 53)
        ]
        assert answers == [422] * 50 + [429] * 2
        assert forsok(client, VERA, f.LOSENORD, "2001:db8:1:2:ffff::1").status_code == 429
        assert forsok(client, VERA, f.LOSENORD, "2001:db8:1:3::1").status_code == 302

    def test_is_told_so_in_swedish_and_how_long_to_wait(self, app: Flask, database: Database) -> None:
        client = app.test_client()
        for _ in range(50):
            client.post("/konto/hittepa", data={"losenord": "x"})
        page = client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD})
        assert page.status_code == 429
        assert page.headers["Retry-After"] == "900"
        assert "Det har gjorts för många misslyckade försök från ditt nätverk" in page.get_data(as_text=True)
        assert f.LOSENORD not in page.get_data(as_text=True)
        script = forsok(client, VERA, adress="127.0.0.1", Accept="application/json")
        assert (script.status_code, script.get_json()["fel"]) == (429, "För många försök")
        assert len(logg(database, "inloggning strypt")) == 1
        # Whoever is in, and whoever only looks, notices nothing.
        assert client.get("/logga-in").status_code == 200

    def test_is_not_stopped_by_those_who_get_in(self, app: Flask) -> None:
        for _ in range(52):
            assert forsok(app.test_client(), VERA, f.LOSENORD).status_code == 302
        assert forsok(app.test_client(), VERA).status_code == 422

    def test_is_stopped_also_when_the_guesser_is_logged_in(self, app: Flask, logga_in: LoggaIn) -> None:
        inside = logga_in(VERA)
        answers = [forsok(inside, f"person{number}@nacka.example").status_code for number in range(52)]
        assert answers == [422] * 50 + [429] * 2

    def test_is_counted_at_every_form_that_is_open_to_strangers(self, app: Flask) -> None:
        open_forms = {
            rule.rule
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or set()) and getattr(app.view_functions[rule.endpoint], "oppen", False)
        }
        assert {"/logga-in", "/glomt-losenord", "/konto/<token>", "/logga-in/faktor"} <= open_forms
        for rule in open_forms:
            with app.test_request_context(rule.replace("<token>", "x"), method="POST"):
                assert not natgrans._oraknad(), rule
        with app.test_request_context(SLUTEN_SIDA):
            assert natgrans._oraknad()


def test_without_its_redis_each_process_goes_on_counting_by_itself() -> None:
    throttle = Strypning("redis://127.0.0.1:1/0?socket_connect_timeout=1")
    answers = [throttle.forsok((PER_KONTO, "konto:vera")) for _ in range(12)]
    assert answers == [True] * 10 + [False] * 2
    throttle.glom((PER_KONTO, "konto:vera"))
    assert throttle.forsok((PER_KONTO, "konto:vera"))


def test_a_letter_leads_to_our_own_address_whatever_host_was_asked_for(app: Flask, database: Database) -> None:
    asked = app.test_client().post("/glomt-losenord", data={"epost": VERA}, headers={"Host": "ond.example"})
    assert asked.status_code == 400
    assert brev(database) == []
    app.test_client().post("/glomt-losenord", data={"epost": VERA}, headers={"X-Forwarded-Host": "ond.example"})
    assert [("ond.example" in text, "http://localhost/konto/" in text) for _, _, text in brev(database)] == [
        (False, True)
    ]


def test_knocking_at_a_closed_door_does_not_fill_the_record(logga_in: LoggaIn, database: Database) -> None:
    vera = logga_in(VERA)
    with transaction(database) as session:
        handelse = f.en_handelse(session, "solna", slug="deras")
        assert handelse.id
    for _ in range(5):
        assert vera.get("/handelser/deras/redigera").status_code == 403
        assert vera.get("/aktorer/nacka/anvandare").status_code in {403, 404}
    assert [post.objekt for post in logg(database, "nekad")] == [
        "/handelser/deras/redigera",
        "/aktorer/nacka/anvandare",
    ]
