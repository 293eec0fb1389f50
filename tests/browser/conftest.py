"""The demo, served by a real `wis run`, and real Chromium in front of it."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
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


@pytest.fixture(scope="package")
def demo(installation_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Korning]:
    """The demo, running."""
    with Korning(tmp_path_factory.mktemp("demo"), demo="1", worker_poll="0.2") as korning:
        shutil.copy(installation_mall, korning.logg.parent / "wis.db")
        korning.wis("demo-data")
        korning.starta()
        yield korning


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_alternativ())
        # What keeps pages to be read without a network stands in the way of tests of anything else.
        browser.new_context = partial(browser.new_context, service_workers="block")  # type: ignore[method-assign]
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
        natlos: bool = False,
    ) -> Page:
        context = chromium.new_context(
            base_url=demo.url,
            storage_state=None if epost is None else tillstand(epost),
            viewport=storlek or DATOR,
            color_scheme="light",
            java_script_enabled=skript,
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            service_workers="allow" if natlos else "block",
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


@pytest.fixture(scope="package")
def hemma(
    demo: Korning, chromium: Browser, tillstand: Callable[[str], Path]
) -> Iterator[Callable[[str | None], BrowserContext]]:
    """A person's own browser, with what it has fetched before: for tests that only look."""
    contexts: dict[str | None, BrowserContext] = {}

    def _hemma(epost: str | None) -> BrowserContext:
        if epost not in contexts:
            kakor = None if epost is None else tillstand(epost)
            contexts[epost] = chromium.new_context(
                base_url=demo.url, storage_state=kakor, viewport=TELEFON, locale="sv-SE"
            )
            contexts[epost].set_default_timeout(TALAMOD_MS)
        return contexts[epost]

    yield _hemma
    for context in contexts.values():
        context.close()


@pytest.fixture
def titta(hemma: Callable[[str | None], BrowserContext]) -> Iterator[Oppna]:
    """Opens a new tab on a telephone that `epost` (None = nobody) uses. Script errors fail the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def _titta(epost: str | None = None) -> Page:
        page = hemma(epost).new_page()
        page.set_viewport_size(TELEFON)
        page.emulate_media(color_scheme="light")
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield _titta
    for page in pages:
        page.unroute_all(behavior="ignoreErrors")
        page.close()
    assert errors == []


def logga_in(page: Page, epost: str) -> None:
    """Through the login page, as a person does."""
    page.goto("/logga-in")
    page.get_by_label("E-post").fill(epost)
    page.get_by_label("Lösenord", exact=True).fill(LOSENORD)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(lambda url: "/logga-in" not in url)
