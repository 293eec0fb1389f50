"""A foreign page sends a form in the person's browser: nothing of it is shown as theirs, nor offered to be sent."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.conftest import en_app
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

ONT = {"rubrik": "Ond rubrik", "text": "Ond text", "namn": "Ond", "epost": "ond@evil.example", "handling": "avisera"}
NY = "/handelser/storm/underrattelser/ny"
UTIFRAN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    app = en_app(replace(settings), database)
    app.config["WTF_CSRF_ENABLED"] = True
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")
    return app


@pytest.fixture
def inloggad(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/logga-in", data={"epost": "talesperson@nacka.example", "losenord": f.LOSENORD})
    assert answer.status_code == 302
    app.config["WTF_CSRF_ENABLED"] = True
    return client


@pytest.mark.parametrize("path", [NY, "/logga-in", "/finns-inte", "/aktorer/nacka/anvandare/bjud-in", "/logga-ut"])
@pytest.mark.parametrize("extra", [{}, {"x": "\0"}, {"parkerat": '[["text", "Ond text"]]', "nasta": NY}])
def test_a_visitor_keeps_nothing_of_it_and_gets_no_cookie(
    client: FlaskClient, path: str, extra: dict[str, str]
) -> None:
    response = client.post(path, data=ONT | extra, headers=UTIFRAN)
    page = response.get_data(as_text=True)
    assert "Ond" not in page
    assert "Skicka igen" not in page
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
@pytest.mark.parametrize("extra", [{}, {"x": "\0"}])
def test_one_who_is_logged_in_is_not_one_click_from_sending_it(
    inloggad: FlaskClient, site: str, extra: dict[str, str]
) -> None:
    response = inloggad.post(NY, data=ONT | extra, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 400
    assert "Ond" not in response.get_data(as_text=True)
    assert inloggad.get("/underrattelser").status_code == 200


def test_an_origin_that_is_no_address_is_foreign(client: FlaskClient) -> None:
    client.environ_base.pop("HTTP_SEC_FETCH_SITE")
    response = client.post(NY, data=ONT, headers={"Origin": "http://["})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/logga-in")


def test_ones_own_form_after_a_lost_token_is_kept(inloggad: FlaskClient) -> None:
    page = inloggad.post(NY, data=ONT | {"rubrik": "Min egen"}).get_data(as_text=True)
    assert "Min egen" in page
    assert "Skicka igen" in page
