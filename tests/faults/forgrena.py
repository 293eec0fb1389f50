"""`wis` commands as processes of their own that start at once: everything is imported before they are forked.

`python -m tests.faults.forgrena` reads one order per line, as JSON, and answers each with a line. It and all that it
has started end when its input does, so nothing outlives a test that is killed.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Forgrening:
    """Starts and kills `wis` commands; each is the leader of a process group of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forgrena"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def starta(self, kommando: list[str], env: dict[str, str], logg: Path) -> int:
        """Start `wis` with these arguments; its process id."""
        return int(self._be({"kommando": kommando, "env": env, "logg": str(logg)}))

    def doda(self, *pids: int) -> None:
        """Kill these with -9, and what they have started, all at once; returns when they are gone."""
        self._be({"doda": pids})

    def _be(self, order: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._process.stdout.readline()


def _barn(order: dict[str, Any]) -> None:
    from wis import cli

    os.setsid()
    with Path(order["logg"]).open("ab") as logg:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(logg.fileno(), 1)
        os.dup2(logg.fileno(), 2)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["wis", *order["kommando"]]
    cli.main()


def _starta(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        _barn(order)
    finally:
        sys.stderr.flush()
        os._exit(1)


def _doda(pids: list[int]) -> None:
    for pid in pids:
        os.killpg(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)


def main() -> None:
    """Obey until the input ends."""
    import wis.cli
    import wis.notiser.worker
    import wis.realtime
    import wis.server  # noqa: F401 so that no child has to

    levande: set[int] = set()
    for rad in sys.stdin:
        order = json.loads(rad)
        if "doda" in order:
            _doda(order["doda"])
            levande -= set(order["doda"])
            print("klart", flush=True)
        else:
            pid = _starta(order)
            levande.add(pid)
            print(pid, flush=True)
    _doda(list(levande))


if __name__ == "__main__":
    main()
