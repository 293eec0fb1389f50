"""The yearly review of an actor's rights."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare, Medlemskap
from wis.db import Base, one_of


class Omdomesslag(StrEnum):
    """What the reviewer said of one person's rights."""

    BEHALL = "behall"
    ANDRAD = "andrad"
    AVSTANGD = "avstangd"


class Genomgang(Base):
    """A review of everybody's rights at an actor; done when it is signed. One open at a time per actor."""

    __tablename__ = "genomgang"
    __table_args__ = (
        Index(
            "uq_genomgang_en_oppen",
            "aktor_id",
            unique=True,
            sqlite_where=text("signerad IS NULL"),
            postgresql_where=text("signerad IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    paborjad: Mapped[datetime]
    paborjad_av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    signerad: Mapped[datetime | None]
    signerad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    kommentar: Mapped[str] = mapped_column(Text, default="")

    aktor: Mapped[Aktor] = relationship()
    paborjad_av: Mapped[Anvandare] = relationship(foreign_keys=paborjad_av_id)
    signerad_av: Mapped[Anvandare | None] = relationship(foreign_keys=signerad_av_id)
    rader: Mapped[list["Genomgangsrad"]] = relationship(back_populates="genomgang")


class Genomgangsrad(Base):
    """What was said of one membership in a review. `behorighet`: what it was then, in words."""

    __tablename__ = "genomgangsrad"
    __table_args__ = (UniqueConstraint("genomgang_id", "medlemskap_id"), one_of("omdome", Omdomesslag))

    id: Mapped[int] = mapped_column(primary_key=True)
    genomgang_id: Mapped[int] = mapped_column(ForeignKey("genomgang.id"))
    medlemskap_id: Mapped[int] = mapped_column(ForeignKey("medlemskap.id"))
    omdome: Mapped[str]
    behorighet: Mapped[str]
    tid: Mapped[datetime]
    av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))

    genomgang: Mapped[Genomgang] = relationship(back_populates="rader")
    medlemskap: Mapped[Medlemskap] = relationship()
