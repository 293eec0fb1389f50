"""`wis run`: the application on gunicorn, one process of threads, with the delivery worker beside it."""

import errno
import http.client
import logging
import socket
import struct
import sys
import threading
import time
import urllib.request
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from wis import markup
from wis.app import create_app
from wis.notiser.worker import Worker
from wis.settings import Settings

_log = logging.getLogger(__name__)
# Seconds within which a started server has answered.
SVARAR_INOM = 30.0


class StartHinder(Exception):
    """Why it can't listen there; the text says in Swedish what to do."""


def i_adress(host: str) -> str:
    """The host as it is written in an address: IPv6 within brackets."""
    return f"[{host}]" if ":" in host else host


class Server(BaseApplication):  # type: ignore[misc]
    """One gunicorn worker process of `settings.threads` threads: each open socket holds one of them."""

    def __init__(self, settings: Settings, host: str, port: int, halsning: str) -> None:
        self._settings, self._halsning = settings, halsning
        self._lyssnar = f"{i_adress(host)}:{port}"
        self._worker: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Our gunicorn settings."""
        chosen: dict[str, Any] = {
            "bind": self._lyssnar,
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

    def _started(self, gunicorn_worker: Any) -> None:
        # gunicorn's threads wait for ever for the rest of a request: some hundred half-sent ones would stop everything.
        # Set on what listens, since connections inherit it.
        patience = struct.pack("ll", int(self._settings.read_timeout), 0)
        for listener in gunicorn_worker.sockets:
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        markup.starta()
        if self._worker is not None:
            self._worker.start()
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


def vanta_pa_svar(url: str, inom: float = SVARAR_INOM) -> bool:
    """Ask until there is an answer; whether one came within so many seconds. Any error while it starts may pass."""
    # A proxy in the environment is for what lies outside this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    slut = time.monotonic() + inom
    while time.monotonic() < slut:
        try:
            with opener.open(url, timeout=2):
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    return False


def kor(settings: Settings, host: str, port: int, halsning: str = "") -> None:
    """Serve until told to stop. Prints `Klar: …` and `halsning` when it answers. Raises StartHinder."""
    prova_adress(host, port)
    Server(settings, host, port, halsning).run()


def prova_adress(host: str, port: int) -> None:
    """Raises StartHinder if one can't listen there."""
    try:
        # As gunicorn chooses it: a name is IPv4.
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise StartHinder(_rad(host, port, error)) from error


def _rad(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        nasta = port + 1 if port < 65535 else 8000
        return f"Port {port} är upptagen. Stoppa det som kör där, eller välj en annan: --port {nasta}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} kräver högre behörighet. Välj en port från 1024 och uppåt, t.ex. --port 8000."
    return (
        f"Den här datorn har inte adressen {host} ({error.strerror}). "
        "Ange en som den har med --host: 127.0.0.1 når bara den själv, 0.0.0.0 alla dess nät."
    )
