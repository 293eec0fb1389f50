"""How pages look to one who has asked for larger text, more contrast, another theme or no motion."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NACKA, TELEFON, Oppna
from tests.browser.test_sidor import H

pytestmark = pytest.mark.browser
FOR_BRETT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how many pixels the page would scroll sideways."""
PAPPER = "getComputedStyle(document.body).backgroundColor"


def satt(page: Page, **val: str) -> None:
    """Let the page be as it is drawn for one who has chosen this."""
    page.evaluate("val => Object.assign(document.documentElement.dataset, val)", val)


def test_the_largest_text_fits_a_narrow_telephone_and_a_chosen_theme_goes_before_the_devices(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON)
    for sida in ("/", H, f"{H}/lagesbild/samlad", f"{H}/tidslinje", "/installningar", "/mina-notiser"):
        page.goto(sida)
        page.evaluate("document.querySelectorAll('main details').forEach(details => { details.open = true })")
        for val in ({"textstorlek": "storre"}, {"textstorlek": "storst", "kontrast": "hog"}):
            satt(page, **val)
            assert page.evaluate(FOR_BRETT) == 0, (sida, val)
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "24px"
    page.emulate_media(color_scheme="dark")
    morkt = page.evaluate(PAPPER)
    satt(page, tema="ljus")
    ljust = page.evaluate(PAPPER)
    page.emulate_media(color_scheme="light", contrast="more")
    satt(page, tema="mork", rorelse="ingen", kontrast="vanlig")
    assert page.evaluate(PAPPER) == morkt != ljust
    # A device that asks for more contrast has it without being told so here.
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--dov')") == page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--text')"
    )
    page.locator("main h1").evaluate("element => element.classList.add('uppdaterad')")
    assert page.locator("main h1").evaluate("element => getComputedStyle(element).animationName") == "none"
