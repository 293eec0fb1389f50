"""A crowd of readers: cheap Socket.IO clients that do what static/js/live.js does with what they are told.

Engine.IO v4 is spoken by hand over the websocket, so that some thousand readers are measured and not their clients.
`python -m bench._klienter` is one process of them: a line of JSON in is an order, a line of JSON out its answer. All
moments are those of time.monotonic(), which the processes of a machine share.
"""

import asyncio
import json
import os
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bench._protokoll import Answer, Page, Wire, get, open_socket

SPREAD = 0.15
"""Seconds over which those who are told at once spread their first fetch, as in live.js."""
_AHEAD = 1.0
FIRST_RETRY, LONGEST_RETRY, PATIENT_RETRIES = 3.0, 30.0, 5
"""A client that was cut tries again at a moment drawn evenly from so many seconds, doubled each time, as in live.js."""
_AT_ONCE = 100
_FETCHES_AT_ONCE = 32
_FETCH_WITHIN = 60.0
_NUMBER = re.compile(rb"<main(?=[^>]*data-handelse=\"(?P<event>\d+)\")(?=[^>]*data-nummer=\"(?P<nummer>\d+)\")")


@dataclass
class Order:
    """What the crowd is to do. `urls`: where the sockets go, shared out evenly; `page_url`, `page`: what they read.

    `plain`: no Engine.IO, only a websocket. `sources`: the addresses of ours that connections are made from.
    """

    sockets: list[tuple[str, int]]
    pages: list[tuple[str, int]]
    page: str
    host: str
    cookies: list[str]
    path: str = "/socket.io/?EIO=4&transport=websocket"
    plain: bool = False
    sources: list[str] = field(default_factory=lambda: ["127.0.0.1"])


@dataclass
class Round:
    """One publication as the readers live it: when each was told, saw the text, and had the whole page again.

    `marker`: what stands in the new text; '' to listen only. `extract`: whether what the message says of an extract and
    of how to spread is used; without, the page is fetched by all at once.
    """

    marker: bytes = b""
    extract: bool = True
    told: dict[int, float] = field(default_factory=dict)
    heard: dict[int, int] = field(default_factory=dict)
    text: dict[int, float] = field(default_factory=dict)
    page: dict[int, float] = field(default_factory=dict)
    stale: int = 0
    errors: list[str] = field(default_factory=list)


class Reader(Wire):
    """One open page and its socket."""

    def __init__(self, crowd: "Crowd", number: int) -> None:
        super().__init__(crowd.order.plain)
        self.crowd, self.number = crowd, number
        self.up: asyncio.Future[bool] = crowd.loop.create_future()

    def handshake(self) -> bytes:
        """The request for the websocket."""
        return self.crowd.handshake(self.number)

    def connected(self) -> None:
        """The server has taken us in."""
        if not self.up.done():
            self.up.set_result(True)

    def event(self, payload: bytes) -> None:
        """Something was told."""
        self.crowd.heard(self, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone; the crowd may want it back."""
        super().connection_lost(exc)
        if not self.up.done():
            self.up.set_result(False)
        else:
            self.crowd.lost(self.number)


class Crowd:
    """Readers of one process."""

    def __init__(self, order: Order) -> None:
        self.loop = asyncio.get_running_loop()
        self.order = order
        self.readers: dict[int, Reader] = {}
        self.round = Round()
        self.back: dict[int, float] = {}
        self.cut: dict[int, float] = {}
        # The longest that each was without a socket.
        self.away: dict[int, float] = {}
        self.tries = 0
        self.spread = SPREAD
        self._planned: set[int] = set()
        # How those who are cut come back: None, they don't; 'jitter' as live.js; 'none', every half second.
        self.return_by: str | None = None
        self.etags: dict[int, str] = {}
        # What each reader knows of each event, by reader and event.
        self.numbers: dict[tuple[int, int], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._parsed: tuple[bytes, dict[str, Any]] = (b"", {})
        self._known: dict[tuple[bytes, bytes], bool] = {}

    # --- the socket -----------------------------------------------------------------------------------------------

    def handshake(self, number: int) -> bytes:
        """What a browser asks for a websocket with. Nothing is compressed: the messages are some hundred bytes."""
        order = self.order
        return (
            f"GET {order.path} HTTP/1.1\r\nHost: {order.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://{order.host}\r\nCookie: {order.cookies[number]}\r\n\r\n"
        ).encode()

    def source(self, number: int) -> str:
        """Which of our addresses this reader comes from."""
        return self.order.sources[number % len(self.order.sources)]

    async def connect_one(self, number: int) -> bool:
        """Whether this reader was let in."""
        self.tries += 1
        reader = Reader(self, number)
        sockets = self.order.sockets
        try:
            sock = await open_socket(sockets[number % len(sockets)], self.source(number))
            await self.loop.create_connection(lambda: reader, sock=sock)
            let_in = await asyncio.wait_for(reader.up, 30)
        except (OSError, TimeoutError):
            reader.close()
            return False
        if let_in:
            self.readers[number] = reader
            self.back[number] = now = time.monotonic()
            self.away[number] = max(self.away.get(number, 0.0), now - self.cut.get(number, now))
        return let_in

    async def connect(self, at_once: int = _AT_ONCE) -> dict[str, Any]:
        """Connect all, so many at a time; returns how many and how long it took."""
        begun, todo = time.monotonic(), iter(range(len(self.order.cookies)))

        async def some() -> None:
            for number in todo:
                for _ in range(5):
                    if await self.connect_one(number):
                        break
                    await asyncio.sleep(1)

        await asyncio.gather(*(some() for _ in range(at_once)))
        return {"connected": len(self.readers), "seconds": time.monotonic() - begun}

    def lost(self, number: int) -> None:
        """A reader was cut."""
        self.readers.pop(number, None)
        self.cut[number] = time.monotonic()
        if self.return_by is not None:
            self.start(self._return(number, jitter=self.return_by == "jitter"))

    async def _return(self, number: int, *, jitter: bool) -> None:
        longest, failed = FIRST_RETRY, 0
        while True:
            # The first try too is spread out, or all would come in the moment that the server went.
            await asyncio.sleep(random.random() * longest if jitter else 0.5)
            if await self.connect_one(number):
                break
            failed += 1
            longest = min(LONGEST_RETRY, FIRST_RETRY * 2 ** max(0, failed - PATIENT_RETRIES))
        if self.order.page:
            await self._ask(number, self.round, self.spread)

    async def _ask(self, number: int, current: Round, spread: float, ahead: float = 0.0) -> None:
        """The page, after `ahead` seconds and within so many more: what happened meanwhile, or what was told."""
        await asyncio.sleep(ahead + random.random() * spread)
        self._planned.discard(number)
        await self.fetch_page(number, current)

    # --- what is told ---------------------------------------------------------------------------------------------

    def heard(self, reader: Reader, payload: bytes) -> None:
        """One message to one reader."""
        now = time.monotonic()
        # All get the same bytes: taken apart once.
        if payload != self._parsed[0]:
            self._parsed = (payload, self._data(payload))
        data, current, number = self._parsed[1], self.round, reader.number
        current.heard[number] = current.heard.get(number, 0) + 1
        if data.get("nummer") and data.get("handelse_id"):
            self._learn(number, data["handelse_id"], data["nummer"])
        if data.get("slag") == "utskick":
            return
        current.told.setdefault(number, now)
        if current.marker or (data.get("slag") == "behorighet" and self.order.page):
            self._follow(number, data, current)

    def _learn(self, number: int, event: int, nummer: int) -> None:
        self.numbers[number, event] = max(self.numbers.get((number, event), 0), nummer)

    def _data(self, payload: bytes) -> dict[str, Any]:
        if self.order.plain:
            return {}
        said: dict[str, Any] = json.loads(payload)[1]
        return said

    def _follow(self, number: int, data: dict[str, Any], current: Round) -> None:
        """The extract at once, and the page once within the spread, whatever more is told meanwhile."""
        self.spread = max(SPREAD, data.get("spridning", 0) / 1000) if current.extract else SPREAD
        extract = bool(data.get("utdrag") and current.extract)
        if extract:
            self.start(self._fetch_extract(number, data["utdrag"], current))
        if number not in self._planned:
            self._planned.add(number)
            self.start(self._ask(number, current, self.spread, _AHEAD if extract and self.spread > SPREAD else 0.0))

    async def _fetch_extract(self, number: int, address: str, current: Round) -> None:
        await asyncio.sleep(random.random() * SPREAD)
        answer = await self._get(Page(self.order.host, address), number, current)
        if answer is None or answer.status != 200:
            return
        if self._has(answer, current.marker):
            current.text.setdefault(number, time.monotonic())
        else:
            current.stale += 1

    async def fetch_page(self, number: int, current: Round) -> None:
        """The whole page, or the word that it is the one that the reader has."""
        page = Page(self.order.host, self.order.page, self.order.cookies[number], self.etags.get(number, ""))
        answer = await self._get(page, number, current)
        if answer is None:
            return
        if answer.status == 200:
            self.etags[number] = answer.headers.get("etag", "")
            if (shown := _NUMBER.search(answer.text())) is not None:
                self._learn(number, int(shown["event"]), int(shown["nummer"]))
            if current.marker and self._has(answer, current.marker):
                current.text.setdefault(number, time.monotonic())
            elif current.marker:
                current.stale += 1
        current.page[number] = time.monotonic()

    async def _get(self, page: Page, number: int, current: Round) -> Answer | None:
        where = self.order.pages[number % len(self.order.pages)]
        try:
            answer = await asyncio.wait_for(get(where, self.source(number), page), _FETCH_WITHIN)
        except (OSError, TimeoutError, ValueError) as error:
            current.errors.append(f"{page.path[:30]}: {error or type(error).__name__}")
            return None
        if answer.status not in {200, 304}:
            current.errors.append(f"{page.path[:30]}: svar {answer.status}")
        return answer

    def _has(self, answer: Answer, marker: bytes) -> bool:
        """Whether the text is in the answer. An extract is the same bytes for all: unpacked once."""
        key = (answer.body, marker)
        if key not in self._known:
            if len(self._known) > 8:
                self._known.clear()
            self._known[key] = marker in answer.text()
        return self._known[key]

    async def warm(self) -> dict[str, Any]:
        """Let every reader open the page, some at a time, as they would have done in their own time."""
        begun, todo, unread = time.monotonic(), iter(range(len(self.order.cookies))), Round()

        async def some() -> None:
            for number in todo:
                await self.fetch_page(number, unread)

        await asyncio.gather(*(some() for _ in range(_FETCHES_AT_ONCE)))
        return {"opened": len(unread.page), "seconds": time.monotonic() - begun, "errors": unread.errors[:3]}

    # --- orders ---------------------------------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside, held on to until it is done."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def expect(self, marker: str, *, extract: bool = True) -> dict[str, Any]:
        """Forget what was, and look for this; '' to count only what is heard."""
        self.round = Round(marker.encode(), extract)
        return {"cpu": _cpu()}

    async def result(self, within: float, *, page: float = 0.0, count: int = 1) -> dict[str, Any]:
        """Wait until all have seen it, or so long, and then `page` seconds for the whole page; returns the moments.

        `count`: how many messages each is to have heard, when that is all that is looked for.
        """
        current, wanted = self.round, len(self.order.cookies)

        def done() -> bool:
            if not current.marker:
                return sum(times >= count for times in current.heard.values()) >= wanted
            return len(current.text) >= wanted

        if await _until(done, within) and page:
            await _until(lambda: len(current.page) >= wanted, page)
        return {
            "told": list(current.told.values()),
            "text": list(current.text.values()),
            "page": list(current.page.values()),
            "heard": sum(current.heard.values()),
            "stale": current.stale,
            "errors": len(current.errors),
            "error": current.errors[0] if current.errors else "",
            "cpu": _cpu(),
        }

    def leave_to_return(self, by: str) -> dict[str, Any]:
        """From now on those who are cut come back, in this way."""
        self.return_by, self.tries, self.round = by, 0, Round()
        self.back, self.cut, self.away = {}, {}, {}
        return {}

    async def returned(self, within: float) -> dict[str, Any]:
        """Wait until all have been cut and are back, and have asked for what they missed, or so long."""
        wanted = len(self.order.cookies)

        def done() -> bool:
            asked = not self.order.page or len(self.round.page) >= wanted
            return asked and len(self.back) >= wanted and len(self.readers) >= wanted

        await _until(done, within)
        moments = {"back": self.back, "cut": self.cut, "away": self.away, "asked": self.round.page}
        return {name: list(values.values()) for name, values in moments.items()} | {"tries": self.tries}

    async def latest(self, numbers: dict[str, int], within: float) -> dict[str, Any]:
        """Wait until every reader knows these numbers of the events; returns how many never did, and when all did."""
        readers, wanted = range(len(self.order.cookies)), {int(event): number for event, number in numbers.items()}

        def missed() -> int:
            known = self.numbers
            return sum(known.get((reader, event), 0) < number for reader in readers for event, number in wanted.items())

        await _until(lambda: not missed(), within)
        return {"missed": missed(), "at": time.monotonic(), "up": len(self.readers)}

    async def stop(self) -> dict[str, Any]:
        """Close every socket."""
        self.return_by = None
        for task in list(self._tasks):
            task.cancel()
        for reader in list(self.readers.values()):
            reader.close()
        await asyncio.sleep(0.2)
        return {}


async def _until(done: Callable[[], bool], within: float) -> bool:
    end = time.monotonic() + within
    while not done():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _serve() -> None:
    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    crowd = Crowd(Order(**json.loads(await reader.readline())))
    while line := await reader.readline():
        order = json.loads(line)
        answer = getattr(crowd, order.pop("do"))(**order)
        if asyncio.iscoroutine(answer):
            answer = await answer
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    await crowd.stop()


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_serve())
    # What is still open ends with the process: thousands of connections closed one by one would take as long again.
    os._exit(0)
