"""The map: moved about and read by keyboard, and a place set out on it while writing, under the content policy."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DATOR, NACKA, TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska, till

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"


def test_layers_are_shown_and_hidden_and_all_of_it_is_in_words_too(oppna: Oppna) -> None:
    page, fel = oppna(NACKA, storlek=TELEFON), []
    page.on("console", lambda rad: fel.append(rad.text) if rad.type == "error" else None)
    till(page, f"{H}/karta")
    marken = page.locator(".kartmarke")
    expect(marken.first).to_be_visible()
    alla = marken.count()
    page.get_by_label("Trafikverket").uncheck()
    expect(marken).not_to_have_count(alla)
    page.get_by_label("Trafikverket").check()
    expect(marken).to_have_count(alla)
    plats = page.locator(".leaflet-marker-icon[role=button]").first
    plats.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content a")).to_be_visible()
    granska(page)
    assert fel == []


def test_without_scripts_the_map_is_a_picture_beside_the_lists(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON, skript=False)
    till(page, f"{H}/karta")
    expect(page.locator("svg.kartbild")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Norrtälje"))).to_contain_text("allvarlig")


def test_a_place_is_set_out_on_the_map_by_keyboard_while_writing(oppna: Oppna) -> None:
    page, fel = oppna(TRAFIKVERKET, storlek=DATOR), []
    page.on("console", lambda rad: fel.append(rad.text) if rad.type == "error" else None)
    # Where no other test publishes: what is typed here is saved as the draft that they would go on with.
    till(page, "/handelser/ovning-sodra-lank/lagesbild/trafikverket/skriv")
    falt = page.locator("#platser-rad-0-1")
    falt.focus()
    page.get_by_role("button", name="Visa karta: var ligger platsen?").press("Enter")
    page.get_by_label("Linje", exact=True).check()
    page.get_by_role("button", name="Klar").click()
    expect(page.get_by_text("Sätt ut minst 2 punkter")).to_be_visible()
    page.get_by_role("button", name="Sätt punkt").press("Enter")
    page.locator(".kartdialog .kartan").click(position={"x": 420, "y": 60})
    page.get_by_role("button", name="Klar").press("Enter")
    expect(falt).to_have_value(re.compile(r"^linje \d\d,\d{4} \d\d,\d{4}; \d\d,\d{4} \d\d,\d{4}$"))
    expect(falt).to_be_focused()
    # The last row is filled, a new one comes, and the one button stays where one is.
    page.locator("#platser-rad-1-1").fill("Nacka")
    expect(page.locator("#platser-rad-2-1")).to_be_attached()
    assert page.locator(".platsknapp").count() == 1
    assert fel == []
