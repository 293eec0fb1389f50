"""The map: moved about and read by keyboard, and a place set out on it while writing, under the content policy."""

import re
from collections.abc import Callable
from copy import deepcopy
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DATOR, NACKA, TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska, till
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"


def test_layers_are_shown_and_hidden_and_all_of_it_is_in_words_too(oppna: Oppna) -> None:
    page, fel = oppna(NACKA, storlek=TELEFON), []
    page.on("console", lambda rad: fel.append(rad.text) if rad.type == "error" else None)
    till(page, f"{H}/karta")
    marken = page.locator(".kartmarke")
    expect(marken.first).to_be_visible()
    # All that there is lies within the first view, and some of the names, none of them over another.
    assert _utanfor(page) == []
    alla = marken.count()
    namn = page.locator(".kartnamn.syns")
    expect(namn.get_by_text("Nynäshamn")).to_be_visible()
    assert page.evaluate(_OVER) == []
    page.get_by_role("button", name="Närmare").click()
    vanta_tills(lambda: _utanfor(page) and not page.locator(".leaflet-zoom-anim").count(), 30, "att kartan är större")
    page.get_by_role("button", name="Visa allt").click()
    assert _utanfor(page) == []
    page.set_viewport_size(DATOR)
    page.get_by_role("button", name="Visa allt").click()
    assert _utanfor(page) == []
    page.set_viewport_size(TELEFON)
    trafikverket = page.get_by_role("checkbox", name="Trafikverket")
    trafikverket.uncheck()
    expect(marken).not_to_have_count(alla)
    trafikverket.check()
    expect(marken).to_have_count(alla)
    plats = page.get_by_role("button", name="Kapellskär, Samlad lägesbild")
    plats.press("Enter")
    expect(page.get_by_role("group", name="Kapellskär")).to_be_focused()
    expect(page.locator(".leaflet-popup-content a")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(plats).to_be_focused()
    granska(page)
    assert fel == []


_UTANFOR = """() => {
  const karta = document.querySelector('.kartan').getBoundingClientRect();
  return [...document.querySelectorAll('.kartan .kartmarke, .kartan path')].map((del) => del.getBoundingClientRect())
    .filter((r) => r.left - 9 < karta.left || r.right + 9 > karta.right || r.top - 9 < karta.top
      || r.bottom + 9 > karta.bottom)
    .map((r) => `${r.x} ${r.y}`);
}"""
_OVER = """() => {
  const rutor = [...document.querySelectorAll('.kartnamn.syns, .kartmarke, .kartgrad')]
    .map((del) => [del, del.getBoundingClientRect()]);
  const namn = rutor.filter(([del]) => del.matches('.kartnamn'));
  return namn.flatMap(([del, a]) => rutor.filter(([annan, b]) => annan !== del
    && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([annan]) => `${del.textContent} över ${annan.textContent}`));
}"""


def _utanfor(page: Page) -> list[str]:
    """What is drawn but not within the view, with some air around it."""
    funna: list[str] = page.evaluate(_UTANFOR)
    return funna


def test_what_is_in_focus_or_open_stays_when_the_map_is_fetched_anew(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON)
    andrad: list[Callable[[dict[str, Any]], None]] = []
    hamtad = count()

    def svara(route: Route) -> None:
        svar = route.fetch()
        data = svar.json()
        # By which it is seen that this answer has been drawn.
        prov = deepcopy(_form(data, "Arninge"))
        prov["properties"]["namn"] = f"Prov {next(hamtad)}"
        data["features"].append(prov)
        for andra in andrad:
            andra(data)
        route.fulfill(response=svar, json=data)

    page.route("**/karta.geojson*", svara)
    till(page, f"{H}/karta")
    kryss = page.get_by_role("checkbox", name="Trafikverket")
    kryss.focus()
    _hamta_om(page, 1)
    expect(kryss).to_be_focused()
    plats, ruta = page.get_by_role("button", name="Arninge, Trafikverket"), page.get_by_role("group", name="Arninge")
    plats.focus()
    _hamta_om(page, 2)
    expect(plats).to_be_focused()
    plats.press("Enter")
    lank = ruta.get_by_role("link")
    lank.focus()
    _hamta_om(page, 3)
    expect(lank).to_be_focused()
    # A newer version says something else of the same place: what is open says that too, and still has the focus.
    andrad.append(lambda data: _plats(data, "Arninge").update(text="Vägen öppnar 14", lank="/handelser/x/ny"))
    andrad.append(lambda data: data["features"].remove(_form(data, "Kapellskär")))
    _hamta_om(page, 4)
    expect(ruta).to_contain_text("Vägen öppnar 14")
    expect(lank).to_have_attribute("href", "/handelser/x/ny")
    expect(lank).to_be_focused()
    expect(page.get_by_role("button", name="Kapellskär")).to_have_count(0)


def _hamta_om(page: Page, gang: int) -> None:
    """Tell the page that something is new, as the live channel does, and wait until the map has drawn it."""
    page.evaluate("document.dispatchEvent(new CustomEvent('wis:uppdaterad', { detail: { andrade: [] } }))")
    expect(page.get_by_role("button", name=f"Prov {gang}, Trafikverket")).to_be_attached()


def _form(data: dict[str, Any], namn: str) -> dict[str, Any]:
    form: dict[str, Any] = next(ett for ett in data["features"] if ett["properties"]["namn"] == namn)
    return form


def _plats(data: dict[str, Any], namn: str) -> dict[str, Any]:
    egenskaper: dict[str, Any] = _form(data, namn)["properties"]
    return egenskaper


def test_without_scripts_the_map_is_a_picture_beside_the_lists(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON, skript=False)
    till(page, f"{H}/karta")
    expect(page.locator("svg.kartbild")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Norrtälje"))).to_contain_text("allvarlig")
    page.get_by_role("navigation", name="I listorna").get_by_role("link", name="Trafikverket").click()
    expect(page.locator("#lager-trafikverket")).to_be_in_viewport()
    page.set_viewport_size(DATOR)
    expect(page.locator("svg.kartbild text.bildnamn", has_text="Nynäshamn")).to_be_visible()


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
    # What is written is what the map shows when it is opened again.
    skrivet = falt.input_value()
    page.locator(".platsknapp").press("Enter")
    expect(page.get_by_label("Linje", exact=True)).to_be_checked()
    expect(page.locator(".kartdialog [role=status]")).to_have_text(skrivet)
    page.get_by_role("button", name="Ta bort sista").click()
    page.get_by_role("button", name="Avbryt").click()
    expect(falt).to_have_value(skrivet)
    # The last row is filled, a new one comes, and the one button stays where one is.
    page.locator("#platser-rad-1-1").fill("Nacka")
    expect(page.locator("#platser-rad-2-1")).to_be_attached()
    assert page.locator(".platsknapp").count() == 1
    assert fel == []
