"""Two who write the same lägesbild see each other, heading by heading, on a telephone and on a computer."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NACKA, TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
LAS = "/handelser/snoovader-svealand/lagesbild/trafikverket"
SKRIV = f"{LAS}/skriv"
HELENA, OSKAR, SKRIBENT = "Helena Nyqvist", "Oskar Lidman", "oskar.lidman@trafikverket.example"
TATA_SLAG = """
  const vanta = window.setTimeout;
  window.setTimeout = (gor, ms, ...mer) => vanta(gor, ms === 10000 ? 300 : ms, ...mer);
"""
"""The page says that it is here every third of a second, and not every tenth."""
RAKNA = """() => {
  window.horda = 0; window.ritade = 0; window.svar = []; window.tysta = 0;
  document.addEventListener('wis:andring', (h) => { if (h.detail.slag === 'narvaro') window.horda += 1; });
  document.addEventListener('wis:narvaro-svar', (h) => window.svar.push(h.detail.status));
  document.addEventListener('wis:narvaro-tyst', () => { window.tysta += 1; });
  const rad = document.querySelector('[data-narvaro]');
  if (rad) new MutationObserver(() => { window.ritade += 1; }).observe(rad, { childList: true, subtree: true });
}"""
"""Count what is heard, what is answered, and what is read aloud, from now on."""


def _ansluten(page: Page, sida: str) -> None:
    page.goto(sida)
    page.wait_for_selector("#anslutning[data-lage=ansluten]", state="attached")
    page.evaluate(RAKNA)


def _skriv_i(page: Page, avsnitt: str) -> None:
    """Turn to this section, as one does who is to write there; on a telephone to its step."""
    if page.locator("[data-steg-val]").is_visible():
        page.locator("[data-steg-val]").click()
        page.locator(f"[data-steglista] a[href='#steg-{avsnitt}']").click()
    page.locator(f"[data-avsnitt={avsnitt}] textarea").focus()


def _raden(page: Page) -> str:
    return " ".join(page.locator("[data-narvaro]").inner_text().split())


def _har(page: Page, avsnitt: str) -> str:
    return " ".join(page.locator(f"[data-avsnitt={avsnitt}] > [data-skriver-har]").all_inner_texts())


def test_two_who_write_see_where_the_other_is_and_a_reader_notices_nothing(oppna: Oppna) -> None:
    helena, oskar, lasare = oppna(TRAFIKVERKET, storlek=TELEFON), oppna(SKRIBENT), oppna(NACKA)
    _ansluten(lasare, LAS)
    fragor: list[str] = []
    lasare.on("request", lambda request: fragor.append(request.url) if "x-live" in request.headers else None)
    _ansluten(oskar, SKRIV)
    _ansluten(helena, SKRIV)
    oskar.locator("#sammanfattning").focus()
    expect(helena.locator("[data-narvaro]")).to_contain_text(re.compile(rf"Skriver nu: {OSKAR}.* i Sammanfattning"))
    tider = []
    for avsnitt in ("resurser", "kommunikation", "resurser"):
        borjade = time.monotonic()
        _skriv_i(helena, avsnitt)
        expect(oskar.locator(f"[data-avsnitt={avsnitt}] > [data-skriver-har]")).to_contain_text(
            re.compile(rf"{HELENA}.* skriver här")
        )
        tider.append(time.monotonic() - borjade)
    print("syns efter", ", ".join(f"{tid:.2f} s" for tid in tider))
    assert re.search(rf"Skriver nu: {HELENA}.* i Resurser och behov av stöd", _raden(oskar))
    # One is in one heading at a time.
    assert _har(oskar, "kommunikation") == ""
    granska(oskar)
    helena.goto("/")
    expect(oskar.locator("[data-narvaro]")).to_be_empty()
    assert oskar.locator("[data-skriver-har]").count() == 0
    assert fragor == []
    assert lasare.evaluate("window.horda") == 0


def test_without_a_socket_it_is_seen_at_the_next_beat_and_read_aloud_once(oppna: Oppna) -> None:
    oskar, helena = oppna(SKRIBENT), oppna(TRAFIKVERKET)
    oskar.route("**/socket.io/**", lambda route: route.abort())
    oskar.route_web_socket(re.compile("/socket.io/"), lambda uttag: uttag.close())
    oskar.add_init_script(TATA_SLAG)
    oskar.goto(SKRIV)
    oskar.evaluate(RAKNA)
    _ansluten(helena, SKRIV)
    _skriv_i(helena, "prognos")
    vanta_tills(lambda: "i Prognos" in _raden(oskar), 30, "att Helena syns", paus=0.05)
    _lugnt_medan_det_slar(oskar)
    # Two pages of one person's.
    med_annan = helena.context.new_page()
    _ansluten(med_annan, SKRIV)
    expect(med_annan.locator("[data-narvaro]")).to_contain_text("öppen i en annan flik eller enhet, i Prognos")
    med_annan.close()
    # Without scripts: as it was when the page was drawn.
    utan = oppna(SKRIBENT, skript=False)
    utan.goto(SKRIV)
    assert re.search(rf"Skriver nu: {HELENA}.* i Prognos", _raden(utan))
    _tystnar_och_nekas(oskar)


def _lugnt_medan_det_slar(page: Page) -> None:
    page.evaluate("window.ritade = 0; window.svar.length = 0")
    vanta_tills(lambda: page.evaluate("window.svar.length >= 3"), 30, "svaren", paus=0.05)
    assert page.evaluate("[window.ritade, window.horda]") == [0, 0]


def _tystnar_och_nekas(page: Page) -> None:
    """A server that is away is told of, and asked again; one that says no is not, and nobody is shown any more."""
    page.route("**/narvaro", lambda route: route.abort())
    vanta_tills(lambda: page.evaluate("window.tysta >= 2"), 30, "svaren", paus=0.05)
    page.unroute("**/narvaro")
    page.evaluate("window.svar.length = 0")
    vanta_tills(lambda: page.evaluate("window.svar[0] === 200"), 30, "svaren", paus=0.05)
    nekade: list[str] = []

    def neka(route: Route) -> None:
        nekade.append(route.request.url)
        route.fulfill(status=403, json={"fel": "Nej"})

    page.route("**/narvaro", neka)
    expect(page.locator("[data-narvaro]")).to_be_empty()
    page.evaluate("window.dispatchEvent(new Event('online')); fetch('/halsa/live').then((svar) => svar.text())")
    assert len(nekade) == 1
