"""The process that makes one PDF: ``python -m wis.utskrift.pdfprocess``, started by `wis.utskrift.pdf` only.

It is the only module that imports WeasyPrint, which is large, slow to import and needs libraries of the system. It is
a process without secrets, with bounds on memory and time, that yields to the pages and ends with the document.

Protocol: standard input is four bytes of length (big-endian), as much JSON ({"html", "stil", "filer": [[address, kind,
length], …]}), then the bytes of those files after each other. The answer is likewise: JSON ({"sidor"} or {"fel"}), and
after it the PDF.
"""

import contextlib
import importlib
import io
import json
import os
import resource
import struct
import sys
from collections.abc import Mapping
from typing import Any

ETIKETT = struct.Struct(">I")
MINNE_BYTE = 1_500_000_000
TID_S = 60
ARTIG = 10
"""How much the process yields to the others (nice)."""
VARIANT = "pdf/ua-1"
SAKNAS = "bibliotek"
BILD_DPI = 150

Filer = Mapping[str, tuple[str, bytes]]


class Otillaten(Exception):
    """An address that is none of the given files."""


class Hamtare:
    """Gives the files that came along, by their made-up addresses, and refuses every other address whatever it is."""

    # What weasyprint.urls.fetch() asks of one that refuses: the document goes on without it.
    _fail_on_errors = False

    def __init__(self, filer: Filer) -> None:
        self._filer = filer

    def __call__(self, url: str) -> Any:
        """The file as WeasyPrint wants it. Raises Otillaten."""
        from weasyprint.urls import URLFetcherResponse

        if url not in self._filer:
            raise Otillaten(url)
        slag, data = self._filer[url]
        return URLFetcherResponse(url, data, {"Content-Type": slag})


def gor(html: str, stil: str, filer: Filer) -> tuple[int, bytes]:
    """How many pages it became, and the PDF: tagged for readers that speak. Raises whatever WeasyPrint raises."""
    from weasyprint import CSS, HTML

    hamtare = Hamtare(filer)
    utseende = CSS(string=stil, url_fetcher=hamtare)
    dokument = HTML(string=html, url_fetcher=hamtare).render(
        stylesheets=[utseende], pdf_variant=VARIANT, dpi=BILD_DPI, jpeg_quality=80
    )
    return len(dokument.pages), dokument.write_pdf(pdf_variant=VARIANT, dpi=BILD_DPI, jpeg_quality=80)


def _svar(data: bytes) -> list[bytes]:
    (langd,) = ETIKETT.unpack_from(data)
    fran = ETIKETT.size + langd
    vad = json.loads(data[ETIKETT.size : fran])
    filer: dict[str, tuple[str, bytes]] = {}
    for adress, slag, storlek in vad["filer"]:
        filer[adress] = slag, data[fran : fran + storlek]
        fran += storlek
    try:
        importlib.import_module("weasyprint")
    except OSError as fel:
        # A library of the system that can't be loaded.
        return [_packad({"fel": SAKNAS, "text": str(fel)[:200]})]
    try:
        sidor, pdf = gor(vad["html"], vad["stil"], filer)
    except Exception as fel:  # noqa: BLE001 (whatever it raises means 'not this document')
        return [_packad({"fel": type(fel).__name__})]
    return [_packad({"sidor": sidor}), pdf]


def _packad(uppgifter: dict[str, Any]) -> bytes:
    huvud = json.dumps(uppgifter).encode()
    return ETIKETT.pack(len(huvud)) + huvud


def _begransa() -> None:
    """Put limits on this process: memory, time, and no core with somebody's text in it."""
    os.nice(ARTIG)
    for vad, tak in (
        (resource.RLIMIT_AS, MINNE_BYTE),
        (resource.RLIMIT_CPU, TID_S),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hogst = resource.getrlimit(vad)
        lagst = tak if hogst == resource.RLIM_INFINITY else min(tak, hogst)
        resource.setrlimit(vad, (lagst, lagst))


def main() -> None:
    """Make the one document on standard input."""
    _begransa()
    # Whatever a library says must not come in the middle of the answer.
    with contextlib.redirect_stdout(io.StringIO()):
        delar = _svar(sys.stdin.buffer.read())
    for del_ in delar:
        sys.stdout.buffer.write(del_)


if __name__ == "__main__":
    main()
