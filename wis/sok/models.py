"""What is searched, as one table whatever it stands in; the words themselves are in the database's own index."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wis.auth.krets import Tlp
from wis.db import Base, one_of
from wis.sok.rules import Sort


class Sokpost(Base):
    """A published version, a decision, or an event as it is described now. Never changed; written by wis.sok.index.

    `id` is in order of time (wis.sok.rules.forsta_id). `agare_id` (NULL: nobody's own), `publicerad` and `tlp` are what
    rights to it are judged on, with the circle of the thing itself. `nummer` is the version, 0 for what has none.
    """

    __tablename__ = "sokpost"
    # The id first: of a kind there are so many that SQLite must not look for them by that.
    __table_args__ = (one_of("slag", Sort), one_of("tlp", Tlp), UniqueConstraint("objekt_id", "slag", "nummer"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    slag: Mapped[str]
    objekt_id: Mapped[int]
    nummer: Mapped[int]
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    agare_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    publicerad: Mapped[datetime]
    tlp: Mapped[str]
    rubrik: Mapped[str]
    # Last: what is only looked through for rights is read without it.
    text: Mapped[str] = mapped_column(Text)
