"""`wis run`: the application on gunicorn: one process of threads with the delivery worker in it, or several.

Who is told to stop takes no new connections, answers those that were made, and then ends: behind a proxy that has
another one to ask, a restart fails no request that was taken in. One whose connection is half made in the very moment
that the door is shut is refused: a proxy asks the other one to read, and what was to be written is sent again.
"""

import ctypes
import logging
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from wis import markup, statisk
from wis.adress import SVARAR_INOM, StartHinder, i_adress, vanta_pa_svar
from wis.app import create_app
from wis.notiser.worker import Worker
from wis.settings import PROJECT_ROOT, Settings

_log = logging.getLogger(__name__)
# Seconds that requests under way get to be answered once we are told to stop.
SVARAR_KLART_INOM = 15
_SO_ATTACH_FILTER = 26


class Arbetare(ThreadWorker):  # type: ignore[misc]
    """A process that, told to stop, first takes in who stands at the door and then shuts it.

    gunicorn leaves the door open while it answers the last requests: who came meanwhile waited, and was then cut off.
    """

    def init_signals(self) -> None:
        """Told to reload together with the master, it goes on: by itself it would end in the middle of an answer."""
        super().init_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take connections or not; when stopping, for good."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            self._ta_emot_alla(listener)
            listener.close()

    def _ta_emot_alla(self, listener: Any) -> None:
        fore = -1
        while self.nr_conns != fore:
            fore = self.nr_conns
            self.accept(listener)


class Mastare(Arbiter):  # type: ignore[misc]
    """Holds the processes of the server, and what they listen on together."""

    def __init__(self, app: BaseApplication) -> None:
        # Asked now: a window that has been closed is no terminal any more.
        self._i_fonster = sys.stdin is not None and sys.stdin.isatty()
        super().__init__(app)

    def handle_hup(self) -> None:
        """Start nothing anew: new processes would have the old code and settings, but read the new templates.

        Raises StopIteration, gunicorn's word for the end, when it was started in a window, which has been closed.
        """
        if self._i_fonster:
            raise StopIteration
        _log.warning("HUP: inget är omladdat. Ny kod och nya inställningar kräver omstart (systemctl restart).")

    def stop(self, graceful: bool = True) -> None:
        """End them all; first no more connections are made, so that none is made after the last was taken in."""
        if graceful:
            for listener in self.LISTENERS:
                slapp_inga_fler(listener.sock)
        super().stop(graceful)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with `settings.processer` processes of `settings.threads` threads: a built-in socket holds a thread."""

    def __init__(self, settings: Settings, host: str, port: int, halsning: str) -> None:
        self._settings, self._halsning = settings, halsning
        self._lyssnar = f"{i_adress(host)}:{port}"
        self._worker: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Our gunicorn settings."""
        chosen: dict[str, Any] = {
            "bind": self._lyssnar,
            "workers": self._settings.processer,
            "worker_class": Arbetare,
            "threads": self._settings.threads,
            "timeout": 120,
            "graceful_timeout": SVARAR_KLART_INOM,
            "keepalive": 15,
            "control_socket_disable": True,
            "loglevel": "warning",
            "post_worker_init": self._started,
            "worker_exit": self._stopping,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until told to stop; then SystemExit."""
        Mastare(self).run()

    def load(self) -> Flask:
        """Called in the worker process, so that no connection is shared over a fork."""
        app = create_app(self._settings)
        if self._settings.embedded_worker:
            self._worker = Worker(app.extensions["wis_database"], self._settings)
            app.extensions["wis_worker"] = self._worker
        return app

    def _started(self, gunicorn_worker: Any) -> None:
        # gunicorn's threads wait for ever for the rest of a request: some hundred half-sent ones would stop everything.
        # Set on what listens, since connections inherit it.
        patience = struct.pack("ll", int(self._settings.read_timeout), 0)
        for listener in gunicorn_worker.sockets:
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        markup.starta()
        if self._worker is not None:
            self._worker.start()
        if gunicorn_worker.age == 1:  # the first of them speaks for all
            threading.Thread(target=self._greet, daemon=True).start()

    def _stopping(self, _arbiter: object, _gunicorn_worker: object) -> None:
        if self._worker is not None:
            self._worker.stop(timeout=10)

    def _greet(self) -> None:
        """Say that we are ready once a real request has been answered."""
        if vanta_pa_svar(f"http://{self._lyssnar}/halsa/live"):
            sys.stdout.write(f"Klar: http://{self._lyssnar}/\n{self._halsning}")
            sys.stdout.flush()
        else:
            _log.error("the server did not answer its own request within %d s", SVARAR_INOM)


def slapp_inga_fler(lyssnar: socket.socket) -> None:
    """Let no more connections be made to this, on Linux; those made go on, and those in the queue can be taken in.

    Who tries meanwhile is not answered: a second later they try again, by themselves, and are then refused.
    """
    if sys.platform != "linux" or lyssnar.family == socket.AF_UNIX:
        return
    # The packet filter of one instruction that lets nothing by: struct sock_filter {code RET|K, jt, jf, k 0}.
    slang = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0), 8)
    program = struct.pack("HL", 1, ctypes.addressof(slang))
    with suppress(OSError):
        # Where it can't be had, a connection in the millisecond before the door is shut may be lost.
        lyssnar.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def kor(settings: Settings, host: str, port: int, halsning: str = "") -> None:
    """Serve until told to stop. Prints `Klar: …` and `halsning` when it answers.

    That one can listen there is for the caller to see to, before anything else is made ready (`wis.adress`); gunicorn
    itself would try for five seconds, in English. Raises StartHinder when the files can't be put where a proxy reads.
    """
    if settings.statisk_katalog is not None:
        _lagg_ut(settings.statisk_katalog)
    Server(settings, host, port, halsning).run()


def _lagg_ut(katalog: Path) -> None:
    try:
        statisk.lagg_ut(statisk.las(PROJECT_ROOT / "static"), katalog)
    except OSError as error:
        raise StartHinder(
            f"Sidornas filer går inte att lägga i {katalog} ({error.strerror}): låt kontot som kör wis skriva där, "
            "eller ta bort WIS_STATISK_KATALOG."
        ) from error
