"""Lines with people: what is pasted is read, and what is fetched is harmless in a spreadsheet."""

from dataclasses import replace
from datetime import date

import pytest

from wis.auth.rules import Roll
from wis.datum import slutet_av
from wis.konton import csvrader
from wis.konton.csvrader import Rad, las, skriv
from wis.konton.rules import Behorighet, Hinder
from wis.notiser import csvfil

KIM = "kim@nacka.example"


def _en(text: str) -> Rad:
    [rad] = las(text)
    return rad


@pytest.mark.parametrize("tecken", [";", ",", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("slut", ["\n", "\r\n", "\r", ""])
def test_lines_are_read_however_they_were_saved(tecken: str, bom: str, slut: str) -> None:
    rad = _en(bom + tecken.join(["Kim@Nacka.example", "Kim Ek", "Läsare", "nej", "2099-06-30"]) + slut)
    assert (rad.epost, rad.namn, rad.fel) == (KIM, "Kim Ek", "")
    assert rad.behorighet is not None
    assert rad.behorighet.roll is Roll.LASARE
    assert rad.behorighet.giltig_till is not None
    assert slutet_av(rad.behorighet.giltig_till.astimezone().date()) is not None


def test_headings_may_stand_in_any_order_and_others_are_passed_over() -> None:
    rad = _en("Namn;Telefon;Giltig till;Roll;Administratör;E-post\nKim Ek;070;;redaktör;ja;kim@nacka.example")
    assert rad.behorighet == Behorighet(Roll.REDAKTOR, administrator=True)
    assert (rad.nummer, rad.epost, rad.namn) == (2, KIM, "Kim Ek")


def test_a_missing_heading_that_is_needed_is_named() -> None:
    with pytest.raises(Hinder, match="saknas: roll"):
        las("e-post;namn;administratör\nkim@nacka.example;Kim;nej")


def test_the_name_the_address_and_the_role_are_enough() -> None:
    rad = _en("Namn;E-post;Roll\nKim Ek;kim@nacka.example;läsare")
    assert rad.behorighet == Behorighet(Roll.LASARE, administrator=False)
    assert rad.saknas == {"administratör", "giltig till"}


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_one_says_no() -> None:
    fore = Behorighet(Roll.REDAKTOR, administrator=True, giltig_till=slutet_av(date(2099, 6, 30)))
    assert _en("Namn;E-post;Roll\nKim;kim@nacka.example;läsare").over(fore) == replace(fore, roll=Roll.LASARE)
    assert _en(f"{KIM};Kim;läsare;;").over(fore) == Behorighet(Roll.LASARE, administrator=False)
    assert _en(f"{KIM};Kim;chef").over(fore) is None


@pytest.mark.parametrize(
    ("rad", "fel"),
    [
        (f"kim;Kim;läsare\n{KIM};Kim;läsare", "saknar e-postadress"),
        ("\n \n;;;", "minst en rad"),
        ("e-post;namn;roll;administratör;giltig till", "bara rubriker"),
        ("\n".join(f"a{n}@b.se;A;läsare" for n in range(501)), "högst 500"),
    ],
)
def test_what_cannot_be_read_at_all_is_said(rad: str, fel: str) -> None:
    with pytest.raises(Hinder, match=fel):
        las(rad)


@pytest.mark.parametrize(
    ("rad", "fel"),
    [
        ("kim@;Kim;läsare", "hel e-postadress"),
        (f"{KIM};Kim;chef", "Rollen 'chef' finns inte. Skriv läsare, skribent, talesperson, redaktör eller ingen."),
        (f"{KIM};Kim;läsare;kanske", "ja eller nej"),
        (f"{KIM};Kim;läsare;nej;31/12", "Skriv det som 2026-12-31"),
        (f"{KIM};Kim;läsare;nej;9999-12-31", "Kontrollera året"),
        (f"{KIM};{'x' * 101};läsare", "högst 100 tecken"),
        (f"{KIM};www.ond.example;läsare", "utan webbadress"),
    ],
)
def test_what_is_wrong_on_a_line_is_said_with_what_to_do(rad: str, fel: str) -> None:
    assert fel in _en(rad).fel
    assert _en(rad).behorighet is None


def test_the_same_person_twice_points_at_the_first_line() -> None:
    first, _, again = las(f"{KIM};Kim;läsare\n\nbo@b.se;Bo;läsare\nKIM@nacka.example;Kim;redaktör")
    assert first.fel == ""
    assert again.nummer == 4
    assert "står redan på rad 1" in again.fel


def test_an_open_quotation_mark_swallows_no_other_line() -> None:
    assert [rad.epost for rad in las(f'{KIM};"Kim;läsare\nbo@b.se;Bo;läsare')] == [KIM, "bo@b.se"]


@pytest.mark.parametrize("cell", ["=1+1", "+46", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_nothing_that_is_fetched_is_run_as_a_formula(cell: str) -> None:
    assert csvfil.ofarlig(cell) == f"'{cell}"
    text = skriv(["Namn"], [[cell]])
    assert text.startswith("\ufeffNamn\r\n")
    assert not text.splitlines()[1].lstrip('"').startswith(csvfil.FARLIGA)


def test_what_is_fetched_can_be_pasted_again() -> None:
    text = skriv(csvrader.KOLUMNER, [[KIM, "=Kim", "läsare", "nej", ""]])
    assert _en(text).namn == "=Kim"
