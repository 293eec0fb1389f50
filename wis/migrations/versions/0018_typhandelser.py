"""Prepared kinds of events, and checklists."""

import sqlalchemy as sa
from alembic import op

import wis.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TYPER = "'vader', 'trafik', 'el_tele', 'brand', 'vatten', 'halsa', 'ordning', 'it', 'ovrigt', 'ordinarie'"


def upgrade() -> None:
    """Make the tables."""
    _typhandelse()
    _i_handelsen()


def _typhandelse() -> None:
    op.create_table('typhandelse',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.Column('rubrik', sa.String(), nullable=False),
    sa.Column('beskrivning', sa.Text(), nullable=False),
    sa.Column('lasare', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('aktivera', sa.Boolean(), nullable=False),
    sa.Column('checklista', sa.JSON(), nullable=False),
    sa.Column('avsnitt', sa.JSON(), nullable=False),
    sa.Column('underrattelse_rubrik', sa.String(), nullable=False),
    sa.Column('underrattelse_text', sa.Text(), nullable=False),
    sa.Column('i_bruk', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('andrad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('andrad_av_id', sa.Integer(), nullable=False),
    sa.CheckConstraint(f'typ IN ({_TYPER})', name=op.f('ck_typhandelse_typ')),
    sa.CheckConstraint('length(trim(namn)) > 0', name=op.f('ck_typhandelse_namn')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_typhandelse_aktor_id')),
    sa.ForeignKeyConstraint(['andrad_av_id'], ['anvandare.id'], name=op.f('fk_typhandelse_andrad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_typhandelse')),
    sa.UniqueConstraint('aktor_id', 'namn', name=op.f('uq_typhandelse_aktor_id_namn'))
    )


def _i_handelsen() -> None:
    op.create_table('forberedd_handelse',
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('typhandelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('underrattelse_rubrik', sa.String(), nullable=False),
    sa.Column('underrattelse_text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_forberedd_handelse_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_forberedd_handelse_handelse_id')),
    sa.ForeignKeyConstraint(['typhandelse_id'], ['typhandelse.id'], name=op.f('fk_forberedd_handelse_typhandelse_id')),
    sa.PrimaryKeyConstraint('handelse_id', name=op.f('pk_forberedd_handelse'))
    )
    op.create_table('checkpunkt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('ordning', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('klar', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('klar_av_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(klar IS NULL) = (klar_av_id IS NULL)', name=op.f('ck_checkpunkt_klar')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_checkpunkt_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_checkpunkt_handelse_id')),
    sa.ForeignKeyConstraint(['klar_av_id'], ['anvandare.id'], name=op.f('fk_checkpunkt_klar_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checkpunkt')),
    sa.UniqueConstraint('handelse_id', 'aktor_id', 'ordning', name=op.f('uq_checkpunkt_handelse_id_aktor_id_ordning'))
    )
