"""What stands in place of what has been thrown away."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wis.db import Base, one_of


class Gravstensslag(StrEnum):
    """What there was: a version of a lägesbild or of an underrättelse, why an event was decided on, a diary entry."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    BESLUT = "beslut"
    ANTECKNING = "anteckning"


class Gravsten(Base):
    """What one thing was, and by which decision its content was taken away. Triggers refuse UPDATE and DELETE.

    Only where there is such a row do the triggers let the words of the thing be replaced, and by just `text` and
    `html`. `nummer` is the version, 0 for what has none; `innehall_hash` is wis.arkiv.gallring.innehall_hash().
    """

    __tablename__ = "gravsten"
    __table_args__ = (
        one_of("slag", Gravstensslag),
        UniqueConstraint("slag", "objekt_id", "nummer"),
        CheckConstraint("length(innehall_hash) = 64", name="hash"),
        CheckConstraint("length(trim(beslut)) > 0", name="beslut"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slag: Mapped[str]
    objekt_id: Mapped[int]
    nummer: Mapped[int]
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), index=True)
    # Whose it was; NULL: the samlade, which is nobody's own.
    agare_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    publicerad: Mapped[datetime]
    innehall_hash: Mapped[str]
    beslut: Mapped[str]
    tid: Mapped[datetime]
    # NULL: by whoever runs the installation.
    anvandare_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
