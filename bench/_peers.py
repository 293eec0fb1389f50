"""The others: Apprise as it comes, Celery and django-post_office, each in processes of its own.

Celery and Django are installed into `.venv-bench` beside the project's own environment, and never into that.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._figures import READY, Result, cpu_of, forget_peak, peak_of
from bench._sinks import LOOPBACK, ROOT, Sink
from tests.servrar import Postgres, Redis

PINS = (
    "celery==5.7.0",
    "Django==5.2.19",
    "django-post_office==3.12.0",
    # Kombu's Redis transport needs it and does not say so.
    "packaging==26.3",
    "psycopg[binary]==3.3.9",
    "redis==8.1.0",
    "requests==2.34.2",
)
ENVIRONMENT = ROOT / ".venv-bench"
_PYTHON = ENVIRONMENT / "bin" / "python"
# A service of Apprise's own gives up after 60 s; what has not come so long after the last never comes.
_STALL = 20.0


@dataclass(frozen=True)
class Peer:
    """One way of sending. `few`: recipients when not all are asked for, by channel; a channel not there can't be."""

    key: str
    name: str
    few: dict[str, int]
    measure: Callable[["Peer", Sink, int, float], Result]


def install() -> None:
    """Make the environment of Celery and Django if it is not there. Raises RuntimeError."""
    stamp, wanted = ENVIRONMENT / ".klar", "\n".join(PINS)
    if stamp.is_file() and stamp.read_text() == wanted and _PYTHON.exists():
        return
    print(f"Installerar Celery och django-post_office i {ENVIRONMENT.name} …", file=sys.stderr)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    command = [str(_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", *PINS]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=ENVIRONMENT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip gick inte: {done.stderr[-1500:]}")
    stamp.write_text(wanted)


def _environ(**more: str) -> dict[str, str]:
    # A proxy is for what lies outside this machine, and a stock sender would take it.
    return os.environ | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK} | more


@contextmanager
def _child(command: Sequence[str], log: Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a pipe in and out; told to end, and then made to."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environ(**environ),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=out,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()


def _told(peer: Peer, sink: Sink, count: int, latency: float, child: subprocess.Popen[str], *beside: int) -> Result:
    """Tell a ready child to work, and see what comes to the sink. `beside`: other processes that work with it."""
    assert child.stdin is not None
    assert child.stdout is not None
    if child.stdout.readline().strip() != READY:
        raise RuntimeError(f"{peer.name} kom inte i gång")
    pids = (child.pid, *beside)
    sink.reset(latency)
    forget_peak(*pids)
    cpu, begun = cpu_of(*pids), time.monotonic()
    child.stdin.write("\n")
    child.stdin.flush()
    stat = sink.wait(count, stall=_STALL, alive=lambda: child.poll() is None)
    if not stat.accepted:
        raise RuntimeError(f"av {peer.name} kom ingenting fram")
    return Result(
        who=peer.name,
        channel=sink.name,
        latency=latency,
        wanted=count,
        accepted=stat.accepted,
        doubles=stat.doubles,
        seconds=stat.last - begun,
        cpu=cpu_of(*pids) - cpu,
        peak_mb=peak_of(*pids),
    )


@contextmanager
def _log() -> Iterator[Path]:
    """A file for what a peer says; shown when it fails."""
    with tempfile.TemporaryDirectory(prefix="wis-bench-") as folder:
        log = Path(folder) / "logg"
        log.touch()
        try:
            yield log
        except Exception:
            print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
            raise


def _apprise(peer: Peer, sink: Sink, count: int, latency: float) -> Result:
    way = {"apprise": "one", "apprise_ssl": "one-cached", "apprise_16": "threads"}[peer.key]
    command = [sys.executable, "-m", "bench._peer_apprise", sink.name, str(sink.port), str(count), way]
    with _log() as log, _child(command, log) as child:
        return _told(peer, sink, count, latency, child)


def _celery(peer: Peer, sink: Sink, count: int, latency: float) -> Result:
    pool = ["--pool", "threads", "--concurrency", "16"] if peer.key == "celery_16" else ["--pool", "prefork"]
    worker = [str(_PYTHON), "-m", "celery", "-A", "bench._peer_celery", "worker", *pool, "--loglevel", "ERROR"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    queue = [str(_PYTHON), "-m", "bench._peer_celery", sink.name, str(sink.port), str(count)]
    with ExitStack() as stack:
        log = stack.enter_context(_log())
        redis = stack.enter_context(Redis())
        workers = stack.enter_context(_child(worker, log, BENCH_BROKER=redis.url))
        child = stack.enter_context(_child(queue, log, BENCH_BROKER=redis.url))
        return _told(peer, sink, count, latency, child, workers.pid)


def _postoffice(peer: Peer, sink: Sink, count: int, latency: float) -> Result:
    with _log() as log, Postgres() as postgres:
        name = postgres.nytt_databas().partition("?")[0].rpartition("/")[2]
        command = [str(_PYTHON), "-m", "bench._peer_postoffice", str(sink.port), str(count), str(log.parent)]
        with _child(command, log, BENCH_PGHOST=str(postgres.katalog), BENCH_PGDATABASE=name) as child:
            return _told(peer, sink, count, latency, child)


APPRISE = (
    Peer("apprise", "Apprise: ett objekt, alla adresser", {"smtp": 300, "http": 1000}, _apprise),
    Peer("apprise_ssl", "Apprise: ett objekt, SSL-kontext sparad", {"smtp": 1000, "http": 1000}, _apprise),
    Peer("apprise_16", "Apprise: ett per mottagare, 16 trådar", {"smtp": 300, "http": 1000}, _apprise),
)
INSTALLED = (
    Peer("celery", "Celery: prefork, en process per kärna", {"smtp": 1000, "http": 1000}, _celery),
    Peer("celery_16", "Celery: 16 trådar", {"smtp": 1000, "http": 1000}, _celery),
    Peer("postoffice", "django-post_office: PostgreSQL", {"smtp": 1000}, _postoffice),
)
