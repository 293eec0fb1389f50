"""The virus scanner, if there is one: clamd, spoken to over TCP or a Unix socket by its INSTREAM command."""

import logging
import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wis.bilagor.rules import Nekad
from wis.settings import Settings

FRIST_S = 60.0
"""Seconds that one file may take, connecting included."""
_BIT = 1 << 16
_STORST_SVAR = 4096
_FUNNEN = re.compile(r"stream: (.{1,200}) FOUND")


_log = logging.getLogger(__name__)


class _Nere(Exception):
    """No clear answer from the scanner."""


def genomsok(adress: str | None, data: bytes) -> None:
    """Return if the scanner (None: there is none) finds nothing. Raises Nekad when it does, and when it doesn't answer.

    The name of what was found is in `Nekad.skadlig`.
    """
    if adress is None:
        return
    try:
        svar = _fraga(adress, b"zINSTREAM\0", data)
    except (_Nere, OSError) as fel:
        _log.error("the scanner does not answer: %s", type(fel).__name__)
        raise Nekad(
            "Filen kunde inte genomsökas efter skadlig kod, och är därför inte bifogad. Försök igen om en stund. "
            "Händer det igen: säg till den som sköter driften.",
        ) from fel
    if svar == "stream: OK":
        return
    funnen = _FUNNEN.fullmatch(svar)
    _log.warning("the scanner said of %d bytes: %s", len(data), svar[:200])
    if funnen is None:
        raise Nekad("Filen kunde inte genomsökas efter skadlig kod, och är därför inte bifogad: den kan vara för stor.")
    raise Nekad(
        "Filen innehåller skadlig kod och är inte bifogad. Öppna den inte, och säg till er it-avdelning.",
        skadlig=funnen[1],
    )


def kontrollera(settings: Settings) -> Iterator[tuple[bool, str]]:
    """How it stands with the scanner: (well, in words)."""
    if settings.clamd is None:
        yield True, "Bilagor genomsöks inte efter skadlig kod: ange WIS_CLAMD om ni har en clamd."
        return
    try:
        svar = _fraga(settings.clamd, b"zPING\0", None)
    except (_Nere, OSError):
        svar = ""
    if svar == "PONG":
        yield True, f"Bilagor genomsöks efter skadlig kod av clamd på {settings.clamd}."
    else:
        yield (
            False,
            f"clamd svarar inte på {settings.clamd}: inga bilagor tas emot förrän den gör det. Starta den, eller ta "
            "bort WIS_CLAMD.",
        )


def _fraga(adress: str, kommando: bytes, data: bytes | None) -> str:
    senast = time.monotonic() + FRIST_S
    with _oppnad(adress) as ror:
        ror.sendall(kommando)
        for borjan in range(0, len(data or b""), _BIT):
            bit = (data or b"")[borjan : borjan + _BIT]
            _hinner(ror, senast)
            ror.sendall(struct.pack(">I", len(bit)) + bit)
        if data is not None:
            ror.sendall(struct.pack(">I", 0))
        return _svar(ror, senast)


@contextmanager
def _oppnad(adress: str) -> Iterator[socket.socket]:
    vard, _, port = adress.rpartition(":")
    if adress.startswith("/"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ror:
            ror.settimeout(FRIST_S)
            ror.connect(adress)
            yield ror
    else:
        with socket.create_connection((vard.strip("[]"), int(port)), timeout=FRIST_S) as ror:
            yield ror


def _svar(ror: socket.socket, senast: float) -> str:
    svar = b""
    while not svar.endswith(b"\0"):
        _hinner(ror, senast)
        bit = ror.recv(_STORST_SVAR)
        svar += bit
        if not bit or len(svar) > _STORST_SVAR:
            raise _Nere
    return svar.rstrip(b"\0").decode("utf-8", "replace").strip()


def _hinner(ror: socket.socket, senast: float) -> None:
    kvar = senast - time.monotonic()
    if kvar <= 0:
        raise _Nere
    ror.settimeout(kvar)
