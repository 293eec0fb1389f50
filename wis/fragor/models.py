"""Questions about rights, from who was refused to who can change it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.auth.rules import Fragas
from wis.db import Base, one_of
from wis.handelser.models import Handelse


class Fragetyp(StrEnum):
    """What is asked for. The first is answered in words, the others with a tap that gives the right."""

    BEHORIGHET = "behorighet"
    HANDELSE = "handelse"
    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"


class Svar(StrEnum):
    """How a question was answered."""

    JA = "ja"
    NEJ = "nej"


class Rattsfraga(Base):
    """A question to those (`till`) at an actor who can change a right, and its answer.

    LAGESBILD asks for the right for `for_aktor` to the lägesbild of the actor `till_aktor` in the event;
    UNDERRATTELSE to one; HANDELSE to the event itself. `sida` is the address where the need arose.
    """

    __tablename__ = "rattsfraga"
    __table_args__ = (
        one_of("typ", Fragetyp),
        one_of("till", Fragas),
        one_of("svar", Svar),
        CheckConstraint("(svar IS NULL) = (besvarad IS NULL)", name="besvarad"),
        CheckConstraint("(typ = 'underrattelse') = (underrattelse_id IS NOT NULL)", name="underrattelse"),
        CheckConstraint("typ = 'behorighet' OR (handelse_id IS NOT NULL AND for_aktor_id IS NOT NULL)", name="vad"),
        Index("ix_rattsfraga_till_aktor_id_besvarad", "till_aktor_id", "besvarad"),
        Index("ix_rattsfraga_fran_id", "fran_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    skapad: Mapped[datetime]
    typ: Mapped[str]
    fran_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    fran_aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    till_aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    till: Mapped[str]
    handelse_id: Mapped[int | None] = mapped_column(ForeignKey("handelse.id"))
    underrattelse_id: Mapped[int | None] = mapped_column(ForeignKey("underrattelse.id"))
    for_aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    sida: Mapped[str]
    # What was wanted and the rule that stood in the way, in the words that were shown.
    verb: Mapped[str]
    skal: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    svar: Mapped[str | None]
    svarstext: Mapped[str] = mapped_column(Text, default="")
    besvarad: Mapped[datetime | None]
    besvarad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))

    fran: Mapped[Anvandare] = relationship(foreign_keys=fran_id)
    fran_aktor: Mapped[Aktor] = relationship(foreign_keys=fran_aktor_id)
    till_aktor: Mapped[Aktor] = relationship(foreign_keys=till_aktor_id)
    for_aktor: Mapped[Aktor | None] = relationship(foreign_keys=for_aktor_id)
    handelse: Mapped[Handelse | None] = relationship()
    besvarad_av: Mapped[Anvandare | None] = relationship(foreign_keys=besvarad_av_id)
