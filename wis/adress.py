"""Where a server listens: whether it can, and whether it answers."""

import errno
import http.client
import socket
import threading
import time
import urllib.request

SVARAR_INOM = 30.0
"""Seconds within which a started server has answered."""


class StartHinder(Exception):
    """Why it can't listen there; the text says in Swedish what to do."""


def i_adress(host: str) -> str:
    """The host as it is written in an address: IPv6 within brackets."""
    return f"[{host}]" if ":" in host else host


def vanta_pa_svar(url: str, inom: float = SVARAR_INOM, avbryt: threading.Event | None = None) -> bool:
    """Ask until there is an answer; whether one came within so many seconds. Any error while it starts may pass.

    Asks no more once `avbryt` is set.
    """
    avbryt = avbryt or threading.Event()
    # A proxy in the environment is for what lies outside this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    slut = time.monotonic() + inom
    while time.monotonic() < slut and not avbryt.is_set():
        try:
            with opener.open(url, timeout=2):
                return True
        except (OSError, http.client.HTTPException):
            avbryt.wait(0.1)
    return False


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
