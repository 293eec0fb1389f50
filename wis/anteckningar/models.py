"""Diary entries: what somebody noted in an event, in a line, and that it was struck."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Base
from wis.handelser.models import Handelse

MAX_TEXT = 500


class Anteckning(Base):
    """What happened at `tid`, noted at `skriven`. Read by all who read the event from then on.

    Triggers refuse UPDATE and DELETE: what is wrong is struck, and stays.
    """

    __tablename__ = "anteckning"
    __table_args__ = (
        CheckConstraint(f"length(trim(text)) > 0 AND length(text) <= {MAX_TEXT}", name="text_langd"),
        # An event's by when they happened; those of one actor; by when they were written.
        Index("ix_anteckning_tid", "handelse_id", "tid", "id"),
        Index("ix_anteckning_aktor", "handelse_id", "aktor_id", "tid"),
        Index("ix_anteckning_skriven", "handelse_id", "skriven", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    forfattare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    skriven: Mapped[datetime]
    tid: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    # As which function the author was on duty, in words; '' for none.
    funktion: Mapped[str] = mapped_column(default="", server_default="")
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)

    handelse: Mapped[Handelse] = relationship()
    aktor: Mapped[Aktor] = relationship()
    forfattare: Mapped[Anvandare] = relationship()


class StrukenAnteckning(Base):
    """That an entry was struck, by whom and when. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "struken_anteckning"

    anteckning_id: Mapped[int] = mapped_column(ForeignKey("anteckning.id"), primary_key=True, autoincrement=False)
    tid: Mapped[datetime]
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))

    anvandare: Mapped[Anvandare] = relationship()
