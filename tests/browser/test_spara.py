"""Nothing typed is ever lost: where the text is is said in words, and what was typed is there afterwards."""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.conftest import DATOR, TELEFON, TRAFIKVERKET, Oppna, logga_in
from tests.korning import Korning
from tests.natet import Lage, Natet
from tests.servrar import vanta_tills
from tests.tvaperson_stod import satt_regel
from wis.db import Database
from wis.handelser.models import Lage as Handelselage
from wis.tvaperson.models import Niva

pytestmark = pytest.mark.browser
SKRIV = "/handelser/snoovader-svealand/lagesbild/trafikverket/skriv"
NY = "/handelser/snoovader-svealand/underrattelser/ny"
JS = Path(__file__).resolve().parents[2] / "static" / "js"
SKRIBENT = "oskar.lidman@trafikverket.example"
SPARAT = re.compile(r"^Sparat \d\d:\d\d$")
_FULL = """
Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') };
IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') };
"""
_LYSSNA = """
window.upplast = [];
const rad = document.querySelector('[data-sparstatus]');
const las = rad.parentElement.querySelector('.dold[role=status]');
new MutationObserver(() => las.textContent && window.upplast.push(las.textContent)).observe(las, { childList: true });
"""


_PA_ENHETEN = """async () => {
const lada = await new Promise((klar) => {
  const fraga = indexedDB.open('wis', 1);
  fraga.onupgradeneeded = () => fraga.result.createObjectStore('kopior');
  fraga.onsuccess = () => klar(fraga.result);
});
const iBasen = await new Promise((klar) => {
  const fraga = lada.transaction('kopior').objectStore('kopior').getAll();
  fraga.onsuccess = () => klar(fraga.result);
});
lada.close();
const iMinnet = Object.keys(localStorage).filter((nyckel) => /^wis-(utkast|kopia):/.test(nyckel));
return JSON.stringify([...iBasen, ...iMinnet.map((nyckel) => localStorage[nyckel])]);
}"""


@pytest.fixture
def natet(demo: Korning) -> Iterator[Natet]:
    """The way to the demo."""
    with Natet(demo.port) as vag:
        yield vag


def _prov(text: str) -> str:
    return f"{text} {uuid.uuid4().hex[:8]}"


def _status(page: Page) -> Any:
    return expect(page.locator("[data-sparstatus]"))


def _sparat(page: Page) -> None:
    expect(page.locator("[data-sparstatus][data-lage=sparat]")).to_have_text(SPARAT)


def _skriver(page: Page, adress: str = SKRIV) -> None:
    """Open the page to write on, when what saves is there."""
    page.goto(adress)
    page.wait_for_selector(".handlingar > .dold[role=status]", state="attached")


def _pa_servern(page: Page) -> str:
    """The summary of the draft as the server has it, asked for by another way than the page's own."""
    svar = page.context.request.get(SKRIV)
    funnet = re.search(r'<textarea[^>]*name="sammanfattning"[^>]*>\s*(.*?)</textarea>', svar.text(), re.DOTALL)
    assert funnet is not None
    return funnet[1]


def _pa_enheten(page: Page) -> str:
    """All that this browser keeps of drafts, as one text."""
    kvar = page.evaluate(_PA_ENHETEN)
    assert isinstance(kvar, str)
    return kvar


def test_who_types_without_a_pause_is_saved_and_the_state_is_read_aloud_only_when_it_matters(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    _skriver(page)
    page.evaluate(_LYSSNA)
    sparade: list[Request] = []
    page.on("request", lambda request: sparade.append(request) if request.url.endswith("/utkast") else None)
    falt = page.get_by_role("textbox", name="Sammanfattning")
    falt.fill("")
    falt.press_sequentially("Utan att stanna upp, i flera sekunder.", delay=100)
    assert sparade  # while it was typed
    _sparat(page)
    _upplast(page, "Sparat")
    page.route("**/utkast", lambda route: route.fulfill(status=503, body="{}"))
    falt.fill(text := _prov("Servern kan inte spara."))
    _status(page).to_contain_text("Endast i den här datorn. Servern tog inte emot texten.")
    _upplast(page, "Sparat", "Endast")
    page.unroute("**/utkast")
    _sparat(page)
    _upplast(page, "Sparat", "Endast", "Sparat")
    assert text in _pa_servern(page)


def _upplast(page: Page, *ord_: str) -> None:
    """What has been read aloud, from the beginning, by the first words of each."""
    vanta_tills(lambda: len(page.evaluate("window.upplast")) >= len(ord_), vad=f"att {ord_} är uppläst")
    assert tuple(text[:6] for text in page.evaluate("window.upplast")) == ord_


def test_a_device_that_keeps_nothing_says_that_it_is_not_saved_and_why(
    chromium: Browser, demo: Korning, tillstand: Callable[[str], Path]
) -> None:
    inloggad = tillstand(TRAFIKVERKET)
    for init, ord_ in (("", "Endast i den här telefonen"), (_FULL, "Ej sparat.")):
        context = chromium.new_context(
            base_url=demo.url, viewport=TELEFON, has_touch=True, is_mobile=True, storage_state=inloggad
        )
        try:
            context.set_default_timeout(30_000)
            page = context.new_page()
            context.add_init_script(init)
            context.route("**/utkast", lambda route: route.abort())
            for adress, falt in ((SKRIV, "Sammanfattning"), (NY, "Rubrik")):
                _skriver(page, adress)
                page.get_by_role("textbox", name=falt).fill(_prov("Bara här."))
                _status(page).to_contain_text(ord_)
                if init:
                    _status(page).to_contain_text("har inte plats för texten. Stäng inte sidan")
                rad = page.locator("[data-sparstatus]").bounding_box()
                assert rad is not None
                assert 0 <= rad["y"] < TELEFON["height"]
        finally:
            for oppen in context.pages:
                oppen.unroute_all(behavior="ignoreErrors")
            context.close()


def _bryts(page: Page, natet: Natet, hur: str) -> None:
    if hur == "offline":
        page.context.set_offline(offline=True)
    else:
        natet.stall(Lage.SVALJER)


def _ater(page: Page, natet: Natet, hur: str) -> None:
    if hur == "offline":
        page.context.set_offline(offline=False)
    else:
        natet.stall(Lage.OPPET)


@pytest.mark.parametrize("hur", ["offline", "black hole"])
def test_a_dead_connection_is_seen_though_nobody_types_and_the_text_is_saved_when_it_is_back(
    oppna: Oppna, natet: Natet, hur: str
) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON if hur == "offline" else DATOR)
    _skriver(page, natet.url + SKRIV)
    began = time.monotonic()
    _bryts(page, natet, hur)
    _status(page).to_contain_text("Ingen kontakt med servern")
    print(f"\n{hur}: seen after {time.monotonic() - began:.1f} s")
    page.get_by_role("textbox", name="Sammanfattning").fill(text := _prov("Mitt i en mening"))
    _status(page).to_contain_text("Endast i den här datorn. Ingen kontakt med servern. Skriv vidare")
    page.get_by_role("button", name="Publicera utan avisering").click()
    _status(page).to_contain_text("Inte skickat: ingen kontakt med servern")
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)
    page.get_by_role("textbox", name="Sammanfattning").press_sequentially(", och lite till")
    vanta_tills(lambda: "lite+till" in _pa_enheten(page), vad="att enheten har texten")
    _ater(page, natet, hur)
    _sparat(page)
    assert f"{text}, och lite till" in _pa_servern(oppna(TRAFIKVERKET))


def test_the_probes_are_frequent_enough_to_show_a_dead_connection_within_five_seconds() -> None:
    kod = (JS / "kontakt.js").read_text(encoding="utf-8")
    takt, talamod = (int(re.search(rf"const {namn} = (\d+);", kod)[1]) for namn in ("TAKT_MS", "SVAR_HOGST_MS"))  # type: ignore[index]
    assert takt + talamod < 5000


def test_a_long_text_on_slow_3g_is_not_called_lost(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON)
    _skriver(page)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    villkor = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    cdp.send("Network.emulateNetworkConditions", villkor)
    page.evaluate(
        """() => { window.sagt = []; const rad = document.querySelector('[data-sparstatus]');
        new MutationObserver(() => window.sagt.push(rad.textContent)).observe(rad, { childList: true }) }"""
    )
    # It takes longer than the server is waited for where there is only asked whether it is there.
    text = _prov("Långsamt.") + " Vägen är halkig." * 5_000
    page.get_by_role("textbox", name="Sammanfattning").evaluate(
        "(falt, text) => { falt.value = text; falt.dispatchEvent(new Event('input', { bubbles: true })) }", text
    )
    _sparat(page)
    sagt = page.evaluate("window.sagt")
    assert {re.sub(r"\d\d:\d\d", "", ord_) for ord_ in sagt} <= {"Sparas …", "Sparat "}, sagt
    page.get_by_role("textbox", name="Sammanfattning").fill("Kort igen.")
    _sparat(page)


def test_who_is_logged_out_in_the_middle_logs_in_again_and_the_text_is_there(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET)
    _skriver(page)
    page.context.clear_cookies()
    page.get_by_role("textbox", name="Sammanfattning").fill(text := _prov("Inloggningen gick ut."))
    _status(page).to_contain_text("Endast i den här datorn. Du är utloggad.")
    page.locator("[data-sparstatus]").get_by_role("link", name="Logga in").click()
    page.get_by_label("E-post").fill(TRAFIKVERKET)
    page.get_by_label("Lösenord", exact=True).fill("demo-demo-demo-demo")
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(f"**{SKRIV}")
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(text)
    expect(page.get_by_text("är tillbaka i fälten")).to_be_visible()
    _sparat(page)
    assert text in _pa_servern(page)


def test_a_draft_goes_on_at_another_device_and_neither_text_is_lost(oppna: Oppna) -> None:
    telefonen, datorn = oppna(SKRIBENT, storlek=TELEFON), oppna(SKRIBENT)
    _skriver(telefonen)
    telefonen.get_by_role("textbox", name="Sammanfattning").fill(begun := _prov("Påbörjat på telefonen."))
    _sparat(telefonen)
    _skriver(datorn)
    expect(datorn.get_by_role("textbox", name="Sammanfattning")).to_have_value(begun)
    datorn.get_by_role("textbox", name="Sammanfattning").fill(theirs := _prov("Fortsatt vid datorn."))
    _sparat(datorn)
    telefonen.get_by_role("textbox", name="Sammanfattning").fill(mine := _prov("Och så på telefonen igen."))
    _status(telefonen).to_contain_text("En annan flik eller enhet sparade utkastet")
    telefonen.locator("form[data-utkast]").evaluate(
        "form => form.requestSubmit(form.querySelector('button[value=spara]:not(.dold)'))"
    )
    expect(telefonen.get_by_text("Utkastet har sparats från en annan flik")).to_be_visible()
    expect(telefonen.get_by_role("textbox", name="Sammanfattning")).to_have_value(mine)
    assert theirs.split()[-1] in telefonen.locator("main").inner_text()
    assert theirs in _pa_servern(datorn)


def _logga_ut(page: Page) -> None:
    page.locator("details.meny summary").click()
    page.get_by_role("button", name="Logga ut", exact=True).click()


@pytest.fixture
def tva_personer(demo: Korning) -> Iterator[None]:
    """Trafikverket wants two persons everywhere, for this test alone."""
    database = Database(f"sqlite:///{demo.logg.parent / 'wis.db'}")
    satt_regel(database, "trafikverket", *Niva, lage=Handelselage.AKTIVERAT)
    yield
    satt_regel(database, "trafikverket")
    database.dispose()


def _skickade_utkast(page: Page) -> list[str]:
    """What every page of this browser sends to be saved as a draft, from now on; none of it arrives."""
    kroppar: list[str] = []

    def avbryt(route: Route) -> None:
        kroppar.append(route.request.post_data or "")
        route.abort()

    page.context.route("**/utkast", avbryt)
    return kroppar


def test_logging_out_saves_first_and_asks_before_what_could_not_be_saved_goes(oppna: Oppna, tva_personer: None) -> None:
    page = oppna()
    logga_in(page, TRAFIKVERKET)
    _skriver(page)
    page.get_by_role("textbox", name="Sammanfattning").fill(sparad := _prov("Strax före utloggningen."))
    _logga_ut(page)
    page.wait_for_url("**/logga-in**")
    logga_in(page, TRAFIKVERKET)
    assert sparad in _pa_servern(page)
    _skriver(page)
    skickade = _skickade_utkast(page)
    page.locator("[name=krock]").evaluate("falt => { falt.value = 'v7:oavgjord' }")
    page.get_by_role("textbox", name="Sammanfattning").fill(bara_har := _prov("Bara i webbläsaren."))
    page.get_by_text("Publicera ensam i nödläge").click()
    page.get_by_label("Varför går det inte att vänta på en kollega?").fill("Ingen svarar i telefon.")
    page.get_by_label("Jag publicerar ensam").check()
    _status(page).to_contain_text("Endast i den här datorn")
    # Why one publishes alone is of this sending, and not of the text: it is neither kept nor given back.
    vanta_tills(lambda: bara_har.split()[-1] in _pa_enheten(page), vad="att texten finns här")
    assert "telefon" not in _pa_enheten(page)
    page.reload()
    expect(page.get_by_role("textbox", name="Sammanfattning")).to_have_value(bara_har)
    expect(page.locator("[name=nodskal]")).to_have_value("")
    expect(page.locator("[name=nodintyg]")).not_to_be_checked()
    _status(page).to_contain_text("Endast i den här datorn")
    flik = page.context.new_page()
    flik.goto("/")
    _logga_ut(flik)
    ruta = flik.get_by_role("dialog")
    expect(ruta).to_contain_text("Text som finns endast i den här datorn försvinner")
    expect(ruta.get_by_role("button", name="Avbryt")).to_be_focused()
    # What it had met, and not chosen between, was sent along.
    assert any("krock=v7%3Aoavgjord" in kropp and "nodskal" not in kropp for kropp in skickade), skickade
    flik.keyboard.press("Escape")
    expect(ruta).to_be_hidden()
    assert bara_har.split()[-1] in _pa_enheten(flik)
    _logga_ut(flik)
    flik.get_by_role("button", name="Logga ut ändå").click()
    flik.wait_for_url("**/logga-in**")
    vanta_tills(lambda: _pa_enheten(flik) == "[]", vad="att inget är kvar")
    page.get_by_role("textbox", name="Sammanfattning").press("End")
    page.get_by_role("textbox", name="Sammanfattning").press_sequentially("!")
    _status(page).to_contain_text("Ej sparat.")
    assert _pa_enheten(flik) == "[]"
