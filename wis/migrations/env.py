"""Run by Alembic: migrates the database given in the configuration's attributes."""

from alembic import context
from sqlalchemy import Connection

from wis.db import Database
from wis.migrations.sqlite import prova_referenser, utan_referensprov
from wis.modeller import METADATA


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


database: Database = context.config.attributes["database"]
engine = database.engine.execution_options(wis_write=True)
with engine.connect() as connection, utan_referensprov(connection), connection.begin():
    _migrate(connection)
    prova_referenser(connection)
