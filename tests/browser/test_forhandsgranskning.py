"""Seeing before sending: beside the text on a wide screen, by a button on a telephone and without scripts."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import DATOR, TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
SKRIV = f"{HANDELSE}/lagesbild/trafikverket/skriv"
NY = f"{HANDELSE}/underrattelser/ny"


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _fragor(page: Page) -> list[Request]:
    """What is asked for the page to be, from now on."""
    fragor: list[Request] = []
    page.on("request", lambda fraga: fragor.append(fraga) if fraga.url.endswith("/granska") else None)
    return fragor


@pytest.mark.parametrize("sida", [SKRIV, NY], ids=["lagesbild", "underrattelse"])
def test_where_there_is_room_the_page_to_be_follows_what_is_typed(oppna: Oppna, sida: str) -> None:
    page = oppna(TRAFIKVERKET, storlek=DATOR)
    page.goto(sida, wait_until="networkidle")
    fragor = _fragor(page)
    falt = page.locator("[name=sammanfattning]" if sida == SKRIV else "[name=text]")
    beredvid = page.locator(".granskad-sida")
    text = _prov("Halt – kör inte")
    falt.fill(text)
    falt.press_sequentially(" **nu**", delay=30)
    expect(beredvid).to_contain_text(text)
    expect(beredvid.locator("strong", has_text=re.compile("^nu$"))).to_be_visible()
    assert len(fragor) < 7  # not once for each key
    expect(page.locator(".bubbla mark").first).to_contain_text("–")
    page.get_by_role("button", name="Byt tankstreck till -").click()
    expect(falt).to_have_value(f"{text.replace('–', '-')} **nu**")
    expect(beredvid).to_contain_text(text.replace("–", "-"))
    page.get_by_role("navigation", name="Förhandsvisningens delar").get_by_role("link", name="E-post").click()
    expect(page.locator(".brevtext")).to_contain_text(text.replace("–", "-"))
    expect(page.locator("#forhandsvisning-epost > summary")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= DATOR["width"]
    granska(page)


def test_on_a_telephone_a_button_shows_all_of_it_and_says_when_it_is_old(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    fragor = _fragor(page)
    page.goto(SKRIV, wait_until="networkidle")
    text = _prov("Halt")
    page.get_by_label("Sammanfattning", exact=True).fill(text)
    page.locator("button[value=granska]").first.evaluate("knapp => knapp.click()")
    hel = page.locator("#forhandsgranskning")
    expect(hel).to_be_focused()
    expect(hel.locator(".granskad-sida")).to_contain_text(text)
    expect(hel.locator("ins", has_text=text.split()[1])).to_be_visible()
    expect(hel.locator(".bubbla")).to_contain_text(text)
    expect(hel.get_by_role("button", name=re.compile(r"^Publicera och avisera \d+$"))).to_be_visible()
    gammal = page.get_by_text("Du har ändrat sedan dess.")
    expect(gammal).to_be_hidden()
    page.get_by_label("Sammanfattning", exact=True).fill(f"{text} igen")
    expect(gammal).to_be_visible()
    assert fragor == []
    granska(page)


def test_without_scripts_one_looks_and_publishes_from_there(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON, skript=False)
    page.goto(NY)
    rubrik = _prov("Färjan – inställd")
    page.get_by_label("Rubrik").fill(rubrik)
    page.get_by_label("Text", exact=True).fill("Går **inte**.")
    page.get_by_label("Brådskande").check()
    page.get_by_role("button", name="Förhandsgranska").click()
    hel = page.locator("#forhandsgranskning")
    expect(hel.locator(".granskad-sida strong", has_text="inte")).to_be_visible()
    hel.get_by_role("button", name="Byt tankstreck till -").click()
    expect(page.get_by_label("Rubrik")).to_have_value(rubrik.replace("–", "-"))
    page.get_by_role("button", name="Förhandsgranska").click()
    expect(hel.get_by_role("button", name=re.compile(r"^Publicera BRÅDSKANDE till \d+$"))).to_be_visible()
    hel.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(rubrik.replace("–", "-"))
