"""Going on and off duty, as the people on the list and their administrators meet it."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories as f
from tests.funktioner_stod import brev_till, en_funktion, i_tjanst, medlem, turer
from tests.web.ytor_data import fragor
from wis import clock, datum
from wis.auth.models import Medlemskap, Tjanstgoring
from wis.auth.queries import find_anvandare, subjekt_av
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
KARIN, BO, ANNA, EVA, SOLNA = (
    "karin@nacka.example",
    "bo@nacka.example",
    "anna@nacka.example",
    "eva@nacka.example",
    "tib@solna.example",
)
TOLV = {"tid": "12", "sedd": ""}


@pytest.fixture
def tib(database: Database) -> int:
    """Nacka's TiB, which Karin and Bo may be; Anna administers, Eva reads. The id."""
    with transaction(database) as session:
        for epost in (KARIN, BO, EVA):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=epost).namn = epost.split("@")[0].title()
        f.en_person_hos(session, "nacka", None, epost=ANNA, administrator=True).namn = "Anna"
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=SOLNA, administrator=True)
        return en_funktion(session, "nacka", "TiB", medlem(session, KARIN), medlem(session, BO)).id


def sida(svar: TestResponse, status: int = 200) -> str:
    assert svar.status_code == status, svar.get_data(as_text=True)
    return " ".join(unescape(svar.get_data(as_text=True)).split())


def ga_pa(client: FlaskClient, tib: int, **data: str) -> TestResponse:
    return client.post(f"/funktioner/{tib}/ga-pa", data=TOLV | data, follow_redirects=True)


def roll(database: Database, epost: str) -> Roll | None:
    with database.reading() as session:
        return subjekt_av(medlem(session, epost)).standardroll(clock.now())


def timmar(tur: Tjanstgoring) -> float:
    """How long the turn is to last; the clock went on between choosing and writing."""
    return round((tur.till - tur.fran) / timedelta(hours=1), 3)


def version(database: Database, epost: str) -> int:
    with database.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        return person.behorighetsversion


def test_one_tap_puts_karin_on_duty_for_twelve_hours_with_the_role_and_a_line_on_every_page(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    karin = logga_in(KARIN)
    assert "Gå på som TiB" in sida(karin.get("/"))
    before = version(database, KARIN)
    text = sida(ga_pa(karin, tib))
    [tur] = turer(database)
    assert timmar(tur) == 12
    assert f"Du är i tjänst som TiB till {datum.tid(tur.till, clock.now())}." in text
    for path in ("/", "/handelser", "/mina-notiser", "/finns-inte"):
        assert f'I tjänst som <a href="/funktioner/{tib}"><strong>TiB</strong></a> till' in sida(
            karin.get(path), 404 if path == "/finns-inte" else 200
        )
    assert roll(database, KARIN) is Roll.TALESPERSON
    assert version(database, KARIN) > before


def test_bo_takes_over_with_one_tap_and_karin_is_told(logga_in: LoggaIn, database: Database, tib: int) -> None:
    karin, bo = logga_in(KARIN), logga_in(BO)
    ga_pa(karin, tib)
    [forsta] = turer(database)
    assert f"Ta över från Karin (till {datum.tid(forsta.till, clock.now())})" in sida(bo.get(f"/funktioner/{tib}"))
    before = version(database, KARIN)
    ga_pa(bo, tib, sedd=str(forsta.id))
    forsta, andra = turer(database)
    assert forsta.avslutad == andra.fran
    with database.reading() as session:
        assert forsta.avslutad_av_id == medlem(session, BO).anvandare_id
    assert brev_till(database, KARIN) == ["Bo har tagit över som TiB"]
    assert "I tjänst som" not in sida(karin.get("/"))
    assert (roll(database, KARIN), roll(database, BO)) == (Roll.LASARE, Roll.TALESPERSON)
    assert version(database, KARIN) > before


def test_bo_does_not_take_over_from_karin_if_his_page_did_not_show_her(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    ga_pa(logga_in(KARIN), tib)
    bo = logga_in(BO)
    text = sida(ga_pa(bo, tib, tid="24"), 422)
    assert "Karin hann före och är i tjänst som TiB" in text
    assert 'value="24" checked' in text
    [tur] = turer(database)
    assert f'name="sedd" type="hidden" value="{tur.id}"' in text
    assert sida(ga_pa(bo, tib, sedd=str(tur.id), tid="24"))
    assert len(turer(database)) == 2


def test_the_same_form_sent_twice_begins_one_turn(logga_in: LoggaIn, database: Database, tib: int) -> None:
    karin = logga_in(KARIN)
    for _ in range(2):
        sida(ga_pa(karin, tib))
    assert len(turer(database)) == 1


def test_karin_changes_when_her_turn_ends(logga_in: LoggaIn, database: Database, tib: int) -> None:
    karin = logga_in(KARIN)
    ga_pa(karin, tib)
    slut = (clock.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    [tur] = turer(database)
    sida(ga_pa(karin, tib, sedd=str(tur.id), tid="annan", till=datum.falt_av(slut)))
    assert [t.till for t in turer(database)][1:] == [slut]
    assert brev_till(database, KARIN) == []


@pytest.mark.parametrize(
    ("data", "fel"),
    [
        ({"tid": "annan", "till": ""}, "Ange dag och klockslag"),
        ({"tid": "annan", "till": "i morgon"}, "Ange dag och klockslag"),
        ({"tid": "annan", "till": "2020-01-01T07:00"}, "Sluttiden har redan varit"),
        ({"tid": "annan", "till": "9999-12-31T23:59"}, "högst sju dygn"),
        ({"tid": "7"}, ""),
    ],
)
def test_an_impossible_end_is_refused_and_stays_in_the_form(
    logga_in: LoggaIn, database: Database, tib: int, data: dict[str, str], fel: str
) -> None:
    text = sida(ga_pa(logga_in(KARIN), tib, **data), 422)
    assert fel in text
    assert f'value="{data.get("till", "")}"' in text or not data.get("till")
    assert turer(database) == []


def test_duty_ends_by_itself_when_its_time_is_out(logga_in: LoggaIn, database: Database, tib: int) -> None:
    with clock.at(clock.now() - timedelta(hours=13)), transaction(database) as session:
        i_tjanst(session, en_funktion(session, "nacka", "KiB", medlem(session, KARIN)), medlem(session, KARIN))
    karin = logga_in(KARIN)
    assert "I tjänst som" not in sida(karin.get("/"))
    assert roll(database, KARIN) is Roll.LASARE
    kib = turer(database)[0].funktion_id
    text = sida(karin.get(f"/funktioner/{kib}"))
    assert "Ingen i tjänst" in text
    sida(ga_pa(karin, kib))
    gammal, ny = turer(database)
    assert (gammal.avslutad, gammal.avslutad_av_id, ny.avslutad) == (gammal.till, None, None)


def test_karin_goes_off_from_the_line_in_the_header(logga_in: LoggaIn, database: Database, tib: int) -> None:
    karin = logga_in(KARIN)
    ga_pa(karin, tib)
    svar = karin.post(f"/funktioner/{tib}/ga-av", follow_redirects=True)
    assert "Du är inte längre i tjänst som TiB" in sida(svar)
    assert turer(database)[0].avslutad is not None
    assert brev_till(database, KARIN) == []
    assert "redan avslutad" not in sida(karin.get("/"))


def test_one_who_was_relieved_and_presses_go_off_ends_nobody_elses_turn(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    karin = logga_in(KARIN)
    ga_pa(karin, tib)
    ga_pa(logga_in(BO), tib, sedd=str(turer(database)[0].id))
    svar = karin.post(f"/funktioner/{tib}/ga-av", follow_redirects=True)
    assert "Du är inte i tjänst som TiB längre" in sida(svar)
    assert turer(database)[1].avslutad is None


def test_an_administrator_ends_a_turn_and_karin_gets_a_letter(logga_in: LoggaIn, database: Database, tib: int) -> None:
    ga_pa(logga_in(KARIN), tib)
    anna = logga_in(ANNA)
    assert "Avsluta tjänsten för Karin" in sida(anna.get(f"/funktioner/{tib}"))
    tjanst = {"tjanst": str(turer(database)[0].id)}
    assert "Karin är inte längre i tjänst" in sida(
        anna.post(f"/funktioner/{tib}/ga-av", data=tjanst, follow_redirects=True)
    )
    assert brev_till(database, KARIN) == ["Du är inte längre i tjänst som TiB"]
    assert roll(database, KARIN) is Roll.LASARE


def test_an_administrator_puts_somebody_on_duty_who_gets_a_letter(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    with database.reading() as session:
        bo = medlem(session, BO).id
    data = {"utse-medlemskap": str(bo), "utse-tid": "8", "utse-sedd": ""}
    svar = logga_in(ANNA).post(f"/funktioner/{tib}/utse", data=data, follow_redirects=True)
    assert "Bo är i tjänst som TiB till" in sida(svar)
    [tur] = turer(database)
    assert (tur.medlemskap_id, timmar(tur)) == (bo, 8)
    assert brev_till(database, BO) == ["Du är i tjänst som TiB"]


def test_an_administrator_puts_nobody_on_duty_who_is_not_on_the_list(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    with database.reading() as session:
        eva = medlem(session, EVA).id
    data = {"utse-medlemskap": str(eva), "utse-tid": "8", "utse-sedd": ""}
    svar = logga_in(ANNA).post(f"/funktioner/{tib}/utse", data=data)
    assert "står inte längre på listan" in sida(svar, 422)
    assert turer(database) == []


def test_who_is_not_on_the_list_is_told_why_and_strangers_learn_nothing(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    eva = logga_in(EVA)
    assert "Gå på som" not in sida(eva.get("/"))
    text = sida(eva.get(f"/funktioner/{tib}"), 403)
    assert "Du står inte på listan" in text
    assert "Aktörsadministratören hos Nacka" in text
    sida(ga_pa(eva, tib), 403)
    sida(ga_pa(logga_in(ANNA), tib), 403)
    sida(ga_pa(logga_in(SOLNA), tib), 404)
    sida(logga_in(SOLNA).get(f"/funktioner/{tib}"), 404)
    sida(logga_in(SOLNA).get("/funktioner/12345"), 404)
    assert turer(database) == []


def test_one_who_is_shut_out_is_not_on_duty_and_can_be_followed(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    ga_pa(logga_in(KARIN), tib)
    with transaction(database) as session:
        session.get_one(Medlemskap, medlem(session, KARIN).id).avstangd = clock.now()
    bo = logga_in(BO)
    assert "Ingen i tjänst" in sida(bo.get(f"/funktioner/{tib}"))
    sida(ga_pa(bo, tib))
    assert [tur.avslutad is None for tur in turer(database)] == [False, True]


def test_the_header_costs_those_who_are_on_no_list_one_small_question(
    logga_in: LoggaIn, database: Database, tib: int
) -> None:
    eva = logga_in(EVA)
    eva.get("/")
    with fragor(database) as stallda:
        eva.get("/")
    assert len([en for en in stallda if "funktionsbehorig" in en]) == 1
