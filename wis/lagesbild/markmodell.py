"""How far a person, or a function, has read a lägesbild."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wis.db import Base


class Versionsmarke(Base):
    """The highest version of a lägesbild that somebody has had before them, since `nar`; `forra`: the one before, or 0.

    `anvandare_id` is a person, or the function that a person was on duty as.
    """

    __tablename__ = "versionsmarke"
    __table_args__ = (CheckConstraint("nummer > forra AND forra >= 0", name="hojd"),)

    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True, autoincrement=False)
    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"), primary_key=True, autoincrement=False)
    nummer: Mapped[int]
    forra: Mapped[int]
    nar: Mapped[datetime]
