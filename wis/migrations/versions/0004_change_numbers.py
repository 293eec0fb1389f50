"""How many times an event, or what a login has written, has been changed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of numbers; what has none stands at 0."""
    op.create_table(
        "andringsnummer",
        sa.Column("slag", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nummer", sa.Integer(), nullable=False),
        sa.CheckConstraint("slag IN ('handelse', 'inloggning')", name="slag"),
        sa.PrimaryKeyConstraint("slag", "id", name="pk_andringsnummer"),
    )
