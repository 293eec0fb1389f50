"""Read marks of lägesbilder."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "versionsmarke",
        sa.Column("anvandare_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lagesbild_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nummer", sa.Integer(), nullable=False),
        sa.Column("forra", sa.Integer(), nullable=False),
        sa.Column("nar", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("nummer > forra AND forra >= 0", name=op.f("ck_versionsmarke_hojd")),
        sa.ForeignKeyConstraint(["anvandare_id"], ["anvandare.id"], name=op.f("fk_versionsmarke_anvandare_id")),
        sa.ForeignKeyConstraint(["lagesbild_id"], ["lagesbild.id"], name=op.f("fk_versionsmarke_lagesbild_id")),
        sa.PrimaryKeyConstraint("anvandare_id", "lagesbild_id", name=op.f("pk_versionsmarke")),
    )
