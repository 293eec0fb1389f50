"""The shipped nginx configuration, run for real on loopback in front of servers of the tests."""

import os
import re
import shutil
import signal
import socket
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servrar import StartFel, _Process, ledig_port, nginx_program
from wis import clock
from wis.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
_UTAN_PLATS = re.compile(r"^\s*listen \[::\].*\n|^user .*\n", re.MULTILINE)


class Nginx(_Process):
    """nginx with deploy/nginx, but for names, ports and paths. `webb` and `uttag`: the ports of what is behind it."""

    namn = "nginx"
    stoppsignal = signal.SIGQUIT  # when the last answer is given

    def __init__(self, webb: tuple[int, int], uttag: tuple[int, int]) -> None:
        super().__init__()
        program = nginx_program()
        if program is None:
            raise StartFel("nginx saknas: installera paketet nginx.")
        self._program = program
        self.port, self.http_port = ledig_port(), ledig_port()
        self.url = f"https://localhost:{self.port}"
        self.certifikat = self.katalog / "fullchain.pem"
        self.statisk = self.katalog / "statisk"
        self.acme = self.katalog / "acme"
        shutil.copytree(DEPLOY / "nginx", self.katalog / "conf")
        _certifikat(self.katalog)
        servrar = self.katalog / "conf" / "wis" / "servrar.conf"
        portar = {8000: webb[0], 8010: webb[1], 8020: webb[0], 8001: uttag[0], 8011: uttag[1]}
        _byt(servrar, {f"127.0.0.1:{fran} ": f"127.0.0.1:{till} " for fran, till in portar.items()})
        self._har()

    def _har(self) -> None:
        """Everything that would lie elsewhere on the machine lies in our directory instead."""
        fil = self.katalog / "conf" / "nginx.conf"
        fil.write_text(_UTAN_PLATS.sub("", fil.read_text(encoding="utf-8")), encoding="utf-8")
        korning = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        tillfalligt = "".join(f"    {namn}_temp_path {self.katalog}/{namn};\n" for namn in korning)
        byten = {
            "http {\n": f"http {{\n{tillfalligt}",
            "worker_processes auto;": "worker_processes 1;" + (" user root;" if os.geteuid() == 0 else ""),
            "worker_rlimit_nofile 65536;": "",
            "worker_connections 20000;": "worker_connections 500;",
            "/run/nginx.pid": f"{self.katalog}/nginx.pid",
            "/var/log/nginx/": f"{self.katalog}/",
            "/dev/shm/": f"{self.katalog}/",
            "/var/cache/wis": str(self.statisk),
            "/var/www/acme": str(self.acme),
            "/etc/ssl/wis/": f"{self.katalog}/",
            "https://wis.example.se": self.url,
            "wis.example.se": "localhost",
            "listen 80 ": f"listen 127.0.0.1:{self.http_port} ",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
        }
        _byt(fil, byten)

    def kommando(self) -> list[str]:
        """nginx in the foreground."""
        return [self._program, "-c", str(self.katalog / "conf" / "nginx.conf"), "-g", "daemon off;"]

    def svarar(self) -> bool:
        """Whether it listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def logg(self) -> str:
        """What it printed, and its log of errors."""
        fel = self.katalog / "error.log"
        return super().logg() + (fel.read_text(encoding="utf-8")[-4000:] if fel.exists() else "")

    @property
    def forfragningar(self) -> list[str]:
        """The lines of its log of requests so far."""
        return (self.katalog / "access.log").read_text(encoding="utf-8").splitlines()


def _byt(fil: Path, byten: dict[str, str]) -> None:
    """Replace each in the file; AssertionError if something to replace is no longer there."""
    text = fil.read_text(encoding="utf-8")
    for fran, till in byten.items():
        assert fran in text, f"{fil.name} saknar {fran!r}"
        text = text.replace(fran, till)
    fil.write_text(text, encoding="utf-8")


def _certifikat(katalog: Path) -> None:
    """A certificate for localhost that nobody else trusts, and its key."""
    nyckel = ec.generate_private_key(ec.SECP256R1())
    namn = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = clock.now()
    certifikat = (
        x509.CertificateBuilder()
        .subject_name(namn)
        .issuer_name(namn)
        .public_key(nyckel.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(nyckel, SHA256())
    )
    (katalog / "fullchain.pem").write_bytes(certifikat.public_bytes(Encoding.PEM))
    privat = nyckel.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (katalog / "privkey.pem").write_bytes(privat)
