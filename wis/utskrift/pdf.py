"""A document of ours as PDF, made in a process of its own, one at a time, and kept for a while.

The pages must not starve for it: the process yields, has bounds on memory and time, and those who come while others
wait are asked to come again.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from wis.settings import PROJECT_ROOT
from wis.utskrift.pdfprocess import ETIKETT, SAKNAS, Filer
from wis.utskrift.system import PAKET, saknade_paket

FRIST_S = 75.0
"""Seconds that one document may take, waiting for the processor too."""
KO_FRIST_S = 20.0
"""Seconds to wait for the documents of others."""
GALLER_S = 600.0
"""Seconds that a document is given again to whoever asks for the same: it says when it was made."""
GOMT_BYTE = 24_000_000
STIL = PROJECT_ROOT / "static" / "css" / "papper.css"
_MILJO = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "HOME", "XDG_CACHE_HOME")
_TUR = threading.Semaphore(1)
_FLEST = 8
_ko = threading.Semaphore(_FLEST)
"""So many may be made or waited for: each holds one of the threads that the pages need too. See anpassa()."""
_log = logging.getLogger(__name__)


def anpassa(threads: int) -> None:
    """Let documents hold at most a quarter of the threads of this process, one at least."""
    global _ko
    _ko = threading.Semaphore(max(1, min(_FLEST, threads // 4)))


class KanInte(Exception):
    """No PDF was made; the text says in Swedish why and what to do."""


class Upptaget(KanInte):
    """Others' documents are being made."""


@dataclass(frozen=True)
class Dokument:
    """What is to be made: a whole HTML page, and the files that it may show, by made-up addresses."""

    html: str
    filer: Filer = field(default_factory=dict, hash=False)

    @property
    def summa(self) -> str:
        """By what it is known: all that it says and shows."""
        summa = hashlib.sha256(self.html.encode())
        for adress, (_, data) in sorted(self.filer.items()):
            summa.update(adress.encode() + hashlib.sha256(data).digest())
        return summa.hexdigest()


class Gommen:
    """The PDFs made lately, at most so many bytes of them, each for GALLER_S."""

    def __init__(self, byte: int = GOMT_BYTE) -> None:
        self._byte = byte
        self._las = threading.Lock()
        self._har: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def find(self, nyckel: str) -> bytes | None:
        """What was made, if it is not too old."""
        with self._las:
            da, pdf = self._har.get(nyckel, (0.0, None))
            return pdf if pdf is not None and time.monotonic() - da < GALLER_S else None

    def minns(self, nyckel: str, pdf: bytes) -> None:
        """Keep it; the oldest make room."""
        with self._las:
            self._har.pop(nyckel, None)
            self._har[nyckel] = time.monotonic(), pdf
            while sum(len(data) for _, data in self._har.values()) > self._byte:
                self._har.popitem(last=False)


@cache
def gommen() -> Gommen:
    """This process's."""
    return Gommen()


def gor_pdf(dokument: Dokument) -> bytes:
    """The PDF. Takes seconds: hold no transaction meanwhile. Raises KanInte."""
    with _min_tur():
        svar = _i_egen_process(dokument)
    if not svar:
        raise KanInte("Utskriften blev för stor eller tog för lång tid. Skriv ut sidan från webbläsaren i stället.")
    borjan = ETIKETT.size + ETIKETT.unpack_from(svar)[0]
    uppgifter = json.loads(svar[ETIKETT.size : borjan])
    if "fel" in uppgifter:
        _log.error("no PDF was made: %s", uppgifter)
        raise KanInte(saknas_i_ord() if uppgifter["fel"] == SAKNAS else _ANNAT)
    return svar[borjan:]


@contextmanager
def _min_tur() -> Iterator[None]:
    """Wait while others' documents are made. Raises Upptaget when that takes too long, or too many wait already."""
    ko = _ko
    if not ko.acquire(blocking=False):
        raise Upptaget(_UPPTAGET)
    try:
        if not _TUR.acquire(timeout=KO_FRIST_S):
            raise Upptaget(_UPPTAGET)
        try:
            yield
        finally:
            _TUR.release()
    finally:
        ko.release()


_UPPTAGET = "Servern gör andra utskrifter just nu. Vänta en minut och försök igen."
_ANNAT = (
    "PDF-filen gick inte att göra. Skriv ut sidan från webbläsaren i stället, och säg till dem som sköter systemet."
)


def prova() -> str:
    """Make a small PDF: '' if it went well, else in Swedish why not and what to do."""
    try:
        gor_pdf(Dokument("<!doctype html><html lang=sv><title>Prov</title><p>Prov"))
    except KanInte as nej:
        return str(nej)
    # Without a font it goes well, and every letter is a box.
    return saknas_i_ord() if saknade_paket() else ""


def saknas_i_ord() -> str:
    """What whoever runs the server is to install."""
    paket = " ".join(saknade_paket() or PAKET)
    return f"Servern saknar det som PDF görs med. Den som sköter den installerar: sudo apt-get install {paket}"


def _i_egen_process(dokument: Dokument) -> bytes:
    """What the process answered; nothing if it fell or was too slow."""
    # The secrets of the parent's environment have no business there.
    miljo = {namn: os.environ[namn] for namn in _MILJO if namn in os.environ}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "wis.utskrift.pdfprocess"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=miljo,
    ) as process:
        try:
            svar, _ = process.communicate(b"".join(_fraga(dokument)), timeout=FRIST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            _log.warning("a PDF of %d characters took more than %s s", len(dokument.html), FRIST_S)
            return b""
    if process.returncode:
        _log.warning("a PDF of %d characters ended its process: %s", len(dokument.html), process.returncode)
        return b""
    return svar


def _fraga(dokument: Dokument) -> Iterator[bytes]:
    """The question, as wis.utskrift.pdfprocess says."""
    filer = [(adress, slag, len(data)) for adress, (slag, data) in dokument.filer.items()]
    huvud = json.dumps({"html": dokument.html, "stil": STIL.read_text("utf-8"), "filer": filer}).encode()
    yield ETIKETT.pack(len(huvud)) + huvud
    for _, data in dokument.filer.values():
        yield data
