"""That an actor has been told that its lägesbild is missed."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.db import Base


class TystnadPaminnelse(Base):
    """The last time that the actor was reminded in the event, and by whom. The earlier ones are in the record."""

    __tablename__ = "tystnad_paminnelse"

    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
    tid: Mapped[datetime]
    av_aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    av_anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))

    av_aktor: Mapped[Aktor] = relationship(foreign_keys=[av_aktor_id])
