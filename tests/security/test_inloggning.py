"""Attacks on the login: guessing, stolen and planted cookies, forged forms, lures to other sites."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.conftest import en_app
from wis import audit, clock
from wis.auth import enhet, losenord
from wis.auth.models import Anvandare, Inloggning
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.auth.views import FOR_MANGA, STAMMER_INTE
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA, ALI, INGEN = "vera@nacka.example", "ali@nacka.example", "ingen@nacka.example"
FEL = "fel-fel-fel-fel-fel"
SLUTEN_SIDA = "/aktorer/nacka/anvandare"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        for epost in (VERA, ALI):
            f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=epost, administrator=True)


def forsok(client: FlaskClient, epost: str, losen: str = FEL, adress: str = "192.0.2.1") -> TestResponse:
    """One try to log in from this network address."""
    return client.post("/logga-in", data={"epost": epost, "losenord": losen}, environ_overrides={"REMOTE_ADDR": adress})


def logg(database: Database, handling: str) -> list[audit.Loggpost]:
    """The rows of the record about this."""
    with database.reading() as session:
        return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))


def sessionskaka(client: FlaskClient) -> str:
    """The value of the session cookie."""
    kaka = client.get_cookie("wis")
    assert kaka is not None
    return kaka.value


class TestGuessing:
    @pytest.mark.parametrize("epost", [VERA, INGEN])
    def test_an_account_stops_after_ten_whether_it_exists_or_not(
        self, app: Flask, database: Database, epost: str
    ) -> None:
        answers = [forsok(app.test_client(), epost, adress=f"192.0.2.{number}") for number in range(12)]
        assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 2
        page = answers[-1].get_data(as_text=True)
        assert FOR_MANGA in page
        assert f'value="{epost}"' in page
        assert answers[-1].headers["Retry-After"] == "900"
        assert len(logg(database, "inloggning misslyckad")) == 10

    def test_then_even_the_right_password_does_not_work_there(self, app: Flask) -> None:
        for _ in range(10):
            forsok(app.test_client(), VERA)
        assert forsok(app.test_client(), VERA, f.LOSENORD).status_code == 429

    def test_a_device_that_the_account_knows_still_gets_in(self, app: Flask, logga_in: LoggaIn) -> None:
        known = logga_in(VERA)
        known.post("/logga-ut")
        for number in range(11):
            forsok(app.test_client(), VERA, adress=f"192.0.2.{number}")
        assert forsok(app.test_client(), VERA, f.LOSENORD).status_code == 429
        assert forsok(known, VERA, f.LOSENORD).status_code == 302

    def test_a_known_device_is_stopped_too_if_it_guesses(self, logga_in: LoggaIn) -> None:
        known = logga_in(VERA)
        known.post("/logga-ut")
        answers = [forsok(known, VERA).status_code for _ in range(11)]
        assert answers == [422] * 10 + [429]

    def test_a_device_known_to_one_account_is_a_stranger_to_another(self, app: Flask, logga_in: LoggaIn) -> None:
        alis = logga_in(ALI)
        alis.post("/logga-ut")
        for number in range(10):
            forsok(app.test_client(), VERA, adress=f"192.0.2.{number}")
        assert forsok(alis, VERA).status_code == 429

    @pytest.mark.parametrize("hemlighet", ["gissad" * 8, ""])
    def test_a_forged_mark_of_a_device_is_worth_nothing(self, app: Flask, hemlighet: str) -> None:
        for number in range(10):
            forsok(app.test_client(), VERA, adress=f"192.0.2.{number}")
        client = app.test_client()
        client.set_cookie("wis-enhet", enhet.marke(None, VERA, hemlighet or "x"))
        assert forsok(client, VERA, f.LOSENORD).status_code == 429

    def test_an_address_stops_after_fifty_wherever_it_knocks(self, app: Flask, database: Database) -> None:
        answers = [forsok(app.test_client(), f"person{number}@nacka.example") for number in range(52)]
        assert [answer.status_code for answer in answers] == [422] * 50 + [429] * 2
        assert forsok(app.test_client(), VERA, f.LOSENORD).status_code == 429
        assert forsok(app.test_client(), VERA, f.LOSENORD, adress="198.51.100.7").status_code == 302

    def test_a_made_up_forwarding_header_is_no_other_address(self, app: Flask) -> None:
        for number in range(50):
            app.test_client().post(
                "/logga-in",
                data={"epost": f"person{number}@nacka.example", "losenord": FEL},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            )
        assert app.test_client().post("/logga-in", data={"epost": VERA, "losenord": FEL}).status_code == 429

    def test_many_at_the_same_moment_do_not_slip_past_each_other(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checked: list[str] = []
        real, barrier, answers = losenord.stammer, threading.Barrier(24), []
        monkeypatch.setattr(losenord, "stammer", lambda lagrad, text: (checked.append(text), real(lagrad, text))[1])

        def guess(number: int) -> None:
            client = app.test_client()
            barrier.wait()
            answers.append(forsok(client, VERA, adress=f"192.0.2.{number}").status_code)

        threads = [threading.Thread(target=guess, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(checked) == 10
        assert sorted(answers) == [422] * 10 + [429] * 14

    def test_knocking_does_not_fill_the_record(self, app: Flask, database: Database) -> None:
        for _ in range(30):
            forsok(app.test_client(), VERA)
        assert len(logg(database, "inloggning misslyckad")) == 10
        [post] = logg(database, "inloggning strypt")
        assert post.objekt == VERA

    def test_logging_in_often_is_no_guessing(self, app: Flask) -> None:
        assert {forsok(app.test_client(), VERA, f.LOSENORD).status_code for _ in range(12)} == {302}


class TestWhetherAnAccountExists:
    @pytest.mark.parametrize(
        ("epost", "finns"), [(VERA, True), (INGEN, False), ("kim@nacka.example", False), (ALI, True)]
    )
    def test_is_not_told_by_the_text_nor_by_what_is_done(
        self, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch, epost: str, finns: bool
    ) -> None:
        with transaction(database) as session:
            session.add(Anvandare(epost="kim@nacka.example", namn="Kim", skapad=clock.now()))
            ali = find_anvandare(session, ALI)
            assert ali is not None
            ali.avstangd = clock.now()
        seen: list[tuple[bool, str]] = []
        real = losenord.stammer

        def spy(lagrad: str | None, text: str) -> bool:
            seen.append((lagrad is not None, text))
            return real(lagrad, text)

        monkeypatch.setattr(losenord, "stammer", spy)
        losen = f.LOSENORD if epost == ALI else FEL
        answer = forsok(client, epost, losen)
        assert answer.status_code == 422
        assert STAMMER_INTE in answer.get_data(as_text=True)
        assert seen == [(finns, losen)]

    def test_a_password_of_any_length_is_checked_in_bounded_time(self, client: FlaskClient) -> None:
        assert forsok(client, VERA, "x" * 1_000_000).status_code == 422


class TestCookies:
    def test_an_old_cookie_is_worth_nothing_after_logout(self, app: Flask, logga_in: LoggaIn) -> None:
        client = logga_in(VERA)
        stolen = sessionskaka(client)
        thief = app.test_client()
        thief.set_cookie("wis", stolen)
        assert thief.get(SLUTEN_SIDA).status_code == 200
        client.post("/logga-ut")
        assert thief.get(SLUTEN_SIDA).status_code == 302

    def test_a_session_planted_before_the_login_does_not_become_the_login(self, app: Flask) -> None:
        victim, attacker = app.test_client(), app.test_client()
        with attacker.session_transaction() as planted:
            planted["planted"] = "yes"
        planted_cookie = sessionskaka(attacker)
        victim.set_cookie("wis", planted_cookie)
        forsok(victim, VERA, f.LOSENORD)
        assert sessionskaka(victim) != planted_cookie
        with victim.session_transaction() as session:
            assert "planted" not in session
        attacker.set_cookie("wis", planted_cookie)
        assert attacker.get(SLUTEN_SIDA).status_code == 302

    def test_each_login_has_a_token_of_its_own_and_the_database_knows_only_its_hash(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        tokens = []
        for _ in range(2):
            with logga_in(VERA).session_transaction() as session:
                tokens.append(session["_user_id"])
        assert tokens[0] != tokens[1]
        with database.reading() as session:
            assert not set(tokens) & set(session.scalars(select(Inloggning.token_hash)))

    def test_logging_in_anew_ends_the_login_that_the_browser_held(
        self, app: Flask, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(VERA)
        old = app.test_client()
        old.set_cookie("wis", sessionskaka(client))
        forsok(client, ALI, f.LOSENORD)
        assert old.get(SLUTEN_SIDA).status_code == 302
        assert client.get(SLUTEN_SIDA).status_code == 200

    def test_a_login_ends_by_itself(self, logga_in: LoggaIn, settings: Settings) -> None:
        client, start = logga_in(VERA), clock.now()
        with clock.at(start + timedelta(seconds=settings.session_vilotid - 60)):
            assert client.get(SLUTEN_SIDA).status_code == 200
        with clock.at(start + timedelta(seconds=settings.session_tid - 60)):
            assert client.get(SLUTEN_SIDA).status_code == 200
        with clock.at(start + timedelta(seconds=settings.session_tid + 60)):
            assert client.get(SLUTEN_SIDA).status_code == 302

    def test_a_shut_account_is_out_at_the_next_click(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        with transaction(database) as session:
            session.scalars(select(Anvandare).where(Anvandare.epost == VERA)).one().avstangd = clock.now()
        assert client.get(SLUTEN_SIDA).status_code == 302

    def test_over_https_they_are_bound_to_this_host_alone(self, settings: Settings, database: Database) -> None:
        app = en_app(replace(settings, base_url="https://wis.example"), database)
        answer = app.test_client().post(
            "/logga-in", data={"epost": VERA, "losenord": f.LOSENORD}, base_url="https://wis.example"
        )
        cookies = answer.headers.getlist("Set-Cookie")
        assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-wis", "__Host-wis-enhet"}
        for cookie in cookies:
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
            assert "Domain" not in cookie


class TestLures:
    @pytest.mark.parametrize(
        "nasta",
        [
            "//ond.example",
            "https://ond.example/",
            "/\\ond.example",
            "\\/ond.example",
            "/\t/ond.example",
            "/%0d%0aLocation:%20https://ond.example",
            "javascript:alert(1)",
            "https:ond.example",
            " //ond.example",
            "///ond.example",
            "/\r\nSet-Cookie: a=b",
        ],
    )
    def test_the_login_never_leads_to_another_site(self, client: FlaskClient, nasta: str) -> None:
        page = client.get("/logga-in", query_string={"nasta": nasta}).get_data(as_text=True)
        kept = re.search(r'name="nasta" type="hidden" value="([^"]*)"', page)
        assert kept is not None
        assert kept[1] in {"", "/%0d%0aLocation:%20https://ond.example"}
        data = {"epost": VERA, "losenord": f.LOSENORD, "nasta": nasta}
        answer = client.post("/logga-in", data=data)
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith("//")
        assert "a=b" not in str(answer.headers)
        again = client.get("/logga-in", query_string={"nasta": nasta})
        assert again.headers["Location"].startswith("/")
        assert not again.headers["Location"].startswith("//")

    def test_nor_does_changing_actor(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        with database.reading() as session:
            own = session.scalars(select(Anvandare).where(Anvandare.epost == VERA)).one().medlemskap[0].id
        for nasta in ("//ond.example", "https://ond.example"):
            answer = client.post("/byt-aktor", data={"medlemskap": own, "nasta": nasta})
            assert answer.headers["Location"] == "/"


class TestForgedForms:
    @pytest.fixture
    def skyddad(self, app: Flask) -> FlaskClient:
        """A visitor to the application with its protection against forged forms in force, as in earnest."""
        app.config["WTF_CSRF_ENABLED"] = True
        return app.test_client()

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def login(self, client: FlaskClient, **mer: str) -> TestResponse:
        page = client.get("/logga-in").get_data(as_text=True)
        data = {"epost": VERA, "losenord": f.LOSENORD, "csrf_token": self.token(page)} | mer
        return client.post("/logga-in", data=data, headers={"Sec-Fetch-Site": "same-origin"})

    @pytest.mark.parametrize(
        "path", ["/logga-in", "/logga-ut", "/byt-aktor", "/glomt-losenord", "/konto/x", f"{SLUTEN_SIDA}/bjud-in"]
    )
    def test_are_refused_without_the_token(self, skyddad: FlaskClient, path: str) -> None:
        self.login(skyddad)
        answer = skyddad.post(path, data={"epost": VERA, "losenord": f.LOSENORD})
        assert answer.status_code == 400
        page = answer.get_data(as_text=True)
        assert "Sidan behöver skickas en gång till" in page
        assert f.LOSENORD not in page
        assert skyddad.get(SLUTEN_SIDA).status_code == 200

    def test_are_refused_with_somebody_elses_token(self, app: Flask, skyddad: FlaskClient) -> None:
        theirs = self.token(app.test_client().get("/logga-in").get_data(as_text=True))
        self.login(skyddad)
        assert skyddad.post("/logga-ut", data={"csrf_token": theirs}).status_code == 400

    def test_the_token_from_before_the_login_is_not_that_of_after(self, skyddad: FlaskClient) -> None:
        before = self.token(skyddad.get("/logga-in").get_data(as_text=True))
        assert self.login(skyddad).status_code == 302
        assert skyddad.post("/logga-ut", data={"csrf_token": before}).status_code == 400

    def test_a_parked_form_can_be_sent_with_the_token_of_the_new_session(self, skyddad: FlaskClient) -> None:
        falt = {"epost": "kim@nacka.example", "namn": "Kim Ek", "roll": "lasare", "motivering": "Ny hos oss"}
        path = f"{SLUTEN_SIDA}/bjud-in"
        answer = self.login(skyddad, nasta=path, parkerat=json.dumps(list(falt.items())))
        page = answer.get_data(as_text=True)
        assert "Skicka igen" in page
        form = page[page.index(f'<form method="post" action="{path}">') :]
        again = skyddad.post(path, data=falt | {"csrf_token": self.token(form)})
        assert again.headers["Location"].startswith(SLUTEN_SIDA)

    def test_every_form_about_accounts_carries_a_token(self, skyddad: FlaskClient) -> None:
        self.login(skyddad)
        pages = [skyddad.get(path).get_data(as_text=True) for path in (SLUTEN_SIDA, f"{SLUTEN_SIDA}/bjud-in")]
        person = re.findall(rf'href="({SLUTEN_SIDA}/\d+)"', pages[0])
        pages += [skyddad.get(path).get_data(as_text=True) for path in person]
        assert len(pages) == 4
        for page in pages:
            forms = [form for form in page.split("<form")[1:] if 'method="post"' in form.split(">")[0]]
            assert forms
            assert all('name="csrf_token"' in form.split("</form>")[0] for form in forms)


def test_no_password_gets_into_the_record(app: Flask, database: Database) -> None:
    forsok(app.test_client(), VERA, "mitt hemliga lösenord 1")
    forsok(app.test_client(), "mitt hemliga lösenord 2", "x")
    forsok(app.test_client(), VERA, f.LOSENORD)
    with database.reading() as session:
        everything = "".join(f"{post.objekt}{post.uppgifter}" for post in session.scalars(select(audit.Loggpost)))
    assert "hemliga" not in everything
    assert f.LOSENORD not in everything


def test_passwords_are_kept_as_argon2id() -> None:
    assert losenord.hasha(f.LOSENORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
