"""The region at a glance, by what actors have written themselves, as each reader may see it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories as f
from tests.lasratt import en_gast
from tests.web.lagesbild_stod import BAS, LoggaIn, publicera, sidan, skrivande_folk, synligt
from wis import clock, datum
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse, Lage
from wis.tx import transaction

TALESPERSON, NACKA = "talesperson@trafikverket.example", "redaktor@nacka.example"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people and a redaktör at Nacka; the event is in aktiverat läge."""
    skrivande_folk(database)


def paverkan(funktion: str, grad: str) -> dict[str, str]:
    return {
        "konsekvenser-rad-0-0": funktion,
        "konsekvenser-rad-0-1": grad,
        "konsekvenser-rad-0-2": "",
    }


def test_the_grid_follows_what_is_written_and_remembers_how_it_was(logga_in: LoggaIn) -> None:
    nu = clock.now()
    with clock.at(nu - timedelta(hours=4)):
        publicera(logga_in(TALESPERSON), 0, "Lugnt.", **paverkan("Vägtrafik", "måttlig"))
    publicera(logga_in(TALESPERSON), 1, "Stopp.", **paverkan("Vägtrafik", "kritisk"))
    nacka = logga_in(NACKA)
    start, sida = sidan(nacka.get("/")), sidan(nacka.get("/regionen"))
    assert f'href="{BAS}/versioner/2"' in start
    assert "Trafikverket K ↑ kritisk, värre" in synligt(sida)
    da = sidan(nacka.get(f"/regionen?vid={datum.falt_av(nu - timedelta(hours=2))}"))
    assert "Trafikverket M + måttlig, ny" in synligt(da)
    assert f'href="{BAS}/versioner/1"' in da


def test_what_one_may_not_read_is_not_in_the_grid(logga_in: LoggaIn, database: Database) -> None:
    hemlig = "/handelser/hemlig/lagesbild/trafikverket"
    publicera(logga_in(TALESPERSON), 0, "Hemligt.", hemlig, **paverkan("Hemlig funktion", "kritisk"))
    assert "Hemlig funktion" in sidan(logga_in(TALESPERSON).get("/regionen"))
    nacka = logga_in(NACKA)
    assert "Hemlig funktion" not in sidan(nacka.get("/regionen"))
    assert "Hemlig funktion" not in sidan(nacka.get("/"))
    assert nacka.get("/regionen?handelse=hemlig").status_code == 404


def test_an_exercise_is_shown_by_itself_alone(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        f.en_handelse(session, "lansstyrelsen", slug="ova", rubrik="Öva", ovning=True, lage=Lage.AKTIVERAT)
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="tal@nacka.example")
    publicera(logga_in("tal@nacka.example"), 0, "Ö.", "/handelser/ova/lagesbild/nacka", **paverkan("Övad", "kritisk"))
    lasare = logga_in(NACKA)
    assert "Övad" not in sidan(lasare.get("/regionen"))
    egen = sidan(lasare.get("/regionen?handelse=ova"))
    assert "Övad" in egen
    assert "ÖVNING ÖVNING ÖVNING" in egen


def test_a_time_that_is_none_is_said_and_shows_the_present(logga_in: LoggaIn) -> None:
    for vid in ("igår", "0001-01-01T00:00", "9999-99-99T00:00"):
        assert 'role="alert"' in sidan(logga_in(NACKA).get(f"/regionen?vid={vid}"))


def test_a_guest_sees_what_was_said_before_it_became_narrower(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        snoovader = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        en_gast(session, "nacka", snoovader, epost="gast@nacka.example")
    tal, gast = logga_in(TALESPERSON), logga_in("gast@nacka.example")
    publicera(tal, 0, "Öppet.", **paverkan("Vägtrafik", "betydande"))
    publicera(tal, 1, "Slutet.", **paverkan("Vägtrafik", "kritisk"), tlp="amber")
    assert "kritisk, ny" in synligt(sidan(logga_in(NACKA).get("/regionen")))
    sida = sidan(gast.get("/regionen"))
    assert "betydande, ny" in synligt(sida)
    assert f'href="{BAS}/versioner/1"' in sida
