"""Disposal: tombstones with the hash of what was there.

The triggers that keep what is published as it is let through one thing: that the words of a row which has a tombstone
are replaced by the tombstone's, or that the rows which hung on it go. Nothing else of the row may change with them.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


@dataclass(frozen=True)
class _Vakt:
    """A guarded table: how its rows are found in the tombstones, and what their words may become."""

    tabell: str
    slag: str
    id: str
    nummer: str
    blir: dict[str, str]
    """By column; empty: the rows may be deleted instead."""

    def sten(self, rad: str) -> str:
        """SQL: the tombstone `g` of the row."""
        nummer = f"{rad}.{self.nummer}" if self.nummer else "0"
        return f"g.slag = '{self.slag}' AND g.objekt_id = {rad}.{self.id} AND g.nummer = {nummer}"


_VAKTER = (
    _Vakt(
        "lagesbild_version",
        "lagesbild",
        "lagesbild_id",
        "nummer",
        {"sammanfattning": "g.text", "andringsnotering": "''", "nodlage": "''"},
    ),
    _Vakt(
        "underrattelse_version",
        "underrattelse",
        "underrattelse_id",
        "nummer",
        {"rubrik": "'Gallrad'", "text": "g.text", "html": "g.html", "nodlage": "''"},
    ),
    _Vakt("handelsebeslut", "beslut", "id", "", {"motivering": "g.text"}),
    _Vakt("anteckning", "anteckning", "id", "", {"text": "g.text"}),
    _Vakt("lagesbild_sektion", "lagesbild", "lagesbild_id", "nummer", {}),
    _Vakt("lagesbild_bilaga", "lagesbild", "lagesbild_id", "nummer", {}),
    _Vakt("lagesbild_kalla", "lagesbild", "lagesbild_id", "nummer", {}),
)
_POSTGRES = """
CREATE FUNCTION wis_vagra_{tabell}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = '{verb}' THEN
    IF EXISTS (SELECT 1 FROM gravsten g WHERE {far}) THEN
      RETURN {rad};
    END IF;
  END IF;
  RAISE EXCEPTION '% kan inte andras eller tas bort', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    """Make the table, and the one way past the triggers."""
    op.create_table(
        "gravsten",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slag", sa.String(), nullable=False),
        sa.Column("objekt_id", sa.Integer(), nullable=False),
        sa.Column("nummer", sa.Integer(), nullable=False),
        sa.Column("handelse_id", sa.Integer(), nullable=False),
        sa.Column("agare_id", sa.Integer(), nullable=True),
        sa.Column("publicerad", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("innehall_hash", sa.String(), nullable=False),
        sa.Column("beslut", sa.String(), nullable=False),
        sa.Column("tid", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("anvandare_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.CheckConstraint("slag IN ('lagesbild', 'underrattelse', 'beslut', 'anteckning')", name=op.f("ck_gravsten_slag")),
        sa.CheckConstraint("length(innehall_hash) = 64", name=op.f("ck_gravsten_hash")),
        sa.CheckConstraint("length(trim(beslut)) > 0", name=op.f("ck_gravsten_beslut")),
        sa.ForeignKeyConstraint(["handelse_id"], ["handelse.id"], name=op.f("fk_gravsten_handelse_id")),
        sa.ForeignKeyConstraint(["agare_id"], ["aktor.id"], name=op.f("fk_gravsten_agare_id")),
        sa.ForeignKeyConstraint(["anvandare_id"], ["anvandare.id"], name=op.f("fk_gravsten_anvandare_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gravsten")),
        sa.UniqueConstraint("slag", "objekt_id", "nummer", name=op.f("uq_gravsten_slag_objekt_id_nummer")),
    )
    op.create_index("ix_gravsten_handelse_id", "gravsten", ["handelse_id"])
    gor_oforanderlig("gravsten")
    for vakt in _VAKTER:
        _oppna(vakt)


def _oppna(vakt: _Vakt) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    far, verb = _villkor(vakt, "IS" if sqlite else "IS NOT DISTINCT FROM"), "UPDATE" if vakt.blir else "DELETE"
    tabell = vakt.tabell
    if sqlite:
        op.execute(f"DROP TRIGGER {tabell}_{verb.lower()}_vagrad")
        op.execute(
            f"CREATE TRIGGER {tabell}_{verb.lower()}_vagrad BEFORE {verb} ON {tabell} "
            f"WHEN NOT EXISTS (SELECT 1 FROM gravsten g WHERE {far}) "
            f"BEGIN SELECT RAISE(ABORT, '{tabell} kan inte {'ändras' if vakt.blir else 'tas bort'}'); END"
        )
        return
    op.execute(_POSTGRES.format(tabell=tabell, verb=verb, far=far, rad="NEW" if vakt.blir else "OLD"))
    op.execute(f"DROP TRIGGER {tabell}_vagrad ON {tabell}")
    op.execute(
        f"CREATE TRIGGER {tabell}_vagrad BEFORE UPDATE OR DELETE ON {tabell} "
        f"FOR EACH ROW EXECUTE FUNCTION wis_vagra_{tabell}()"
    )


def _villkor(vakt: _Vakt, lika: str) -> str:
    """SQL: there is a tombstone, and the row becomes as it says and is otherwise as it was."""
    if not vakt.blir:
        return vakt.sten("OLD")
    kolumner = [kolumn["name"] for kolumn in sa.inspect(op.get_bind()).get_columns(vakt.tabell)]
    samma = [f"NEW.{namn} {lika} OLD.{namn}" for namn in kolumner if namn not in vakt.blir]
    blir = [f"NEW.{namn} = {blir}" for namn, blir in vakt.blir.items()]
    return " AND ".join([vakt.sten("OLD"), *samma, *blir])
