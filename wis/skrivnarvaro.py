"""Who has a page open for writing, and under which heading: a row per open page, that means nothing once it is silent.

What is done with the rows is in wis.lagesbild.narvaro. They are described here, where the worker, which knows nothing
of lägesbilder, can throw away what is left of pages that went without a word.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, delete, or_, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from wis import clock
from wis.db import Base, Database
from wis.tx import transaction

TYST = timedelta(seconds=15)
"""A page that has said nothing for so long is gone. It says that it is there every tenth second."""
KVAR = timedelta(minutes=1)
"""How long the row of such a page stays at most, but for the time between two turns of the worker's housekeeping."""


class Skrivnarvaro(Base):
    """One open page on which somebody writes. `flik` is a random key that the page has made itself.

    `avsnitt`: the key of the heading that they are in, '' for none; `sedan`: since when; `sedd`: the page's last word.
    """

    __tablename__ = "skrivnarvaro"
    __table_args__ = (Index("ix_skrivnarvaro_sedd", "sedd"),)

    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"), primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
    flik: Mapped[str] = mapped_column(primary_key=True)
    avsnitt: Mapped[str]
    # As which function the person is on duty, in words; '' for none.
    funktion: Mapped[str]
    sedan: Mapped[datetime]
    sedd: Mapped[datetime]


_NYCKEL = (Skrivnarvaro.lagesbild_id, Skrivnarvaro.anvandare_id, Skrivnarvaro.aktor_id, Skrivnarvaro.flik)


def stada(database: Database) -> int:
    """Throw away the rows of pages that have been silent for KVAR; how many they were."""
    now = clock.now()
    # Also what was said in what is now the future: the clock has been set back.
    tysta = or_(Skrivnarvaro.sedd < now - KVAR, Skrivnarvaro.sedd > now + KVAR)
    with database.reading() as session:
        if session.scalar(select(Skrivnarvaro.flik).where(tysta).limit(1)) is None:
            return 0
    with transaction(database) as session:
        # One that a page is just writing to is not silent, and is waited for by nobody.
        lasta = session.execute(select(*_NYCKEL).where(tysta).with_for_update(skip_locked=True)).all()
        borta = delete(Skrivnarvaro).where(tuple_(*_NYCKEL).in_([tuple(rad) for rad in lasta]), tysta)
        return len(session.execute(borta.returning(Skrivnarvaro.flik)).all())
