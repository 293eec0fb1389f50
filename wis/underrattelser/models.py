"""Informationsunderrättelser and their immutable versions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse, Lasarkrets

MAX_TEXT = 1000
MAX_RUBRIK = 120


class Underrattelse(Base):
    """A short piece for information, in an event. `senaste` is the latest version's number."""

    __tablename__ = "underrattelse"
    __table_args__ = (
        Index(
            "ix_underrattelse_krets_id",
            "krets_id",
            sqlite_where=text("krets_id IS NOT NULL"),
            postgresql_where=text("krets_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    skapad: Mapped[datetime]
    senaste: Mapped[int]
    krets_id: Mapped[int | None] = mapped_column(ForeignKey("lasarkrets.id"))

    handelse: Mapped[Handelse] = relationship()
    krets: Mapped[Lasarkrets | None] = relationship(lazy="joined")
    aktor: Mapped[Aktor] = relationship()


class UnderrattelseVersion(Base):
    """A published version; every one after the first is a RÄTTELSE. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "underrattelse_version"
    __table_args__ = (
        one_of("tlp", Tlp),
        CheckConstraint("godkand_av_id <> forfattare_id", name="godkand_av_en_annan"),
        CheckConstraint(
            "(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)",
            name="utan_luckor",
        ),
        CheckConstraint(f"length(text) <= {MAX_TEXT}", name="text_langd"),
        CheckConstraint(f"length(trim(rubrik)) > 0 AND length(rubrik) <= {MAX_RUBRIK}", name="rubrik_langd"),
        ForeignKeyConstraint(
            ["underrattelse_id", "foregaende"],
            ["underrattelse_version.underrattelse_id", "underrattelse_version.nummer"],
        ),
        Index("ix_underrattelse_version_publicerad", "publicerad"),
        # An event's versions in order of time; those of one actor.
        Index("ix_underrattelse_version_handelse", "handelse_id", "publicerad", "underrattelse_id", "nummer"),
        Index("ix_underrattelse_version_aktor", "handelse_id", "aktor_id", "publicerad"),
    )

    underrattelse_id: Mapped[int] = mapped_column(ForeignKey("underrattelse.id"), primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    foregaende: Mapped[int | None]
    # The underrättelse's: a trigger refuses others.
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    publicerad: Mapped[datetime]
    forfattare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    bradskande: Mapped[bool]
    rubrik: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)
    tlp: Mapped[str] = mapped_column(default=Tlp.CLEAR, server_default="clear")
    # The paragraph of a secrecy note (OSL); its date and author are the version's. A note, not a lock.
    lagrum: Mapped[str] = mapped_column(default="", server_default="")
    # As which function the author was on duty, in words; '' for none.
    funktion: Mapped[str] = mapped_column(default="", server_default="")
    # The colleague who approved it, where two persons were needed; or why one published alone.
    godkand_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    nodlage: Mapped[str] = mapped_column(default="", server_default="")

    underrattelse: Mapped[Underrattelse] = relationship()
    forfattare: Mapped[Anvandare] = relationship(foreign_keys=[forfattare_id])
    godkand_av: Mapped[Anvandare | None] = relationship(foreign_keys=[godkand_av_id])
