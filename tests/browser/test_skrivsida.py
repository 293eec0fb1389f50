"""The page for writing, as a tired person meets it: few taps, one heading at a time on a phone, and nothing lost."""

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DATOR, TALAMOD_MS, Oppna
from tests.browser.granskning import granska
from tests.korning import Korning
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
LITEN, TELEFON = {"width": 320, "height": 568}, {"width": 390, "height": 844}
POLISEN, NORRTALJE, NACKAS_TIB = "presstalesperson@polisen.example", "tib@norrtalje.example", "tib@nacka.example"
REGIONEN, SKRIBENT = "tib@region-stockholm.example", "camilla.brunnberg@polisen.example"
Peka = Callable[..., Page]


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _skriv(aktor: str) -> str:
    return f"{HANDELSE}/lagesbild/{aktor}/skriv"


@pytest.fixture
def peka(demo: Korning, chromium: Browser, tillstand: Callable[[str], Path]) -> Iterator[Peka]:
    """As `oppna`, on a telephone that is touched."""
    contexts, errors = [], []

    def _peka(epost: str, storlek: dict[str, int] = LITEN) -> Page:
        context = chromium.new_context(
            base_url=demo.url,
            storage_state=tillstand(epost),
            viewport={"width": storlek["width"], "height": storlek["height"]},
            has_touch=True,
            is_mobile=True,
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
        )
        context.set_default_timeout(TALAMOD_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield _peka
    for context in contexts:
        context.close()
    assert errors == []


def _borja_om(page: Page, aktor: str) -> None:
    """Throw away what another test may have left as a draft."""
    for _ in range(5):
        page.goto(_skriv(aktor).replace("/skriv", "/kasta"))
        if not page.url.endswith("/kasta"):
            return
        # A save on its way from the page that was left makes it another draft: then one is asked again.
        with page.expect_navigation():
            page.get_by_role("button", name="Kasta").click()
    raise AssertionError("the draft can't be thrown away")


def _oppna_sidan(page: Page, aktor: str) -> None:
    page.goto(_skriv(aktor), wait_until="networkidle")
    if (page.viewport_size or DATOR)["width"] < 640:
        page.wait_for_selector("form.i-steg")


def _rubrik(page: Page) -> Locator:
    """The heading of the step that is in sight."""
    return page.locator("[data-steg]:visible h2").first


def _falt(page: Page, namn: str) -> Locator:
    """Where one writes the section; buttons about it are called by its name too."""
    return page.get_by_role("textbox", name=namn, exact=True)


def _sparat(page: Page) -> None:
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_have_text(re.compile(r"^Sparat"))


def _publicerad(page: Page) -> None:
    page.wait_for_url(re.compile(r"/lagesbild/[a-z-]+(\?.*)?$"))


# --- quick --------------------------------------------------------------------------------------------------------


def test_from_the_start_page_it_is_published_and_told_of_in_two_taps_and_unchanged_in_two(peka: Peka) -> None:
    page, text = peka(POLISEN), _prov("E18 är öppen i norrgående riktning.")
    _borja_om(page, "polisen")
    page.goto("/")
    taps = 0
    for gang in ("skrivet", "oförändrat"):
        page.get_by_role("link", name="Skriv lägesbild i Snöoväder Svealand").tap()
        taps += 1
        page.wait_for_selector("form.i-steg")
        if gang == "skrivet":
            _falt(page, "Sammanfattning").fill(text)
            page.get_by_role("button", name=re.compile(r"^Publicera och avisera \d+$")).tap()
        else:
            page.get_by_role("button", name="Läget oförändrat").tap()
        taps += 1
        _publicerad(page)
        expect(page.get_by_text(text).first).to_be_visible()
        assert taps == 2, gang
        page.goto("/")
        taps = 0


def test_by_keyboard_alone_from_the_start_page_to_published(oppna: Oppna) -> None:
    page, text = oppna(REGIONEN), _prov("Alla vårdcentraler har öppet.")
    _borja_om(page, "region-stockholm")
    page.goto("/")
    _tabba_till(page, f'a[href$="{_skriv("region-stockholm")}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/skriv$"))
    page.wait_for_load_state("networkidle")
    _tabba_till(page, "textarea[name=sammanfattning]")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    _tabba_till(page, "button[value=tyst]")
    page.keyboard.press("Enter")
    _publicerad(page)
    expect(page.get_by_text(text).first).to_be_visible()


def _tabba_till(page: Page, selector: str) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} can't be reached with Tab")


# --- one heading at a time ----------------------------------------------------------------------------------------


def test_on_a_phone_one_heading_at_a_time_and_back_never_leaves_the_page(peka: Peka) -> None:
    page = peka(NORRTALJE)
    _borja_om(page, "norrtalje")
    _oppna_sidan(page, "norrtalje")
    expect(_rubrik(page)).to_have_text(re.compile(r"^Steg 1 av \d+: (1\. )?Sammanfattning$"))
    page.get_by_role("button", name="Nästa").tap()
    expect(_rubrik(page)).to_have_text(re.compile("^Steg 2 av .*Händelse och läge$"))
    expect(_rubrik(page)).to_be_focused()
    fakta = _prov("Två vägar är stängda.")
    _falt(page, "Fakta").fill(fakta)
    _sparat(page)

    val = page.get_by_role("button", name=re.compile("^Steg 2 av"))
    val.tap()
    lista = page.get_by_role("navigation", name="Alla steg")
    expect(lista.get_by_role("link", name="Händelse och läge")).to_be_focused()
    expect(lista.get_by_role("link", name=re.compile("Händelse och läge.* ändrat$"))).to_be_visible()
    expect(lista.get_by_role("link", name=re.compile("Sammanfattning.* oförändrat$"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(lista).to_be_hidden()
    expect(val).to_be_focused()
    val.tap()
    lista.get_by_role("link", name="Nästa uppdatering").tap()
    expect(_rubrik(page)).to_have_text(re.compile("Nästa uppdatering$"))

    page.reload(wait_until="networkidle")
    expect(_rubrik(page)).to_have_text(re.compile("Nästa uppdatering$"))
    page.go_back()
    expect(_rubrik(page)).to_have_text(re.compile("Händelse och läge$"))
    page.go_back()
    expect(_rubrik(page)).to_have_text(re.compile("Sammanfattning$"))
    assert page.url.split("#")[0].endswith("/skriv")

    # Turned on its side, or drawn out: all of them, with what was typed.
    page.set_viewport_size(DATOR)
    expect(page.locator("[data-steg]:visible")).to_have_count(page.locator("[data-steg]").count())
    expect(_falt(page, "Fakta")).to_have_value(fakta)
    expect(page.get_by_role("link", name=re.compile("Händelse och läge.* ändrat$"))).to_be_visible()


def test_every_step_fits_a_small_phone_and_nothing_lies_under_the_buttons(peka: Peka) -> None:
    page = peka(NORRTALJE)
    _oppna_sidan(page, "norrtalje")
    for _ in range(page.locator("[data-steg]").count()):
        namn = _rubrik(page).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, namn
        assert page.evaluate(FOR_SMA) == [], namn
        falt = page.locator("[data-steg]:visible :is(textarea, input, select):visible")
        if falt.count():
            falt.last.focus()
            vanta_tills(lambda falt=falt: page.evaluate(I_SIKTE, falt.last.element_handle()), 30, f"att {namn} syns")
        nasta = page.get_by_role("button", name="Nästa")
        if nasta.is_visible():
            nasta.tap()
            expect(_rubrik(page)).not_to_have_text(namn)
    assert "publicera" in namn


FOR_SMA = """() => {
  const valda = ':is(button, a, select, input:not([type=hidden]), textarea, summary)';
  const annat = '.dold, .meta, .lasbar, p.adress, .lista, .hjalp';  // links in running text
  return [...document.querySelectorAll(`.skrivyta ${valda}`)]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest(annat))
    .map(e => [e, (e.closest('.valrad') ?? e).getBoundingClientRect()])
    .filter(([, m]) => m.width && (m.height < 43.5 || m.width < 43.5))
    .map(([e]) => e.outerHTML.slice(0, 120));
}"""
"""What is too small for a thumb, of what stands by itself."""
I_SIKTE = """e => {
  const m = e.getBoundingClientRect();
  const rad = document.querySelector('.skrivyta .handlingar').getBoundingClientRect();
  return m.top < rad.top && m.bottom > 0 && (m.bottom <= rad.top + 1 || m.height > rad.top - 60);
}"""


def test_what_must_be_mended_opens_its_heading(peka: Peka) -> None:
    page = peka(NORRTALJE, TELEFON)
    _borja_om(page, "norrtalje")
    _oppna_sidan(page, "norrtalje")
    _falt(page, "Sammanfattning").fill("För långt. " * 60)
    for _ in range(2):
        page.get_by_role("button", name="Nästa").tap()
    page.get_by_role("button", name="Publicera utan avisering").tap()
    fel = page.locator(".felsammanfattning")
    expect(fel).to_be_focused()
    expect(_rubrik(page)).to_have_text(re.compile("Sammanfattning$"))
    page.get_by_role("button", name="Nästa").tap()
    fel.get_by_role("link").first.tap()
    expect(_falt(page, "Sammanfattning")).to_be_focused()
    page.get_by_role("button", name=re.compile("^Steg 1")).tap()
    expect(page.get_by_role("link", name=re.compile("Sammanfattning.* att rätta$"))).to_be_visible()
    granska(page)
    _borja_om(page, "norrtalje")


def test_two_texts_that_met_open_their_heading(peka: Peka, oppna: Oppna) -> None:
    mobil, dator = peka(NORRTALJE), oppna("kommunikation@norrtalje.example")
    _borja_om(mobil, "norrtalje")
    for page in (mobil, dator):
        _oppna_sidan(page, "norrtalje")
    _falt(dator, "Kommunikation").fill(_prov("Deras ord."))
    dator.get_by_role("button", name="Publicera utan avisering").click()
    _publicerad(dator)
    mobil.get_by_role("button", name=re.compile("^Steg 1")).tap()
    mobil.get_by_role("link", name=re.compile("^Kommunikation|. Kommunikation")).tap()
    mina = _prov("Mina ord.")
    _falt(mobil, "Kommunikation").fill(mina)
    mobil.get_by_role("button", name="Publicera utan avisering").tap()
    expect(mobil.get_by_text("har kommit medan du skrev")).to_be_visible()
    expect(_rubrik(mobil)).to_have_text(re.compile("Kommunikation$"))
    expect(mobil.locator("[name=kommunikation]")).to_have_value(mina)
    granska(mobil)
    _borja_om(mobil, "norrtalje")


# --- unchanged ----------------------------------------------------------------------------------------------------


def test_unchanged_puts_the_last_text_back_and_what_was_typed_can_be_had_again(peka: Peka) -> None:
    page = peka(NACKAS_TIB, TELEFON)
    _borja_om(page, "nacka")
    _oppna_sidan(page, "nacka")
    falt, mitt = _falt(page, "Sammanfattning"), _prov("Det jag hann skriva.")
    forra = falt.input_value()
    falt.fill(mitt)
    _sparat(page)
    page.locator("[data-steg]:visible").get_by_role("button", name="Oförändrat").tap()
    expect(_rubrik(page)).to_have_text(re.compile("Händelse och läge$"))
    expect(_rubrik(page)).to_be_focused()
    vanta_tills(lambda: page.locator("[data-sparstatus]").get_attribute("data-lage") == "sparat", 30, "att det sparas")
    page.get_by_role("button", name="Föregående").tap()
    expect(falt).to_have_value(forra)
    expect(page.locator("[data-steg]:visible [data-stegstatus]")).to_have_text("oförändrat")
    page.get_by_role("button", name="Ångra Sammanfattning").tap()
    expect(falt).to_have_value(mitt)
    expect(page.locator("[data-steg]:visible [data-stegstatus]")).to_have_text("ändrat")
    _borja_om(page, "nacka")


def test_without_scripts_a_heading_is_put_back_and_the_rest_published(oppna: Oppna) -> None:
    page = oppna(NACKAS_TIB, skript=False, storlek=LITEN)
    _borja_om(page, "nacka")
    page.goto(_skriv("nacka"))
    assert page.locator("[data-steg]:visible").count() == page.locator("[data-steg]").count()
    sammanfattning, kommunikation = _falt(page, "Sammanfattning"), _falt(page, "Kommunikation")
    forra, nytt = sammanfattning.input_value(), _prov("Följ nacka.example.")
    sammanfattning.fill("Det här var fel.")
    kommunikation.fill(nytt)
    page.get_by_role("button", name="Oförändrat Sammanfattning").click()
    expect(sammanfattning).to_have_value(forra)
    expect(kommunikation).to_have_value(nytt)
    # What was typed there is not lost.
    expect(page.get_by_text("Text som inte kom med").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Publicera och avisera")).click()
    _publicerad(page)
    expect(page.get_by_text(nytt).first).to_be_visible()


# --- seen in all its states ---------------------------------------------------------------------------------------


def test_it_is_accessible_in_every_state_and_magnified(oppna: Oppna) -> None:
    skribent = oppna(SKRIBENT, storlek=LITEN)
    _oppna_sidan(skribent, "polisen")
    granska(skribent)
    page, aktor = oppna(NACKAS_TIB, storlek=LITEN), "nacka"
    _oppna_sidan(page, aktor)
    page.get_by_role("button", name=re.compile("^Steg 1")).click()
    granska(page)
    page.keyboard.press("Escape")
    _falt(page, "Sammanfattning").fill(_prov("Ändrat."))
    page.get_by_role("button", name=re.compile("^Oförändrat Samm")).click()
    page.get_by_role("button", name="Föregående").click()
    expect(page.get_by_role("button", name="Ångra Sammanfattning")).to_be_visible()
    granska(page)
    page.set_viewport_size({"width": 320, "height": 200})  # 1280 × 800 at 400 %
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    # What stays in place would leave no room.
    assert page.locator(".skrivyta .handlingar").evaluate("e => getComputedStyle(e).position") == "static"
    _borja_om(page, aktor)
