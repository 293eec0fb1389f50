"""One asyncio loop in a thread of its own per process, for the connections to providers."""

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, ClassVar

_log = logging.getLogger(__name__)


class SlinganDog(RuntimeError):
    """The loop's thread is gone; what was in flight is not known."""


class Slinga:
    """The loop and its thread, one per process for as long as somebody needs it. Safe from any thread."""

    _las: ClassVar[threading.Lock] = threading.Lock()
    _enda: ClassVar["Slinga | None"] = None

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(_utan_innehall)
        self.levande = True
        self._pid, self._antal = os.getpid(), 0
        self._trad = threading.Thread(target=self._kor, name="wis-forbindelser", daemon=True)
        try:
            self._trad.start()
        except BaseException:
            self.loop.close()
            raise

    @classmethod
    def ta(cls) -> "Slinga":
        """The process's loop, started if need be; let go of it by `slapp`."""
        with cls._las:
            slinga = cls._enda
            # A thread does not follow into a fork, and the parent's sockets are not the child's to close.
            if slinga is None or not slinga.levande or slinga._pid != os.getpid():
                slinga = cls._enda = Slinga()
            slinga._antal += 1
            return slinga

    def slapp(self) -> None:
        """One less needs it; with the last the thread ends."""
        with Slinga._las:
            self._antal -= 1
            if self._antal > 0:
                return
            if Slinga._enda is self:
                Slinga._enda = None
        self.sluta()

    def sluta(self) -> None:
        """Stop the loop and wait for its thread; harmless when it is gone."""
        if self._pid != os.getpid():
            return
        with suppress(RuntimeError):  # closed already: the thread died
            self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._trad:
            self._trad.join(10)

    def _kor(self) -> None:
        try:
            self.loop.run_forever()
        except BaseException as fel:
            _log.critical("the thread of the connections died: %s", type(fel).__name__)
            raise
        finally:
            self.levande = False
            try:
                self._avsluta()
            finally:
                self.loop.close()

    def _avsluta(self) -> None:
        self.loop.run_until_complete(_avbryt_alla())
        self.loop.run_until_complete(_stang_alla(self.loop))
        # What was lost with its connection may have asked for a new one.
        self.loop.run_until_complete(_avbryt_alla())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())

    @classmethod
    def _vid_utgang(cls) -> None:
        if cls._enda is not None:
            cls._enda.sluta()


atexit.register(Slinga._vid_utgang)


async def avbryt(uppgifter: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these, and return when they have ended; what they raise is dropped."""
    alla = kvar = set(uppgifter)
    while kvar:
        # More than once: one that is told of something in the same moment may go on as if it had not been cancelled.
        for uppgift in kvar:
            uppgift.cancel()
        _, kvar = await asyncio.wait(kvar, timeout=0.1)
    await asyncio.gather(*alla, return_exceptions=True)


async def _avbryt_alla() -> None:
    jag = asyncio.current_task()
    await avbryt(uppgift for uppgift in asyncio.all_tasks() if uppgift is not jag)


async def _stang_alla(loop: asyncio.AbstractEventLoop) -> None:
    # A connection whose opening was cancelled just as its TLS handshake ended waits half a minute for the other end's
    # good bye, and nobody holds it but the loop: left open, it would be found by the garbage collector. The loop's
    # list is asyncio's own; without it this does nothing.
    transporter: Iterable[asyncio.Transport] = list(getattr(loop, "_transports", {}).values())
    for transport in transporter:
        transport.abort()
    # Their sockets are closed in the next turns of the loop.
    for _ in range(3):
        await asyncio.sleep(0)


def _utan_innehall(_loop: asyncio.AbstractEventLoop, sammanhang: dict[str, Any]) -> None:
    # What asyncio would log holds addresses, and sometimes what was being sent.
    fel = sammanhang.get("exception")
    _log.error("a connection reported a problem: %s", type(fel).__name__ if fel else "no exception")
