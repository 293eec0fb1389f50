"""A push service on a loopback port, and browsers with real keys that can read what it was handed."""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import http_ece
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


def b64(byte: bytes) -> str:
    return base64.urlsafe_b64encode(byte).rstrip(b"=").decode()


def ur_b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Lasare:
    """A browser: what it tells of itself, and what it can read."""

    endpoint: str
    nyckel: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sexton byte lang"

    @property
    def falt(self) -> dict[str, str]:
        punkt = self.nyckel.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.endpoint, "p256dh": b64(punkt), "auth": b64(self.auth)}

    def las(self, kropp: bytes) -> dict[str, Any]:
        """What was said to it (RFC 8188, RFC 8291). Raises if it was for somebody else."""
        klar: dict[str, Any] = json.loads(
            http_ece.decrypt(kropp, private_key=self.nyckel, auth_secret=self.auth, version="aes128gcm")
        )
        return klar


@dataclass(frozen=True)
class Handat:
    """What came: where, by which heads, and the sealed content."""

    vag: str
    huvud: dict[str, str]
    kropp: bytes

    def krav(self) -> dict[str, Any]:
        """What the sender says of itself, when the signature is that of the key that it shows (RFC 8292)."""
        schema, _, resten = self.huvud["Authorization"].partition(" ")
        assert schema == "vapid"
        delar = dict(del_.strip().split("=", 1) for del_ in resten.split(","))
        signerat, _, signatur = delar["t"].rpartition(".")
        rs = ur_b64(signatur)
        par = int.from_bytes(rs[:32]), int.from_bytes(rs[32:])
        nyckel = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ur_b64(delar["k"]))
        nyckel.verify(encode_dss_signature(*par), signerat.encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(ur_b64(signerat.partition(".")[0]))["alg"] == "ES256"
        return {**json.loads(ur_b64(signerat.partition(".")[2])), "k": delar["k"]}


class Pushtjanst:
    """Answers by path: `svar["/a"] = (410, {})`; None there leaves the sender without an answer. Else 201."""

    def __init__(self) -> None:
        self.fick: list[Handat] = []
        self.svar: dict[str, tuple[int, dict[str, str]] | None] = {}
        self.slut = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Svar)
        self._server.tjanst = self
        self._trad = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._trad.start()
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self.slut.set()
        self._server.shutdown()
        self._server.server_close()
        self._trad.join(60)

    def lasare(self, vag: str) -> Lasare:
        """A browser whose address is there."""
        return Lasare(self.url + vag)


class _Server(ThreadingHTTPServer):
    tjanst: Pushtjanst


class _Svar(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # So that server_close() does not wait for what is kept open by the other end.
    timeout = 10
    server: _Server

    def do_POST(self) -> None:
        tjanst = self.server.tjanst
        kropp = self.rfile.read(int(self.headers["Content-Length"]))
        tjanst.fick.append(Handat(self.path, dict(self.headers.items()), kropp))
        svar = tjanst.svar.get(self.path, (201, {}))
        if svar is None:
            tjanst.slut.wait(60)
            self.close_connection = True
            return
        self.send_response(svar[0])
        for namn, varde in {"Content-Length": "0", **svar[1]}.items():
            self.send_header(namn, varde)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""
