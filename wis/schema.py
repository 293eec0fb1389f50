"""Every model, and the migrations that make their tables."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

import wis.aktorer.models
import wis.audit
import wis.auth.models
import wis.fragor.models
import wis.handelser.models
import wis.konton.models
import wis.lagesbild.models
import wis.notiser.models
import wis.underrattelser.models
import wis.ytor.models  # noqa: F401 each of these brings its tables
from wis.db import Base, Database

__all__ = ["METADATA", "config", "current", "newest", "upgrade"]
METADATA: MetaData = Base.metadata


def config(database: Database | None = None) -> Config:
    """Alembic's configuration, bound to a database when one is given."""
    alembic = Config()
    alembic.set_main_option("script_location", str(resources.files("wis").joinpath("migrations")))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes["database"] = database
    return alembic


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema."""
    command.upgrade(config(database), "head")


def current(database: Database) -> str | None:
    """The revision that the database stands at, or None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision that the code wants."""
    return ScriptDirectory.from_config(config()).get_current_head()
