"""What the pages weigh, and when there is something to read on slow 3G: real Chromium, one who is logged in, a phone.

`wis run` behind the shipped nginx, the files packed with gzip as there. 'cold' has nothing in the cache; 'next' comes
from another of the pages. The limit is the same text as one HTML file with its style within it and no script, from
nginx; the peer is the same text as a page of govuk-frontend. There is no TLS and so no HTTP/2 here: what the handshakes
would add is said in a row of its own. Prints a table and the goals, and as the last line one JSON object.
"""

import argparse
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench._framfor import FILES, shipped_nginx
from bench._installation import LOOPBACK, Installation, nginx, serving
from bench._mal import Goal, judge, last_line
from bench._peer_sida import LIMIT, PACKAGE, PEER, lay_out
from bench._vikt import DEVTOOLS, WEBPAGETEST, Load, Network, visitor
from tests.servrar import chromium_alternativ, ledig_port

PAGES = {
    "start": "/",
    "event": "/handelser/storm-0",
    "picture": "/handelser/storm-0/lagesbild/samlad",
    "news": "/nytt",
}
COLD, NEXT = "cold", "next"
FIRST_KB, NEXT_KB, READABLE_S = 60.0, 10.0, 2.0
_AT_REST = 7.0
"""Seconds without a request after which the service worker has what it wants; it waits for five at most by itself."""
HANDSHAKES = {"tcp": 1, "tls": 2}
"""Round trips before the first request, which Chromium's emulation leaves out: TCP alone, and with TLS 1.3."""
GOALS: tuple[Goal, ...] = (
    *((f"{page}_cold_kb", "<=", FIRST_KB) for page in ("start", "event")),
    *((f"{page}_next_kb", "<=", NEXT_KB) for page in ("start", "event")),
    *((f"{page}_{how}_readable_s", "<=", READABLE_S) for page in PAGES for how in (COLD, NEXT)),
)
_TITLES = {"start": "startsidan", "event": "händelsesidan", "picture": "lägesbilden", "news": "Bara det nya"}
_WHO = {COLD: "vi, kall", NEXT: "vi, nästa sida", LIMIT: "gränsen: en HTML-fil", PEER: "govuk-frontend"}


@dataclass(frozen=True)
class Sites:
    """The addresses of our nginx, and of that with the files; its log; and one who is logged in with us."""

    us: str
    log: Path
    files: str
    cookie: str
    peer: bool


@contextmanager
def our_site(system: Installation) -> Iterator[str]:
    """`wis run` behind the nginx that is shipped; gives the address."""
    front, behind, folder = ledig_port(), ledig_port(), system.folder / "nginx"
    folder.mkdir()
    url = f"http://{LOOPBACK}:{front}"
    environment = system.environment(bas_url=url, betrodda_proxyer="1", statisk_katalog=str(folder / FILES))
    command = [sys.executable, "-m", "wis", "run", "--port", str(behind)]
    with (
        serving(command, environment, system.folder / "log", behind, "/halsa/live"),
        shipped_nginx(folder, front, [behind] * 3, [behind] * 2),
    ):
        yield url


@contextmanager
def the_files(folder: Path) -> Iterator[str]:
    """nginx with what lies in `folder`/root, packed with gzip; gives the address."""
    port = ledig_port()
    types = "text/html html; text/css css; text/javascript js; font/woff2 woff2; image/svg+xml svg;"
    http = f"""sendfile on; tcp_nopush on; types {{ {types} }} charset utf-8; charset_types text/css text/javascript;
    server {{ listen {LOOPBACK}:{port}; root {folder / "root"}; gzip_static on; location = / {{ return 204; }} }}"""
    with nginx(folder, http, port):
        yield f"http://{LOOPBACK}:{port}"


def texts(browser: Browser, url: str, cookie: str) -> dict[str, str]:
    """What there is to read on each page."""
    found = {}
    for page, path in PAGES.items():
        with visitor(browser, Network("", 1e6, 0), cookie, url) as one:
            one.load(url + path)
            found[page] = one.text()
    return found


def measure(browser: Browser, at: Sites, network: Network, page: str, count: int) -> dict[str, list[Load]]:
    """So many loads of this page in each way, by turns."""
    loads: dict[str, list[Load]] = {how: [] for how in _WHO if how != PEER or at.peer}
    for _ in range(count):
        for how, found in loads.items():
            ours = how in {COLD, NEXT}
            site, cookie = (at.us, at.cookie) if ours else (at.files, "")
            with visitor(browser, network, cookie, site) as one:
                if how == NEXT:
                    one.load(site + PAGES["event" if page != "event" else "start"])
                found.append(one.load(site + (PAGES[page] if ours else f"/{how}-{page}.html")))
    return loads


def middle(loads: list[Load]) -> dict[str, float]:
    """The medians: kB (1,000 bytes), requests, seconds."""
    parts = {
        "kb": [each.size / 1000 for each in loads],
        "requests": [float(each.requests) for each in loads],
        "first_s": [each.first for each in loads],
        "readable_s": [each.readable for each in loads],
        "load_s": [each.load for each in loads],
    }
    return {name: round(statistics.median(values), 2) for name, values in parts.items()}


def rows(page: str, loads: dict[str, list[Load]]) -> dict[str, Any]:
    """Print the rows of a page; returns the figures of it, and the ratios to the limit and to the peer."""
    figures: dict[str, Any] = {}
    found = {how: middle(each) for how, each in loads.items()}
    for how, each in found.items():
        kinds = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sorted(loads[how][-1].by_kind.items()))
        print(
            f"{_TITLES[page]:<15}{_WHO[how]:<22}{each['kb']:>8.1f}{each['requests']:>7.0f}"
            f"{each['first_s']:>9.2f}{each['readable_s']:>9.2f}{each['load_s']:>9.2f}   {kinds}",
            flush=True,
        )
        figures |= {f"{page}_{how}_{name}": value for name, value in each.items()}
    for against in (LIMIT, PEER):
        if against in found:
            for name in ("kb", "readable_s"):
                figures[f"{page}_{name}_vs_{against}"] = round(found[COLD][name] / found[against][name], 2)
    return figures


def heading(network: Network) -> None:
    """Which network, and what the columns are."""
    print(f"\n{network.name}: {network.kbit:.0f} kbit/s åt båda håll, {network.latency:.0f} ms per anrop")
    columns = f"{'kB':>8}{'anrop':>7}{'målat s':>9}{'läsbart':>9}{'load s':>9}   kB av vad"
    print(f"{'':<37}{columns}")


def with_handshakes(figures: dict[str, Any]) -> None:
    """Print when there would be something to read, had the round trips before the first request been in it."""
    print("\nläsbart kall, s, med handslagen som emuleringen utelämnar")
    for page, title in _TITLES.items():
        ours, limit = (figures[f"{page}_{how}_readable_s"] for how in (COLD, LIMIT))
        said = []
        for name, trips in HANDSHAKES.items():
            more = trips * WEBPAGETEST.latency / 1000
            figures[f"{page}_{name}_readable_s"] = round(ours + more, 2)
            said.append(f"{name} {ours + more:.2f} (gränsen {limit + more:.2f})")
        print(f"{title:<37}{'   '.join(said)}")


def afterwards(browser: Browser, at: Sites) -> dict[str, float]:
    """What the service worker fetches once the first page is at rest, to be there without a network: by nginx's log."""
    before = len(_lines(at.log))
    with visitor(browser, Network("", 1e6, 0), at.cookie, at.us, keeps=True) as one:
        one.load(at.us + PAGES["start"])
        end, last = time.monotonic() + _AT_REST, -1
        while time.monotonic() < end:
            now = len(_lines(at.log))
            end, last = (end, last) if now == last else (time.monotonic() + _AT_REST, now)
            one.wait(0.2)
    paths = [line.split() for line in _lines(at.log)[before:]]
    first = next((number for number, fields in enumerate(paths) if fields[3] == "/sw.js"), len(paths))
    sizes = [int(fields[5]) for fields in paths[first:]]
    kb = round(sum(sizes) / 1000, 1)
    print(f"\nDärefter, i vila, för det nätlösa läget: {kb} kB utan huvuden i {len(sizes)} anrop, en gång per utgåva.")
    print("Det ingår inte ovan.")
    return {"afterwards_kb": kb, "afterwards_requests": float(len(sizes))}


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines()


def all_pages(browser: Browser, at: Sites, *, quick: bool) -> dict[str, Any]:
    """Every page on the network that the goals are of, and the event page on the slower."""
    figures: dict[str, Any] = {}
    heading(WEBPAGETEST)
    for page in PAGES:
        figures |= rows(page, measure(browser, at, WEBPAGETEST, page, 1 if quick else 3))
    with_handshakes(figures)
    figures |= afterwards(browser, at)
    if not quick:
        heading(DEVTOOLS)
        slower = rows("event", measure(browser, at, DEVTOOLS, "event", 1))
        figures |= {f"devtools_{name}": value for name, value in slower.items()}
        print("Där kommer inget svar inom 2 s, vad sidan än är: målet gäller det första nätet.")
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench weight", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each page once")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    with ExitStack() as stack:
        system = stack.enter_context(Installation())
        url, cookie = stack.enter_context(our_site(system)), system.logins(1)[0]
        browser = stack.enter_context(sync_playwright()).chromium.launch(**chromium_alternativ())
        stack.callback(browser.close)
        folder = system.folder / "files"
        peer = lay_out(folder / "root", texts(browser, url, cookie))
        at = Sites(url, system.folder / "nginx" / "access.log", stack.enter_context(the_files(folder)), cookie, peer)
        print(f"Chromium {browser.version}, utan TLS och HTTP/2. Jämförelsen: {PACKAGE if peer else 'ingen'}.")
        figures = all_pages(browser, at, quick=chosen.quick)
    judge(figures, GOALS)
    last_line(figures, quick=chosen.quick, peer=peer, seconds=round(time.monotonic() - start, 1))


if __name__ == "__main__":
    main()
