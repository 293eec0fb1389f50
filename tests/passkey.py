"""A security key in software: answers as a browser would, and lies as a test wants."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_NARVARANDE, _VERIFIERAD, _NY = 0x01, 0x04, 0x40


@dataclass
class Sakerhetsnyckel:
    """One key pair at one site; each answer raises its counter. `verifierar` False: it never asks who the person is."""

    ursprung: str = "http://localhost"
    doman: str = "localhost"
    verifierar: bool = True
    raknare: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    hemlig: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def skapa(self, val: str) -> str:
        """The answer to the options for making a passkey."""
        publik = self.hemlig.public_key().public_numbers()
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: publik.x.to_bytes(32, "big"), -3: publik.y.to_bytes(32, "big")})
        ny = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        objekt = encode_cbor({"fmt": "none", "attStmt": {}, "authData": self._data(_NY) + ny})
        return self._svar(self._klient("webauthn.create", val), attestationObject=objekt)

    def svara(self, val: str) -> str:
        """The answer to the options for showing the passkey."""
        self.raknare += 1
        klient, data = self._klient("webauthn.get", val), self._data(0)
        signatur = self.hemlig.sign(data + hashlib.sha256(klient).digest(), ec.ECDSA(SHA256()))
        return self._svar(klient, authenticatorData=data, signature=signatur)

    def _data(self, mer: int) -> bytes:
        flaggor = _NARVARANDE | (_VERIFIERAD if self.verifierar else 0) | mer
        return hashlib.sha256(self.doman.encode()).digest() + struct.pack(">BI", flaggor, self.raknare)

    def _klient(self, typ: str, val: str) -> bytes:
        utmaning = bytes_to_base64url(base64url_to_bytes(json.loads(val)["challenge"]))
        return json.dumps({"type": typ, "challenge": utmaning, "origin": self.ursprung}).encode()

    def _svar(self, klient: bytes, **mer: bytes) -> str:
        svar = {"clientDataJSON": klient} | mer
        return json.dumps(
            {
                "id": bytes_to_base64url(self.id),
                "rawId": bytes_to_base64url(self.id),
                "type": "public-key",
                "response": {namn: bytes_to_base64url(varde) for namn, varde in svar.items()},
            }
        )
