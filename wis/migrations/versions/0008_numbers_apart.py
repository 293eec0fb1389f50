"""A lägesbild, and an event without what is published in it, are counted by themselves; whose page may be shared is
found by index."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the two kinds into the table; what has no row stands at 0."""
    with op.batch_alter_table("andringsnummer") as batch:
        batch.drop_constraint(op.f("ck_andringsnummer_slag"), type_="check")
        batch.create_check_constraint(
            op.f("ck_andringsnummer_slag"), "slag IN ('handelse', 'inloggning', 'lagesbild', 'ram')"
        )
    op.create_index("ix_funktionsbehorig_medlemskap_id", "funktionsbehorig", ["medlemskap_id"])
    op.create_index("ix_utkast_anvandare_id", "utkast", ["anvandare_id"])
