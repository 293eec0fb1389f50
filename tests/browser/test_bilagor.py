"""Attaching on a phone: chosen or dropped, said how it goes, described, published, read."""

import re

import pytest
from playwright.sync_api import expect

from tests.bilagor_stod import en_bild, en_pdf
from tests.browser.conftest import TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
LAGESBILD = "/handelser/snoovader-svealand/lagesbild/trafikverket"
KARTA = {"name": "karta.png", "mimeType": "image/png", "buffer": en_bild("PNG", (1600, 900))}
PLAN = en_pdf().decode()
SLAPP = """text => {
  const slappt = new DataTransfer();
  slappt.items.add(new File([text], 'plan.pdf', { type: 'application/pdf' }));
  return slappt;
}"""
OND = {"name": "ond.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}


def test_a_map_is_attached_described_published_and_seen(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    page.goto(f"{LAGESBILD}/skriv", wait_until="networkidle")
    page.get_by_label("Sammanfattning", exact=True).fill("Se kartan.")
    page.get_by_role("button", name=re.compile("^Steg 1 ")).click()
    page.get_by_role("link", name=re.compile("^Bilagor")).click()
    page.get_by_label("Bifoga bild eller PDF").set_input_files([KARTA, OND])
    slappt = page.evaluate_handle(SLAPP, PLAN)
    page.locator("[data-bilageslapp]").dispatch_event("drop", {"dataTransfer": slappt})
    hur = page.locator("[data-bilagestatus]")
    expect(hur).to_have_text(re.compile(r"^ond\.svg: SVG-bilder .* karta\.png är bifogad\. plan\.pdf är bifogad\.$"))
    page.get_by_label("Vad visar bilden?").fill("Karta över Norrtälje")
    page.get_by_label("Vad är det för dokument?").focus()
    expect(page.locator("[data-sparstatus]")).to_have_text(re.compile(r"Sparat \d\d:\d\d"))
    granska(page)
    page.get_by_role("button", name="Flytta upp: plan.pdf").click()
    expect(page.locator(".bilagor > li").first).to_contain_text("plan.pdf")
    expect(page.get_by_label("Vad visar bilden?")).to_have_value("Karta över Norrtälje")
    expect(page.get_by_label("Sammanfattning", exact=True)).to_have_value("Se kartan.")
    page.get_by_role("button", name="Publicera utan avisering").click()
    page.wait_for_url(f"**{LAGESBILD}")
    bild = page.get_by_role("img", name="Karta över Norrtälje")
    bild.scroll_into_view_if_needed()
    expect(bild).to_have_js_property("naturalWidth", 480)
    expect(page.locator("figcaption")).to_have_text(re.compile(r"Karta över Norrtälje, bild, \d+ kB\. Ladda ner"))
    granska(page)
    with page.expect_download() as hamtning:
        page.get_by_role("link", name="plan.pdf").click()
    assert hamtning.value.suggested_filename == "plan.pdf"
    bild.click()
    expect(page).to_have_url(re.compile(r"/bilagor/\d+/karta\.png\?visa=1$"))
