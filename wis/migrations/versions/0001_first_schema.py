"""The first schema: actors, people, events, publications, deliveries and the record."""

import sqlalchemy as sa
from alembic import op

import wis.db
from wis.audit import FORSTA_HASH
from wis.migrations.oforanderligt import gor_oforanderlig

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, the triggers and the empty record."""
    _aktor()
    _anvandare()
    _loggpost()
    _utkorgspost()
    _engangslank()
    _handelse()
    _kanal()
    _logghuvud()
    _medlemskap()
    _tystnad()
    _handelse_lasare()
    _handelsebeslut()
    _inloggning()
    _lagesbild()
    _lasmarke()
    _prenumeration()
    _underrattelse()
    _lagesbild_version()
    _underrattelse_version()
    _utkast()
    _lagesbild_sektion()
    _utskick()
    _leverans()
    gor_oforanderlig(
        "loggpost", "handelsebeslut", "lagesbild_version", "lagesbild_sektion", "underrattelse_version"
    )
    op.execute(f"INSERT INTO logghuvud (id, nummer, hash) VALUES (1, NULL, '{FORSTA_HASH}')")


def _aktor() -> None:
    op.create_table('aktor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('kortnamn', sa.String(), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aktor')),
    sa.UniqueConstraint('slug', name=op.f('uq_aktor_slug'))
    )


def _anvandare() -> None:
    op.create_table('anvandare',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('epost', sa.String(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('losenord_hash', sa.String(), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('avstangd', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('senast_inloggad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('behorighetsversion', sa.Integer(), nullable=False),
    sa.CheckConstraint('epost = lower(epost)', name=op.f('ck_anvandare_epost_gemener')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_anvandare')),
    sa.UniqueConstraint('epost', name=op.f('uq_anvandare_epost'))
    )


def _loggpost() -> None:
    op.create_table('loggpost',
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('handling', sa.String(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=True),
    sa.Column('aktor_id', sa.Integer(), nullable=True),
    sa.Column('objekt', sa.String(), nullable=False),
    sa.Column('uppgifter', sa.Text(), nullable=False),
    sa.Column('foregaende_hash', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('nummer', name=op.f('pk_loggpost')),
    sa.UniqueConstraint('hash', name=op.f('uq_loggpost_hash'))
    )


def _utkorgspost() -> None:
    op.create_table('utkorgspost',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('kanal', sa.String(), nullable=False),
    sa.Column('till', sa.String(), nullable=False),
    sa.Column('amne', sa.String(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_utkorgspost'))
    )


def _engangslank() -> None:
    op.create_table('engangslank',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('skapad_av_id', sa.Integer(), nullable=True),
    sa.Column('giltig_till', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvand', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("typ IN ('inbjudan', 'aterstallning')", name=op.f('ck_engangslank_typ')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_engangslank_anvandare_id')),
    sa.ForeignKeyConstraint(['skapad_av_id'], ['anvandare.id'], name=op.f('fk_engangslank_skapad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engangslank')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_engangslank_token_hash'))
    )
    with op.batch_alter_table('engangslank', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_engangslank_anvandare_id'), ['anvandare_id'], unique=False)


def _handelse() -> None:
    op.create_table('handelse',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('rubrik', sa.String(), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.Column('beskrivning', sa.Text(), nullable=False),
    sa.Column('beskrivning_html', sa.Text(), nullable=False),
    sa.Column('ovning', sa.Boolean(), nullable=False),
    sa.Column('staende', sa.Boolean(), nullable=False),
    sa.Column('alla_aktorer', sa.Boolean(), nullable=False),
    sa.Column('lage', sa.String(), nullable=False),
    sa.Column('agare_id', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('skapad_av_id', sa.Integer(), nullable=True),
    sa.Column('stangd', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('idempotensnyckel', sa.String(), nullable=True),
    sa.CheckConstraint("lage IN ('ordinarie', 'aktiverat')", name=op.f('ck_handelse_lage')),
    sa.CheckConstraint("typ IN ('vader', 'trafik', 'el_tele', 'brand', 'vatten', 'halsa', 'ordning', 'it', 'ovrigt', 'ordinarie')", name=op.f('ck_handelse_typ')),
    sa.CheckConstraint('NOT (staende AND (ovning OR stangd IS NOT NULL))', name=op.f('ck_handelse_staende_oppen')),
    sa.CheckConstraint('length(trim(rubrik)) > 0', name=op.f('ck_handelse_rubrik')),
    sa.ForeignKeyConstraint(['agare_id'], ['aktor.id'], name=op.f('fk_handelse_agare_id')),
    sa.ForeignKeyConstraint(['skapad_av_id'], ['anvandare.id'], name=op.f('fk_handelse_skapad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handelse')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_handelse_idempotensnyckel')),
    sa.UniqueConstraint('slug', name=op.f('uq_handelse_slug'))
    )
    with op.batch_alter_table('handelse', schema=None) as batch_op:
        batch_op.create_index('uq_handelse_en_staende', ['staende'], unique=True, sqlite_where=sa.text('staende'), postgresql_where=sa.text('staende'))


def _kanal() -> None:
    op.create_table('kanal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('adress', sa.String(), nullable=False),
    sa.Column('verifierad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('kod_hash', sa.String(), nullable=True),
    sa.Column('kod_giltig_till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('kod_forsok', sa.Integer(), nullable=False),
    sa.CheckConstraint("slag IN ('sms', 'epost')", name=op.f('ck_kanal_slag')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_kanal_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kanal')),
    sa.UniqueConstraint('anvandare_id', 'slag', name=op.f('uq_kanal_anvandare_id_slag'))
    )


def _logghuvud() -> None:
    op.create_table('logghuvud',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('nummer', sa.Integer(), nullable=True),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['nummer'], ['loggpost.nummer'], name=op.f('fk_logghuvud_nummer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_logghuvud'))
    )


def _medlemskap() -> None:
    op.create_table('medlemskap',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('roll', sa.String(), nullable=True),
    sa.Column('administrator', sa.Boolean(), nullable=False),
    sa.Column('giltig_till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('avstangd', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("roll IN ('lasare', 'skribent', 'talesperson', 'redaktor')", name=op.f('ck_medlemskap_roll')),
    sa.CheckConstraint('roll IS NOT NULL OR administrator', name=op.f('ck_medlemskap_nagon_roll')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_medlemskap_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_medlemskap_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_medlemskap')),
    sa.UniqueConstraint('anvandare_id', 'aktor_id', name=op.f('uq_medlemskap_anvandare_id_aktor_id'))
    )
    with op.batch_alter_table('medlemskap', schema=None) as batch_op:
        batch_op.create_index('ix_medlemskap_aktor_id', ['aktor_id'], unique=False)


def _tystnad() -> None:
    op.create_table('tystnad',
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('fran', sa.String(), nullable=False),
    sa.Column('till', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_tystnad_anvandare_id')),
    sa.PrimaryKeyConstraint('anvandare_id', name=op.f('pk_tystnad'))
    )


def _handelse_lasare() -> None:
    op.create_table('handelse_lasare',
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_handelse_lasare_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_handelse_lasare_handelse_id')),
    sa.PrimaryKeyConstraint('handelse_id', 'aktor_id', name=op.f('pk_handelse_lasare'))
    )


def _handelsebeslut() -> None:
    op.create_table('handelsebeslut',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('lage', sa.String(), nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=True),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('motivering', sa.Text(), nullable=False),
    sa.CheckConstraint("lage IN ('ordinarie', 'aktiverat')", name=op.f('ck_handelsebeslut_lage')),
    sa.CheckConstraint("slag IN ('oppnad', 'lage', 'stangd', 'ateroppnad', 'andrad')", name=op.f('ck_handelsebeslut_slag')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_handelsebeslut_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_handelsebeslut_anvandare_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_handelsebeslut_handelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handelsebeslut'))
    )
    with op.batch_alter_table('handelsebeslut', schema=None) as batch_op:
        batch_op.create_index('ix_handelsebeslut_handelse_id_tid', ['handelse_id', 'tid'], unique=False)


def _inloggning() -> None:
    op.create_table('inloggning',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('medlemskap_id', sa.Integer(), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('giltig_till', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('avslutad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_inloggning_anvandare_id')),
    sa.ForeignKeyConstraint(['medlemskap_id'], ['medlemskap.id'], name=op.f('fk_inloggning_medlemskap_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inloggning')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_inloggning_token_hash'))
    )
    with op.batch_alter_table('inloggning', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_inloggning_anvandare_id'), ['anvandare_id'], unique=False)


def _lagesbild() -> None:
    op.create_table('lagesbild',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=True),
    sa.Column('senaste', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_lagesbild_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_lagesbild_handelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lagesbild')),
    sa.UniqueConstraint('handelse_id', 'aktor_id', name=op.f('uq_lagesbild_handelse_id_aktor_id'))
    )
    with op.batch_alter_table('lagesbild', schema=None) as batch_op:
        batch_op.create_index('uq_lagesbild_en_samlad', ['handelse_id'], unique=True, sqlite_where=sa.text('aktor_id IS NULL'), postgresql_where=sa.text('aktor_id IS NULL'))


def _lasmarke() -> None:
    op.create_table('lasmarke',
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('sedd_till', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_lasmarke_anvandare_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_lasmarke_handelse_id')),
    sa.PrimaryKeyConstraint('anvandare_id', 'handelse_id', name=op.f('pk_lasmarke'))
    )


def _prenumeration() -> None:
    op.create_table('prenumeration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('omfattning', sa.String(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=True),
    sa.Column('sms', sa.Boolean(), nullable=False),
    sa.Column('epost', sa.Boolean(), nullable=False),
    sa.CheckConstraint("(omfattning = 'handelse') = (handelse_id IS NOT NULL)", name=op.f('ck_prenumeration_handelse')),
    sa.CheckConstraint("omfattning IN ('alla', 'ovningar', 'handelse')", name=op.f('ck_prenumeration_omfattning')),
    sa.CheckConstraint("slag IN ('lagesbild', 'underrattelse', 'lage')", name=op.f('ck_prenumeration_slag')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_prenumeration_anvandare_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_prenumeration_handelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prenumeration')),
    sa.UniqueConstraint('anvandare_id', 'slag', 'handelse_id', name=op.f('uq_prenumeration_anvandare_id_slag_handelse_id'))
    )
    with op.batch_alter_table('prenumeration', schema=None) as batch_op:
        batch_op.create_index('uq_prenumeration_allman', ['anvandare_id', 'slag', 'omfattning'], unique=True, sqlite_where=sa.text('handelse_id IS NULL'), postgresql_where=sa.text('handelse_id IS NULL'))


def _underrattelse() -> None:
    op.create_table('underrattelse',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('senaste', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_underrattelse_aktor_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_underrattelse_handelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_underrattelse'))
    )
    with op.batch_alter_table('underrattelse', schema=None) as batch_op:
        batch_op.create_index('ix_underrattelse_handelse_id_skapad', ['handelse_id', 'skapad'], unique=False)
        batch_op.create_index('ix_underrattelse_rattade', ['handelse_id'], unique=False, sqlite_where=sa.text('senaste > 1'), postgresql_where=sa.text('senaste > 1'))


def _lagesbild_version() -> None:
    op.create_table('lagesbild_version',
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('foregaende', sa.Integer(), nullable=True),
    sa.Column('publicerad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('forfattare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('andringsnotering', sa.String(), nullable=False),
    sa.Column('oforandrad', sa.Boolean(), nullable=False),
    sa.Column('nasta_uppdatering', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('sammanfattning', sa.Text(), nullable=False),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint('(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)', name=op.f('ck_lagesbild_version_utan_luckor')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_lagesbild_version_aktor_id')),
    sa.ForeignKeyConstraint(['forfattare_id'], ['anvandare.id'], name=op.f('fk_lagesbild_version_forfattare_id')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'foregaende'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_lagesbild_version_lagesbild_id_foregaende')),
    sa.ForeignKeyConstraint(['lagesbild_id'], ['lagesbild.id'], name=op.f('fk_lagesbild_version_lagesbild_id')),
    sa.PrimaryKeyConstraint('lagesbild_id', 'nummer', name=op.f('pk_lagesbild_version')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_lagesbild_version_idempotensnyckel'))
    )
    with op.batch_alter_table('lagesbild_version', schema=None) as batch_op:
        batch_op.create_index('ix_lagesbild_version_lagesbild_id_publicerad_nummer', ['lagesbild_id', 'publicerad', 'nummer'], unique=False)
        batch_op.create_index('ix_lagesbild_version_publicerad', ['publicerad'], unique=False)


def _underrattelse_version() -> None:
    op.create_table('underrattelse_version',
    sa.Column('underrattelse_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('foregaende', sa.Integer(), nullable=True),
    sa.Column('publicerad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('forfattare_id', sa.Integer(), nullable=False),
    sa.Column('bradskande', sa.Boolean(), nullable=False),
    sa.Column('rubrik', sa.String(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('idempotensnyckel', sa.String(), nullable=False),
    sa.CheckConstraint('(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)', name=op.f('ck_underrattelse_version_utan_luckor')),
    sa.CheckConstraint('length(text) <= 1000', name=op.f('ck_underrattelse_version_text_langd')),
    sa.CheckConstraint('length(trim(rubrik)) > 0 AND length(rubrik) <= 120', name=op.f('ck_underrattelse_version_rubrik_langd')),
    sa.ForeignKeyConstraint(['forfattare_id'], ['anvandare.id'], name=op.f('fk_underrattelse_version_forfattare_id')),
    sa.ForeignKeyConstraint(['underrattelse_id', 'foregaende'], ['underrattelse_version.underrattelse_id', 'underrattelse_version.nummer'], name=op.f('fk_underrattelse_version_underrattelse_id_foregaende')),
    sa.ForeignKeyConstraint(['underrattelse_id'], ['underrattelse.id'], name=op.f('fk_underrattelse_version_underrattelse_id')),
    sa.PrimaryKeyConstraint('underrattelse_id', 'nummer', name=op.f('pk_underrattelse_version')),
    sa.UniqueConstraint('idempotensnyckel', name=op.f('uq_underrattelse_version_idempotensnyckel'))
    )
    with op.batch_alter_table('underrattelse_version', schema=None) as batch_op:
        batch_op.create_index('ix_underrattelse_version_publicerad', ['publicerad'], unique=False)


def _utkast() -> None:
    op.create_table('utkast',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('bas', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('sparad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sektioner', sa.JSON(), nullable=False),
    sa.Column('andringsnotering', sa.String(), nullable=False),
    sa.Column('nasta_uppdatering', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_utkast_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_utkast_anvandare_id')),
    sa.ForeignKeyConstraint(['lagesbild_id'], ['lagesbild.id'], name=op.f('fk_utkast_lagesbild_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_utkast')),
    sa.UniqueConstraint('lagesbild_id', 'anvandare_id', 'aktor_id', name=op.f('uq_utkast_lagesbild_id_anvandare_id_aktor_id'))
    )


def _lagesbild_sektion() -> None:
    op.create_table('lagesbild_sektion',
    sa.Column('lagesbild_id', sa.Integer(), nullable=False),
    sa.Column('nummer', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('nyckel', sa.String(), nullable=False),
    sa.Column('ordning', sa.Integer(), nullable=False),
    sa.Column('kalla', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['lagesbild_id', 'nummer'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_lagesbild_sektion_lagesbild_id_nummer')),
    sa.PrimaryKeyConstraint('lagesbild_id', 'nummer', 'nyckel', name=op.f('pk_lagesbild_sektion'))
    )


def _utskick() -> None:
    op.create_table('utskick',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slag', sa.String(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=True),
    sa.Column('aktor_id', sa.Integer(), nullable=True),
    sa.Column('lagesbild_id', sa.Integer(), nullable=True),
    sa.Column('lagesbild_nummer', sa.Integer(), nullable=True),
    sa.Column('underrattelse_id', sa.Integer(), nullable=True),
    sa.Column('underrattelse_nummer', sa.Integer(), nullable=True),
    sa.Column('beslut_id', sa.Integer(), nullable=True),
    sa.Column('bradskande', sa.Boolean(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('amne', sa.String(), nullable=False),
    sa.Column('sms', sa.Text(), nullable=False),
    sa.Column('epost', sa.Text(), nullable=False),
    sa.Column('expanderat', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('expanderat_till', sa.Integer(), nullable=False),
    sa.CheckConstraint("(slag = 'lagesbild') = (lagesbild_id IS NOT NULL AND lagesbild_nummer IS NOT NULL) AND (slag = 'underrattelse') = (underrattelse_id IS NOT NULL AND underrattelse_nummer IS NOT NULL) AND (slag = 'lage') = (beslut_id IS NOT NULL) AND (slag = 'system' OR handelse_id IS NOT NULL)", name=op.f('ck_utskick_kalla')),
    sa.CheckConstraint("slag IN ('lagesbild', 'underrattelse', 'lage', 'system')", name=op.f('ck_utskick_slag')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_utskick_aktor_id')),
    sa.ForeignKeyConstraint(['beslut_id'], ['handelsebeslut.id'], name=op.f('fk_utskick_beslut_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_utskick_handelse_id')),
    sa.ForeignKeyConstraint(['lagesbild_id', 'lagesbild_nummer'], ['lagesbild_version.lagesbild_id', 'lagesbild_version.nummer'], name=op.f('fk_utskick_lagesbild_id_lagesbild_nummer')),
    sa.ForeignKeyConstraint(['underrattelse_id', 'underrattelse_nummer'], ['underrattelse_version.underrattelse_id', 'underrattelse_version.nummer'], name=op.f('fk_utskick_underrattelse_id_underrattelse_nummer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_utskick')),
    sa.UniqueConstraint('beslut_id', name=op.f('uq_utskick_beslut_id')),
    sa.UniqueConstraint('lagesbild_id', 'lagesbild_nummer', name=op.f('uq_utskick_lagesbild_id_lagesbild_nummer')),
    sa.UniqueConstraint('underrattelse_id', 'underrattelse_nummer', name=op.f('uq_utskick_underrattelse_id_underrattelse_nummer'))
    )
    with op.batch_alter_table('utskick', schema=None) as batch_op:
        batch_op.create_index('ix_utskick_ej_expanderat', ['id'], unique=False, sqlite_where=sa.text('expanderat IS NULL'), postgresql_where=sa.text('expanderat IS NULL'))
        batch_op.create_index('ix_utskick_handelse_id', ['handelse_id'], unique=False)


def _leverans() -> None:
    op.create_table('leverans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('utskick_id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=True),
    sa.Column('kanal', sa.String(), nullable=False),
    sa.Column('adress', sa.String(), nullable=True),
    sa.Column('prioritet', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('tidigast', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('forsok', sa.Integer(), nullable=False),
    sa.Column('avbrott', sa.Integer(), nullable=False),
    sa.Column('worker', sa.String(), nullable=True),
    sa.Column('lease_till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('orsak', sa.String(), nullable=False),
    sa.Column('permanent', sa.Boolean(), nullable=False),
    sa.Column('andrad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(status = 'sander') = (lease_till IS NOT NULL)", name=op.f('ck_leverans_lease')),
    sa.CheckConstraint("kanal IN ('sms', 'epost')", name=op.f('ck_leverans_kanal')),
    sa.CheckConstraint("status IN ('vantar', 'sander', 'levererad', 'misslyckad', 'struken')", name=op.f('ck_leverans_status')),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_leverans_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_leverans_anvandare_id')),
    sa.ForeignKeyConstraint(['utskick_id'], ['utskick.id'], name=op.f('fk_leverans_utskick_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leverans')),
    sa.UniqueConstraint('utskick_id', 'anvandare_id', 'kanal', name=op.f('uq_leverans_utskick_id_anvandare_id_kanal'))
    )
    with op.batch_alter_table('leverans', schema=None) as batch_op:
        batch_op.create_index('ix_leverans_anvandare_id', ['anvandare_id'], unique=False)
        batch_op.create_index('ix_leverans_ko', ['kanal', 'prioritet', 'tidigast'], unique=False, sqlite_where=sa.text("status = 'vantar'"), postgresql_where=sa.text("status = 'vantar'"))
        batch_op.create_index('ix_leverans_lease', ['lease_till'], unique=False, sqlite_where=sa.text("status = 'sander'"), postgresql_where=sa.text("status = 'sander'"))
