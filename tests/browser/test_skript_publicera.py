"""What the scripts of the pages that publish do: they say who is reached, keep the text, lead to the answer."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NACKA, TELEFON, TRAFIKVERKET, Oppna, logga_in
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
SKRIV = f"{HANDELSE}/lagesbild/trafikverket/skriv"
NY = f"{HANDELSE}/underrattelser/ny"
ANTAL = re.compile(r"Publicera och avisera (\d+)")


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _avisera(page: Page) -> int:
    found = ANTAL.search(page.get_by_role("button", name=ANTAL).inner_text())
    assert found is not None
    return int(found[1])


def _valj_nacka(page: Page) -> None:
    """Of those who may read only Nacka, by hand."""
    if not page.get_by_label("Bara de aktörer som jag väljer").is_visible():
        page.locator("summary", has_text="Vem får läsa?").click()
    page.get_by_label("Bara de aktörer som jag väljer").check()
    if not page.get_by_label("Nacka kommun", exact=True).is_visible():
        page.locator("summary", has_text="Välj aktörer").click()
    page.get_by_label("Nacka kommun", exact=True).check()


# --- who is reached -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sida", [NY, SKRIV], ids=["underrattelse", "lagesbild"])
@pytest.mark.parametrize("tlp", ["clear", "red"])
def test_button_and_heading_say_what_the_box_says(oppna: Oppna, sida: str, tlp: str) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(sida, wait_until="networkidle")
    alla = _avisera(page)
    _valj_nacka(page)
    page.locator("[name=tlp]").evaluate("(val, tlp) => { val.closest('details').open = true; val.value = tlp }", tlp)
    page.locator("[name=tlp]").dispatch_event("input")
    ruta = page.locator("[data-forhandsvisning-ruta]")
    expect(ruta).to_contain_text("märkt TLP:RED" if tlp == "red" else "med texten i sig")
    expect(page.locator("[data-lasare-i-ord]")).to_contain_text("till")
    expect(page.locator("[data-lasare-i-ord]")).not_to_contain_text("Alla")
    if tlp == "red":
        expect(page.locator("[data-marke-i-ord]")).to_have_text("(TLP:RED)")
    # The last of what was chosen may be on its way still. The draft of a lägesbild may be narrow already.
    vanta_tills(lambda: _avisera(page) < alla or sida == SKRIV, vad="att färre nås")
    vanta_tills(lambda: f" {_avisera(page)} " in page.locator(".mottagare").inner_text(), vad="att antalen är lika")


def test_what_was_shown_by_the_script_is_what_one_publishes_by(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(NY, wait_until="networkidle")
    rubrik = _prov("Till Nacka")
    page.get_by_label("Rubrik").fill(rubrik)
    page.get_by_label("Text", exact=True).fill("Text.")
    _valj_nacka(page)
    expect(page.locator("[data-lasare-i-ord]")).not_to_contain_text("Alla")
    page.get_by_label("Alla som läser händelsen").check()
    expect(page.locator("[data-lasare-i-ord]")).to_contain_text("Alla")
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(rubrik)


def test_without_scripts_more_readers_than_shown_are_asked_about(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, skript=False)
    page.goto(NY)
    rubrik = _prov("Bara Nacka")
    page.get_by_label("Rubrik").fill(rubrik)
    page.get_by_label("Text", exact=True).fill("Text.")
    _valj_nacka(page)
    page.get_by_role("button", name="Förhandsgranska").click()
    page.get_by_label("Alla som läser händelsen").check()
    page.get_by_role("button", name="Publicera utan avisering").last.click()
    expect(page.get_by_text("Nu når det fler än du har sett")).to_be_visible()
    expect(page.get_by_label("Rubrik")).to_have_value(rubrik)
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(rubrik)


def test_the_answer_to_who_sees_it_is_in_sight_and_focused(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    page.goto(NY, wait_until="networkidle")
    page.locator("summary", has_text="Vem ser det här?").click()
    page.get_by_role("button", name="Visa som den ser det").click()
    svar = page.locator("[data-visa-som-ruta]")
    expect(svar).to_contain_text("Läser: ")
    expect(svar).to_be_focused()

    def i_sikte() -> bool:
        ruta, rad = svar.bounding_box(), page.locator(".handlingar").bounding_box()
        return ruta is not None and rad is not None and 0 <= ruta["y"] < min(rad["y"], 640)

    vanta_tills(i_sikte, vad="att svaret syns ovanför knapparna")


# --- what is typed is kept ----------------------------------------------------------------------------------------


def _pabrjad(page: Page) -> str:
    """An underrättelse, begun and left; its title."""
    rubrik = _prov("Påbörjad")
    page.goto(NY)
    page.get_by_label("Rubrik").fill(rubrik)
    _vanta_kopior(page, 1)
    page.get_by_label("Text", exact=True).fill("Halva texten.")  # kept as the page is left
    page.goto(HANDELSE)
    return rubrik


def _kopior(page: Page) -> int:
    antal = page.evaluate("Object.keys(localStorage).filter(nyckel => nyckel.startsWith('wis-kopia:')).length")
    assert isinstance(antal, int)
    return antal


def _vanta_kopior(page: Page, antal: int) -> None:
    vanta_tills(lambda: _kopior(page) == antal, 30, f"att det finns {antal} kopior")


def test_a_half_written_underrattelse_is_back_and_goes_when_published(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    rubrik = _pabrjad(page)
    page.goto(NY)
    expect(page.get_by_label("Rubrik")).to_have_value(rubrik)
    expect(page.get_by_label("Text", exact=True)).to_have_value("Halva texten.")
    expect(page.get_by_text("Det du började skriva")).to_be_visible()
    page.reload(wait_until="networkidle")
    expect(page.get_by_label("Rubrik")).to_have_value(rubrik)
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(rubrik)
    _vanta_kopior(page, 0)
    page.goto(NY, wait_until="networkidle")
    expect(page.get_by_label("Rubrik")).to_have_value("")


def test_it_survives_an_answer_with_errors(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(NY)
    rubrik = _prov("Utan text")
    page.get_by_label("Rubrik").fill(rubrik)
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.locator("#fel")).to_be_focused()
    _vanta_kopior(page, 1)
    page.goto(NY)
    expect(page.get_by_label("Rubrik")).to_have_value(rubrik)


def test_it_can_be_thrown_away(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    _pabrjad(page)
    page.goto(NY)
    page.get_by_role("button", name="Släng").click()
    expect(page.get_by_label("Rubrik")).to_have_value("")
    expect(page.get_by_label("Rubrik")).to_be_focused()
    _vanta_kopior(page, 0)
    page.goto(NY, wait_until="networkidle")
    expect(page.get_by_label("Rubrik")).to_have_value("")


def test_nothing_of_it_is_left_by_who_logs_out(oppna: Oppna) -> None:
    page = oppna()
    logga_in(page, TRAFIKVERKET)
    _pabrjad(page)
    _vanta_kopior(page, 1)
    page.goto(NY)
    expect(page.get_by_text("Det du började skriva")).to_be_visible()
    page.locator("details.meny summary").click()
    page.get_by_role("button", name="Logga ut", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Logga ut ändå").click()
    page.wait_for_url("**/logga-in**")
    _vanta_kopior(page, 0)


# --- the keyboard -------------------------------------------------------------------------------------------------


def test_escape_closes_the_menu(oppna: Oppna) -> None:
    page = oppna(NACKA)
    page.goto("/", wait_until="networkidle")
    meny = page.locator("details.meny")
    meny.locator("summary").click()
    expect(meny).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(meny).not_to_have_attribute("open", "")
    expect(meny.locator("summary")).to_be_focused()


def test_what_was_done_is_where_the_keyboard_is(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(NY, wait_until="networkidle")
    page.get_by_label("Rubrik").fill(_prov("Fokus"))
    page.get_by_label("Text", exact=True).fill("Text.")
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.locator("#meddelanden > .meddelande")).to_be_focused()


def test_words_stay_whole_and_tables_scroll_within_their_own_box(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    page.goto(SKRIV, wait_until="networkidle")
    page.get_by_role("textbox", name="Sammanfattning").fill(
        "| Område | Vägtransporter | Samverkansbehov |\n|---|---|---|\n| Drivmedelsförsörjning | Vägtransporter | Ja |"
    )
    page.get_by_label("Sammanfattning", exact=True).press("Control+Enter")
    huvud = page.locator("#forhandsgranskning th", has_text="Samverkansbehov")
    rader = huvud.evaluate(
        "th => { const r = document.createRange(); r.selectNodeContents(th); return r.getClientRects().length }"
    )
    assert rader == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
