"""What every page is held to: accessible also where it was folded away, and no wider than the screen."""

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DATOR, TELEFON

AXE = Axe().axe_script
KOR_AXE = """axe.run({ resultTypes: ['violations'] }).then(({ violations, testEngine, url }) =>
  ({ violations, testEngine, url }))"""
LAGEN = (("light", TELEFON), ("dark", DATOR))


def granska(page: Page) -> None:
    """On a light telephone and a dark computer, and leaves the page on the telephone.

    Raises AssertionError for what axe finds, or when the page scrolls sideways. The page is fetched once: what differs
    between the two is the style sheet's work alone.
    """
    page.evaluate("document.querySelectorAll('main details').forEach(details => { details.open = true })")
    page.evaluate(AXE)
    for farg, storlek in LAGEN:
        _stall_om(page, farg, storlek)
        results = AxeResults(page.evaluate(KOR_AXE))
        assert results.violations_count == 0, f"{farg}: {results.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, f"{farg}: {overflow} px för brett"
    _stall_om(page, *LAGEN[0])


def _stall_om(page: Page, farg: str, storlek: dict[str, int]) -> None:
    page.emulate_media(color_scheme="dark" if farg == "dark" else "light")
    page.set_viewport_size({"width": storlek["width"], "height": storlek["height"]})


def till(page: Page, sida: str) -> None:
    """Go to the page. Raises AssertionError when something else came."""
    svar = page.goto(sida)
    assert svar is not None
    assert (svar.status, page.url.endswith(sida)) == (200, True), (svar.status, page.url)
