"""Where an actor wants two persons behind what it publishes, and what waits for the second."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse, Lage


class Niva(StrEnum):
    """What a publication does to others, the mildest first: it is read, it is sent, it wakes people."""

    UTAN_AVISERING = "utan_avisering"
    AVISERING = "avisering"
    BRADSKANDE = "bradskande"

    @property
    def hojd(self) -> int:
        """The rank: 0 for the mildest."""
        return list(Niva).index(self)

    @property
    def namn(self) -> str:
        """As shown to people."""
        return _NIVANAMN[self]


_NIVANAMN = {
    Niva.UTAN_AVISERING: "Publicera utan avisering",
    Niva.AVISERING: "Publicera och avisera",
    Niva.BRADSKANDE: "Brådskande underrättelse",
}


class Status(StrEnum):
    """What has become of a proposal. FORALDRAT: a newer version came before it was approved."""

    VANTAR = "vantar"
    GODKANT = "godkant"
    AVBOJT = "avbojt"
    ATERKALLAT = "aterkallat"
    FORALDRAT = "foraldrat"


class Tvapersonsregel(Base):
    """Two persons at the actor stand behind what it publishes on this level in an event in this läge."""

    __tablename__ = "tvapersonsregel"
    __table_args__ = (one_of("lage", Lage), one_of("niva", Niva))

    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
    lage: Mapped[str] = mapped_column(primary_key=True)
    niva: Mapped[str] = mapped_column(primary_key=True)


class Forslag(Base):
    """What a person wants published, exactly, until a colleague has approved it or sent it back.

    `slag` and `sak` say what it is of, in the words of the package that publishes it, which alone reads `innehall`;
    `skal` is why it was sent back, `resultat` the path of what was published. Waiting, it is one per person and thing.
    """

    __tablename__ = "forslag"
    __table_args__ = (
        one_of("niva", Niva),
        one_of("status", Status),
        CheckConstraint("(status = 'vantar') = (avgjord IS NULL)", name="avgjord"),
        CheckConstraint("status <> 'godkant' OR avgjord_av_id <> anvandare_id", name="av_en_annan"),
        Index(
            "uq_forslag_ett_vantar",
            "anvandare_id",
            "aktor_id",
            "handelse_id",
            "slag",
            "sak",
            unique=True,
            sqlite_where=text("status = 'vantar'"),
            postgresql_where=text("status = 'vantar'"),
        ),
        Index("ix_forslag_aktor_id_status", "aktor_id", "status"),
        Index("ix_forslag_handelse_id", "handelse_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    slag: Mapped[str]
    sak: Mapped[str]
    niva: Mapped[str]
    rubrik: Mapped[str]
    bas: Mapped[int]
    nyckel: Mapped[str]
    innehall: Mapped[dict[str, Any]] = mapped_column(JSON)
    skapad: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=Status.VANTAR)
    avgjord: Mapped[datetime | None]
    avgjord_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    skal: Mapped[str] = mapped_column(Text, default="")
    resultat: Mapped[str] = mapped_column(default="")

    aktor: Mapped[Aktor] = relationship()
    handelse: Mapped[Handelse] = relationship()
    anvandare: Mapped[Anvandare] = relationship(foreign_keys=[anvandare_id])
    avgjord_av: Mapped[Anvandare | None] = relationship(foreign_keys=[avgjord_av_id])

    @property
    def avisera(self) -> bool:
        """Whether it is to be sent, and not only read."""
        return Niva(self.niva) is not Niva.UTAN_AVISERING

    @property
    def vantar(self) -> bool:
        """Whether nobody has decided."""
        return self.status == Status.VANTAR
