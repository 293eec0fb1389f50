"""Prepared kinds of events, what was opened by them, and checklists."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse, Typ


class Typhandelse(Base):
    """What an actor has thought out beforehand of a kind of event, so that one opens ready.

    `lasare`: slugs of the actors that are to read; None = all. `avsnitt`: text by section of the first draft of the
    actor's lägesbild. `revision` rises at each change: two who change at once notice each other.
    """

    __tablename__ = "typhandelse"
    __table_args__ = (
        UniqueConstraint("aktor_id", "namn"),
        one_of("typ", Typ),
        CheckConstraint("length(trim(namn)) > 0", name="namn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    namn: Mapped[str]
    typ: Mapped[str]
    rubrik: Mapped[str]
    beskrivning: Mapped[str] = mapped_column(Text)
    lasare: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    aktivera: Mapped[bool]
    checklista: Mapped[list[str]] = mapped_column(JSON)
    avsnitt: Mapped[dict[str, Any]] = mapped_column(JSON)
    underrattelse_rubrik: Mapped[str]
    underrattelse_text: Mapped[str] = mapped_column(Text)
    i_bruk: Mapped[bool]
    revision: Mapped[int]
    andrad: Mapped[datetime]
    andrad_av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))

    aktor: Mapped[Aktor] = relationship()
    andrad_av: Mapped[Anvandare] = relationship()


class Forberedd(Base):
    """That an event was opened by a typhändelse: once, however often the button was sent.

    The words of the first underrättelse are kept as they were then.
    """

    __tablename__ = "forberedd_handelse"

    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), primary_key=True)
    typhandelse_id: Mapped[int] = mapped_column(ForeignKey("typhandelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    underrattelse_rubrik: Mapped[str]
    underrattelse_text: Mapped[str] = mapped_column(Text)


class Checkpunkt(Base):
    """A thing to do in an event, by an actor and for it alone; `klar` once somebody has said that it is done."""

    __tablename__ = "checkpunkt"
    __table_args__ = (
        UniqueConstraint("handelse_id", "aktor_id", "ordning"),
        CheckConstraint("(klar IS NULL) = (klar_av_id IS NULL)", name="klar"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    ordning: Mapped[int]
    text: Mapped[str]
    klar: Mapped[datetime | None]
    klar_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))

    handelse: Mapped[Handelse] = relationship()
    klar_av: Mapped[Anvandare | None] = relationship()
