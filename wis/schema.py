"""Every model, and the migrations that make their tables."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, inspect, text

import wis.aktorer.models
import wis.andringar
import wis.audit
import wis.auth.models
import wis.bilagor.models
import wis.fragor.models
import wis.handelser.models
import wis.konton.models
import wis.lagesbild.models
import wis.notiser.models
import wis.overbliven
import wis.skrivnarvaro
import wis.sok.index
import wis.tvaperson.models
import wis.underrattelser.models
import wis.ytor.models  # noqa: F401 each of these brings its tables
from wis.db import Base, Database

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["METADATA", "config", "current", "newest", "upgrade"]
METADATA: MetaData = Base.metadata


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
