"""Versions say which event they are of, and by which actor: an event's newest are then found by one index.

That a version says the same event and actor as the thing that it is a version of is kept by triggers, the same in both
databases: SQLite can't add a foreign key of two columns to a table that stands, and to rebuild it would lose the
triggers that keep versions as they are. A thing's event and actor never change, so that to look when a version is
written, and to refuse that the thing is moved, is enough.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQLITE_FRYST = """
CREATE TRIGGER {table}_update_vagrad BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} kan inte ändras'); END
"""
_SQLITE_SAMMA = """
CREATE TRIGGER {version}_samma BEFORE INSERT ON {version}
WHEN NOT EXISTS (SELECT 1 FROM {sak} WHERE {sak}.id = NEW.{sak}_id AND {lika})
BEGIN SELECT RAISE(ABORT, '{version} kan inte ha en annan handelse eller aktor'); END
"""
_SQLITE_KVAR = """
CREATE TRIGGER {sak}_kvar BEFORE UPDATE OF {kolumner} ON {sak} WHEN {olika}
BEGIN SELECT RAISE(ABORT, '{sak} kan inte flyttas'); END
"""
_POSTGRES_SAMMA = """
CREATE FUNCTION wis_{version}_samma() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {sak} WHERE {sak}.id = NEW.{sak}_id AND {lika}) THEN
    RAISE EXCEPTION '{version} kan inte ha en annan handelse eller aktor'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""
_POSTGRES_SAMMA_TRIGGER = """
CREATE TRIGGER {version}_samma BEFORE INSERT ON {version} FOR EACH ROW EXECUTE FUNCTION wis_{version}_samma()
"""
_POSTGRES_KVAR = """
CREATE TRIGGER {sak}_kvar BEFORE UPDATE OF {kolumner} ON {sak} FOR EACH ROW WHEN ({olika})
EXECUTE FUNCTION wis_vagra()
"""


def upgrade() -> None:
    """Give every version its event, guard that, and make the indexes that follow."""
    _lagg_till("lagesbild", {"handelse_id": "handelse"})
    _lagg_till("underrattelse", {"handelse_id": "handelse", "aktor_id": "aktor"})
    _vakta("lagesbild", ("handelse_id",))
    _vakta("underrattelse", ("handelse_id", "aktor_id"))
    _index()


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _lagg_till(sak: str, kolumner: dict[str, str]) -> None:
    version = f"{sak}_version"
    if _sqlite():
        # 0 is nobody's id: a version that is written without says nothing that can be kept. References are not
        # followed during a migration, and proved whole after it.
        for kolumn, till in kolumner.items():
            referens = f"CONSTRAINT fk_{version}_{kolumn} REFERENCES {till} (id)"
            op.execute(f"ALTER TABLE {version} ADD COLUMN {kolumn} INTEGER DEFAULT 0 NOT NULL {referens}")
    else:
        for kolumn in kolumner:
            op.execute(f"ALTER TABLE {version} ADD COLUMN {kolumn} INTEGER")
    with _upptinad(version):
        for kolumn in kolumner:
            varde = f"SELECT {sak}.{kolumn} FROM {sak} WHERE {sak}.id = {version}.{sak}_id"
            op.execute(f"UPDATE {version} SET {kolumn} = ({varde})")
    if not _sqlite():
        for kolumn, till in kolumner.items():
            op.execute(f"ALTER TABLE {version} ALTER COLUMN {kolumn} SET NOT NULL")
            op.create_foreign_key(f"fk_{version}_{kolumn}", version, till, [kolumn], ["id"])


@contextmanager
def _upptinad(table: str) -> Iterator[None]:
    """Let the rows be changed meanwhile, by us alone: it is all one transaction."""
    if _sqlite():
        op.execute(f"DROP TRIGGER {table}_update_vagrad")
        yield
        op.execute(_SQLITE_FRYST.format(table=table))
    else:
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_vagrad")
        yield
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_vagrad")


def _vakta(sak: str, kolumner: tuple[str, ...]) -> None:
    ord_ = {
        "sak": sak,
        "version": f"{sak}_version",
        "kolumner": ", ".join(kolumner),
        "lika": " AND ".join(f"{sak}.{kolumn} = NEW.{kolumn}" for kolumn in kolumner),
        "olika": " OR ".join(f"NEW.{kolumn} <> OLD.{kolumn}" for kolumn in kolumner),
    }
    satser = (_SQLITE_SAMMA, _SQLITE_KVAR) if _sqlite() else (_POSTGRES_SAMMA, _POSTGRES_SAMMA_TRIGGER, _POSTGRES_KVAR)
    for sats in satser:
        op.execute(sats.format(**ord_))


def _index() -> None:
    for sak in ("lagesbild", "underrattelse"):
        version = f"{sak}_version"
        op.create_index(f"ix_{version}_handelse", version, ["handelse_id", "publicerad", f"{sak}_id", "nummer"])
        op.create_index(f"ix_{version}_aktor", version, ["handelse_id", "aktor_id", "publicerad"])
    op.create_index("ix_handelsebeslut_handelse_id_aktor_id_tid", "handelsebeslut", ["handelse_id", "aktor_id", "tid"])
    var = sa.text("slag <> 'andrad'")
    op.create_index(
        "ix_handelsebeslut_lage", "handelsebeslut", ["handelse_id", "tid"], sqlite_where=var, postgresql_where=var
    )
    # The versions' own replace these; what is left is to find what has readers of its own.
    op.drop_index("ix_underrattelse_handelse_id_skapad", table_name="underrattelse")
    op.drop_index("ix_underrattelse_rattade", table_name="underrattelse")
    for table, kolumn in (("lagesbild", "krets_id"), ("underrattelse", "krets_id"), ("lasarkrets_aktor", "till")):
        var = sa.text(f"{kolumn} IS NOT NULL")
        op.create_index(f"ix_{table}_{kolumn}", table, [kolumn], sqlite_where=var, postgresql_where=var)
