"""Personal addresses of feeds."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "flodesadress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("medlemskap_id", sa.Integer(), nullable=False),
        sa.Column("namn", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("nyckel", sa.String(), nullable=False),
        sa.Column("skapad", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("giltig_till", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("senast_anvand", wis.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("aterkallad", wis.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(trim(namn)) > 0 AND length(namn) <= 60", name=op.f("ck_flodesadress_namn_langd")),
        sa.CheckConstraint("giltig_till > skapad", name=op.f("ck_flodesadress_giltig_till")),
        sa.ForeignKeyConstraint(["medlemskap_id"], ["medlemskap.id"], name=op.f("fk_flodesadress_medlemskap_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flodesadress")),
        sa.UniqueConstraint("nyckel", name=op.f("uq_flodesadress_nyckel")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_flodesadress_token_hash")),
    )
    op.create_index("ix_flodesadress_medlemskap_id", "flodesadress", ["medlemskap_id"])
