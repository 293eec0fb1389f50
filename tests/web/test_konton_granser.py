"""The bounds of links and invitations, and what a password must not be."""

import re
import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.web.konton_stod import (
    ANNA,
    BJUD_IN,
    BO,
    KIM,
    LISTA,
    VERA,
    LoggaIn,
    adress,
    brev,
    lank,
    logg,
    nackas_folk,
    sida,
    valj_losenord,
)
from wis import clock
from wis.auth.losenord import brist
from wis.auth.models import Anvandare, Engangslank, Lanktyp
from wis.db import Database
from wis.konton import lankar
from wis.konton.rules import ATERSTALLNING_GILTIG, INBJUDAN_GILTIG
from wis.settings import Settings
from wis.tx import transaction

IMPORT = f"{LISTA}/importera"


@pytest.mark.parametrize(("typ", "minuter"), [(Lanktyp.ATERSTALLNING, 30), (Lanktyp.INBJUDAN, 7 * 24 * 60)])
def test_every_link_lasts_between_half_an_hour_and_a_week(
    database: Database, settings: Settings, typ: Lanktyp, minuter: int
) -> None:
    assert {ATERSTALLNING_GILTIG.total_seconds(), INBJUDAN_GILTIG.total_seconds()} == {30 * 60, 7 * 24 * 3600}
    with transaction(database) as session, clock.at(clock.now()):
        person = f.en_anvandare(session)
        lankar.skapa(session, person, typ, settings.base_url)
        link = session.scalars(select(Engangslank).where(Engangslank.anvandare_id == person.id)).one()
        assert (link.giltig_till - clock.now()).total_seconds() == minuter * 60


def test_fifty_people_an_hour_can_be_invited_by_an_actor(logga_in: LoggaIn, database: Database) -> None:
    nackas_folk(database)
    anna = logga_in(ANNA)
    for number in range(50):
        answer = anna.post(BJUD_IN, data=KIM | {"epost": f"kim{number}@nacka.example"})
        assert answer.status_code == 302
    page = sida(anna.post(BJUD_IN, data=KIM | {"epost": "kim50@nacka.example"}), 422)
    assert "Er aktör har bjudit in 50 personer den senaste timmen" in page
    assert 'value="kim50@nacka.example"' in page
    assert len(brev(database)) == 50


def _lista(antal: int, namn: str = "kim") -> str:
    return "\n".join(f"{namn}{number}@nacka.example;Kim Ek;läsare" for number in range(antal))


def _importera(client: FlaskClient, text: str) -> TestResponse:
    data = {"text": text, "motivering": "Lista från HR"}
    tried = client.post(IMPORT, data=data | {"handling": "provkor"}).get_data(as_text=True)
    found = re.search(r'name="provkord" type="hidden" value="(\w*)"', tried)
    assert found is not None
    return client.post(IMPORT, data=data | {"handling": "genomfor", "provkord": found[1]})


def test_a_whole_list_goes_in_at_once_and_the_day_has_its_end(logga_in: LoggaIn, database: Database) -> None:
    nackas_folk(database)
    anna = logga_in(ANNA)
    assert _importera(anna, _lista(300)).status_code == 302
    page = sida(_importera(anna, _lista(201, "bo")), 422)
    assert "Listan har 201 nya personer, och er aktör kan bjuda in högst 500 ur listor om dagen" in page
    assert "bo200@nacka.example" in page
    assert len(brev(database)) == 300
    # What was refused is not counted; nor who is there already, nor a change; nor does it stop a single invitation.
    assert _importera(anna, f"{_lista(300)}\n{VERA};Vera;skribent").status_code == 302
    assert anna.post(BJUD_IN, data=KIM).status_code == 302


def test_guests_and_letters_sent_again_count_among_the_fifty(logga_in: LoggaIn, database: Database) -> None:
    nackas_folk(database)
    with transaction(database) as session:
        f.en_handelse(session, slug="snoovader")
    bo = logga_in(BO)
    gast = {"epost": "gun@dammar.example", "namn": "Gun", "dagar": "3", "motivering": "Dammexpert"}
    assert _importera(bo, _lista(2)).status_code == 302
    for number in range(48):
        assert bo.post(BJUD_IN, data=KIM | {"epost": f"ny{number}@nacka.example"}).status_code == 302
    assert bo.post(adress(database, "kim0@nacka.example", "/skicka-lank")).status_code == 302
    assert bo.post("/handelser/snoovader/gaster", data=gast).status_code == 302
    full = "Er aktör har bjudit in 50 personer den senaste timmen"
    assert full in sida(bo.post("/handelser/snoovader/gaster", data=gast | {"epost": "g@x.example"}), 422)
    assert full in sida(bo.post(adress(database, "kim1@nacka.example", "/skicka-lank")), 422)
    assert len(brev(database)) == 52


def test_the_password_is_recorded_after_everything_else_is_written(
    logga_in: LoggaIn, client: FlaskClient, database: Database
) -> None:
    nackas_folk(database)
    logga_in(ANNA).post(BJUD_IN, data=KIM)
    valj_losenord(client, lank(database))
    [satt], [inloggad] = logg(database, "lösenord satt"), logg(database, "inloggad")[1:]
    assert satt.nummer < inloggad.nummer


@pytest.mark.parametrize(
    "lankens",
    ["Kim Ek Kim Ek Kim", "kim.ek@nacka.example", "Nacka-Nacka-2026!", "wis wis nacka ek", "Lösenord2026Lösenord"],
)
def test_a_link_takes_no_password_that_is_easily_guessed(
    logga_in: LoggaIn, client: FlaskClient, database: Database, lankens: str
) -> None:
    nackas_folk(database)
    logga_in(ANNA).post(BJUD_IN, data=KIM)
    page = sida(valj_losenord(client, lank(database), lankens), 422)
    assert "Välj fyra ord som inte hör ihop" in page
    with database.reading() as session:
        kim = session.scalars(select(Anvandare).where(Anvandare.epost == "kim.ek@nacka.example")).one()
        assert kim.losenord_hash is None


VANLIGA = [
    "lösenordlösenord",
    "losenord123456789",
    "Sommar2026Sommar2026",
    "qwertyuiopåasdfgh",
    "123456789012345",
    "1q2w3e4r5t6y7u8i9o",
    "passwordpassword",
    "P@ssw0rdP@ssw0rd",
    "Stockholm2026!!!",
    "Krisledning2026!",
    "abcdefghijklmnop",
    "abcabcabcabcabcd",
    "hejhejhejhejhejhej1",
    "iloveyouiloveyou",
    "Länsstyrelsen2026",
]
GODA = [
    "åäö mjölk tåg 1",
    "fyra slumpvisa ord räcker",
    "correct horse battery staple",
    "hunden åt min gröna båt",
    "xK9#vQ2m!pL7wZr",
    f.LOSENORD,
]


@pytest.mark.parametrize("losen", VANLIGA)
def test_what_many_choose_is_refused(losen: str) -> None:
    assert "lätt att gissa" in str(brist(losen))


@pytest.mark.parametrize("losen", GODA)
def test_what_few_would_think_of_is_taken(losen: str) -> None:
    assert brist(losen, ["Kim Ek", "kim.ek@nacka.example", "Nacka kommun"]) is None


@pytest.mark.parametrize("losen", ["4@8({[</369&#!1/|0$5+7%2" * 8, "a1B2" * 50, "qwerty" * 33, "é" * 200])
def test_judging_a_password_takes_no_longer_than_a_form_may(losen: str) -> None:
    began = time.thread_time()
    brist(losen, ["Kim Ek"])
    assert time.thread_time() - began < 5
