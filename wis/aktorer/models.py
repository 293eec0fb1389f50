"""Actors: the organisations that own information."""

from sqlalchemy.orm import Mapped, mapped_column

from wis.db import Base


class Aktor(Base):
    """An organisation. It owns its information, decides who reads it, and administers its own users."""

    __tablename__ = "aktor"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    namn: Mapped[str]
    kortnamn: Mapped[str]
    typ: Mapped[str]
