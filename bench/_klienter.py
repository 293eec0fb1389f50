"""A crowd of readers in a process of its own: they are connected, told what to look for, and asked what they saw.

`python -m bench._klienter` is one process of them: a line of JSON in is an order, a line of JSON out its answer. All
moments are those of time.monotonic(), which the processes of a machine share.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from bench._lasare import Order, Readers, Round

_AT_ONCE, _OPENED_AT_ONCE = 100, 8


class Crowd(Readers):
    """The readers of one process, and what they are ordered to do."""

    async def open(self) -> dict[str, Any]:
        """Fetch everybody's page, as a browser does before it connects; returns how many say what they show."""
        todo, current = iter(range(len(self.order.cookies) if self.is_new else 0)), Round()

        async def some() -> None:
            for number in todo:
                await self.fetch_page(number, current)

        await asyncio.gather(*(some() for _ in range(_OPENED_AT_ONCE)))
        return {"opened": len(self.shown), "error": current.errors[0] if current.errors else ""}

    async def settled(self, within: float) -> dict[str, Any]:
        """Wait until all who have connected know that their page stands, or have it anew, or so long."""
        await _until(lambda: len(self.back) >= len(self.readers), within)
        return {"stood": self.stood, "untold": self.untold}

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

    def expect(self, marker: str, *, extract: bool = True) -> dict[str, Any]:
        """Forget what was and what was still to be fetched, and look for this; '' to count only what is heard."""
        self.drop()
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
        self.drop()
        self.return_by, self.round = by, Round()
        self.tries = self.stood = self.untold = 0
        self.up, self.back, self.cut, self.away = {}, {}, {}, {}
        return {}

    async def returned(self, within: float, page: float) -> dict[str, Any]:
        """Wait until all have been cut and are connected, or so long; then `page` seconds for what they missed.

        Returns the moments: cut, connected (`up`), `back`, with a page that is known to stand or was fetched, and
        `asked`, when those who had to had fetched it.
        """
        wanted = len(self.order.cookies)
        if await _until(lambda: len(self.up) >= wanted, within):
            await _until(lambda: len(self.back) >= wanted, page)
        moments = {"up": self.up, "back": self.back, "cut": self.cut, "away": self.away, "asked": self.round.page}
        told = {"tries": self.tries, "stood": self.stood, "untold": self.untold}
        return {name: list(values.values()) for name, values in moments.items()} | told

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
        self.drop()
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
