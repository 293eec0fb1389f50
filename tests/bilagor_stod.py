"""Files to attach, whole and hostile, and a scanner that speaks as clamd does."""

import io
import socketserver
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from wis.bilagor import service
from wis.bilagor.mottagning import Godkand
from wis.bilagor.rules import Slag
from wis.lagesbild.models import LagesbildVersion

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def en_bild(slag: str = "JPEG", storlek: tuple[int, int] = (600, 400), farg: str = "navy", **val: Any) -> bytes:
    """An image of one colour."""
    ut = io.BytesIO()
    Image.new("RGB", storlek, farg).save(ut, slag, **val)
    return ut.getvalue()


def en_bild_fran_mobilen() -> bytes:
    """A photograph that lies on its side and says where it was taken, with what, and a remark."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Hemlig Kamera AB"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 20.0, 0.0), 3: "E", 4: (18.0, 4.0, 0.0)})
    return en_bild(exif=exif, comment=b"hemlig anteckning", storlek=(3000, 1500))


def en_pdf(text: str = "Plan") -> bytes:
    """The smallest PDF that is whole."""
    delar = [b"%PDF-1.4\n", b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"]
    delar += [b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n", f"% {text}\n".encode()]
    plats = sum(map(len, delar))
    delar.append(b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 3/Root 1 0 R>>\n")
    return b"".join(delar) + f"startxref\n{plats}\n%%EOF\n".encode()


def en_bomb() -> bytes:
    """A PNG of some hundred bytes that says it has 900 million pixels."""

    def bit(namn: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + namn + data + struct.pack(">I", zlib.crc32(namn + data))

    huvud = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + bit(b"IHDR", huvud) + bit(b"IDAT", zlib.compress(b"\0" * 9_000)) + bit(b"IEND", b"")


def en_publicerad(session: Session, version: LagesbildVersion) -> int:
    """An attachment of a version that is there already, in words for bytes: its number."""
    data = f"bild {version.lagesbild_id}".encode()
    bild = Godkand("karta.png", Slag.PNG, data, 2, 1, b"liten bild")
    rad = service.behall(session, version.aktor_id, bild)
    service.publicera(session, version.lagesbild_id, version.nummer, [rad])
    return rad.bilaga_id


class Clamd:
    """What the scanner was sent, and how it answers."""

    def __init__(self, adress: str) -> None:
        self.adress, self.skannat = adress, list[bytes]()


@contextmanager
def en_clamd(*, stum: bool = False) -> Iterator[Clamd]:
    """A scanner on a port of this machine that knows EICAR; a mute one hangs up without an answer."""

    class Samtal(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            kommando = bytearray()
            while not kommando.endswith(b"\0"):
                kommando += self.rfile.read(1)
            if kommando == b"zPING\0":
                self.wfile.write(b"PONG\0")
                return
            data = bytearray()
            while langd := struct.unpack(">I", self.rfile.read(4))[0]:
                data += self.rfile.read(langd)
            clamd.skannat.append(bytes(data))
            if not stum:
                self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Samtal) as server:
        clamd = Clamd(f"127.0.0.1:{server.server_address[1]}")
        trad = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        trad.start()
        try:
            yield clamd
        finally:
            server.shutdown()
            trad.join()
