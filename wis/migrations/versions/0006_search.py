"""The index that is searched: a row for each thing, its words in the database's own index, filled with what there is."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.sok.index import bygg
from wis.sok.rules import Sort

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SLAG = "'samlad', 'lagesbild', 'underrattelse', 'handelse', 'beslut'"
_TLP = "'clear', 'green', 'amber', 'amber+strict', 'red'"
# Words come cut and in lower case: å, ä and ö are letters as others are, and = and # mark stems and filters. No text is
# kept here, and no lengths, which only a ranking by all that is stored would need.
_FTS5 = """
CREATE VIRTUAL TABLE sok_ord USING fts5(ord, content='', columnsize=0, tokenize="ascii tokenchars '=#'")
"""
_TSVECTOR = (
    "CREATE TABLE sok_ord (id BIGINT PRIMARY KEY, ord TSVECTOR NOT NULL)",
    "CREATE INDEX ix_sok_ord_ord ON sok_ord USING gin (ord)",
    "CREATE SEQUENCE sok_nummer",
)


def upgrade() -> None:
    """Make the tables and put everything that is published into them, by the same rules that later writes go by.

    bygg() reads no column that is not there at 0006. Should it ever need to, a copy of it as it is now belongs here.
    """
    _sokpost()
    for statement in (_FTS5,) if op.get_bind().dialect.name == "sqlite" else _TSVECTOR:
        op.execute(statement)
    bygg(op.get_bind(), utan=(Sort.ANTECKNING,))


def _sokpost() -> None:
    op.create_table(
        "sokpost",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("slag", sa.String(), nullable=False),
        sa.Column("objekt_id", sa.Integer(), nullable=False),
        sa.Column("nummer", sa.Integer(), nullable=False),
        sa.Column("handelse_id", sa.Integer(), nullable=False),
        sa.Column("aktor_id", sa.Integer(), nullable=False),
        sa.Column("agare_id", sa.Integer(), nullable=True),
        sa.Column("publicerad", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tlp", sa.String(), nullable=False),
        sa.Column("rubrik", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(f"slag IN ({_SLAG})", name=op.f("ck_sokpost_slag")),
        sa.CheckConstraint(f"tlp IN ({_TLP})", name=op.f("ck_sokpost_tlp")),
        sa.ForeignKeyConstraint(["handelse_id"], ["handelse.id"], name=op.f("fk_sokpost_handelse_id")),
        sa.ForeignKeyConstraint(["aktor_id"], ["aktor.id"], name=op.f("fk_sokpost_aktor_id")),
        sa.ForeignKeyConstraint(["agare_id"], ["aktor.id"], name=op.f("fk_sokpost_agare_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sokpost")),
        sa.UniqueConstraint("objekt_id", "slag", "nummer", name=op.f("uq_sokpost_objekt_id_slag_nummer")),
    )
