"""People, their membership of actors, logins and single-use links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.rules import Roll
from wis.db import Base, one_of


class Anvandare(Base):
    """A person. `epost` is stored in lower case. `avstangd` shuts the whole account; only the operator sets it."""

    __tablename__ = "anvandare"
    __table_args__ = (CheckConstraint("epost = lower(epost)", name="epost_gemener"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    epost: Mapped[str] = mapped_column(unique=True)
    namn: Mapped[str]
    losenord_hash: Mapped[str | None]
    skapad: Mapped[datetime]
    avstangd: Mapped[datetime | None]
    senast_inloggad: Mapped[datetime | None]
    # Raised whenever what the person may do changes; open sockets are judged anew by it.
    behorighetsversion: Mapped[int] = mapped_column(default=0)

    medlemskap: Mapped[list["Medlemskap"]] = relationship(back_populates="anvandare")


class Medlemskap(Base):
    """What a person is at one actor. `avstangd`: disabled there by that actor's administrator, and there alone."""

    __tablename__ = "medlemskap"
    __table_args__ = (
        UniqueConstraint("anvandare_id", "aktor_id"),
        one_of("roll", Roll),
        CheckConstraint("roll IS NOT NULL OR administrator", name="nagon_roll"),
        Index("ix_medlemskap_aktor_id", "aktor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    roll: Mapped[str | None]
    administrator: Mapped[bool] = mapped_column(default=False)
    giltig_till: Mapped[datetime | None]
    avstangd: Mapped[datetime | None]
    skapad: Mapped[datetime]

    anvandare: Mapped[Anvandare] = relationship(back_populates="medlemskap")
    aktor: Mapped[Aktor] = relationship()


class Inloggning(Base):
    """A login that is going on; the cookie holds a random token, this row its SHA-256."""

    __tablename__ = "inloggning"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    medlemskap_id: Mapped[int | None] = mapped_column(ForeignKey("medlemskap.id"))
    skapad: Mapped[datetime]
    giltig_till: Mapped[datetime]
    avslutad: Mapped[datetime | None]


class Lanktyp(StrEnum):
    """What a single-use link is for."""

    INBJUDAN = "inbjudan"
    ATERSTALLNING = "aterstallning"


class Engangslank(Base):
    """A single-use link to set a password; only its SHA-256 is kept."""

    __tablename__ = "engangslank"
    __table_args__ = (one_of("typ", Lanktyp),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    typ: Mapped[str]
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    skapad: Mapped[datetime]
    skapad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    giltig_till: Mapped[datetime]
    anvand: Mapped[datetime | None]
