"""Roles in one event, why a colleague can't read one, and the history that says who changed what and why."""

import re
from datetime import timedelta

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
    SIV,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    logg,
    medlemskap,
    nackas_folk,
    sida,
    version,
)
from wis import clock
from wis.auth.models import Handelseroll, Inloggning, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton.handelseroller import INGEN_SADAN, slug_i
from wis.konton.rules import EGEN_BEHORIGHET, UTAN_MOTIVERING
from wis.tx import transaction

OPPEN, DOLD = "snoovader", "hemlig-razzia"
ROLL = {"handelseroll": "talesperson", "motivering": "Förstärker"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """An event open to all, and one that Solna keeps from Nacka."""
    nackas_folk(database)
    with transaction(database) as session:
        f.en_handelse(session, slug=OPPEN, rubrik="Snöoväder")
        f.en_handelse(session, "solna", slug=DOLD, rubrik="Hemlig razzia", lasare=[])


def _ge(client: FlaskClient, database: Database, epost: str = VERA, **data: str) -> TestResponse:
    return client.post(adress(database, epost, "/handelseroller"), data={"handelse": OPPEN} | ROLL | data)


def _utan_token(page: str) -> str:
    return re.sub(r'(csrf_token" value|csrf-token" content|data-nu|nonce)="[^"]*"', "", page)


def _roller(database: Database) -> list[Handelseroll]:
    with database.reading() as session:
        return list(session.scalars(select(Handelseroll)))


class TestARoleInAnEvent:
    def test_holds_there_and_nowhere_else_at_once(self, logga_in: LoggaIn, database: Database) -> None:
        vera, before = logga_in(VERA), version(database, VERA)
        sida(vera.get(f"/handelser/{OPPEN}/underrattelser/ny"), 403)
        assert _ge(logga_in(ANNA), database, rollens_slut="2099-06-30").status_code == 302
        sida(vera.get(f"/handelser/{OPPEN}/underrattelser/ny"))
        sida(vera.get("/handelser/ny"), 403)
        assert version(database, VERA) == before + 1
        [post] = logg(database, "händelseroll satt")
        assert post.objekt == VERA
        for part in ("Förstärker", "talesperson, till och med 2099-06-30", "som standardrollen"):
            assert part in post.uppgifter

    def test_can_be_none_and_then_the_event_is_not_there(self, logga_in: LoggaIn, database: Database) -> None:
        _ge(logga_in(ANNA), database, handelseroll="ingen")
        vera = logga_in(VERA)
        sida(vera.get(f"/handelser/{OPPEN}"), 404)
        assert "Snöoväder" not in sida(vera.get("/handelser"))

    def test_given_again_replaces_the_one_before(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        _ge(anna, database)
        _ge(anna, database, handelseroll="redaktor")
        [roll] = _roller(database)
        assert roll.roll == Roll.REDAKTOR

    def test_is_taken_away_with_a_reason(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        _ge(anna, database)
        path = adress(database, VERA, f"/handelseroller/{_roller(database)[0].id}/ta-bort")
        assert "Skriv varför" in sida(anna.post(path), 422)
        assert anna.post(path, data=VARFOR).status_code == 302
        assert _roller(database) == []
        assert "redan borttagen" in sida(anna.post(path, data=VARFOR), 422)

    @pytest.mark.parametrize("handelse", [DOLD, f"http://localhost/handelser/{DOLD}", "hittepa", "/handelser/hittepa"])
    def test_what_the_actor_may_not_read_and_what_is_not_there_get_one_answer(
        self, logga_in: LoggaIn, database: Database, handelse: str
    ) -> None:
        page = sida(_ge(logga_in(ANNA), database, handelse=handelse), 422)
        assert INGEN_SADAN in page
        assert "razzia" not in page.replace(handelse, "")
        assert "Förstärker" in page
        assert _roller(database) == []

    @pytest.mark.parametrize(
        ("data", "fel"),
        [
            ({"motivering": " "}, UTAN_MOTIVERING),
            ({"handelseroll": ""}, "Välj en roll."),
            ({"handelse": ""}, "Välj en händelse"),
            ({"rollens_slut": "2001-01-01"}, "redan varit"),
        ],
    )
    def test_what_is_missing_is_asked_for(
        self, logga_in: LoggaIn, database: Database, data: dict[str, str], fel: str
    ) -> None:
        assert fel in sida(_ge(logga_in(ANNA), database, **data), 422)

    def test_nobody_gives_one_to_themselves(self, logga_in: LoggaIn, database: Database) -> None:
        assert EGEN_BEHORIGHET in sida(_ge(logga_in(ANNA), database, ANNA), 422)
        assert _roller(database) == []

    def test_another_actors_administrator_gives_none(self, logga_in: LoggaIn, database: Database) -> None:
        assert _ge(logga_in(SIV), database).status_code == 403
        path = f"/aktorer/solna/anvandare/{medlemskap(database, VERA).id}/handelseroller"
        assert logga_in(SIV).post(path, data=ROLL | {"handelse": OPPEN}).status_code == 404

    def test_an_administrator_without_a_role_learns_no_title(self, logga_in: LoggaIn, database: Database) -> None:
        bo, anna, path = logga_in(BO), logga_in(ANNA), adress(database, VERA)
        _ge(bo, database)
        assert "Snöoväder" in sida(bo.get(path))
        page = sida(anna.get(path))
        assert "Snöoväder" not in page
        assert OPPEN not in page
        assert "som du inte har läsrätt till" in page

    def test_is_chosen_from_a_list_by_one_who_reads(self, logga_in: LoggaIn, database: Database) -> None:
        bo = logga_in(BO)
        assert f'<option value="{OPPEN}">' in sida(bo.get(adress(database, VERA)))
        assert _ge(bo, database, handelse="", vald=OPPEN).status_code == 302


@pytest.mark.parametrize(
    "text", [OPPEN, f" {OPPEN} ", f"/handelser/{OPPEN}", f"https://wis.example/handelser/{OPPEN}/tidslinje?a=b#c"]
)
def test_an_event_is_found_however_its_address_is_pasted(text: str) -> None:
    assert slug_i(text) == OPPEN


class TestWhyCanSheNotRead:
    def _svar(self, client: FlaskClient, database: Database, handelse: str = OPPEN, epost: str = VERA) -> str:
        path = adress(database, epost, "/kontrollera")
        return sida(client.get(path, query_string={"handelse": handelse}))

    def test_she_may(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(VERA)
        assert "får läsa" in self._svar(logga_in(BO), database)

    def test_hidden_and_missing_are_told_alike_with_a_way_to_ask(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        hidden, missing = self._svar(anna, database, DOLD), self._svar(anna, database, "hittepa-razzia")
        assert _utan_token(hidden).replace(DOLD, "X") == _utan_token(missing).replace("hittepa-razzia", "X")
        assert "Fråga om läsrätt" in hidden

    @pytest.mark.parametrize(
        ("andrat", "skal", "lank"),
        [
            ({"avstangd": True}, "Personen är avstängd hos er.", "#avstangning"),
            ({"giltig_till": True}, "Behörigheten har gått ut.", "#andra"),
            ({"administrator": True}, "Personen har ingen roll som läser.", "#andra"),
        ],
    )
    def test_each_reason_is_a_sentence_with_a_link_to_where_it_is_mended(
        self, logga_in: LoggaIn, database: Database, andrat: dict[str, bool], skal: str, lank: str
    ) -> None:
        with transaction(database) as session:
            place = session.get_one(Medlemskap, medlemskap(database, VERA).id)
            if "avstangd" in andrat:
                place.avstangd = clock.now()
            if "giltig_till" in andrat:
                place.giltig_till = clock.now() - timedelta(days=1)
            if "administrator" in andrat:
                place.roll, place.administrator = None, True
        page = self._svar(logga_in(ANNA), database)
        assert skal in page
        assert f'href="{adress(database, VERA)}{lank}"' in page
        assert f'id="{lank[1:]}"' in sida(logga_in(ANNA).get(adress(database, VERA)))

    def test_she_is_excepted_from_the_event(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        _ge(anna, database, handelseroll="ingen")
        page = self._svar(anna, database)
        assert "undantagen från just den här händelsen" in page
        assert "#handelseroller" in page

    def test_she_has_not_chosen_a_password(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        anna.post(BJUD_IN, data=KIM)
        page = self._svar(anna, database, epost="kim.ek@nacka.example")
        assert "inte valt lösenord än" in page
        assert "#lank" in page

    def test_she_never_logged_in(self, logga_in: LoggaIn, database: Database) -> None:
        assert "aldrig loggat in" in self._svar(logga_in(ANNA), database)

    def test_no_title_is_told_to_one_who_reads_nothing(self, logga_in: LoggaIn, database: Database) -> None:
        assert "Snöoväder" not in self._svar(logga_in(ANNA), database)

    def test_without_an_event_one_is_asked_for(self, logga_in: LoggaIn, database: Database) -> None:
        assert "Välj en händelse" in sida(logga_in(ANNA).get(adress(database, VERA, "/kontrollera")), 422)


class TestTheReason:
    @pytest.mark.parametrize("akt", ["/stang-av", "/slapp-in", ""])
    def test_every_change_asks_why(self, logga_in: LoggaIn, database: Database, akt: str) -> None:
        path = adress(database, VERA, akt)
        page = sida(logga_in(ANNA).post(path, data={"roll": "skribent", "bygger_pa": "lasare|0||0"}), 422)
        assert UTAN_MOTIVERING in page
        assert medlemskap(database, VERA).avstangd is None
        assert medlemskap(database, VERA).roll == Roll.LASARE

    def test_an_invitation_too(self, logga_in: LoggaIn) -> None:
        assert UTAN_MOTIVERING in sida(logga_in(ANNA).post(BJUD_IN, data=KIM | {"motivering": ""}), 422)

    def test_stands_in_the_history_with_who_and_what(self, logga_in: LoggaIn, database: Database) -> None:
        bo, path = logga_in(BO), adress(database, VERA)
        bo.post(path, data={"roll": "skribent", "bygger_pa": "lasare|0||0", "motivering": "Byter grupp"})
        _ge(bo, database)
        bo.post(path + "/stang-av", data={"motivering": "Slutar"})
        page = sida(bo.get(path)).partition('id="historik"')[2]
        for part in ("från läsare till skribent", "”Byter grupp”", "Händelseroll satt", "Snöoväder", "”Slutar”"):
            assert part in page
        assert page.index("Slutar") < page.index("Byter grupp")

    def test_what_another_actor_did_is_not_told(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(SIV).post("/aktorer/solna/anvandare/bjud-in", data=KIM | {"epost": VERA, "motivering": "Solnas sak"})
        assert "Solnas sak" not in sida(logga_in(BO).get(adress(database, VERA)))


def test_to_change_rights_one_must_have_shown_lately_who_one_is(logga_in: LoggaIn, database: Database) -> None:
    anna, path = logga_in(ANNA), adress(database, VERA)
    with transaction(database) as session:
        for rad in session.scalars(select(Inloggning)):
            rad.bekraftad = clock.now() - timedelta(hours=1)
    for akt in ("", "/stang-av", "/handelseroller", "/handelseroller/1/ta-bort", "/skicka-lank"):
        assert "Ditt lösenord" in sida(anna.post(path + akt, data=VARFOR), 403)
    for other in (BJUD_IN, f"{LISTA}/importera", "/aktorer/nacka/genomgang/starta"):
        assert "Ditt lösenord" in sida(anna.post(other, data=KIM), 403)
