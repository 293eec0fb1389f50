"""A lägesbild has a template: an actor's own, by kind of event, in versions that never change."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TYPER = "'', 'vader', 'trafik', 'el_tele', 'brand', 'vatten', 'halsa', 'ordning', 'it', 'ovrigt', 'ordinarie'"


def upgrade() -> None:
    """Make the tables; what was written before is of the standard template."""
    _mall()
    _version()
    gor_oforanderlig("lagesbildsmall_version")
    for tabell in ("lagesbild_version", "utkast"):
        # With its name: batch mode would rebuild the table, and lose the triggers that keep versions as they are.
        op.execute(
            f"ALTER TABLE {tabell} ADD COLUMN mall_version_id INTEGER "
            f"CONSTRAINT fk_{tabell}_mall_version_id REFERENCES lagesbildsmall_version (id)"
        )


def _mall() -> None:
    op.create_table('lagesbildsmall',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.Column('senaste', sa.Integer(), nullable=False),
    sa.Column('i_bruk', sa.Boolean(), nullable=False),
    sa.CheckConstraint(f"typ IN ({_TYPER})", name=op.f('ck_lagesbildsmall_typ')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_lagesbildsmall_aktor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lagesbildsmall')),
    sa.UniqueConstraint('aktor_id', 'typ', name=op.f('uq_lagesbildsmall_aktor_id_typ'))
    )


def _version() -> None:
    op.create_table('lagesbildsmall_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mall_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), nullable=False),
    sa.Column('avsnitt', sa.JSON(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("nummer > 0", name=op.f('ck_lagesbildsmall_version_nummer')),
    sa.ForeignKeyConstraint(['mall_id'], ['lagesbildsmall.id'], name=op.f('fk_lagesbildsmall_version_mall_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_lagesbildsmall_version_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lagesbildsmall_version')),
    sa.UniqueConstraint('mall_id', 'nummer', name=op.f('uq_lagesbildsmall_version_mall_id_nummer'))
    )
