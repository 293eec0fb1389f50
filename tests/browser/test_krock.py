"""Two people publish the same lägesbild: on a phone, with a thumb, section by section."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TELEFON, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
ANNA, BERTIL = "tib@region-stockholm.example", "kommunikation@region-stockholm.example"
SKRIV = "/handelser/snoovader-svealand/lagesbild/region-stockholm/skriv"
TYST = "Publicera utan avisering"
MINST = 44


def _steget(page: Page, namn: str) -> None:
    page.locator("[data-steg-val]").click()
    page.locator("#steglista").get_by_role("link", name=namn).click()


def test_a_conflict_on_a_phone_is_chosen_section_by_section_and_published(oppna: Oppna) -> None:
    anna, bertil = oppna(ANNA, storlek=TELEFON), oppna(BERTIL)
    anna.goto(SKRIV, wait_until="networkidle")
    bertil.goto(SKRIV, wait_until="networkidle")
    bertil.locator("#sammanfattning").fill("Akuten på Danderyd är öppen som vanligt.")
    bertil.locator("#resurser").fill("Tolv ambulanser i tjänst.\n\nTvå i reserv.")
    bertil.get_by_role("button", name=TYST).click()
    bertil.wait_for_url("**/lagesbild/region-stockholm")
    anna.locator("#sammanfattning").fill("Akuten på Danderyd är stängd för ambulanser.")
    _steget(anna, "Resurser")
    anna.locator("#resurser").fill("Tio ambulanser i tjänst.\n\nTvå i reserv.")
    anna.get_by_role("button", name=TYST).click()
    valj = anna.get_by_role("region", name="Olika texter: Sammanfattning")
    expect(valj.get_by_text("stängd för ambulanser")).to_be_visible()
    expect(valj.get_by_text("öppen som vanligt")).to_be_visible()
    expect(anna.get_by_text("2 avsnitt är inte avgjorda").first).to_be_visible()
    for knapp in valj.get_by_role("button").all():
        ruta = knapp.bounding_box()
        assert ruta is not None
        assert min(ruta["width"], ruta["height"]) >= MINST, ruta
    granska(anna)
    valj.get_by_role("button", name="Ta deras: Sammanfattning").click()
    # The next that is to be chosen comes by itself.
    expect(anna.get_by_text("1 avsnitt är inte avgjort").first).to_be_visible()
    anna.get_by_role("button", name="Båda: Resurser och behov av stöd").click()
    expect(anna.get_by_text("Allt är avgjort")).to_be_visible()
    expect(anna.locator("#resurser")).to_have_value(
        "Tio ambulanser i tjänst.\n\nTvå i reserv.\n\nTolv ambulanser i tjänst."
    )
    _steget(anna, "Sammanfattning")
    anna.get_by_text("Text som inte kom med").click()
    expect(anna.get_by_text("stängd för ambulanser")).to_be_visible()
    granska(anna)
    anna.get_by_role("button", name=TYST).click()
    anna.wait_for_url("**/lagesbild/region-stockholm")
    expect(anna.locator(".lagesbild, article").first).to_contain_text("öppen som vanligt")
    expect(anna.locator("main")).to_contain_text("Tolv ambulanser")
    expect(anna.locator("main")).not_to_contain_text("stängd för ambulanser")
