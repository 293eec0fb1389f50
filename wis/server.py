"""`wis run`: the application on gunicorn, one process of threads, with the delivery worker beside it."""

import logging
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from wis import markup
from wis.app import create_app
from wis.notiser.worker import Worker
from wis.settings import Settings

_log = logging.getLogger(__name__)


class PortUpptagen(Exception):
    """Something else answers at the port."""


class Server(BaseApplication):  # type: ignore[misc]
    """One gunicorn worker process of `settings.threads` threads: each open socket holds one of them."""

    def __init__(self, settings: Settings, host: str, port: int, halsning: str) -> None:
        self._settings, self._host, self._port, self._halsning = settings, host, port, halsning
        self._worker: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Our gunicorn settings."""
        chosen: dict[str, Any] = {
            "bind": f"{self._host}:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": self._settings.threads,
            "timeout": 120,
            "graceful_timeout": 15,
            "keepalive": 15,
            "control_socket_disable": True,
            "loglevel": "warning",
            "post_worker_init": self._started,
            "worker_exit": self._stopping,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in the worker process, so that no connection is shared over a fork."""
        app = create_app(self._settings)
        if self._settings.embedded_worker:
            self._worker = Worker(app.extensions["wis_database"], self._settings)
            app.extensions["wis_worker"] = self._worker
        return app

    def _started(self, _gunicorn_worker: object) -> None:
        markup.starta()
        if self._worker is not None:
            self._worker.start()
        threading.Thread(target=self._greet, daemon=True).start()

    def _stopping(self, _arbiter: object, _gunicorn_worker: object) -> None:
        if self._worker is not None:
            self._worker.stop(timeout=10)

    def _greet(self) -> None:
        """Say that we are ready once a real request has been answered."""
        address = f"http://{self._host}:{self._port}"
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address}/halsa/live", timeout=2):  # noqa: S310 our own address
                    sys.stdout.write(f"Klar: {address}/\n{self._halsning}")
                    sys.stdout.flush()
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        _log.error("the server did not answer its own request within 30 s")


def kor(settings: Settings, host: str, port: int, halsning: str = "") -> None:
    """Serve until told to stop. Prints `Klar: …` and `halsning` when it answers. Raises PortUpptagen."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortUpptagen(f"{host}:{port}: {error.strerror}") from error
    Server(settings, host, port, halsning).run()
