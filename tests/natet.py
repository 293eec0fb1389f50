"""A network that can be made bad on order: a TCP proxy on loopback in front of a real server.

It forwards; it can be a black hole (packets vanish, nothing is closed, new connections are taken and never answered),
it can lose what the server answers, and it can be cut.
"""

import selectors
import socket
import threading
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

from tests.mottagare import LOOPBACK


class Lage(StrEnum):
    """What becomes of the bytes."""

    OPPET = "they pass"
    SVALJER = "they vanish, both ways"
    TAPPAR_SVAR = "what the server says vanishes"


class Natet:
    """The proxy, as a context manager: `url` leads to the server on `port`."""

    def __init__(self, port: int) -> None:
        self._till = port
        self._lage = Lage.OPPET
        self._las = threading.Lock()
        self._par: dict[socket.socket, socket.socket] = {}
        self._valjare = selectors.DefaultSelector()
        self._lyssnar = socket.create_server((LOOPBACK, 0))
        self._valjare.register(self._lyssnar, selectors.EVENT_READ)
        self.url = f"http://{LOOPBACK}:{self._lyssnar.getsockname()[1]}"
        self._slut = threading.Event()
        self._trad = threading.Thread(target=self._kor, daemon=True)

    def stall(self, lage: Lage) -> None:
        """From now on; what has vanished does not come back, and neither do the connections that it was said on."""
        with self._las:
            if lage is Lage.OPPET:
                self._kapa()
            self._lage = lage

    def led_till(self, port: int) -> None:
        """From now on to the server on this port: another, or none. What was connected to the one before is closed."""
        with self._las:
            self._kapa()
            self._till = port

    def kapa(self) -> None:
        """Close every connection, as a proxy does that is started anew."""
        with self._las:
            self._kapa()

    def _kapa(self) -> None:
        for en in list(self._par):
            self._stang(en)

    def _stang(self, en: socket.socket) -> None:
        for den in (en, self._par.pop(en, None)):
            if den is not None:
                self._par.pop(den, None)
                with suppress(KeyError, ValueError):
                    self._valjare.unregister(den)
                den.close()

    def _kor(self) -> None:
        while not self._slut.is_set():
            for nyckel, _ in self._valjare.select(0.05):
                with self._las:
                    if nyckel.fileobj is self._lyssnar:
                        self._ta_emot()
                    elif isinstance(nyckel.fileobj, socket.socket) and nyckel.fileobj in self._par:
                        self._flytta(nyckel.fileobj, fran_klienten=bool(nyckel.data))

    def _ta_emot(self) -> None:
        klient, _ = self._lyssnar.accept()
        try:
            server = socket.create_connection((LOOPBACK, self._till), timeout=5)
        except OSError:  # it is down: refused
            klient.close()
            return
        for en, annan, fran in ((klient, server, True), (server, klient, False)):
            en.settimeout(30)
            self._par[en] = annan
            self._valjare.register(en, selectors.EVENT_READ, fran)

    def _flytta(self, fran: socket.socket, *, fran_klienten: bool) -> None:
        try:
            data = fran.recv(65536)
            till = self._par[fran]
            tappas = self._lage is Lage.SVALJER or (self._lage is Lage.TAPPAR_SVAR and not fran_klienten)
            if tappas:
                if not data:  # nobody hears that it was closed
                    self._valjare.unregister(fran)
                return
            if data:
                till.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._stang(fran)

    def __enter__(self) -> Self:
        self._trad.start()
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self._slut.set()
        self._trad.join(30)
        self._kapa()
        self._lyssnar.close()
        self._valjare.close()
