"""Readers: cheap Socket.IO clients that do what static/js/live.js does with what they are told.

Engine.IO v4 is spoken by hand over the websocket, so that some thousand readers are measured and not their clients.
"""

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from bench._protokoll import Answer, Page, Wire, get, open_socket
from bench._sida import AGAIN, AHEAD, NUMBER_WITHIN, SPREAD, SPREAD_BACK, Shown, read, spread_of

FIRST_RETRY, LONGEST_RETRY, PATIENT_RETRIES = 3.0, 30.0, 5
"""A client that was cut tries again at a moment drawn evenly from so many seconds, doubled each time, as in live.js."""
_FETCH_WITHIN = 60.0
_NUMBER_WORD = b'["nummer",'


@dataclass
class Order:
    """What the crowd is to do. `urls`: where the sockets go, shared out evenly; `page_url`, `page`: what they read.

    `plain`: no Engine.IO, only a websocket. `old`: they don't say what they show when they connect, nor open the page
    before. `sources`: the addresses of ours that connections are made from.
    """

    sockets: list[tuple[str, int]]
    pages: list[tuple[str, int]]
    page: str
    host: str
    cookies: list[str]
    path: str = "/socket.io/?EIO=4&transport=websocket"
    plain: bool = False
    old: bool = False
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

    def __init__(self, crowd: "Readers", number: int) -> None:
        super().__init__(crowd.order.plain)
        self.crowd, self.number = crowd, number
        self.up: asyncio.Future[bool] = crowd.loop.create_future()
        self._early: list[bytes] = []

    def handshake(self) -> bytes:
        """The request for the websocket."""
        return self.crowd.handshake(self.number)

    def connected(self) -> None:
        """The server has taken us in."""
        if not self.up.done():
            self.up.set_result(True)
            self.crowd.joined(self)
            for payload in self._early:
                self.crowd.heard(self, payload)

    def event(self, payload: bytes) -> None:
        """Something was told; the number of the event may be, before the word that we are connected."""
        if self.up.done():
            self.crowd.heard(self, payload)
        else:
            self._early.append(payload)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone; the crowd may want it back."""
        super().connection_lost(exc)
        if not self.up.done():
            self.up.set_result(False)
        else:
            self.crowd.lost(self.number)


class Readers:
    """Those of one process."""

    def __init__(self, order: Order) -> None:
        self.loop = asyncio.get_running_loop()
        self.order = order
        self.readers: dict[int, Reader] = {}
        self.round = Round()
        # When each was connected, and when it also knew that its page stands, or had it anew.
        self.up: dict[int, float] = {}
        self.back: dict[int, float] = {}
        self.cut: dict[int, float] = {}
        # The longest that each was without that.
        self.away: dict[int, float] = {}
        # How many have tried to connect, been told a number that their page has, and been told none in time.
        self.tries = self.stood = self.untold = 0
        self.spread = SPREAD
        self._planned: dict[int, asyncio.Task[None]] = {}
        # Those whose new text stands there, so that the page is in no hurry.
        self._unhurried: set[int] = set()
        # Those who wait for the number; whether they came for the first time, and what they do without.
        self._waiting: dict[int, tuple[bool, asyncio.TimerHandle]] = {}
        self._been: set[int] = set()
        self._again: dict[int, int] = {}
        self.shown: dict[int, Shown] = {}
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
        order, event = self.order, self.shown.get(number, Shown()).event
        path = order.path.replace("?", f"?handelse={event}&", 1) if event and self.is_new else order.path
        return (
            f"GET {path} HTTP/1.1\r\nHost: {order.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
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
        return let_in

    @property
    def is_new(self) -> bool:
        """Whether they read a page, and say what it shows when they connect."""
        return bool(self.order.page) and not self.order.old and self.return_by != "none"

    def joined(self, reader: Reader) -> None:
        """A reader is connected: whether its page stands it is told, or else asks, in its own time."""
        number = reader.number
        self.readers[number], self.up[number] = reader, time.monotonic()
        first = number not in self._been
        self._been.add(number)
        if not self.is_new:
            if self.return_by is None or not self.order.page:
                self._is_back(number)
            return
        self._stop_waiting(number)
        spread = 0.0 if first else max(self.spread, SPREAD_BACK)
        if self.shown.get(number, Shown()).enough:
            self._waiting[number] = first, self.loop.call_later(NUMBER_WITHIN, self._unsaid, number, spread)
        else:
            self._plan(number, spread)

    def _unsaid(self, number: int, spread: float) -> None:
        self.untold += 1
        self._stop_waiting(number)
        self._plan(number, spread)

    def _stop_waiting(self, number: int) -> None:
        if (waited := self._waiting.pop(number, None)) is not None:
            waited[1].cancel()

    def _is_back(self, number: int) -> None:
        if number in self.readers and number not in self.back:
            self.back[number] = now = time.monotonic()
            self.away[number] = max(self.away.get(number, 0.0), now - self.cut.get(number, now))

    def lost(self, number: int) -> None:
        """A reader was cut."""
        self.readers.pop(number, None)
        self.up.pop(number, None)
        self.back.pop(number, None)
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
        if self.order.page and not self.is_new:
            await self.fetch_page(number, self.round)

    def _plan(self, number: int, spread: float, ahead: float = 0.0) -> None:
        """The page, after `ahead` seconds and within so many more, whatever more is told meanwhile."""
        if number not in self._planned:
            self._planned[number] = self.start(self._ask(number, self.round, ahead + random.random() * spread))

    async def _ask(self, number: int, current: Round, wait: float) -> None:
        await asyncio.sleep(wait)
        self._planned.pop(number, None)
        self._unhurried.discard(number)
        await self.fetch_page(number, current)

    # --- what is told ---------------------------------------------------------------------------------------------

    def heard(self, reader: Reader, payload: bytes) -> None:
        """One message to one reader."""
        now = time.monotonic()
        if payload.startswith(_NUMBER_WORD):
            self._number_said(reader.number, self._data(payload))
            return
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

    def _number_said(self, number: int, word: dict[str, Any]) -> None:
        """The number of the event, to one who has connected: a page that has it, by the same right, asks nothing."""
        shown = self.shown.get(number, Shown())
        if number not in self._waiting or word["handelse_id"] != shown.event:
            return
        first = self._waiting[number][0]
        self._stop_waiting(number)
        self._learn(number, shown.event, word["nummer"])
        if shown.holds(word):
            self.stood += 1
            self._is_back(number)
        else:
            many = spread_of(word)
            self._plan(number, min(many, SPREAD_BACK) if first else max(many, SPREAD_BACK))

    def _learn(self, number: int, event: int, nummer: int) -> None:
        self.numbers[number, event] = max(self.numbers.get((number, event), 0), nummer)

    def _data(self, payload: bytes) -> dict[str, Any]:
        if self.order.plain:
            return {}
        said: dict[str, Any] = json.loads(payload)[1]
        return said

    def _follow(self, number: int, data: dict[str, Any], current: Round) -> None:
        """The extract at once, and the page once within the spread, whatever more is told meanwhile."""
        if not self.shown.get(number, Shown()).needs(data):
            return
        self.spread = spread_of(data) if current.extract else SPREAD
        extract = bool(data.get("utdrag") and current.extract)
        if extract:
            self.start(self._fetch_extract(number, data["utdrag"], current))
        # Among many the texts go ahead, and the pages that cost the server more come after.
        waits = extract and self.spread > SPREAD
        if waits and number not in self._planned:
            self._unhurried.add(number)
        self._plan(number, self.spread, AHEAD if waits else 0.0)

    async def _fetch_extract(self, number: int, address: str, current: Round) -> None:
        await asyncio.sleep(random.random() * SPREAD)
        answer = await self._get(Page(self.order.host, address), number, current)
        if answer is None or answer.status != 200:
            if number in self._unhurried:
                self._planned.pop(number).cancel()
                self._unhurried.discard(number)
                self._plan(number, self.spread)
        elif self._has(answer, current.marker):
            current.text.setdefault(number, time.monotonic())
        else:
            current.stale += 1

    async def fetch_page(self, number: int, current: Round) -> None:
        """The whole page, or the word that it is the one that the reader has; again when it is older than was told."""
        page = Page(self.order.host, self.order.page, self.order.cookies[number], self.etags.get(number, ""))
        answer = await self._get(page, number, current)
        if answer is None or answer.status not in {200, 304}:
            return
        if answer.status == 200 and not self._show(number, answer, current):
            if (tries := self._again.get(number, 0)) < len(AGAIN):
                self._again[number] = tries + 1
                self._plan(number, self.spread, AGAIN[tries])
            return
        self._again.pop(number, None)
        current.page[number] = time.monotonic()
        self._is_back(number)

    def _show(self, number: int, answer: Answer, current: Round) -> bool:
        """The reader has this page now; returns whether all that was told is in it."""
        self.etags[number], text = answer.headers.get("etag", ""), answer.text()
        if current.marker and current.marker in text:
            current.text.setdefault(number, time.monotonic())
        elif current.marker:
            current.stale += 1
        if self.order.old or (shown := read(text)) is None:
            return True
        if shown.number >= self.shown.get(number, Shown()).number:
            self.shown[number] = shown
        self._learn(number, shown.event, shown.number)
        return self.numbers[number, shown.event] <= shown.number

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

    # --- beside ----------------------------------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside, held on to until it is done."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def drop(self) -> None:
        """Forget what was still to be fetched."""
        for task in list(self._tasks):
            task.cancel()
        for number in list(self._waiting):
            self._stop_waiting(number)
        self._planned.clear()
        self._unhurried.clear()
        self._again.clear()
