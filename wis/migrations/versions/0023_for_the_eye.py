"""How a person wants pages to look, and in which language."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_VAL = {
    "tema": ("enhet", "ljus", "mork"),
    "kontrast": ("vanlig", "hog"),
    "textstorlek": ("vanlig", "storre", "storst"),
    "rorelse": ("enhet", "ingen"),
    "sprak": ("sv", "en"),
}
"""The first of each is what one has who has chosen nothing."""


def upgrade() -> None:
    """Give every person the choices. As SQL: Alembic would rebuild the table in SQLite, which references forbid."""
    for kolumn, varden in _VAL.items():
        listed = ", ".join(f"'{varde}'" for varde in varden)
        op.execute(
            f"ALTER TABLE anvandare ADD COLUMN {kolumn} VARCHAR DEFAULT '{varden[0]}' NOT NULL "
            f"CONSTRAINT ck_anvandare_{kolumn} CHECK ({kolumn} IN ({listed}))"
        )
