"""Text that was not chosen when two texts met."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table('overbliven_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('nyckel', sa.String(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('ur', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('forfaller', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_overbliven_text_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_overbliven_text_anvandare_id')),
    sa.ForeignKeyConstraint(['lagesbild_id'], ['lagesbild.id'], name=op.f('fk_overbliven_text_lagesbild_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_overbliven_text'))
    )
    op.create_index('ix_overbliven_text_agare', 'overbliven_text', ['lagesbild_id', 'anvandare_id', 'aktor_id'])
    finns = sa.text('forfaller IS NOT NULL')
    op.create_index(
        'ix_overbliven_text_forfaller', 'overbliven_text', ['forfaller'], sqlite_where=finns, postgresql_where=finns
    )
