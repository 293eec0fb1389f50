"""The content security policy in real Chromium: what is ours loads and works, what is not is refused."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NACKA, TIB, Oppna
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
HANDELSE = "/handelser/snoovader-svealand"
SIDOR = ["/", HANDELSE, f"{HANDELSE}/lagesbild/lansstyrelsen/skriv", f"{HANDELSE}/underrattelser/ny", "/mina-notiser"]

LYSSNA = """
  window.brott = [];
  const anteckna = (brott) => window.brott.push(brott.effectiveDirective + ' ' + brott.blockedURI);
  document.addEventListener('securitypolicyviolation', anteckna);
"""


def _oppna(oppna: Oppna, epost: str, sida: str, *skript: str) -> Page:
    """The page, when all is still and these scripts have come."""
    page, hamtade = oppna(epost), set[str]()
    page.add_init_script(LYSSNA)
    page.on("response", lambda svar: hamtade.add(svar.url.rsplit("/", 1)[1]) if svar.url.endswith(".js") else None)
    page.goto(sida, wait_until="networkidle")
    # To ask the page something lets in what has come.
    vanta_tills(lambda: page.evaluate("true") and {*skript} <= hamtade, 30, f"{skript} av {hamtade}")
    return page


@pytest.mark.parametrize("sida", SIDOR)
def test_nothing_of_ours_breaks_the_policy(oppna: Oppna, sida: str) -> None:
    page = _oppna(oppna, TIB, sida)
    assert page.evaluate("window.brott") == []
    assert page.evaluate("getComputedStyle(document.querySelector('.hoppa')).position") == "absolute"


def test_every_module_loads_and_the_live_channel_connects(oppna: Oppna) -> None:
    _oppna(oppna, TIB, f"{HANDELSE}/underrattelser/ny", "wis.js", "tid.js", "forhandsvisning.js", "betrodd.js")
    page = _oppna(oppna, TIB, HANDELSE, "wis.js", "tid.js", "live.js", "byt.js", "betrodd.js", "socket.io.esm.min.js")
    expect(page.locator("#anslutning[data-lage=ansluten]")).to_be_attached()
    assert page.evaluate("window.brott") == []


# Each with an element `e` of the kind named first, put into the page last.
ELEMENT = {
    "inline script": ("script", "e.textContent = 'window.kort = 1'"),
    "a script of a data address": ("script", "e.src = 'data:text/javascript,window.kort=1'"),
    "inline style": ("style", "e.textContent = 'p{color:red}'"),
    "a form sent elsewhere": ("form", "e.action = 'http://ond.invalid/'; document.body.append(e); e.submit()"),
    "a frame": ("iframe", "e.src = 'http://ond.invalid/'"),
    "a picture elsewhere": ("img", "e.src = 'http://ond.invalid/b.png'"),
    "another base": ("base", "e.href = 'http://ond.invalid/'"),
}
FORSOK = {
    "handler": "document.body.setAttribute('onclick', 'window.kort = 1'); document.body.click()",
    "eval": "window.eval('window.kort = 1')",
    "new function": "new Function('window.kort = 1')()",
    "html of text": "document.body.innerHTML = '<p>x</p>'",
    "another way to html": "trustedTypes.createPolicy('annan', { createHTML: (t) => t })",
    "the same way twice": "trustedTypes.createPolicy('wis', { createHTML: (t) => t })",
    "a fetch elsewhere": "await fetch('http://ond.invalid/')",
} | {
    vad: f"const e = document.createElement('{tagg}'); {gor}; document.head.append(e)"
    for vad, (tagg, gor) in ELEMENT.items()
}


@pytest.mark.parametrize("vad", FORSOK)
def test_what_an_attack_would_do_is_refused(oppna: Oppna, vad: str) -> None:
    page = oppna(NACKA)
    page.add_init_script(LYSSNA)
    page.goto(HANDELSE)
    # Then every policy that we make has been made.
    expect(page.locator("#anslutning[data-lage=ansluten]")).to_be_attached()
    # What the debugger itself runs may use eval: the attempt is made after it has let go.
    nekat = page.evaluate(
        f"""async () => {{
          await new Promise((klar) => setTimeout(klar));
          let nej = '';
          try {{ await (async () => {{ {FORSOK[vad]} }})(); }} catch (fel) {{ nej = String(fel); }}
          const slut = Date.now() + 10000;
          do await new Promise((klar) => setTimeout(klar, 20));
          while (!nej && !window.brott.length && Date.now() < slut);
          return [nej, ...window.brott];
        }}"""
    )
    assert [ord_ for ord_ in nekat if ord_], vad
    assert page.evaluate("window.kort === undefined")
