"""HTTP and websockets by hand, as cheap as they come: what one reader of the crowd costs must not be measured."""

import asyncio
import json
import socket
import zlib
from contextlib import suppress
from dataclasses import dataclass

import brotli

_HEAD_ENDS = b"\r\n\r\n"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
# A connection's port is chosen when it is known where to: else an address of ours runs out of ports for all servers.
_BIND_ADDRESS_NO_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)


@dataclass(frozen=True)
class Page:
    """What to ask for; `etag`: of the one that the reader has."""

    host: str
    path: str
    cookie: str = ""
    etag: str = ""

    def request(self) -> bytes:
        """The request, as a browser's script writes it."""
        asked = f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\nAccept-Encoding: gzip, br\r\n"
        if self.cookie:
            asked += f"Cookie: {self.cookie}\r\nX-Live: 1\r\n"
        if self.etag:
            asked += f"If-None-Match: {self.etag}\r\n"
        return (asked + "\r\n").encode()


@dataclass(frozen=True)
class Answer:
    """What came; `body` as it came, packed or not. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def text(self) -> bytes:
        """The body, unpacked. Raises ValueError for what can't be."""
        body, packed = self.body, self.headers.get("content-encoding", "")
        try:
            if packed == "gzip":
                return zlib.decompress(body, wbits=31)
            return brotli.decompress(body) if packed == "br" else body
        except (zlib.error, brotli.error) as error:
            raise ValueError(f"{packed}: {error}") from error


def parse(raw: bytes) -> Answer:
    """A whole answer, from a connection that was closed after it. Raises ValueError for half of one."""
    head, found, body = raw.partition(_HEAD_ENDS)
    if not found:
        raise ValueError("svaret tog slut")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    elif "content-length" in headers and len(body) < int(headers["content-length"]):
        raise ValueError("svaret tog slut")
    return Answer(int(first.split(" ", 2)[1]), headers, body)


def _joined(chunked: bytes) -> bytes:
    parts, at = [], 0
    while True:
        end = chunked.find(b"\r\n", at)
        if end < 0:
            raise ValueError("svaret tog slut")
        size = int(chunked[at:end].partition(b";")[0], 16)
        if not size:
            return b"".join(parts)
        parts.append(chunked[end + 2 : end + 2 + size])
        at = end + size + 4


async def open_socket(to: tuple[str, int], source: str) -> socket.socket:
    """A connection from this address of ours. Raises OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # an older kernel chooses the port at once
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, (to[0], to[1]))
    except BaseException:
        sock.close()
        raise
    return sock


class _Get(asyncio.Protocol):
    def __init__(self, request: bytes, done: "asyncio.Future[bytes]") -> None:
        self.request, self.done, self.parts = request, done, list[bytes]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done.done():
            return
        if exc is None:
            self.done.set_result(b"".join(self.parts))
        else:
            self.done.set_exception(exc)


async def get(to: tuple[str, int], source: str, page: Page) -> Answer:
    """One GET on a connection of its own. Raises OSError, and ValueError for half an answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()
    sock = await open_socket(to, source)
    transport, _ = await loop.create_connection(lambda: _Get(page.request(), done), sock=sock)
    try:
        return parse(await done)
    finally:
        transport.close()


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame from a client: masked, as it must be, with a mask that changes nothing. At most 125 bytes."""
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload


class Wire(asyncio.Protocol):
    """A websocket of a client; with `plain` its text frames are the messages, else Engine.IO v4 and Socket.IO v5."""

    def __init__(self, plain: bool) -> None:
        self.plain = plain
        self.transport: asyncio.Transport | None = None
        self._buffer = b""
        self._open = False

    def handshake(self) -> bytes:
        """The request for the websocket."""
        raise NotImplementedError

    def connected(self) -> None:
        """Called when messages can come."""
        raise NotImplementedError

    def event(self, payload: bytes) -> None:
        """Called with each message: the JSON array of name and data, or with `plain` the text."""
        raise NotImplementedError

    def close(self) -> None:
        """Go as a browser does whose page is closed."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket at once."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.handshake())

    def data_received(self, data: bytes) -> None:
        """The answer to the handshake, then frames."""
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(_HEAD_ENDS)
            if not found:
                return
            if b" 101 " not in head[:16]:
                self.close()
                return
            self._open, self._buffer = True, rest
            if self.plain:
                self.connected()
        self._frames()

    def _frames(self) -> None:
        data, at = self._buffer, 0
        while len(data) - at >= 2:
            size, start = data[at + 1] & 0x7F, at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                start += width
                if len(data) < start:
                    break
                size = int.from_bytes(data[start - width : start], "big")
            if len(data) < start + size:
                break
            self._frame(data[at] & 0x0F, data[start : start + size])
            at = start + size
        self._buffer = data[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        assert self.transport is not None
        if opcode == _TEXT:
            if self.plain:
                self.event(payload)
            else:
                self._packet(payload)
        elif opcode == _PING:
            self.transport.write(frame(_PONG, payload[:125]))
        elif opcode == _CLOSE:
            self.transport.close()

    def _packet(self, packet: bytes) -> None:
        """Engine.IO: 0 open, 2 ping, 4 message; of Socket.IO in it 0 connect, 1 disconnect, 2 event, 4 refused."""
        assert self.transport is not None
        if packet.startswith(b"42"):
            self.event(packet[2:])
        elif packet.startswith(b"2"):
            self.transport.write(frame(_TEXT, b"3"))
        elif packet.startswith(b"0"):
            json.loads(packet[1:])
            self.transport.write(frame(_TEXT, b"40"))
        elif packet.startswith(b"40"):
            self.connected()
        elif packet.startswith((b"41", b"44", b"1")):
            self.transport.close()
