"""How far a person has read."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wis.db import Base


class Lasmarke(Base):
    """Up to which moment a person has seen an event."""

    __tablename__ = "lasmarke"

    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), primary_key=True)
    sedd_till: Mapped[datetime]
