"""Outcomes of deliveries, the hold before a dispatch, receipts by people, and what providers do per minute."""

from typing import cast

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATUS = "'vantar', 'tagen', 'sands', 'mottagen', 'levererad', 'misslyckad', 'oviss', 'struken'"
_ANLEDNING = "'val', 'andra_kanalen', 'paminnelse', 'nasta_person'"
_BEGUNNEN = "status IN ('tagen', 'sands')"
_OVISS = "status = 'oviss'"


def upgrade() -> None:
    """Widen what is sent and to whom, then make the new tables."""
    _utskick()
    _leverans()
    _kvittens()
    _leverantorsminut()


def _tid() -> str:
    return "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"


def _utskick() -> None:
    op.execute(f"ALTER TABLE utskick ADD COLUMN halls_till {_tid()}")
    # Nobody is asked now to answer what was sent before there were answers: only what was never held asks for one.
    op.execute("UPDATE utskick SET halls_till = skapad")
    op.execute(f"ALTER TABLE utskick ADD COLUMN angrad {_tid()}")
    referens = "CONSTRAINT fk_utskick_angrad_av_id REFERENCES anvandare (id)"
    check = "CONSTRAINT ck_utskick_angrad CHECK ((angrad IS NULL) = (angrad_av_id IS NULL))"
    op.execute(f"ALTER TABLE utskick ADD COLUMN angrad_av_id INTEGER {referens} {check}")


def _leverans() -> None:
    # Nothing sends while the schema is changed: what was claimed waits again.
    op.execute("UPDATE leverans SET status = 'vantar', lease_till = NULL, worker = NULL WHERE status = 'sander'")
    op.execute(f"ALTER TABLE leverans ADD COLUMN fran {_tid()}")
    op.execute("UPDATE leverans SET fran = (SELECT skapad FROM utskick WHERE utskick.id = leverans.utskick_id)")
    op.drop_index("ix_leverans_lease", table_name="leverans")
    _bygg_om_leverans()
    # What was called delivered had been taken by a provider: nobody had heard more of it.
    op.execute("UPDATE leverans SET status = 'mottagen' WHERE status = 'levererad'")
    op.create_index("ix_leverans_for_funktion_id", "leverans", ["for_funktion_id"])
    for namn, kolumn, villkor in (
        ("ix_leverans_lease", "lease_till", _BEGUNNEN),
        ("ix_leverans_oviss", "sand", _OVISS),
    ):
        op.create_index(namn, "leverans", [kolumn], sqlite_where=sa.text(villkor), postgresql_where=sa.text(villkor))


def _bygg_om_leverans() -> None:
    nya = [
        sa.CheckConstraint(f"({_BEGUNNEN}) = (lease_till IS NOT NULL)", name=op.f("ck_leverans_lease")),
        sa.CheckConstraint(f"status IN ({_STATUS})", name=op.f("ck_leverans_status")),
        sa.CheckConstraint(f"anledning IN ({_ANLEDNING})", name=op.f("ck_leverans_anledning")),
    ]
    with op.batch_alter_table("leverans") as batch:
        batch.drop_constraint(op.f("ck_leverans_lease"), type_="check")
        batch.drop_constraint(op.f("ck_leverans_status"), type_="check")
        for kolumn in _nya_kolumner():
            batch.add_column(kolumn)
        batch.alter_column("fran", existing_type=wis.db.UtcDateTime(timezone=True), nullable=False)
        batch.drop_column("avbrott")
        batch.create_foreign_key(op.f("fk_leverans_for_funktion_id"), "anvandare", ["for_funktion_id"], ["id"])
        for check in nya:
            batch.create_check_constraint(cast(str, check.name), check.sqltext)


def _nya_kolumner() -> list[sa.Column[object]]:
    tid = wis.db.UtcDateTime(timezone=True)
    return [
        sa.Column("sandningar", sa.Integer(), server_default="0", nullable=False),
        sa.Column("anledning", sa.String(), server_default="val", nullable=False),
        sa.Column("for_funktion_id", sa.Integer(), nullable=True),
        sa.Column("leverantor", sa.String(), nullable=True),
        sa.Column("leverantors_id", sa.String(), nullable=True),
        sa.Column("sand", tid, nullable=True),
        sa.Column("om_leverantoren", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("upprepad", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]


def _kvittens() -> None:
    op.create_table(
        "kvittens",
        sa.Column("utskick_id", sa.Integer(), nullable=False),
        sa.Column("anvandare_id", sa.Integer(), nullable=False),
        sa.Column("aktor_id", sa.Integer(), nullable=False),
        sa.Column("genom_id", sa.Integer(), nullable=True),
        sa.Column("last", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kvitterad", wis.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["aktor_id"], ["aktor.id"], name=op.f("fk_kvittens_aktor_id")),
        sa.ForeignKeyConstraint(["anvandare_id"], ["anvandare.id"], name=op.f("fk_kvittens_anvandare_id")),
        sa.ForeignKeyConstraint(["genom_id"], ["anvandare.id"], name=op.f("fk_kvittens_genom_id")),
        sa.ForeignKeyConstraint(["utskick_id"], ["utskick.id"], name=op.f("fk_kvittens_utskick_id")),
        sa.PrimaryKeyConstraint("utskick_id", "anvandare_id", name=op.f("pk_kvittens")),
    )


def _leverantorsminut() -> None:
    op.create_table(
        "leverantorsminut",
        sa.Column("leverantor", sa.String(), nullable=False),
        sa.Column("minut", wis.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("mottagna", sa.Integer(), nullable=False),
        sa.Column("nekade", sa.Integer(), nullable=False),
        sa.Column("fel", sa.Integer(), nullable=False),
        sa.Column("ovissa", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("leverantor", "minut", name=op.f("pk_leverantorsminut")),
    )
