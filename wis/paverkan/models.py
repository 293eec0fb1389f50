"""Measures that affect an actor, and what it answers."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse

MAX_RAD = 300


class Svarsslag(StrEnum):
    """What an affected actor says of a measure."""

    NOTERAT = "noterat"
    PROBLEM = "problem"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return self.value.capitalize()


class Paverkan(Base):
    """That a measure of `agare` in its lägesbild affects `aktor`: one row however many versions it stands in.

    `nyckel` is of the measure's words (wis.paverkan.rules). `forst`: the version that first named the actor; `nummer`:
    the newest in which the measure stands and that the actor might read: the right to the row is the right to that.
    `foregaende_id`: the row of the measure as it was worded before. `inaktuell`: when it stood there no longer.
    `senaste`: the number of the latest answer, or 0, and `svar` what it was.
    """

    __tablename__ = "paverkan"
    __table_args__ = (
        UniqueConstraint("lagesbild_id", "aktor_id", "nyckel"),
        ForeignKeyConstraint(
            ["lagesbild_id", "nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        ForeignKeyConstraint(["lagesbild_id", "forst"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]),
        CheckConstraint("aktor_id <> agare_id", name="en_annans"),
        CheckConstraint("(senaste = 0) = (svar IS NULL)", name="svar_och_nummer"),
        one_of("svar", Svarsslag),
        Index("ix_paverkan_aktor_id_handelse_id", "aktor_id", "handelse_id"),
        Index("ix_paverkan_agare_id_handelse_id", "agare_id", "handelse_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"))
    agare_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    nyckel: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    avsnitt: Mapped[str]
    forst: Mapped[int]
    nummer: Mapped[int]
    skapad: Mapped[datetime]
    foregaende_id: Mapped[int | None] = mapped_column(ForeignKey("paverkan.id"))
    inaktuell: Mapped[datetime | None]
    senaste: Mapped[int] = mapped_column(default=0, server_default="0")
    svar: Mapped[str | None]

    handelse: Mapped[Handelse] = relationship()
    agare: Mapped[Aktor] = relationship(foreign_keys=[agare_id])
    aktor: Mapped[Aktor] = relationship(foreign_keys=[aktor_id])
    foregaende: Mapped["Paverkan | None"] = relationship(remote_side="Paverkan.id")
    historik: Mapped[list["PaverkanSvar"]] = relationship(order_by="PaverkanSvar.nummer.desc()", viewonly=True)


class PaverkanSvar(Base):
    """An answer; one that is changed is the next. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "paverkan_svar"
    __table_args__ = (
        one_of("svar", Svarsslag),
        CheckConstraint(
            "(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)",
            name="utan_luckor",
        ),
        CheckConstraint("svar <> 'problem' OR length(trim(rad)) > 0", name="problemet_sagt"),
        CheckConstraint(f"length(rad) <= {MAX_RAD}", name="rad_langd"),
        ForeignKeyConstraint(["paverkan_id", "foregaende"], ["paverkan_svar.paverkan_id", "paverkan_svar.nummer"]),
    )

    paverkan_id: Mapped[int] = mapped_column(ForeignKey("paverkan.id"), primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    foregaende: Mapped[int | None]
    skapad: Mapped[datetime]
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    svar: Mapped[str]
    rad: Mapped[str] = mapped_column(Text)
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)

    anvandare: Mapped[Anvandare] = relationship()
