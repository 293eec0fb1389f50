"""Publications that two persons stand behind: the rule, what waits for the second, and who it was."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_VERSIONER = ("lagesbild_version", "underrattelse_version")
_NIVA = "niva IN ('utan_avisering', 'avisering', 'bradskande')"


def upgrade() -> None:
    """Make the tables, and let versions say who approved them, or why nobody did."""
    _regel()
    _forslag()
    for table in _VERSIONER:
        # By hand, and the same in both databases: to rebuild the table would lose the triggers that keep versions.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN godkand_av_id INTEGER "
            f"CONSTRAINT fk_{table}_godkand_av_id REFERENCES anvandare (id) "
            f"CONSTRAINT ck_{table}_godkand_av_en_annan CHECK (godkand_av_id <> forfattare_id)"
        )
        op.execute(f"ALTER TABLE {table} ADD COLUMN nodlage VARCHAR DEFAULT '' NOT NULL")


def _regel() -> None:
    op.create_table(
        "tvapersonsregel",
        sa.Column("aktor_id", sa.Integer(), nullable=False),
        sa.Column("lage", sa.String(), nullable=False),
        sa.Column("niva", sa.String(), nullable=False),
        sa.CheckConstraint("lage IN ('ordinarie', 'aktiverat')", name=op.f("ck_tvapersonsregel_lage")),
        sa.CheckConstraint(_NIVA, name=op.f("ck_tvapersonsregel_niva")),
        sa.ForeignKeyConstraint(["aktor_id"], ["aktor.id"], name=op.f("fk_tvapersonsregel_aktor_id")),
        sa.PrimaryKeyConstraint("aktor_id", "lage", "niva", name=op.f("pk_tvapersonsregel")),
    )


def _forslag() -> None:
    tid, text = wis.db.UtcDateTime(timezone=True), sa.String()
    foreign = {
        "aktor_id": "aktor",
        "handelse_id": "handelse",
        "anvandare_id": "anvandare",
        "avgjord_av_id": "anvandare",
    }
    op.create_table(
        "forslag",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("aktor_id", "handelse_id", "anvandare_id", "bas")),
        *(sa.Column(name, text, nullable=False) for name in ("slag", "sak", "niva", "rubrik", "nyckel", "status")),
        sa.Column("innehall", sa.JSON(), nullable=False),
        sa.Column("skapad", tid, nullable=False),
        sa.Column("avgjord", tid, nullable=True),
        sa.Column("avgjord_av_id", sa.Integer(), nullable=True),
        sa.Column("skal", sa.Text(), nullable=False),
        sa.Column("resultat", text, nullable=False),
        sa.CheckConstraint(_NIVA, name=op.f("ck_forslag_niva")),
        sa.CheckConstraint(
            "status IN ('vantar', 'godkant', 'avbojt', 'aterkallat', 'foraldrat')", name=op.f("ck_forslag_status")
        ),
        sa.CheckConstraint("(status = 'vantar') = (avgjord IS NULL)", name=op.f("ck_forslag_avgjord")),
        sa.CheckConstraint("status <> 'godkant' OR avgjord_av_id <> anvandare_id", name=op.f("ck_forslag_av_en_annan")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_forslag_{column}"))
            for column, table in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forslag")),
    )
    vantar = sa.text("status = 'vantar'")
    op.create_index(
        "uq_forslag_ett_vantar",
        "forslag",
        ["anvandare_id", "aktor_id", "handelse_id", "slag", "sak"],
        unique=True,
        sqlite_where=vantar,
        postgresql_where=vantar,
    )
    op.create_index("ix_forslag_aktor_id_status", "forslag", ["aktor_id", "status"])
    op.create_index("ix_forslag_handelse_id", "forslag", ["handelse_id"])
