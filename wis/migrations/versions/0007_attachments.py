"""Attachments, and which version each was published with."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.migrations.oforanderligt import gor_oforanderlig

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INNEHALL = ("id", "aktor_id", "sha256", "slag", "langd", "bredd", "hojd", "forhandsbild", "innehall")
"""All of a file but when it was last in use."""
_HALLEN = "EXISTS (SELECT 1 FROM lagesbild_bilaga WHERE bilaga_id = OLD.id)"


def upgrade() -> None:
    """Make the tables, and refuse that what is published changes or goes."""
    _bilaga()
    _lagesbild_bilaga()
    _utkast_bilaga()
    op.execute("ALTER TABLE utkast ADD COLUMN egna_bilagor BOOLEAN DEFAULT false NOT NULL")
    gor_oforanderlig("lagesbild_bilaga")
    if op.get_bind().dialect.name == "sqlite":
        _vakta_sqlite()
    else:
        _vakta_postgres()


def _bilaga() -> None:
    op.create_table('bilaga',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('langd', sa.Integer(), nullable=False),
    sa.Column('bredd', sa.Integer(), nullable=True),
    sa.Column('hojd', sa.Integer(), nullable=True),
    sa.Column('anvand', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('forhandsbild', sa.LargeBinary(), nullable=True),
    sa.Column('innehall', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("slag IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')", name=op.f('ck_bilaga_slag')),
    sa.CheckConstraint("length(sha256) = 64 AND langd > 0", name=op.f('ck_bilaga_hel')),
    sa.CheckConstraint("(slag = 'application/pdf') = (bredd IS NULL AND hojd IS NULL)", name=op.f('ck_bilaga_matt')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_bilaga_aktor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bilaga')),
    sa.UniqueConstraint('aktor_id', 'sha256', name=op.f('uq_bilaga_aktor_id_sha256'))
    )
    op.create_index('ix_bilaga_anvand', 'bilaga', ['anvand'])


def _lagesbild_bilaga() -> None:
    op.create_table('lagesbild_bilaga',
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('bilaga_id', sa.Integer(), nullable=False),
    sa.Column('ordning', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('beskrivning', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['bilaga_id'], ['bilaga.id'], name=op.f('fk_lagesbild_bilaga_bilaga_id')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'nummer'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_lagesbild_bilaga_lagesbild_id_nummer')),
    sa.PrimaryKeyConstraint('lagesbild_id', 'nummer', 'bilaga_id', name=op.f('pk_lagesbild_bilaga'))
    )
    op.create_index('ix_lagesbild_bilaga_bilaga_id', 'lagesbild_bilaga', ['bilaga_id'])


def _utkast_bilaga() -> None:
    op.create_table('utkast_bilaga',
    sa.Column('utkast_id', sa.Integer(), nullable=False),
    sa.Column('bilaga_id', sa.Integer(), nullable=False),
    sa.Column('ordning', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('beskrivning', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['bilaga_id'], ['bilaga.id'], name=op.f('fk_utkast_bilaga_bilaga_id')),
    sa.ForeignKeyConstraint(['utkast_id'], ['utkast.id'], name=op.f('fk_utkast_bilaga_utkast_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('utkast_id', 'bilaga_id', name=op.f('pk_utkast_bilaga'))
    )
    op.create_index('ix_utkast_bilaga_bilaga_id', 'utkast_bilaga', ['bilaga_id'])


def _vakta_sqlite() -> None:
    op.execute(
        f"CREATE TRIGGER bilaga_update_vagrad BEFORE UPDATE OF {', '.join(_INNEHALL)} ON bilaga "
        "BEGIN SELECT RAISE(ABORT, 'bilaga kan inte ändras'); END"
    )
    op.execute(
        f"CREATE TRIGGER bilaga_delete_vagrad BEFORE DELETE ON bilaga WHEN {_HALLEN} "
        "BEGIN SELECT RAISE(ABORT, 'bilaga är publicerad och kan inte tas bort'); END"
    )


def _vakta_postgres() -> None:
    # wis_vagra() was made with the first tables that it guards.
    op.execute(
        f"CREATE TRIGGER bilaga_vagrad BEFORE UPDATE OF {', '.join(_INNEHALL)} ON bilaga "
        "FOR EACH ROW EXECUTE FUNCTION wis_vagra()"
    )
    op.execute(
        f"""CREATE FUNCTION wis_vagra_hallen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_HALLEN} THEN
    RAISE EXCEPTION 'bilaga ar publicerad och kan inte tas bort' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$"""
    )
    op.execute(
        "CREATE TRIGGER bilaga_hallen_vagrad BEFORE DELETE ON bilaga FOR EACH ROW EXECUTE FUNCTION wis_vagra_hallen()"
    )
    op.execute(
        "CREATE TRIGGER bilaga_tom_vagrad BEFORE TRUNCATE ON bilaga FOR EACH STATEMENT EXECUTE FUNCTION wis_vagra()"
    )
