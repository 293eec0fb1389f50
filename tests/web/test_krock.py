"""Two texts that met, chosen between without scripts."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.web.lagesbild_stod import BAS, FORM, LoggaIn, i_falt, publicera, sidan, skrivande_folk, sparade, synligt
from wis import clock, overbliven
from wis.auth.models import Medlemskap
from wis.db import Database
from wis.lagesbild import overblivet
from wis.overbliven import OverblivenText
from wis.tx import transaction

GRUND = {"lage_fakta": "Fakta", "resurser": "Tio bilar", "prognos": "Mer snö"}
RAD = "konsekvenser-rad-{}-{}"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


@pytest.fixture
def bertil(logga_in: LoggaIn) -> FlaskClient:
    """A colleague of hers."""
    return logga_in("bertil@trafikverket.example")


@pytest.fixture
def motta(anna: FlaskClient, bertil: FlaskClient) -> str:
    """The page that Anna gets: both changed summary and resources, Anna alone the facts, Bertil alone the forecast."""
    publicera(anna, 0, "Grund", **GRUND)
    publicera(bertil, 1, "Bertils summa", **GRUND | {"resurser": "Elva bilar", "prognos": "Regn"})
    return sidan(publicera(anna, 1, "Annas summa", **GRUND | {"resurser": "Nio bilar", "lage_fakta": "Nya fakta"}), 409)


def _tryck(client: FlaskClient, page: str, handling: str, **andrat: str) -> TestResponse:
    """Press a button of the page's form, with this changed."""
    namn = ("bas", "revision", "nyckel", "krock", "mall", "ovriga", "andringsnotering", "sammanfattning", *GRUND)
    return client.post(
        f"{BAS}/skriv", data={n: i_falt(page, n) for n in namn} | {"nasta_val": ""} | andrat | {"handling": handling}
    )


def _valj(client: FlaskClient, page: str, handling: str, **andrat: str) -> str:
    """Press a button that leads back to the page."""
    svar = _tryck(client, page, handling, **andrat)
    assert svar.status_code == 302, svar.get_data(as_text=True)
    return sidan(client.get(svar.headers["Location"].partition("#")[0]))


def _kvar(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return [(rad.nyckel, rad.text, rad.ur) for rad in session.scalars(select(OverblivenText).order_by("id"))]


class TestChoosing:
    def test_each_section_is_chosen_by_itself_and_what_is_not_chosen_stays(
        self, anna: FlaskClient, motta: str, database: Database
    ) -> None:
        assert "2 avsnitt är inte avgjorda" in synligt(motta)
        assert "bara i din: </span>Annas" in motta
        assert "bara i version 2: </span>Bertils" in motta
        for val in ("min", "deras", "bada"):
            assert f'value="val:resurser:{val}" aria-label="' in motta
        assert 'value="val:lage_fakta' not in motta
        assert 'value="val:prognos:tillbaka"' in motta
        page = _valj(anna, motta, "val:sammanfattning:deras")
        assert i_falt(page, "sammanfattning") == "Bertils summa"
        assert "1 avsnitt är inte avgjort" in synligt(page)
        assert 'value="val:resurser:min"' in page, "the other section is still to be chosen"
        assert _kvar(database) == [("sammanfattning", "Annas summa", "min")]
        page = _valj(anna, page, "val:resurser:bada")
        assert i_falt(page, "resurser") == "Nio bilar\n\nElva bilar"
        assert "Allt är avgjort" in page
        page = _valj(anna, page, "val:prognos:tillbaka")
        assert i_falt(page, "prognos") == "Mer snö"
        assert i_falt(page, "lage_fakta") == "Nya fakta"
        assert _kvar(database)[1:] == [("prognos", "Regn", "2")]
        assert 'value="val:' not in page
        assert _tryck(anna, page, "tyst").status_code == 302
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert "medan du skrev</h2>" not in page
        assert "Text som inte kom med" in page, "what was not chosen stays after the publication"
        assert "Annas summa" not in sidan(anna.get(BAS))

    def test_the_choice_left_undecided_survives_errors_saving_preview_and_a_new_visit(
        self, anna: FlaskClient, motta: str, database: Database
    ) -> None:
        page = sidan(_tryck(anna, motta, "tyst", sammanfattning=""), 422)
        assert 'value="val:resurser:min"' in page
        page = _valj(anna, page, "val:resurser:min", sammanfattning="Annas summa")
        assert i_falt(page, "resurser") == "Nio bilar"
        assert _kvar(database) == [("resurser", "Elva bilar", "2")]
        for handling in ("spara", "granska"):
            svar = _tryck(anna, page, handling, sammanfattning="Annas senare summa")
            page = sidan(svar) if svar.status_code == 200 else sidan(anna.get(f"{BAS}/skriv"))
            assert 'value="val:sammanfattning:min"' in page
            assert 'value="val:resurser' not in page
            assert i_falt(page, "sammanfattning") == "Annas senare summa"
        svar = anna.post(
            f"{BAS}/utkast",
            data={n: i_falt(page, n) for n in ("bas", "revision", "krock", *GRUND)} | {"sammanfattning": "Mer"},
            headers=JSON,
        )
        assert svar.status_code == 200
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert 'value="val:sammanfattning:min"' in page, "saved by itself, and still to be chosen"
        assert "det som står i fältet publiceras" in synligt(page)
        assert _tryck(anna, page, "tyst").status_code == 302

    def test_a_third_version_meanwhile_keeps_what_it_does_not_touch_decided(
        self, anna: FlaskClient, bertil: FlaskClient, motta: str
    ) -> None:
        page = _valj(anna, motta, "val:sammanfattning:min")
        page = _valj(anna, page, "val:resurser:min")
        assert "Allt är avgjort" in page
        tredje = GRUND | {"resurser": "Tolv bilar", "prognos": "Hagel"}
        assert publicera(bertil, 2, "Bertils summa", **tredje).status_code == 302
        page = sidan(_tryck(anna, page, "tyst"), 409)
        assert "1 avsnitt är inte avgjort" in synligt(page)
        assert 'value="val:resurser:deras"' in page
        assert "bara i version 3: </span>Tolv" in page
        assert i_falt(page, "sammanfattning") == "Annas summa"
        assert i_falt(page, "resurser") == "Nio bilar"
        assert i_falt(page, "prognos") == "Hagel", "what Anna never touched follows the latest"
        page = _valj(anna, page, "val:resurser:deras")
        assert i_falt(page, "resurser") == "Tolv bilar"
        assert _tryck(anna, page, "tyst").status_code == 302

    def test_rows_are_joined_and_equal_ones_come_once(self, anna: FlaskClient, bertil: FlaskClient) -> None:
        def rader(*rader: tuple[str, str]) -> dict[str, str]:
            return {RAD.format(i, k): cell for i, rad in enumerate(rader) for k, cell in enumerate((*rad, "Norr"))}

        publicera(anna, 0, "Grund")
        publicera(bertil, 1, "Grund", **rader(("Polis", "ingen"), ("Avfall", "ingen")))
        page = sidan(publicera(anna, 1, "Grund", **rader(("Polis", "kritisk"), ("Avfall", "ingen"))), 409)
        assert "Polis · " in page
        mina = rader(("Polis", "kritisk"), ("Avfall", "ingen"))
        page = _valj(anna, page, "val:konsekvenser:bada", **mina)
        assert [i_falt(page, RAD.format(i, 0)) for i in range(4)] == ["Polis", "Polis", "Avfall", ""]

    def test_a_button_pressed_on_a_page_without_conflict_only_saves(
        self, anna: FlaskClient, database: Database
    ) -> None:
        for handling in ("val:resurser:deras", "val:x:y", "val", "overblivet:1:lagg", "overblivet:sju", "overblivet"):
            data = FORM | {"handling": handling, "nyckel": "b" * 32, "krock": "7:7:resurser"}
            assert anna.post(f"{BAS}/skriv", data=data | {"revision": str(len(sparade(database)))}).status_code == 302
            assert sparade(database)[0]["sammanfattning"] == FORM["sammanfattning"]

    def test_what_another_tab_saved_is_chosen_as_well_and_never_written_over(
        self, anna: FlaskClient, database: Database
    ) -> None:
        for text in ("Flik ett", "Flik två"):
            anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": text}, headers=JSON)
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"sammanfattning": "Flik två", "handling": "spara"}), 409)
        assert "från en annan flik" in page
        page = _valj(anna, page, "spara")
        assert sparade(database)[0]["sammanfattning"] == "Flik två"
        assert 'value="val:sammanfattning:deras"' in page, "saving does not decide"
        assert "Text som inte kom med" not in page
        page = _valj(anna, page, "val:sammanfattning:min")
        assert "Text som inte kom med" in page
        assert "Flik ett" in page
        assert "Allt är avgjort" in page


class TestLeftOver:
    def test_it_is_added_last_or_thrown_away_and_is_nobody_elses(
        self, anna: FlaskClient, bertil: FlaskClient, motta: str, database: Database
    ) -> None:
        page = _valj(anna, motta, "val:resurser:deras")
        page = _valj(anna, page, "val:sammanfattning:deras")
        for client in (bertil, anna):
            assert ("Nio bilar" in sidan(client.get(f"{BAS}/skriv"))) == (client is anna)
        ids = re.findall(r'value="overblivet:(\d+):lagg"', page)
        assert len(ids) == 2
        for id_ in ids:
            anna_sida = sidan(bertil.get(f"{BAS}/skriv"))
            _tryck(bertil, anna_sida, f"overblivet:{id_}:kasta")
        assert len(_kvar(database)) == 2, "a colleague throws nothing of hers away"
        page = _valj(anna, page, f"overblivet:{ids[0]}:lagg")
        page = _valj(anna, page, f"overblivet:{ids[1]}:kasta")
        assert _kvar(database) == []
        texter = {i_falt(page, "resurser"), i_falt(page, "sammanfattning")}
        assert texter in ({"Elva bilar\n\nNio bilar", "Bertils summa"}, {"Elva bilar", "Bertils summa\n\nAnnas summa"})

    def test_it_goes_two_weeks_after_the_publication_and_not_before(
        self, anna: FlaskClient, motta: str, database: Database
    ) -> None:
        page = _valj(anna, motta, "val:resurser:deras")
        nu = clock.now()
        with clock.at(nu + timedelta(days=90)):
            assert overbliven.stada(database) == 0
        assert _tryck(anna, page, "tyst").status_code == 302
        with clock.at(nu + timedelta(days=13)):
            assert overbliven.stada(database) == 0
        with clock.at(nu + timedelta(days=15)):
            assert overbliven.stada(database) == 1
        assert _kvar(database) == []

    def test_the_oldest_go_when_there_are_too_many_and_one_is_told(
        self, anna: FlaskClient, motta: str, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(overblivet, "MAX_TEXTER", 1)
        page = _valj(anna, motta, "val:resurser:deras")
        page = _valj(anna, page, "val:sammanfattning:deras")
        assert [rad[0] for rad in _kvar(database)] == ["sammanfattning"]
        assert "De äldsta texterna som inte kom med är borttagna" in synligt(page).replace(" (1)", "")

    def test_who_is_taken_off_reads_it_no_more_and_a_versions_text_not_when_that_is_hidden(
        self, anna: FlaskClient, motta: str, database: Database
    ) -> None:
        page = _valj(anna, motta, "val:sammanfattning:deras")
        _valj(anna, page, "val:resurser:min")
        with transaction(database) as session:
            # As if it were from a version that she does not read, which is judged as each is.
            session.execute(update(OverblivenText).where(OverblivenText.ur == "2").values(ur="9"))
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert re.findall(r'<pre class="inskickad-text">([^<]*)</pre>', page) == ["Annas summa"]
        with transaction(database) as session:
            session.execute(update(Medlemskap).values(avstangd=clock.now()))
        assert anna.get(f"{BAS}/skriv").status_code in {302, 403, 404}


def test_what_unchanged_takes_away_on_the_page_is_left_over_when_the_page_is_closed(anna: FlaskClient) -> None:
    publicera(anna, 0, "Ett", resurser="Tio bilar")
    form = FORM | {"bas": "1", "nyckel": "d" * 32, "sammanfattning": "Ett", "lage_fakta": "", "resurser": "Tio bilar"}
    undan = {"undan-resurser": "Tio bilar och tolv man, framme kl. 14"}
    assert anna.post(f"{BAS}/utkast", data=form | undan, headers=JSON).status_code == 200
    assert "tolv man, framme" in sidan(anna.get(f"{BAS}/skriv"))
    # And by any button of the form.
    anna.post(f"{BAS}/skriv", data=form | {"undan-prognos": "Klart i natt", "handling": "spara", "revision": "1"})
    assert "Klart i natt" in sidan(anna.get(f"{BAS}/skriv"))
