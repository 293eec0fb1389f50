"""A measure is answered by those that it affects, while its owner looks on."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska, till

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"
KOLONN = "Kolonnkörning bakom plogbil på E18 norrut"


def test_an_answer_shows_at_once_and_what_is_being_typed_is_left_alone(oppna: Oppna) -> None:
    agaren, polisen = oppna(TRAFIKVERKET), oppna("presstalesperson@polisen.example", storlek=TELEFON)
    till(polisen, f"{H}/paverkan")
    granska(polisen)
    rutan = polisen.get_by_role("listitem").filter(has_text=KOLONN).get_by_label("Rad till Trafikverket")
    rutan.fill("Vi möter upp vid Arninge.")
    polisen.evaluate("document.addEventListener('wis:hamtad', () => { window.hamtad = true; })")
    till(agaren, f"{H}/paverkan")
    egen = agaren.get_by_role("listitem").filter(has_text=KOLONN)
    expect(egen).to_contain_text("2 utan svar")

    norrtalje = oppna("kommunikation@norrtalje.example")
    till(norrtalje, f"{H}/paverkan")
    ett = norrtalje.get_by_role("listitem").filter(has_text=KOLONN)
    ett.get_by_role("button", name="Problem").click()
    expect(norrtalje.get_by_role("alert")).to_contain_text("Skriv vad problemet är")
    norrtalje.get_by_label("Rad till Trafikverket").fill("Hemtjänsten är på väg söderut.")
    norrtalje.get_by_role("button", name="Problem").click()
    expect(norrtalje.get_by_text("Svaret är skickat till Trafikverket.")).to_be_visible()
    expect(egen).to_contain_text("1 problem, 1 utan svar", timeout=30_000)
    expect(egen).to_contain_text("Hemtjänsten är på väg söderut.")

    # The page of the other is fetched anew as soon as anything is published, and the line stays.
    till(norrtalje, f"{H}/lagesbild/norrtalje")
    norrtalje.get_by_role("button", name="Läget oförändrat").click()
    polisen.wait_for_function("window.hamtad === true", timeout=30_000)
    expect(rutan).to_have_value("Vi möter upp vid Arninge.")
    polisen.get_by_role("listitem").filter(has_text=KOLONN).get_by_role("button", name="Noterat").click()
    expect(polisen.get_by_text("Svaret är skickat till Trafikverket.")).to_be_visible()
    expect(egen).to_contain_text("1 problem, 1 noterat", timeout=30_000)
