"""Rows of a lägesbild, from the form to those who read, search, compare and are told."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.lagesbild_stod import BAS, i_falt, publicera, sidan, skrivande_folk, sparade, synligt, versioner
from wis.db import Database
from wis.lagesbild.models import LagesbildSektion
from wis.notiser.models import Utskick

LoggaIn = Callable[[str], FlaskClient]
RADER = {
    "nyckeltal-rad-0-0": "Utan el",
    "nyckeltal-rad-0-1": "8 000",
    "nyckeltal-rad-0-2": "kunder",
    "konsekvenser-rad-0-0": "Elförsörjning",
    "konsekvenser-rad-0-1": "betydande",
    "konsekvenser-rad-0-2": "Singö | <b>norra</b>\r\nVäddö",
    "konsekvenser-rad-1-0": "",
    "konsekvenser-rad-1-1": "",
    "konsekvenser-rad-1-2": "",
    "konsekvenser": "Mer i kartan.",
    "atgarder_planerade-rad-3-0": "Reservkraft till Fårösund",
    "atgarder_planerade-rad-3-1": "NACKA KOMMUN , hemvärnet",
}


@pytest.fixture
def talesperson(database: Database, logga_in: LoggaIn) -> FlaskClient:
    skrivande_folk(database)
    return logga_in("talesperson@trafikverket.example")


def test_rows_are_kept_read_found_and_compared_and_do_not_go_out_by_sms(
    database: Database, talesperson: FlaskClient
) -> None:
    svar = publicera(talesperson, 0, "Strömlöst i norr.", handling="avisera", mall="0", **RADER)
    assert svar.status_code == 302
    kallor = {s.nyckel: s.kalla for s in _sista(database)}
    assert kallor["konsekvenser"] == ("| Elförsörjning | betydande | Singö \\| <b>norra</b> Väddö |\n\nMer i kartan.")
    assert kallor["atgarder_planerade"].startswith("| Reservkraft till Fårösund | ")
    assert kallor["atgarder_planerade"].endswith(", hemvärnet |")
    page = sidan(talesperson.get(BAS))
    assert "Betydande påverkan" in page
    assert "&lt;b&gt;norra&lt;/b&gt;" in page
    assert "<b>norra" not in page
    with database.reading() as session:
        utskick = session.scalars(select(Utskick)).one()
        assert "Strömlöst i norr." in utskick.sms
        assert "8 000" not in utskick.sms + utskick.epost
    # In the form: the rows in their fields, and beside a figure what it was.
    page = sidan(talesperson.get(f"{BAS}/skriv"))
    assert i_falt(page, "konsekvenser-rad-0-2") == "Singö | <b>norra</b> Väddö"
    assert i_falt(page, "konsekvenser") == "Mer i kartan."
    assert "förra: 8 000 · → oförändrat" in synligt(page)
    nasta = RADER | {"nyckeltal-rad-0-1": "12\u00a0000", "konsekvenser-rad-0-1": "kritisk"}
    assert publicera(talesperson, 1, "Strömlöst i norr.", mall="0", **nasta).status_code == 302
    assert "↑ ökat från 8 000" in synligt(sidan(talesperson.get(BAS)))
    jamfort = sidan(talesperson.get(f"{BAS}/jamfor/1/2"))
    assert "Utan el · " in unescape(re.sub(r"</?(ins|del)>|<span class=\"dold\">[^<]*</span>", "", jamfort))
    assert "|" not in synligt(jamfort.split("<main")[1].split("</main>")[0]).replace("Singö |", "")
    funnet = sidan(talesperson.get("/sok?q=fårösund"))
    assert f"{BAS}/versioner/2" in funnet


def test_a_version_that_says_unchanged_shows_no_trend_and_visa_som_shows_the_one_to_be(
    database: Database, talesperson: FlaskClient
) -> None:
    tal = {namn: text for namn, text in RADER.items() if namn.startswith("nyckeltal")} | {"nyckeltal": "Mer *om* dem."}
    # A dash alone in the row after is a row, and no table of markdown.
    tal |= {"nyckeltal-rad-1-0": "-", "nyckeltal-rad-1-1": "", "nyckeltal-rad-1-2": ""}
    assert publicera(talesperson, 0, "El.", mall="0", **tal).status_code == 302
    assert "| Utan el" not in synligt(sidan(talesperson.get(BAS)))
    page = sidan(talesperson.get(f"{BAS}/skriv"))
    assert 'data-mest="60"' in page
    tal["nyckeltal-rad-0-1"] = "12 000"
    vem = {namn: _forsta_valet(page, namn) for namn in ("visa_aktor", "visa_roll")} | {"visa_person": ""}
    form = {"sammanfattning": "El.", "bas": "1", "nyckel": "a" * 32, "mall": "0", "tlp": "clear", "laskrets": "alla"}
    sag = {"slag": "lagesbild", "tillbaka": f"{BAS}/skriv"}
    page = sidan(talesperson.post("/handelser/snoovader/visa-som-utkast", data=form | tal | vem | sag))
    assert "↑ ökat från 8 000" in synligt(page)
    assert publicera(talesperson, 1, "El.", mall="0", **tal).status_code == 302
    assert "↑ ökat från 8 000" in synligt(sidan(talesperson.get(BAS)))
    assert talesperson.post(f"{BAS}/oforandrat", data={"bas": "2", "nyckel": "f" * 32}).status_code == 302
    page = sidan(talesperson.get(f"{BAS}/versioner/3"))
    assert "från 8 000" not in synligt(page)
    assert "12 000 kunder → oförändrat" in synligt(page)
    assert "<p>Mer <em>om</em> dem.</p>" in page


def _forsta_valet(page: str, namn: str) -> str:
    val = re.findall(rf'name="{namn}">(.*?)</select>', page, re.DOTALL)[0]
    return next(varde for varde in re.findall(r'value="([^"]*)"', val) if varde)


def test_a_row_that_can_not_be_published_is_said_and_kept(database: Database, talesperson: FlaskClient) -> None:
    fel = RADER | {"konsekvenser-rad-0-1": "Jättehård", "nyckeltal-rad-1-1": "7"}
    page = sidan(publicera(talesperson, 0, "Strömlöst.", mall="0", **fel), 422)
    assert "Rad 1: påverkan kan vara ingen" in page
    assert "Rad 2 saknar vad." in page
    assert not versioner(database)
    assert "<option selected>Jättehård</option>" in page
    assert i_falt(page, "nyckeltal-rad-1-1") == "7"
    assert "Jättehård" in sparade(database)[0]["konsekvenser"]


def _sista(database: Database) -> list[LagesbildSektion]:
    with database.reading() as session:
        return list(session.scalars(select(LagesbildSektion).order_by(LagesbildSektion.ordning)))
