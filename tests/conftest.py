"""Fixtures: real databases, the app on them, and a browser-like client.

`database` is SQLite, fresh for each test; `varje_databas` runs the test on SQLite and on PostgreSQL. Both are copies of
a template that the migrations made once.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from tests import fordelning
from tests.factories import LOSENORD
from tests.servrar import Postgres, Redis, minnesdisk
from wis import db, efterat, schema
from wis.app import create_app
from wis.db import Database
from wis.grunddata import ladda_grunddata
from wis.settings import Settings
from wis.snabbvag_stampel import Sats
from wis.tx import transaction


def pytest_configure() -> None:
    """Keep what the tests write in memory where there is room: SQLite waits for the disk at each commit and close."""
    plats = minnesdisk()
    # What is written may be a program that a test runs.
    if plats is not None and not os.statvfs(plats).f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(plats))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("WIS_TEST_LONG") != "1":
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes per core: a good part of the time they wait, for servers, browsers and clocks."""
    kan_valjas = hasattr(os, "sched_getaffinity")
    return 2 * (len(os.sched_getaffinity(0)) if kan_valjas else os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who runs what, where several processes share the tests by --dist loadgroup."""
    return fordelning.Fordelning(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_finish() -> None:
    """Let garbage collection leave alone what lives as long as the process: modules, tests, fixtures.

    It went through all of it every few tests, which was a fifth of the time. What a test leaves is found as before.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_mall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("mall") / "wis.db"
    mall = Database(f"sqlite:///{path}")
    schema.upgrade(mall)
    mall.dispose()
    return path


@pytest.fixture(scope="session")
def installation_mall(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file such as `wis db upgrade` leaves behind, to copy."""
    path = tmp_path_factory.mktemp("installation") / "wis.db"
    shutil.copy(sqlite_mall, path)
    mall = Database(f"sqlite:///{path}")
    with transaction(mall) as session:
        ladda_grunddata(session)
    mall.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A real Redis."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_mall(postgres: Postgres) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    url = postgres.nytt_databas()
    mall = Database(url)
    schema.upgrade(mall)
    mall.dispose()
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture
def databas_url(sqlite_mall: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    shutil.copy(sqlite_mall, tmp_path / "wis.db")
    return f"sqlite:///{tmp_path / 'wis.db'}"


@pytest.fixture
def database(databas_url: str) -> Iterator[Database]:
    """A fresh SQLite database."""
    databas = Database(databas_url)
    yield databas
    databas.dispose()


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_mall: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database."""
    url = postgres.nytt_databas(mall=postgres_mall)
    yield url
    postgres.slang_databas(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def varje_databas(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database of each kind in turn."""
    name = "databas_url" if request.param == "sqlite" else "postgres_url"
    databas = Database(request.getfixturevalue(name))
    yield databas
    databas.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a small installation; change them by dataclasses.replace()."""
    return Settings(
        instance=tmp_path,
        secret_key="test" * 16,
        database_url=f"sqlite:///{tmp_path / 'wis.db'}",
        base_url="http://localhost",
        embedded_worker=False,
        andra_faktor="ingen",
        # Nothing is held back but in tests of just that.
        angra_tid=0.0,
    )


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The whole application on `database`, with CSRF switched off (tests of CSRF switch it on)."""
    return en_app(settings, database)


class Webblasare(FlaskClient):
    """A client that says, as browsers do, that what it sends comes from our own page (a test may say otherwise)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"


class Mallminne(BytecodeCache):
    """The templates as compiled by this process's first application: every test makes one, of the same templates."""

    def __init__(self) -> None:
        self._kod: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of the same template with the same text."""
        bucket.code = self._kod.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        self._kod[bucket.key, bucket.checksum] = bucket.code


_mallminne = Mallminne()


@pytest.fixture(scope="session", autouse=True)
def _utan_drojsmal() -> Iterator[None]:
    """What may be written a moment later is written at once, but where a test is of just that."""
    with pytest.MonkeyPatch.context() as lapp:
        lapp.setattr(efterat, "INOM", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _gemensamma_adresser() -> Iterator[None]:
    """Rules of addresses that are compiled once in a process: every test makes an application, of the same rules."""
    klara: dict[Any, dict[str, Any]] = {}
    kompilera = Rule.compile

    def compile_(rule: Rule) -> None:
        assert rule.map is not None
        omvandlare = tuple(rule.map.converters.items())
        nyckel = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults), omvandlare)
        klar = klara.get(nyckel)
        if klar is None:
            kompilera(rule)
            klar = {namn: getattr(rule, namn) for namn in ("_parts", "_trace", "_converters", "arguments")}
            klara[nyckel] = klar | {"_build": rule._build.__func__, "_build_unknown": rule._build_unknown.__func__}
            return
        vars(rule).update(klar, arguments=set(klar["arguments"]))
        rule._build, rule._build_unknown = klar["_build"].__get__(rule), klar["_build_unknown"].__get__(rule)

    with pytest.MonkeyPatch.context() as lapp:
        lapp.setattr(Rule, "compile", compile_)
        yield


@pytest.fixture(scope="session", autouse=True)
def _gemensam_sql() -> Iterator[None]:
    """SQL that is written out once in a process, as it is in production, where a process has one engine.

    SQLAlchemy keeps what it has compiled per engine, and a test has an engine of its own: more than half of a test of
    a page went to compiling the same questions again. Two dialects of one class write the same SQL.
    """
    skriven: LRUCache[Any, Any] = LRUCache(5000)

    def motor(*args: Any, **kwargs: Any) -> Engine:
        engine = create_engine(*args, **kwargs)
        engine._compiled_cache = skriven
        return engine

    with pytest.MonkeyPatch.context() as lapp:
        lapp.setattr(db, "create_engine", motor)
        for dialekt in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            lapp.setattr(dialekt, "__eq__", lambda self, other: type(self) is type(other))
            lapp.setattr(dialekt, "__hash__", lambda self: hash(type(self)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _gemensamma_satser() -> Iterator[None]:
    """The fast path's own questions, written out once in a process for each kind of database and what they hold."""
    klara: dict[object, dict[str, Any]] = {}
    skriv_ut = Sats.__init__

    def init(ny: Sats, sats: Any, engine: Engine) -> None:
        fraga = sats._generate_cache_key()
        nyckel = (type(engine.dialect), fraga.key, repr([varde.value for varde in fraga.bindparams]))
        if nyckel not in klara:
            skriv_ut(ny, sats, engine)
            klara[nyckel] = vars(ny).copy()
        vars(ny).update(klara[nyckel])

    with pytest.MonkeyPatch.context() as lapp:
        lapp.setattr(Sats, "__init__", init)
        yield


def en_app(settings: Settings, database: Database) -> Flask:
    """The application as tests want it: errors raise, CSRF off."""
    app = create_app(settings, database)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Webblasare
    app.jinja_env.bytecode_cache = _mallminne
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who is not logged in."""
    return app.test_client()


@pytest.fixture
def logga_in(app: Flask) -> Callable[[str], FlaskClient]:
    """Logs in the person with this e-mail (made by the factories) through the real login page; returns the client."""

    def _logga_in(epost: str) -> FlaskClient:
        client = app.test_client()
        response = client.post("/logga-in", data={"epost": epost, "losenord": LOSENORD})
        assert response.status_code == 302, response.get_data(as_text=True)
        return client

    return _logga_in
