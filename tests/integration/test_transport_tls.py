"""Encryption and login: what is sent over TLS, and what is left behind when it is stopped in the middle."""

import asyncio
import gc
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.sandhjalp import Kanaler, sand, server
from tests.servrar import SmtpMottagare
from wis import clock
from wis.notiser import elkskanal, smtpkanal
from wis.notiser.models import Kanalslag
from wis.notiser.rules import Utfallsslag, mottagen
from wis.notiser.slinga import Slinga

MOTTAGEN = mottagen()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's context with a certificate for loopback, which our side trusts."""
    nyckel = ec.generate_private_key(ec.SECP256R1())
    namn = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "prov")])
    nu = clock.now()
    intyg = (
        x509.CertificateBuilder(namn, namn, nyckel.public_key(), x509.random_serial_number())
        .not_valid_before(nu - timedelta(days=1))
        .not_valid_after(nu + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(nyckel, hashes.SHA256())
    )
    fil = tmp_path / "intyg.pem"
    fil.write_bytes(
        intyg.public_bytes(serialization.Encoding.PEM)
        + nyckel.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(fil))
    for modul in (smtpkanal, elkskanal):
        modul._tls.cache_clear()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(fil)
    yield server
    for modul in (smtpkanal, elkskanal):
        modul._tls.cache_clear()


@pytest.mark.parametrize(("schema", "genast"), [("smtp+starttls", False), ("smtps", True)])
def test_mail_goes_encrypted_and_logged_in(
    tls: ssl.SSLContext, kanaler: Kanaler, schema: str, genast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpMottagare(tls, genast=genast, konto=b"wis hem/ligt") as smtp:
        smtp.beteende.pipelining = True
        url = f"{schema}://wis:hem%2Fligt@127.0.0.1:{smtp.port}/?fran=wis@prov.example"
        adresser = [f"p{n}@prov.example" for n in range(10)]
        kanal = kanaler.oppna(Kanalslag.EPOST, replace(kanaler.inst, epost_url=url))
        assert set(sand(kanal, *adresser)) == {MOTTAGEN}
        assert len(smtp.brev) == 10
        kanal.stang()
        fel = kanaler.oppna(Kanalslag.EPOST, replace(kanaler.inst, epost_url=url.replace("hem%2Fligt", "gissat")))
        [utfall] = sand(fel, "a@prov.example")
        assert re.fullmatch(r"brevservern nekade inloggningen \(535\)", utfall.orsak)
        assert (utfall.slag, utfall.om_leverantoren) == (Utfallsslag.OVERGAENDE, True)
        fel.stang()
        monkeypatch.delenv("SSL_CERT_FILE")
        smtpkanal._tls.cache_clear()
        [utfall] = sand(kanal, "a@prov.example")
        assert (utfall.slag, utfall.om_leverantoren) == (Utfallsslag.OVERGAENDE, True)
        assert len(smtp.brev) == 10


@pytest.mark.parametrize("kommer_till", ["förbindelse", "handskakning", "inloggning"])
def test_a_connection_that_is_stopped_while_it_opens_leaves_nothing_open(
    tls: ssl.SSLContext, kanaler: Kanaler, kommer_till: str
) -> None:
    dit, klart = threading.Event(), threading.Event()

    def samtal(kontakt: socket.socket) -> None:
        if kommer_till == "förbindelse":
            dit.set()
            klart.wait(60)
            return
        with tls.wrap_socket(kontakt, server_side=True) as krypterad:
            if kommer_till == "inloggning":
                krypterad.sendall(b"220 hej\r\n")
                krypterad.recv(1000)
                krypterad.sendall(b"250-hej\r\n250 AUTH PLAIN\r\n")
                krypterad.recv(1000)
            dit.set()
            # No answer, and no good bye when the other end takes leave.
            klart.wait(60)

    with server(samtal) as port:
        url = f"smtps://wis:hemligt@127.0.0.1:{port}/?fran=wis@prov.example"
        kanal = kanaler.oppna(Kanalslag.EPOST, replace(kanaler.inst, epost_url=url))
        trad = threading.Thread(target=sand, args=(kanal, "a@prov.example"))
        trad.start()
        try:
            assert dit.wait(30)
            kanal.stang()
            trad.join(60)
            kanaler.stang()
            gc.collect()  # what was never closed is an error here, and not in some other test
        finally:
            klart.set()


def test_a_connection_that_nobody_wants_as_its_handshake_ends_is_closed_with_the_loop(tls: ssl.SSLContext) -> None:
    klart = threading.Event()

    def samtal(kontakt: socket.socket) -> None:
        with tls.wrap_socket(kontakt, server_side=True):
            klart.wait(60)

    async def oppna(port: int) -> None:
        uppgift = asyncio.current_task()
        assert uppgift is not None

        class Angrar(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                uppgift.cancel()

        loop = asyncio.get_running_loop()
        await loop.create_connection(Angrar, "127.0.0.1", port, ssl=smtpkanal._tls())

    with server(samtal) as port:
        slinga = Slinga.ta()
        try:
            with pytest.raises(CancelledError):
                asyncio.run_coroutine_threadsafe(oppna(port), slinga.loop).result(30)
        finally:
            slinga.slapp()
            gc.collect()
            klart.set()
