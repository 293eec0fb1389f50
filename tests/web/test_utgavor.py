"""The editions of a version, as their readers meet them."""

import pytest

from tests import factories as f
from tests.web.lagesbild_stod import BAS, LoggaIn, publicera, sidan, skrivande_folk, synligt
from wis.db import Database
from wis.tx import transaction

TALESPERSON, NACKA = "talesperson@trafikverket.example", "redaktor@nacka.example"
INNEHALL = {
    "lage_fakta": "E18 stängd vid Rotebro.",
    "lage_antaganden": "Vi tror att det släpper till natten.",
    "kommunikation": "Säg: res bara om du måste.",
    "konsekvenser-rad-0-0": "Vägtrafik",
    "konsekvenser-rad-0-1": "allvarlig",
    "konsekvenser-rad-0-2": "Kö till Upplands Väsby",
}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people, and a redaktör at Nacka."""
    skrivande_folk(database)


def test_each_edition_holds_its_part_of_the_same_version(logga_in: LoggaIn) -> None:
    assert publicera(logga_in(TALESPERSON), 0, "E18 är **stängd**.", **INNEHALL).status_code == 302
    lasare = logga_in(NACKA)
    hela = sidan(lasare.get(f"{BAS}/versioner/1"))
    for utgava in ("ledning", "kommunikator", "upplasning", "sms"):
        assert f'href="{BAS}/versioner/1/{utgava}"' in hela
    ledning, kommunikator, upplast, sms = (
        synligt(sidan(lasare.get(f"{BAS}/versioner/1/{utgava}")))
        for utgava in ("ledning", "kommunikator", "upplasning", "sms")
    )
    assert "Allvarlig påverkan" in ledning
    assert "res bara" not in ledning
    assert "släpper" not in ledning
    assert "E18 stängd vid Rotebro." in kommunikator
    assert "res bara" in kommunikator
    assert "släpper" not in kommunikator
    assert "Får sägas utåt" in kommunikator
    assert "Vägtrafik: allvarlig påverkan. Kö till Upplands Väsby." in upplast
    assert "sekunder" in upplast
    assert "E18 är stängd." in sms
    assert "1 sms" in sms


def test_a_label_is_said_where_it_may_be_said_on(logga_in: LoggaIn) -> None:
    publicera(logga_in(TALESPERSON), 0, "Hemligt.", tlp="amber", **INNEHALL)
    lasare = logga_in(NACKA)
    assert "Får inte sägas utåt" in synligt(sidan(lasare.get(f"{BAS}/versioner/1/kommunikator")))
    assert "Kontrollera vilka som lyssnar" in synligt(sidan(lasare.get(f"{BAS}/versioner/1/upplasning")))
    assert "Hemligt." not in synligt(sidan(lasare.get(f"{BAS}/versioner/1/sms")))


def test_an_edition_that_is_none_or_of_no_version_is_not_found(logga_in: LoggaIn) -> None:
    publicera(logga_in(TALESPERSON), 0, "Öppet.")
    lasare = logga_in(NACKA)
    assert lasare.get(f"{BAS}/versioner/1/hel").status_code == 404
    assert lasare.get(f"{BAS}/versioner/2/ledning").status_code == 404


def test_an_administrator_chooses_what_goes_into_which(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "trafikverket", None, epost="anna@trafikverket.example", administrator=True)
    admin, mall = logga_in("anna@trafikverket.example"), "/aktorer/trafikverket/mallar/alla/andra"
    assert "För kommunikatör" in sidan(admin.get(mall))
    data = {
        "bas": "0",
        "nyckel-0": "sammanfattning",
        "grupp-0": "Sammanfattning",
        "etikett-0": "Sammanfattning",
        "nyckel-1": "lage_antaganden",
        "grupp-1": "Läge",
        "etikett-1": "Antaganden",
        "slag-1": "antaganden",
        "kommunikator-1": "1",
        "gor": "spara",
    }
    assert admin.post(mall, data=data).status_code == 302
    publicera(logga_in(TALESPERSON), 0, "Öppet.", lage_antaganden="Vi tror det.")
    assert "Vi tror det." in sidan(logga_in(NACKA).get(f"{BAS}/versioner/1/kommunikator"))
