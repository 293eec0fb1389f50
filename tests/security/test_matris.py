"""Who may do what, over HTTP: every person × every thing × every verb of the hand-written tables.

The tables are tests.security.orakel; which address stands for which verb is tests.security.matris_celler. What each
may see in lists, messages and on the live channel is tests.security.test_matris_observationer.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from flask import Flask
from sqlalchemy import update

from tests.security import orakel as o
from tests.security.matris_celler import HANDELSENS, INGEN, UTGANGEN
from tests.security.matris_rutter import GENOM_GRINDEN, MED_VERB, OPPEN, RUTTER, SANT, UTAN_VERB, UTTAG
from tests.security.matris_stod import Matris, en_matris, sand, spridning
from tests.web.ytor_data import fragor
from wis import clock, live, realtime
from wis.auth.models import Medlemskap
from wis.auth.rules import Verb
from wis.tx import transaction

KORT, MINST = 1500, 11_000
SKRIVER = re.compile(r"^(INSERT INTO|UPDATE|DELETE FROM) (?!loggpost|logghuvud|versionsmarke)", re.IGNORECASE)


@pytest.fixture(scope="module")
def matris(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matris]:
    """The world of the tables, built once: what is asked here changes nothing in it."""
    with en_matris(sqlite_mall, tmp_path_factory.mktemp("matris")) as found:
        yield found


@pytest.fixture(autouse=True)
def natt() -> Iterator[None]:
    """It is night, as the tables say."""
    with clock.at(o.NU):
        yield


def test_everybody_may_what_the_tables_say_and_nothing_else(matris: Matris) -> None:
    """A spread over all of it; and where something is hidden, it is answered as if it were not there.

    Nothing is changed by asking (but what was read, by which nothing is judged): else one cell would decide the answer
    of another.
    """
    valda = spridning(matris.celler(), KORT)
    assert {cell.person for cell in valda} == set(o.PERSONER)
    with fragor(matris.database) as satser:
        fel = matris.fel(valda)
    assert not fel, "\n".join(fel)
    assert [sats for sats in satser if SKRIVER.match(sats)] == []


@pytest.mark.long
def test_everybody_may_what_the_tables_say_in_every_cell(matris: Matris) -> None:
    celler = matris.celler()
    assert len(celler) >= MINST
    fel = matris.fel(celler)
    assert not fel, "\n".join(fel)


def test_the_cells_are_about_every_person_every_thing_and_every_verb(matris: Matris) -> None:
    celler = matris.celler()
    tal = Counter(cell.person for cell in celler)
    assert set(tal) == set(o.PERSONER)
    assert {int(cell.vad.split()[0]) for cell in celler if cell.vad[0].isdigit()} == set(range(len(o.LASBART)))
    assert {cell.verb for cell in celler} == {verb.name for verb in Verb}
    assert len(HANDELSENS) >= 5


# --- every way in ----------------------------------------------------------------------------------------------------


def _rutter(app: Flask) -> set[str]:
    return {
        f"{metod} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for metod in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_somebody_has_said_how_each_way_in_is_tried(matris: Matris) -> None:
    assert _rutter(matris.app) == set(RUTTER)


def test_each_way_in_is_tried_by_the_verb_that_is_said(matris: Matris) -> None:
    adapter, provade = matris.app.url_map.bind("localhost"), set()
    for cell in matris.celler():
        regel, _ = adapter.match(cell.anrop.adress.split("?")[0], cell.anrop.metod, return_rule=True)
        provade.add((f"{cell.anrop.metod} {regel.rule}", cell.verb))
    assert provade == set(MED_VERB.items())


def test_what_asks_for_no_right_asks_for_a_login_unless_it_is_open(matris: Matris) -> None:
    for rule in matris.app.url_map.iter_rules():
        view = matris.app.view_functions[rule.endpoint]
        is_open = rule.endpoint == "static" or getattr(view, "oppen", False)
        for metod in (rule.methods or set()) & {"GET", "POST"}:
            varfor = RUTTER[f"{metod} {rule.rule}"]
            assert is_open == (varfor == OPPEN), rule.rule
    assert set(UTAN_VERB.values()) >= GENOM_GRINDEN


def test_there_is_nothing_that_a_socket_may_say_but_that_it_comes_and_goes(matris: Matris) -> None:
    server = matris.app.extensions["wis_live"]._server
    assert {event for handlers in server.handlers.values() for event in handlers} == set(UTTAG)
    assert server.namespace_handlers == {}
    assert set(get_args(live.Ord)) == set(SANT)
    source = Path(realtime.__file__).read_text(encoding="utf-8")
    assert re.findall(r"\.emit\((\w+)", source) == ["ord_"]


# --- what has ended --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [{"avstangd": o.NU}, {"giltig_till": o.NU}], ids=["disabled", "run out"])
def test_who_is_shut_out_while_logged_in_is_told_the_same_everywhere(
    sqlite_mall: Path, tmp_path: Path, ended: dict[str, object]
) -> None:
    with en_matris(sqlite_mall, tmp_path) as matris:
        egna = [cell for cell in spridning(matris.celler(), 0) if cell.person == "Är"]
        assert matris.fel(egna) == []
        with transaction(matris.database) as session:
            ett = update(Medlemskap).where(Medlemskap.anvandare_id == matris.varld.anvandare["Är"])
            session.execute(ett.values(**ended))
        for cell in egna:
            status, _ = matris.fraga(cell)
            assert status == 403, cell


def test_the_gate_answers_before_anything_is_looked_for(matris: Matris) -> None:
    """To a stranger and to one whose time is out what exists and what doesn't are the same."""
    for cell in spridning([c for c in matris.celler() if c.person in {INGEN, UTGANGEN}], 0):
        saknas = matris.som_saknat(cell)
        assert saknas is None or saknas[0] == sand(matris.klient(cell.person, cell.medlemskap), cell.anrop)[0]
