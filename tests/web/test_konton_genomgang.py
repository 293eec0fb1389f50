"""The yearly review: everybody gets a verdict, and then somebody signs."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.funktioner_stod import en_funktion, medlem
from tests.web.konton_stod import (
    ANNA,
    BJUD_IN,
    BO,
    KIM,
    LISTA,
    SIV,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    logg,
    medlemskap,
    nackas_folk,
    sida,
)
from wis import clock
from wis.db import Database
from wis.konton.models import Genomgang, Genomgangsrad
from wis.tx import transaction

SIDA = "/aktorer/nacka/genomgang"
KOMMENTAR = {"kommentar": "Gått igenom med cheferna."}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


def _behall(client: FlaskClient, database: Database, *adresser: str) -> None:
    for epost in adresser:
        assert client.post(f"{SIDA}/{medlemskap(database, epost).id}/behall").status_code == 302


def _omdomen(database: Database) -> dict[int, str]:
    with database.reading() as session:
        return {rad.medlemskap_id: rad.omdome for rad in session.scalars(select(Genomgangsrad))}


def test_a_review_is_signed_when_everybody_has_been_gone_through(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    assert "Dags för årlig genomgång" in sida(anna.get(LISTA))
    assert anna.post(f"{SIDA}/starta").status_code == 302
    assert "0 av 3" in sida(anna.get(SIDA)).replace("<strong>", "")
    _behall(anna, database, ANNA, BO)
    assert "1 återstår att gå igenom: " in sida(anna.post(f"{SIDA}/signera", data=KOMMENTAR), 422)
    _behall(anna, database, VERA)
    assert "Skriv en kommentar" in sida(anna.post(f"{SIDA}/signera"), 422)
    assert anna.post(f"{SIDA}/signera", data=KOMMENTAR).status_code == 302
    page = sida(anna.get(SIDA))
    assert "3 behålls, 0 ändrade, 0 avstängda" in page
    assert "Gått igenom med cheferna." in page
    assert "Dags för årlig genomgång" not in sida(anna.get(LISTA))
    assert len(logg(database, "genomgång signerad")) == 1


def test_after_a_year_it_is_time_again(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    anna.post(f"{SIDA}/starta")
    _behall(anna, database, ANNA, BO, VERA)
    anna.post(f"{SIDA}/signera", data=KOMMENTAR)
    with clock.at(clock.now() + timedelta(days=366)):
        assert "för mer än ett år sedan" in sida(logga_in(ANNA).get(LISTA))


def test_a_change_and_a_shutting_out_are_verdicts_by_themselves(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    anna.post(f"{SIDA}/starta")
    vera, bo = medlemskap(database, VERA).id, medlemskap(database, BO).id
    anna.post(adress(database, VERA), data={"roll": "skribent", "bygger_pa": "lasare|0||0"} | VARFOR)
    assert "Skriv varför" in sida(anna.post(f"{SIDA}/{bo}/stang-av"), 422)
    assert anna.post(f"{SIDA}/{bo}/stang-av", data=VARFOR).status_code == 302
    assert _omdomen(database) == {vera: "andrad", bo: "avstangd"}
    _behall(anna, database, ANNA)
    assert anna.post(f"{SIDA}/signera", data=KOMMENTAR).status_code == 302
    assert "1 behålls, 1 ändrade, 1 avstängda" in sida(anna.get(SIDA))


def test_who_came_meanwhile_is_gone_through_too(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    anna.post(f"{SIDA}/starta")
    _behall(anna, database, ANNA, BO, VERA)
    anna.post(BJUD_IN, data=KIM)
    assert "Kim Ek" in sida(anna.post(f"{SIDA}/signera", data=KOMMENTAR), 422)


def test_two_who_begin_share_one_review(logga_in: LoggaIn, database: Database) -> None:
    for epost in (ANNA, BO):
        logga_in(epost).post(f"{SIDA}/starta")
    with database.reading() as session:
        assert len(session.scalars(select(Genomgang)).all()) == 1


def test_without_a_review_there_is_nothing_to_say_or_sign(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    assert "Ingen genomgång pågår" in sida(anna.post(f"{SIDA}/{medlemskap(database, VERA).id}/behall"), 422)
    assert "Ingen genomgång pågår" in sida(anna.post(f"{SIDA}/signera", data=KOMMENTAR), 422)


def test_nobody_else_reviews(logga_in: LoggaIn, database: Database) -> None:
    logga_in(ANNA).post(f"{SIDA}/starta")
    vera = medlemskap(database, VERA).id
    for epost in (SIV, VERA):
        client = logga_in(epost)
        for path in (f"{SIDA}/{vera}/behall", f"{SIDA}/{vera}/stang-av", f"{SIDA}/signera", f"{SIDA}/starta"):
            assert client.post(path, data=VARFOR | KOMMENTAR).status_code == 403
    assert logga_in(SIV).post(f"/aktorer/solna/genomgang/{vera}/stang-av", data=VARFOR).status_code == 404
    assert _omdomen(database) == {}


def test_after_a_verdict_one_goes_on_with_the_next_person_and_last_to_signing(
    logga_in: LoggaIn, database: Database
) -> None:
    anna = logga_in(ANNA)
    anna.post(f"{SIDA}/starta")
    ids = re.findall(r'<li id="rad-(\d+)"', sida(anna.get(SIDA)))
    assert len(ids) == 3
    bort = next(one for one in ids if int(one) != medlemskap(database, ANNA).id)
    kvar = [one for one in ids if one != bort]
    gone = anna.post(f"{SIDA}/{bort}/stang-av", data=VARFOR).headers["Location"]
    assert gone.endswith("#rad-" + (ids + ids)[ids.index(bort) + 1])
    assert anna.post(f"{SIDA}/{kvar[0]}/behall").headers["Location"].endswith(f"#rad-{kvar[1]}")
    assert anna.post(f"{SIDA}/{kvar[1]}/behall").headers["Location"].endswith("#signera")
    assert 'id="signera"' in sida(anna.get(SIDA))


def test_what_was_kept_by_mistake_is_taken_back_until_somebody_signs(logga_in: LoggaIn, database: Database) -> None:
    anna, vera = logga_in(ANNA), medlemskap(database, VERA).id
    anna.post(f"{SIDA}/starta")
    _behall(anna, database, ANNA, BO, VERA)
    assert sida(anna.get(SIDA)).count(">Ångra<") == 3
    for _ in range(2):
        back = anna.post(f"{SIDA}/{vera}/angra")
        assert back.headers["Location"].endswith(f"#rad-{vera}")
    assert vera not in _omdomen(database)
    assert "1 återstår" in sida(anna.post(f"{SIDA}/signera", data=KOMMENTAR), 422)
    assert len(logg(database, "behåll ångrat i genomgång")) == 1
    _behall(anna, database, VERA)
    anna.post(f"{SIDA}/signera", data=KOMMENTAR)
    assert "Ingen genomgång pågår" in sida(anna.post(f"{SIDA}/{vera}/angra"), 422)


def test_a_change_is_not_undone_as_a_verdict(logga_in: LoggaIn, database: Database) -> None:
    anna, bo = logga_in(ANNA), medlemskap(database, BO).id
    anna.post(f"{SIDA}/starta")
    anna.post(f"{SIDA}/{bo}/stang-av", data=VARFOR)
    assert "Ändra tillbaka på personens sida" in sida(anna.post(f"{SIDA}/{bo}/angra"), 422)
    assert logga_in(SIV).post(f"{SIDA}/{bo}/angra").status_code == 403


def test_the_cards_say_which_functions_a_person_may_go_on_duty_as(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        en_funktion(session, "nacka", "TiB", medlem(session, VERA))
    anna = logga_in(ANNA)
    anna.post(f"{SIDA}/starta")
    assert sida(anna.get(SIDA)).count("Får gå i tjänst som TiB.") == 1
