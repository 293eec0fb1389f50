"""Diary entries are searched too, and all by their tags: the index is made anew."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.sok.index import bygg_om

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_SLAG = "'samlad', 'lagesbild', 'underrattelse', 'handelse', 'beslut', 'anteckning'"
_TLP = "'clear', 'green', 'amber', 'amber+strict', 'red'"


def upgrade() -> None:
    """Make the table anew, for another kind of thing in it, and fill it: it holds nothing but what is found elsewhere."""
    op.drop_table("sokpost")
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
    bygg_om(op.get_bind())
