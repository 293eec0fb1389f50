"""Requests that are never finished: they give back the threads that they hold."""

import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.korning import Korning
from tests.servrar import vanta_tills

TRADAR = 8


def test_half_sent_requests_do_not_stop_everybody_else(installation_mall: Path, tmp_path: Path) -> None:
    with Korning(tmp_path, demo="1", threads=str(TRADAR), read_timeout="2") as korning, ExitStack() as stack:
        shutil.copy(installation_mall, tmp_path / "wis.db")
        korning.starta()
        for _ in range(TRADAR * 2):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", korning.port)))
            half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-a: ")
        vanta_tills(korning.svarar, 60, "att servern svarar igen")


def test_only_the_owner_reads_the_database(tmp_path: Path) -> None:
    with Korning(tmp_path / "ny", demo="1") as korning:
        korning.wis("db", "upgrade")
        assert (tmp_path / "ny").stat().st_mode & 0o077 == 0
        for path in (tmp_path / "ny").iterdir():
            assert path.stat().st_mode & 0o077 == 0, path
