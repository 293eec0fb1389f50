"""Where the samlade comes from and what owners let be taken in."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; no source is ever changed."""
    op.create_table('lagesbild_kalla',
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('nyckel', sa.String(), nullable=False),
    sa.Column('ordning', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('stycke', sa.Integer(), nullable=False),
    sa.Column('kalla_lagesbild_id', sa.Integer(), nullable=True),
    sa.Column('kalla_nummer', sa.Integer(), nullable=True),
    sa.Column('mottagare_id', sa.Integer(), nullable=True),
    sa.Column('svar_nummer', sa.Integer(), nullable=True),
    sa.Column('kalla_nyckel', sa.String(), nullable=False),
    sa.Column('behallen', sa.Integer(), nullable=False),
    sa.Column('bearbetad', sa.Boolean(), nullable=False),
    sa.CheckConstraint('(kalla_lagesbild_id IS NULL) = (kalla_nummer IS NULL)', name=op.f('ck_lagesbild_kalla_hel_version')),
    sa.CheckConstraint('(mottagare_id IS NULL) = (svar_nummer IS NULL)', name=op.f('ck_lagesbild_kalla_helt_svar')),
    sa.CheckConstraint('(kalla_lagesbild_id IS NULL) <> (mottagare_id IS NULL)', name=op.f('ck_lagesbild_kalla_version_eller_svar')),
    sa.ForeignKeyConstraint(['kalla_lagesbild_id', 'kalla_nummer'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_lagesbild_kalla_kalla_lagesbild_id_kalla_nummer')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'nummer', 'nyckel'], ['lagesbild_sektion.lagesbild_id', 'lagesbild_sektion.nummer', 'lagesbild_sektion.nyckel'], name=op.f('fk_lagesbild_kalla_lagesbild_id_nummer_nyckel')),
    *_till_svar(),
    sa.PrimaryKeyConstraint('lagesbild_id', 'nummer', 'nyckel', 'ordning', name=op.f('pk_lagesbild_kalla'))
    )
    op.create_index('ix_lagesbild_kalla_kalla', 'lagesbild_kalla', ['kalla_lagesbild_id', 'kalla_nummer'])
    gor_oforanderlig('lagesbild_kalla')
    _medgivanden()


def _till_svar() -> list[sa.ForeignKeyConstraint]:
    # The answers are made by the next migration: SQLite takes a reference to what is to come, to PostgreSQL it is added then.
    if op.get_bind().dialect.name != 'sqlite':
        return []
    return [sa.ForeignKeyConstraint(['mottagare_id', 'svar_nummer'], ['begaran_svar.mottagare_id', 'begaran_svar.nummer'], name=op.f('fk_lagesbild_kalla_mottagare_id_svar_nummer'))]


def _medgivanden() -> None:
    op.create_table('medgivande',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('kalla_lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('kalla_nummer', sa.Integer(), nullable=False),
    sa.Column('kalla_nyckel', sa.String(), nullable=False),
    sa.Column('agare_id', sa.Integer(), nullable=False),
    sa.Column('tlp', sa.String(), nullable=False),
    sa.Column('aktorer', sa.JSON(), nullable=False),
    sa.Column('begard', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('begard_av_id', sa.Integer(), nullable=False),
    sa.Column('begard_aktor_id', sa.Integer(), nullable=False),
    sa.Column('svar', sa.Boolean(), nullable=True),
    sa.Column('besvarad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('besvarad_av_id', sa.Integer(), nullable=True),
    sa.Column('motivering', sa.Text(), server_default='', nullable=False),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint('(svar IS NULL) = (besvarad IS NULL)', name=op.f('ck_medgivande_besvarat')),
    sa.CheckConstraint('(svar IS NULL) = (besvarad_av_id IS NULL)', name=op.f('ck_medgivande_av_nagon')),
    sa.CheckConstraint("tlp IN ('clear', 'green', 'amber', 'amber+strict', 'red')", name=op.f('ck_medgivande_tlp')),
    sa.ForeignKeyConstraint(['agare_id'], ['aktor.id'], name=op.f('fk_medgivande_agare_id')),
    sa.ForeignKeyConstraint(['begard_aktor_id'], ['aktor.id'], name=op.f('fk_medgivande_begard_aktor_id')),
    sa.ForeignKeyConstraint(['begard_av_id'], ['anvandare.id'], name=op.f('fk_medgivande_begard_av_id')),
    sa.ForeignKeyConstraint(['besvarad_av_id'], ['anvandare.id'], name=op.f('fk_medgivande_besvarad_av_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_medgivande_handelse_id')),
    sa.ForeignKeyConstraint(['kalla_lagesbild_id', 'kalla_nummer'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_medgivande_kalla_lagesbild_id_kalla_nummer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_medgivande')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_medgivande_idempotensnyckel'))
    )
    op.create_index('ix_medgivande_kalla', 'medgivande', ['kalla_lagesbild_id', 'kalla_nummer'])
    obesvarat = sa.text('svar IS NULL')
    op.create_index('ix_medgivande_obesvarat', 'medgivande', ['agare_id'], sqlite_where=obesvarat, postgresql_where=obesvarat)
    _frys_besvarade()


def _frys_besvarade() -> None:
    # What an owner has said stands: an answer is given once, and what it was about is not changed afterwards.
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('CREATE TRIGGER medgivande_vagrad BEFORE UPDATE OR DELETE ON medgivande FOR EACH ROW WHEN (OLD.svar IS NOT NULL) EXECUTE FUNCTION wis_vagra()')
        return
    for verb, gerning in (('UPDATE', 'ändras'), ('DELETE', 'tas bort')):
        op.execute(
            f"CREATE TRIGGER medgivande_{verb.lower()}_vagrad BEFORE {verb} ON medgivande WHEN OLD.svar IS NOT NULL "
            f"BEGIN SELECT RAISE(ABORT, 'ett besvarat medgivande kan inte {gerning}'); END"
        )
