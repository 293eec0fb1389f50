"""What a person meets when an address is wrong or a form comes back: plain Swedish, and nothing lost."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests import factories as f
from tests.web.test_auth import utan_token
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
STOR = "9" * 40


@pytest.fixture
def client(database: Database, logga_in: LoggaIn) -> FlaskClient:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")
        f.en_handelse(session, "solna", slug="hemlig", lasare=[])
    return logga_in("talesperson@nacka.example")


@pytest.mark.parametrize("nummer", [str(2**31), str(2**63), STOR])
@pytest.mark.parametrize(
    "path",
    [
        "/underrattelser/{}",
        "/underrattelser/{}/ratta",
        "/utskick/{}",
        "/handelser/storm/lagesbild/nacka/versioner/{}",
        "/handelser/storm/lagesbild/nacka/jamfor/1/{}",
    ],
)
def test_a_number_that_nothing_can_have_is_no_page(client: FlaskClient, path: str, nummer: str) -> None:
    assert client.get(path.format(nummer)).status_code == 404


@pytest.mark.parametrize("nummer", [STOR, f"-{STOR}", "x", ""])
@pytest.mark.parametrize(
    "path",
    [
        "/underrattelser?fore={}",
        "/underrattelser?fore=2026-11-22T00:00:00%2B00:00_{}",
        "/underrattelser?fore=0001-01-01T00:00:00%2B00:00_1{}",
        "/handelser/storm/tidslinje?sida={}",
    ],
)
def test_a_place_in_a_list_that_is_not_there_is_an_empty_list(client: FlaskClient, path: str, nummer: str) -> None:
    assert client.get(path.format(nummer)).status_code == 200


def test_what_a_script_of_ours_is_told_is_json(client: FlaskClient) -> None:
    answer = client.get("/underrattelser/4711", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert answer.json is not None
    assert answer.json["fel"] == "Sidan finns inte"


def test_a_form_that_comes_back_calls_its_fields_what_the_form_called_them(client: FlaskClient) -> None:
    form = {
        "som_aktor": "4711",
        "nyckel": "a" * 32,
        "bas": "0",
        "lage_fakta": "Bekräftat.",
        "atgarder_planerade": "Plogning.",
        "andringsnotering": "Nu öppen",
        "bradskande": "y",
        "okant_falt": "Något",
    }
    page = client.post("/handelser/storm/lagesbild/nacka/skriv", data=form).get_data(as_text=True)
    assert re.findall(r"<summary>([^<]+)</summary>", page) == [
        "Händelse och läge: Fakta",
        "Åtgärder: Planerade",
        "Vad är nytt?",
        "Brådskande",
        "Okant falt",
    ]
    assert '<button class="knapp knapp-primar" type="submit">Skicka igen</button>' in page
    assert '<textarea name="bradskande" hidden>y</textarea>' in page


def test_sending_to_what_is_hidden_answers_as_sending_to_what_does_not_exist(client: FlaskClient) -> None:
    form = {"rubrik": "E18", "text": "Stopp vid Söderhall.", "handling": "tyst"}
    pages = []
    for slug in ("hemlig", "finns-inte"):
        answer = client.post(f"/handelser/{slug}/underrattelser/ny", data=form)
        assert answer.status_code == 404
        assert "Stopp vid Söderhall." in answer.get_data(as_text=True)
        pages.append(utan_token(answer.get_data(as_text=True)).replace(slug, ""))
    assert pages[0] == pages[1]
