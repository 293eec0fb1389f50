"""Killed in the middle: the server, the browser, the answer. The text is there afterwards, and a publication is one."""

import json
import os
import re
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, expect

from tests.browser.conftest import TELEFON, TRAFIKVERKET, Oppna
from tests.korning import Korning
from tests.natet import Lage, Natet
from tests.servrar import chromium_alternativ, vanta_tills

pytestmark = pytest.mark.browser
BILD = "/handelser/snoovader-svealand/lagesbild/trafikverket"
SKRIV = f"{BILD}/skriv"
SPARAT = re.compile(r"^Sparat \d\d:\d\d$")


@pytest.fixture
def natet(demo: Korning) -> Iterator[Natet]:
    """The way to the demo."""
    with Natet(demo.port) as vag:
        yield vag


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _sparat(page: Page) -> None:
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_have_text(SPARAT)


def _skriver(page: Page, adress: str = SKRIV) -> None:
    page.goto(adress)
    page.wait_for_selector(".handlingar > .dold[role=status]", state="attached")


def _faltet(page: Page, namn: str, demo: Korning) -> str:
    """A field of the page to write on, as the server draws it now."""
    html = page.context.request.get(f"{demo.url}{SKRIV}").text()
    funnet = re.search(rf'<textarea[^>]*name="{namn}"[^>]*>\s*(.*?)</textarea>', html, re.DOTALL) or re.search(
        rf'<input[^>]*name="{namn}"[^>]*value="(.*?)"', html
    )
    assert funnet is not None, namn
    return funnet[1]


def test_a_server_killed_in_the_middle_of_a_save_has_the_text_when_it_is_back(
    oppna: Oppna, demo: Korning, natet: Natet
) -> None:
    page = oppna(TRAFIKVERKET)
    _skriver(page, f"{natet.url}{SKRIV}")
    page.get_by_role("textbox", name="Sammanfattning").fill(_prov("Före."))
    _sparat(page)
    revision = int(page.locator("[name=revision]").input_value())
    natet.stall(Lage.TAPPAR_SVAR)
    page.get_by_role("textbox", name="Sammanfattning").fill(halv := _prov("Servern tog emot, men svaret kom aldrig."))
    # It is in the database, and nobody has told the page.
    vanta_tills(lambda: halv in _faltet(page, "sammanfattning", demo), vad="att servern har texten", paus=0.2)
    demo.doda(signal.SIGKILL)
    try:
        natet.kapa()
        page.get_by_role("textbox", name="Sammanfattning").fill(hel := f"{halv} Och mer.")
        status = page.locator("[data-sparstatus]")
        expect(status).to_contain_text("Endast i den här datorn. Ingen kontakt med servern")
    finally:
        natet.stall(Lage.OPPET)
        demo.starta()
    # The page has tried in vain for a while, and tries ever less often.
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_have_text(SPARAT, timeout=60_000)
    assert _faltet(page, "sammanfattning", demo) == hel
    # What was sent twice was saved once.
    assert int(_faltet(page, "revision", demo)) == int(page.locator("[name=revision]").input_value()) == revision + 2


def _versioner(page: Page, demo: Korning) -> int:
    """How many versions there are."""
    return int(_faltet(page, "bas", demo))


@pytest.mark.parametrize("skript", [True, False], ids=["with scripts", "without scripts"])
def test_a_publication_whose_answer_is_lost_and_that_is_sent_again_is_one_version(
    oppna: Oppna, demo: Korning, natet: Natet, skript: bool
) -> None:
    page = oppna(TRAFIKVERKET, skript=skript)
    adress = f"{natet.url}{SKRIV}"
    if skript:
        _skriver(page, adress)
    else:
        page.goto(adress)
    fore = _versioner(page, demo)
    page.get_by_role("textbox", name="Sammanfattning").fill(text := _prov("En gång."))
    if skript:
        _sparat(page)
    natet.stall(Lage.TAPPAR_SVAR)
    skickat: list[Request] = []
    page.on("request", lambda request: skickat.append(request) if _publicerar(request) else None)
    page.get_by_role("button", name="Publicera utan avisering").click(no_wait_after=True)
    las = f"{demo.url}{BILD}"
    vanta_tills(lambda: text in page.context.request.get(las).text(), vad="att den är publicerad", paus=0.2)
    anrop, kropp = page.context.request, skickat[0].post_data_buffer
    page.close()
    # As a browser sends it again, by itself or by its button for loading anew.
    huvuden = {"Content-Type": skickat[0].headers["content-type"], "Origin": demo.url}
    svar = anrop.post(f"{demo.url}{SKRIV}", data=kropp, headers=huvuden)
    assert "Det publicerades bara en gång" in svar.text()
    assert _versioner(page, demo) == fore + 1
    status = re.search(r"data-sparstatus>([^<]*)<", anrop.get(f"{demo.url}{SKRIV}").text())
    assert status is not None
    assert status[1] == ""  # and nothing is left as a draft


def _publicerar(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/skriv")


def _pid(katalog: Path) -> list[int]:
    """The processes of the browser that has this profile."""
    funna = []
    for proc in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"--user-data-dir={katalog}" in (proc / "cmdline").read_text().split("\0"):
                funna.append(int(proc.name))
    return funna


def _webblasare(chromium: Browser, katalog: Path, url: str, inloggad: Path) -> BrowserContext:
    context = chromium.browser_type.launch_persistent_context(
        katalog, base_url=url, viewport=TELEFON, locale="sv-SE", **chromium_alternativ()
    )
    context.set_default_timeout(30_000)
    context.add_cookies(
        json.loads(inloggad.read_text())["cookies"]
    )  # what is a cookie of the session goes when it dies
    return context


def test_a_browser_that_is_killed_has_what_was_typed_a_moment_before(
    chromium: Browser, demo: Korning, tillstand: Callable[[str], Path], tmp_path: Path
) -> None:
    inloggad = tillstand(TRAFIKVERKET)
    text = _prov("Telefonen dog mitt i den här meningen.")
    context = _webblasare(chromium, tmp_path / "profil", demo.url, inloggad)
    try:
        page = context.new_page()
        _skriver(page)
        context.route("**/utkast", lambda route: route.abort())  # the server has none of it
        falt = page.get_by_role("textbox", name="Sammanfattning")
        falt.fill("")
        falt.press_sequentially(text, delay=20)
        time.sleep(0.2)  # what the promise allows
    finally:
        for pid in _pid(tmp_path / "profil"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            context.close()
    vanta_tills(lambda: not _pid(tmp_path / "profil"), vad="att webbläsaren är borta")
    context = _webblasare(chromium, tmp_path / "profil", demo.url, inloggad)
    try:
        page = context.new_page()
        _skriver(page)
        expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)
        _sparat(page)
        assert _faltet(page, "sammanfattning", demo) == text
    finally:
        context.close()
