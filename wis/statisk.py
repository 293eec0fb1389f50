"""The files of the pages: one address per release, kept by browsers for a year, compressed once.

`url_for('static', …)` gives `/static/v-<hash>/js/live.js`, where the hash is of all the files together. So what a
module imports beside itself, by a relative address, changes its address too when anything in the release changes.
"""

import hashlib
import mimetypes
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from gzip import compress as gzip
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, Response, abort, request

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
ETT_AR = 365 * 24 * 3600
_TYP = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".md": "text/plain"}
_PACKAS = ("text/", "image/svg")


@dataclass(frozen=True)
class Fil:
    """One file, with its compressed copies made the first time that somebody wants one."""

    namn: str
    innehall: bytes

    @property
    def typ(self) -> str:
        """The media type."""
        return _TYP.get(Path(self.namn).suffix) or mimetypes.guess_type(self.namn)[0] or "application/octet-stream"

    @property
    def packas(self) -> bool:
        """Whether it gets smaller by compression."""
        return self.typ.startswith(_PACKAS)

    @cached_property
    def br(self) -> bytes:
        """Compressed by Brotli."""
        packad: bytes = brotli.compress(self.innehall)
        return packad

    @cached_property
    def gz(self) -> bytes:
        """Compressed by gzip, the same at every time."""
        return gzip(self.innehall, 9, mtime=0)

    @cached_property
    def etag(self) -> str:
        """A name of the content."""
        return hashlib.sha256(self.innehall).hexdigest()[:20]


@dataclass(frozen=True)
class Filer:
    """All files of a release, by path, and what the release's address begins with."""

    alla: dict[str, Fil]
    prefix: str


def init_app(app: Flask) -> None:
    """Serve the app's static folder so, under the endpoint 'static'; before what looks at who asks is attached."""
    filer = las(Path(app.static_folder or ""))

    def med_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{filer.prefix}/{values['filename']}"

    def visa(filename: str) -> Response:
        return _svar(filer, filename)

    def genast() -> Response | None:
        # A page's files must not cost a look at who is logged in each.
        if request.endpoint != "static" or request.method == "OPTIONS":
            return None
        return visa((request.view_args or {})["filename"])

    app.url_default_functions.setdefault(None, []).append(med_version)
    app.view_functions["static"] = visa
    app.before_request(genast)
    app.wsgi_app = UtanKaka(app.wsgi_app)  # type: ignore[method-assign]


class UtanKaka:
    """Answers for files as if nobody were logged in: Flask would else say that each rests on the cookie."""

    def __init__(self, vidare: Wsgi) -> None:
        self._vidare = vidare

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The answer of the app."""
        if not environ.get("PATH_INFO", "").startswith("/static/"):
            return self._vidare(environ, start_response)

        def svara(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kvar = [(namn, varde) for namn, varde in headers if namn.lower() not in {"set-cookie", "vary"}]
            return start_response(status, [*kvar, ("Vary", "Accept-Encoding")], *rest)

        return self._vidare({namn: varde for namn, varde in environ.items() if namn != "HTTP_COOKIE"}, svara)


@cache
def las(katalog: Path) -> Filer:
    """The files of this folder, read once for the process."""
    vagar = sorted(vag for vag in katalog.rglob("*") if vag.is_file() and not vag.name.startswith("."))
    alla = {vag.relative_to(katalog).as_posix(): vag.read_bytes() for vag in vagar}
    summa = hashlib.sha256()
    for namn, innehall in alla.items():
        summa.update(f"{namn}\0{len(innehall)}\0".encode() + innehall)
    return Filer({namn: Fil(namn, innehall) for namn, innehall in alla.items()}, f"v-{summa.hexdigest()[:12]}")


def _svar(filer: Filer, filename: str) -> Response:
    prefix, _, rest = filename.partition("/")
    versionerad = prefix.startswith("v-")
    fil = filer.alla.get(rest if versionerad else filename)
    if fil is None:
        abort(404)
    svar = _packad(fil)
    svar.headers["Vary"] = "Accept-Encoding"
    if prefix == filer.prefix:
        svar.headers["Cache-Control"] = f"public, max-age={ETT_AR}, immutable"
    else:
        # Of another release, while processes are replaced: ours is the best there is, but not what that address means.
        svar.headers["Cache-Control"] = "no-cache"
    svar.make_conditional(request)
    return svar


def _packad(fil: Fil) -> Response:
    sort = request.accept_encodings.best_match(["br", "gzip"]) if fil.packas else None
    innehall = fil.br if sort == "br" else fil.gz if sort else fil.innehall
    svar = Response(innehall, mimetype=fil.typ)
    if sort:
        svar.headers["Content-Encoding"] = sort
    svar.set_etag(f"{fil.etag}-{sort}" if sort else fil.etag)
    return svar


def lagg_ut(filer: Filer, katalog: Path) -> Path:
    """Write the release's files and their compressed copies to `katalog`/static/v-…, for a proxy to serve.

    Returns the folder. It appears whole or not at all; earlier releases stay, for pages that are open. Raises OSError.
    """
    mal = katalog / "static" / filer.prefix
    if mal.exists():
        return mal
    mal.parent.mkdir(parents=True, exist_ok=True)
    tillfallig = Path(tempfile.mkdtemp(prefix=".ny-", dir=mal.parent))
    try:
        for vag, innehall in _kopior(filer):
            (tillfallig / vag).parent.mkdir(parents=True, exist_ok=True)
            (tillfallig / vag).write_bytes(innehall)
        _lasbart(tillfallig)
        katalog.chmod(0o755)
        mal.parent.chmod(0o755)
        tillfallig.rename(mal)
    except OSError:
        shutil.rmtree(tillfallig)
        if not mal.exists():  # another process was quicker with the same
            raise
    return mal


def _kopior(filer: Filer) -> Iterator[tuple[str, bytes]]:
    for namn, fil in filer.alla.items():
        yield namn, fil.innehall
        if fil.packas:
            yield f"{namn}.gz", fil.gz
            yield f"{namn}.br", fil.br


def _lasbart(katalog: Path) -> None:
    """Let the proxy's account read it, whatever ours lets others read of what it makes."""
    for mapp, _, filer in os.walk(katalog):
        Path(mapp).chmod(0o755)
        for namn in filer:
            (Path(mapp) / namn).chmod(0o644)
