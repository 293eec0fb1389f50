"""One who publishes lägesbilder through the form, as a browser does, and remembers what was accepted."""

import http.client
import re
import secrets
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench._installation import LOOPBACK, prose

_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'\b(name|value|type)="([^"]*)"')
# What a browser sends of what one has not touched.
_UNTOUCHED = {"nasta_val": "", "laskrets": "alla", "tlp": "clear"}
_PATIENCE = 60.0


@dataclass(frozen=True)
class Sent:
    """One publication: the summary it said, what was answered (0: nothing), seconds from when it should have gone."""

    said: str
    status: int
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether we were told that it is published."""
        return self.status == 302


@dataclass
class Writer:
    """A spokesman with an open login. Writers of the same actor share `base`; who was late is refused, and goes on."""

    port: int
    cookie: str
    event: str
    actor: str
    base: dict[str, int] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._path = f"/handelser/{self.event}/lagesbild/{self.actor}/skriv"
        self._link: http.client.HTTPConnection | None = None
        self._used = 0.0
        self._body = prose(len(self.cookie), 2_000)
        self._fields: dict[str, str] = {}

    def open(self) -> None:
        """Open the form: what it holds is what is sent from now on. Raises SystemExit if it can't be had."""
        status, page = self._ask("GET", "")
        if status != 200:
            raise SystemExit(f"{self._path} svarade {status}:\n{page[:1500]}")
        tags = [dict(_ATTRIBUTE.findall(tag)) for tag in _INPUT.findall(page)]
        hidden = {tag["name"]: tag.get("value", "") for tag in tags if tag.get("type") == "hidden"}
        self._fields = _UNTOUCHED | hidden
        self.base[self._path] = int(hidden["bas"])

    def publish(self, meant: float | None = None) -> Sent:
        """Publish the next version; `meant` is when (perf_counter) it should have gone, if that was not now."""
        start = time.perf_counter() if meant is None else meant
        said = f"Prov {secrets.token_hex(8)}"
        base = self.base[self._path]
        form = self._fields | {"bas": str(base), "nyckel": secrets.token_hex(16), "handling": "tyst"}
        form |= {"sammanfattning": said, "lage_fakta": self._body}
        status = 0
        with suppress(OSError, http.client.HTTPException):
            status, _ = self._ask("POST", urlencode(form))
        self.sent.append(Sent(said, status, time.perf_counter() - start))
        if status == 302:
            self.base[self._path] = max(base + 1, self.base[self._path])
        elif status == 409:
            self.open()
        return self.sent[-1]

    def close(self) -> None:
        """Let the connection go."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _ask(self, method: str, body: str) -> tuple[int, str]:
        # Before the server ends a connection that has lain still: a form is never sent twice by itself.
        if self._link is None or time.monotonic() - self._used > 10:
            self.close()
            self._link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_PATIENCE)
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Origin": f"http://{LOOPBACK}:{self.port}"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            self._link.request(method, self._path, body or None, headers)
            answer = self._link.getresponse()
            text = answer.read().decode()
        except BaseException:
            self.close()
            raise
        self._used = time.monotonic()
        return answer.status, text


def publish_by_schedule(writers: list[Writer], period: float, seconds: float) -> threading.Thread:
    """Start a thread in which each writer publishes every `period` seconds, evenly spread; join it to wait for the end.

    A publication that had to wait for the one before is counted from when it should have gone.
    """

    def all_of_them() -> None:
        start = time.perf_counter()
        shift = period / len(writers)
        threads = [
            threading.Thread(target=_keep_on, args=(writer, start + number * shift, period, start + seconds))
            for number, writer in enumerate(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    thread = threading.Thread(target=all_of_them)
    thread.start()
    return thread


def _keep_on(writer: Writer, first: float, period: float, end: float) -> None:
    meant = first
    while meant < end:
        time.sleep(max(0.0, meant - time.perf_counter()))
        writer.publish(meant)
        meant += period


def share_within(sent: Iterable[Sent], share: float) -> float:
    """The milliseconds that this share of the accepted were answered within; infinite if none was accepted."""
    took = sorted(each.seconds * 1000 for each in sent if each.accepted)
    return took[min(len(took) - 1, int(len(took) * share))] if took else float("inf")
