"""The map of an event: places that actors have written, as each reader may see them, in words and as GeoJSON."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests import factories as f
from tests.web.lagesbild_stod import BAS, LoggaIn, publicera, sidan, skrivande_folk, synligt
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

TALESPERSON, NACKA = "talesperson@trafikverket.example", "redaktor@nacka.example"
HANDELSE = BAS.partition("/lagesbild/")[0]


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people and a redaktör at Nacka."""
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="tal@nacka.example")


def plats(namn: str, var: str, grad: str = "", text: str = "") -> dict[str, str]:
    return {f"platser-rad-0-{i}": varde for i, varde in enumerate((namn, var, grad, text))}


def former(
    client: FlaskClient, adress: str = HANDELSE, slag: str = "plats", sidan_: str = ""
) -> dict[str, dict[str, object]]:
    svar = client.get(f"{adress}/karta.geojson{sidan_}")
    assert (svar.status_code, svar.mimetype) == (200, "application/geo+json")
    return {ett["properties"]["namn"]: ett for ett in svar.json["features"] if ett["properties"]["slag"] == slag}


def test_what_an_actor_sets_out_is_on_the_map_in_the_lists_and_in_the_text(logga_in: LoggaIn) -> None:
    skriver = logga_in(TALESPERSON)
    publicera(skriver, 0, "A", **plats("E18 <b>", "linje 59,62 18,39; 59,72 18,58", "allvarlig", "Stängd"))
    nacka = {"konsekvenser-rad-0-0": "Elförsörjning", "konsekvenser-rad-0-1": "betydande", "konsekvenser-rad-0-2": ""}
    publicera(logga_in("tal@nacka.example"), 0, "B", f"{HANDELSE}/lagesbild/nacka", **nacka)
    lasare = logga_in(NACKA)
    karta = sidan(lasare.get(f"{HANDELSE}/karta"))
    ord_ = synligt(karta)
    assert "E18 &lt;b&gt;" in karta
    assert "1 Trafikverket" in ord_
    assert "linje med 2 punkter" in ord_
    assert "Nacka B betydande" in ord_
    assert "Norrtälje ingen uppgift 1" in ord_
    assert 'class="kommun kommun-betydande"' in karta
    vag = former(lasare)["E18 <b>"]
    assert vag["geometry"] == {"type": "LineString", "coordinates": [[18.39, 59.62], [18.58, 59.72]]}
    kommuner = former(lasare, slag="kommun")
    assert len(kommuner) == 26
    assert kommuner["Nacka"]["properties"]["paverkan"] == "betydande"
    assert 'E18 &lt;b&gt;</strong> <span class="meta">(linje med 2 punkter)' in sidan(lasare.get(BAS))
    jamfort = plats("E18 <b>", "Norrtälje", "allvarlig", "Stängd")
    publicera(skriver, 1, "A", **jamfort)
    assert former(lasare)["E18 <b>"]["geometry"]["type"] == "MultiPolygon"
    jamforelse = synligt(sidan(lasare.get(f"{BAS}/jamfor/1/2")))
    assert "linje med 2 punkter vid Norrtälje" in jamforelse
    assert "59,62" not in jamforelse
    publicera(skriver, 2, "A", **plats("E18 <b>", "59,3 18,1", "allvarlig", "Stängd"))
    publicera(skriver, 3, "A", **plats("E18 <b>", "59,4 18,1", "allvarlig", "Stängd"))
    for sida in ("jamfor/3/4", "versioner/4/sedan/3"):
        assert "platsen är flyttad 11 km åt norr" in synligt(sidan(lasare.get(f"{BAS}/{sida}")))


def test_a_version_has_its_own_places_as_geojson_whatever_comes_after_it(logga_in: LoggaIn) -> None:
    skriver, lasare = logga_in(TALESPERSON), logga_in(NACKA)
    publicera(skriver, 0, "A", **plats("E18", "linje 59 18; 60 18", "allvarlig"))
    publicera(skriver, 1, "A", **plats("Skolor", "Nacka, Solna"))
    publicera(skriver, 2, "Utan platser.", **plats("", ""))
    lank = f"{BAS}/versioner/1/platser.geojson"
    svar = lasare.get(lank)
    assert (svar.status_code, svar.mimetype) == (200, "application/geo+json")
    assert 'filename="snoovader-trafikverket-v1.geojson"' in svar.headers["Content-Disposition"]
    (vag,) = svar.json["features"]
    assert vag["properties"]["mitt"] == [18.0, 59.5]
    assert vag["properties"]["lank"].endswith(f"{BAS}/versioner/1")
    tva = lasare.get(f"{BAS}/versioner/2/platser.geojson").json["features"]
    assert [ett["properties"]["kommun"] for ett in tva] == ["nacka", "solna"]
    samma = lasare.get(lank, headers={"If-None-Match": svar.headers["ETag"]})
    assert (samma.status_code, samma.data) == (304, b"")
    assert f'href="{lank}"' in sidan(lasare.get(f"{BAS}/versioner/1"))
    assert "platser.geojson" not in sidan(lasare.get(f"{BAS}/versioner/3"))
    assert lasare.get(f"{BAS}/versioner/3/platser.geojson").json["features"] == []
    assert lasare.get(f"{BAS}/versioner/4/platser.geojson").status_code == 404


def test_what_is_red_is_on_the_page_and_leaves_the_system_in_no_form(logga_in: LoggaIn) -> None:
    hemlig = "/handelser/hemlig"
    bas, skriver = f"{hemlig}/lagesbild/trafikverket", logga_in(TALESPERSON)
    publicera(skriver, 0, "A", bas, **plats("Röd plats", "59,3 18,1"), tlp="red")
    assert "Röd plats" in sidan(skriver.get(f"{hemlig}/karta"))
    assert "Röd plats" in former(skriver, hemlig, sidan_="?sidan=ja")
    assert "Röd plats" not in former(skriver, hemlig)
    assert "TLP:RED följer inte med" in sidan(skriver.get(f"{hemlig}/karta"))
    nej = skriver.get(f"{bas}/versioner/1/platser.geojson")
    assert nej.status_code == 403
    assert "TLP:RED" in nej.text
    assert logga_in(NACKA).get(f"{bas}/versioner/1/platser.geojson").status_code == 404
    assert "platser.geojson" not in sidan(skriver.get(f"{bas}/versioner/1"))


def test_the_lists_are_reached_actor_by_actor_and_the_picture_has_names(logga_in: LoggaIn) -> None:
    publicera(logga_in(TALESPERSON), 0, "A", **plats("E18", "linje 59 18; 60 18; 60 19"))
    karta = sidan(logga_in(NACKA).get(f"{HANDELSE}/karta"))
    assert '<a href="#lager-trafikverket">' in karta
    assert '<section class="kartlager" id="lager-trafikverket">' in karta
    assert karta.index('href="#platser-rubrik"') < karta.index("data-karta=")
    assert re.search(r'<text class="bildnamn" x="[\d.]+" y="[\d.]+">Nynäshamn</text>', karta)


def test_a_place_that_is_none_is_said_and_what_was_typed_stays(logga_in: LoggaIn) -> None:
    svar = publicera(logga_in(TALESPERSON), 0, "A", **plats("Ladan", "bakom kröken"))
    assert svar.status_code == 422
    sida = svar.get_data(as_text=True)
    assert "Rad 1, var på kartan: skriv namnet på en kommun i länet" in sida
    assert 'value="bakom kröken"' in sida
    # At the very cell, which is also where the summary leads.
    assert 'href="#platser-rad-0-1"' in sida
    falt = re.search(r'<input name="platser-rad-0-1"[^>]*>', sida)
    assert falt
    assert 'aria-invalid="true" aria-describedby="platser-rad-0-1-fel"' in falt[0]
    assert sida.count("skriv namnet på en kommun i länet") == 2


def test_nothing_that_one_may_not_read_is_on_the_map(logga_in: LoggaIn) -> None:
    hemlig = "/handelser/hemlig"
    skriver = logga_in(TALESPERSON)
    publicera(skriver, 0, "A", f"{hemlig}/lagesbild/trafikverket", **plats("Dold plats", "59,3 18,1"))
    publicera(skriver, 0, "B", **plats("Röd plats", "59,3 18,1"), tlp="red")
    assert "Dold plats" in former(skriver, hemlig)
    lasare = logga_in(NACKA)
    assert lasare.get(f"{hemlig}/karta").status_code == lasare.get(f"{hemlig}/karta.geojson").status_code == 404
    assert former(lasare) == {}
    assert "Röd plats" not in sidan(lasare.get(f"{HANDELSE}/karta"))


def test_the_map_asks_as_often_of_many_actors_as_of_one(logga_in: LoggaIn, database: Database) -> None:
    lasare, antal = logga_in(NACKA), []
    publicera(logga_in(TALESPERSON), 0, "A", **plats("En", "Nacka"))

    def fragor() -> int:
        funna: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lyssna := lambda *v: funna.append(v[2]))
        sidan(lasare.get(f"{HANDELSE}/karta"))
        event.remove(database.engine, "before_cursor_execute", lyssna)
        return len(funna)

    fragor()
    antal.append(fragor())
    for slug in ("solna", "taby", "polisen"):
        with transaction(database) as session:
            f.en_person_hos(session, slug, Roll.TALESPERSON, epost=f"tal@{slug}.example")
        publicera(logga_in(f"tal@{slug}.example"), 0, "A", f"{HANDELSE}/lagesbild/{slug}", **plats(slug, "Solna"))
    fragor()
    assert fragor() == antal[0]


def test_tiles_are_let_in_on_the_map_alone_and_only_from_where_the_operator_says(logga_in: LoggaIn, app: Flask) -> None:
    lasare = logga_in(NACKA)
    assert "img-src 'self' data:;" in lasare.get(f"{HANDELSE}/karta").headers["Content-Security-Policy"]
    extensions = app.extensions
    rutor = "https://kartor.example.se/{z}/{x}/{y}.png"
    extensions["wis_settings"] = replace(extensions["wis_settings"], karta_rutor=rutor, karta_kalla="© Prov")
    svar = lasare.get(f"{HANDELSE}/karta")
    assert "img-src 'self' data: https://kartor.example.se;" in svar.headers["Content-Security-Policy"]
    assert f'data-rutor="{rutor}" data-rutkalla="© Prov"' in sidan(svar)
    assert "kartor.example.se" not in lasare.get("/").headers["Content-Security-Policy"]
