"""A begäran om lägesrapport: its questions, whom it is put to, their answers in versions, and reminders."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse


class Fragetyp(StrEnum):
    """What a question is answered with."""

    TEXT = "text"
    VAL = "val"
    TAL = "tal"
    GRAD = "grad"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {"text": "Text", "val": "Ett av flera val", "tal": "Tal", "grad": "Påverkansgrad"}[self.value]


class Synlighet(StrEnum):
    """Who reads the answers, but for the actor that asked and the one that answered. Never changed once it is asked."""

    FRAGANDE = "fragande"
    TILLFRAGADE = "tillfragade"
    HANDELSEN = "handelsen"

    @property
    def namn(self) -> str:
        """In words, as shown to who asks and who answers."""
        return {
            "fragande": "bara den som frågar",
            "tillfragade": "den som frågar och alla som har fått frågan",
            "handelsen": "alla som läser händelsen",
        }[self.value]


class Begaran(Base):
    """What an actor asks of others in an event, answered by `frist`. What is asked never changes.

    `fragor` is a list of {nummer, typ, text, val: [str], enhet, kravs}. `avslutad`: no more answers are taken.
    """

    __tablename__ = "begaran"
    __table_args__ = (
        one_of("synlighet", Synlighet),
        CheckConstraint("length(trim(rubrik)) > 0", name="rubrik"),
        Index("ix_begaran_handelse_id_skapad", "handelse_id", "skapad"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    skapad: Mapped[datetime]
    skapad_av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    rubrik: Mapped[str]
    inledning: Mapped[str] = mapped_column(Text)
    frist: Mapped[datetime]
    synlighet: Mapped[str]
    fragor: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    avslutad: Mapped[datetime | None]
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)

    handelse: Mapped[Handelse] = relationship()
    aktor: Mapped[Aktor] = relationship()
    skapad_av: Mapped[Anvandare] = relationship()
    mottagare: Mapped[list["BegaranMottagare"]] = relationship(back_populates="begaran", order_by="BegaranMottagare.id")
    paminnelser: Mapped[list["BegaranPaminnelse"]] = relationship(order_by="BegaranPaminnelse.tid")


class BegaranMottagare(Base):
    """Whom it is put to: an actor, or somebody outside by a single-use link (of which only the hash is kept).

    `oppnad`: when they first looked. `senaste`: the number of their latest answer, or 0.
    """

    __tablename__ = "begaran_mottagare"
    __table_args__ = (
        UniqueConstraint("begaran_id", "aktor_id"),
        CheckConstraint("(aktor_id IS NULL) = (extern_adress IS NOT NULL)", name="aktor_eller_utomstaende"),
        Index("ix_begaran_mottagare_aktor_id", "aktor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    begaran_id: Mapped[int] = mapped_column(ForeignKey("begaran.id"))
    aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    extern_namn: Mapped[str] = mapped_column(default="", server_default="")
    extern_adress: Mapped[str | None]
    lank_hash: Mapped[str | None] = mapped_column(unique=True)
    lank_till: Mapped[datetime | None]
    lank_anvand: Mapped[datetime | None]
    oppnad: Mapped[datetime | None]
    oppnad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    senaste: Mapped[int] = mapped_column(default=0, server_default="0")

    begaran: Mapped[Begaran] = relationship(back_populates="mottagare")
    aktor: Mapped[Aktor | None] = relationship()
    svar: Mapped[list["BegaranSvar"]] = relationship(order_by="BegaranSvar.nummer")


class BegaranSvar(Base):
    """A version of an answer; triggers refuse UPDATE and DELETE. `svar`: text by the question's number, as strings.

    `lagesbild_id`, `lagesbild_nummer`: the version that was published as the answer, if so. `far_samlas`: whoever
    answered lets it be taken into the samlade, although not all who read that read the answer.
    """

    __tablename__ = "begaran_svar"
    __table_args__ = (
        CheckConstraint(
            "(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)",
            name="utan_luckor",
        ),
        ForeignKeyConstraint(["mottagare_id", "foregaende"], ["begaran_svar.mottagare_id", "begaran_svar.nummer"]),
        ForeignKeyConstraint(
            ["lagesbild_id", "lagesbild_nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
    )

    mottagare_id: Mapped[int] = mapped_column(ForeignKey("begaran_mottagare.id"), primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    foregaende: Mapped[int | None]
    skapad: Mapped[datetime]
    # Nobody's, for an answer by the link.
    anvandare_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    svar: Mapped[dict[str, str]] = mapped_column(JSON)
    lagesbild_id: Mapped[int | None]
    lagesbild_nummer: Mapped[int | None]
    far_samlas: Mapped[bool] = mapped_column(default=False, server_default=false())
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)

    anvandare: Mapped[Anvandare | None] = relationship()


class BegaranPaminnelse(Base):
    """When those who have not answered are reminded; `sand` once they have been."""

    __tablename__ = "begaran_paminnelse"
    __table_args__ = (
        Index(
            "ix_begaran_paminnelse_att_sanda",
            "tid",
            sqlite_where=text("sand IS NULL"),
            postgresql_where=text("sand IS NULL"),
        ),
    )

    begaran_id: Mapped[int] = mapped_column(ForeignKey("begaran.id"), primary_key=True)
    tid: Mapped[datetime] = mapped_column(primary_key=True)
    sand: Mapped[datetime | None]


class BegaranMall(Base):
    """An actor's own template of a begäran; `frist_minuter` counted from when it is asked, and before that reminders.

    `aktorer`, `natverk`: the ids of whom it is put to, as the form is first filled in.
    """

    __tablename__ = "begaran_mall"
    __table_args__ = (UniqueConstraint("aktor_id", "namn"), one_of("synlighet", Synlighet))

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    namn: Mapped[str]
    rubrik: Mapped[str]
    inledning: Mapped[str] = mapped_column(Text)
    frist_minuter: Mapped[int]
    paminn_fore: Mapped[list[int]] = mapped_column(JSON)
    synlighet: Mapped[str]
    fragor: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    aktorer: Mapped[list[int]] = mapped_column(JSON)
    natverk: Mapped[list[int]] = mapped_column(JSON)
    andrad: Mapped[datetime]
    andrad_av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
