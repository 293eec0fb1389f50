"""Browsers that notices are sent to."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_KANALER = "'sms', 'epost', 'push'"


def upgrade() -> None:
    """Make the table, and let the choices and the deliveries know of one more channel."""
    _webblasare()
    op.add_column('prenumeration', sa.Column('push', sa.Boolean(), server_default=sa.false(), nullable=False))
    _en_kanal_till('kanal', 'slag')
    _en_kanal_till('leverans', 'kanal')


def _webblasare() -> None:
    op.create_table('pushwebblasare',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('inloggning_id', sa.Integer(), nullable=False),
    sa.Column('endpoint', sa.String(), nullable=True),
    sa.Column('p256dh', sa.String(), nullable=False),
    sa.Column('auth', sa.String(), nullable=False),
    sa.Column('vapid', sa.String(), nullable=False),
    sa.Column('enhet', sa.String(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('senast', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('borta', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(endpoint IS NULL) = (borta IS NOT NULL)', name=op.f('ck_pushwebblasare_borta')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_pushwebblasare_anvandare_id')),
    sa.ForeignKeyConstraint(['inloggning_id'], ['inloggning.id'], name=op.f('fk_pushwebblasare_inloggning_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pushwebblasare')),
    sa.UniqueConstraint('endpoint', name=op.f('uq_pushwebblasare_endpoint'))
    )
    for kolumn in ('anvandare_id', 'inloggning_id', 'enhet'):
        op.create_index(op.f(f'ix_pushwebblasare_{kolumn}'), 'pushwebblasare', [kolumn])


def _en_kanal_till(tabell: str, kolumn: str) -> None:
    # Neither table has triggers: on SQLite, where a CHECK can't be altered, it is built anew.
    namn = op.f(f'ck_{tabell}_{kolumn}')
    with op.batch_alter_table(tabell) as batch:
        batch.drop_constraint(namn, type_='check')
        batch.create_check_constraint(namn, f'{kolumn} IN ({_KANALER})')
