"""What a function may be given, to whom, and for how long one is on duty."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wis.auth.rules import Roll
from wis.funktioner import brev
from wis.funktioner.rules import (
    FORSLAG,
    LANGSTA_TJANST,
    Hinder,
    Pagaende,
    Uppgifter,
    kraver_motivering,
    lediga_forslag,
    prova_egen,
    prova_motivering,
    prova_sedd,
    prova_till,
)

NU = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
KARIN = Pagaende(7, 3, 30, "Karin Ek", "karin@nacka.example", NU, NU + timedelta(hours=1))
JAG = 5


def tib(roll: Roll = Roll.TALESPERSON, *behoriga: int) -> Uppgifter:
    return Uppgifter("TiB", "Tjänsteman i beredskap", roll, frozenset(behoriga))


def test_the_four_functions_that_the_region_has_are_suggested() -> None:
    assert [ett.kortnamn for ett in FORSLAG] == ["TiB", "KiB", "RSIB", "RKK"]


def test_what_one_has_already_is_not_suggested_again() -> None:
    assert [ett.kortnamn for ett in lediga_forslag(["tib", "RKK"], "samverkan")] == ["KiB", "RSIB"]


def test_what_the_region_has_is_suggested_only_to_those_who_coordinate_it() -> None:
    assert [ett.kortnamn for ett in lediga_forslag([], "kommun")] == ["TiB", "KiB"]
    for typ in ("samverkan", "länsstyrelse"):
        assert lediga_forslag([], typ) == list(FORSLAG)


def test_a_reason_is_called_for_when_what_people_may_changes() -> None:
    fore = tib(Roll.TALESPERSON, JAG)
    assert kraver_motivering(fore, tib(Roll.LASARE, JAG))
    assert kraver_motivering(fore, tib(Roll.TALESPERSON))
    assert not kraver_motivering(fore, replace(fore, namn="Beredskap"))
    assert prova_motivering("  Ny på jobbet ") == "Ny på jobbet"
    assert prova_motivering(" ", kravs=False) == ""
    for text in (" ", "x" * 301):
        with pytest.raises(Hinder):
            prova_motivering(text)


@pytest.mark.parametrize("timmar", [0.1, 12, 7 * 24])
def test_a_turn_may_last_up_to_seven_days(timmar: float) -> None:
    prova_till(NU + timedelta(hours=timmar), NU)


@pytest.mark.parametrize(
    ("till", "skal"),
    [(NU, "redan varit"), (NU - timedelta(hours=1), "redan varit"), (NU + LANGSTA_TJANST * 1.01, "högst sju dygn")],
)
def test_a_turn_may_neither_be_over_when_it_begins_nor_last_longer(till: datetime, skal: str) -> None:
    with pytest.raises(Hinder, match=skal):
        prova_till(till, NU)


def test_nobody_takes_over_from_one_whom_they_have_not_seen_to_be_on_duty() -> None:
    prova_sedd(KARIN, KARIN.tjanst_id, "TiB")
    for sedd in (None, 6):
        with pytest.raises(Hinder, match="Karin Ek hann före"):
            prova_sedd(KARIN, sedd, "TiB")


def test_that_the_one_who_was_seen_has_gone_off_is_no_hindrance() -> None:
    prova_sedd(None, KARIN.tjanst_id, "TiB")
    prova_sedd(None, None, "TiB")


@pytest.mark.parametrize("egen", [None, Roll.LASARE, Roll.SKRIBENT])
def test_an_administrator_gets_no_higher_role_by_her_own_hand(egen: Roll | None) -> None:
    for fore in (None, tib(), tib(Roll.LASARE, JAG)):
        with pytest.raises(Hinder, match="be en annan administratör"):
            prova_egen(JAG, egen, fore, tib(Roll.TALESPERSON, JAG))


@pytest.mark.parametrize("egen", [Roll.TALESPERSON, Roll.REDAKTOR])
def test_one_who_has_the_role_already_may_stand_on_the_list(egen: Roll) -> None:
    prova_egen(JAG, egen, None, tib(Roll.TALESPERSON, JAG))


def test_an_administrator_whom_another_put_on_the_list_may_change_the_rest() -> None:
    prova_egen(JAG, None, tib(Roll.TALESPERSON, JAG), tib(Roll.TALESPERSON, JAG, 8))
    prova_egen(JAG, None, tib(Roll.TALESPERSON, JAG), tib(Roll.LASARE, JAG))


def test_an_administrator_gives_others_whatever_role_the_function_needs() -> None:
    prova_egen(JAG, None, None, tib(Roll.REDAKTOR, 8, 9))


def test_the_letters_say_who_what_and_when() -> None:
    plats = brev.Tjanstplats("TiB", "Nacka kommun", "http://wis.example/funktioner/1")
    letters = [
        brev.overtagen("Karin Ek", plats, "Bo Ask", NU),
        brev.avslutad("Karin Ek", plats, "Bo Ask", NU),
        brev.satt_i_tjanst("Karin Ek", plats, "Bo Ask", NU),
    ]
    for letter in letters:
        assert "TiB" in letter.amne
        assert {"Karin Ek", "Bo Ask", "Nacka kommun", "22 nov. 2026 08:00"} <= set(
            part for part in ("Karin Ek", "Bo Ask", "Nacka kommun", "22 nov. 2026 08:00") if part in letter.text
        )
