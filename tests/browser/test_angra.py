"""A dispatch that is held: seen counting down, taken back in time, or let go. Real providers say what was sent."""

import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import TALAMOD_MS, TELEFON, TRAFIKVERKET, logga_in
from tests.browser.granskning import granska
from tests.faults.leverans_stod import Sink
from tests.korning import Korning
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
LAGESBILD = "/handelser/snoovader-svealand/lagesbild/trafikverket"
LANGE, KORT = 300, 3
"""Seconds that a dispatch is held: longer than any machine takes to press Ångra, and as short as can be waited for."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Where SMS and e-mail really go; in a thread of its own, for Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as annan:
        sink = annan.submit(Sink).result()
        yield sink
        annan.submit(sink.ned).result()


class _Korning(Korning):
    """One that can be told how long a dispatch is held."""

    def hall(self, sekunder: int) -> None:
        """From now on so long."""
        self._env["WIS_ANGRA_TID"] = str(sekunder)
        self.starta_om()


@pytest.fixture
def korning(demo: Korning, sink: Sink, tmp_path: Path) -> Iterator[_Korning]:
    """A real installation with the people of the demo."""
    fran = demo.logg.parent
    shutil.copy(fran / "secret_key", tmp_path / "secret_key")
    with closing(sqlite3.connect(fran / "wis.db")) as kalla, closing(sqlite3.connect(tmp_path / "wis.db")) as kopia:
        kalla.backup(kopia)
    val = {"epost_url": sink.epost_url, "sms_url": sink.sms_url, "andra_faktor": "ingen", "worker_poll": "0.2"}
    with _Korning(tmp_path, angra_tid=str(LANGE), **val) as korning:
        korning.starta()
        yield korning


def _sidan(chromium: Browser, korning: Korning) -> Page:
    storlek = ViewportSize(width=TELEFON["width"], height=TELEFON["height"])
    page = chromium.new_context(base_url=korning.url, viewport=storlek, locale="sv-SE").new_page()
    page.context.set_default_timeout(TALAMOD_MS)
    logga_in(page, TRAFIKVERKET)
    return page


def _publicera(page: Page) -> str:
    """A new version, told of; the words that it is known by."""
    text = f"Prov {uuid.uuid4().hex[:8]}"
    page.goto(f"{LAGESBILD}/skriv")
    page.get_by_label("Sammanfattning", exact=True).fill(text)
    page.get_by_role("button", name=re.compile(r"^Publicera och avisera \d")).first.click()
    page.wait_for_url(re.compile(r"/lagesbild/trafikverket(?!/skriv)"))
    return text


def _sant(sink: Sink, text: str) -> tuple[int, int]:
    """How many SMS and e-mails with the text have gone."""
    brev = [brev for brev in list(sink.smtp.brev) if text in brev.meddelande.get_content()]
    return len([anrop for anrop in list(sink.gateway.anrop) if text in anrop.falt["message"]]), len(brev)


def test_a_dispatch_is_taken_back_in_time_or_let_go(chromium: Browser, korning: _Korning, sink: Sink) -> None:
    page = _sidan(chromium, korning)
    angrad = _publicera(page)
    ruta = page.locator(".nedrakning")
    # The keyboard is where one can still stop it, and it is said once what goes on: as the name of that place.
    expect(ruta).to_be_focused()
    expect(ruta).to_have_accessible_name(
        re.compile(r"^Klart: Version \d+ är publicerad och aviseras\. Utskicket går om \d+ sekunder\. Du kan ångra")
    )
    expect(ruta.get_by_role("heading")).to_have_text(re.compile(r"^Skickas till \d+ om \d+ s$"))
    expect(page.get_by_role("status").filter(has_text="Utskicket går")).to_have_count(0)
    granska(page)
    ruta.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ångra utskicket")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Utskicket är ångrat")).to_be_visible()
    expect(page.get_by_text("Versionen är publicerad och syns för läsarna; ingen har fått sms")).to_be_visible()
    expect(page.get_by_text("Ska de få det i alla fall: tryck Skicka ändå.")).to_be_visible()
    expect(page.get_by_role("button", name="Skicka ändå")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEFON["width"]
    page.goto(LAGESBILD)
    expect(page.get_by_text(angrad).first).to_be_visible()

    page.goto("about:blank")  # a server that is told to stop waits for who is listening
    korning.hall(KORT)
    gick = _publicera(page)
    vanta_tills(lambda: min(_sant(sink, gick)) > 0, 60, "att det som ingen ångrade går iväg")
    expect(ruta).to_have_count(0)  # by itself
    # Those who got this one had the first one coming to them too, and before it.
    assert _sant(sink, angrad) == (0, 0)
    page.goto(f"{LAGESBILD}/versioner/{_nummer(page) - 1}")
    page.get_by_text(angrad).first.wait_for()
    page.context.close()


def _nummer(page: Page) -> int:
    funnet = re.search(r"\d+", page.locator("h1 .marke-version").inner_text())
    assert funnet is not None
    return int(funnet[0])
