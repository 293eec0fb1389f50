"""Watches: a search or an area that a person wants to be told of, and what they have hit."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.db import Base, one_of
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag
from wis.sok.rules import Sort


class Bevakningsslag(StrEnum):
    """What is watched: what a search finds, or what concerns some kommuner."""

    SOKNING = "sokning"
    OMRADE = "omrade"


class Bevakning(Base):
    """What a person, as the actor they act for, wants to be told of when it is published and told of.

    `nyckel` says what is watched in full (wis.bevakning.rules): two that are alike have the same. `ord`, `handelse_id`,
    `av_aktor_id` and `sort` are as the page of searches has them; `kommuner` are slugs of actors and `kanaler` values
    of Kanalslag, with commas between.
    """

    __tablename__ = "bevakning"
    __table_args__ = (
        one_of("slag", Bevakningsslag),
        one_of("sort", Sort),
        UniqueConstraint("anvandare_id", "aktor_id", "nyckel"),
        Index("ix_bevakning_nyckel", "nyckel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    namn: Mapped[str]
    slag: Mapped[str]
    nyckel: Mapped[str] = mapped_column(Text)
    ovning: Mapped[bool]
    ord: Mapped[str]
    handelse_id: Mapped[int | None] = mapped_column(ForeignKey("handelse.id"))
    av_aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    sort: Mapped[str | None]
    kommuner: Mapped[str] = mapped_column(Text)
    kanaler: Mapped[str]
    skapad: Mapped[datetime]

    handelse: Mapped[Handelse | None] = relationship()
    av_aktor: Mapped[Aktor | None] = relationship(foreign_keys=[av_aktor_id])

    def kanalval(self) -> tuple[Kanalslag, ...]:
        """By which channels to tell."""
        return tuple(slag for slag in Kanalslag if slag.value in self.kanaler.split(","))


class Bevakningstraff(Base):
    """A dispatch told of what the watch is of. Whether its owner may read it is judged wherever this is used."""

    __tablename__ = "bevakningstraff"
    __table_args__ = (Index("ix_bevakningstraff_bevakning_id", "bevakning_id"),)

    utskick_id: Mapped[int] = mapped_column(ForeignKey("utskick.id"), primary_key=True)
    bevakning_id: Mapped[int] = mapped_column(ForeignKey("bevakning.id"), primary_key=True)
