"""What every page is held to: accessible also where it was folded away, and no wider than the screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def granska(page: Page) -> None:
    """Raises AssertionError for what axe finds, or when the page scrolls sideways."""
    page.evaluate("document.querySelectorAll('main details').forEach(details => { details.open = true })")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0, f"{overflow} px för brett"


def till(page: Page, sida: str) -> None:
    """Go to the page. Raises AssertionError when something else came."""
    svar = page.goto(sida)
    assert svar is not None
    assert (svar.status, page.url.endswith(sida)) == (200, True), (svar.status, page.url)
