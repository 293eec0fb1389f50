"""One page in real Chromium on a slow network: the bytes, the requests, and when there was something to read.

The network is Chromium's own emulation: each request waits for its answer at least the latency, and all share the
bandwidth. Neither the handshakes nor TCP's slow start are in it, and the processor is not slowed down.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 740}
_STILL, _LONGEST = 1.2, 90.0
"""Seconds without a request on its way after which a page has fetched what it fetches by itself; and the most."""
_TIMES = """() => new Promise((resolve) => {
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  const page = performance.getEntriesByType('navigation')[0];
  let largest = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) largest = entry.startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  setTimeout(() => resolve({ first: first ? first.startTime : -1, largest, load: page.loadEventEnd }), 100);
})"""


@dataclass(frozen=True)
class Network:
    """Kilobits a second, both ways, and milliseconds that each request waits at least."""

    name: str
    kbit: float
    latency: float

    def slow_down(self, session: CDPSession) -> None:
        """From now on, for the page of this session."""
        rate = self.kbit * 1000 / 8
        said = {"offline": False, "latency": self.latency, "downloadThroughput": rate, "uploadThroughput": rate}
        session.send("Network.emulateNetworkConditions", said)


WEBPAGETEST = Network("WebPageTest '3G Slow'", 400, 400)
DEVTOOLS = Network("Chrome DevTools 'Slow 3G'", 400, 2000)
"""500 kbit/s and 400 ms, which DevTools makes × 0.8 and × 5: it waits for a whole request and not for a packet."""


@dataclass(frozen=True)
class Load:
    """What one load was. Bytes with headers, packed as they came; seconds since the address was asked for.

    `readable`: the first paint with contents and the largest text in view, whichever was the later.
    """

    size: int
    requests: int
    first: float
    readable: float
    load: float
    by_kind: dict[str, int]


class _Traffic:
    """What the page of a session asks for and gets."""

    def __init__(self, session: CDPSession) -> None:
        self._kinds: dict[str, str] = {}
        self._cached: set[str] = set()
        self._open: set[str] = set()
        self._loader = ""
        self._last = time.monotonic()
        self.size, self.requests, self.by_kind = 0, 0, Counter[str]()
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.requestServedFromCache", lambda said: self._cached.add(said["requestId"]))
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.loadingFailed", self._finished)

    def forget(self) -> None:
        """Count from nothing."""
        self.size, self.requests, self.by_kind = 0, 0, Counter[str]()

    @property
    def still(self) -> bool:
        """Whether nothing is on its way, since a while."""
        return not self._open and time.monotonic() - self._last > _STILL

    def _asked(self, said: dict[str, Any]) -> None:
        if said["requestId"] == said["loaderId"]:
            self._loader = said["loaderId"]
            self._open.clear()
        if said["loaderId"] != self._loader:
            # The page before, which is still there: what it asks for may never be said to have ended.
            return
        self._last = time.monotonic()
        self._kinds[said["requestId"]] = said.get("type", "Other")
        self._open.add(said["requestId"])

    def _answered(self, said: dict[str, Any]) -> None:
        if said["response"].get("fromDiskCache") or said["response"].get("fromServiceWorker"):
            self._cached.add(said["requestId"])

    def _finished(self, said: dict[str, Any]) -> None:
        self._last = time.monotonic()
        which = said["requestId"]
        self._open.discard(which)
        if which in self._cached or which not in self._kinds:
            return
        size = int(said.get("encodedDataLength", 0))
        self.size += size
        self.requests += 1
        self.by_kind[self._kinds[which]] += size


class Visitor:
    """A browser with an empty cache. `cookie`: a Cookie header of one pair, of one who is logged in."""

    def __init__(self, context: BrowserContext, network: Network, cookie: str, url: str) -> None:
        if cookie:
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": url}])
        self._page: Page = context.new_page()
        session = context.new_cdp_session(self._page)
        session.send("Network.enable")
        self._traffic = _Traffic(session)
        network.slow_down(session)

    def load(self, url: str) -> Load:
        """Go there, and wait until the page has fetched all that it fetches by itself."""
        self._traffic.forget()
        answer = self._page.goto(url, wait_until="load", timeout=_LONGEST * 1000)
        if answer is None or not answer.ok:
            raise SystemExit(f"{url} svarade {answer.status if answer else 'inte'}")
        end = time.monotonic() + _LONGEST
        while not self._traffic.still:
            if time.monotonic() > end:
                raise SystemExit(f"{url} hämtade fortfarande efter {_LONGEST:.0f} s")
            self._page.wait_for_timeout(100)
        said = {name: value / 1000 for name, value in self._page.evaluate(_TIMES).items()}
        if said["first"] < 0:
            raise SystemExit(f"{url} målade ingenting")
        done, readable = self._traffic, max(said["first"], said["largest"])
        kinds = dict(done.by_kind)
        return Load(done.size, done.requests, said["first"], readable, said["load"], kinds)

    def wait(self, seconds: float) -> None:
        """Let the page go on for so long."""
        self._page.wait_for_timeout(seconds * 1000)

    def text(self) -> str:
        """What is to be read on the page."""
        return self._page.locator("main").inner_text()


@contextmanager
def visitor(
    browser: Browser, network: Network, cookie: str = "", url: str = "", *, keeps: bool = False
) -> Iterator[Visitor]:
    """Somebody who has never been here.

    `keeps`: with the service worker. What that fetches is not in what load() counts, nor slowed down.
    """
    workers: Literal["allow", "block"] = "allow" if keeps else "block"
    context = browser.new_context(viewport=PHONE, locale="sv-SE", color_scheme="light", service_workers=workers)
    try:
        yield Visitor(context, network, cookie, url)
    finally:
        context.close()
