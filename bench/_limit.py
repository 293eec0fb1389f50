"""The limit: raw pooled connections that do nothing but hand over, with the message rendered once and nothing stored.

`python -m bench._limit smtp|http PORT N CONNECTIONS` prints the seconds of its start and of its CPU as JSON.
"""

import asyncio
import base64
import json
import os
import resource
import subprocess
import sys
import time

from bench._figures import TEXT, Result, peak_of, recipients
from bench._sinks import LOOPBACK, ROOT, Sink

CONNECTIONS = 64
_SUBJECT = "Underr=C3=A4ttelse"


class _Near(asyncio.Protocol):
    """One connection: takes the next recipient as soon as the last one is answered for."""

    transport: asyncio.Transport

    def __init__(self, queue: "_Queue") -> None:
        self.queue = queue
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def next(self) -> bytes | None:
        """Whom to send to next; None closes the connection."""
        if self.queue.left:
            return self.queue.left.pop()
        self.transport.close()
        return None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's
        self.queue.ended()


class _Queue:
    def __init__(self, everybody: list[bytes], connections: int) -> None:
        self.left = everybody[::-1]
        self.open = connections
        self.done = asyncio.Event()

    def ended(self) -> None:
        """A connection is closed."""
        self.open -= 1
        if not self.open:
            self.done.set()


class SmtpNear(_Near):
    """MAIL, RCPT and DATA in one write; the message when the three are answered."""

    _content = (
        f"Subject: =?utf-8?q?{_SUBJECT}?=\r\nFrom: WIS <wis@example.se>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
        "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    ).encode()
    _text = b"\r\n" + base64.encodebytes(TEXT.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n") + b".\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.state = self._greeted

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.state()

    def _greeted(self) -> None:
        if self.buffer.endswith(b"\r\n"):
            self.buffer, self.state = b"", self._helloed
            self.transport.write(b"EHLO limit\r\n")

    def _helloed(self) -> None:
        if b"250 " in self.buffer and self.buffer.endswith(b"\r\n"):
            self._begin()

    def _begin(self) -> None:
        self.buffer = b""
        to = self.next()
        if to is not None:
            self.to, self.state = to, self._ready
            self.transport.write(b"MAIL FROM:<wis@example.se>\r\nRCPT TO:<%b>\r\nDATA\r\n" % to)

    def _ready(self) -> None:
        if self.buffer.count(b"\n") == 3:
            if not self.buffer.rpartition(b"\n354")[1]:
                raise SystemExit(f"the mail sink refused: {self.buffer!r}")
            self.buffer, self.state = b"", self._sent
            self.transport.write(
                b"%bMessage-ID: <%b>\r\nTo: <%b>\r\n%b" % (self._content, self.to, self.to, self._text)
            )

    def _sent(self) -> None:
        if self.buffer.endswith(b"\r\n"):
            self._begin()


class HttpNear(_Near):
    """One POST after another."""

    _head = (
        f"POST /a1/sms HTTP/1.1\r\nHost: {LOOPBACK}\r\nAuthorization: Basic dTpw\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    ).encode()
    _form = b"from=WIS&message=Kraftigt+sn%C3%B6fall+i+hela+l%C3%A4net.+L%C3%A4s+mer+i+WIS.&to="

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._begin()

    def _begin(self) -> None:
        self.buffer = b""
        to = self.next()
        if to is not None:
            form = self._form + to.replace(b"+", b"%2B")
            self.transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(form), form))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer.endswith(b"}"):
            if b" 200 " not in self.buffer[:16]:
                raise SystemExit(f"the SMS sink refused: {self.buffer!r}")
            self._begin()


async def _run(kind: type[_Near], port: int, everybody: list[bytes], connections: int) -> float:
    loop = asyncio.get_running_loop()
    queue = _Queue(everybody, connections)
    begun = time.monotonic()
    await asyncio.gather(
        *(loop.create_connection(lambda: kind(queue), LOOPBACK, port) for _ in range(connections)),
    )
    await queue.done.wait()
    return begun


def measure(sink: Sink, count: int, latency: float) -> Result:
    """What a raw pool does with so many recipients and such a far end."""
    sink.reset(latency)
    command = [sys.executable, "-m", "bench._limit", sink.name, str(sink.port), str(count), str(CONNECTIONS)]
    printed = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    stat = sink.wait(count)
    return Result(
        who="gränsen: rå pool",
        channel=sink.name,
        latency=latency,
        wanted=count,
        accepted=stat.accepted,
        doubles=stat.doubles,
        seconds=stat.last - printed["begun"],
        cpu=printed["cpu"],
        peak_mb=printed["peak_mb"],
    )


def _main(name: str, port: str, count: str, connections: str) -> None:
    kind: type[_Near] = SmtpNear if name == "smtp" else HttpNear
    everybody = [to.encode() for to in recipients(name, int(count))]
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = asyncio.run(_run(kind, int(port), everybody, int(connections)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"begun": begun, "cpu": cpu, "peak_mb": peak_of(os.getpid())}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
