"""Diary entries and tags."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; entries and what strikes them never change."""
    _anteckningar()
    _taggar()
    gor_oforanderlig("anteckning", "struken_anteckning")


def _anteckningar() -> None:
    op.create_table(
        "anteckning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handelse_id", sa.Integer(), nullable=False),
        sa.Column("aktor_id", sa.Integer(), nullable=False),
        sa.Column("forfattare_id", sa.Integer(), nullable=False),
        sa.Column("skriven", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tid", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("funktion", sa.String(), server_default="", nullable=False),
        sa.Column("idempotensnyckel", sa.String(), nullable=False),
        sa.CheckConstraint(
            "length(trim(text)) > 0 AND length(text) <= 500", name=op.f("ck_anteckning_text_langd")
        ),
        sa.ForeignKeyConstraint(["handelse_id"], ["handelse.id"], name=op.f("fk_anteckning_handelse_id")),
        sa.ForeignKeyConstraint(["aktor_id"], ["aktor.id"], name=op.f("fk_anteckning_aktor_id")),
        sa.ForeignKeyConstraint(["forfattare_id"], ["anvandare.id"], name=op.f("fk_anteckning_forfattare_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anteckning")),
        sa.UniqueConstraint("idempotensnyckel", name=op.f("uq_anteckning_idempotensnyckel")),
    )
    op.create_index("ix_anteckning_tid", "anteckning", ["handelse_id", "tid", "id"])
    op.create_index("ix_anteckning_aktor", "anteckning", ["handelse_id", "aktor_id", "tid"])
    op.create_index("ix_anteckning_skriven", "anteckning", ["handelse_id", "skriven", "id"])
    op.create_table(
        "struken_anteckning",
        sa.Column("anteckning_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tid", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("anvandare_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["anteckning_id"], ["anteckning.id"], name=op.f("fk_struken_anteckning_anteckning_id")
        ),
        sa.ForeignKeyConstraint(["anvandare_id"], ["anvandare.id"], name=op.f("fk_struken_anteckning_anvandare_id")),
        sa.PrimaryKeyConstraint("anteckning_id", name=op.f("pk_struken_anteckning")),
    )


def _taggar() -> None:
    op.create_table(
        "tagg",
        sa.Column("slag", sa.String(), nullable=False),
        sa.Column("objekt_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nummer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tagg", sa.String(), nullable=False),
        sa.Column("handelse_id", sa.Integer(), nullable=False),
        sa.Column("tid", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("slag IN ('lagesbild', 'underrattelse', 'anteckning')", name=op.f("ck_tagg_slag")),
        sa.ForeignKeyConstraint(["handelse_id"], ["handelse.id"], name=op.f("fk_tagg_handelse_id")),
        sa.PrimaryKeyConstraint("slag", "objekt_id", "nummer", "tagg", name=op.f("pk_tagg")),
    )
    op.create_index("ix_tagg_tagg", "tagg", ["handelse_id", "tagg", "slag", "tid", "objekt_id", "nummer"])
    op.create_index("ix_tagg_tid", "tagg", ["handelse_id", "slag", "tid"])
