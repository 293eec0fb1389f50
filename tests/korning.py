"""A real `wis run` as a process of its own, for the tests that need one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import requests

from tests.servrar import ledig_port, vanta_tills


class Korning:
    """`wis run` on a free port of loopback, with its data in `instance`; the whole process group dies with it."""

    def __init__(self, instance: Path, **settings: str) -> None:
        self.port = ledig_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.logg = instance / "logg.txt"
        self._env = os.environ | {
            "WIS_INSTANCE": str(instance),
            "WIS_BAS_URL": self.url,
            "WIS_THREADS": "64",
            # Nothing is held back but where a test says so.
            "WIS_ANGRA_TID": "0",
            "PYTHONWARNINGS": "default",
        }
        self._env |= {f"WIS_{name.upper()}": value for name, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def wis(self, *arguments: str) -> str:
        """Run a `wis` command to its end; returns what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, "-m", "wis", *arguments],
            env=self._env,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout

    def starta(self, *arguments: str) -> Self:
        """Start, with these arguments too, and wait until it answers."""
        with self.logg.open("ab") as logg:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wis", "run", "--port", str(self.port), *arguments],
                env=self._env,
                stdout=logg,
                stderr=logg,
                start_new_session=True,
            )
        vanta_tills(self.svarar, 180, "att wis run svarar", paus=0.05)
        return self

    def starta_om(self) -> None:
        """Ask it to stop, as a service manager does: the first process alone is told. Then start it anew."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)
        self.starta()

    @contextmanager
    def bredvid(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Another `wis` command with the same settings, running beside; ended by SIGTERM."""
        with self.logg.open("ab") as logg:
            command = [sys.executable, "-m", "wis", *arguments]
            process = subprocess.Popen(command, env=self._env, stdout=logg, stderr=logg)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    @property
    def pid(self) -> int:
        """The first process of it, which a service manager knows."""
        assert self._process is not None
        return self._process.pid

    def svarar(self) -> bool:
        """Whether it answers; raises AssertionError with its log if it has died."""
        assert self._process is not None
        assert self._process.poll() is None, self.logg.read_text(encoding="utf-8")
        try:
            return requests.get(f"{self.url}/halsa/live", timeout=2).ok
        except requests.RequestException:
            return False

    def doda(self, signum: signal.Signals = signal.SIGKILL) -> None:
        """Kill every process of it at once, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signum)
            self._process.wait(30)
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.doda()
