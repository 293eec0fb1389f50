"""Who is writing in which section."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table('skrivnarvaro',
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('flik', sa.String(), nullable=False),
    sa.Column('avsnitt', sa.String(), nullable=False),
    sa.Column('funktion', sa.String(), nullable=False),
    sa.Column('sedan', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sedd', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_skrivnarvaro_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_skrivnarvaro_anvandare_id')),
    sa.ForeignKeyConstraint(['lagesbild_id'], ['lagesbild.id'], name=op.f('fk_skrivnarvaro_lagesbild_id')),
    sa.PrimaryKeyConstraint('lagesbild_id', 'anvandare_id', 'aktor_id', 'flik', name=op.f('pk_skrivnarvaro'))
    )
    op.create_index('ix_skrivnarvaro_sedd', 'skrivnarvaro', ['sedd'])
