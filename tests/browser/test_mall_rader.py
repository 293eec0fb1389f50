"""Rows as they are written, by the keyboard and without scripts, and the templates that have them."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ADMIN, TELEFON, Oppna
from tests.browser.granskning import granska, till

pytestmark = pytest.mark.browser
SKRIBENT = "tib@nacka.example"
BAS = "/handelser/snoovader-svealand/lagesbild/nacka"
MALL = "/aktorer/nacka/mallar"


def _falt(page: Page, nyckel: str, rad: int, kolumn: int) -> Locator:
    return page.locator(f"#{nyckel}-rad-{rad}-{kolumn}")


def _rader(page: Page, nyckel: str) -> Locator:
    return page.locator(f"[data-rader={nyckel}] > .rad:visible")


def _skrivsida(page: Page) -> None:
    """The page, with no draft of an earlier test."""
    page.goto(f"{BAS}/kasta")
    if page.url.endswith("/kasta"):
        page.get_by_role("button", name=re.compile("Kasta")).click()
    page.goto(f"{BAS}/skriv")
    expect(page.locator("[data-rader=nyckeltal] [data-ta-bort]").first).to_be_visible()


def test_rows_come_as_they_are_needed_and_nothing_that_is_taken_away_is_lost(oppna: Oppna) -> None:
    page = oppna(SKRIBENT)
    _skrivsida(page)
    # A key figure beside what it was; the arrow has a word and follows what is typed.
    forra = page.locator("#nyckeltal-rad-0-forra")
    expect(forra).to_have_text(re.compile(r"förra: 24 · → oförändrat"))
    _falt(page, "nyckeltal", 0, 1).fill("31,5")
    expect(forra).to_have_text(re.compile(r"förra: 24 · ↑ ökat"))
    _falt(page, "nyckeltal", 0, 1).fill("många")
    expect(forra).to_have_text(re.compile(r"förra: 24 · ändrat"))
    # Enter goes on, also into a row that was not there, and never sends the form.
    fore = _rader(page, "nyckeltal").count()
    forsta = fore - 2
    _falt(page, "nyckeltal", forsta, 0).focus()
    for text in ("Sandsäckar", "400", "st", "Pumpar", "12", "st", "Hembesök ersatta av telefonsamtal"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(_falt(page, "nyckeltal", forsta + 2, 1)).to_be_focused()
    expect(_rader(page, "nyckeltal")).to_have_count(fore + 2)
    assert page.url.endswith(f"{BAS}/skriv")
    expect(page.locator(f"#nyckeltal-rad-{forsta + 2}-forra")).to_have_text("förra: 18 besök")
    # Taken away and put back.
    rad = _rader(page, "nyckeltal").nth(forsta)
    rad.get_by_role("button", name="Ta bort raden").click()
    expect(_rader(page, "nyckeltal")).to_have_count(fore + 1)
    page.get_by_role("button", name="Ångra: ta tillbaka raden").click()
    expect(_falt(page, "nyckeltal", forsta, 1)).to_have_value("400")
    expect(_falt(page, "nyckeltal", forsta, 0)).to_be_focused()
    # Actors are suggested after each comma, and called by their short names once saved.
    tom = _rader(page, "atgarder_planerade").count() - 2
    beror = _falt(page, "atgarder_planerade", tom, 1)
    _falt(page, "atgarder_planerade", tom, 0).fill("Pumpar lånas ut.")
    beror.fill("solna stad, hemvärnet, VÄR")
    forslag = page.locator("#forslag-aktorer option").evaluate_all("alla => alla.map(ett => ett.value)")
    assert "solna stad, hemvärnet, Värmdö" in forslag
    with page.expect_request_finished(
        lambda ett: ett.url.endswith("/utkast") and "V%C3%84RMD%C3%96" in str(ett.post_data)
    ):
        beror.fill("solna stad, hemvärnet, VÄRMDÖ")
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_be_visible()
    page.goto(f"{BAS}/skriv")
    expect(beror).to_have_value("Solna, hemvärnet, Värmdö")
    expect(_falt(page, "nyckeltal", forsta + 1, 0)).to_have_value("Pumpar")
    granska(page)
    page.goto(f"{BAS}/kasta")
    page.get_by_role("button", name=re.compile("Kasta")).click()


def test_a_copy_on_the_device_with_more_rows_than_the_form_gets_them(oppna: Oppna) -> None:
    page = oppna(SKRIBENT)
    _skrivsida(page)
    fore = _rader(page, "konsekvenser").count()
    page.evaluate(
        """async (n) => {
          const wis = document.querySelector('script[src*="js/wis.js"]').src;
          const { fyll } = await import(wis.replace('wis.js', 'kopior.js'));
          const par = new URLSearchParams();
          for (let i = 0; i < n; i += 1) par.append(`konsekvenser-rad-${i}-0`, `Funktion ${i}`);
          fyll(document.querySelector('form.skrivyta'), par.toString());
        }""",
        fore + 3,
    )
    expect(_falt(page, "konsekvenser", fore + 2, 0)).to_have_value(f"Funktion {fore + 2}")
    expect(_falt(page, "konsekvenser", fore + 3, 0)).to_have_value("")
    expect(page.locator("textarea[name=konsekvenser]")).to_have_value("")
    # As many rows as can be published, and not one more.
    page.evaluate(
        """async () => {
          const wis = document.querySelector('script[src*="js/wis.js"]').src;
          const { fyll } = await import(wis.replace('wis.js', 'kopior.js'));
          const par = new URLSearchParams();
          for (let i = 0; i < 61; i += 1) par.append(`konsekvenser-rad-${i}-0`, `Funktion ${i}`);
          fyll(document.querySelector('form.skrivyta'), par.toString());
        }"""
    )
    expect(_rader(page, "konsekvenser")).to_have_count(60)
    expect(page.locator("textarea[name=konsekvenser]")).to_have_value(re.compile("Funktion 60"))
    page.goto(f"{BAS}/kasta")
    if page.url.endswith("/kasta"):
        page.get_by_role("button", name=re.compile("Kasta")).click()


def test_without_scripts_saving_gives_more_rows(oppna: Oppna) -> None:
    page = oppna(SKRIBENT, storlek=TELEFON, skript=False)
    page.goto(f"{BAS}/skriv")
    fore = page.locator("[data-rader=egen_1] > .rad").count()
    _falt(page, "egen_1", fore - 1, 0).fill("Bandvagnar")
    page.get_by_role("button", name="Spara utkast").first.click()
    expect(page.locator("[data-rader=egen_1] > .rad")).to_have_count(fore + 1)
    expect(_falt(page, "egen_1", fore - 2, 0)).to_have_value("Bandvagnar")
    page.goto(f"{BAS}/kasta")
    page.get_by_role("button", name=re.compile("Kasta")).click()


def test_the_administrators_pages_are_accessible_and_work_with_the_keyboard_alone(oppna: Oppna) -> None:
    page = oppna(ADMIN, storlek=TELEFON)
    for sida in (MALL, f"{MALL}/vader", f"{MALL}/vader/versioner/1"):
        till(page, sida)
        granska(page)
    till(page, f"{MALL}/brand/andra")
    upp = page.get_by_role("button", name="Flytta upp Händelse och läge: Antaganden")
    upp.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Flytta upp Händelse och läge: Antaganden")).to_be_focused()
    assert page.locator("legend", has_text="Händelse och läge").all_inner_texts()[0].endswith("Antaganden")
    page.get_by_label("Vad", exact=True).select_option(label="Nyckeltal")
    page.get_by_role("button", name="Lägg till").click()
    expect(page.get_by_label("Rubrik till Nytt avsnitt")).to_be_focused()
    page.keyboard.type("Släckbilar")
    page.get_by_role("button", name="Spara som version 1").click()
    expect(page.get_by_role("alert")).to_contain_text("skriv namn")
    granska(page)
    page.get_by_role("button", name="Se hur formuläret blir").click()
    expect(page.get_by_role("heading", name="Så här blir formuläret")).to_be_visible()
    granska(page)
