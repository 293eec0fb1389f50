"""The nginx that is shipped, on ports of ours: deploy/nginx as it stands, but for addresses, folders and TLS.

TLS is left out: thousands of handshakes within a second would be the clients' work on the same cores.
"""

import os
import re
import resource
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench._installation import LOOPBACK, serving
from bench._sinks import ROOT

_SHIPPED = ROOT / "deploy" / "nginx"
FILES = "statisk"
"""The folder beside its configuration that its files lie in, if `wis run` is told to put them there."""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _once(pattern: str, new: str, text: str) -> str:
    """With what was found replaced. Raises RuntimeError when nothing was: then the shipped one has changed."""
    changed, found = re.subn(pattern, lambda _: new, text, flags=re.DOTALL | re.MULTILINE)
    if not found:
        raise RuntimeError(f"deploy/nginx/nginx.conf är inte som mätningen känner den: {pattern}")
    return changed


def _main(folder: Path, front: int) -> str:
    text = (_SHIPPED / "nginx.conf").read_text(encoding="utf-8")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # The server that sends people on to https, and the one that answers to no name.
    text = _once(r"^    server \{\n        listen (80|443 ssl http2) default_server;.*?^    \}\n", "", text)
    text = _once(r"^ +listen \[::\]:443[^\n]*\n", "", text)
    text = _once(r"listen 443[^;]*;", f"listen {LOOPBACK}:{front} backlog=4096;", text)
    text = _once(r"^ +ssl_[^\n]*\n", "", text)
    text = _once(r"^user [^;]*;", "user root;" if os.geteuid() == 0 else "", text)
    text = _once(r"worker_rlimit_nofile \d+", f"worker_rlimit_nofile {min(65536, most)}", text)
    text = _once(r"worker_connections \d+", f"worker_connections {min(20000, most)}", text)
    text = _once(r"^pid [^;]*;", f"pid {folder / 'pid'};", text)
    text = _once(r"/var/log/nginx/", f"{folder}/", text)
    text = _once(r"/dev/shm/wis-utdrag", str(folder / "utdrag"), text)
    text = _once(r"/var/cache/wis", str(folder / FILES), text)
    own = "".join(f"    {name}_temp_path {folder / name};\n" for name in _TEMPORARY)
    return _once(r"^http \{\n", f"http {{\n{own}", text)


def _upstreams(text: str, pages: Sequence[int], sockets: Sequence[int]) -> str:
    """The shipped list of servers, with our ports."""
    ours = dict(zip(("8000", "8010", "8020", "8001", "8011"), [*pages, *sockets], strict=True))
    return re.sub(r"server 127\.0\.0\.1:(\d+)", lambda found: f"server {LOOPBACK}:{ours[found[1]]}", text)


@contextmanager
def shipped_nginx(folder: Path, front: int, pages: Sequence[int], sockets: Sequence[int]) -> Iterator[int]:
    """nginx at the port `front`, before these pages (two, one for who writes) and two sockets; gives its process id."""
    shutil.copytree(_SHIPPED / "wis", folder / "wis")
    servers, headers = folder / "wis" / "servrar.conf", folder / "wis" / "huvuden.conf"
    servers.write_text(_upstreams(servers.read_text(encoding="utf-8"), pages, sockets), encoding="utf-8")
    said = headers.read_text(encoding="utf-8")
    headers.write_text(_once(r"X-Forwarded-Proto https", "X-Forwarded-Proto http", said), encoding="utf-8")
    path = folder / "nginx.conf"
    path.write_text(_main(folder, front), encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(path), "-g", "daemon off;"]
    with serving(command, os.environ, folder / "nginx.logg", front, "/halsa/live") as server:
        yield server.pid
