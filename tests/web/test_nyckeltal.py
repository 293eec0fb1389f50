"""Key figures over versions, as a page and for a spreadsheet."""

from collections.abc import Callable
from datetime import timedelta

import html5lib
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.lagesbild_stod import BAS, publicera, sidan, skrivande_folk, synligt
from tests.web.ytor_data import fragor
from tests.web.ytor_data import publicera as rakt_in
from wis import clock
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildSektion
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
NACKA, TALESPERSON = "redaktor@nacka.example", "talesperson@trafikverket.example"
SIDA = f"{BAS}/nyckeltal"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


def _version(client: FlaskClient, bas: int, tal: str, **ovrigt: str) -> None:
    assert publicera(client, bas, f"Version {bas + 1}.", nyckeltal=tal, **ovrigt).status_code == 302


def test_figures_are_drawn_and_stand_in_tables_for_those_who_read_them(logga_in: LoggaIn, database: Database) -> None:
    trafik, nacka = logga_in(TALESPERSON), logga_in(NACKA)
    borjan = clock.now() - timedelta(hours=5)
    assert nacka.get(SIDA).status_code == 404
    for n, tal in enumerate(("| Utan <el> | 8 000 | hushåll |", "Inget tal.", "| Utan <el> | 9 500 | hushåll |")):
        with clock.at(borjan + timedelta(hours=n)):
            _version(trafik, n, tal)
    with clock.at(borjan + timedelta(hours=4)):
        trafik.post(f"{BAS}/oforandrat", data={"bas": "3", "nyckel": "f" * 32})
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        rott = rakt_in(session, handelse, "trafikverket", tlp="red")
        nyckel = {"lagesbild_id": rott.lagesbild_id, "nummer": rott.nummer, "nyckel": "nyckeltal"}
        session.add(LagesbildSektion(**nyckel, ordning=1, kalla="| Utan <el> | 99 | hushåll |", html=""))
    with fragor(database) as stallda:
        sida = sidan(nacka.get(SIDA))
    assert sum("lagesbild_sektion" in fraga for fraga in stallda) == 1
    text = synligt(sida)
    html5lib.HTMLParser(strict=True).parse(sida)
    assert "9 500 hushåll (+1 500)" in text
    assert "saknas här emellan" in text
    assert "2 värden som tabell" in text
    # A line for each run of versions that have it, and a point for each value.
    assert (sida.count("<circle"), sida.partition('class="linje"')[2].partition("</g>")[0].count("<path")) == (2, 2)
    assert "style=" not in sida
    assert "99" in synligt(sidan(trafik.get(SIDA)))
    assert "99" not in text.partition("Hämta som CSV")[2]
    csv = nacka.get(f"{SIDA}.csv")
    rader = csv.get_data(as_text=True).splitlines()
    assert csv.mimetype == "text/csv"
    assert [rad.split(";")[2::2] for rad in rader[1:]] == [["1", "8 000"], ["3", "9 500"]]
    assert nacka.get("/handelser/hemlig/lagesbild/trafikverket/nyckeltal").status_code == 404
