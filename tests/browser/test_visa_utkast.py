"""'Vem ser det här?' on the writing page, in a browser: the page to be, with what was typed left alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TRAFIKVERKET, Oppna

pytestmark = pytest.mark.browser
NY = "/handelser/snoovader-svealand/underrattelser/ny"


def test_the_page_to_be_is_drawn_within_the_writing_page(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(NY, wait_until="networkidle")  # without the script the answer is a page of its own
    page.get_by_label("Rubrik").fill("Bron över sundet")
    page.locator("#text").fill("Bron är **stängd**.")
    page.get_by_text("Vem ser det här?").click()
    page.get_by_role("button", name="Visa som den ser det").click()
    sedd = page.locator("[data-visa-som-sida]")
    expect(sedd.get_by_role("heading", name="Bron över sundet")).to_be_visible()
    expect(sedd.locator("strong", has_text="stängd")).to_be_visible()
    expect(page.locator("[data-visa-som-ruta]")).to_contain_text("ser underrättelsen.")
    expect(page.locator("#text")).to_have_value("Bron är **stängd**.")
