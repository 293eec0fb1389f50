"""Compiling the samlade by drag, by keyboard and on a phone, while the sources go on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TELEFON, TIB, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
BILDER = "/handelser/snoovader-svealand/lagesbild"
SIDA = f"{BILDER}/samlad/sammanstall"


def _kasta(page: Page) -> None:
    page.goto(f"{BILDER}/samlad/kasta")
    if page.url.endswith("/kasta"):
        page.get_by_role("button", name=re.compile("Kasta")).click()


def test_paragraphs_are_dragged_and_taken_by_keyboard_and_what_a_source_says_anew_shows_by_itself(oppna: Oppna) -> None:
    page = oppna(TIB)
    _kasta(page)
    page.goto(SIDA)
    page.evaluate("window.kvar = true")
    status = page.locator("[data-sammanstall-ord]")
    # By the pointer, to another section than it stands in.
    kalla = page.locator("#avsnitt-sammanfattning .kalla", has_text="Trafikverket").locator("li[data-dra]").first
    ordet = kalla.locator(".lopande").inner_text()[:40]
    mal = page.locator("#avsnitt-lage_fakta > summary")
    kalla.drag_to(mal)
    utkastet = page.locator("#avsnitt-lage_fakta .utkastsida > ol > li")
    expect(utkastet.last).to_contain_text(ordet)
    expect(utkastet.last).to_contain_text(re.compile(r"Trafikverket, version \d+"))
    expect(status).to_have_text("Intagen i Händelse och läge: Fakta")
    # By the keyboard: the section is chosen, the button pressed, and one is left where one was.
    resurser = page.locator("#avsnitt-resurser")
    fore = page.locator("#avsnitt-samverkansbehov .utkastsida > ol > li").count()
    val = resurser.get_by_label("Ta in i")
    val.focus()
    val.select_option("samverkansbehov")
    resurser.get_by_role("button", name=re.compile("^Ta in")).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#avsnitt-samverkansbehov .utkastsida > ol > li")).to_have_count(fore + 1)
    expect(status).to_have_text("Intagen i utkastet")
    assert page.evaluate("document.activeElement.closest('details[id]').id") == "avsnitt-resurser"
    expect(val).to_have_value("samverkansbehov")
    # A source publishes anew: it is told of where it was taken in, while nothing else moves.
    trafikverket = oppna(TRAFIKVERKET)
    # Where it is read: on the page for writing a draft that somebody left takes the button's place.
    trafikverket.goto(f"{BILDER}/trafikverket")
    trafikverket.get_by_role("button", name="Läget oförändrat").click()
    expect(trafikverket.locator("#meddelanden")).to_contain_text("Läget oförändrat är publicerat")
    expect(utkastet.last).to_contain_text(re.compile(r"Står kvar i version \d+"))
    utkastet.last.get_by_role("button", name=re.compile("^Uppdatera märket")).click()
    expect(status).to_have_text("Märket är uppdaterat")
    expect(utkastet.last).not_to_contain_text("Står kvar")
    assert page.evaluate("window.kvar")
    # The writing page holds the same.
    page.get_by_role("link", name="Till skrivsidan").click()
    expect(page.locator("textarea[name=lage_fakta]")).to_have_value(
        re.compile(r"\[\[trafikverket \d+ sammanfattning\]\]")
    )
    telefon = oppna(TIB, storlek=TELEFON)
    telefon.goto(SIDA)
    expect(telefon.locator(".samladsavsnitt[open]")).to_have_count(0)
    granska(telefon)
    rader = telefon.locator("#avsnitt-lage_fakta .utkastsida > ol > li")
    antal = rader.count()
    rader.last.get_by_role("button", name=re.compile("^Ta bort")).click()
    expect(rader).to_have_count(antal - 1)
    expect(telefon.locator("[data-sammanstall-ord]")).to_have_text("Borttagen ur utkastet")
    _kasta(telefon)
