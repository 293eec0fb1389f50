"""Reading on a phone as it really is: what comes after the first page, four times magnified, still, by keyboard."""

import pytest
from playwright.sync_api import Page, Response

from tests.browser.conftest import NACKA, TELEFON, Oppna
from tests.browser.granskning import till
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"
LASES = ("/", "/nytt", H, f"{H}/lagesbild/trafikverket", f"{H}/karta", f"{H}/lagesbild/trafikverket/jamfor/1/2")
STORST_SEDAN = 10_000


def test_the_next_page_weighs_at_most_10_kb(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON)
    page.goto(H, wait_until="networkidle")
    svaren: list[Response] = []
    page.on("response", lambda svar: svaren.append(svar))  # a builtin won't do
    for sida in ("/", f"{H}/lagesbild/trafikverket"):
        svaren.clear()
        page.goto(sida, wait_until="networkidle")
        storlekar = {svar.url: svar.request.sizes() for svar in svaren if "/socket.io/" not in svar.url}
        # What is in the browser's cache already is not sent.
        vikt = sum(
            s["responseBodySize"] + s["responseHeadersSize"] for s in storlekar.values() if s["responseBodySize"]
        )
        assert vikt <= STORST_SEDAN, (sida, storlekar)


@pytest.mark.parametrize("sida", LASES)
def test_it_is_read_magnified_four_times_standing_still_and_by_keyboard(oppna: Oppna, sida: str) -> None:
    # A window of 1,280 by 1,024 at 400 %.
    page = oppna(NACKA, storlek={"width": 320, "height": 256})
    page.emulate_media(reduced_motion="reduce")
    till(page, sida)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.evaluate("Math.max(0, ...[...document.querySelectorAll('*')].map(ror))".replace("ror", ROR)) == 0
    _stega(page)


ROR = """(e) => {
  const stil = getComputedStyle(e);
  const tid = (text) => Math.max(...text.split(',').map(parseFloat));
  return Math.max(stil.animationName === 'none' ? 0 : tid(stil.animationDuration), tid(stil.transitionDuration));
}"""
FOKUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  // A link over two lines has its own first line for certain, and something else in the middle of both.
  const [stil, ruta] = [getComputedStyle(e), e.getClientRects()[0] ?? e.getBoundingClientRect()];
  const inom = (tal, storst) => Math.max(1, Math.min(storst - 1, tal));
  const [x, y] = [inom(ruta.left + ruta.width / 2, innerWidth), inom(ruta.top + ruta.height / 2, innerHeight)];
  const mitt = document.elementFromPoint(x, y);
  // A page that fetches itself meanwhile has others in their places.
  const forra = window.forraFokus;
  const bakat = Boolean(forra?.isConnected && forra.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING);
  window.forraFokus = e;
  return {
    bakat, vad: e.outerHTML.slice(0, 90),
    synligt: stil.outlineStyle !== 'none' || stil.boxShadow !== 'none',
    framme: ruta.bottom > 0 && ruta.top < innerHeight && Boolean(mitt) && (e.contains(mitt) || mitt.contains(e)),
  };
}"""


def _stega(page: Page) -> None:
    """Tab through the beginning of the page: forward in it, each stop seen and nothing over it."""
    for _ in range(25):
        page.keyboard.press("Tab")
        har = page.evaluate(FOKUS)
        if har is None:
            return
        assert not har["bakat"], f"bakåt: {har['vad']}"
        assert har["synligt"], f"utan fokusmarkering: {har['vad']}"
        # A map moves to what is reached in it.
        vanta_tills(lambda: page.evaluate(FOKUS)["framme"], vad=f"att detta inte är skymt: {har['vad']}")
