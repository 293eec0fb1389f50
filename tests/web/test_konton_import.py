"""Many people at once: a dry run first, then all of it or nothing."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.konton_stod import (
    ANNA,
    BO,
    LISTA,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    brev,
    logg,
    medlemskap,
    nackas_folk,
    sida,
)
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton.importera import ANDRAT_SEDAN_DESS
from wis.konton.rules import EGEN_BEHORIGHET, SISTA_ADMINISTRATOREN

IMPORT = f"{LISTA}/importera"
RADER = f"""e-post;namn;roll;administratör;giltig till
kim@nacka.example;Kim Ek;skribent;nej;
lo@nacka.example;Lo Ask;ingen;ja;2099-12-31
{VERA};Vera;talesperson;nej;
{BO};Bo;redaktör;ja;
"""


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


def _provkor(client: FlaskClient, text: str = RADER) -> TestResponse:
    return client.post(IMPORT, data={"text": text, "motivering": "Lista från HR", "handling": "provkor"})


def _genomfor(client: FlaskClient, provkord: TestResponse, text: str = RADER) -> TestResponse:
    found = re.search(r'name="provkord" type="hidden" value="(\w*)"', provkord.get_data(as_text=True))
    assert found is not None
    data = {"text": text, "motivering": "Lista från HR", "handling": "genomfor", "provkord": found[1]}
    return client.post(IMPORT, data=data)


def test_the_dry_run_says_what_would_happen_and_changes_nothing(logga_in: LoggaIn, database: Database) -> None:
    page = sida(_provkor(logga_in(ANNA)))
    assert "Provkörning: 2 nya, 1 ändras, 1 är som de ska, 0 fel" in page
    assert "från läsare till talesperson" in page
    assert "bjuds in som administratör, till och med 2099-12-31" in page
    assert "Genomför: 2 nya" in page
    assert medlemskap(database, VERA).roll == Roll.LASARE
    assert brev(database) == []


def test_then_all_of_it_is_done_with_letters_and_reasons(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    assert _genomfor(anna, _provkor(anna)).headers["Location"] == LISTA
    assert {till for till, _, _ in brev(database)} == {"kim@nacka.example", "lo@nacka.example"}
    assert medlemskap(database, VERA).roll == Roll.TALESPERSON
    assert medlemskap(database, "lo@nacka.example").administrator is True
    rows = logg(database, "inbjuden") + logg(database, "behörighet ändrad")
    assert len(rows) == 3
    assert all("Lista från HR" in row.uppgifter for row in rows)


@pytest.mark.parametrize(
    ("rad", "fel"),
    [
        ("kim@;Kim;läsare", "hel e-postadress"),
        ("kim@nacka.example;;läsare", "Skriv personens namn."),
        ("kim@nacka.example;Kim;ingen", "Välj en roll"),
        ("kim@nacka.example;Kim;läsare;nej;2001-01-01", "redan varit"),
        (f"{ANNA};Anna;redaktör;ja", EGEN_BEHORIGHET),
    ],
)
def test_one_wrong_line_stops_all_and_says_what_to_do(
    logga_in: LoggaIn, database: Database, rad: str, fel: str
) -> None:
    anna, text = logga_in(ANNA), f"lo@nacka.example;Lo;läsare\n{rad}"
    tried = _provkor(anna, text)
    page = sida(tried, 422)
    assert "1 fel på rad 2" in page
    assert fel in page
    assert "Genomför" not in page.partition("<form")[2].replace("genomförs", "")
    assert "Rätta felen först" in sida(_genomfor(anna, tried, text), 422)
    with database.reading() as session:
        assert find_anvandare(session, "lo@nacka.example") is None


def test_what_has_changed_since_the_dry_run_stops_it(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    tried = _provkor(anna)
    data = {"roll": "skribent", "bygger_pa": "lasare|0||0"} | VARFOR
    assert logga_in(BO).post(adress(database, VERA), data=data).status_code == 302
    page = sida(_genomfor(anna, tried), 422)
    assert ANDRAT_SEDAN_DESS in page
    assert "från skribent till talesperson" in page
    assert brev(database) == []


def test_other_lines_than_those_of_the_dry_run_are_not_done(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    page = sida(_genomfor(anna, _provkor(anna), "ond@x.example;Ond;redaktör;ja"), 422)
    assert ANDRAT_SEDAN_DESS in page
    assert brev(database) == []


def test_the_last_administrator_stays_but_one_can_follow_another(logga_in: LoggaIn, database: Database) -> None:
    bo = logga_in(BO)
    assert SISTA_ADMINISTRATOREN not in sida(_provkor(bo, f"{ANNA};Anna;läsare;nej"))
    byte = f"{ANNA};Anna;läsare;nej\n{VERA};Vera;läsare;ja"
    assert _genomfor(bo, _provkor(bo, byte), byte).status_code == 302
    assert (medlemskap(database, ANNA).administrator, medlemskap(database, VERA).administrator) == (False, True)


def test_who_is_shut_out_is_not_let_in_by_a_list(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    anna.post(adress(database, VERA, "/stang-av"), data=VARFOR)
    assert "Släpp in personen igen först" in sida(_provkor(anna, f"{VERA};Vera;läsare"), 422)


def test_nothing_pasted_and_no_reason_are_asked_for(logga_in: LoggaIn) -> None:
    page = sida(logga_in(ANNA).post(IMPORT, data={"text": "", "motivering": ""}), 422)
    assert "Klistra in minst en rad." in page
    assert "Skriv varför" in page


def test_what_was_pasted_is_shown_and_not_run(logga_in: LoggaIn) -> None:
    page = _provkor(logga_in(ANNA), "kim@nacka.example;<script>alert(1)</script>;läsare").get_data(as_text=True)
    assert "<script>alert" not in page


def test_a_list_of_names_addresses_and_roles_is_enough_and_demotes_nobody(
    logga_in: LoggaIn, database: Database
) -> None:
    anna = logga_in(ANNA)
    text = f"Namn;E-post;Roll\nKim Ek;kim@nacka.example;läsare\nBo;{BO};skribent"
    assert _genomfor(anna, _provkor(anna, text), text).status_code == 302
    assert (medlemskap(database, BO).roll, medlemskap(database, BO).administrator) == (Roll.SKRIBENT, True)
    kim = medlemskap(database, "kim@nacka.example")
    assert (kim.roll, kim.administrator, kim.giltig_till) == (Roll.LASARE, False, None)


def test_wrong_lines_are_where_the_focus_goes_and_the_title_says_it(logga_in: LoggaIn) -> None:
    page = sida(_provkor(logga_in(ANNA), f"lo@nacka.example;Lo;läsare\n{VERA};Vera;chef"), 422)
    assert "<title>Fel: Importera användare" in page
    assert page.count('id="fel" tabindex="-1"') == 1
    assert "Rad 2: Rollen 'chef' finns inte." in page
