"""What was read on a phone is read there without a network too, by who read it and by nobody else."""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.browser.conftest import NACKA, TELEFON, TRAFIKVERKET, Oppna, logga_in
from tests.browser.granskning import granska
from tests.korning import Korning
from tests.natet import Lage, Natet
from tests.servrar import ledig_port, vanta_tills
from wis.app import create_app
from wis.db import Database
from wis.settings import load

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"
BILD = f"{H}/lagesbild/samlad"
SKRIV = f"{H}/lagesbild/trafikverket/skriv"
SPARAT = re.compile(r"^Sparat \d\d:\d\d$")
TIMME = 3_600_000
LASARE = "camilla.brunnberg@polisen.example"
SPARADE = """async () => {
  const lador = (await caches.keys()).filter((namn) => namn.startsWith('wis-natlos-'));
  const register = async (namn) => (await (await caches.open(namn)).match('/natlos/register'))?.json();
  return (await Promise.all(lador.map(register))).flatMap((ett) => Object.keys(ett ?? {}));
}"""
ALDRAS = """async (ms) => {
  const [namn] = (await caches.keys()).filter((ett) => ett.startsWith('wis-natlos-'));
  const lada = await caches.open(namn);
  const register = await (await lada.match('/natlos/register')).json();
  const da = Date.now() - ms;
  for (const rad of Object.values(register).filter(({ tid }) => tid > da)) {
    rad.till -= rad.tid - da;
    rad.tid = da;
  }
  await lada.put('/natlos/register', new Response(JSON.stringify(register)));
}"""


@pytest.fixture
def natet(demo: Korning) -> Iterator[Natet]:
    """The way to the demo."""
    with Natet(demo.port) as vag:
        yield vag


def _sparade(page: Page) -> list[str]:
    sparade: list[str] = page.evaluate(SPARADE)
    return sparade


def _las(page: Page, *adresser: str) -> None:
    """Read these pages, until they are kept."""
    for adress in adresser:
        page.goto(adress)
        vag = adress if adress.startswith("/") else "/" + adress.split("/", 3)[3]
        vanta_tills(lambda vag=vag: vag in _sparade(page), vad=f"att {vag} är sparad", paus=0.1)  # type: ignore[misc]


def _gra(page: Page, adress: str) -> None:
    page.goto(adress)
    expect(page.locator("#natlos")).to_contain_text("Sparad kopia från")
    expect(page.locator(".natlos-mer")).to_contain_text("nätet är tillbaka")


def test_what_i_read_opens_in_grey_without_a_network_says_its_age_and_ends_in_time(oppna: Oppna) -> None:
    page = oppna(NACKA, storlek=TELEFON, natlos=True)
    _las(page, f"{H}/karta", H, BILD)
    # A page that is not kept, and is no refusal, takes none of the others with it.
    page.goto(f"{H}/enfil")
    _las(page, "/")
    assert {H, BILD} <= set(_sparade(page))
    page.context.set_offline(offline=True)

    def ar_gammal() -> bool:
        # Again, if one that was on its way came to be kept after it.
        page.evaluate(ALDRAS, 3 * TIMME + 300_000)
        _gra(page, BILD)
        expect(page.locator("#natlos")).to_have_text(re.compile(r"\d\d:\d\d, (nyss|för .*)\. Det"))
        return "nyss" not in page.locator("#natlos").inner_text()

    vanta_tills(ar_gammal, vad="att den sparade sidan är gammal")
    expect(page.locator("#natlos")).to_have_text(
        re.compile(r"^Sparad kopia från (\d+ \w+ \d+ )?\d\d:\d\d, för 3 tim sedan\. Det kan finnas nyare\.$")
    )
    expect(page.locator("#natlos")).to_have_attribute("role", "status")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).filter") == "grayscale(1)"
    expect(page.locator("main form button").first).to_be_disabled()
    expect(page.locator("main form button").first).to_have_attribute("aria-describedby", "natlos-skal")
    expect(page.locator(f'main a[href="{H}"]').first).not_to_have_class(re.compile("ej-sparad"))
    expect(page.locator('a[href="/sok"]').first).to_have_text("Sök (inte sparad)")
    granska(page)
    # The map to move about in can't be had: the picture of it stands, and the lists.
    _gra(page, f"{H}/karta")
    expect(page.locator("svg.kartbild path.kommun").first).to_be_visible()
    expect(page.get_by_role("heading", name="Platser")).to_be_visible()
    # What is not kept says so, and leads to what is.
    page.goto(f"{H}/tidslinje")
    expect(page.get_by_text("Sidan är inte sparad här")).to_be_visible()
    granska(page)
    page.get_by_role("link", name=re.compile("^Samlad lägesbild")).click()
    expect(page.locator("#natlos")).to_be_visible()
    # The network is back: so is the page, by itself.
    page.context.set_offline(offline=False)
    expect(page.locator("html")).not_to_have_attribute("data-sparad", re.compile(""))
    expect(page.locator("main form button").first).to_be_enabled()
    page.evaluate(ALDRAS, 72 * TIMME)
    page.context.set_offline(offline=True)
    page.goto(H)
    expect(page.get_by_text("Sidan är inte sparad här")).to_be_visible()
    expect(page.get_by_text("Inget är sparat här.")).to_be_visible()
    assert _sparade(page) == []


def test_logging_out_takes_it_away_and_the_next_person_finds_nothing_of_mine(oppna: Oppna, natet: Natet) -> None:
    page = oppna(storlek=TELEFON, natlos=True)
    page.goto(natet.url)
    logga_in_har(page, natet, LASARE)
    _las(page, f"{natet.url}{H}", f"{natet.url}{BILD}")
    # By a link to the login page, as one does whose login has run out: the cookie goes, the pages stay.
    page.context.clear_cookies()
    logga_in_har(page, natet, NACKA)
    vanta_tills(lambda: not {H, BILD} & set(_sparade(page)), vad="att den förras sidor är borta", paus=0.1)
    _las(page, f"{natet.url}{BILD}")
    natet.led_till(ledig_port())
    _gra(page, f"{natet.url}{BILD}")
    # Also where nobody answers.
    page.locator(".meny summary").click()
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_text("Inget är sparat här.")).to_be_visible()
    assert _sparade(page) == []


INTE_AN = "Du är inte helt utloggad än."
LAPPEN = "(falt) => caches.open('wis-utloggning').then((lada) => lada.put('/logga-ut', new Response(falt)))"
FINNS_LAPPEN = "caches.has('wis-utloggning')"


def _logga_ut_utan_nat(page: Page, natet: Natet, *, svaljs: bool = False) -> list[Any]:
    """Log in and read, and log out where nobody answers; returns the cookies of the login, which goes on."""
    logga_in_har(page, natet, LASARE)
    _las(page, f"{natet.url}{BILD}")
    kakor = list(page.context.cookies())
    if svaljs:
        natet.stall(Lage.SVALJER)
    else:
        natet.led_till(ledig_port())
    page.locator(".meny summary").click()
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_text(INTE_AN)).to_be_visible()
    assert page.evaluate(FINNS_LAPPEN)
    return kakor


def _ny_flik(page: Page) -> Page:
    """The page is shut, and the worker with it; a page opened later."""
    cdp, lagen = page.context.new_cdp_session(page), dict[str, str]()
    cdp.on("ServiceWorker.workerVersionUpdated", lambda nytt: lagen.update(
        {version["versionId"]: version["runningStatus"] for version in nytt["versions"]}))  # fmt: skip
    cdp.send("ServiceWorker.enable")
    cdp.send("ServiceWorker.stopAllWorkers")
    vanta_tills(lambda: cdp.send("Runtime.enable") == {} and set(lagen.values()) == {"stopped"}, vad="att den är slut")
    ny = page.context.new_page()
    page.close()
    return ny


def test_logging_out_without_a_network_is_done_by_the_server_before_any_page_is_shown(
    oppna: Oppna, natet: Natet, demo: Korning
) -> None:
    page = oppna(storlek=TELEFON, natlos=True)
    page.goto(natet.url)
    kakor = _logga_ut_utan_nat(page, natet)
    expect(page.get_by_text("Låt ingen annan använda webbläsaren")).to_be_visible()
    expect(page.get_by_text("Sidan är inte sparad här")).to_be_hidden()
    granska(page)
    page = _ny_flik(page)
    page.goto(f"{natet.url}{H}")  # still nobody answers
    expect(page.get_by_text(INTE_AN)).to_be_visible()
    page = _ny_flik(page)
    natet.led_till(demo.port)
    page.goto(f"{natet.url}{BILD}")
    page.wait_for_url("**/logga-in**")
    expect(page.get_by_text("Du är utloggad.")).to_be_visible()
    assert not page.evaluate(FINNS_LAPPEN)
    page.context.add_cookies(kakor)
    page.goto(f"{natet.url}{BILD}")
    page.wait_for_url("**/logga-in**")
    # The page that waits goes on by itself; also where the token is refused: it is renewed for the same login alone.
    _logga_ut_utan_nat(page, natet)
    lappen = page.evaluate("caches.match('/logga-ut').then((svar) => svar.json())")
    page.evaluate(LAPPEN, json.dumps({**lappen, "token": "ogiltig"}))
    page.evaluate("dispatchEvent(new Event('offline'))")
    natet.led_till(demo.port)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_url("**/logga-in**")
    expect(page.get_by_text("Du är utloggad.")).to_be_visible()
    # Who has logged in since is left alone. Where nothing comes back it is said within a few seconds.
    _logga_ut_utan_nat(page, natet, svaljs=True)
    annan = oppna(NACKA).context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies(annan)
    page = _ny_flik(page)
    natet.stall(Lage.OPPET)
    page.goto(f"{natet.url}{BILD}")
    expect(page.locator(".meny summary")).to_contain_text("Nacka")
    assert not page.evaluate(FINNS_LAPPEN)


def logga_in_har(page: Page, natet: Natet, epost: str) -> None:
    """Through the login page, by this way to the server."""
    page.goto(f"{natet.url}/logga-in")
    page.get_by_label("E-post").fill(epost)
    page.get_by_label("Lösenord", exact=True).fill("demo-demo-demo-demo")
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(lambda url: "/logga-in" not in url)


def test_whose_account_is_shut_keeps_nothing_from_the_next_contact_on(oppna: Oppna, demo: Korning) -> None:
    page = oppna(storlek=TELEFON, natlos=True)
    logga_in(page, LASARE)
    _las(page, H, BILD)
    try:
        demo.wis("user", "disable", LASARE)
        page.goto("/handelser")
        page.wait_for_url(re.compile("/logga-in"))
        vanta_tills(lambda: _sparade(page) == [], vad="att inget är kvar", paus=0.1)
        page.context.set_offline(offline=True)
        page.goto(BILD)
        expect(page.get_by_text("Sidan är inte sparad här")).to_be_visible()
    finally:
        demo.wis("user", "enable", LASARE)


@contextmanager
def _avstangt(demo: Korning, bas: str) -> Iterator[int]:
    """A server on the demo's data, where the operator has said that no phone keeps anything. Its port.

    `bas`: by what address it is reached. From another it takes no sockets, and a browser that tries on and on has no
    connection left for the rest.
    """
    miljo = {"WIS_INSTANCE": str(demo.logg.parent), "WIS_DEMO": "1", "WIS_BAS_URL": bas, "WIS_NATLOS_TIMMAR": "0"}
    settings = load(miljo)
    databas = Database(settings.database_url)
    server = make_server("127.0.0.1", 0, create_app(settings, databas), threaded=True)
    trad = threading.Thread(target=server.serve_forever, daemon=True)
    trad.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        trad.join(30)
        server.server_close()
        databas.dispose()


def test_where_the_operator_turns_it_off_the_worker_goes_with_all_that_it_kept(
    oppna: Oppna, demo: Korning, natet: Natet
) -> None:
    page = oppna(NACKA, storlek=TELEFON, natlos=True)
    _las(page, f"{natet.url}{BILD}")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((alla) => alla.length)") == 1
    with _avstangt(demo, natet.url) as port:
        natet.led_till(port)
        page.goto(f"{natet.url}{H}")
        # A browser asks for the worker anew a while after a page has come; it is not to be waited for here. It may have
        # done so, and the worker be gone between the two calls.
        fraga = "navigator.serviceWorker.getRegistration().then((r) => r?.update())"
        borta = f"{fraga}.catch(() => null).then(() => caches.keys())"
        vanta_tills(lambda: page.evaluate(borta) == [], vad="att lådorna är borta", paus=0.5)
        page.goto(f"{natet.url}{BILD}")
        expect(page.locator("h1")).to_be_visible()
        antal = "navigator.serviceWorker.getRegistrations().then((alla) => alla.length)"
        vanta_tills(lambda: page.evaluate(antal) == 0, vad="att arbetaren är borta", paus=0.1)
        natet.led_till(demo.port)


def test_the_page_that_i_wrote_on_opens_without_a_network_with_my_text_and_loses_none_of_it(oppna: Oppna) -> None:
    page = oppna(TRAFIKVERKET, storlek=TELEFON, natlos=True)
    _las(page, SKRIV)
    falt, rad = page.get_by_role("textbox", name="Sammanfattning"), page.locator("[data-sparstatus]")
    page.wait_for_selector(".handlingar > .dold[role=status]", state="attached")
    falt.fill(sparat := f"Sparat på servern {uuid.uuid4().hex[:8]}")
    expect(rad).to_have_text(SPARAT)
    vanta_tills(lambda: page.evaluate("caches.match('/natlos/text?' + location.pathname).then(Boolean)"), vad="texten")
    page.context.set_offline(offline=True)
    # Twice: what the server has, and what it has not.
    for tillagg in (", och mer som inte hann", " och ännu lite"):
        page.goto(SKRIV)
        expect(page.locator(".natlos-mer")).to_contain_text(re.compile("Du är utan nät: texten ligger i .* sparas när"))
        expect(falt).to_have_value(re.compile(f"^{sparat}"))
        falt.press("End")
        falt.press_sequentially(tillagg)
        expect(rad).to_contain_text("Endast i den här")
    hela = f"{sparat}, och mer som inte hann och ännu lite"
    expect(falt).to_have_value(hela)
    page.get_by_role("button", name="Publicera utan avisering").click()
    expect(rad).to_contain_text("Inte skickat: ingen kontakt med servern")
    expect(falt).to_have_value(hela)
    page.context.set_offline(offline=False)
    expect(page.locator(".natlos-mer")).to_contain_text("Nätet är tillbaka")
    expect(rad).to_have_text(SPARAT)
    assert hela in page.context.request.get(SKRIV).text()
