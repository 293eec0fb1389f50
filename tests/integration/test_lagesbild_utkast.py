"""Keeping drafts of lägesbilder, on real databases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.integration.lagesbild_stod import Scen
from tests.servrar import vanta_pa_las
from wis import clock
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.lagesbild import queries, service, utkast
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Otillaten
from wis.lagesbild.rules import Innehall, Publicering, tolka_nasta
from wis.lagesbild.utkast import Konflikt, Sparat
from wis.tx import transaction


@pytest.fixture
def scen(varje_databas: Database) -> Scen:
    return Scen(varje_databas)


@pytest.fixture
def pa_postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.dispose()


def test_each_save_raises_the_revision_and_keeps_the_text(scen: Scen) -> None:
    forst = scen.spara("a")
    sedan = scen.spara("ab", revision=1)
    assert isinstance(forst, Sparat)
    assert isinstance(sedan, Sparat)
    assert (forst.revision, sedan.revision) == (1, 2)
    assert [u.sektioner for u in scen.utkast()] == [{"sammanfattning": "ab"}]


def test_two_tabs_notice_each_other_and_nothing_is_overwritten(scen: Scen) -> None:
    scen.spara("från flik ett")
    utfall = scen.spara("från flik två")
    assert isinstance(utfall, Konflikt)
    assert utfall.text.innehall.sektioner == {"sammanfattning": "från flik ett"}
    assert utfall.text.revision == 1
    assert [u.sektioner for u in scen.utkast()] == [{"sammanfattning": "från flik ett"}]


def test_a_save_whose_answer_was_lost_can_be_sent_again(scen: Scen) -> None:
    scen.spara("a")
    igen = scen.spara("a")
    assert isinstance(igen, Sparat)
    assert igen.revision == 1


def test_two_tabs_that_save_for_the_first_time_at_once_make_one_draft(scen: Scen) -> None:
    start = threading.Barrier(4)
    utfall: list[Sparat | Konflikt] = []

    def spara(nr: int) -> None:
        start.wait()
        utfall.append(scen.spara(f"flik {nr}"))

    tradar = [threading.Thread(target=spara, args=(nr,)) for nr in range(4)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join(30)
    assert sorted(type(u).__name__ for u in utfall) == ["Konflikt"] * 3 + ["Sparat"]
    assert len(scen.utkast()) == 1


def test_publishing_takes_the_draft_away_but_not_another_tabs_later_text(scen: Scen) -> None:
    scen.spara("Läget")
    scen.publicera(0, "Läget")
    assert scen.utkast() == []
    scen.spara("Från en annan flik", bas=1)
    scen.publicera(1, "Nytt läge")
    assert [u.sektioner for u in scen.utkast()] == [{"sammanfattning": "Från en annan flik"}]


def test_the_last_save_of_a_page_that_has_published_leaves_no_draft_behind(scen: Scen) -> None:
    scen.publicera(0, "Läget")
    utfall = scen.spara("Läget", revision=3)
    assert isinstance(utfall, Sparat)
    assert scen.utkast() == []


@pytest.mark.parametrize("forsening", [timedelta(), timedelta(hours=1)], ids=["at once", "an hour late"])
def test_nor_does_it_when_somebody_else_has_published_since(scen: Scen, forsening: timedelta) -> None:
    nasta = tolka_nasta("+60", clock.now())
    scen.publicera(0, "Läget", nyckel="a" * 32, andringsnotering="Nytt", nasta=nasta)
    scen.publicera(1, "Nästa läge", who=scen.person(Roll.TALESPERSON))
    with clock.at(clock.now() + forsening):
        scen.spara("Läget", notering="Nytt", nasta="+60", nyckel="a" * 32)
    assert scen.utkast() == []


@pytest.mark.parametrize("mer", [{"notering": "Bron är öppnad"}, {"nasta": "+60"}], ids=["note", "time"])
@pytest.mark.parametrize("nyckel", ["a" * 32, "b" * 32], ids=["same form", "another form"])
def test_what_is_new_without_a_section_being_changed_is_kept(scen: Scen, mer: dict[str, str], nyckel: str) -> None:
    scen.publicera(0, "Läget", nyckel="a" * 32)
    utfall = scen.spara("Läget", bas=1, nyckel=nyckel, **mer)
    assert isinstance(utfall, Sparat)
    assert utfall.revision == 1
    assert [(u.andringsnotering, u.nasta_uppdatering) for u in scen.utkast()] == [
        (mer.get("notering", ""), mer.get("nasta", ""))
    ]


@pytest.mark.postgres
def test_a_save_that_meets_the_publication_under_way_leaves_no_draft_behind(pa_postgres: Database) -> None:
    database, scen = pa_postgres, Scen(pa_postgres)
    scen.publicera(0, "Grund")
    kommando = Publicering(1, "a" * 32, Innehall.av({"sammanfattning": "Läget"}))
    with ThreadPoolExecutor(1) as tradar, transaction(database) as session:
        service.publicera(session, scen.anna, scen.plats, kommando, {"sammanfattning": "<p>Läget</p>"}, avisera=False)
        sparar = tradar.submit(scen.spara, "Läget", bas=1, nyckel="a" * 32)
        vanta_pa_las(database.engine, 1)  # the save, on the publication
    assert isinstance(sparar.result(30), Sparat)
    assert scen.utkast() == []


def test_a_draft_is_a_persons_own_per_actor(scen: Scen) -> None:
    bertil = scen.person(Roll.SKRIBENT)
    scen.spara("Annas")
    scen.spara("Bertils", who=bertil)
    with scen.database.reading() as session:
        (lagesbild,) = session.scalars(select(Lagesbild))
        mitt = queries.find_utkast(session, lagesbild.id, bertil)
        assert mitt is not None
        assert mitt.sektioner == {"sammanfattning": "Bertils"}
        assert [u.anvandare.namn for u in queries.kollegors_utkast(session, lagesbild.id, bertil)] == [scen.anna.namn]


def _ta_over(scen: Scen, who: Subjekt, utkast_id: int, *, ersatt: int | None = None) -> Sparat | Konflikt:
    with transaction(scen.database) as session:
        return utkast.ta_over(session, who, scen.plats, utkast_id, ersatt=ersatt)


def test_a_colleagues_draft_is_copied_and_stays_with_the_colleague(scen: Scen) -> None:
    bertil = scen.person(Roll.SKRIBENT)
    scen.spara("Annas")
    assert isinstance(_ta_over(scen, bertil, scen.utkast()[0].id), Sparat)
    assert [u.sektioner["sammanfattning"] for u in scen.utkast()] == ["Annas", "Annas"]


def test_ones_own_draft_is_replaced_only_when_one_says_so(scen: Scen) -> None:
    bertil = scen.person(Roll.SKRIBENT)
    scen.spara("Annas")
    scen.spara("Bertils", who=bertil)
    annas = scen.utkast()[0].id
    fraga = _ta_over(scen, bertil, annas)
    assert isinstance(fraga, Konflikt)
    assert fraga.text.innehall.sektioner["sammanfattning"] == "Bertils"
    assert isinstance(_ta_over(scen, bertil, annas, ersatt=fraga.text.revision), Sparat)
    assert [u.sektioner["sammanfattning"] for u in scen.utkast()] == ["Annas", "Annas"]


def test_ones_own_draft_that_was_saved_since_is_asked_about_again(scen: Scen) -> None:
    bertil = scen.person(Roll.SKRIBENT)
    scen.spara("Annas")
    scen.spara("Bertils", who=bertil)
    fraga = _ta_over(scen, bertil, scen.utkast()[0].id)
    assert isinstance(fraga, Konflikt)
    scen.spara("Bertils, mer", revision=1, who=bertil)
    igen = _ta_over(scen, bertil, scen.utkast()[0].id, ersatt=fraga.text.revision)
    assert isinstance(igen, Konflikt)
    assert igen.text.innehall.sektioner == {"sammanfattning": "Bertils, mer"}
    assert [u.sektioner["sammanfattning"] for u in scen.utkast()] == ["Annas", "Bertils, mer"]


def test_a_draft_of_another_actor_cannot_be_taken(scen: Scen) -> None:
    scen.spara("Annas")
    with pytest.raises(LookupError):
        _ta_over(scen, scen.anna, scen.utkast()[0].id)
    with pytest.raises(Otillaten):
        _ta_over(scen, scen.person(Roll.REDAKTOR, "nacka"), scen.utkast()[0].id)


def test_a_draft_saved_anew_is_not_thrown_away_by_an_old_page(scen: Scen) -> None:
    scen.spara("a")
    scen.spara("ab", revision=1)
    with transaction(scen.database) as session:
        assert not utkast.kasta(session, scen.anna, scen.plats, 1)
    assert len(scen.utkast()) == 1
    with transaction(scen.database) as session:
        assert utkast.kasta(session, scen.anna, scen.plats, 2)
    assert scen.utkast() == []


def test_control_characters_that_a_database_refuses_do_not_stop_a_save(scen: Scen) -> None:
    assert isinstance(scen.spara("a\x00b\ud800c"), Sparat)
    assert isinstance(scen.publicera(0, "a\x00b", nyckel="a" * 32), service.Publicerad)
