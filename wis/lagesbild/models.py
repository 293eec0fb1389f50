"""Lägesbilder, their immutable versions and the drafts."""

from datetime import datetime
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
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.bilagor.models import LagesbildBilaga
from wis.db import Base, one_of
from wis.handelser.models import Handelse, Lasarkrets, Typ


class Lagesbildsmall(Base):
    """An actor's own template, for a kind of event or ('') for all kinds. `senaste`: the newest version's number.

    One that is no longer in use stays, for what was written by it.
    """

    __tablename__ = "lagesbildsmall"
    __table_args__ = (
        UniqueConstraint("aktor_id", "typ"),
        CheckConstraint(f"typ IN ('', {', '.join(repr(typ.value) for typ in Typ)})", name="typ"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    typ: Mapped[str]
    senaste: Mapped[int]
    i_bruk: Mapped[bool]

    aktor: Mapped[Aktor] = relationship()


class LagesbildsmallVersion(Base):
    """A version of a template: its sections, as wis.lagesbild.mallar keeps them. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "lagesbildsmall_version"
    __table_args__ = (UniqueConstraint("mall_id", "nummer"), CheckConstraint("nummer > 0", name="nummer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    mall_id: Mapped[int] = mapped_column(ForeignKey("lagesbildsmall.id"))
    nummer: Mapped[int]
    avsnitt: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    skapad: Mapped[datetime]
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))

    mall: Mapped[Lagesbildsmall] = relationship()
    anvandare: Mapped[Anvandare] = relationship()


class Lagesbild(Base):
    """An actor's own picture of an event, or (aktor_id NULL) the samlade. `senaste`: the latest number, or 0."""

    __tablename__ = "lagesbild"
    __table_args__ = (
        UniqueConstraint("handelse_id", "aktor_id"),
        Index(
            "uq_lagesbild_en_samlad",
            "handelse_id",
            unique=True,
            sqlite_where=text("aktor_id IS NULL"),
            postgresql_where=text("aktor_id IS NULL"),
        ),
        Index(
            "ix_lagesbild_krets_id",
            "krets_id",
            sqlite_where=text("krets_id IS NOT NULL"),
            postgresql_where=text("krets_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    senaste: Mapped[int] = mapped_column(default=0)
    krets_id: Mapped[int | None] = mapped_column(ForeignKey("lasarkrets.id"))

    handelse: Mapped[Handelse] = relationship()
    krets: Mapped[Lasarkrets | None] = relationship(lazy="joined")
    aktor: Mapped[Aktor | None] = relationship()

    @property
    def slug(self) -> str:
        """The last part of the address: the actor's slug, or 'samlad'."""
        return "samlad" if self.aktor is None else self.aktor.slug

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return "Samlad lägesbild" if self.aktor is None else self.aktor.kortnamn


class LagesbildVersion(Base):
    """A published version. Triggers refuse UPDATE and DELETE; `foregaende` makes the numbers gapless."""

    __tablename__ = "lagesbild_version"
    __table_args__ = (
        one_of("tlp", Tlp),
        CheckConstraint("godkand_av_id <> forfattare_id", name="godkand_av_en_annan"),
        CheckConstraint(
            "(nummer = 1 AND foregaende IS NULL) OR (nummer > 1 AND coalesce(foregaende, 0) = nummer - 1)",
            name="utan_luckor",
        ),
        ForeignKeyConstraint(
            ["lagesbild_id", "foregaende"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        Index("ix_lagesbild_version_publicerad", "publicerad"),
        # An event's versions in order of time; those of one actor, or of one lägesbild.
        Index("ix_lagesbild_version_handelse", "handelse_id", "publicerad", "lagesbild_id", "nummer"),
        Index("ix_lagesbild_version_aktor", "handelse_id", "aktor_id", "publicerad"),
        Index("ix_lagesbild_version_lagesbild_id_publicerad_nummer", "lagesbild_id", "publicerad", "nummer"),
    )

    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"), primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    foregaende: Mapped[int | None]
    # The lägesbild's: a trigger refuses another.
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    publicerad: Mapped[datetime]
    forfattare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    # For whom the author acted: the actor itself, and for the samlade the redaktör's.
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    andringsnotering: Mapped[str]
    oforandrad: Mapped[bool] = mapped_column(default=False)
    nasta_uppdatering: Mapped[datetime | None]
    # The summary as plain text, for lists, SMS and mail.
    sammanfattning: Mapped[str] = mapped_column(Text)
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)
    tlp: Mapped[str] = mapped_column(default=Tlp.CLEAR, server_default="clear")
    # The paragraph of a secrecy note (OSL); its date and author are the version's. A note, not a lock.
    lagrum: Mapped[str] = mapped_column(default="", server_default="")
    # As which function the author was on duty, in words; '' for none.
    funktion: Mapped[str] = mapped_column(default="", server_default="")
    # The colleague who approved it, where two persons were needed; or why one published alone.
    godkand_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    nodlage: Mapped[str] = mapped_column(default="", server_default="")
    # The template that it was written by; NULL: the standard one.
    mall_version_id: Mapped[int | None] = mapped_column(ForeignKey("lagesbildsmall_version.id"))

    mallrad: Mapped[LagesbildsmallVersion | None] = relationship()
    lagesbild: Mapped[Lagesbild] = relationship()
    forfattare: Mapped[Anvandare] = relationship(foreign_keys=[forfattare_id])
    godkand_av: Mapped[Anvandare | None] = relationship(foreign_keys=[godkand_av_id])
    aktor: Mapped[Aktor] = relationship()
    sektioner: Mapped[list["LagesbildSektion"]] = relationship(order_by="LagesbildSektion.ordning")
    bilagor: Mapped[list[LagesbildBilaga]] = relationship(order_by=LagesbildBilaga.ordning, viewonly=True)


class LagesbildSektion(Base):
    """One filled section of a version: markdown as written, and the safe HTML made of it at publication. Immutable."""

    __tablename__ = "lagesbild_sektion"
    __table_args__ = (
        ForeignKeyConstraint(
            ["lagesbild_id", "nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
    )

    lagesbild_id: Mapped[int] = mapped_column(primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nyckel: Mapped[str] = mapped_column(primary_key=True)
    ordning: Mapped[int]
    kalla: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)


class LagesbildKalla(Base):
    """Where a paragraph or row (`stycke`, by number within its section) of a samlade version comes from. Immutable.

    A section of a version, or an answer to a begäran. `behallen`: a newer version that was seen when it was kept, or 0;
    `bearbetad`: what stands here is no longer as any paragraph of the source.
    """

    __tablename__ = "lagesbild_kalla"
    __table_args__ = (
        CheckConstraint("(kalla_lagesbild_id IS NULL) = (kalla_nummer IS NULL)", name="hel_version"),
        CheckConstraint("(mottagare_id IS NULL) = (svar_nummer IS NULL)", name="helt_svar"),
        CheckConstraint("(kalla_lagesbild_id IS NULL) <> (mottagare_id IS NULL)", name="version_eller_svar"),
        ForeignKeyConstraint(
            ["lagesbild_id", "nummer", "nyckel"],
            ["lagesbild_sektion.lagesbild_id", "lagesbild_sektion.nummer", "lagesbild_sektion.nyckel"],
        ),
        ForeignKeyConstraint(
            ["kalla_lagesbild_id", "kalla_nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        ForeignKeyConstraint(["mottagare_id", "svar_nummer"], ["begaran_svar.mottagare_id", "begaran_svar.nummer"]),
        Index("ix_lagesbild_kalla_kalla", "kalla_lagesbild_id", "kalla_nummer"),
    )

    lagesbild_id: Mapped[int] = mapped_column(primary_key=True)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nyckel: Mapped[str] = mapped_column(primary_key=True)
    ordning: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stycke: Mapped[int]
    kalla_lagesbild_id: Mapped[int | None]
    kalla_nummer: Mapped[int | None]
    mottagare_id: Mapped[int | None]
    svar_nummer: Mapped[int | None]
    kalla_nyckel: Mapped[str]
    behallen: Mapped[int]
    bearbetad: Mapped[bool]


class Medgivande(Base):
    """That an owner is asked, and says, whether one section of one version may be taken into the samlade.

    It holds for a samlad that is labelled `tlp` or narrower, and of those who don't read the source for `aktorer` (ids)
    alone: for more, one asks anew. `svar`: NULL until it is answered.
    """

    __tablename__ = "medgivande"
    __table_args__ = (
        one_of("tlp", Tlp),
        CheckConstraint("(svar IS NULL) = (besvarad IS NULL)", name="besvarat"),
        CheckConstraint("(svar IS NULL) = (besvarad_av_id IS NULL)", name="av_nagon"),
        ForeignKeyConstraint(
            ["kalla_lagesbild_id", "kalla_nummer"], ["lagesbild_version.lagesbild_id", "lagesbild_version.nummer"]
        ),
        Index("ix_medgivande_kalla", "kalla_lagesbild_id", "kalla_nummer"),
        Index(
            "ix_medgivande_obesvarat",
            "agare_id",
            sqlite_where=text("svar IS NULL"),
            postgresql_where=text("svar IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    kalla_lagesbild_id: Mapped[int]
    kalla_nummer: Mapped[int]
    kalla_nyckel: Mapped[str]
    # Whose it is, and so who answers.
    agare_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    tlp: Mapped[str]
    aktorer: Mapped[list[int]] = mapped_column(JSON)
    begard: Mapped[datetime]
    begard_av_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    begard_aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    svar: Mapped[bool | None]
    besvarad: Mapped[datetime | None]
    besvarad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    motivering: Mapped[str] = mapped_column(Text, default="", server_default="")
    idempotensnyckel: Mapped[str] = mapped_column(unique=True)

    handelse: Mapped[Handelse] = relationship()
    version: Mapped[LagesbildVersion] = relationship()
    agare: Mapped[Aktor] = relationship(foreign_keys=[agare_id])
    begard_av: Mapped[Anvandare] = relationship(foreign_keys=[begard_av_id])
    begard_aktor: Mapped[Aktor] = relationship(foreign_keys=[begard_aktor_id])
    besvarad_av: Mapped[Anvandare | None] = relationship(foreign_keys=[besvarad_av_id])


class Utkast(Base):
    """What a person has typed and not published. `revision` rises at each save, so that two tabs notice each other."""

    __tablename__ = "utkast"
    __table_args__ = (UniqueConstraint("lagesbild_id", "anvandare_id", "aktor_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lagesbild_id: Mapped[int] = mapped_column(ForeignKey("lagesbild.id"))
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    bas: Mapped[int]
    revision: Mapped[int]
    sparad: Mapped[datetime]
    sektioner: Mapped[dict[str, str]] = mapped_column(JSON)
    andringsnotering: Mapped[str]
    nasta_uppdatering: Mapped[str]
    # Whether it has attachments of its own; otherwise those of the latest version.
    egna_bilagor: Mapped[bool] = mapped_column(default=False, server_default=false())
    mall_version_id: Mapped[int | None] = mapped_column(ForeignKey("lagesbildsmall_version.id"))

    mallrad: Mapped[LagesbildsmallVersion | None] = relationship()
    lagesbild: Mapped[Lagesbild] = relationship()
    anvandare: Mapped[Anvandare] = relationship()
