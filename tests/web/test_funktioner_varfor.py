"""Why a function was changed, who may not be put on duty, what the letters say, and what the list costs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import factories as f
from tests.funktioner_stod import en_funktion, i_tjanst, med_kanaler, medlem, turer
from tests.web.test_funktioner import sida
from wis import audit, clock
from wis.auth.models import Funktion
from wis.auth.rules import Roll
from wis.db import Database
from wis.funktioner import queries
from wis.notiser.models import Leverans, Utskick
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA, KARIN, BO, KIM = "anna@nacka.example", "karin@nacka.example", "bo@nacka.example", "kim@nacka.example"
LISTA = "/aktorer/nacka/funktioner"
BEHOVS = "Skriv varför, med några ord."


@pytest.fixture
def tib(database: Database) -> int:
    """Nacka's TiB, for Karin, Bo and Kim, who has never logged in; and Anna, who administers."""
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", None, epost=ANNA, administrator=True).namn = "Anna"
        for epost in (KARIN, BO, KIM):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=epost).namn = epost.split("@")[0].title()
        folk = [medlem(session, epost) for epost in (KARIN, BO, KIM)]
        folk[-1].anvandare.losenord_hash = None
        return en_funktion(session, "nacka", "TiB", *folk).id


def uppgifter(database: Database, tib: int, **mer: object) -> dict[str, object]:
    """What the form of the function sends, unchanged."""
    with database.reading() as session:
        ids = sorted(rad.medlemskap_id for rad in session.get_one(Funktion, tib).behoriga)
    bygger_pa = f"TiB|Tjänsteman i beredskap|talesperson|{','.join(map(str, ids))}"
    fore = {"kortnamn": "TiB", "namn": "Tjänsteman i beredskap", "roll": "talesperson", "behoriga": ids}
    return fore | {"bygger_pa": bygger_pa} | mer


def utse(client: FlaskClient, database: Database, tib: int, epost: str, **mer: str) -> Any:
    with database.reading() as session:
        vem = str(medlem(session, epost).id)
    sedd = str(turer(database)[-1].id) if turer(database) else ""
    data = {"utse-medlemskap": vem, "utse-tid": "12", "utse-sedd": sedd, **mer}
    return client.post(f"/funktioner/{tib}/utse", data=data, follow_redirects=True)


def brev(database: Database, adress: str) -> list[Utskick]:
    with database.reading() as session:
        return list(session.scalars(select(Utskick).join(Leverans).where(Leverans.adress == adress)))


def test_a_change_of_role_or_list_says_why_and_keeps_what_was_typed(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    anna, adress = logga_in(ANNA), f"{LISTA}/{tib}"
    for mer in ({"roll": "lasare"}, {"behoriga": []}):
        text = sida(anna.post(adress, data=uppgifter(database, tib, namn="Beredskap", **mer)), 422)
        assert BEHOVS in text
        assert 'href="#motivering"' in text
        assert 'value="Beredskap"' in text
    # What it is called is nobody's right.
    bara_namnet = uppgifter(database, tib, namn="Beredskap")
    assert "TiB är ändrad" in sida(anna.post(adress, data=bara_namnet, follow_redirects=True))


def test_closing_down_says_why_on_a_page_that_can_still_be_saved(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    anna = logga_in(ANNA)
    text = sida(anna.post(f"{LISTA}/{tib}/lagg-ned"), 422)
    assert BEHOVS in text
    assert 'href="#motivering-nedlaggning"' in text
    assert f'action="{LISTA}/{tib}"' in text
    with database.reading() as session:
        assert session.get_one(Funktion, tib).nedlagd is None


def test_the_history_tells_who_changed_what_when_and_why(logga_in: LoggaIn, database: Database, tib: int) -> None:
    anna = logga_in(ANNA)
    kvar = uppgifter(database, tib)["behoriga"]
    assert isinstance(kvar, list)
    mindre = uppgifter(database, tib, roll="skribent", behoriga=kvar[:2], motivering="Kim har bytt jobb")
    sida(anna.post(f"{LISTA}/{tib}", data=mindre, follow_redirects=True))
    sida(utse(anna, database, tib, BO, **{"utse-motivering": "Karin är sjuk"}))
    sida(logga_in(KARIN).post(f"/funktioner/{tib}/ga-av", follow_redirects=True))
    text = sida(anna.get(f"/funktioner/{tib}"))
    for said in (
        "<strong>Ändrad</strong>: roll från talesperson till skribent; Kim får inte längre gå i tjänst",
        "”Kim har bytt jobb”",
        "<strong>Satt i tjänst</strong>: Bo till",
        "”Karin är sjuk”",
        "Anna, ",
    ):
        assert said in text
    # The reasons are the administrators' own.
    assert "Kim har bytt jobb" not in sida(logga_in(BO).get(f"/funktioner/{tib}"))


def test_a_new_function_may_say_why(logga_in: LoggaIn, database: Database, tib: int) -> None:
    data = {"kortnamn": "KiB", "namn": "Kommunikatör", "roll": "lasare", "motivering": "Ny beredskap från januari"}
    sida(logga_in(ANNA).post(f"{LISTA}/ny", data=data, follow_redirects=True))
    with database.reading() as session:
        post = session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == "lägger upp funktion")).one()
    assert "Ny beredskap från januari" in post.uppgifter


def test_one_who_has_never_logged_in_is_marked_and_not_put_on_duty(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    anna = logga_in(ANNA)
    for adress in (LISTA, f"/funktioner/{tib}", f"{LISTA}/{tib}"):
        assert "Kim (har aldrig loggat in)" in sida(anna.get(adress))
    text = sida(utse(anna, database, tib, KIM), 422)
    assert "Kim har aldrig loggat in och kan inte ta emot tjänsten." in text
    assert "skicka den igen" in text
    assert turer(database) == []


def test_the_one_taken_over_from_learns_which_administrator_did_it(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    with transaction(database) as session:
        i_tjanst(session, session.get_one(Funktion, tib), medlem(session, KARIN))
    sida(utse(logga_in(ANNA), database, tib, BO))
    [till_karin] = brev(database, KARIN)
    assert till_karin.amne == "Anna har satt Bo i tjänst som TiB"
    assert "Anna satte Bo i tjänst i stället för dig som TiB" in till_karin.epost


@contextmanager
def fragor(database: Database) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    stallda: list[str] = []

    def lyssna(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        stallda.append(statement)

    event.listen(database.engine, "before_cursor_execute", lyssna)
    try:
        yield stallda
    finally:
        event.remove(database.engine, "before_cursor_execute", lyssna)


def test_the_list_of_many_functions_costs_no_more_questions_than_that_of_one(database: Database, tib: int) -> None:
    def antal() -> int:
        with database.reading() as session, fragor(database) as stallda:
            queries.funktioner_hos(session, f.en_aktor(session, "nacka").id, clock.now())
        return len(stallda)

    en = antal()
    with transaction(database) as session:
        for n in range(8):
            som = en_funktion(session, "nacka", f"F{n}", medlem(session, KARIN), medlem(session, BO))
            i_tjanst(session, som, medlem(session, BO))
            som.anvandare.epost = None
    with transaction(database) as session:
        med_kanaler(session, session.get_one(Funktion, tib))
    assert antal() == en
    with database.reading() as session:
        rader = queries.funktioner_hos(session, f.en_aktor(session, "nacka").id, clock.now())
    assert [rad.pagaende.namn if rad.pagaende else "" for rad in rader] == ["Bo"] * 8 + [""]
    assert [[person.namn for person in rad.behoriga] for rad in rader] == [["Bo", "Karin"]] * 8 + [
        ["Bo", "Karin", "Kim"]
    ]
    assert len(rader[-1].kanaler) == 2
