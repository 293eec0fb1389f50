"""Channels, subscriptions, what is to be said (Utskick) and to whom (Leverans)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
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
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.db import Base, one_of
from wis.handelser.models import Handelse


class Kanalslag(StrEnum):
    """The ways to reach a person."""

    SMS = "sms"
    EPOST = "epost"
    PUSH = "push"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {"sms": "SMS", "epost": "e-post", "push": "push"}[self.value]


class Kanal(Base):
    """A person's number or address. Nothing is sent to it before `verifierad` (but the code itself).

    One of PUSH stands for all the person's browsers (pushmodell) as long as there is any; its address says whose it is.
    `ny_adress` is to replace a verified one, which is in use until the code sent to the new one has come back.
    """

    __tablename__ = "kanal"
    __table_args__ = (UniqueConstraint("anvandare_id", "slag"), one_of("slag", Kanalslag))

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    slag: Mapped[str]
    adress: Mapped[str]
    ny_adress: Mapped[str | None]
    verifierad: Mapped[datetime | None]
    kod_hash: Mapped[str | None]
    kod_giltig_till: Mapped[datetime | None]
    kod_forsok: Mapped[int] = mapped_column(default=0)

    @property
    def vantar(self) -> str:
        """The number or address that a code is awaited from; '' when none is."""
        return self.ny_adress or ("" if self.verifierad is not None else self.adress)


class Notisslag(StrEnum):
    """What one can subscribe to."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    LAGE = "lage"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {"lagesbild": "Ny lägesbild", "underrattelse": "Informationsunderrättelse", "lage": "Ändrat läge"}[
            self.value
        ]


class Omfattning(StrEnum):
    """How far a subscription reaches: every real event, every exercise, or one event."""

    ALLA = "alla"
    OVNINGAR = "ovningar"
    HANDELSE = "handelse"


class Prenumeration(Base):
    """A choice by one person for one kind. One for an event goes before the general one, also when it says nothing."""

    __tablename__ = "prenumeration"
    __table_args__ = (
        one_of("slag", Notisslag),
        one_of("omfattning", Omfattning),
        CheckConstraint("(omfattning = 'handelse') = (handelse_id IS NOT NULL)", name="handelse"),
        Index(
            "uq_prenumeration_allman",
            "anvandare_id",
            "slag",
            "omfattning",
            unique=True,
            sqlite_where=text("handelse_id IS NULL"),
            postgresql_where=text("handelse_id IS NULL"),
        ),
        UniqueConstraint("anvandare_id", "slag", "handelse_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    slag: Mapped[str]
    omfattning: Mapped[str]
    handelse_id: Mapped[int | None] = mapped_column(ForeignKey("handelse.id"))
    sms: Mapped[bool]
    epost: Mapped[bool]
    push: Mapped[bool] = mapped_column(default=False, server_default=false())


class Tystnad(Base):
    """A person's quiet hours, 'HH:MM' in Europe/Stockholm; brådskande breaks through."""

    __tablename__ = "tystnad"

    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True)
    fran: Mapped[str]
    till: Mapped[str]


class Utskicksslag(StrEnum):
    """What an Utskick tells of; SYSTEM is an invitation or a code to one address."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    LAGE = "lage"
    SYSTEM = "system"


class Utskick(Base):
    """What is said: bound to the exact version it tells of, written in the same transaction. At most one per version.

    `expanderat_till`: whose id is no higher has got its Leverans rows; `expanderat` is set when all have.
    Nobody is told before `halls_till`, and nobody at all once it is `angrad`: taken back by the one who sent it.
    """

    __tablename__ = "utskick"
    __table_args__ = (
        one_of("slag", Utskicksslag),
        one_of("tlp", Tlp),
        CheckConstraint(
            "(slag = 'lagesbild') = (lagesbild_id IS NOT NULL AND lagesbild_nummer IS NOT NULL)"
            " AND (slag = 'underrattelse') = (underrattelse_id IS NOT NULL AND underrattelse_nummer IS NOT NULL)"
            " AND (slag = 'lage') = (beslut_id IS NOT NULL)"
            " AND (slag = 'system' OR handelse_id IS NOT NULL)",
            name="kalla",
        ),
        CheckConstraint("(angrad IS NULL) = (angrad_av_id IS NULL)", name="angrad"),
        ForeignKeyConstraint(
            ["lagesbild_id", "lagesbild_nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        ForeignKeyConstraint(
            ["underrattelse_id", "underrattelse_nummer"],
            ["underrattelse_version.underrattelse_id", "underrattelse_version.nummer"],
        ),
        UniqueConstraint("lagesbild_id", "lagesbild_nummer"),
        UniqueConstraint("underrattelse_id", "underrattelse_nummer"),
        UniqueConstraint("beslut_id"),
        Index("ix_utskick_handelse_id", "handelse_id"),
        Index(
            "ix_utskick_ej_expanderat",
            "id",
            sqlite_where=text("expanderat IS NULL"),
            postgresql_where=text("expanderat IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slag: Mapped[str]
    handelse_id: Mapped[int | None] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    lagesbild_id: Mapped[int | None]
    lagesbild_nummer: Mapped[int | None]
    underrattelse_id: Mapped[int | None]
    underrattelse_nummer: Mapped[int | None]
    beslut_id: Mapped[int | None] = mapped_column(ForeignKey("handelsebeslut.id"))
    bradskande: Mapped[bool]
    skapad: Mapped[datetime]
    amne: Mapped[str]
    sms: Mapped[str] = mapped_column(Text)
    epost: Mapped[str] = mapped_column(Text)
    expanderat: Mapped[datetime | None]
    expanderat_till: Mapped[int] = mapped_column(default=0)
    # The circle and the label of what it tells of: the right to read it is judged by them.
    krets_id: Mapped[int | None] = mapped_column(ForeignKey("lasarkrets.id"))
    tlp: Mapped[str] = mapped_column(default=Tlp.CLEAR, server_default="clear")
    halls_till: Mapped[datetime | None]
    angrad: Mapped[datetime | None]
    angrad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))

    handelse: Mapped[Handelse | None] = relationship()
    aktor: Mapped[Aktor | None] = relationship()


class Status(StrEnum):
    """How far a delivery has come.

    TAGEN: claimed by a worker, not begun. SANDS: the attempt is written down, just before it is made. MOTTAGEN: the
    provider has it. LEVERERAD: a receipt says that the phone or mailbox has it. OVISS: begun, and no answer came.
    STRUKEN: not sent; the right to read was lost, a newer version replaced it, or it was taken back.
    """

    VANTAR = "vantar"
    TAGEN = "tagen"
    SANDS = "sands"
    MOTTAGEN = "mottagen"
    LEVERERAD = "levererad"
    MISSLYCKAD = "misslyckad"
    OVISS = "oviss"
    STRUKEN = "struken"


class Anledning(StrEnum):
    """Why there is a delivery: what the person chose, or that nobody has answered on the first way."""

    VAL = "val"
    ANDRA_KANALEN = "andra_kanalen"
    PAMINNELSE = "paminnelse"
    NASTA_PERSON = "nasta_person"


class Leverans(Base):
    """One recipient by one channel. `tidigast`: not before (quiet hours, back-off). `lease_till`: a claim ends.

    `adress` is set only for SYSTEM (codes and invitations go to an address not yet verified); otherwise the verified
    channel is looked up when it is sent. `sandningar`: how often it has been, or may have been, handed over; `forsok`
    counts what was refused too. `for_funktion_id`: the person is told because nobody on duty as the function answered.
    """

    __tablename__ = "leverans"
    __table_args__ = (
        one_of("kanal", Kanalslag),
        one_of("status", Status),
        one_of("anledning", Anledning),
        UniqueConstraint("utskick_id", "anvandare_id", "kanal"),
        CheckConstraint("(status IN ('tagen', 'sands')) = (lease_till IS NOT NULL)", name="lease"),
        Index("ix_leverans_anvandare_id", "anvandare_id"),
        Index("ix_leverans_for_funktion_id", "for_funktion_id"),
        Index(
            "ix_leverans_ko",
            "kanal",
            "prioritet",
            "tidigast",
            sqlite_where=text("status = 'vantar'"),
            postgresql_where=text("status = 'vantar'"),
        ),
        Index(
            "ix_leverans_lease",
            "lease_till",
            sqlite_where=text("status IN ('tagen', 'sands')"),
            postgresql_where=text("status IN ('tagen', 'sands')"),
        ),
        # What nobody has answered, by when it was handed over.
        Index(
            "ix_leverans_oviss",
            "sand",
            sqlite_where=text("status = 'oviss'"),
            postgresql_where=text("status = 'oviss'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    utskick_id: Mapped[int] = mapped_column(ForeignKey("utskick.id"))
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    # The actor through which the person may read it; NULL for SYSTEM.
    aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    kanal: Mapped[str]
    adress: Mapped[str | None]
    # 0 = brådskande and codes, 1 = the rest.
    prioritet: Mapped[int]
    status: Mapped[str]
    tidigast: Mapped[datetime]
    forsok: Mapped[int] = mapped_column(default=0)
    sandningar: Mapped[int] = mapped_column(default=0, server_default="0")
    anledning: Mapped[str] = mapped_column(default=Anledning.VAL, server_default="val")
    for_funktion_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    worker: Mapped[str | None]
    lease_till: Mapped[datetime | None]
    # The provider that it was last handed to, its id of the message, and when the handing over began.
    leverantor: Mapped[str | None]
    leverantors_id: Mapped[str | None]
    sand: Mapped[datetime | None]
    # It waits because the provider failed, and goes as soon as the provider is well.
    om_leverantoren: Mapped[bool] = mapped_column(default=False, server_default=false())
    # It may have come already, and says so.
    upprepad: Mapped[bool] = mapped_column(default=False, server_default=false())
    orsak: Mapped[str] = mapped_column(default="")
    permanent: Mapped[bool] = mapped_column(default=False)
    # Since when it should have been sent; tries go on for a day from then.
    fran: Mapped[datetime]
    andrad: Mapped[datetime]

    utskick: Mapped[Utskick] = relationship()
    anvandare: Mapped[Anvandare] = relationship(foreign_keys=[anvandare_id])
    aktor: Mapped[Aktor | None] = relationship()


class Kvittens(Base):
    """That a person, or a function through one on duty, has seen what was sent: `last`; `kvitterad` when they said so.

    `genom_id`: who it was, when the row is a function's.
    """

    __tablename__ = "kvittens"

    utskick_id: Mapped[int] = mapped_column(ForeignKey("utskick.id"), primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    genom_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    last: Mapped[datetime]
    kvitterad: Mapped[datetime | None]


class Leverantorsminut(Base):
    """What came of the tries with one provider in one minute, over all processes: for operators."""

    __tablename__ = "leverantorsminut"

    leverantor: Mapped[str] = mapped_column(primary_key=True)
    minut: Mapped[datetime] = mapped_column(primary_key=True)
    mottagna: Mapped[int] = mapped_column(default=0)
    nekade: Mapped[int] = mapped_column(default=0)
    fel: Mapped[int] = mapped_column(default=0)
    ovissa: Mapped[int] = mapped_column(default=0)


class Utkorgspost(Base):
    """In the demo: a message that would have been sent."""

    __tablename__ = "utkorgspost"

    id: Mapped[int] = mapped_column(primary_key=True)
    tid: Mapped[datetime]
    kanal: Mapped[str]
    till: Mapped[str]
    amne: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
