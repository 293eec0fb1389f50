"""The keys of the page for writing, its help, and the row of buttons over the fields."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import DATOR, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
AMBULANSEN = "kommunikation@region-stockholm.example"
SKRIV = "/handelser/snoovader-svealand/lagesbild/region-stockholm/skriv"


def _oppna_sidan(page: Page) -> None:
    page.goto(SKRIV, wait_until="networkidle")
    page.wait_for_selector(".verktyg")


def _kasta(page: Page) -> None:
    page.goto(SKRIV.replace("/skriv", "/kasta"))
    if page.url.endswith("/kasta"):
        page.get_by_role("button", name="Kasta").click()


def test_ctrl_enter_previews_and_publishes_nothing(oppna: Oppna) -> None:
    page = oppna(AMBULANSEN)
    _oppna_sidan(page)
    text = f"Förhandsgranskat {uuid.uuid4().hex[:8]}"
    page.get_by_label("Fakta").fill(text)
    page.get_by_label("Fakta").press("Control+Enter")
    expect(page.locator("#forhandsgranskning")).to_be_focused()
    expect(page.locator("#forhandsgranskning")).to_contain_text(text)
    page.get_by_label("Vad är nytt").press("Control+Enter")
    expect(page.locator("#forhandsgranskning")).to_be_focused()
    _kasta(page)


def test_the_help_says_what_the_words_mean_and_the_keys_can_be_switched_off_for_good(oppna: Oppna) -> None:
    page = oppna(AMBULANSEN)
    _oppna_sidan(page)
    hjalp = page.get_by_role("dialog", name="Hjälp")
    page.get_by_label("Fakta").press_sequentially("?")
    expect(hjalp).to_be_hidden()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(hjalp).to_contain_text("Samma text som i den senaste versionen.")
    granska(page)
    page.set_viewport_size(DATOR)
    hjalp.get_by_role("button", name="Snabbtangenter: på").click()
    expect(hjalp.get_by_role("status")).to_contain_text("Snabbtangenterna är av")
    page.keyboard.press("Escape")
    expect(hjalp).to_be_hidden()

    page.reload(wait_until="networkidle")
    skickade: list[Request] = []
    page.on("request", lambda request: skickade.append(request) if request.url.endswith("/skriv") else None)
    page.keyboard.press("?")
    page.get_by_label("Fakta").press("Control+Enter")
    fakta = page.get_by_label("Fakta")
    fakta.fill("viktigt")
    fakta.select_text()
    fakta.press("Control+B")
    expect(hjalp).to_be_hidden()
    expect(fakta).to_have_value("viktigt")
    assert skickade == []
    page.get_by_role("link", name="Hjälp").first.click()
    expect(hjalp.get_by_role("button", name="Snabbtangenter: av")).to_be_visible()
    _kasta(page)


def test_the_row_of_buttons_writes_the_signs_and_ctrl_z_takes_them_back(oppna: Oppna) -> None:
    page = oppna(AMBULANSEN)
    _oppna_sidan(page)
    falt = page.get_by_label("Resurser och behov av stöd")
    rad = page.locator("[data-avsnitt=resurser]").get_by_role("toolbar")
    falt.fill("")
    falt.press_sequentially("bandvagn")
    rad.get_by_role("button", name="Fet").click()
    expect(falt).to_have_value("**bandvagn**")
    expect(falt).to_be_focused()
    rad.get_by_role("button", name="Fet").click()
    expect(falt).to_have_value("bandvagn")
    falt.press("Control+B")
    expect(falt).to_have_value("**bandvagn**")
    falt.press("Control+Z")
    expect(falt).to_have_value("bandvagn")

    falt.press("End")
    rad.get_by_role("button", name="Punktlista").click()
    expect(falt).to_have_value("- bandvagn")
    falt.press("Enter")
    falt.press_sequentially("elverk")
    falt.press("Enter")
    falt.press("Enter")
    falt.press_sequentially("Till kl. 8.")
    expect(falt).to_have_value("- bandvagn\n- elverk\nTill kl. 8.")
    falt.select_text()
    rad.get_by_role("button", name="Numrerad lista").click()
    expect(falt).to_have_value("1. bandvagn\n2. elverk\n3. Till kl. 8.")
    rad.get_by_role("button", name="Numrerad lista").click()
    expect(falt).to_have_value("bandvagn\nelverk\nTill kl. 8.")
    falt.press("Control+Z")
    expect(falt).to_have_value("1. bandvagn\n2. elverk\n3. Till kl. 8.")

    falt.fill("Karta")
    rad.get_by_role("button", name="Fet").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(rad.get_by_role("button", name="Länk")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("https://karta.example")
    expect(falt).to_have_value("[Karta](https://karta.example)")
    page.keyboard.press("Shift+Tab")
    expect(rad.get_by_role("button", name="Länk")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(falt).to_have_value(re.compile(r"^## \[Karta\]"))
    _kasta(page)
