"""Publishing lägesbilder over HTTP, and what happens when two texts meet."""

import re
import time
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

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
    synligt,
    versioner,
)
from wis import clock
from wis.auth.rules import Roll
from wis.datum import falt_av
from wis.db import Database
from wis.notiser.models import Kanalslag, Notisslag, Utskick
from wis.tx import transaction


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


class TestPublishing:
    def test_a_version_is_published_told_and_read(self, anna: FlaskClient, database: Database) -> None:
        svar = anna.post(f"{BAS}/skriv", data=FORM)
        assert (svar.status_code, svar.headers["Location"]) == (302, BAS)
        page = sidan(anna.get(BAS))
        assert "<strong>öppen</strong>" in page
        assert "Nästa uppdatering senast" in page
        assert "Version 1 är publicerad och aviseras." in synligt(page)
        with database.reading() as session:
            utskick = session.scalars(select(Utskick)).one()
        assert "E18 är öppen norrut." in utskick.sms
        assert f"/utskick/{utskick.id}" in page
        assert "data-vantar" in sidan(anna.get(f"/utskick/{utskick.id}")), "the page must ask how it goes by itself"

    def test_it_can_be_published_without_telling(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"handling": "tyst"})
        assert len(versioner(database)) == 1
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Utskick)) == 0
        assert "Ingen aviseras" in sidan(anna.get(BAS))

    def test_the_same_form_sent_twice_publishes_once(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM)
        igen = anna.post(f"{BAS}/skriv", data=FORM)
        assert igen.headers["Location"] == f"{BAS}/versioner/1"
        assert "bara en gång" in sidan(anna.get(BAS))
        assert len(versioner(database)) == 1

    def test_a_missing_or_broken_key_loses_nothing(self, anna: FlaskClient, database: Database) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"nyckel": "x'; DROP"})
        assert len(versioner(database)) == 1

    def test_the_page_opens_with_what_is_published_to_be_revised(self, anna: FlaskClient) -> None:
        anna.post(f"{BAS}/skriv", data=FORM | {"andringsnotering": "Nu öppen"})
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert i_falt(page, "sammanfattning") == "E18 är **öppen** norrut."
        assert i_falt(page, "lage_fakta") == "118 plogfordon är ute.\nInga stopp."
        assert i_falt(page, "bas") == "1"
        assert i_falt(page, "andringsnotering") == ""
        assert "som redan är utlovat" in page

    def test_the_buttons_say_how_many_will_be_told(self, anna: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            for nr in range(3):
                person = f.en_person_hos(session, "nacka", Roll.LASARE)
                f.en_kanal(session, person, Kanalslag.SMS, f"+4670174060{nr}")
                f.en_prenumeration(session, person, Notisslag.LAGESBILD)
        page = sidan(anna.get(f"{BAS}/skriv"))
        knappar = [
            synligt(k) for k in re.findall(r"<button[^>]*name=\"handling\"[^>]*>(.*?)</button>", page, re.DOTALL)
        ]
        assert "Publicera och avisera 3" in knappar
        assert "Publicera utan avisering" in knappar
        assert "Spara utkast" in knappar
        assert knappar[0] == "Spara", "Enter in a field must never publish"

    def test_without_a_summary_the_page_says_so_and_keeps_everything(
        self, anna: FlaskClient, database: Database
    ) -> None:
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "  ", "andringsnotering": "Nytt"}), 422)
        assert "Skriv en sammanfattning" in page
        assert i_falt(page, "lage_fakta").replace("\r\n", "\n") == "118 plogfordon är ute.\nInga stopp."
        assert i_falt(page, "andringsnotering") == "Nytt"
        assert re.search(r'value="\+120"[^>]* checked', page)
        assert versioner(database) == []
        assert sparade(database) == [{"lage_fakta": "118 plogfordon är ute.\nInga stopp."}]

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
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | falt), 422)
        assert fel in page
        assert 'id="fel"' in page
        for namn, varde in falt.items():
            if namn not in {"nasta_val"}:
                assert i_falt(page, namn) == varde
        assert versioner(database) == []

    def test_a_time_of_ones_own_is_promised(self, anna: FlaskClient, database: Database) -> None:
        tid = clock.now() + timedelta(days=2)
        anna.post(f"{BAS}/skriv", data=FORM | {"nasta_val": "annan", "nasta_tid": falt_av(tid)})
        (version,) = versioner(database)
        assert version.nasta_uppdatering == tid.replace(second=0, microsecond=0)

    def test_an_unchanged_text_is_refused_with_the_better_button_beside(
        self, anna: FlaskClient, database: Database
    ) -> None:
        publicera(anna, 0, "Läget")
        page = sidan(publicera(anna, 1, "Läget"), 422)
        assert "Ingen text är ändrad sedan version 1" in page
        assert f'action="{BAS}/oforandrat"' in page
        assert len(versioner(database)) == 1

    def test_a_broken_promise_is_shown_as_broken(self, anna: FlaskClient) -> None:
        with clock.at(clock.now() - timedelta(hours=5)):
            publicera(anna, 0, "Läget", nasta_val="+60")
        assert "Överskriden" in sidan(anna.get(BAS))

    def test_an_exercise_is_one_on_every_page(self, anna: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            f.en_handelse(session, "lansstyrelsen", slug="ovning", ovning=True)
        adress = "/handelser/ovning/lagesbild/trafikverket"
        publicera(anna, 0, "Läget", adress)
        publicera(anna, 1, "Läget 2", adress)
        for sida in ("", "/skriv", "/versioner/1", "/jamfor/1/2"):
            assert "ÖVNING ÖVNING ÖVNING" in sidan(anna.get(adress + sida))

    @pytest.mark.parametrize("text", ["[" * 20_000, "<div>" * 3_900])
    def test_hostile_markup_is_published_within_seconds_and_nothing_of_it_is_lost(
        self, anna: FlaskClient, text: str
    ) -> None:
        borjan = time.monotonic()
        svar = publicera(anna, 0, "Läget", prognos=text)
        assert time.monotonic() - borjan < 10
        assert svar.status_code == 302
        page = sidan(anna.get(BAS))
        assert text in unescape(page)

    def test_script_is_text_wherever_it_is_shown(self, anna: FlaskClient) -> None:
        ont = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))\"'><b onclick=1>"
        publicera(anna, 0, ont, lage_fakta=ont, andringsnotering=ont)
        publicera(anna, 1, "Rent", lage_fakta=f"{ont} mer", andringsnotering=ont)
        anna.post(f"{BAS}/skriv", data={"sammanfattning": ont, "bas": "1", "handling": "spara"})
        for sida in ("", "/versioner/1", "/jamfor/1/2", "/jamfor/1/2?vy=sida", "/skriv", "/kasta"):
            page = sidan(anna.get(BAS + sida))
            assert not re.search(r"<script>|<img|<b onclick|<[^>]*\son(error|click)=", page), sida
            assert not re.search(r'href="\s*javascript:', page), sida
        page = sidan(anna.post(f"{BAS}/skriv", data={"sammanfattning": ont, "bas": "2", "handling": "granska"}))
        assert "<script>alert" not in page
        assert "<img" not in page


class TestMeetingTexts:
    def test_a_stale_base_shows_both_texts_and_publishing_again_wins(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        bertil = logga_in("bertil@trafikverket.example")
        publicera(anna, 0, "Grund", lage_fakta="Fakta", resurser="Tio bilar", prognos="Mer snö")
        publicera(bertil, 1, "Bertils summa", lage_fakta="Fakta", resurser="Elva bilar", prognos="Mer snö")
        mitt = {"lage_fakta": "Fakta, nya", "resurser": "Tio bilar", "prognos": "Mer snö", "andringsnotering": "Mitt"}
        page = sidan(publicera(anna, 1, "Annas summa", **mitt), 409)
        assert i_falt(page, "sammanfattning") == "Annas summa"
        assert "bara i version 2: </span>Bertils" in page
        assert i_falt(page, "lage_fakta") == "Fakta, nya"
        assert i_falt(page, "resurser") == "Elva bilar", "what Anna never touched must not take back what Bertil wrote"
        assert i_falt(page, "prognos") == "Mer snö"
        assert i_falt(page, "andringsnotering") == "Mitt"
        assert i_falt(page, "bas") == "2"
        assert i_falt(page, "nyckel") != f"{1:032x}"
        assert len(versioner(database)) == 2
        igen = {namn: i_falt(page, namn) for namn in ("sammanfattning", "lage_fakta", "resurser", "prognos", "nyckel")}
        assert anna.post(f"{BAS}/skriv", data={**igen, "bas": "2", "handling": "tyst"}).status_code == 302
        assert versioner(database)[2].sammanfattning == "Annas summa"

    def test_the_page_of_a_refused_publication_can_be_left_and_opened_again(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        publicera(anna, 0, "Grund")
        publicera(logga_in("bertil@trafikverket.example"), 1, "Bertils summa")
        publicera(anna, 1, "Annas summa")
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert i_falt(page, "sammanfattning") == "Annas summa"
        assert "bara i version 2: </span>Bertils" in page
        assert "har kommit medan du skrev" in page
        assert i_falt(page, "bas") == "2"

    def test_the_first_version_of_two_is_met_too(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        publicera(logga_in("bertil@trafikverket.example"), 0, "Bertils")
        page = sidan(publicera(anna, 0, "Annas"), 409)
        assert i_falt(page, "sammanfattning") == "Annas"
        assert "Bertils" in page

    @pytest.mark.parametrize("bas", ["", "sju", "-3", "99", "9" * 40])
    def test_an_invented_base_is_met_with_the_latest(self, anna: FlaskClient, database: Database, bas: str) -> None:
        publicera(anna, 0, "Läget")
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"bas": bas, "revision": bas}), 409)
        assert i_falt(page, "bas") == "1"
        assert len(versioner(database)) == 1
