"""Drafts of lägesbilder over HTTP."""

import re
import uuid
from html import unescape
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import factories as f
from tests.web.lagesbild_stod import (
    BAS,
    FORM,
    LoggaIn,
    i_falt,
    publicera,
    sidan,
    skrivande_folk,
    sparade,
    versioner,
)
from wis.db import Database
from wis.lagesbild import service
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.rules import Innehall


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


class TestDrafts:
    def test_a_draft_saved_by_hand_comes_back_after_a_new_login(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        svar = anna.post(f"{BAS}/skriv", data=FORM | {"handling": "spara", "andringsnotering": "Nytt"})
        assert svar.headers["Location"] == f"{BAS}/skriv"
        anna.post("/logga-ut")
        page = sidan(logga_in("talesperson@trafikverket.example").get(f"{BAS}/skriv"))
        assert i_falt(page, "sammanfattning") == "E18 är **öppen** norrut."
        assert i_falt(page, "andringsnotering") == "Nytt"
        assert re.search(r'value="\+120"[^>]* checked', page)
        assert "Sparat" in page
        assert versioner(database) == []

    def test_it_is_saved_as_one_types(self, anna: FlaskClient, database: Database) -> None:
        svar = anna.post(f"{BAS}/utkast", data=FORM, headers={"Accept": "application/json"})
        assert svar.json is not None
        assert svar.json["revision"] == 1
        assert re.fullmatch(r"\d\d:\d\d", svar.json["sparad"])
        assert sparade(database)[0]["sammanfattning"] == "E18 är **öppen** norrut."

    @pytest.mark.parametrize(("falt", "varde"), [("andringsnotering", "Bron är öppnad"), ("nasta_val", "+240")])
    def test_a_note_or_a_time_alone_is_kept(self, anna: FlaskClient, database: Database, falt: str, varde: str) -> None:
        publicera(anna, 0, "Läget", lage_fakta="Fakta")
        page = sidan(anna.get(f"{BAS}/skriv"))
        mitt = {n: i_falt(page, n) for n in ("sammanfattning", "lage_fakta", "bas", "revision", "nyckel")}
        svar = anna.post(f"{BAS}/utkast", data=mitt | {falt: varde}, headers={"Accept": "application/json"})
        assert svar.json is not None
        assert svar.json["revision"] == 1
        assert len(sparade(database)) == 1
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert f'value="{varde}"' in page

    def test_what_is_typed_for_one_actor_is_not_saved_as_another(self, anna: FlaskClient, database: Database) -> None:
        data = FORM | {"som_aktor": "999999"}
        svar = anna.post(f"{BAS}/utkast", data=data, headers={"Accept": "application/json"})
        assert svar.status_code == 409
        assert svar.json is not None
        assert svar.json["kod"] == "bytt_aktor"
        assert "Trafikverket" in svar.json["aktor"]
        assert sparade(database) == []

    def test_two_tabs_notice_each_other_and_both_texts_are_there(self, anna: FlaskClient, database: Database) -> None:
        json = {"Accept": "application/json"}
        anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": "Flik ett"}, headers=json)
        svar = anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": "Flik två"}, headers=json)
        assert svar.status_code == 409
        assert svar.json is not None
        assert svar.json["sektioner"]["sammanfattning"] == "Flik ett"
        assert sparade(database)[0]["sammanfattning"] == "Flik ett"
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Flik två", "handling": "spara"}), 409)
        assert i_falt(page, "sammanfattning") == "Flik två"
        assert "bara i den andra fliken: </span>ett</mark>" in page
        assert "från en annan flik" in page
        val = {"sammanfattning": "Båda", "handling": "spara", "revision": i_falt(page, "revision")}
        assert anna.post(f"{BAS}/skriv", data=FORM | val).status_code == 302
        assert sparade(database)[0]["sammanfattning"] == "Båda"

    def test_a_script_that_is_logged_out_is_told_so(self, client: FlaskClient) -> None:
        svar = client.post(f"{BAS}/utkast", data=FORM, headers={"Accept": "application/json"})
        assert svar.status_code == 401
        assert "utloggad" in svar.get_data(as_text=True)

    def test_a_form_sent_after_the_login_ran_out_is_kept_and_published_once(
        self, client: FlaskClient, database: Database
    ) -> None:
        egen = {"Sec-Fetch-Site": "same-origin"}
        logga_in = sidan(client.post(f"{BAS}/skriv", data=FORM, headers=egen), 401)
        data = {"epost": "talesperson@trafikverket.example", "losenord": f.LOSENORD}
        data |= {namn: i_falt(logga_in, namn) for namn in ("nasta", "parkerat")}
        page = sidan(client.post("/logga-in", data=data, headers=egen))
        kvar = {namn: i_falt(page, namn) for namn in FORM}
        assert kvar["sammanfattning"] == FORM["sammanfattning"]
        assert versioner(database) == []
        for _ in range(2):
            assert client.post(f"{BAS}/skriv", data=kvar).status_code == 302
        assert len(versioner(database)) == 1

    def test_a_form_with_an_old_token_comes_back_whole(self, app: Flask, anna: FlaskClient) -> None:
        app.config["WTF_CSRF_ENABLED"] = True
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM), 400)
        assert "Skicka igen" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert "118 plogfordon är ute." in page

    def test_a_database_that_fails_gives_the_text_back(self, anna: FlaskClient, database: Database) -> None:
        anna.get(BAS)

        def full(*_args: object) -> None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        event.listen(LagesbildVersion, "before_insert", full)
        try:
            page = sidan(anna.post(f"{BAS}/skriv", data=FORM), 503)
        finally:
            event.remove(LagesbildVersion, "before_insert", full)
        assert "disk är full" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert versioner(database) == []
        assert anna.post(f"{BAS}/skriv", data=FORM).status_code == 302

    def test_a_preview_shows_the_page_saves_the_draft_and_publishes_nothing(
        self, anna: FlaskClient, database: Database
    ) -> None:
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"handling": "granska"}))
        assert "Så här kommer den att se ut" in page
        assert "E18 är <strong>öppen</strong> norrut." in page
        assert i_falt(page, "sammanfattning") == FORM["sammanfattning"]
        assert i_falt(page, "revision") == "1"
        assert versioner(database) == []
        assert len(sparade(database)) == 1

    @pytest.mark.parametrize("handling", ["granska", "tyst"])
    def test_nothing_is_read_from_the_database_while_the_text_is_rendered(
        self, anna: FlaskClient, monkeypatch: pytest.MonkeyPatch, handling: str
    ) -> None:
        rendera, oppna = service.rendera, []

        def iakttagen(innehall: Innehall, *resten: Any) -> dict[str, str]:
            oppna.append("session" in g)
            return rendera(innehall, *resten)

        monkeypatch.setattr(service, "rendera", iakttagen)
        # A text that nobody has looked at: what was rendered a moment ago is kept.
        ny = {"sammanfattning": f"Läget {uuid.uuid4().hex}", "handling": handling}
        assert anna.post(f"{BAS}/skriv", data=FORM | ny).status_code in {200, 302}
        assert oppna == [False]

    def test_a_colleagues_draft_is_listed_and_can_be_taken_over(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        skribent = logga_in("skribent@trafikverket.example")
        skribent.post(f"{BAS}/skriv", data=FORM | {"handling": "spara"})
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert re.search(r"Utkast av Person \d+, sparat \d\d:\d\d", page)
        ta_over = re.search(r'action="([^"]+/ta-over)"', page)
        assert ta_over
        assert anna.post(ta_over[1]).headers["Location"] == f"{BAS}/skriv"
        assert i_falt(sidan(anna.get(f"{BAS}/skriv")), "sammanfattning") == FORM["sammanfattning"]
        anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Mitt", "handling": "spara", "revision": "2"})
        fraga = sidan(anna.post(ta_over[1]), 409)
        assert "Ersätt mitt utkast" in fraga
        assert "Mitt" in fraga
        anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Mitt, mer", "handling": "spara", "revision": "3"})
        igen = sidan(anna.post(ta_over[1], data={"ersatt": i_falt(fraga, "ersatt")}), 409)
        assert "Mitt, mer" in igen
        assert "har ändrats sedan du öppnade sidan" in igen
        assert anna.post(ta_over[1], data={"ersatt": i_falt(igen, "ersatt")}).status_code == 302

    def test_a_draft_that_is_gone_cannot_be_taken_over(self, anna: FlaskClient) -> None:
        anna.post(f"{BAS}/utkast/77/ta-over")
        assert "finns inte längre" in sidan(anna.get(f"{BAS}/skriv"))

    def test_a_draft_is_thrown_away_in_two_steps(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"handling": "spara"})
        page = sidan(anna.get(f"{BAS}/kasta"))
        assert FORM["sammanfattning"] in unescape(page)
        anna.post(f"{BAS}/kasta", data={"revision": "0"})
        assert len(sparade(database)) == 1
        assert anna.post(f"{BAS}/kasta", data={"revision": "1"}).headers["Location"] == BAS
        assert sparade(database) == []
        assert anna.get(f"{BAS}/kasta").headers["Location"] == f"{BAS}/skriv"
