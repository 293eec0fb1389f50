"""Real servers for the tests: on loopback or a socket in a temporary directory, and gone when the tests are.

`python -m tests.servrar` prints the Debian packages that are missing for the tests, one per line.
"""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypedDict, TypeVar

import psycopg
from sqlalchemy import Engine, text

from tests.mottagare import (
    LOOPBACK,
    Brev,
    Bryt,
    GatewayBeteende,
    HttpGateway,
    SmsAnrop,
    SmtpBeteende,
    SmtpMottagare,
    ledig_port,
)
from wis.utskrift.system import saknade_paket as for_pdf

__all__ = [
    "Brev",
    "Bryt",
    "ChromiumAlternativ",
    "GatewayBeteende",
    "HttpGateway",
    "Postgres",
    "Redis",
    "SmsAnrop",
    "SmtpBeteende",
    "SmtpMottagare",
    "StartFel",
    "chromium_alternativ",
    "ledig_port",
    "minnesdisk",
    "nginx_program",
    "saknade_paket",
    "vanta_pa_las",
    "vanta_tills",
]

_POSTGRES_KATALOGER = Path("/usr/lib/postgresql")
# The same browser without windows first: it does with half of the time.
_CHROMIUM_NAMN = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
T = TypeVar("T")


class StartFel(Exception):
    """A server did not start; the text holds the end of its own log."""


def vanta_tills(villkor: Callable[[], T], sekunder: float = 30.0, vad: str = "villkoret", paus: float = 0.01) -> T:
    """Poll until `villkor()` is true and return what it gave. Raises TimeoutError, naming `vad`, after `sekunder`.

    `paus`: seconds between two looks; longer where the looking itself slows down what is waited for.
    """
    slut = time.monotonic() + sekunder
    while True:
        svar = villkor()
        if svar:
            return svar
        if time.monotonic() > slut:
            raise TimeoutError(f"{vad} inträffade inte inom {sekunder:g} s")
        time.sleep(paus)


def vanta_pa_las(engine: Engine, antal: int) -> None:
    """Return when so many of the connections to this PostgreSQL database wait for somebody's lock."""
    fraga = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    def vantar() -> bool:
        with engine.connect() as kontakt:
            return bool(kontakt.execute(fraga).scalar_one() >= antal)

    vanta_tills(vantar, 60.0, f"att {antal} väntar på ett lås")


def postgres_katalog() -> Path | None:
    """The directory that holds both initdb and postgres, newest version first; None if there is none."""
    debian = sorted(_POSTGRES_KATALOGER.glob("*/bin"), key=lambda p: [int(n) for n in p.parent.name.split(".")])
    fran_path = shutil.which("initdb")
    kandidater = [*reversed(debian), *([Path(fran_path).resolve().parent] if fran_path else [])]
    return next((k for k in kandidater if (k / "initdb").exists() and (k / "postgres").exists()), None)


def redis_program() -> str | None:
    """The path of a Redis-compatible server, or None."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def chromium_program() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, _CHROMIUM_NAMN)), None)


def nginx_program() -> str | None:
    """The path of nginx, which lies where only root looks for programs, or None."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def saknade_paket() -> list[str]:
    """The Debian packages that must be installed before every test can run; empty when all is there."""
    krav: dict[str, object] = {
        "postgresql": postgres_katalog(),
        "redis-server": redis_program(),
        "chromium-headless-shell": chromium_program(),
        "nginx": nginx_program(),
    }
    return [*(paket for paket, funnet in krav.items() if funnet is None), *for_pdf()]


def minnesdisk() -> Path | None:
    """A directory of files that are kept in memory alone, if there is one with a gigabyte to spare."""
    plats = Path("/dev/shm")
    if not os.access(plats, os.W_OK | os.X_OK) or shutil.disk_usage(plats).free < 1 << 30:
        return None
    return plats


class ChromiumAlternativ(TypedDict):
    """Arguments for Playwright's `chromium.launch(**...)`."""

    executable_path: str
    args: list[str]


def chromium_alternativ() -> ChromiumAlternativ:
    """How to start the installed browser without it calling anybody. Raises StartFel if there is none."""
    program = chromium_program()
    if program is None:
        raise StartFel("Chromium saknas: installera paketet chromium-headless-shell.")
    tysta = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    # Chromium's own sandbox refuses to start as root, which is what containers run as.
    return {"executable_path": program, "args": tysta + (["--no-sandbox"] if os.geteuid() == 0 else [])}


class _Process:
    """One server process with a temporary directory of its own, as a context manager.

    Start it from a thread that lives as long as it is needed: the kernel ends the process with the thread that made it.
    """

    namn: ClassVar[str]
    stoppsignal: ClassVar[signal.Signals]
    i_minnet: ClassVar[bool] = False
    konto: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self._tillfallig = tempfile.TemporaryDirectory(
            prefix=f"wis-{self.namn}-", dir=minnesdisk() if self.i_minnet else None, ignore_cleanup_errors=True
        )
        self.katalog = Path(self._tillfallig.name)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self.stang()

    @property
    def pid(self) -> int | None:
        """The process id, or None while stopped."""
        return self._process.pid if self._process else None

    def kommando(self) -> list[str]:
        """The command line that runs the server in the foreground."""
        raise NotImplementedError

    def svarar(self) -> bool:
        """Whether the server answers a question in its own protocol."""
        raise NotImplementedError

    def starta(self) -> None:
        """Start (again) at the same address and return when it answers. Raises StartFel."""
        with (self.katalog / "logg").open("ab") as logg:
            self._process = subprocess.Popen(
                # A parent that is killed can't tidy up, so the kernel is asked to; a session of its own keeps Ctrl-C
                # from reaching the server before the tests have let go of it.
                [*_dor_med_foraldern(self.stoppsignal), *self.kommando()],
                cwd=self.katalog,
                env=_ren_miljo(),
                stdin=subprocess.DEVNULL,
                stdout=logg,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self.konto,
            )
        process = self._process
        try:
            vanta_tills(lambda: process.poll() is not None or self.svarar(), 60.0, f"start av {self.namn}")
        except BaseException:
            self.stanna()
            raise
        if process.poll() is not None:
            self._process = None
            raise StartFel(f"{self.namn} slutade vid start:\n{self.logg()}")

    def stanna(self, stoppsignal: signal.Signals | None = None) -> None:
        """Stop the server and wait until it is gone; harmless if it already is."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(stoppsignal or self.stoppsignal)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            # The whole session of its own: those that it has started would live on, and hold its ports.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stang(self) -> None:
        """Stop the server and remove its directory."""
        self.stanna()
        self._tillfallig.cleanup()

    def logg(self) -> str:
        """The last 4,000 bytes of what the server has printed."""
        return (self.katalog / "logg").read_bytes()[-4000:].decode(errors="replace")


def _dor_med_foraldern(stoppsignal: signal.Signals) -> list[str]:
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", stoppsignal.name.removeprefix("SIG")] if program else []


def _ren_miljo() -> dict[str, str]:
    kvar = {namn: varde for namn, varde in os.environ.items() if not namn.startswith(("PG", "LC_", "LANG"))}
    return kvar | {"LC_ALL": "C"}


def _annat_konto() -> dict[str, Any]:
    """Arguments for subprocess that leave root, which PostgreSQL refuses to run as; empty for anyone else."""
    if os.geteuid() != 0:
        return {}
    konton = {konto.pw_name: konto for konto in pwd.getpwall()}
    konto = konton.get("postgres") or konton["nobody"]
    return {"user": konto.pw_uid, "group": konto.pw_gid, "extra_groups": []}


class Postgres(_Process):
    """A PostgreSQL cluster reached by a socket in its own directory: no port to collide on, nobody else to reach it.

    fsync is off: what is committed outlives every process here, but not a loss of power. The files are kept in memory
    where there is room: a test has a database of its own, and on a disk its thousand files take longer than the test.
    """

    namn = "postgres"
    stoppsignal = signal.SIGQUIT  # at once; what it holds is thrown away
    i_minnet = True

    def __init__(self) -> None:
        super().__init__()
        program = postgres_katalog()
        if program is None:
            raise StartFel("PostgreSQL saknas: installera paketet postgresql.")
        self._program = program
        self._nummer = itertools.count(1)
        self.konto = _annat_konto()
        try:
            if self.konto:
                os.chown(self.katalog, self.konto["user"], self.konto["group"])
            self._initdb()
            self.starta()
        except BaseException:
            self.stang()
            raise

    def kommando(self) -> list[str]:
        """The postmaster, with fsync and TCP off."""
        val = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.katalog),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "timezone": "UTC",
        }
        return [str(self._program / "postgres"), "-D", str(self.katalog / "data")] + [
            f"--{namn}={varde}" for namn, varde in val.items()
        ]

    def svarar(self) -> bool:
        """Whether a query is answered."""
        try:
            self._kor("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def nytt_databas(self, mall: str | None = None) -> str:
        """The SQLAlchemy URL of a new database: empty, or a copy of `mall`, the name or URL of one that nobody uses."""
        namn = f"wis{next(self._nummer)}"
        kopia = f' TEMPLATE "{mall.partition("?")[0].rpartition("/")[2]}"' if mall else ""
        self._kor(f'CREATE DATABASE "{namn}"{kopia}')
        return f"postgresql+psycopg://wis@/{namn}?host={self.katalog}"

    def slang_databas(self, url: str) -> None:
        """Remove a database, also from under those who are still connected: its files never reach the disk then."""
        self._kor(f'DROP DATABASE "{url.partition("?")[0].rpartition("/")[2]}" WITH (FORCE)')

    def _kor(self, fraga: str) -> None:
        kontakt = psycopg.connect(f"host={self.katalog} user=wis dbname=postgres connect_timeout=5", autocommit=True)
        with kontakt:
            kontakt.execute(fraga.encode())

    def _initdb(self) -> None:
        kommando = [str(self._program / "initdb"), "-D", str(self.katalog / "data"), "-U", "wis", "-A", "trust"]
        kommando += ["-E", "UTF8", "--locale=C", "--no-sync"]
        klar = subprocess.run(
            kommando, cwd=self.katalog, env=_ren_miljo(), capture_output=True, check=False, timeout=60, **self.konto
        )
        if klar.returncode:
            raise StartFel(f"initdb misslyckades:\n{(klar.stdout + klar.stderr).decode(errors='replace')}")


class Redis(_Process):
    """A Redis server on a loopback port, without persistence. `stanna()` and `starta()` play an outage."""

    namn = "redis"
    stoppsignal = signal.SIGTERM
    _FORSOK = 3

    def __init__(self) -> None:
        super().__init__()
        program = redis_program()
        if program is None:
            raise StartFel("Redis saknas: installera paketet redis-server.")
        self._program = program
        try:
            self._starta_pa_ledig_port()
        except BaseException:
            self.stang()
            raise

    def _starta_pa_ledig_port(self) -> None:
        for kvar in reversed(range(self._FORSOK)):
            self.port = ledig_port()
            try:
                return self.starta()
            except StartFel as fel:
                if not kvar or "already in use" not in str(fel):
                    raise
        return None

    @property
    def url(self) -> str:
        """The address, for redis clients and message queues."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def kommando(self) -> list[str]:
        """The server, in the foreground, with nothing saved."""
        val = {"bind": LOOPBACK, "port": str(self.port), "save": "", "appendonly": "no", "dir": str(self.katalog)}
        return [self._program, *itertools.chain.from_iterable((f"--{namn}", varde) for namn, varde in val.items())]

    def svarar(self) -> bool:
        """Whether it answers PING as the process that we started, and not as another's at the same port."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=0.3) as kontakt:
                kontakt.sendall(b"INFO server\r\n")
                return f"process_id:{self.pid}\r\n".encode() in kontakt.recv(65536)
        except OSError:
            return False


if __name__ == "__main__":
    print("\n".join(saknade_paket()))
