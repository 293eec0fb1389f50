"""Reading, writing and comparing lägesbilder over HTTP."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests import factories as f
from wis import clock
from wis.auth.rules import Roll
from wis.datum import falt_av
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildVersion, Utkast
from wis.notiser.models import Kanalslag, Notisslag, Utskick
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
BAS = "/handelser/snoovader/lagesbild/trafikverket"
SAMLAD = "/handelser/snoovader/lagesbild/samlad"
FORM = {
    "sammanfattning": "E18 är **öppen** norrut.",
    "lage_fakta": "118 plogfordon är ute.\r\nInga stopp.",
    "bas": "0",
    "revision": "0",
    "nyckel": "a" * 32,
    "nasta_val": "+120",
    "handling": "avisera",
}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        for roll in Roll:
            f.en_person_hos(session, "trafikverket", roll, epost=f"{roll}@trafikverket.example")
        f.en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost="bertil@trafikverket.example")
        f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR, epost="tib@lansstyrelsen.example")
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="redaktor@nacka.example")
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")
        f.en_handelse(session, "lansstyrelsen", slug="hemlig", rubrik="Hemlig", lasare=["trafikverket"])


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


def _text(svar: TestResponse, status: int = 200) -> str:
    page = svar.get_data(as_text=True)
    assert svar.status_code == status, page
    return page


def _synligt(page: str) -> str:
    """What a person reads: without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _falt(page: str, namn: str) -> str:
    """What stands in a field of the form."""
    textarea = re.search(rf'<textarea[^>]* name="{namn}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    if textarea:
        return unescape(textarea[1]).removeprefix("\r\n").removeprefix("\n")
    falt = re.search(rf'<input[^>]* name="{namn}"[^>]*>', page)
    assert falt, namn
    varde = re.search(r'value="([^"]*)"', falt[0])
    return unescape(varde[1]) if varde else ""


def _versioner(database: Database) -> list[LagesbildVersion]:
    with database.reading() as session:
        return list(session.scalars(select(LagesbildVersion).order_by(LagesbildVersion.nummer)))


def _utkast(database: Database) -> list[dict[str, str]]:
    with database.reading() as session:
        return [utkast.sektioner for utkast in session.scalars(select(Utkast).order_by(Utkast.id))]


def _publicera(client: FlaskClient, bas: int, sammanfattning: str, adress: str = BAS, **ovrigt: str) -> TestResponse:
    data = {"sammanfattning": sammanfattning, "bas": str(bas), "nyckel": f"{bas:032x}", "handling": "tyst", **ovrigt}
    return client.post(f"{adress}/skriv", data=data)


class TestPublishing:
    def test_a_version_is_published_told_and_read(self, anna: FlaskClient, database: Database) -> None:
        svar = anna.post(f"{BAS}/skriv", data=FORM)
        assert (svar.status_code, svar.headers["Location"]) == (302, BAS)
        page = _text(anna.get(BAS))
        assert "<strong>öppen</strong>" in page
        assert "Nästa uppdatering senast" in page
        assert "Version 1 är publicerad och aviseras nu." in _synligt(page)
        with database.reading() as session:
            utskick = session.scalars(select(Utskick)).one()
        assert "E18 är öppen norrut." in utskick.sms
        assert f"/utskick/{utskick.id}" in page

    def test_it_can_be_published_without_telling(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"handling": "tyst"})
        assert len(_versioner(database)) == 1
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Utskick)) == 0
        assert "Ingen aviseras" in _text(anna.get(BAS))

    def test_the_same_form_sent_twice_publishes_once(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM)
        igen = anna.post(f"{BAS}/skriv", data=FORM)
        assert igen.headers["Location"] == f"{BAS}/versioner/1"
        assert "bara en gång" in _text(anna.get(BAS))
        assert len(_versioner(database)) == 1

    def test_a_missing_or_broken_key_loses_nothing(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"nyckel": "x'; DROP"})
        assert len(_versioner(database)) == 1

    def test_the_page_opens_with_what_is_published_to_be_revised(self, anna: FlaskClient) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"andringsnotering": "Nu öppen"})
        page = _text(anna.get(f"{BAS}/skriv"))
        assert _falt(page, "sammanfattning") == "E18 är **öppen** norrut."
        assert _falt(page, "lage_fakta") == "118 plogfordon är ute.\nInga stopp."
        assert _falt(page, "bas") == "1"
        assert _falt(page, "andringsnotering") == ""
        assert "som redan är utlovat" in page

    def test_the_buttons_say_how_many_will_be_told(self, anna: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            for nr in range(3):
                person = f.en_person_hos(session, "nacka", Roll.LASARE)
                f.en_kanal(session, person, Kanalslag.SMS, f"+4670174060{nr}")
                f.en_prenumeration(session, person, Notisslag.LAGESBILD)
        page = _text(anna.get(f"{BAS}/skriv"))
        knappar = [
            _synligt(k) for k in re.findall(r"<button[^>]*name=\"handling\"[^>]*>(.*?)</button>", page, re.DOTALL)
        ]
        assert "Publicera och avisera 3" in knappar
        assert "Publicera utan avisering" in knappar
        assert "Spara utkast" in knappar
        assert knappar[0] == "Spara", "Enter in a field must never publish"

    def test_without_a_summary_the_page_says_so_and_keeps_everything(
        self, anna: FlaskClient, database: Database
    ) -> None:
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "  ", "andringsnotering": "Nytt"}), 422)
        assert "Skriv en sammanfattning" in page
        assert _falt(page, "lage_fakta").replace("\r\n", "\n") == "118 plogfordon är ute.\nInga stopp."
        assert _falt(page, "andringsnotering") == "Nytt"
        assert re.search(r'value="\+120"[^>]* checked', page)
        assert _versioner(database) == []
        assert _utkast(database) == [{"lage_fakta": "118 plogfordon är ute.\nInga stopp."}]

    @pytest.mark.parametrize(
        ("falt", "fel"),
        [
            ({"sammanfattning": "x" * 501}, "Korta med 1"),
            ({"prognos": "x" * 20_001}, "Korta med 1"),
            ({"andringsnotering": "x" * 301}, "300 tecken"),
            ({"nasta_val": "annan", "nasta_tid": "2020-01-01T08:00"}, "har redan varit"),
            ({"nasta_val": "annan", "nasta_tid": "kvart över"}, "går inte att förstå"),
            ({"nasta_val": "annan", "nasta_tid": ""}, "Ange datum och klockslag"),
            ({"nasta_val": "", "nasta_tid": "2030-01-01T08:00"}, "Välj också Annan tid"),
            ({"nasta_val": "annan", "nasta_tid": "9999-12-31T23:59"}, "tre månader"),
            ({"nasta_val": "+99999999999999"}, "tre månader"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_field_and_nothing_is_published(
        self, anna: FlaskClient, database: Database, falt: dict[str, str], fel: str
    ) -> None:
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | falt), 422)
        assert fel in page
        assert 'id="fel"' in page
        for namn, varde in falt.items():
            if namn not in {"nasta_val"}:
                assert _falt(page, namn) == varde
        assert _versioner(database) == []

    def test_a_time_of_ones_own_is_promised(self, anna: FlaskClient, database: Database) -> None:
        tid = clock.now() + timedelta(days=2)
        anna.post(f"{BAS}/skriv", data=FORM | {"nasta_val": "annan", "nasta_tid": falt_av(tid)})
        (version,) = _versioner(database)
        assert version.nasta_uppdatering == tid.replace(second=0, microsecond=0)

    def test_an_unchanged_text_is_refused_with_the_better_button_beside(
        self, anna: FlaskClient, database: Database
    ) -> None:
        _publicera(anna, 0, "Läget")
        page = _text(_publicera(anna, 1, "Läget"), 422)
        assert "Ingen text är ändrad sedan version 1" in page
        assert f'action="{BAS}/oforandrat"' in page
        assert len(_versioner(database)) == 1

    def test_a_broken_promise_is_shown_as_broken(self, anna: FlaskClient) -> None:
        with clock.at(clock.now() - timedelta(hours=5)):
            _publicera(anna, 0, "Läget", nasta_val="+60")
        assert "Överskriden" in _text(anna.get(BAS))

    def test_an_exercise_is_one_on_every_page(self, anna: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            f.en_handelse(session, "lansstyrelsen", slug="ovning", ovning=True)
        adress = "/handelser/ovning/lagesbild/trafikverket"
        _publicera(anna, 0, "Läget", adress)
        _publicera(anna, 1, "Läget 2", adress)
        for sida in ("", "/skriv", "/versioner/1", "/jamfor/1/2"):
            assert "ÖVNING ÖVNING ÖVNING" in _text(anna.get(adress + sida))

    @pytest.mark.parametrize("text", ["[" * 20_000, "<div>" * 3_900])
    def test_hostile_markup_is_published_within_seconds_and_nothing_of_it_is_lost(
        self, anna: FlaskClient, text: str
    ) -> None:
        borjan = time.monotonic()
        svar = _publicera(anna, 0, "Läget", prognos=text)
        assert time.monotonic() - borjan < 10
        assert svar.status_code == 302
        page = _text(anna.get(BAS))
        assert text in unescape(page)

    def test_script_is_text_wherever_it_is_shown(self, anna: FlaskClient) -> None:
        ont = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))\"'><b onclick=1>"
        _publicera(anna, 0, ont, lage_fakta=ont, andringsnotering=ont)
        _publicera(anna, 1, "Rent", lage_fakta=f"{ont} mer", andringsnotering=ont)
        anna.post(f"{BAS}/skriv", data={"sammanfattning": ont, "bas": "1", "handling": "spara"})
        for sida in ("", "/versioner/1", "/jamfor/1/2", "/jamfor/1/2?vy=sida", "/skriv", "/kasta"):
            page = _text(anna.get(BAS + sida))
            assert not re.search(r"<script>|<img|<b onclick|<[^>]*\son(error|click)=", page), sida
            assert not re.search(r'href="\s*javascript:', page), sida
        page = _text(anna.post(f"{BAS}/skriv", data={"sammanfattning": ont, "bas": "2", "handling": "granska"}))
        assert "<script>alert" not in page
        assert "<img" not in page


class TestMeetingTexts:
    def test_a_stale_base_shows_both_texts_and_publishing_again_wins(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        bertil = logga_in("bertil@trafikverket.example")
        _publicera(anna, 0, "Grund", lage_fakta="Fakta", resurser="Tio bilar", prognos="Mer snö")
        _publicera(bertil, 1, "Bertils summa", lage_fakta="Fakta", resurser="Elva bilar", prognos="Mer snö")
        mitt = {"lage_fakta": "Fakta, nya", "resurser": "Tio bilar", "prognos": "Mer snö", "andringsnotering": "Mitt"}
        page = _text(_publicera(anna, 1, "Annas summa", **mitt), 409)
        assert _falt(page, "sammanfattning") == "Annas summa"
        assert "Bertils summa" in page
        assert _falt(page, "lage_fakta") == "Fakta, nya"
        assert _falt(page, "resurser") == "Elva bilar", "what Anna never touched must not take back what Bertil wrote"
        assert _falt(page, "prognos") == "Mer snö"
        assert _falt(page, "andringsnotering") == "Mitt"
        assert _falt(page, "bas") == "2"
        assert _falt(page, "nyckel") != f"{1:032x}"
        assert len(_versioner(database)) == 2
        igen = {namn: _falt(page, namn) for namn in ("sammanfattning", "lage_fakta", "resurser", "prognos", "nyckel")}
        assert anna.post(f"{BAS}/skriv", data={**igen, "bas": "2", "handling": "tyst"}).status_code == 302
        assert _versioner(database)[2].sammanfattning == "Annas summa"

    def test_the_page_of_a_refused_publication_can_be_left_and_opened_again(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        _publicera(anna, 0, "Grund")
        _publicera(logga_in("bertil@trafikverket.example"), 1, "Bertils summa")
        _publicera(anna, 1, "Annas summa")
        page = _text(anna.get(f"{BAS}/skriv"))
        assert _falt(page, "sammanfattning") == "Annas summa"
        assert "Bertils summa" in page
        assert "har kommit medan du skrev" in page
        assert _falt(page, "bas") == "2"

    def test_the_first_version_of_two_is_met_too(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        _publicera(logga_in("bertil@trafikverket.example"), 0, "Bertils")
        page = _text(_publicera(anna, 0, "Annas"), 409)
        assert _falt(page, "sammanfattning") == "Annas"
        assert "Bertils" in page

    @pytest.mark.parametrize("bas", ["", "sju", "-3", "99", "9" * 40])
    def test_an_invented_base_is_met_with_the_latest(self, anna: FlaskClient, database: Database, bas: str) -> None:
        _publicera(anna, 0, "Läget")
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | {"bas": bas, "revision": bas}), 409)
        assert _falt(page, "bas") == "1"
        assert len(_versioner(database)) == 1


class TestDrafts:
    def test_a_draft_saved_by_hand_comes_back_after_a_new_login(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        svar = anna.post(f"{BAS}/skriv", data=FORM | {"handling": "spara", "andringsnotering": "Nytt"})
        assert svar.headers["Location"] == f"{BAS}/skriv"
        anna.post("/logga-ut")
        page = _text(logga_in("talesperson@trafikverket.example").get(f"{BAS}/skriv"))
        assert _falt(page, "sammanfattning") == "E18 är **öppen** norrut."
        assert _falt(page, "andringsnotering") == "Nytt"
        assert re.search(r'value="\+120"[^>]* checked', page)
        assert "Sparat" in page
        assert _versioner(database) == []

    def test_it_is_saved_as_one_types(self, anna: FlaskClient, database: Database) -> None:
        svar = anna.post(f"{BAS}/utkast", data=FORM, headers={"Accept": "application/json"})
        assert svar.json is not None
        assert svar.json["revision"] == 1
        assert re.fullmatch(r"\d\d:\d\d", svar.json["sparad"])
        assert _utkast(database)[0]["sammanfattning"] == "E18 är **öppen** norrut."

    def test_two_tabs_notice_each_other_and_both_texts_are_there(self, anna: FlaskClient, database: Database) -> None:
        json = {"Accept": "application/json"}
        anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": "Flik ett"}, headers=json)
        svar = anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": "Flik två"}, headers=json)
        assert svar.status_code == 409
        assert svar.json is not None
        assert svar.json["sektioner"]["sammanfattning"] == "Flik ett"
        assert _utkast(database)[0]["sammanfattning"] == "Flik ett"
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Flik två", "handling": "spara"}), 409)
        assert _falt(page, "sammanfattning") == "Flik två"
        assert "Flik ett" in page
        assert "från en annan flik" in page
        val = {"sammanfattning": "Båda", "handling": "spara", "revision": _falt(page, "revision")}
        assert anna.post(f"{BAS}/skriv", data=FORM | val).status_code == 302
        assert _utkast(database)[0]["sammanfattning"] == "Båda"

    def test_a_script_that_is_logged_out_is_told_so(self, client: FlaskClient) -> None:
        svar = client.post(f"{BAS}/utkast", data=FORM, headers={"Accept": "application/json"})
        assert svar.status_code == 401
        assert "utloggad" in svar.get_data(as_text=True)

    def test_a_form_sent_after_the_login_ran_out_is_kept_and_published_once(
        self, client: FlaskClient, database: Database
    ) -> None:
        egen = {"Sec-Fetch-Site": "same-origin"}
        logga_in = _text(client.post(f"{BAS}/skriv", data=FORM, headers=egen), 401)
        data = {"epost": "talesperson@trafikverket.example", "losenord": f.LOSENORD}
        data |= {namn: _falt(logga_in, namn) for namn in ("nasta", "parkerat")}
        page = _text(client.post("/logga-in", data=data, headers=egen))
        kvar = {namn: _falt(page, namn) for namn in FORM}
        assert kvar["sammanfattning"] == FORM["sammanfattning"]
        assert _versioner(database) == []
        for _ in range(2):
            assert client.post(f"{BAS}/skriv", data=kvar).status_code == 302
        assert len(_versioner(database)) == 1

    def test_a_form_with_an_old_token_comes_back_whole(self, app: Flask, anna: FlaskClient) -> None:
        app.config["WTF_CSRF_ENABLED"] = True
        page = _text(anna.post(f"{BAS}/skriv", data=FORM), 400)
        assert "Skicka igen" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert "118 plogfordon är ute." in page

    def test_a_database_that_fails_gives_the_text_back(self, anna: FlaskClient, database: Database) -> None:
        anna.get(BAS)

        def full(*_args: object) -> None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        event.listen(LagesbildVersion, "before_insert", full)
        try:
            page = _text(anna.post(f"{BAS}/skriv", data=FORM), 503)
        finally:
            event.remove(LagesbildVersion, "before_insert", full)
        assert "disk är full" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert _versioner(database) == []
        assert anna.post(f"{BAS}/skriv", data=FORM).status_code == 302

    def test_a_preview_shows_the_page_saves_the_draft_and_publishes_nothing(
        self, anna: FlaskClient, database: Database
    ) -> None:
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | {"handling": "granska"}))
        assert "Så här kommer den att se ut" in page
        assert "E18 är <strong>öppen</strong> norrut." in page
        assert _falt(page, "sammanfattning") == FORM["sammanfattning"]
        assert _falt(page, "revision") == "1"
        assert _versioner(database) == []
        assert len(_utkast(database)) == 1

    def test_a_colleagues_draft_is_listed_and_can_be_taken_over(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        skribent = logga_in("skribent@trafikverket.example")
        skribent.post(f"{BAS}/skriv", data=FORM | {"handling": "spara"})
        page = _text(anna.get(f"{BAS}/skriv"))
        assert re.search(r"Utkast av Person \d+, sparat \d\d:\d\d", page)
        ta_over = re.search(r'action="([^"]+/ta-over)"', page)
        assert ta_over
        assert anna.post(ta_over[1]).headers["Location"] == f"{BAS}/skriv"
        assert _falt(_text(anna.get(f"{BAS}/skriv")), "sammanfattning") == FORM["sammanfattning"]
        anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Mitt", "handling": "spara", "revision": "2"})
        fraga = _text(anna.post(ta_over[1]), 409)
        assert "Ersätt mitt utkast" in fraga
        assert "Mitt" in fraga
        assert anna.post(ta_over[1], data={"ersatt": "1"}).status_code == 302

    def test_a_draft_that_is_gone_cannot_be_taken_over(self, anna: FlaskClient) -> None:
        anna.post(f"{BAS}/utkast/77/ta-over")
        assert "finns inte längre" in _text(anna.get(f"{BAS}/skriv"))

    def test_a_draft_is_thrown_away_in_two_steps(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"handling": "spara"})
        page = _text(anna.get(f"{BAS}/kasta"))
        assert FORM["sammanfattning"] in unescape(page)
        anna.post(f"{BAS}/kasta", data={"revision": "0"})
        assert len(_utkast(database)) == 1
        assert anna.post(f"{BAS}/kasta", data={"revision": "1"}).headers["Location"] == BAS
        assert _utkast(database) == []
        assert anna.get(f"{BAS}/kasta").headers["Location"] == f"{BAS}/skriv"


class TestRights:
    def test_a_skribent_saves_and_reads_why_it_cannot_publish(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("skribent@trafikverket.example")
        page = _text(client.get(f"{BAS}/skriv"))
        assert "Publicera och avisera" not in page
        assert "Spara utkast" in page
        assert "behövs rollen talesperson" in page
        assert "Aktörsadministratören hos Trafikverket" in page
        nekad = _text(client.post(f"{BAS}/skriv", data=FORM), 403)
        assert "behövs rollen talesperson" in nekad
        assert FORM["sammanfattning"] in unescape(nekad)
        assert client.post(f"{BAS}/oforandrat", data={"bas": "1"}).status_code == 403
        assert _versioner(database) == []

    def test_a_reader_is_told_who_can_grant_it(self, logga_in: LoggaIn) -> None:
        client = logga_in("lasare@trafikverket.example")
        page = _text(client.get(f"{BAS}/skriv"), 403)
        assert "Du är läsare hos Trafikverket" in page
        assert "Aktörsadministratören hos Trafikverket" in page
        lassida = _text(client.get(BAS))
        assert "Varför inte?" in lassida
        assert 'href="' + BAS + '/skriv"' not in lassida

    def test_another_actors_lagesbild_is_read_but_not_written(self, logga_in: LoggaIn, anna: FlaskClient) -> None:
        _publicera(anna, 0, "Läget på vägarna")
        client = logga_in("redaktor@nacka.example")
        assert "Läget på vägarna" in _text(client.get(BAS))
        assert "tillhör Trafikverket" in _text(client.get(f"{BAS}/skriv"), 403)
        assert client.post(f"{BAS}/skriv", data=FORM).status_code == 403
        assert client.post(f"{BAS}/utkast", data=FORM).status_code == 403
        assert client.post(f"{BAS}/oforandrat", data={"bas": "1"}).status_code == 403

    def test_only_a_redaktor_writes_the_samlade(self, logga_in: LoggaIn, anna: FlaskClient, database: Database) -> None:
        assert "behövs rollen redaktör" in _text(anna.get(f"{SAMLAD}/skriv"), 403)
        assert _publicera(anna, 0, "Samlad", SAMLAD).status_code == 403
        tib = logga_in("tib@lansstyrelsen.example")
        assert _publicera(tib, 0, "Samlad bild", SAMLAD, handling="avisera").status_code == 302
        page = _text(anna.get(SAMLAD))
        assert "Samlad bild" in page
        assert "/utskick/" not in page
        assert "/utskick/" in _text(tib.get(SAMLAD))

    @pytest.mark.parametrize("vem", ["trafikverket", "samlad", "nacka"])
    @pytest.mark.parametrize(
        ("metod", "sida"),
        [
            ("GET", ""),
            ("GET", "/versioner/1"),
            ("GET", "/jamfor/1/1"),
            ("GET", "/jamfor?a=1&b=1"),
            ("GET", "/skriv"),
            ("POST", "/skriv"),
            ("POST", "/utkast"),
            ("POST", "/utkast/1/ta-over"),
            ("GET", "/kasta"),
            ("POST", "/kasta"),
            ("POST", "/oforandrat"),
        ],
    )
    def test_an_event_that_one_may_not_read_does_not_exist_anywhere(
        self, logga_in: LoggaIn, anna: FlaskClient, vem: str, metod: str, sida: str
    ) -> None:
        _publicera(anna, 0, "Hemligt", "/handelser/hemlig/lagesbild/trafikverket")
        svar = logga_in("redaktor@nacka.example").open(
            f"/handelser/hemlig/lagesbild/{vem}{sida}", method=metod, data=FORM if metod == "POST" else None
        )
        page = _text(svar, 404)
        assert "Hemlig" not in page

    @pytest.mark.parametrize(
        "adress",
        [
            "/handelser/snoovader/lagesbild/ingen-sadan",
            "/handelser/ingen/lagesbild/trafikverket",
            f"{BAS}/versioner/1",
            f"{BAS}/versioner/0",
            f"{BAS}/versioner/{9**40}",
            f"{BAS}/jamfor/1/2",
            f"{BAS}/jamfor",
            f"{BAS}/jamfor?a=x&b=2",
        ],
    )
    def test_what_does_not_exist_answers_404(self, anna: FlaskClient, adress: str) -> None:
        assert anna.get(adress).status_code == 404

    def test_a_closed_event_takes_no_version_and_says_why(self, anna: FlaskClient, database: Database) -> None:
        _publicera(anna, 0, "Läget")
        with transaction(database) as session:
            session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one().stangd = clock.now()
        page = _text(anna.post(f"{BAS}/skriv", data=FORM | {"bas": "1"}), 403)
        assert "Händelsen är stängd" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert "Läget" in _text(anna.get(BAS))


class TestReading:
    def test_an_empty_state_says_what_to_do(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        assert "en sammanfattning räcker" in _text(anna.get(BAS))
        assert "Skriv den första versionen" in _text(anna.get(BAS))
        assert "så snart den finns" in _text(logga_in("redaktor@nacka.example").get(BAS))

    def test_an_old_version_stays_as_it_was_and_says_that_there_is_a_newer(self, anna: FlaskClient) -> None:
        _publicera(anna, 0, "Vägen är stängd")
        assert "Det finns en nyare version" not in _text(anna.get(f"{BAS}/versioner/1"))
        _publicera(anna, 1, "Vägen är öppen", andringsnotering="Öppnad")
        page = _text(anna.get(f"{BAS}/versioner/1"))
        assert "Vägen är stängd" in page
        assert "Det finns en nyare version" in page
        assert f'href="{BAS}/jamfor/1/2"' in page
        assert "Vägen är öppen" not in page
        assert "Öppnad" in _text(anna.get(BAS))

    def test_sections_that_changed_are_marked(self, anna: FlaskClient) -> None:
        _publicera(anna, 0, "Läget", prognos="Mer snö", resurser="Tio")
        _publicera(anna, 1, "Läget", prognos="Mindre snö", resurser="Tio")
        page = _text(anna.get(BAS))
        assert page.count("Ändrat sedan version 1") == 1

    def test_two_versions_are_compared_word_by_word(self, anna: FlaskClient) -> None:
        _publicera(anna, 0, "Vägen är stängd vid Söderhall", resurser="Tio bilar")
        _publicera(anna, 1, "Vägen är öppen vid Söderhall", resurser="Tio bilar", prognos="Töväder")
        page = _text(anna.get(f"{BAS}/jamfor/1/2"))
        assert re.search(r"<del>.*?stängd\s*</del>", page)
        assert re.search(r"<ins>.*?öppen\s*</ins>", page)
        assert "1 avsnitt är oförändrade" in page
        assert "Tio bilar" not in page
        assert "Töväder" in page
        assert "Vägen är" in _text(anna.get(f"{BAS}/jamfor/1/2?vy=sida"))
        assert anna.get(f"{BAS}/jamfor/2/1").headers["Location"] == f"{BAS}/jamfor/1/2"
        assert anna.get(f"{BAS}/jamfor?a=1&b=2").headers["Location"] == f"{BAS}/jamfor/1/2"
        assert "samma version" in _text(anna.get(f"{BAS}/jamfor/2/2"))

    def test_an_unchanged_state_says_whose_text_still_holds(self, anna: FlaskClient, database: Database) -> None:
        _publicera(anna, 0, "Läget", nasta_val="+60")
        svar = anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32})
        assert svar.headers["Location"] == BAS
        page = _text(anna.get(BAS))
        assert "Texten är från version 1" in page
        assert "Läget" in page
        anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32})
        assert [v.nummer for v in _versioner(database)] == [1, 2]

    def test_an_unchanged_state_of_a_version_that_is_not_the_latest_is_refused_plainly(
        self, anna: FlaskClient, database: Database
    ) -> None:
        assert "ingen lägesbild att bekräfta" in _text(anna.post(f"{BAS}/oforandrat", data={"bas": "0"}), 409)
        _publicera(anna, 0, "Läget")
        _publicera(anna, 1, "Nytt läge")
        page = _text(anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32}), 409)
        assert "Någon hann före" in page
        assert "Nytt läge" in page
        assert len(_versioner(database)) == 2

    def test_a_page_is_read_without_many_questions_to_the_database(self, anna: FlaskClient, database: Database) -> None:
        for bas in range(12):
            _publicera(anna, bas, f"Läge {bas}", prognos=f"Prognos {bas}")
        fragor: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *a: fragor.append(a[2]))
        _text(anna.get(BAS))
        assert len(fragor) <= 20, fragor
