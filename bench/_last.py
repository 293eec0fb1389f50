"""Load. Throughput by wrk, as many as are answered; latency by an own client in the open model.

The own client sends by a schedule that was made beforehand, whatever is answered, and counts from the moment at which a
request should have gone: one that had to wait for others before it waits in the figures too (nothing is omitted). It is
a process of its own, one thread around epoll: `python -m bench._last PLAN`, which prints one JSON object.
"""

import heapq
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
_HEAD_START = 0.5
"""Seconds between the plan being read and its time 0: everything is warm then."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_LUA = """
local requests, at = {}, 0
function init(args)
  local file = io.open(args[1], 'rb')
  local text = file:read('*a')
  file:close()
  for request in text:gmatch('([^%z]+)') do requests[#requests + 1] = request end
  at = tonumber(args[2])
end
function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('\\nSUMMA {"requests": %d, "us": %d, "bytes": %d, "refused": %d, "broken": %d, '
    .. '"p50": %f, "p99": %f}\\n', summary.requests, summary.duration, summary.bytes, e.status,
    e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


def get(path: str, port: int, cookie: str = "", **headers: str) -> str:
    """A whole GET as a browser asks; more headers by name, '_' for '-'. One that closes says `connection='close'`."""
    named = {"Host": f"{LOOPBACK}:{port}", "User-Agent": "wis-bench", "Accept": "text/html"}
    named |= {"Accept-Encoding": "gzip, br"} | ({"Cookie": cookie} if cookie else {})
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items()) + "\r\n"


# --- throughput ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """What wrk measured. `refused`: answers of 400 and up; `broken`: connections that failed; milliseconds."""

    per_s: float
    requests: int
    bytes_each: float
    refused: int
    broken: int
    p50: float
    p99: float


def wrk(port: int, requests: Sequence[str], seconds: float, connections: int = 16, first: int = 0) -> Rate:
    """As many as are answered on so many connections that are kept, going around in `requests` from number `first`.

    Installs wrk if it is missing and one may. Raises SystemExit if it can't be had, CalledProcessError if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        lua, file = Path(folder, "wrk.lua"), Path(folder, "requests")
        lua.write_text(_LUA, encoding="ascii")
        file.write_bytes("\0".join(requests).encode("latin-1"))
        command = [
            _wrk(),
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "30s",
            "-s",
            str(lua),
        ]
        command += [f"http://{LOOPBACK}:{port}/", "--", str(file), str(first)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 90).stdout
    summa = json.loads(said.rpartition("SUMMA ")[2])
    count, each = summa["requests"], summa["bytes"] / max(1, summa["requests"])
    refused, broken = summa["refused"], summa["broken"]
    return Rate(count / (summa["us"] / 1e6), count, each, refused, broken, summa["p50"], summa["p99"])


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"check": False, "capture_output": True, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "-q", "update"], **quiet)  # type: ignore[call-overload]
        install = ["apt-get", "-q", "-y", "--no-install-recommends", "install", "wrk"]
        subprocess.run(install, **quiet)  # type: ignore[call-overload]
        found = shutil.which("wrk")
    if found is None:
        raise SystemExit("Mätningen behöver wrk. Installera det (på Debian och Ubuntu: sudo apt-get install wrk).")
    return found


# --- the open model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """One request: seconds after the start at which it should go, the request itself, and what it is counted as."""

    at: float
    request: str
    name: str = ""


@dataclass
class Latencies:
    """What came of the requests of one name: milliseconds from when each should have gone, in order; what was said."""

    ms: list[float]
    statuses: dict[str, int]
    errors: dict[str, int]
    bytes: int

    def at(self, share: float) -> float:
        """The latency that this share of the answered stayed within; infinite if none was answered."""
        if not self.ms:
            return float("inf")
        return self.ms[min(len(self.ms) - 1, int(len(self.ms) * share))]

    @property
    def failed(self) -> int:
        """Those that got no answer, or one of 400 and up."""
        return sum(self.errors.values()) + sum(n for status, n in self.statuses.items() if int(status) >= 400)


class Running:
    """A plan that is being carried out by a process of its own. A context manager: it is gone with it.

    `kept`: the client asks as a browser that keeps its pages does: whether the one that it got last still holds.
    """

    def __init__(
        self, port: int, planned: Iterable[Planned], connections: int, timeout: float, *, kept: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.cpu = 0.0
        """Seconds of CPU that the client has used from the plan's time 0; known with the result."""
        path = Path(self._folder.name, "plan.json")
        rows = [(each.at, each.request, each.name) for each in planned]
        plan = {"port": port, "connections": connections, "timeout": timeout, "kept": kept, "rows": rows}
        path.write_text(json.dumps(plan), encoding="utf-8")
        self._limit = max((at for at, _, _ in rows), default=0.0) + timeout + 600
        command = [sys.executable, "-m", "bench._last", str(path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        # Its first line says that the clock is about to start.
        if not self._process.stdout.readline():
            raise SystemExit("lastgivaren startade inte")

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_details: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()

    def result(self) -> dict[str, Latencies]:
        """What came of it, by name, when all has been answered or given up. Raises SystemExit if the client failed."""
        said, _ = self._process.communicate(timeout=self._limit)
        if self._process.returncode:
            raise SystemExit(f"lastgivaren slutade med {self._process.returncode}")
        told = json.loads(said)
        self.cpu = told["cpu"]
        return {name: Latencies(**values) for name, values in told["seen"].items()}


def by_schedule(
    port: int, planned: Iterable[Planned], connections: int = 64, timeout: float = 30.0
) -> dict[str, Latencies]:
    """Carry out the plan and return what came of it, by name; at most so many connections at once."""
    with Running(port, planned, connections, timeout) as running:
        return running.result()


# --- the client's own process ----------------------------------------------------------------------------------------


@dataclass
class _Link:
    """A connection and what it waits for."""

    sock: socket.socket
    meant: float = 0.0
    sent: float = 0.0
    row: int = 0
    got: bytearray = field(default_factory=bytearray)
    fresh: bool = True

    def whole(self) -> bool:
        """Whether all of the answer is there."""
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return False
        if bytes(self.got[9:12]) in {b"204", b"304"}:
            return True
        length = _LENGTH.search(self.got, 0, head + 2)
        if length is not None:
            return len(self.got) >= head + 4 + int(length[1])
        return bool(_CHUNKED.search(self.got, 0, head + 2)) and self.got.endswith(b"0\r\n\r\n")

    def closes(self) -> bool:
        """Whether the server said that it ends the connection."""
        return _CLOSES.search(self.got, 0, self.got.find(b"\r\n\r\n") + 2) is not None


class _Client:
    def __init__(self, plan: dict[str, object], start: float) -> None:
        self._address = (LOOPBACK, plan["port"])
        self._most, self._patience = int(str(plan["connections"])), float(str(plan["timeout"]))
        rows: list[tuple[float, str, str]] = plan["rows"]  # type: ignore[assignment]
        self._requests = [request.encode("latin-1") for _, request, _ in rows]
        self._names = [name for _, _, name in rows]
        self._todo = [(start + at, number) for number, (at, _, _) in enumerate(rows)]
        heapq.heapify(self._todo)
        self._due: deque[tuple[float, int]] = deque()
        self._idle: list[_Link] = []
        self._busy: dict[int, _Link] = {}
        self._poll = select.epoll()
        # What is kept, by request.
        self._etags: dict[bytes, bytes] | None = {} if plan["kept"] else None
        self.seen: dict[str, Latencies] = {name: Latencies([], Counter(), Counter(), 0) for name in self._names}

    def run(self) -> None:
        """Until everything has been answered or given up."""
        looked = time.perf_counter()
        while self._todo or self._due or self._busy:
            now = time.perf_counter()
            while self._todo and self._todo[0][0] <= now:
                self._due.append(heapq.heappop(self._todo))
            while self._due and (self._idle or len(self._busy) < self._most):
                self._send(*self._due.popleft())
            wait = min(0.5, max(0.0, self._todo[0][0] - time.perf_counter())) if self._todo else 0.5
            for number, _ in self._poll.poll(wait):
                self._hear(number)
            if now - looked > 1:
                looked = now
                self._give_up(now)

    def _send(self, meant: float, row: int) -> None:
        link = self._idle.pop() if self._idle else _Link(socket.socket())
        link.meant, link.row, link.sent = meant, row, time.perf_counter()
        try:
            if link.fresh:
                link.sock.settimeout(self._patience)
                link.sock.connect(self._address)
                link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._poll.register(link.sock, select.EPOLLIN)
            link.sock.sendall(self._asked(row))
        except OSError as error:
            self._broken(link, type(error).__name__)
        else:
            self._busy[link.sock.fileno()] = link

    def _asked(self, row: int) -> bytes:
        request = self._requests[row]
        etag = self._etags.get(request) if self._etags else None
        return request if etag is None else b"%bIf-None-Match: %b\r\n\r\n" % (request[:-2], etag)

    def _hear(self, number: int) -> None:
        link = self._busy.get(number)
        if link is None:
            # The server has ended a connection that nobody used.
            for idle in [each for each in self._idle if each.sock.fileno() == number]:
                self._idle.remove(idle)
                self._shut(idle)
            return
        try:
            data, why = link.sock.recv(262_144), "closed"
        except OSError as error:
            data, why = b"", type(error).__name__
        link.got += data
        if not data:
            self._broken(link, why)
        elif link.whole():
            self._answered(link)

    def _answered(self, link: _Link) -> None:
        seen = self.seen[self._names[link.row]]
        seen.ms.append((time.perf_counter() - link.meant) * 1000)
        seen.statuses[link.got[9:12].decode()] += 1
        seen.bytes += len(link.got)
        if self._etags is not None and (etag := _ETAG.search(link.got, 0, link.got.find(b"\r\n\r\n") + 2)):
            self._etags[self._requests[link.row]] = etag[1]
        self._busy.pop(link.sock.fileno())
        if link.closes():
            self._shut(link)
        else:
            link.got, link.fresh = bytearray(), False
            self._idle.append(link)

    def _broken(self, link: _Link, why: str) -> None:
        """Once more, as a browser does, if a kept connection was ended before a word had come; else it failed."""
        self._busy.pop(link.sock.fileno(), None)
        self._shut(link)
        if not link.fresh and not link.got and self._requests[link.row].startswith(b"GET"):
            self._due.appendleft((link.meant, link.row))
        else:
            self.seen[self._names[link.row]].errors[why] += 1

    def _shut(self, link: _Link) -> None:
        # Closing takes it out of the poll too.
        link.sock.close()

    def _give_up(self, now: float) -> None:
        for link in [each for each in self._busy.values() if now - each.sent > self._patience]:
            self._busy.pop(link.sock.fileno(), None)
            self._shut(link)
            self.seen[self._names[link.row]].errors["timeout"] += 1


def main() -> None:
    """Carry out the plan in the file that is named."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    client = _Client(plan, time.perf_counter() + _HEAD_START)
    print("redo", flush=True)
    before = time.process_time()
    client.run()
    cpu = time.process_time() - before
    for seen in client.seen.values():
        seen.ms.sort()
    print(json.dumps({"cpu": cpu, "seen": {name: vars(seen) for name, seen in client.seen.items()}}))


if __name__ == "__main__":
    main()
