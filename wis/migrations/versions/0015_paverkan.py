"""Measures that affect actors, their answers, and words to the silent."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _paverkan()
    _svar()
    op.create_table('tystnad_paminnelse',
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('av_aktor_id', sa.Integer(), nullable=False),
    sa.Column('av_anvandare_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_tystnad_paminnelse_aktor_id')),
    sa.ForeignKeyConstraint(['av_aktor_id'], ['aktor.id'], name=op.f('fk_tystnad_paminnelse_av_aktor_id')),
    sa.ForeignKeyConstraint(['av_anvandare_id'], ['anvandare.id'], name=op.f('fk_tystnad_paminnelse_av_anvandare_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_tystnad_paminnelse_handelse_id')),
    sa.PrimaryKeyConstraint('handelse_id', 'aktor_id', name=op.f('pk_tystnad_paminnelse'))
    )


def _paverkan() -> None:
    version = ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer']
    op.create_table('paverkan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('agare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('nyckel', sa.String(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('avsnitt', sa.String(), nullable=False),
    sa.Column('forst', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('foregaende_id', sa.Integer(), nullable=True),
    sa.Column('inaktuell', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('senaste', sa.Integer(), server_default='0', nullable=False),
    sa.Column('svar', sa.String(), nullable=True),
    sa.CheckConstraint('aktor_id <> agare_id', name=op.f('ck_paverkan_en_annans')),
    sa.CheckConstraint('(senaste = 0) = (svar IS NULL)', name=op.f('ck_paverkan_svar_och_nummer')),
    sa.CheckConstraint("svar IN ('noterat', 'problem')", name=op.f('ck_paverkan_svar')),
    sa.ForeignKeyConstraint(['agare_id'], ['aktor.id'], name=op.f('fk_paverkan_agare_id')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_paverkan_aktor_id')),
    sa.ForeignKeyConstraint(['foregaende_id'], ['paverkan.id'], name=op.f('fk_paverkan_foregaende_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_paverkan_handelse_id')),
    sa.ForeignKeyConstraint(['lagesbild_id'], ['lagesbild.id'], name=op.f('fk_paverkan_lagesbild_id')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'forst'], version, name=op.f('fk_paverkan_lagesbild_id_forst')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'nummer'], version, name=op.f('fk_paverkan_lagesbild_id_nummer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paverkan')),
    sa.UniqueConstraint('lagesbild_id', 'aktor_id', 'nyckel', name=op.f('uq_paverkan_lagesbild_id_aktor_id_nyckel'))
    )
    op.create_index('ix_paverkan_agare_id_handelse_id', 'paverkan', ['agare_id', 'handelse_id'])
    op.create_index('ix_paverkan_aktor_id_handelse_id', 'paverkan', ['aktor_id', 'handelse_id'])


def _svar() -> None:
    op.create_table('paverkan_svar',
    sa.Column('paverkan_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('foregaende', sa.Integer(), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('svar', sa.String(), nullable=False),
    sa.Column('rad', sa.Text(), nullable=False),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint("svar IN ('noterat', 'problem')", name=op.f('ck_paverkan_svar_svar')),
    sa.CheckConstraint("svar <> 'problem' OR length(trim(rad)) > 0", name=op.f('ck_paverkan_svar_problemet_sagt')),
    sa.CheckConstraint('length(rad) <= 300', name=op.f('ck_paverkan_svar_rad_langd')),
    sa.CheckConstraint(
        '(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)',
        name=op.f('ck_paverkan_svar_utan_luckor'),
    ),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_paverkan_svar_anvandare_id')),
    sa.ForeignKeyConstraint(['paverkan_id'], ['paverkan.id'], name=op.f('fk_paverkan_svar_paverkan_id')),
    sa.ForeignKeyConstraint(
        ['paverkan_id', 'foregaende'],
        ['paverkan_svar.paverkan_id', 'paverkan_svar.nummer'],
        name=op.f('fk_paverkan_svar_paverkan_id_foregaende'),
    ),
    sa.PrimaryKeyConstraint('paverkan_id', 'nummer', name=op.f('pk_paverkan_svar')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_paverkan_svar_idempotensnyckel'))
    )
    gor_oforanderlig('paverkan_svar')
