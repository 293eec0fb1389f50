"""Taking with oneself: a mail that is copied, a page on paper, and a file that is read where there is no network."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"


def test_a_version_is_copied_as_a_mail_printed_and_taken_along_to_where_there_is_no_network(
    oppna: Oppna, tmp_path: Path
) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{H}/lagesbild/trafikverket/versioner/1/dela")
    granska(page)
    page.get_by_role("button", name="Kopiera texten").click()
    expect(page.get_by_role("status").filter(has_text="Texten är kopierad.")).to_be_visible()
    kopierat = page.evaluate("navigator.clipboard.readText()")
    assert kopierat.replace("\r\n", "\n") == page.get_by_label("Text", exact=True).input_value()
    page.goto(f"{H}/lagesbild/trafikverket/versioner/1")
    expect(page.locator(".pa-papper")).to_have_css("position", "absolute")
    page.emulate_media(media="print")
    expect(page.locator(".topp")).to_be_hidden()
    expect(page.get_by_role("link", name="Dela i egen organisation")).to_be_hidden()
    expect(page.locator(".pa-papper")).to_have_css("position", "static")
    expect(page.locator(".pa-papper")).to_have_text(
        re.compile(r"Sidan hämtades \d+ \w+\.? 20\d\d \d\d:\d\d av .* för Trafikverket")
    )
    page.emulate_media(media="screen")
    page.goto(f"{H}/enfil")
    granska(page)
    with page.expect_download() as hamtad:
        page.get_by_role("button", name="Hämta filen").click()
    fil = tmp_path / hamtad.value.suggested_filename
    hamtad.value.save_as(fil)
    fragade: list[str] = []
    page.context.set_offline(True)
    page.on("request", lambda fraga: fragade.append(fraga.url))
    page.goto(fil.as_uri())
    expect(page.get_by_role("heading", name="Allt om Snöoväder Svealand")).to_be_visible()
    expect(page.get_by_role("heading", name="Allt om Snöoväder Svealand")).not_to_have_css("font-size", "32px")
    granska(page)
    page.get_by_role("link", name="Tidslinje").click()
    expect(page.get_by_role("heading", name="Tidslinje")).to_be_in_viewport()
    assert {adress.partition("#")[0] for adress in fragade} == {fil.as_uri()}
