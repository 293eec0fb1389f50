"""Guests: one event, read only, a week at most."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.web.konton_stod import (
    ANNA,
    BO,
    SIV,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    brev,
    lank,
    logg,
    medlemskap,
    nackas_folk,
    sida,
    valj_losenord,
    version,
)
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton.rules import Hinder, gast_till
from wis.tx import transaction

GASTER = "/handelser/snoovader/gaster"
GUN = "gun@dammar.example"
GAST = {"epost": GUN, "namn": "Gun Damm", "dagar": "3", "motivering": "Dammexpert"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)
    with transaction(database) as session:
        f.en_handelse(session, slug="snoovader", rubrik="Snöoväder")
        f.en_handelse(session, slug="annan", rubrik="En annan händelse")


def _bjud(client: FlaskClient, **data: str) -> TestResponse:
    return client.post(GASTER, data=GAST | data)


def test_a_new_guest_gets_a_letter_that_says_who_invites_and_until_when(logga_in: LoggaIn, database: Database) -> None:
    bo = logga_in(BO)
    assert _bjud(bo).headers["Location"] == GASTER
    [(till, amne, text)] = brev(database)
    assert (till, amne) == (GUN, "Nacka bjuder in dig som gäst i wis")
    place = medlemskap(database, GUN)
    assert place.giltig_till is not None
    assert clock.local(place.giltig_till).strftime("%H:%M") in text
    assert "Snöoväder" in text
    assert timedelta(days=3) - (place.giltig_till - clock.now()) < timedelta(minutes=1)
    assert (place.roll, place.administrator) == (Roll.LASARE, False)
    assert GUN in sida(bo.get(GASTER))
    [post] = logg(database, "gäst inbjuden")
    assert "Dammexpert" in post.uppgifter


def test_a_guest_reads_that_event_and_nothing_else(logga_in: LoggaIn, client: FlaskClient, database: Database) -> None:
    _bjud(logga_in(BO))
    assert valj_losenord(client, lank(database)).status_code == 302
    assert "Snöoväder" in sida(client.get("/handelser/snoovader"))
    assert client.get("/handelser/annan").status_code == 404
    assert "En annan händelse" not in sida(client.get("/handelser"))
    assert client.get("/handelser/ny").status_code in {403, 404}
    assert client.get(GASTER).status_code in {403, 404}


def test_who_has_an_account_keeps_it_and_is_told(logga_in: LoggaIn, database: Database) -> None:
    _bjud(logga_in(BO), epost=SIV)
    [(till, _, text)] = brev(database)
    assert till == SIV
    assert "/konto/" not in text
    assert "Byt till Nacka" in text
    assert medlemskap(database, SIV, "solna").roll == Roll.REDAKTOR


def test_is_ended_before_time_and_is_out_at_once(logga_in: LoggaIn, client: FlaskClient, database: Database) -> None:
    bo = logga_in(BO)
    _bjud(bo)
    valj_losenord(client, lank(database))
    path, before = f"{GASTER}/{medlemskap(database, GUN).id}/avsluta", version(database, GUN)
    assert "Skriv varför" in sida(bo.post(path), 422)
    assert bo.post(path, data=VARFOR).status_code == 302
    assert client.get("/handelser/snoovader").status_code in {403, 302}
    assert version(database, GUN) == before + 1
    assert "redan ute" in sida(bo.post(path, data=VARFOR), 422)
    assert len(logg(database, "gäst avslutad")) == 1


def test_may_be_invited_again(logga_in: LoggaIn, database: Database) -> None:
    bo = logga_in(BO)
    _bjud(bo)
    bo.post(f"{GASTER}/{medlemskap(database, GUN).id}/avsluta", data=VARFOR)
    assert _bjud(bo, dagar="7").status_code == 302
    place = medlemskap(database, GUN)
    assert place.giltig_till is not None
    assert place.giltig_till > clock.now() + timedelta(days=6)


@pytest.mark.parametrize(
    ("data", "fel"),
    [
        ({"dagar": "8"}, "Välj mellan 1 och 7 dygn."),
        ({"dagar": "0"}, "Välj mellan 1 och 7 dygn."),
        ({"dagar": "många"}, "Välj mellan 1 och 7 dygn."),
        ({"motivering": ""}, "Skriv varför"),
        ({"epost": "gun"}, "hel e-postadress"),
        ({"epost": VERA}, "behöver inte bjudas in som gäst"),
    ],
)
def test_what_will_not_do_is_said_and_what_was_typed_is_kept(
    logga_in: LoggaIn, database: Database, data: dict[str, str], fel: str
) -> None:
    page = sida(_bjud(logga_in(BO), **data), 422)
    assert fel in page
    assert "Gun Damm" in page
    assert brev(database) == []


@pytest.mark.parametrize("dagar", [-1, 0, 8, 365])
def test_the_limit_is_a_rule_and_no_matter_of_the_form(dagar: int) -> None:
    with pytest.raises(Hinder, match="1–7 dygn"):
        gast_till(dagar, clock.now())


def test_who_was_shut_out_is_not_let_in_as_a_guest(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        session.get_one(Medlemskap, medlemskap(database, VERA).id).avstangd = clock.now()
    assert "kommer inte in: avstängd" in sida(_bjud(logga_in(BO), epost=VERA), 422)
    _bjud(logga_in(BO))
    logga_in(ANNA).post(adress(database, GUN, "/stang-av"), data=VARFOR)
    assert "Bara er aktörsadministratör kan släppa in" in sida(_bjud(logga_in(BO)), 422)


def test_a_guest_is_in_one_event_at_a_time(logga_in: LoggaIn) -> None:
    bo = logga_in(BO)
    _bjud(bo)
    assert "redan gäst hos Nacka i en annan händelse" in sida(bo.post("/handelser/annan/gaster", data=GAST), 422)


def test_only_who_may_invite_sees_the_page(logga_in: LoggaIn, database: Database) -> None:
    assert logga_in(VERA).get(GASTER).status_code == 403
    assert _bjud(logga_in(VERA)).status_code == 403
    # To administer grants no reading, and so no inviting where one does not read.
    assert _bjud(logga_in(ANNA)).status_code == 403
    assert brev(database) == []
    _bjud(logga_in(BO))
    assert GUN not in sida(logga_in(SIV).get(GASTER))
    path = f"{GASTER}/{medlemskap(database, GUN).id}/avsluta"
    assert logga_in(SIV).post(path, data=VARFOR).status_code == 404


def test_a_guest_is_given_nothing_more_by_an_administrator(logga_in: LoggaIn, database: Database) -> None:
    _bjud(logga_in(BO))
    data = {"roll": "redaktor", "administrator": "y"} | VARFOR
    with database.reading() as session:
        till = session.scalars(select(Medlemskap).where(Medlemskap.gast_handelse_id.is_not(None))).one().giltig_till
    assert till is not None
    data["bygger_pa"] = f"lasare|0|{till.isoformat()}|0"
    page = sida(logga_in(ANNA).post(adress(database, GUN), data=data), 422)
    assert "En gäst läser en enda händelse" in page


def test_a_guest_who_is_made_a_user_is_a_guest_no_more(logga_in: LoggaIn, database: Database) -> None:
    _bjud(logga_in(BO))
    data = {"epost": GUN, "namn": "Gun", "roll": "skribent", "motivering": "Anställd"}
    assert logga_in(ANNA).post("/aktorer/nacka/anvandare/bjud-in", data=data).status_code == 302
    with database.reading() as session:
        places = session.scalars(select(Medlemskap).where(Medlemskap.anvandare.has(epost=GUN))).all()
        assert {(p.gast_handelse_id is not None, p.avstangd is not None) for p in places} == {
            (True, True),
            (False, False),
        }
