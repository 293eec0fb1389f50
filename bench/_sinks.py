"""The far end: a mail server and an SMS gateway on loopback, each a process of its own, that take all and count it.

`python -m bench._sinks smtp|http` prints its port, then obeys lines on its input: `reset SECONDS` (forget, and wait so
long before each answer), `stat` (one line of JSON back). It ends when its input does, so it never outlives the bench.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote_to_bytes

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_TO = re.compile(rb"(?:^|&)to=([^&]*)")
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_AUTH = re.compile(rb"\r\nauthorization:\s*basic ", re.IGNORECASE)
_HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
_END = b"\r\n.\r\n"
# epoll sleeps in whole milliseconds, rounded up: without this the far end would be half a millisecond slower than said.
_ROUNDING = 0.0005


# --- inside the sink's own process -----------------------------------------------------------------------------------


class Count:
    """What has been accepted; the clock is the machine's monotonic one, the same in every process."""

    def __init__(self) -> None:
        self.reset(0.0)

    def reset(self, latency: float) -> None:
        """Forget everything; from now on answer `latency` seconds late."""
        self.latency = latency
        self.seen: set[bytes] = set()
        self.doubles = self.connections = self.answers = 0
        self.last = self.slept = 0.0

    def accepted(self, recipient: bytes) -> None:
        """A message to this recipient is answered for now."""
        if recipient in self.seen:
            self.doubles += 1
        self.seen.add(recipient)
        self.last = time.monotonic()

    def stat(self) -> dict[str, float]:
        """What the bench asks for."""
        return {
            "accepted": len(self.seen),
            "doubles": self.doubles,
            "last": self.last,
            "connections": self.connections,
            "latency": self.slept / self.answers if self.answers else 0.0,
        }


class _Far(asyncio.Protocol):
    """What both protocols share: bytes in, and a pause between a message and its answer."""

    transport: asyncio.Transport

    def __init__(self, count: Count, loop: asyncio.AbstractEventLoop) -> None:
        self.count, self.loop = count, loop
        self.buffer = b""
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.count.connections += 1

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if not self.waiting:
            self.work()

    def work(self) -> None:
        """Read what stands in the buffer."""
        raise NotImplementedError

    def answer(self, recipients: list[bytes], text: bytes) -> bool:
        """Accept these and answer, now (True) or `latency` seconds from now (False: nothing may be read till then)."""
        if not self.count.latency:
            self._answered(recipients, text)
            return True
        self.waiting = True
        now = self.loop.time()
        self.loop.call_at(now + self.count.latency - _ROUNDING, self._late, recipients, text, now)
        return False

    def _late(self, recipients: list[bytes], text: bytes, since: float) -> None:
        self.waiting = False
        self.count.slept += self.loop.time() - since
        self.count.answers += 1
        if self.transport.is_closing():
            return
        self._answered(recipients, text)
        if self.buffer:
            self.work()

    def _answered(self, recipients: list[bytes], text: bytes) -> None:
        self.transport.write(text)
        for recipient in recipients:
            self.count.accepted(recipient)


class SmtpSink(_Far):
    """SMTP with PIPELINING (RFC 5321, RFC 2920); takes any sender and any recipient."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recipients: list[bytes] = []
        self.in_data = False
        self.transport.write(b"220 sink ESMTP\r\n")

    def work(self) -> None:
        """Commands until DATA, then a message until its end, and so on."""
        out: list[bytes] = []
        while self.buffer:
            if self.in_data:
                end = self.buffer.find(_END)
                if end < 0:
                    break
                self.buffer, self.in_data = self.buffer[end + len(_END) :], False
                recipients, self.recipients = self.recipients, []
                if not self.answer(recipients, b"250 2.0.0 ok\r\n"):
                    break
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                break
            self.buffer = rest
            out.append(self._command(line))
            if out[-1].startswith(b"354"):
                # What comes next is answered by itself: everything before must be out first.
                self.transport.write(b"".join(out))
                out.clear()
        if out:
            self.transport.write(b"".join(out))

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipients.append(line[line.find(b"<") + 1 : line.rfind(b">")])
            return b"250 2.1.5 ok\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        if verb in {b"MAIL", b"RSET"}:
            self.recipients = []
            return b"250 2.1.0 ok\r\n"
        if verb == b"QUIT":
            self.loop.call_soon(self.transport.close)
            return b"221 2.0.0 bye\r\n"
        return _HELLO if verb == b"EHLO" else b"250 ok\r\n"


class HttpSink(_Far):
    """46elks' POST /a1/sms, kept alive: a form with from, to and message; the answer is JSON with an id."""

    def work(self) -> None:
        """One request after another."""
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end]
            length = _LENGTH.search(head)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < total:
                return
            body, self.buffer = self.buffer[end + 4 : total], self.buffer[total:]
            if not self._request(head, body):
                return

    def _request(self, head: bytes, body: bytes) -> bool:
        to = _TO.search(body)
        if not head.startswith(b"POST /a1/sms ") or to is None or b"message=" not in body:
            self.transport.write(_http(b"404 Not Found", b'{"message":"no such thing"}'))
            return True
        if not _AUTH.search(head):
            self.transport.write(_http(b"401 Unauthorized", b'{"message":"who are you"}'))
            return True
        recipient = unquote_to_bytes(to[1].replace(b"+", b" ")).strip()
        content = b'{"status":"created","id":"s%x","to":"%b","parts":1,"cost":3500}' % (
            time.monotonic_ns(),
            recipient,
        )
        return self.answer([recipient], _http(b"200 OK", content))


def _http(status: bytes, content: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status,
        len(content),
        content,
    )


class _Control(asyncio.Protocol):
    """The bench's end of the pipe."""

    def __init__(self, count: Count, ended: asyncio.Event) -> None:
        self.count, self.ended = count, ended

    def data_received(self, data: bytes) -> None:
        for line in data.decode().splitlines():
            verb, _, value = line.partition(" ")
            if verb == "reset":
                self.count.reset(float(value))
            print(json.dumps(self.count.stat()), flush=True)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's
        self.ended.set()


async def _serve(kind: type[_Far]) -> None:
    loop = asyncio.get_running_loop()
    count, ended = Count(), asyncio.Event()
    server = await loop.create_server(lambda: kind(count, loop), LOOPBACK, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.connect_read_pipe(lambda: _Control(count, ended), sys.stdin)
    await ended.wait()
    server.close()


# --- the bench's side ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stat:
    """What a sink has: distinct recipients, copies beyond the first, the monotonic time of the last, connections, and
    how many seconds its answers were late on average.
    """

    accepted: int
    doubles: int
    last: float
    connections: int
    latency: float


class Sink:
    """A running sink; `name` is 'smtp' or 'http'."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench._sinks", self.name]
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._read())
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def reset(self, latency: float) -> None:
        """Forget everything; from now on answer `latency` seconds late."""
        self._ask(f"reset {latency}")

    def stat(self) -> Stat:
        """How far it has come."""
        return Stat(**self._ask("stat"))

    def wait(
        self, wanted: int, stall: float = 20.0, limit: float = 900.0, alive: Callable[[], bool] = lambda: True
    ) -> Stat:
        """Wait until so many are there, or the sender is not `alive`, or nothing came for `stall` seconds, or `limit`
        is over; returns what is there.
        """
        begun = moved = time.monotonic()
        before = -1
        while True:
            living, stat = alive(), self.stat()
            now = time.monotonic()
            if stat.accepted != before:
                before, moved = stat.accepted, now
            if stat.accepted >= wanted or not living or now - moved > stall or now - begun > limit:
                return stat
            time.sleep(0.05)

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._read())
        return answer

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the {self.name} sink ended by itself")
        return line


if __name__ == "__main__":
    asyncio.run(_serve({"smtp": SmtpSink, "http": HttpSink}[sys.argv[1]]))
