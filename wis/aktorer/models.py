"""Actors: the organisations that own information, and the networks that they are addressed by."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.db import Base


class Aktor(Base):
    """An organisation. It owns its information, decides who reads it, and administers its own users.

    `ansluten`: when it joined; None for those that were there from the start. What was open to all actors before that
    is not open to it, unless it is chosen.
    """

    __tablename__ = "aktor"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    namn: Mapped[str]
    kortnamn: Mapped[str]
    typ: Mapped[str]
    ansluten: Mapped[datetime | None]


class Aktorsnatverk(Base):
    """A preset group of actors, to choose readers by. A choice is of those who are in it then, not later."""

    __tablename__ = "aktorsnatverk"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    namn: Mapped[str]

    medlemmar: Mapped[list["AktorsnatverkMedlem"]] = relationship(cascade="all, delete-orphan")


class AktorsnatverkMedlem(Base):
    """An actor in a network."""

    __tablename__ = "aktorsnatverk_medlem"

    natverk_id: Mapped[int] = mapped_column(ForeignKey("aktorsnatverk.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
