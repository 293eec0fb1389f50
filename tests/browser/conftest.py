"""The demo, served by a real `wis run`, and real Chromium in front of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.korning import Korning
from tests.servrar import chromium_alternativ
from wis.demo import LOSENORD

NACKA, TRAFIKVERKET = "kommunikator@nacka.example", "talesperson@trafikverket.example"
TIB, ADMIN = "tib@lansstyrelsen.example", "admin@nacka.example"
TELEFON, DATOR = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
TALAMOD_MS = 30_000
"""How long a page may take: a machine in use must not fail a test, and what never comes fails it anyway."""
expect.set_options(timeout=TALAMOD_MS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process run all of these, first, and so start one demo and one Chromium; others have the rest."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Korning]:
    """The demo, running."""
    with Korning(tmp_path_factory.mktemp("demo"), demo="1", worker_poll="0.2") as korning:
        korning.wis("db", "upgrade")
        korning.wis("demo-data")
        korning.starta()
        yield korning


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_alternativ())
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tillstand(demo: Korning, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Logs a person in once, through the login page, and keeps the cookies for every later page of theirs."""
    folder = tmp_path_factory.mktemp("kakor")

    def _tillstand(epost: str) -> Path:
        path = folder / f"{epost}.json"
        if not path.exists():
            context = chromium.new_context(base_url=demo.url)
            context.set_default_timeout(TALAMOD_MS)
            page = context.new_page()
            logga_in(page, epost)
            context.storage_state(path=path)
            context.close()
        return path

    return _tillstand


Oppna = Callable[..., Page]


@pytest.fixture
def oppna(demo: Korning, chromium: Browser, tillstand: Callable[[str], Path]) -> Iterator[Oppna]:
    """Opens a page in a browser of its own, logged in as `epost` (None = not). Script errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def _oppna(
        epost: str | None = None,
        *,
        storlek: dict[str, int] | None = None,
        skript: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=demo.url,
            storage_state=None if epost is None else tillstand(epost),
            viewport=storlek or DATOR,
            color_scheme="light",
            java_script_enabled=skript,
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
        )
        context.set_default_timeout(TALAMOD_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield _oppna
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # a request on its way would fail the next test
        context.close()
    assert errors == []


def logga_in(page: Page, epost: str) -> None:
    """Through the login page, as a person does."""
    page.goto("/logga-in")
    page.get_by_label("E-post").fill(epost)
    page.get_by_label("Lösenord", exact=True).fill(LOSENORD)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(lambda url: "/logga-in" not in url)
