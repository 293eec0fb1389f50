"""An event and an actor in figures, as far as one may see them."""

from datetime import timedelta

import pytest

from tests import factories as f
from tests.web.lagesbild_stod import LoggaIn, publicera, sidan, skrivande_folk, synligt
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

TALESPERSON, NACKA, LASARE = "talesperson@trafikverket.example", "redaktor@nacka.example", "lasare@trafikverket.example"
STATISTIK = "/handelser/snoovader/statistik"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people and a redaktör at Nacka."""
    skrivande_folk(database)


def test_reports_are_counted_by_actor_and_own_deliveries_shown_to_those_who_work(logga_in: LoggaIn) -> None:
    with clock.at(clock.now() - timedelta(hours=2)):
        publicera(logga_in(TALESPERSON), 0, "Ett.")
    publicera(logga_in(TALESPERSON), 1, "Två.", handling="avisera")
    nacka, egen = synligt(sidan(logga_in(NACKA).get(STATISTIK))), synligt(sidan(logga_in(TALESPERSON).get(STATISTIK)))
    assert "Trafikverket 2 0 0" in nacka
    assert "2 tim" in nacka
    assert "Utskick från Nacka" in nacka
    assert "Utskick 1" in egen
    assert "Utskick från" not in synligt(sidan(logga_in(LASARE).get(STATISTIK)))
    csv = logga_in(NACKA).get(f"{STATISTIK}.csv")
    assert csv.mimetype == "text/csv"
    assert "Trafikverket;2;0;0;" in csv.get_data(as_text=True)


def test_what_one_may_not_read_is_not_counted(logga_in: LoggaIn, database: Database) -> None:
    publicera(logga_in(TALESPERSON), 0, "Hemligt.", laskrets="egen")
    assert "Trafikverket 1" in synligt(sidan(logga_in(TALESPERSON).get(STATISTIK)))
    assert "Inget är publicerat" in synligt(sidan(logga_in(NACKA).get(STATISTIK)))
    assert logga_in(NACKA).get("/handelser/hemlig/statistik").status_code == 404


def test_an_actors_figures_are_its_own_and_keep_exercises_apart(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        f.en_handelse(session, "lansstyrelsen", slug="ova", rubrik="Öva", ovning=True)
        f.en_person_hos(session, "trafikverket", Roll.LASARE, epost="ny@trafikverket.example")
    publicera(logga_in(TALESPERSON), 0, "Ö.", "/handelser/ova/lagesbild/trafikverket")
    sida = sidan(logga_in("ny@trafikverket.example").get("/aktorer/trafikverket/statistik"))
    skarpt, ovat = sida.split("Övningar (1)")
    assert "Inget är publicerat" in skarpt
    assert "Trafikverket" in ovat
    assert logga_in(NACKA).get("/aktorer/trafikverket/statistik").status_code == 404
