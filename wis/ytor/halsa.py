"""Whether the installation is alive, and whether it can do its work: for monitors and load balancers."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text

from wis import clock, schema, web
from wis.auth.atkomst import oppen
from wis.db import Database
from wis.notiser.leveransfragor import aldsta_forfallna

bp = Blueprint("halsa", __name__)
MINSTA_DISK = 100 * 1024 * 1024
"""Free bytes below which the next publication may fail."""
GILTIGT = 1.0
"""Seconds that an answer is reused: anyone may ask, and asking takes the write lock."""
_log = logging.getLogger(__name__)


@dataclass
class _Svar:
    """The latest answer."""

    tid: float = float("-inf")
    kontroller: dict[str, str] = field(default_factory=dict)
    las: threading.Lock = field(default_factory=threading.Lock)


@bp.get("/halsa/live")
@oppen
def live() -> Response:
    """200 as long as the process answers; asks nothing of the database."""
    return jsonify(status="ok")


@bp.get("/halsa/redo")
@oppen
def redo() -> tuple[Response, int]:
    """200 if all that the work needs is well, else 503; each check by name with 'ok' or what is wrong."""
    checks = _senaste_svar()
    well = all(result == "ok" for result in checks.values())
    return jsonify(status="ok" if well else "fel", kontroller=checks), 200 if well else 503


def _senaste_svar() -> dict[str, str]:
    svar = cast(_Svar, current_app.extensions.setdefault("wis_halsa", _Svar()))
    with svar.las:
        if time.monotonic() - svar.tid > GILTIGT:
            svar.kontroller = {name: _prova(name, check) for name, check in _KONTROLLER.items()}
            svar.tid = time.monotonic()
        return svar.kontroller


def _prova(name: str, check: Callable[[Database], str]) -> str:
    # What went wrong goes to the log: it may hold addresses and passwords, and anyone may ask here.
    try:
        return check(web.database())
    except Exception:  # noqa: BLE001 whatever it is, the answer is no
        _log.exception("the health check %s failed", name)
        return "fel, se serverns logg"


def _databas(database: Database) -> str:
    with database.reading() as session:
        session.execute(text("SELECT 1"))
    return "ok"


def _skrivbar(database: Database) -> str:
    with database.new_writing_session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        session.rollback()
    return "ok"


def _schema(database: Database) -> str:
    return "ok" if schema.current(database) == schema.newest() else "kör: wis db upgrade"


def _ko(database: Database) -> str:
    now = clock.now()
    with database.reading() as session:
        since = aldsta_forfallna(session, now)
    waited = 0.0 if since is None else (now - since).total_seconds()
    if waited <= web.settings().ko_grans:
        return "ok"
    minuter = int(waited // 60)
    return f"något har väntat på att skickas i {minuter} {'minut' if minuter == 1 else 'minuter'}"


def _worker(_database: Database) -> str:
    worker: Any = current_app.extensions.get("wis_worker")
    return "ok" if worker is None or worker.lever() else "den inbyggda utskicksarbetaren har stannat: starta om"


def _disk(_database: Database) -> str:
    free = shutil.disk_usage(web.settings().instance).free
    return "ok" if free >= MINSTA_DISK else "disken är nästan full"


_KONTROLLER: dict[str, Callable[[Database], str]] = {
    "databas": _databas,
    "skrivbar": _skrivbar,
    "schema": _schema,
    "ko": _ko,
    "worker": _worker,
    "disk": _disk,
}
