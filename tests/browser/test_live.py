"""What an open page does when something is published: the new text first, never backwards, and nothing missed."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, WebSocketRoute, expect

from tests.browser.conftest import NACKA, TRAFIKVERKET, Oppna
from tests.servrar import vanta_tills
from wis import clock
from wis.settings import PROJECT_ROOT

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
LAS = f"{HANDELSE}/lagesbild/trafikverket"
SKRIV = f"{LAS}/skriv"
UTDRAG = "**/utdrag/**"
MARKERA = """() => {
  const text = document.querySelector('article h1').firstChild;
  const fran = text.data.indexOf('Lägesbild');
  getSelection().setBaseAndExtent(text, fran, text, fran + 'Lägesbild'.length);
}"""
"""The reader marks the first word of the heading."""
NUMMER_INOM = re.search(r"^const NUMMER_INOM = (\d+);", (PROJECT_ROOT / "static/js/live.js").read_text(), re.MULTILINE)
UTAN_TIDSGRANS = f"""
  AbortSignal.timeout = () => new AbortController().signal;
  const vanta = window.setTimeout;
  window.setTimeout = (gor, ms, ...mer) => vanta(gor, ms === {NUMMER_INOM and NUMMER_INOM[1]} ? 300000 : ms, ...mer);
"""
"""A page gives up a question after a while, and takes a server that says no number for an older one: not here, where
the machine may be slow, or we hold the answer."""
SIST_I_KON = "Math.random = () => 1"
"""The lot is against this page each time."""
RAKNA_SAGT = """() => {
  window.sagt = [];
  const rad = document.querySelector('body > [role=status].dold');
  new MutationObserver(() => window.sagt.push(rad.textContent)).observe(rad, { childList: true });
}"""
"""Keep all that is read aloud from now on, also when the same is said again."""
SOV = """() => {
  window.horda = 0;
  window.fragade = [];
  const fetch = window.fetch;
  window.fetch = (...vad) => { window.fragade.push(String(vad[0])); return fetch(...vad); };
  document.addEventListener('wis:andring', (h) => { if (h.detail.slag === 'lagesbild') window.horda += 1; });
}"""
"""Count what is heard, and what the page asks for, from now on."""


@pytest.fixture
def oppna(oppna: Oppna) -> Oppna:
    """Pages that wait for an answer for as long as it takes."""

    def _oppna(epost: str) -> Page:
        page = oppna(epost)
        page.add_init_script(UTAN_TIDSGRANS)
        return page

    return _oppna


def _ansluten(page: Page) -> None:
    page.wait_for_selector("#anslutning[data-lage=ansluten]", state="attached")


def _oppna_ansluten(page: Page, sida: str) -> None:
    page.goto(sida)
    _ansluten(page)


def _publicera(writer: Page, vad: str) -> str:
    """Publish a lägesbild of Trafikverket's; returns its summary."""
    text = f"{vad} {uuid.uuid4().hex[:8]}"
    writer.goto(SKRIV)
    writer.get_by_role("textbox", name="Sammanfattning").fill(text)
    writer.get_by_role("button", name="Publicera utan avisering").click()
    writer.wait_for_url(re.compile(r"/lagesbild/trafikverket$"))
    return text


def _underratta(writer: Page, text: str) -> None:
    writer.goto(f"{HANDELSE}/underrattelser/ny")
    writer.get_by_label("Rubrik").fill("Prov")
    writer.get_by_label("Text", exact=True).fill(text)
    writer.get_by_role("button", name="Publicera utan avisering").click()
    writer.wait_for_url(re.compile(r"/underrattelser/\d+$"))


def _fragar_om_sig_sjalv(request: Request) -> bool:
    return "x-live" in request.headers


def _anropen(page: Page) -> list[str]:
    """What the page asks for from now on of pages and extracts, by path."""
    seen: list[str] = []

    def anteckna(request: Request) -> None:
        if _fragar_om_sig_sjalv(request) or "/utdrag/" in request.url:
            seen.append(re.sub(r"https?://[^/]+", "", request.url))

    page.on("request", anteckna)
    return seen


class Hallna:
    """The page's questions about itself, each with its answer, that wait for us to hand them over."""

    def __init__(self, page: Page) -> None:
        self.svar: list[tuple[Route, APIResponse]] = []
        self._haller = True
        page.route(re.compile(rf"{LAS}(\?.*)?$"), self._hall)

    def _hall(self, route: Route) -> None:
        if self._haller and _fragar_om_sig_sjalv(route.request):
            self.svar.append((route, route.fetch()))
        else:
            route.continue_()

    def slapp(self) -> None:
        """Let go of them; those that come after are answered as always."""
        self._haller = False
        for route, svar in self.svar:
            route.fulfill(response=svar)


def test_the_new_text_stands_before_the_page_has_come_and_an_older_page_does_not_take_it_away(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    _oppna_ansluten(page, LAS)
    artikel = page.locator("article.lagesbild")
    hallna = Hallna(page)
    page.evaluate(RAKNA_SAGT)
    forsta = _publicera(writer, "E4 stängd.")
    expect(artikel).to_contain_text(forsta)
    expect(page.locator("body > [role=status].dold")).to_have_text(re.compile("^Sidan uppdaterades .*: ny lägesbild$"))
    vanta_tills(lambda: page.evaluate("true") and hallna.svar, 30, "att sidan hämtas")
    page.evaluate(MARKERA)
    andra = _publicera(writer, "E4 öppen.")
    expect(artikel).to_contain_text(andra)
    assert page.evaluate("getSelection().toString()") == "Lägesbild"
    version = int(artikel.get_attribute("data-version") or 0)
    # It knows nothing of the second version.
    assert andra not in hallna.svar[0][1].text()
    hallna.slapp()
    expect(page.get_by_role("link", name=f"Länk till just version {version}")).to_be_visible()
    expect(artikel).to_contain_text(andra)
    expect(artikel).to_have_attribute("data-version", str(version))
    sagt = page.evaluate("window.sagt")
    # Each version once: by its text, and not by the page that follows.
    assert [rad.rpartition(": ")[2] for rad in sagt] == ["ny lägesbild", "ny lägesbild"]


def test_what_is_marked_in_a_card_stays_so_when_its_new_text_comes(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    forsta = _publicera(writer, "E4 stängd.")
    _oppna_ansluten(page, HANDELSE)
    page.route(re.compile(rf"{HANDELSE}(\?.*)?$"), _svara_aldrig)
    kort = page.locator(".kort", has=page.locator("a[href$='/lagesbild/trafikverket']")).locator(".sammanfattning")
    expect(kort).to_have_text(forsta)
    kort.evaluate("rad => getSelection().setBaseAndExtent(rad.firstChild, 0, rad.firstChild, 'E4'.length)")
    andra = _publicera(writer, "E4 öppen.")
    expect(kort).to_have_text(andra)
    assert page.evaluate("getSelection().toString()") == "E4"


def _svara_aldrig(route: Route) -> None:
    """Let the page wait for itself, so that what stands there has come in the extract."""
    if not _fragar_om_sig_sjalv(route.request):
        route.continue_()


def test_without_an_extract_the_page_is_fetched_and_one_that_nobody_sees_waits(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    page.route(UTDRAG, lambda route: route.fulfill(status=404))
    _oppna_ansluten(page, LAS)
    anrop = _anropen(page)
    expect_text = _publicera(writer, "Utdraget nekas.")
    expect(page.locator("article.lagesbild")).to_contain_text(expect_text)
    # The page may have come first: they are drawn by lot, each by itself.
    vanta_tills(lambda: page.evaluate("true") and any("/utdrag/" in a for a in anrop), 30, "att utdraget hämtas")
    _satt_synlig(page, "hidden")
    page.evaluate(SOV)
    sovande = _publicera(writer, "Medan du sov.")
    page.wait_for_function("window.horda")
    # Longer than it takes a page that is seen to ask.
    page.wait_for_timeout(600)
    assert page.evaluate("window.fragade") == []
    _satt_synlig(page, "visible")
    expect(page.locator("article.lagesbild")).to_contain_text(sovande)


def _satt_synlig(page: Page, hur: str) -> None:
    page.evaluate(
        """(hur) => {
          Object.defineProperty(document, 'visibilityState', { value: hur, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hur,
    )


def test_who_may_no_longer_read_gets_no_extract_and_what_stood_there_is_taken_away(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    _underratta(writer, hemligt := f"Bara för några {uuid.uuid4().hex[:8]}.")
    _oppna_ansluten(page, writer.url)
    expect(page.get_by_text(hemligt)).to_be_visible()
    anrop = _anropen(page)
    writer.goto(f"{writer.url}/ratta")
    writer.get_by_label("Text", exact=True).fill(f"{hemligt} Rättat.")
    writer.evaluate("document.querySelectorAll('details').forEach(ett => { ett.open = true })")
    writer.get_by_label("Bara vår egen aktör").check()
    writer.get_by_role("button", name="Publicera utan avisering").click()
    expect(page.locator("#anslutning")).to_contain_text("Sidan finns inte längre för dig.")
    expect(page.locator("main")).to_be_hidden()
    assert not [adress for adress in anrop if adress.startswith("/utdrag/")]


def test_a_page_that_missed_what_was_told_asks_when_the_next_number_is_told(oppna: Oppna) -> None:
    page, writer = oppna(TRAFIKVERKET), oppna(TRAFIKVERKET)
    tappade = _tappa(page, lambda ord_: '"lagesbild"' in ord_)
    _oppna_ansluten(page, SKRIV)
    _underratta(writer, "Före.")
    _publicera(writer, "Som aldrig hördes.")
    vanta_tills(lambda: page.evaluate("true") and tappade, 30, "att det sägs")
    _underratta(writer, "Efter.")
    expect(page.get_by_text("publicerades nyss, medan du skrev")).to_be_visible()


def _tappa(page: Page, vilka: Callable[[str], bool]) -> list[str]:
    """Lose these words on their way to the page."""
    return Linje(page, lambda ord_: None if vilka(ord_) else ord_).tappade


class Linje:
    """The page's socket, with us in between: what is said goes by `andra`, None = it is lost."""

    def __init__(self, page: Page, andra: Callable[[str], str | None]) -> None:
        self.tappade: list[str] = []
        self.sagda: list[str] = []
        self.andra, self._oppen = andra, list[WebSocketRoute]()
        page.route_web_socket(re.compile("/socket.io/"), self._koppla)

    def bryt(self) -> None:
        """As a network does that goes away for a moment."""
        self._oppen.pop().close()

    def _koppla(self, ws: WebSocketRoute) -> None:
        self._oppen.append(ws)
        ws.connect_to_server().on_message(lambda ord_: self._vidare(ws, ord_))

    def _vidare(self, ws: WebSocketRoute, ord_: str | bytes) -> None:
        blev = self.andra(ord_) if isinstance(ord_, str) else ord_
        if blev is None:
            self.tappade.append(str(ord_))
            return
        ws.send(blev)
        self.sagda.append(str(blev))

    def nummer(self) -> int:
        """How many times the server has said the number of the event."""
        return sum('"nummer",{' in ord_ for ord_ in self.sagda)


def test_who_comes_back_asks_for_the_page_only_if_it_missed_something(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    linje = Linje(page, lambda ord_: None if '"andring"' in ord_ else ord_)
    anrop = _anropen(page)
    page.goto(LAS)
    vanta_tills(lambda: page.evaluate("true") and linje.nummer() == 1, 30, "att numret sägs")
    linje.bryt()
    vanta_tills(lambda: page.evaluate("true") and linje.nummer() == 2, 30, "att sidan är tillbaka")
    text = _publicera(writer, "Medan ingen sade något.")
    vanta_tills(lambda: page.evaluate("true") and linje.tappade, 30, "att det sägs")
    assert anrop == []
    linje.bryt()
    expect(page.locator("article.lagesbild")).to_contain_text(text)
    assert len(anrop) == 1
    # As if the reader's right had changed meanwhile: the number alone says nothing then.
    linje.andra = lambda ord_: ord_.replace('"ratt":"', '"ratt":"annan ')
    linje.bryt()
    vanta_tills(lambda: page.evaluate("true") and len(anrop) == 2, 30, "att sidan frågar")


def test_when_a_right_may_have_ended_by_itself_the_page_asks_though_nothing_is_told(oppna: Oppna) -> None:
    page, slut = oppna(NACKA), (clock.now() + timedelta(seconds=3)).isoformat()

    def om_en_stund(route: Route) -> None:
        svar = route.fetch()
        route.fulfill(response=svar, body=svar.text().replace('data-slut=""', f'data-slut="{slut}"'))

    page.route(re.compile(rf"{LAS}$"), om_en_stund)
    anrop = _anropen(page)
    _oppna_ansluten(page, LAS)
    vanta_tills(lambda: page.evaluate("true") and anrop, 30, "att sidan frågar")


def test_among_many_the_text_comes_first_and_the_rest_when_somebody_turns_to_it(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    page.add_init_script(SIST_I_KON)
    # As if thousands had been told.
    Linje(page, lambda ord_: ord_.replace('"spridning":150', '"spridning":40000'))
    _oppna_ansluten(page, LAS)
    anrop = _anropen(page)
    artikel = page.locator("article.lagesbild")
    expect(artikel).to_contain_text(_publicera(writer, "Tusen läser."))
    assert not [adress for adress in anrop if not adress.startswith("/utdrag/")]
    artikel.locator("h1").click()
    expect(
        page.get_by_role("link", name=f"Länk till just version {artikel.get_attribute('data-version')}")
    ).to_be_visible()


def test_where_no_socket_comes_through_the_page_says_that_it_asks_and_shows_what_is_new(oppna: Oppna) -> None:
    page, writer = oppna(NACKA), oppna(TRAFIKVERKET)
    page.route("**/socket.io/**", lambda route: route.fulfill(status=404))
    page.route_web_socket(re.compile("/socket.io/"), lambda ws: ws.close())
    page.clock.install()
    page.goto(LAS)
    rad = page.locator("#anslutning")

    def fragar() -> bool:
        page.clock.run_for(5000)
        return "Frågar var" in (rad.text_content() or "")

    vanta_tills(fragar, 60, "att sidan säger att den frågar")
    expect(rad).to_have_js_property("hidden", False)
    text = _publicera(writer, "Utan uttag.")

    def framme() -> bool:
        page.clock.run_for(20_000)
        return text in (page.locator("article.lagesbild").text_content() or "")

    vanta_tills(framme, 60, "att texten hämtas")
