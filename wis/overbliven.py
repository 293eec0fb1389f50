"""Text that was put aside while somebody wrote: what was not chosen when two texts met, or was taken back.

What is done with the rows is in wis.lagesbild.overblivet. They are described here, where the worker, which knows
nothing of lägesbilder, can throw away those whose time is out.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from wis import clock
from wis.db import Base, Database
from wis.tx import transaction


class OverblivenText(Base):
    """One such text of a person's, for a section of a lägesbild, as the actor they acted for. Nobody else reads it.

    `ur`: wis.lagesbild.overblivet.MIN, the number of the version it stood in, or 'flik:' and the revision of a draft.
    `forfaller`: when it goes, which is set once the person has published; None: not until they throw it away.
    """

    __tablename__ = "overbliven_text"
    __table_args__ = (
        Index("ix_overbliven_text_agare", "lagesbild_id", "anvandare_id", "aktor_id"),
        Index(
            "ix_overbliven_text_forfaller",
            "forfaller",
            sqlite_where=text("forfaller IS NOT NULL"),
            postgresql_where=text("forfaller IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"))
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    nyckel: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    ur: Mapped[str]
    skapad: Mapped[datetime]
    forfaller: Mapped[datetime | None]


def stada(database: Database) -> int:
    """Throw away the texts whose time is out; how many they were."""
    forfallna = OverblivenText.forfaller < clock.now()
    with database.reading() as session:
        if session.scalar(select(OverblivenText.id).where(forfallna).limit(1)) is None:
            return 0
    with transaction(database) as session:
        return len(session.execute(delete(OverblivenText).where(forfallna).returning(OverblivenText.id)).all())
