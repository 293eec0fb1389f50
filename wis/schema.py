"""The version of the schema, and the migrations that make its tables: see wis.modeller."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from wis.db import Database

if TYPE_CHECKING:
    from alembic.config import Config


_VERSION = re.compile(r"(\d{4})_\w+\.py")


def config(database: Database | None = None) -> Config:
    """Alembic's configuration, bound to a database when one is given."""
    from alembic.config import Config  # 10 MB that only an upgrade needs

    alembic = Config()
    alembic.set_main_option("script_location", str(resources.files("wis").joinpath("migrations")))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes["database"] = database
    return alembic


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema."""
    from alembic import command

    command.upgrade(config(database), "head")


def current(database: Database) -> str | None:
    """The revision that the database stands at, or None for an empty one."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest() -> str:
    """The revision that the code wants: the highest number in the name of a migration."""
    names = [_VERSION.fullmatch(file.name) for file in resources.files("wis").joinpath("migrations/versions").iterdir()]
    return max(name[1] for name in names if name is not None)
