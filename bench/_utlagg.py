"""The whole layout as it is shipped: nginx, `wis run` twice, `wis uttag` twice, PostgreSQL and Redis.

The readers belong to 100 actors, each with a login of its own, and one spokesman publishes through the real form.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import requests
from redis import Redis as RedisClient
from redis.exceptions import RedisError
from sqlalchemy import text

from bench._framfor import shipped_nginx
from bench._installation import BYTES, LOOPBACK, Installation, process, serving
from tests.servrar import Postgres, Redis, ledig_port, vanta_tills
from wis.auth.rules import Roll
from wis.buss import kanal
from wis.lagesbild.mall import SAMMANFATTNING, STANDARD
from wis.settings import Settings

EVENT = "/handelser/storm-0"
"""The page that the readers have open."""
RUN = UTTAG = 2
_SENTENCE = "Kraftigt snöfall i hela länet. Räddningstjänst och vägdriften har förstärkt. "
_READY_WITHIN = 60
_FULL = 9
"""Sections that are filled in."""


class Layout:
    """A whole installation with `count` readers, as a context manager; what is in front of it is added by layout()."""

    def __init__(self, postgres: Postgres, redis: Redis, count: int, front: int, events: int) -> None:
        """`front`: the port that people go by, of nginx."""
        self.redis, self.count, self.front = redis, count, (LOOPBACK, front)
        self.installation = Installation(postgres.nytt_databas(), events=events)
        # Two for who reads and, last, one for who writes.
        self.pages = [(LOOPBACK, ledig_port()) for _ in range(RUN + 1)]
        self.host = f"{LOOPBACK}:{front}"
        self.cookies: list[str] = []
        self.uttag: dict[int, subprocess.Popen[bytes]] = {}
        self._running: dict[int, ExitStack] = {}
        self._stack = ExitStack()
        chosen = {"redis_url": redis.url, "bas_url": f"http://{self.host}"}
        chosen |= {"inbyggda_uttag": "0", "betrodda_proxyer": "1"}
        self.environment = self.installation.environment(**chosen)
        self.log = self.installation.folder / "logg.txt"

    def __enter__(self) -> Self:
        try:
            us = self._stack.enter_context(self.installation)
            writer = us.logins(1, Roll.TALESPERSON, [us.actors[0]])[0]
            self.cookies = us.logins(self.count)
            for number, (_, port) in enumerate(self.pages):
                before_others = ["nice", "-n", "-5"] if number == RUN and os.geteuid() == 0 else []
                command = [*before_others, sys.executable, "-m", "wis", "run", "--port", str(port)]
                self._stack.enter_context(serving(command, self.environment, self.log, port, "/halsa/live"))
            for _ in range(UTTAG):
                self.start_uttag(ledig_port())
            for port in self.uttag:
                self.wait_for_uttag(port)
            self.writers = [Writer(f"http://{LOOPBACK}:{port}", self.host, writer) for _, port in reversed(self.pages)]
            self.writers[0].publish("Start")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for port in list(self.uttag):
            self.stop_uttag(port)
        self._stack.close()

    # --- the sockets' processes -----------------------------------------------------------------------------------

    @property
    def uttag_pids(self) -> list[int]:
        """The process ids of `wis uttag`."""
        return [started.pid for started in self.uttag.values()]

    @property
    def uttag_addresses(self) -> list[tuple[str, int]]:
        """Where they listen."""
        return [(LOOPBACK, port) for port in self.uttag]

    def start_uttag(self, port: int) -> None:
        """Start one at this port."""
        stack = ExitStack()
        command = [sys.executable, "-m", "wis", "uttag", "--port", str(port)]
        self.uttag[port] = stack.enter_context(process(command, self.environment, self.log))
        self._running[port] = stack

    def wait_for_uttag(self, port: int) -> None:
        """Return when it answers. Raises RuntimeError if it has ended."""
        started = self.uttag[port]
        vanta_tills(lambda: started.poll() is not None or _answers(port), _READY_WITHIN, "att wis uttag svarar")
        if started.poll() is not None:
            raise RuntimeError(f"wis uttag slutade: {self.said()}")

    def stop_uttag(self, port: int) -> None:
        """Tell it to end, and wait until it has."""
        self.uttag.pop(port)
        self._running.pop(port).close()

    def restart_uttag(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End all at once and start them again at the same ports; returns the seconds until the last answered."""
        ports, begun = list(self.uttag), time.monotonic()
        for started in self.uttag.values():
            started.send_signal(how)
        for port in ports:
            self.stop_uttag(port)
        for port in ports:
            self.start_uttag(port)
        for port in ports:
            self.wait_for_uttag(port)
        return time.monotonic() - begun

    def restart_uttag_in_turn(self) -> float:
        """The same, but one at a time, the next when the last one answers."""
        begun = time.monotonic()
        for port in list(self.uttag):
            self.stop_uttag(port)
            self.start_uttag(port)
            self.wait_for_uttag(port)
        return time.monotonic() - begun

    def listening(self) -> int:
        """How many processes hear what is passed on by Redis; 0 when Redis is gone."""
        channel = kanal(Settings(self.installation.folder, self.installation.secret, self.installation.url))
        try:
            with RedisClient.from_url(self.redis.url, socket_connect_timeout=1) as client:
                return int(dict(client.pubsub_numsub(channel)).get(channel.encode(), 0))
        except RedisError:
            return 0

    def numbers(self) -> dict[int, int]:
        """The number of each event, as the database has it."""
        with self.installation.database.reading() as session:
            rows = session.execute(text("SELECT id, nummer FROM andringsnummer WHERE slag = 'handelse'")).all()
        return {event: number for event, number in rows}

    def said(self) -> str:
        """The end of what the processes have said."""
        return self.log.read_text(encoding="utf-8")[-1500:].strip()


@contextmanager
def layout(count: int, events: int = 1) -> Iterator[Layout]:
    """The layout with its database and Redis, behind nginx as shipped."""
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(Postgres()), stack.enter_context(Redis())
        running = stack.enter_context(Layout(postgres, redis, count, ledig_port(), events))
        folder = running.installation.folder / "nginx"
        folder.mkdir()
        ports = [port for _, port in running.pages]
        stack.enter_context(shipped_nginx(folder, running.front[1], ports, list(running.uttag)))
        yield running


def _answers(port: int) -> bool:
    with suppress(requests.RequestException):
        requests.get(f"http://{LOOPBACK}:{port}/halsa/live", timeout=1)
        return True
    return False


# --- the one who publishes -------------------------------------------------------------------------------------------


class Writer:
    """A spokesman at a browser, who publishes a lägesbild by the form. Goes to `wis run` itself, as nginx would."""

    def __init__(self, url: str, host: str, cookie: str) -> None:
        self._url, self._session = url, requests.Session()
        said = {"Cookie": cookie, "Host": host, "X-Forwarded-For": LOOPBACK, "X-Forwarded-Proto": "http"}
        self._session.headers.update(said | {"X-Forwarded-Host": host, "Origin": f"http://{host}"})

    def publish(self, marker: str, event: str = EVENT) -> tuple[float, float]:
        """Publish a version with `marker` in it; the monotonic time of the click, and seconds until it was answered.

        Raises RuntimeError when it is refused, and requests.RequestException.
        """
        address = f"{event}/lagesbild/aktor-0/skriv"
        page = Form(address)
        page.feed(self._session.get(self._url + address, timeout=60).text)
        body = _SENTENCE * (BYTES // _FULL // len(_SENTENCE))
        long = {name: f"{body}{marker}" for name in [key for key in STANDARD.nycklar if key != SAMMANFATTNING][:_FULL]}
        form = page.fields | long | {SAMMANFATTNING: f"Läget är {marker}.", "handling": "avisera"}
        click = time.monotonic()
        answer = self._session.post(self._url + address, data=form, allow_redirects=False, timeout=60)
        if answer.status_code not in {302, 303}:
            raise RuntimeError(f"{address} svarade {answer.status_code}: {answer.text[:1500]}")
        return click, time.monotonic() - click


class Form(HTMLParser):
    """What a browser would send of the form that goes to `action`, but for its buttons and long texts."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self._action, self._inside = action, False
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or one of its fields."""
        has = dict(attrs)
        if tag == "form":
            self._inside = has.get("action") == self._action
        chosen = has.get("type") not in {"radio", "checkbox"} or "checked" in has
        if tag == "input" and self._inside and chosen and has.get("name"):
            self.fields[has["name"] or ""] = has.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """A form ends."""
        self._inside = self._inside and tag != "form"
