"""The addresses by which a feed reader reads for a person."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.auth.models import Medlemskap
from wis.db import Base

MAX_NAMN = 60


class Flodesadress(Base):
    """A secret address of a person's at one actor: of its token only the hash is kept.

    `nyckel`: of the form that made it. It opens something until `giltig_till`, unless it has been `aterkallad`.
    """

    __tablename__ = "flodesadress"
    __table_args__ = (
        CheckConstraint(f"length(trim(namn)) > 0 AND length(namn) <= {MAX_NAMN}", name="namn_langd"),
        CheckConstraint("giltig_till > skapad", name="giltig_till"),
        Index("ix_flodesadress_medlemskap_id", "medlemskap_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    medlemskap_id: Mapped[int] = mapped_column(ForeignKey("medlemskap.id"))
    namn: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    nyckel: Mapped[str] = mapped_column(unique=True)
    skapad: Mapped[datetime]
    giltig_till: Mapped[datetime]
    senast_anvand: Mapped[datetime | None]
    aterkallad: Mapped[datetime | None]

    medlemskap: Mapped[Medlemskap] = relationship()
