"""What the scripts do when the answer is a no, is late, or is somebody else's."""

import re
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import NACKA, TRAFIKVERKET, Oppna, logga_in
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
SKRIV = f"{HANDELSE}/lagesbild/trafikverket/skriv"
SKRIBENT = "oskar.lidman@trafikverket.example"


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _ansluten(page: Page) -> None:
    page.wait_for_selector("#anslutning[data-lage=ansluten]", state="attached")


def _hamtningar(page: Page) -> list[Request]:
    """The page's fetches of itself, from now on."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if "x-live" in request.headers else None)
    return seen


def _sparat(page: Page) -> None:
    """The script has saved: what the server said of an older draft as it drew the page is not enough."""
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_have_text(re.compile(r"^Sparat \d\d:\d\d$"))


def _sparas(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/utkast")


# --- the live page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sida", [SKRIV, "/finns-inte"], ids=["refusal", "error"])
def test_a_page_that_says_no_stands_as_it_was_given(oppna: Oppna, sida: str) -> None:
    page = oppna(NACKA)
    hamtningar = _hamtningar(page)
    page.goto(sida)
    page.wait_for_load_state("networkidle")
    expect(page.locator("main")).to_be_visible()
    expect(page.locator("#anslutning")).to_be_hidden()
    assert hamtningar == []


def test_an_answer_to_a_form_is_not_asked_for_again(oppna: Oppna) -> None:
    page = oppna(NACKA)
    page.route(re.compile(rf"{HANDELSE}(\?.*)?$"), _bara_formular)
    page.goto(HANDELSE)
    expect(page.locator("#anslutning")).to_have_attribute("data-lage", "stoppad")
    expect(page.locator("#anslutning")).to_be_hidden()
    expect(page.locator("main")).to_be_visible()


def _bara_formular(route: Route) -> None:
    if "x-live" in route.request.headers:
        route.fulfill(status=405)
        return
    # The answer to a form has no number.
    svar = route.fetch()
    route.fulfill(response=svar, body=re.sub(r'data-nummer="\d+"', 'data-nummer="0"', svar.text()))


def test_a_page_being_written_hears_of_a_new_version_without_being_fetched_again(oppna: Oppna) -> None:
    page, writer = oppna(TRAFIKVERKET), oppna(TRAFIKVERKET)
    page.goto(SKRIV)
    _ansluten(page)
    hamtningar = _hamtningar(page)
    writer.goto(SKRIV)
    writer.get_by_role("textbox", name="Sammanfattning").fill(_prov("Medan du skrev."))
    writer.get_by_role("button", name="Publicera utan avisering").click()
    writer.wait_for_url(re.compile(r"/lagesbild/trafikverket$"))
    expect(page.get_by_text("publicerades nyss, medan du skrev")).to_be_visible()
    assert hamtningar == []


def test_a_version_published_before_the_live_channel_connects_is_told_of_too(oppna: Oppna) -> None:
    page, writer = oppna(TRAFIKVERKET), oppna(TRAFIKVERKET)
    holds: list[Route] = []
    page.route("**/vendor/socket.io.esm.min.js", _hall_forsta(holds))
    with page.expect_request("**/vendor/socket.io.esm.min.js"):
        page.goto(SKRIV)
    page.get_by_role("textbox", name="Sammanfattning").fill(text := _prov("Hinner inte publiceras."))
    writer.goto(SKRIV)
    writer.get_by_role("textbox", name="Sammanfattning").fill(_prov("Innan du hörde något."))
    writer.get_by_role("button", name="Publicera utan avisering").click()
    writer.wait_for_url(re.compile(r"/lagesbild/trafikverket$"))
    holds[0].continue_()
    expect(page.get_by_text("publicerades nyss, medan du skrev")).to_be_visible()
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)


def test_what_waits_is_asked_for_though_nobody_tells(oppna: Oppna) -> None:
    page = oppna(NACKA)
    page.clock.install()
    page.route(re.compile(rf"{HANDELSE}(\?.*)?$"), _vantande)
    page.goto(HANDELSE)
    _ansluten(page)
    hamtningar = _hamtningar(page)
    with page.expect_request(lambda request: len(hamtningar) >= 2):
        page.clock.run_for(30_000)  # longer than the pause between two questions


def _vantande(route: Route) -> None:
    svar = route.fetch()
    route.fulfill(response=svar, body=svar.text().replace('data-live="huvud"', 'data-live="huvud" data-vantar'))


# --- drafts -------------------------------------------------------------------------------------------------------


def test_somebody_else_who_logs_in_here_does_not_get_my_text(oppna: Oppna) -> None:
    page = oppna()
    text = _prov("Skribentens egen text.")
    logga_in(page, SKRIBENT)
    page.goto(SKRIV)
    flik = page.context.new_page()
    flik.goto("/")
    flik.locator("details.meny summary").click()
    flik.get_by_role("button", name="Logga ut").click()
    flik.wait_for_url("**/logga-in**")  # when what was written is saved
    logga_in(flik, TRAFIKVERKET)
    page.get_by_role("textbox", name="Sammanfattning").fill(text)
    expect(page.locator("[data-sparstatus]")).to_contain_text("Ej sparat. Någon annan är inloggad")
    flik.goto(SKRIV)
    expect(flik.get_by_role("textbox", name="Sammanfattning")).not_to_have_value(text)
    # What is written after a logout stays in the page where it was written, and nowhere else.
    assert text.split()[-1] not in page.evaluate("JSON.stringify({...localStorage})")
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)


def test_what_is_typed_before_the_script_has_come_is_saved(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    text = _prov("Medan skriptet var på väg.")
    _utan_skriptet(page, partial(page.goto, SKRIV), text)
    _sparat(page)
    again = oppna(TRAFIKVERKET)
    again.goto(SKRIV)
    expect(again.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)


def test_a_page_that_only_was_opened_saves_nothing(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    sparade: list[Request] = []
    page.on("request", lambda request: sparade.append(request) if _sparas(request) else None)
    page.clock.install()
    page.goto(SKRIV, wait_until="networkidle")
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    page.clock.run_for(5000)
    assert sparade == []


def test_what_the_browser_puts_back_does_not_overwrite_a_later_draft(oppna: Oppna) -> None:
    page, flik = oppna(TRAFIKVERKET), oppna(TRAFIKVERKET)
    page.goto(SKRIV)
    page.route("**/utkast", lambda route: route.abort())
    gammal = _prov("Utan kontakt.")
    page.get_by_role("textbox", name="Sammanfattning").fill(gammal)
    expect(page.locator("[data-sparstatus]")).to_contain_text("Servern tog inte emot texten")
    flik.goto(SKRIV)
    flik.get_by_role("textbox", name="Sammanfattning").fill(_prov("I en annan flik."))
    _sparat(flik)
    page.unroute("**/utkast")
    _utan_skriptet(page, page.reload, gammal)  # as a browser does that fills in again what was in the fields
    expect(page.locator("[data-sparstatus]")).to_contain_text("En annan flik eller enhet sparade utkastet")
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(gammal)


def _utan_skriptet(page: Page, oppna_sidan: Callable[..., object], text: str) -> None:
    """Open the page, and write the text in it before its script has come."""
    holds: list[Route] = []
    page.route("**/utkast.js*", lambda route: holds.append(route))  # a builtin won't do
    oppna_sidan(wait_until="domcontentloaded")
    page.get_by_role("textbox", name="Sammanfattning").fill(text)
    vanta_tills(lambda: page.evaluate("true") and holds, 30, "att skriptet hämtas")
    holds[0].continue_()


def test_who_logs_in_anew_goes_on_saving(oppna: Oppna) -> None:
    page = oppna()
    logga_in(page, SKRIBENT)
    page.goto(SKRIV)
    flik = page.context.new_page()
    flik.context.clear_cookies()
    logga_in(flik, SKRIBENT)
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Samma person."))
    _sparat(page)


def test_a_text_begun_for_one_actor_waits_until_one_acts_for_it_again(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(SKRIV)
    falt = page.locator("form[data-utkast] [name=som_aktor]")
    egen = falt.input_value()
    falt.evaluate("falt => { falt.value = '999999' }")
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("För en annan aktör."))
    expect(page.locator("[data-sparstatus]")).to_contain_text("Du agerar nu för Trafikverket")
    falt.evaluate("(falt, egen) => { falt.value = egen }", egen)
    _sparat(page)


def test_a_save_from_a_page_that_was_left_is_waited_for(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.clock.install()
    # What saves must be there before one leaves.
    page.goto(SKRIV, wait_until="networkidle")
    holds: list[Route] = []
    page.route("**/utkast", _hall_forsta(holds))
    with page.expect_request(_sparas):
        page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Först."))
        page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    sparade: list[Request] = []
    page.on("request", lambda request: sparade.append(request) if _sparas(request) else None)
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Först, och sedan mer."))
    page.clock.run_for(1000)  # longer than the pause after which it would have been saved
    assert sparade == []
    holds[0].continue_()
    _sparat(page)
    assert len(sparade) == 1


def test_a_late_answer_does_not_take_the_page_back_to_an_older_draft(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(SKRIV)
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Nyast."))
    _sparat(page)
    revision = page.locator("[name=revision]").input_value()
    page.route("**/utkast", _sent_svar, times=1)
    with page.expect_response("**/utkast"):
        page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Nyast, och mer."))
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Nyast, och ännu mer."))
    # Had it gone back, the server would not have taken this. A save from before the late answer may count too.
    page.wait_for_function(
        "lagst => Number(document.querySelector('[name=revision]').value) > lagst", arg=int(revision)
    )
    _sparat(page)


def _sent_svar(route: Route) -> None:
    route.fulfill(json={"revision": 0, "lagesbild": 1, "sparad": "00:00"})


def test_a_page_whose_sending_was_stopped_goes_on_saving(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(SKRIV)
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Före."))
    _sparat(page)
    page.evaluate("document.addEventListener('submit', handelse => handelse.preventDefault(), { once: true })")
    page.get_by_role("button", name="Förhandsgranska").click()
    with page.expect_response(lambda response: _sparas(response.request) and response.ok):
        page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Efter."))
    _sparat(page)


# --- the preview --------------------------------------------------------------------------------------------------


def test_what_is_typed_while_characters_are_replaced_is_kept(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    page.goto(SKRIV, wait_until="networkidle")
    summary = page.get_by_role("textbox", name="Sammanfattning")
    summary.fill("Det är “halt”")
    holds: list[Route] = []
    knapp = page.locator("[data-byt-ut]")
    expect(knapp).to_be_visible()
    page.route("**/forhandsvisa?*", _hall_forsta(holds))
    with page.expect_request("**/forhandsvisa?*"):
        knapp.click()
    summary.press("End")
    summary.press_sequentially(" ute")
    holds[0].continue_()
    expect(summary).to_have_value('Det är "halt" ute')
    expect(knapp).to_be_hidden()


def _hall_forsta(holds: list[Route]) -> Callable[[Route], None]:
    """Keep the first request, to be let go of when the test says so."""

    def handle(route: Route) -> None:
        if holds:
            route.continue_()
        else:
            holds.append(route)

    return handle
