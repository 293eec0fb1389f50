"""Logging in and out, and acting for one of one's actors, as a person meets it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from wis import audit
from wis.auth import demokonton
from wis.auth.models import Inloggning, Medlemskap
from wis.auth.rules import Roll
from wis.auth.views import STAMMER_INTE
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA, ALI = "vera@nacka.example", "ali@solna.example"
EGEN_SIDA = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        vera = f.en_person_hos(session, "nacka", Roll.SKRIBENT, epost=VERA, administrator=True)
        f.ett_medlemskap(session, vera, f.en_aktor(session, "solna"), Roll.LASARE)
        f.en_person_hos(session, "solna", Roll.LASARE, epost=ALI)
        f.en_anvandare(session, "utan@roll.example")


def logg(database: Database, handling: str) -> list[audit.Loggpost]:
    """The rows of the record about this."""
    with database.reading() as session:
        return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))


def text(response: object) -> str:
    """The page as a person reads it."""
    return unescape(response.get_data(as_text=True))  # type: ignore[attr-defined]


def utan_token(page: str) -> str:
    """The page without the tokens that tell the clock, and the nonce that is new each time."""
    return re.sub(r'(content|value|data-nu)="([\w.-]{60,}|[\dT:.+-]+)"| nonce="[\w-]+"', "", page)


class TestTheLoginPage:
    def test_asks_for_e_mail_and_password(self, client: FlaskClient) -> None:
        page = text(client.get("/logga-in"))
        for part in ("E-post</label>", "Lösenord</label>", ">Logga in</button>", 'href="/glomt-losenord"'):
            assert part in page
        assert demokonton.LOSENORD not in page

    def test_lists_the_logins_of_a_demo(self, settings: Settings, database: Database) -> None:
        page = text(en_app(replace(settings, demo=True), database).test_client().get("/logga-in"))
        assert demokonton.LOSENORD in page
        for epost, vem in demokonton.inloggningar():
            assert epost in page.replace("<wbr>", "")
            assert vem in page

    def test_sends_one_who_is_logged_in_on_to_the_start(self, logga_in: LoggaIn) -> None:
        assert logga_in(VERA).get("/logga-in").headers["Location"] == "/"

    def test_a_page_that_needs_a_login_leads_here_and_back_again(self, client: FlaskClient) -> None:
        asked = client.get("/aktorer/nacka/anvandare?visa=1")
        assert asked.headers["Location"] == "/logga-in?nasta=/aktorer/nacka/anvandare?visa%3D1"
        page = text(client.get(asked.headers["Location"]))
        assert 'value="/aktorer/nacka/anvandare?visa=1"' in page
        data = {"epost": VERA, "losenord": f.LOSENORD, "nasta": "/aktorer/nacka/anvandare?visa=1"}
        assert client.post("/logga-in", data=data).headers["Location"] == "/aktorer/nacka/anvandare?visa=1"


class TestLoggingIn:
    def test_opens_what_was_closed_and_is_recorded(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        assert client.get("/aktorer/nacka/anvandare").status_code == 200
        assert [post.objekt for post in logg(database, "inloggad")] == [VERA]

    def test_does_not_mind_capitals_and_blanks_in_the_address(self, client: FlaskClient) -> None:
        answer = client.post("/logga-in", data={"epost": " Vera@Nacka.example ", "losenord": f.LOSENORD})
        assert answer.status_code == 302

    @pytest.mark.parametrize("epost", [VERA, "ingen@nacka.example"])
    def test_with_the_wrong_password_or_address_says_the_same(
        self, client: FlaskClient, database: Database, epost: str
    ) -> None:
        answer = client.post("/logga-in", data={"epost": epost, "losenord": "fel-fel-fel-fel-fel"})
        assert answer.status_code == 422
        page = text(answer)
        assert STAMMER_INTE in page
        assert "fel-fel-fel-fel-fel" not in page
        assert f'value="{epost}"' in page
        assert [post.objekt for post in logg(database, "inloggning misslyckad")] == [epost]

    def test_the_pages_for_a_wrong_password_and_an_unknown_address_differ_in_the_address_alone(
        self, client: FlaskClient
    ) -> None:
        pages = [
            utan_token(text(client.post("/logga-in", data={"epost": epost, "losenord": "x" * 20}))).replace(epost, "")
            for epost in (VERA, "ingen@nacka.example")
        ]
        assert pages[0] == pages[1]

    @pytest.mark.parametrize(
        ("data", "fel"),
        [
            ({"epost": "", "losenord": "x"}, "Skriv din e-postadress."),
            ({"epost": VERA, "losenord": ""}, "Skriv ditt lösenord."),
            ({"epost": "mitt hemliga lösenord", "losenord": "x"}, "Skriv hela e-postadressen"),
            ({"epost": "x" * 250 + "@a.se", "losenord": "x"}, "högst 254 tecken"),
        ],
    )
    def test_says_what_is_missing_and_records_nothing_of_it(
        self, client: FlaskClient, database: Database, data: dict[str, str], fel: str
    ) -> None:
        answer = client.post("/logga-in", data=data)
        assert answer.status_code == 422
        assert fel in text(answer)
        assert logg(database, "inloggning misslyckad") == []

    def test_without_any_role_leads_to_a_page_that_says_whom_to_ask(self, logga_in: LoggaIn) -> None:
        answer = logga_in("utan@roll.example").get("/")
        assert answer.status_code == 403
        assert "Fråga din aktörsadministratör" in text(answer)

    def test_without_any_role_one_can_log_in_as_somebody_else(self, logga_in: LoggaIn) -> None:
        client = logga_in("utan@roll.example")
        assert client.get("/logga-in").status_code == 200
        assert client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD}).status_code == 302
        assert client.get("/aktorer/nacka/anvandare").status_code == 200


class TestLoggingOut:
    def test_closes_what_was_open_and_is_recorded(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        assert client.post("/logga-ut").headers["Location"] == "/logga-in"
        assert "Du är utloggad." in text(client.get("/logga-in"))
        assert client.get("/aktorer/nacka/anvandare").status_code == 302
        assert len(logg(database, "utloggad")) == 1

    def test_twice_does_no_harm(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        client.post("/logga-ut")
        assert client.post("/logga-ut").headers["Location"] == "/logga-in"
        assert len(logg(database, "utloggad")) == 1

    def test_is_not_done_by_a_link(self, logga_in: LoggaIn) -> None:
        client = logga_in(VERA)
        assert client.get("/logga-ut").status_code == 405
        assert client.get("/aktorer/nacka/anvandare").status_code == 200

    def test_is_open_to_one_who_has_no_role(self, logga_in: LoggaIn, database: Database) -> None:
        assert logga_in("utan@roll.example").post("/logga-ut").headers["Location"] == "/logga-in"
        assert len(logg(database, "utloggad")) == 1


class TestActingForAnActor:
    def medlemskap(self, database: Database, epost: str, slug: str) -> int:
        with database.reading() as session:
            found = session.scalars(select(Medlemskap)).all()
            return next(m.id for m in found if m.anvandare.epost == epost and m.aktor.slug == slug)

    def test_one_can_change_to_another_of_ones_own(self, logga_in: LoggaIn, database: Database) -> None:
        client, solna = logga_in(VERA), self.medlemskap(database, VERA, "solna")
        page = text(client.get("/aktorer/nacka/anvandare"))
        assert "Du företräder Nacka" in page
        assert f'<option value="{solna}">Solna</option>' in page
        assert client.post("/byt-aktor", data={"medlemskap": solna}).headers["Location"] == "/"
        assert client.get("/aktorer/nacka/anvandare").status_code == 403
        assert len(logg(database, "byter aktör")) == 1

    def test_the_choice_is_kept_at_the_next_login(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(VERA).post("/byt-aktor", data={"medlemskap": self.medlemskap(database, VERA, "solna")})
        assert "Du agerar för Solna" in text(logga_in(VERA).get("/aktorer/nacka/anvandare"))

    def test_a_choice_that_is_no_longer_in_force_is_not(self, logga_in: LoggaIn, database: Database) -> None:
        solna = self.medlemskap(database, VERA, "solna")
        logga_in(VERA).post("/byt-aktor", data={"medlemskap": solna})
        with transaction(database) as session:
            session.get_one(Medlemskap, solna).avstangd = f.clock.now()
        assert logga_in(VERA).get("/aktorer/nacka/anvandare").status_code == 200

    @pytest.mark.parametrize("value", ["somebody else's", "", "abc", "99999"])
    def test_one_cannot_act_by_what_is_not_ones_own(self, logga_in: LoggaIn, database: Database, value: str) -> None:
        client = logga_in(VERA)
        wanted = str(self.medlemskap(database, ALI, "solna")) if value.startswith("somebody") else value
        answer = client.post("/byt-aktor", data={"medlemskap": wanted})
        assert answer.status_code == 403
        assert "Du kan inte företräda den aktören" in text(answer)
        assert client.get("/aktorer/nacka/anvandare").status_code == 200


class TestAFormSentWhenTheLoginHadRunOut:
    ADRESS = "/aktorer/nacka/anvandare/bjud-in"
    SKRIVET = {"epost": "kim@nacka.example", "namn": "\nKim <b>Ek</b>\r\n åäö", "roll": "lasare", "motivering": "Ny"}

    def park(self, client: FlaskClient, database: Database) -> str:
        """End the login behind the person's back, send the form; returns the page that answers."""
        with transaction(database) as session:
            for inloggning in session.scalars(select(Inloggning)):
                inloggning.giltig_till = f.clock.now()
        answer = client.post(self.ADRESS, data=self.SKRIVET, headers=EGEN_SIDA)
        assert answer.status_code == 401
        return str(answer.get_data(as_text=True))

    def parked(self, page: str) -> str:
        return unescape(page.split('<textarea name="parkerat" hidden>')[1].split("</textarea>")[0])

    def log_in_again(self, client: FlaskClient, parkerat: str, losenord: str = f.LOSENORD) -> object:
        data = {"epost": VERA, "losenord": losenord, "nasta": self.ADRESS, "parkerat": parkerat}
        return client.post("/logga-in", data=data, headers=EGEN_SIDA, content_type="multipart/form-data")

    def test_is_kept_through_the_login_and_can_be_sent_again(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        page = self.park(client, database)
        assert "Du har blivit utloggad. Det du skrev finns kvar" in page
        assert f'value="{self.ADRESS}"' in page
        answer = self.log_in_again(client, self.parked(page))
        again = answer.get_data(as_text=True)  # type: ignore[attr-defined]
        assert answer.status_code == 200  # type: ignore[attr-defined]
        assert f'<form method="post" action="{self.ADRESS}">' in again
        # A browser drops the first line break of a textarea, so the page holds one more.
        assert '<textarea name="namn" hidden>\n\nKim &lt;b&gt;Ek&lt;/b&gt;\r\n åäö</textarea>' in again
        assert '<textarea name="epost" hidden>kim@nacka.example</textarea>' in again
        assert "Skicka igen" in again
        assert client.post(self.ADRESS, data=self.SKRIVET).headers["Location"].startswith("/aktorer/nacka/anvandare")

    def test_is_still_there_after_a_wrong_password(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(VERA)
        parked = self.parked(self.park(client, database))
        answer = self.log_in_again(client, parked, losenord="fel-fel-fel-fel-fel")
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert json.loads(self.parked(answer.get_data(as_text=True))) == json.loads(parked)  # type: ignore[attr-defined]

    def test_from_another_site_is_not_kept(self, client: FlaskClient) -> None:
        answer = client.post(self.ADRESS, data=self.SKRIVET, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.headers["Location"] == "/logga-in"

    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://ond.example"}, {}])
    def test_is_not_taken_from_another_site_at_the_login(self, client: FlaskClient, headers: dict[str, str]) -> None:
        client.environ_base.pop("HTTP_SEC_FETCH_SITE")
        data = {"epost": VERA, "losenord": f.LOSENORD, "nasta": self.ADRESS, "parkerat": '[["namn", "ond"]]'}
        answer = client.post("/logga-in", data=data, headers=headers)
        assert answer.status_code == 302
        assert "ond" not in text(answer)

    def test_never_points_to_another_site(self, client: FlaskClient) -> None:
        data = {"epost": VERA, "losenord": f.LOSENORD, "nasta": "//ond.example", "parkerat": '[["namn", "x"]]'}
        answer = client.post("/logga-in", data=data, headers=EGEN_SIDA)
        assert answer.headers["Location"] == "/"


def test_the_session_ends_with_the_browser(app: Flask, logga_in: LoggaIn) -> None:
    client = app.test_client()
    answer = client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD})
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("wis="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie
