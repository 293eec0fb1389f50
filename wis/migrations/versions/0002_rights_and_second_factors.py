"""Rights per thing, event and function; second factors; reviews and questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

import wis.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_TLP = "'clear', 'green', 'amber', 'amber+strict', 'red'"
_ROLL = "'lasare', 'skribent', 'talesperson', 'redaktor'"
_MARKTA = ("lagesbild_version", "underrattelse_version")
"""These have triggers, which SQLite forgets when a table is rebuilt: columns are added to them as they stand."""


def upgrade() -> None:
    """Make the new tables, then widen the old ones."""
    _aktorsnatverk()
    _lasarkrets()
    _aktorsnatverk_medlem()
    _funktion()
    _genomgang()
    _lasarkrets_aktor()
    _passkey()
    _reservkod()
    _totp()
    _funktionsbehorig()
    _genomgangsrad()
    _handelseroll()
    _rattsfraga()
    _tjanstgoring()
    op.create_index("ix_loggpost_objekt", "loggpost", ["objekt"])
    op.create_index("ix_loggpost_anvandare_id_handling", "loggpost", ["anvandare_id", "handling"])
    _nya_kolumner()
    _anvandare()
    _medlemskap()


def _nya_kolumner() -> None:
    tid = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    for table, column in (
        ("aktor", "ansluten"),
        ("handelse", "alla_fran"),
        ("handelse_lasare", "fran"),
        ("handelse_lasare", "till"),
    ):
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {tid}")
    for column in ("senast_aktiv", "bekraftad", "visa_till"):
        op.execute(f"ALTER TABLE inloggning ADD COLUMN {column} {tid}")
    for column in ("adress", "enhet"):
        op.execute(f"ALTER TABLE inloggning ADD COLUMN {column} VARCHAR DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE kanal ADD COLUMN ny_adress VARCHAR")
    for table in ("lagesbild", "underrattelse", "utskick"):
        _referens(table, "krets_id", "lasarkrets")
    _referens("inloggning", "visa_aktor_id", "aktor")
    _referens("inloggning", "visa_medlemskap_id", "medlemskap")
    _val("inloggning", "visa_roll", _ROLL)
    _val("inloggning", "faktor", "'totp', 'passkey', 'reservkod', 'ingen'")
    for table in (*_MARKTA, "utskick"):
        _val(table, "tlp", _TLP, "DEFAULT 'clear' NOT NULL")
    for table in _MARKTA:
        for column in ("lagrum", "funktion"):
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR DEFAULT '' NOT NULL")


def _referens(table: str, column: str, till: str) -> None:
    name = f"fk_{table}_{column}"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {till} (id)")


def _val(table: str, column: str, values: str, grund: str = "") -> None:
    check = f"CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({values}))"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR {grund} {check}")


def _anvandare() -> None:
    nya = [
        sa.CheckConstraint("slag IN ('person', 'funktion')", name=op.f("ck_anvandare_slag")),
        sa.CheckConstraint(
            "slag = 'person' OR losenord_hash IS NULL", name=op.f("ck_anvandare_funktion_loggar_inte_in")
        ),
        sa.CheckConstraint("(slag = 'person') = (epost IS NOT NULL)", name=op.f("ck_anvandare_person_har_epost")),
    ]
    with _bygg_om("anvandare", nya) as table:
        table.add_column(sa.Column("slag", sa.String(), server_default="person", nullable=False))
        table.alter_column("epost", existing_type=sa.String(), nullable=True)


def _medlemskap() -> None:
    nya = [
        sa.CheckConstraint(
            "gast_handelse_id IS NULL OR (roll = 'lasare' AND NOT administrator AND giltig_till IS NOT NULL)",
            name=op.f("ck_medlemskap_gast_laser"),
        )
    ]
    unik = "uq_medlemskap_anvandare_id_aktor_id"
    with _bygg_om("medlemskap", nya) as table:
        table.add_column(sa.Column("gast_handelse_id", sa.Integer(), nullable=True))
        table.drop_constraint(op.f(unik), type_="unique")
        table.create_unique_constraint(op.f(f"{unik}_gast_handelse_id"), ["anvandare_id", "aktor_id", "gast_handelse_id"])
        table.create_foreign_key(op.f("fk_medlemskap_gast_handelse_id"), "handelse", ["gast_handelse_id"], ["id"])
    ingen_gast = sa.text("gast_handelse_id IS NULL")
    op.create_index(
        unik, "medlemskap", ["anvandare_id", "aktor_id"], unique=True, sqlite_where=ingen_gast, postgresql_where=ingen_gast
    )


@contextmanager
def _bygg_om(table: str, nya: list[sa.CheckConstraint]) -> Iterator[BatchOperations]:
    """Change a table, which SQLite must rebuild, and give it these CHECKs too."""
    with op.batch_alter_table(table) as batch:
        yield batch
        for check in nya:
            batch.create_check_constraint(cast(str, check.name), check.sqltext)  # str() would lose that it is whole


def _aktorsnatverk() -> None:
    op.create_table('aktorsnatverk',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_aktorsnatverk')),
    sa.UniqueConstraint('slug', name=op.f('uq_aktorsnatverk_slug'))
    )


def _lasarkrets() -> None:
    op.create_table('lasarkrets',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alla', sa.Boolean(), nullable=False),
    sa.Column('alla_fran', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lasarkrets'))
    )


def _aktorsnatverk_medlem() -> None:
    op.create_table('aktorsnatverk_medlem',
    sa.Column('natverk_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_aktorsnatverk_medlem_aktor_id')),
    sa.ForeignKeyConstraint(['natverk_id'], ['aktorsnatverk.id'], name=op.f('fk_aktorsnatverk_medlem_natverk_id')),
    sa.PrimaryKeyConstraint('natverk_id', 'aktor_id', name=op.f('pk_aktorsnatverk_medlem'))
    )


def _funktion() -> None:
    op.create_table('funktion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('kortnamn', sa.String(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('nedlagd', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_funktion_aktor_id')),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_funktion_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_funktion')),
    sa.UniqueConstraint('aktor_id', 'kortnamn', name=op.f('uq_funktion_aktor_id_kortnamn')),
    sa.UniqueConstraint('anvandare_id', name=op.f('uq_funktion_anvandare_id'))
    )


def _genomgang() -> None:
    op.create_table('genomgang',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('paborjad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('paborjad_av_id', sa.Integer(), nullable=False),
    sa.Column('signerad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('signerad_av_id', sa.Integer(), nullable=True),
    sa.Column('kommentar', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_genomgang_aktor_id')),
    sa.ForeignKeyConstraint(['paborjad_av_id'], ['anvandare.id'], name=op.f('fk_genomgang_paborjad_av_id')),
    sa.ForeignKeyConstraint(['signerad_av_id'], ['anvandare.id'], name=op.f('fk_genomgang_signerad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_genomgang'))
    )
    op.create_index('uq_genomgang_en_oppen', 'genomgang', ['aktor_id'], unique=True, sqlite_where=sa.text('signerad IS NULL'), postgresql_where=sa.text('signerad IS NULL'))


def _lasarkrets_aktor() -> None:
    op.create_table('lasarkrets_aktor',
    sa.Column('krets_id', sa.Integer(), nullable=False),
    sa.Column('aktor_id', sa.Integer(), nullable=False),
    sa.Column('fran', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['aktor_id'], ['aktor.id'], name=op.f('fk_lasarkrets_aktor_aktor_id')),
    sa.ForeignKeyConstraint(['krets_id'], ['lasarkrets.id'], name=op.f('fk_lasarkrets_aktor_krets_id')),
    sa.PrimaryKeyConstraint('krets_id', 'aktor_id', name=op.f('pk_lasarkrets_aktor'))
    )


def _passkey() -> None:
    op.create_table('passkey',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('namn', sa.String(), nullable=False),
    sa.Column('nyckel_id', sa.String(), nullable=False),
    sa.Column('publik_nyckel', sa.Text(), nullable=False),
    sa.Column('raknare', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('senast_anvand', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_passkey_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('nyckel_id', name=op.f('uq_passkey_nyckel_id'))
    )
    op.create_index('ix_passkey_anvandare_id', 'passkey', ['anvandare_id'], unique=False)


def _reservkod() -> None:
    op.create_table('reservkod',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('kod_hash', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('anvand', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_reservkod_anvandare_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reservkod'))
    )
    op.create_index('ix_reservkod_anvandare_id', 'reservkod', ['anvandare_id'], unique=False)


def _totp() -> None:
    op.create_table('totp',
    sa.Column('anvandare_id', sa.Integer(), nullable=False),
    sa.Column('hemlighet', sa.String(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('bekraftad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('senaste_steg', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['anvandare_id'], ['anvandare.id'], name=op.f('fk_totp_anvandare_id')),
    sa.PrimaryKeyConstraint('anvandare_id', name=op.f('pk_totp'))
    )


def _funktionsbehorig() -> None:
    op.create_table('funktionsbehorig',
    sa.Column('funktion_id', sa.Integer(), nullable=False),
    sa.Column('medlemskap_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['funktion_id'], ['funktion.id'], name=op.f('fk_funktionsbehorig_funktion_id')),
    sa.ForeignKeyConstraint(['medlemskap_id'], ['medlemskap.id'], name=op.f('fk_funktionsbehorig_medlemskap_id')),
    sa.PrimaryKeyConstraint('funktion_id', 'medlemskap_id', name=op.f('pk_funktionsbehorig'))
    )


def _genomgangsrad() -> None:
    op.create_table('genomgangsrad',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('genomgang_id', sa.Integer(), nullable=False),
    sa.Column('medlemskap_id', sa.Integer(), nullable=False),
    sa.Column('omdome', sa.String(), nullable=False),
    sa.Column('behorighet', sa.String(), nullable=False),
    sa.Column('tid', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('av_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("omdome IN ('behall', 'andrad', 'avstangd')", name=op.f('ck_genomgangsrad_omdome')),
    sa.ForeignKeyConstraint(['av_id'], ['anvandare.id'], name=op.f('fk_genomgangsrad_av_id')),
    sa.ForeignKeyConstraint(['genomgang_id'], ['genomgang.id'], name=op.f('fk_genomgangsrad_genomgang_id')),
    sa.ForeignKeyConstraint(['medlemskap_id'], ['medlemskap.id'], name=op.f('fk_genomgangsrad_medlemskap_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_genomgangsrad')),
    sa.UniqueConstraint('genomgang_id', 'medlemskap_id', name=op.f('uq_genomgangsrad_genomgang_id_medlemskap_id'))
    )


def _handelseroll() -> None:
    op.create_table('handelseroll',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('medlemskap_id', sa.Integer(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=False),
    sa.Column('roll', sa.String(), nullable=True),
    sa.Column('giltig_till', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('skapad_av_id', sa.Integer(), nullable=True),
    sa.Column('motivering', sa.Text(), nullable=False),
    sa.CheckConstraint("roll IN ('lasare', 'skribent', 'talesperson', 'redaktor')", name=op.f('ck_handelseroll_roll')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_handelseroll_handelse_id')),
    sa.ForeignKeyConstraint(['medlemskap_id'], ['medlemskap.id'], name=op.f('fk_handelseroll_medlemskap_id')),
    sa.ForeignKeyConstraint(['skapad_av_id'], ['anvandare.id'], name=op.f('fk_handelseroll_skapad_av_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handelseroll')),
    sa.UniqueConstraint('medlemskap_id', 'handelse_id', name=op.f('uq_handelseroll_medlemskap_id_handelse_id'))
    )
    op.create_index('ix_handelseroll_handelse_id', 'handelseroll', ['handelse_id'], unique=False)


def _rattsfraga() -> None:
    op.create_table('rattsfraga',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('skapad', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('typ', sa.String(), nullable=False),
    sa.Column('fran_id', sa.Integer(), nullable=False),
    sa.Column('fran_aktor_id', sa.Integer(), nullable=False),
    sa.Column('till_aktor_id', sa.Integer(), nullable=False),
    sa.Column('till', sa.String(), nullable=False),
    sa.Column('handelse_id', sa.Integer(), nullable=True),
    sa.Column('underrattelse_id', sa.Integer(), nullable=True),
    sa.Column('for_aktor_id', sa.Integer(), nullable=True),
    sa.Column('sida', sa.String(), nullable=False),
    sa.Column('verb', sa.String(), nullable=False),
    sa.Column('skal', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('svar', sa.String(), nullable=True),
    sa.Column('svarstext', sa.Text(), nullable=False),
    sa.Column('besvarad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('besvarad_av_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(typ = 'underrattelse') = (underrattelse_id IS NOT NULL)", name=op.f('ck_rattsfraga_underrattelse')),
    sa.CheckConstraint("svar IN ('ja', 'nej')", name=op.f('ck_rattsfraga_svar')),
    sa.CheckConstraint("till IN ('administrator', 'redaktor', 'talesperson')", name=op.f('ck_rattsfraga_till')),
    sa.CheckConstraint("typ = 'behorighet' OR (handelse_id IS NOT NULL AND for_aktor_id IS NOT NULL)", name=op.f('ck_rattsfraga_vad')),
    sa.CheckConstraint("typ IN ('behorighet', 'handelse', 'lagesbild', 'underrattelse')", name=op.f('ck_rattsfraga_typ')),
    sa.CheckConstraint('(svar IS NULL) = (besvarad IS NULL)', name=op.f('ck_rattsfraga_besvarad')),
    sa.ForeignKeyConstraint(['besvarad_av_id'], ['anvandare.id'], name=op.f('fk_rattsfraga_besvarad_av_id')),
    sa.ForeignKeyConstraint(['for_aktor_id'], ['aktor.id'], name=op.f('fk_rattsfraga_for_aktor_id')),
    sa.ForeignKeyConstraint(['fran_aktor_id'], ['aktor.id'], name=op.f('fk_rattsfraga_fran_aktor_id')),
    sa.ForeignKeyConstraint(['fran_id'], ['anvandare.id'], name=op.f('fk_rattsfraga_fran_id')),
    sa.ForeignKeyConstraint(['handelse_id'], ['handelse.id'], name=op.f('fk_rattsfraga_handelse_id')),
    sa.ForeignKeyConstraint(['till_aktor_id'], ['aktor.id'], name=op.f('fk_rattsfraga_till_aktor_id')),
    sa.ForeignKeyConstraint(['underrattelse_id'], ['underrattelse.id'], name=op.f('fk_rattsfraga_underrattelse_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rattsfraga'))
    )
    op.create_index('ix_rattsfraga_fran_id', 'rattsfraga', ['fran_id'], unique=False)
    op.create_index('ix_rattsfraga_till_aktor_id_besvarad', 'rattsfraga', ['till_aktor_id', 'besvarad'], unique=False)


def _tjanstgoring() -> None:
    op.create_table('tjanstgoring',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('funktion_id', sa.Integer(), nullable=False),
    sa.Column('medlemskap_id', sa.Integer(), nullable=False),
    sa.Column('fran', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('till', wis.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('avslutad', wis.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('avslutad_av_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('till > fran', name=op.f('ck_tjanstgoring_till_efter_fran')),
    sa.ForeignKeyConstraint(['avslutad_av_id'], ['anvandare.id'], name=op.f('fk_tjanstgoring_avslutad_av_id')),
    sa.ForeignKeyConstraint(['funktion_id'], ['funktion.id'], name=op.f('fk_tjanstgoring_funktion_id')),
    sa.ForeignKeyConstraint(['medlemskap_id'], ['medlemskap.id'], name=op.f('fk_tjanstgoring_medlemskap_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tjanstgoring'))
    )
    op.create_index('ix_tjanstgoring_medlemskap_id', 'tjanstgoring', ['medlemskap_id'], unique=False)
    op.create_index('uq_tjanstgoring_en_at_gangen', 'tjanstgoring', ['funktion_id'], unique=True, sqlite_where=sa.text('avslutad IS NULL'), postgresql_where=sa.text('avslutad IS NULL'))
