"""The judge of rendered markup: real Chromium, with no policy to help. It knows nothing of how the project decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, Request, Route

ADRESS = "http://prov.invalid/"
PER_SIDA = 60
"""Renderings judged at a time: each in a section of its own."""

# Whatever an attack would call tells it, wherever it runs.
LYSSNA = """
  window.kort = [];
  for (const namn of ['ut', 'alert', 'confirm', 'prompt', 'print', 'open'])
    window[namn] = (...a) => { window.kort.push(namn + '(' + a + ')'); };
"""

VANTA = """
() => new Promise((klar) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(klar, 30))))
"""

# What a browser built of it: elements, attributes, addresses and kinds of node; then once more of what it would write.
GRANSKA = """
(antal) => {
  const TAGGAR = new Set(
    'p br strong em del ul ol li blockquote code pre h3 h4 h5 table thead tbody tr th td hr a'.split(' '));
  const HTML = 'http://www.w3.org/1999/xhtml';
  const ATTRIBUT = { a: ['href', 'rel'], ol: ['start'] };
  const SCHEMAN = ['http:', 'https:', 'mailto:', 'tel:'];
  const fel = [];
  const granska = (nr, rot, gang) => {
    const vandring = document.createTreeWalker(rot, NodeFilter.SHOW_ALL);
    while (vandring.nextNode()) {
      const nod = vandring.currentNode;
      const anmark = (vad) => fel.push([nr, gang + vad]);
      if (nod.nodeType === Node.TEXT_NODE) continue;
      if (nod.nodeType !== Node.ELEMENT_NODE) { anmark('nod ' + nod.nodeName); continue; }
      if (nod.namespaceURI !== HTML || !TAGGAR.has(nod.localName)) anmark('<' + nod.localName + '>');
      for (const a of nod.attributes)
        if (!(ATTRIBUT[nod.localName] ?? []).includes(a.name)) anmark(nod.localName + ' ' + a.name);
      if (nod.localName === 'a' && nod.hasAttribute('href')) {
        if (!SCHEMAN.includes(nod.protocol)) anmark('adress ' + nod.getAttribute('href'));
        if (nod.username || nod.password) anmark('användarnamn i ' + nod.getAttribute('href'));
        if (nod.rel !== 'noopener noreferrer nofollow ugc') anmark('rel ' + nod.rel);
      }
    }
  };
  const delar = [...document.body.children];
  delar.forEach((del, nr) => {
    const egen = del.localName === 'section' && del.id === 'd' + nr && del.attributes.length === 1;
    if (!egen) fel.push([nr, 'bröt sig ut']);
    granska(nr, del, '');
    const igen = document.createElement('section');
    document.body.append(igen);
    igen.innerHTML = del.innerHTML;
    granska(nr, igen, 'andra läsningen: ');
    igen.remove();
  });
  if (delar.length !== antal || document.head.childElementCount !== 0) fel.push([-1, 'sidan är inte som den skrevs']);
  if ([...document.body.childNodes].some((nod) => nod.nodeType !== Node.ELEMENT_NODE)) fel.push([-1, 'text utanför']);
  return { fel, kort: window.kort };
}
"""


@dataclass
class Dom:
    """What was found: nodes and attributes outside the list, what ran, and what was fetched."""

    otillatet: list[str] = field(default_factory=list)
    korde: list[str] = field(default_factory=list)
    hamtat: list[str] = field(default_factory=list)

    @property
    def allt(self) -> list[str]:
        """Every finding."""
        return [*self.otillatet, *self.korde, *self.hamtat]


class Domare:
    """Puts renderings into pages and looks at what becomes of them."""

    def __init__(self, browser: Browser) -> None:
        self._sammanhang = browser.new_context()
        self._sammanhang.set_default_timeout(20_000)
        self._sammanhang.add_init_script(LYSSNA)
        self._sammanhang.route("**/*", self._svara)
        self._sida = ""
        self._dom = Dom()

    def doma(self, renderingar: Sequence[tuple[str, str]]) -> Dom:
        """The verdict on these: what each is called in a finding, and its HTML."""
        self._dom = Dom()
        for borjan in range(0, len(renderingar), PER_SIDA):
            self._doma_sida(renderingar[borjan : borjan + PER_SIDA])
        return self._dom

    def _doma_sida(self, nagra: Sequence[tuple[str, str]]) -> None:
        delar = "".join(f"<section id=d{nr}>{html}</section>" for nr, (_, html) in enumerate(nagra))
        self._sida = f"<!doctype html><html><head></head><body>{delar}</body></html>"
        # A page of its own each time: what one attack leaves behind must neither help nor hide the next.
        page = self._sammanhang.new_page()
        page.on("dialog", lambda dialog: (self._dom.korde.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda rad: self._dom.korde.append(rad.text) if rad.type == "log" else None)
        page.on("request", self._anteckna)
        try:
            page.goto(ADRESS, wait_until="domcontentloaded")
            self._granska(page, nagra)
        finally:
            page.close()

    def _granska(self, page: Page, nagra: Sequence[tuple[str, str]]) -> None:
        page.mouse.move(20, 20)
        # Two frames: what loads, fails to load, gets the focus or begins to move has then said so.
        page.evaluate(VANTA)
        funnet: dict[str, Any] = page.evaluate(GRANSKA, len(nagra))
        self._dom.korde.extend(funnet["kort"])
        self._dom.otillatet.extend(
            f"{nagra[nr][0] if 0 <= nr < len(nagra) else 'sidan'}: {vad}" for nr, vad in funnet["fel"]
        )

    def _svara(self, route: Route) -> None:
        if route.request.url == ADRESS and route.request.is_navigation_request():
            # Lone surrogates can't be sent; a server would have replaced them too.
            route.fulfill(body=self._sida.encode("utf-8", "replace"), content_type="text/html; charset=utf-8")
        else:
            route.abort()

    def _anteckna(self, request: Request) -> None:
        # The browser itself asks for this one.
        if request.url not in {ADRESS, f"{ADRESS}favicon.ico"}:
            self._dom.hamtat.append(request.url)

    def stang(self) -> None:
        """Let go of the browser's context."""
        self._sammanhang.close()
