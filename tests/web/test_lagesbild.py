"""Reading and comparing lägesbilder over HTTP, and who may."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.web.lagesbild_stod import (
    BAS,
    FORM,
    SAMLAD,
    LoggaIn,
    publicera,
    sidan,
    skrivande_folk,
    versioner,
)
from wis import clock
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tx import transaction


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


class TestRights:
    def test_a_skribent_saves_and_reads_why_it_cannot_publish(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("skribent@trafikverket.example")
        page = sidan(client.get(f"{BAS}/skriv"))
        assert "data-avisera" not in page
        assert 'value="avisera"' not in page
        assert "Spara utkast" in page
        assert "behövs rollen talesperson" in page
        assert "Aktörsadministratören hos Trafikverket" in page
        nekad = sidan(client.post(f"{BAS}/skriv", data=FORM), 403)
        assert "behövs rollen talesperson" in nekad
        assert FORM["sammanfattning"] in unescape(nekad)
        assert client.post(f"{BAS}/oforandrat", data={"bas": "1"}).status_code == 403
        assert versioner(database) == []

    def test_a_reader_is_told_who_can_grant_it(self, logga_in: LoggaIn) -> None:
        client = logga_in("lasare@trafikverket.example")
        page = sidan(client.get(f"{BAS}/skriv"), 403)
        assert "Du är läsare hos Trafikverket" in page
        assert "Aktörsadministratören hos Trafikverket" in page
        lassida = sidan(client.get(BAS))
        assert "Varför inte?" in lassida
        assert 'href="' + BAS + '/skriv"' not in lassida

    def test_another_actors_lagesbild_is_read_but_not_written(self, logga_in: LoggaIn, anna: FlaskClient) -> None:
        publicera(anna, 0, "Läget på vägarna")
        client = logga_in("redaktor@nacka.example")
        assert "Läget på vägarna" in sidan(client.get(BAS))
        assert "tillhör Trafikverket" in sidan(client.get(f"{BAS}/skriv"), 403)
        assert client.post(f"{BAS}/skriv", data=FORM).status_code == 403
        assert client.post(f"{BAS}/utkast", data=FORM).status_code == 403
        assert client.post(f"{BAS}/oforandrat", data={"bas": "1"}).status_code == 403

    def test_only_a_redaktor_writes_the_samlade(self, logga_in: LoggaIn, anna: FlaskClient, database: Database) -> None:
        assert "behövs rollen redaktör" in sidan(anna.get(f"{SAMLAD}/skriv"), 403)
        assert publicera(anna, 0, "Samlad", SAMLAD).status_code == 403
        tib = logga_in("tib@lansstyrelsen.example")
        assert publicera(tib, 0, "Samlad bild", SAMLAD, handling="avisera").status_code == 302
        page = sidan(anna.get(SAMLAD))
        assert "Samlad bild" in page
        assert "/utskick/" not in page
        assert "/utskick/" in sidan(tib.get(SAMLAD))

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
        publicera(anna, 0, "Hemligt", "/handelser/hemlig/lagesbild/trafikverket")
        svar = logga_in("redaktor@nacka.example").open(
            f"/handelser/hemlig/lagesbild/{vem}{sida}", method=metod, data=FORM if metod == "POST" else None
        )
        page = sidan(svar, 404)
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
        publicera(anna, 0, "Läget")
        with transaction(database) as session:
            session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one().stangd = clock.now()
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"bas": "1"}), 403)
        assert "Händelsen är stängd" in page
        assert FORM["sammanfattning"] in unescape(page)
        assert "Läget" in sidan(anna.get(BAS))


class TestReading:
    def test_an_empty_state_says_what_to_do(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        assert "en sammanfattning räcker" in sidan(anna.get(BAS))
        assert "Skriv den första versionen" in sidan(anna.get(BAS))
        assert "Sidan finns inte" in sidan(logga_in("redaktor@nacka.example").get(BAS), 404)

    def test_an_old_version_stays_as_it_was_and_says_that_there_is_a_newer(self, anna: FlaskClient) -> None:
        publicera(anna, 0, "Vägen är stängd")
        assert "Det finns en nyare version" not in sidan(anna.get(f"{BAS}/versioner/1"))
        publicera(anna, 1, "Vägen är öppen", andringsnotering="Öppnad")
        page = sidan(anna.get(f"{BAS}/versioner/1"))
        assert "Vägen är stängd" in page
        assert "Det finns en nyare version" in page
        assert f'href="{BAS}/jamfor/1/2"' in page
        assert "Vägen är öppen" not in page
        assert "Öppnad" in sidan(anna.get(BAS))

    def test_sections_that_changed_are_marked(self, anna: FlaskClient) -> None:
        publicera(anna, 0, "Läget", prognos="Mer snö", resurser="Tio")
        publicera(anna, 1, "Läget", prognos="Mindre snö", resurser="Tio")
        page = sidan(anna.get(BAS))
        assert page.count("Ändrat sedan version 1") == 1

    def test_two_versions_are_compared_word_by_word(self, anna: FlaskClient) -> None:
        publicera(anna, 0, "Vägen är stängd vid Söderhall", resurser="Tio bilar")
        publicera(anna, 1, "Vägen är öppen vid Söderhall", resurser="Tio bilar", prognos="Töväder")
        page = sidan(anna.get(f"{BAS}/jamfor/1/2"))
        assert re.search(r"<del>.*?stängd\s*</del>", page)
        assert re.search(r"<ins>.*?öppen\s*</ins>", page)
        assert "1 avsnitt är oförändrat" in page
        assert "Tio bilar" not in page
        assert "Töväder" in page
        assert "Vägen är" in sidan(anna.get(f"{BAS}/jamfor/1/2?vy=sida"))
        assert anna.get(f"{BAS}/jamfor/2/1").headers["Location"] == f"{BAS}/jamfor/1/2"
        assert anna.get(f"{BAS}/jamfor?a=1&b=2").headers["Location"] == f"{BAS}/jamfor/1/2"
        assert "samma version" in sidan(anna.get(f"{BAS}/jamfor/2/2"))

    def test_an_unchanged_state_says_whose_text_still_holds(self, anna: FlaskClient, database: Database) -> None:
        publicera(anna, 0, "Läget", nasta_val="+60")
        svar = anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32})
        assert svar.headers["Location"] == BAS
        page = sidan(anna.get(BAS))
        assert "Texten är från version 1" in page
        assert "Läget" in page
        anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32})
        assert [v.nummer for v in versioner(database)] == [1, 2]

    def test_an_unchanged_state_of_a_version_that_is_not_the_latest_is_refused_plainly(
        self, anna: FlaskClient, database: Database
    ) -> None:
        assert "ingen lägesbild att bekräfta" in sidan(anna.post(f"{BAS}/oforandrat", data={"bas": "0"}), 409)
        publicera(anna, 0, "Läget")
        publicera(anna, 1, "Nytt läge")
        page = sidan(anna.post(f"{BAS}/oforandrat", data={"bas": "1", "nyckel": "b" * 32}), 409)
        assert "Någon hann före" in page
        assert "Nytt läge" in page
        assert len(versioner(database)) == 2

    def test_a_page_is_read_without_many_questions_to_the_database(self, anna: FlaskClient, database: Database) -> None:
        for bas in range(12):
            publicera(anna, bas, f"Läge {bas}", prognos=f"Prognos {bas}")
        fragor: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *a: fragor.append(a[2]))
        sidan(anna.get(BAS))
        assert len(fragor) <= 21, fragor
