"""Fixtures: real databases, the app on them, and a browser-like client.

`database` is SQLite, fresh for each test; `varje_databas` runs the test on SQLite and on PostgreSQL. Both are copies of
a template that the migrations made once.
"""

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
from werkzeug.routing import Rule

from tests.factories import LOSENORD
from tests.servrar import Postgres, Redis
from wis import schema
from wis.app import create_app
from wis.db import Database
from wis.settings import Settings


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("WIS_TEST_LONG") != "1":
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def sqlite_mall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("mall") / "wis.db"
    mall = Database(f"sqlite:///{path}")
    schema.upgrade(mall)
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
    db = Database(databas_url)
    yield db
    db.dispose()


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
    db = Database(request.getfixturevalue(name))
    yield db
    db.dispose()


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


def _nar_det_behovs(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str] | None]:
    """What writes the addresses of a rule, compiled when the first is written.

    Werkzeug compiles two functions for each rule of each application; a test makes an application and writes few.
    """
    klar: list[Callable[..., tuple[str, str] | None]] = []

    def bygg(egen: Rule, *delar: object, **varden: object) -> tuple[str, str] | None:
        if not klar:
            klar.append(_kompilera(rule, append_unknown))
        return klar[0](egen, *delar, **varden)

    return bygg


_kompilera = Rule._compile_builder


@pytest.fixture(scope="session", autouse=True)
def _snabba_adresser() -> Iterator[None]:
    """Applications that start quicker, and do the same."""
    with pytest.MonkeyPatch.context() as lapp:
        lapp.setattr(Rule, "_compile_builder", _nar_det_behovs)
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
