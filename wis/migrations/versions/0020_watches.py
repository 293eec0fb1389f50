"""Saved searches and areas that one is told of."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SORTER = "'samlad', 'lagesbild', 'underrattelse', 'handelse', 'beslut', 'anteckning'"


def upgrade() -> None:
    """Make the tables."""
    op.create_table('bevakning',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('nyckel', sa.Text(), nullable=False),
    sa.Column('ovning', sa.Boolean(), nullable=False),
    sa.Column('ord', sa.String(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=True),
    sa.Column('av_aktor_id', sa.Integer(), nullable=True),
    sa.Column('sort', sa.String(), nullable=True),
    sa.Column('kommuner', sa.Text(), nullable=False),
    sa.Column('kanaler', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("slag IN ('sokning', 'omrade')", name=op.f('ck_bevakning_slag')),
    sa.CheckConstraint(f'sort IN ({_SORTER})', name=op.f('ck_bevakning_sort')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_bevakning_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_bevakning_anvandare_id')),
    sa.ForeignKeyConstraint(['av_aktor_id'], ['aktor.id'], name=op.f('fk_bevakning_av_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_bevakning_handelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bevakning')),
    sa.UniqueConstraint('anvandare_id', 'aktor_id', 'nyckel', name=op.f('uq_bevakning_anvandare_id_aktor_id_nyckel'))
    )
    op.create_index('ix_bevakning_nyckel', 'bevakning', ['nyckel'])
    op.create_table('bevakningstraff',
    sa.Column('utskick_id', sa.Integer(), nullable=False),
    sa.Column('bevakning_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['bevakning_id'], ['bevakning.id'], name=op.f('fk_bevakningstraff_bevakning_id')),
    sa.ForeignKeyConstraint(['utskick_id'], ['utskick.id'], name=op.f('fk_bevakningstraff_utskick_id')),
    sa.PrimaryKeyConstraint('utskick_id', 'bevakning_id', name=op.f('pk_bevakningstraff'))
    )
    op.create_index('ix_bevakningstraff_bevakning_id', 'bevakningstraff', ['bevakning_id'])
