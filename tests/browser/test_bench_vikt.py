"""The bench of weight counts what came by the network, and tells when there was something to read."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench import _peer_sida
from bench._vikt import Network, visitor

STYLE = "main { color: black } " * 400
FAST, SLOW = Network("fast", 1e6, 0), Network("slow", 1e6, 300)


class _Handler(SimpleHTTPRequestHandler):
    """The style sheet may be kept; the page may not."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=3600" if self.path.endswith(".css") else "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name is the base's
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    head = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/a.css">'
    for name in ("one", "two"):
        (folder / f"{name}.html").write_text(f"{head}<main><p>Läget är {name}.</p></main>", encoding="utf-8")
    (folder / "a.css").write_text(STYLE, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_kept_costs_nothing_the_second_time(chromium: Browser, site: str) -> None:
    with visitor(chromium, FAST) as one:
        first, second = one.load(f"{site}/one.html"), one.load(f"{site}/two.html")
        assert one.text() == "Läget är two."
    assert (first.requests, second.requests) == (2, 1)
    assert first.size == sum(first.by_kind.values()) > len(STYLE) > second.size > 100
    assert "Stylesheet" not in second.by_kind


def test_nothing_is_to_be_read_before_the_page_and_its_style_have_come(chromium: Browser, site: str) -> None:
    # Two requests, one after the other, that each wait for the network.
    with visitor(chromium, SLOW) as one:
        load = one.load(f"{site}/one.html")
    assert load.readable >= load.first >= 2 * SLOW.latency / 1000


def test_a_page_that_is_not_there_is_not_measured(chromium: Browser, site: str) -> None:
    with visitor(chromium, FAST) as one, pytest.raises(SystemExit, match="404"):
        one.load(f"{site}/three.html")


def test_limit_and_peer_say_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not _peer_sida.lay_out(tmp_path / "root", {"event": "Läget\n\n<är> lugnt"})
    page = (tmp_path / "root" / "limit-event.html").read_text(encoding="utf-8")
    assert "<p>Läget</p>\n<p>&lt;är&gt; lugnt</p>" in page
    assert "<script" not in page
    assert '<link rel="stylesheet"' not in page
    assert (tmp_path / "root" / "limit-event.html.gz").is_file()
    assert not (tmp_path / "root" / "peer-event.html").exists()
