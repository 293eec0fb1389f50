"""What an open timeline does when something is noted: it is there, and the filter, the place and the half line stay."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TRAFIKVERKET, Oppna

pytestmark = pytest.mark.browser
TIDSLINJE = "/handelser/snoovader-svealand/tidslinje"


def test_what_is_noted_comes_while_one_reads_filtered_and_scrolled_with_a_line_half_written(oppna: Oppna) -> None:
    tagg = f"prov{uuid.uuid4().hex[:8]}"
    page, writer = oppna(TRAFIKVERKET, storlek={"width": 320, "height": 500}), oppna(TRAFIKVERKET, skript=False)

    def anteckna(text: str) -> None:
        writer.goto(TIDSLINJE)
        writer.get_by_label("Anteckna Läses av").fill(text)
        writer.keyboard.press("Enter")
        writer.wait_for_url(re.compile(r"#anteckning-\d+$"))
        expect(writer.locator(":target")).to_contain_text(text)

    for nummer in range(4):
        anteckna(f"Rad {nummer} #{tagg}")
    page.goto(f"{TIDSLINJE}?tagg={tagg}")
    page.wait_for_selector("#anslutning[data-lage=ansluten]", state="attached")
    page.get_by_label("Anteckna Läses av").fill("Halv rad")
    forst = page.locator(".tidsrad", has_text="Rad 0")
    forst.scroll_into_view_if_needed()
    fore = forst.bounding_box()
    anteckna("Något annat")
    anteckna(f"Rad 4 #{tagg}")
    expect(page.locator(".tidsrad").first).to_contain_text("Rad 4")
    expect(page.get_by_role("link", name=f"#{tagg} (5)")).to_have_attribute("aria-current", "true")
    assert page.locator(".tidsrad").count() == 5
    assert page.url.endswith(f"?tagg={tagg}")
    efter = forst.bounding_box()
    assert fore is not None
    assert efter is not None
    assert abs(efter["y"] - fore["y"]) < 5
    expect(page.get_by_label("Anteckna Läses av")).to_have_value("Halv rad")
