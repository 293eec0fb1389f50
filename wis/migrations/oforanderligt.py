"""Triggers that keep published and recorded rows as they are, whoever writes to the database."""

from alembic import op

_SQLITE = """
CREATE TRIGGER {table}_{verb_lower}_vagrad BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} kan inte {gerning}'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION wis_vagra() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% kan inte andras eller tas bort', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_vagrad BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION wis_vagra()
"""
_POSTGRES_TRUNCATE = """
CREATE TRIGGER {table}_tom_vagrad BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION wis_vagra()
"""


def gor_oforanderlig(*tables: str) -> None:
    """Have the database refuse UPDATE and DELETE on these tables."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb, gerning in (("UPDATE", "ändras"), ("DELETE", "tas bort")):
                op.execute(_SQLITE.format(table=table, verb=verb, verb_lower=verb.lower(), gerning=gerning))
        return
    op.execute(_POSTGRES_FUNCTION)
    for table in tables:
        op.execute(_POSTGRES.format(table=table))
        op.execute(_POSTGRES_TRUNCATE.format(table=table))
