"""Begäran, their answers, reminders and templates."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. An answer is never changed: a correction is another version of it."""
    _begaran()
    _mottagare()
    _svar()
    _paminnelse()
    _mall()
    gor_oforanderlig('begaran_svar')
    _las_det_fragade()
    if op.get_bind().dialect.name != 'sqlite':
        # SQLite was told in 0013, before there were answers to refer to.
        op.create_foreign_key(
            op.f('fk_lagesbild_kalla_mottagare_id_svar_nummer'),
            'lagesbild_kalla',
            'begaran_svar',
            ['mottagare_id', 'svar_nummer'],
            ['mottagare_id', 'nummer'],
        )


def _las_det_fragade() -> None:
    """What was asked, in what and by whom, and who was promised to read it: whoever answers has seen that."""
    kolumner = 'handelse_id, aktor_id, rubrik, inledning, synlighet, fragor'
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            f"CREATE TRIGGER begaran_update_vagrad BEFORE UPDATE OF {kolumner} ON begaran "
            "BEGIN SELECT RAISE(ABORT, 'begaran kan inte ändras'); END"
        )
        return
    op.execute(
        f'CREATE TRIGGER begaran_vagrad BEFORE UPDATE OF {kolumner} ON begaran '
        'FOR EACH ROW EXECUTE FUNCTION wis_vagra()'
    )


def _begaran() -> None:
    op.create_table('begaran',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('skapad_av_id', sa.Integer(), nullable=False),
    sa.Column('rubrik', sa.String(), nullable=False),
    sa.Column('inledning', sa.Text(), nullable=False),
    sa.Column('frist', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('synlighet', sa.String(), nullable=False),
    sa.Column('fragor', sa.JSON(), nullable=False),
    sa.Column('avslutad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint("synlighet IN ('fragande', 'tillfragade', 'handelsen')", name=op.f('ck_begaran_synlighet')),
    sa.CheckConstraint('length(trim(rubrik)) > 0', name=op.f('ck_begaran_rubrik')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_begaran_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_begaran_handelse_id')),
    sa.ForeignKeyConstraint(['skapad_av_id'], ['anvandare.id'], name=op.f('fk_begaran_skapad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_begaran')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_begaran_idempotensnyckel'))
    )
    op.create_index('ix_begaran_handelse_id_skapad', 'begaran', ['handelse_id', 'skapad'])


def _mottagare() -> None:
    op.create_table('begaran_mottagare',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('begaran_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=True),
    sa.Column('extern_namn', sa.String(), server_default='', nullable=False),
    sa.Column('extern_adress', sa.String(), nullable=True),
    sa.Column('lank_hash', sa.String(), nullable=True),
    sa.Column('lank_till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lank_anvand', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('oppnad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('oppnad_av_id', sa.Integer(), nullable=True),
    sa.Column('senaste', sa.Integer(), server_default='0', nullable=False),
    sa.CheckConstraint(
        '(aktor_id IS NULL) = (extern_adress IS NOT NULL)',
        name=op.f('ck_begaran_mottagare_aktor_eller_utomstaende'),
    ),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_begaran_mottagare_aktor_id')),
    sa.ForeignKeyConstraint(['begaran_id'], ['begaran.id'], name=op.f('fk_begaran_mottagare_begaran_id')),
    sa.ForeignKeyConstraint(['oppnad_av_id'], ['anvandare.id'], name=op.f('fk_begaran_mottagare_oppnad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_begaran_mottagare')),
    sa.UniqueConstraint('begaran_id', 'aktor_id', name=op.f('uq_begaran_mottagare_begaran_id_aktor_id')),
    sa.UniqueConstraint('lank_hash', name=op.f('uq_begaran_mottagare_lank_hash'))
    )
    op.create_index('ix_begaran_mottagare_aktor_id', 'begaran_mottagare', ['aktor_id'])


def _svar() -> None:
    op.create_table('begaran_svar',
    sa.Column('mottagare_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('foregaende', sa.Integer(), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=True),
    sa.Column('svar', sa.JSON(), nullable=False),
    sa.Column('lagesbild_id', sa.Integer(), nullable=True),
    sa.Column('lagesbild_nummer', sa.Integer(), nullable=True),
    sa.Column('far_samlas', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint(
        '(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)',
        name=op.f('ck_begaran_svar_utan_luckor'),
    ),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_begaran_svar_anvandare_id')),
    sa.ForeignKeyConstraint(
        ['lagesbild_id', 'lagesbild_nummer'],
        ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'],
        name=op.f('fk_begaran_svar_lagesbild_id_lagesbild_nummer'),
    ),
    sa.ForeignKeyConstraint(
        ['mottagare_id', 'foregaende'],
        ['begaran_svar.mottagare_id', 'begaran_svar.nummer'],
        name=op.f('fk_begaran_svar_mottagare_id_foregaende'),
    ),
    sa.ForeignKeyConstraint(['mottagare_id'], ['begaran_mottagare.id'], name=op.f('fk_begaran_svar_mottagare_id')),
    sa.PrimaryKeyConstraint('mottagare_id', 'nummer', name=op.f('pk_begaran_svar')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_begaran_svar_idempotensnyckel'))
    )
    # ### end Alembic commands ###


def _paminnelse() -> None:
    op.create_table('begaran_paminnelse',
    sa.Column('begaran_id', sa.Integer(), nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sand', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['begaran_id'], ['begaran.id'], name=op.f('fk_begaran_paminnelse_begaran_id')),
    sa.PrimaryKeyConstraint('begaran_id', 'tid', name=op.f('pk_begaran_paminnelse'))
    )
    op.create_index(
        'ix_begaran_paminnelse_att_sanda',
        'begaran_paminnelse',
        ['tid'],
        sqlite_where=sa.text('sand IS NULL'),
        postgresql_where=sa.text('sand IS NULL'),
    )


def _mall() -> None:
    op.create_table('begaran_mall',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('rubrik', sa.String(), nullable=False),
    sa.Column('inledning', sa.Text(), nullable=False),
    sa.Column('frist_minuter', sa.Integer(), nullable=False),
    sa.Column('paminn_fore', sa.JSON(), nullable=False),
    sa.Column('synlighet', sa.String(), nullable=False),
    sa.Column('fragor', sa.JSON(), nullable=False),
    sa.Column('aktorer', sa.JSON(), nullable=False),
    sa.Column('natverk', sa.JSON(), nullable=False),
    sa.Column('andrad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('andrad_av_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("synlighet IN ('fragande', 'tillfragade', 'handelsen')", name=op.f('ck_begaran_mall_synlighet')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_begaran_mall_aktor_id')),
    sa.ForeignKeyConstraint(['andrad_av_id'], ['anvandare.id'], name=op.f('fk_begaran_mall_andrad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_begaran_mall')),
    sa.UniqueConstraint('aktor_id', 'namn', name=op.f('uq_begaran_mall_aktor_id_namn'))
    )
