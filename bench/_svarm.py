"""The crowd as the measurement sees it: client processes that are given orders together, and peers to compare with."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench._figures import READY, cpu_of, tree
from bench._lasare import Order
from bench._sinks import ROOT

PROCESSES = 2
"""Client processes: one more core would only be taken from what is measured."""
BETWEEN = 0.1
"""Seconds between two messages of a peer."""
MESSAGE = {
    "slag": "lagesbild",
    "id": 7,
    "version": 12,
    "handelse_id": 3,
    "nummer": 4711,
    "utdrag": "/utdrag/" + "a" * 60,
    "spridning": 5000,
}
"""What a peer sends: as long as what we do."""
_TICK = 0.01
# Seconds between two looks, and the share of a core that is next to nothing.
_LOOK, _STILL = 0.5, 0.3
_AT_REST_WITHIN = 10.0


class Swarm:
    """Readers in processes of their own, as a context manager."""

    def __init__(self, order: Order, processes: int = PROCESSES) -> None:
        self.count = len(order.cookies)
        self.opened = 0.0
        """Seconds that it took to open everybody's page."""
        self.stood = self.untold = 0
        """How many were told, when they came, that what their page shows still stands; and nothing in time."""
        self._order, self._processes = order, processes
        self._stack = ExitStack()
        self._crowds: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        for first in range(self._processes):
            self._crowds.append(self._stack.enter_context(_child("bench._klienter")))
            # Addresses of their own: connections are told apart by four numbers, and one address has 28,000 ports.
            sources = [f"127.0.{first + 1}.{last}" for last in range(1, 5)]
            share = self._order.cookies[first :: self._processes]
            self._write(self._crowds[-1], asdict(self._order) | {"cookies": share, "sources": sources})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    def order(self, do: str, **how: Any) -> list[dict[str, Any]]:
        """Have every process do this, all at once; returns what each answers. Raises RuntimeError if one has died."""
        for crowd in self._crowds:
            self._write(crowd, {"do": do} | how)
        return [self._read(crowd) for crowd in self._crowds]

    def connect(self) -> float:
        """Open everybody's page and connect them; returns the seconds that connecting took, all at rest.

        Raises RuntimeError when not all came in.
        """
        begun = time.monotonic()
        opened = self.order("open")
        self.opened = time.monotonic() - begun
        for answer in opened:
            if answer["error"]:
                print(f"  Alla sidor gick inte att öppna: {answer['error']}", flush=True)
        begun = time.monotonic()
        inside = sum(answer["connected"] for answer in self.order("connect"))
        if inside < self.count:
            raise RuntimeError(f"bara {inside} av {self.count} läsare kom in")
        took = time.monotonic() - begun
        settled = self.order("settled", within=_AT_REST_WITHIN)
        self.stood, self.untold = (sum(answer[name] for answer in settled) for name in ("stood", "untold"))
        return took

    def moments(self, answers: list[dict[str, Any]], what: str, since: float) -> list[float]:
        """The moments of all, as seconds after `since`, in order."""
        return sorted(moment - since for answer in answers for moment in answer[what])

    def _write(self, crowd: subprocess.Popen[str], order: dict[str, Any]) -> None:
        assert crowd.stdin is not None
        crowd.stdin.write(json.dumps(order) + "\n")
        crowd.stdin.flush()

    def _read(self, crowd: subprocess.Popen[str]) -> dict[str, Any]:
        assert crowd.stdout is not None
        line = crowd.stdout.readline()
        if not line:
            raise RuntimeError("en av klientprocesserna dog")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _child(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a pipe in and out; it ends when the one in is closed, or is made to."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with suppress(subprocess.TimeoutExpired, BrokenPipeError):
            process.communicate(timeout=10)
        if process.poll() is None:
            process.kill()
            process.communicate()


class Peer:
    """A server that only tells everybody the same."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port, self.pid = process, port, process.pid

    def ready(self) -> None:
        """Wait until it says so. Raises RuntimeError if it has died."""
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != READY:
            raise RuntimeError("jämförelsen kom inte i gång")

    def send(self, messages: int) -> None:
        """Have it send so many, and wait until it has."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{messages}\n")
        self.process.stdin.flush()
        self.ready()


@contextmanager
def peer(module: str, port: int) -> Iterator[Peer]:
    """One of the peers, when it listens."""
    with _child(module, str(port)) as process:
        started = Peer(process, port)
        started.ready()
        yield started


class Cost:
    """What processes use, over what they use when nothing is said."""

    def __init__(self, *pids: int, still: float = 2.0) -> None:
        self.pids = pids
        before = cpu_of(*pids)
        time.sleep(still)
        self.idle = (cpu_of(*pids) - before) / still
        """Seconds of CPU a second with all connected and nothing said."""
        self._cpu, self._begun = cpu_of(*pids), time.monotonic()

    def so_far(self) -> float:
        """Seconds of CPU since it was made, but for what was used anyhow; never less than the clock can tell."""
        used = cpu_of(*self.pids) - self._cpu - self.idle * (time.monotonic() - self._begun)
        return max(used, _TICK)


def settle(within: float = 8.0) -> None:
    """Wait until what we have started has next to nothing left to do, or so long: what was given up is still drawn."""
    end, used = time.monotonic() + within, cpu_of(os.getpid())
    while time.monotonic() < end:
        time.sleep(_LOOK)
        before, used = used, cpu_of(os.getpid())
        if used - before < _LOOK * _STILL:
            return


def resident(*pids: int) -> float:
    """kB in use now by these and their descendants."""
    total = 0
    for pid in {each for root in pids for each in tree(root)}:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return float(total)
