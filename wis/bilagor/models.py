"""What is attached to lägesbilder: the kept files, and the lists that drafts and published versions have of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.bilagor.rules import Slag
from wis.db import Base, one_of


class Bilaga(Base):
    """A file as it is kept, once for each actor and content. Triggers refuse all change but of `anvand`.

    The bytes are never read along with the row: see wis.bilagor.queries.innehall().
    """

    __tablename__ = "bilaga"
    __table_args__ = (
        UniqueConstraint("aktor_id", "sha256"),
        one_of("slag", Slag),
        CheckConstraint("length(sha256) = 64 AND langd > 0", name="hel"),
        CheckConstraint("(slag = 'application/pdf') = (bredd IS NULL AND hojd IS NULL)", name="matt"),
        Index("ix_bilaga_anvand", "anvand"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    sha256: Mapped[str]
    slag: Mapped[str]
    langd: Mapped[int]
    bredd: Mapped[int | None]
    hojd: Mapped[int | None]
    # When it was last put into a draft or taken out of one.
    anvand: Mapped[datetime]
    forhandsbild: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    innehall: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)


class LagesbildBilaga(Base):
    """An attachment of a published version. Immutable."""

    __tablename__ = "lagesbild_bilaga"
    __table_args__ = (
        ForeignKeyConstraint(
            ["lagesbild_id", "nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        Index("ix_lagesbild_bilaga_bilaga_id", "bilaga_id"),
    )

    lagesbild_id: Mapped[int] = mapped_column(primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bilaga_id: Mapped[int] = mapped_column(ForeignKey("bilaga.id"), primary_key=True)
    ordning: Mapped[int]
    # As the person called it, and what it shows; neither is ever a path.
    namn: Mapped[str]
    beskrivning: Mapped[str]

    bilaga: Mapped[Bilaga] = relationship()


class UtkastBilaga(Base):
    """An attachment of a draft, gone with it."""

    __tablename__ = "utkast_bilaga"
    __table_args__ = (Index("ix_utkast_bilaga_bilaga_id", "bilaga_id"),)

    utkast_id: Mapped[int] = mapped_column(ForeignKey("utkast.id", ondelete="CASCADE"), primary_key=True)
    bilaga_id: Mapped[int] = mapped_column(ForeignKey("bilaga.id"), primary_key=True)
    ordning: Mapped[int]
    namn: Mapped[str]
    beskrivning: Mapped[str]

    bilaga: Mapped[Bilaga] = relationship()
