"""Run by Alembic: migrates the database given in the configuration's attributes."""

from alembic import context
from sqlalchemy import Connection

from wis.db import Database
from wis.schema import METADATA


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


database: Database = context.config.attributes["database"]
with database.engine.execution_options(wis_write=True).begin() as connection:
    _migrate(connection)
