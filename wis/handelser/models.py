"""Events and the decisions taken about them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.krets import Krets, Tlp
from wis.auth.models import Anvandare
from wis.auth.rules import Sak, Slag
from wis.db import Base, one_of


class Lage(StrEnum):
    """The state of an event."""

    ORDINARIE = "ordinarie"
    AKTIVERAT = "aktiverat"


class Typ(StrEnum):
    """Kinds of event."""

    VADER = "vader"
    TRAFIK = "trafik"
    EL_TELE = "el_tele"
    BRAND = "brand"
    VATTEN = "vatten"
    HALSA = "halsa"
    ORDNING = "ordning"
    IT = "it"
    OVRIGT = "ovrigt"
    ORDINARIE = "ordinarie"

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return _TYPNAMN[self]


_TYPNAMN = {
    Typ.VADER: "Väder",
    Typ.TRAFIK: "Trafik",
    Typ.EL_TELE: "El och tele",
    Typ.BRAND: "Brand och räddning",
    Typ.VATTEN: "Dricksvatten",
    Typ.HALSA: "Hälsa och smitta",
    Typ.ORDNING: "Ordning och säkerhet",
    Typ.IT: "IT-störning",
    Typ.OVRIGT: "Övrigt",
    Typ.ORDINARIE: "Ordinarie läge",
}


class HandelseLasare(Base):
    """An actor that is chosen to read an event. `fran`: it reads what is published from then on; NULL = all of it.

    `till`: when the right ends by itself, if ever.
    """

    __tablename__ = "handelse_lasare"

    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
    fran: Mapped[datetime | None]
    till: Mapped[datetime | None]


class Lasarkrets(Base):
    """Those among an event's readers to whom an actor has narrowed one of its own things. The owner always reads it.

    A thing without one is read as the event is. `alla`: everybody who reads the event, from `alla_fran` on.
    """

    __tablename__ = "lasarkrets"

    id: Mapped[int] = mapped_column(primary_key=True)
    alla: Mapped[bool]
    alla_fran: Mapped[datetime | None]

    valda: Mapped[list["LasarkretsAktor"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    def krets(self, agare: Aktor) -> Krets:
        """As rights are judged on it, for a thing that `agare` owns."""
        fran = {**_gallande(self.valda), agare.id: None}
        return Krets(self.alla, fran, self.alla_fran, agare.namn, _slutar(self.valda))


class LasarkretsAktor(Base):
    """An actor that is chosen to read a thing; `fran` and `till` as in HandelseLasare."""

    __tablename__ = "lasarkrets_aktor"
    # To find the next right that ends by itself.
    __table_args__ = (
        Index(
            "ix_lasarkrets_aktor_till",
            "till",
            sqlite_where=text("till IS NOT NULL"),
            postgresql_where=text("till IS NOT NULL"),
        ),
    )

    krets_id: Mapped[int] = mapped_column(ForeignKey("lasarkrets.id"), primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"), primary_key=True)
    fran: Mapped[datetime | None]
    till: Mapped[datetime | None]


def _gallande(rader: "Iterable[HandelseLasare | LasarkretsAktor]") -> dict[int, datetime | None]:
    """The actors whose right to read has not ended, each with the moment that it reads from."""
    now = clock.now()
    return {rad.aktor_id: rad.fran for rad in rader if rad.till is None or rad.till > now}


def _slutar(rader: "Iterable[HandelseLasare | LasarkretsAktor]") -> dict[int, datetime]:
    return {rad.aktor_id: rad.till for rad in rader if rad.till is not None}


class Handelse(Base):
    """An event or disturbance with its own page. The owner always reads it.

    `alla_fran`: since when it is for all actors; NULL = since it was opened.
    """

    __tablename__ = "handelse"
    __table_args__ = (
        one_of("lage", Lage),
        one_of("typ", Typ),
        CheckConstraint("length(trim(rubrik)) > 0", name="rubrik"),
        CheckConstraint("NOT (staende AND (ovning OR stangd IS NOT NULL))", name="staende_oppen"),
        Index(
            "uq_handelse_en_staende",
            "staende",
            unique=True,
            sqlite_where=text("staende"),
            postgresql_where=text("staende"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    rubrik: Mapped[str]
    typ: Mapped[str]
    beskrivning: Mapped[str] = mapped_column(Text)
    beskrivning_html: Mapped[str] = mapped_column(Text)
    ovning: Mapped[bool]
    staende: Mapped[bool] = mapped_column(default=False)
    alla_aktorer: Mapped[bool]
    alla_fran: Mapped[datetime | None]
    lage: Mapped[str]
    agare_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    skapad: Mapped[datetime]
    skapad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    stangd: Mapped[datetime | None]
    idempotensnyckel: Mapped[str | None] = mapped_column(unique=True)

    agare: Mapped[Aktor] = relationship(lazy="joined")
    lasare: Mapped[list[HandelseLasare]] = relationship(cascade="all, delete-orphan")

    def krets(self) -> Krets:
        """Who reads the event, as rights are judged on it."""
        fran = {**_gallande(self.lasare), self.agare_id: None}
        return Krets(self.alla_aktorer, fran, self.alla_fran, self.agare.namn, _slutar(self.lasare))

    def lasande_aktorer(self) -> frozenset[int] | None:
        """The ids of the actors that may read; None means all."""
        return self.sak().lasande_aktorer()

    def sak(
        self,
        slag: Slag = Slag.HANDELSE,
        agare: Aktor | None = None,
        *,
        krets: Lasarkrets | None = None,
        publicerad: datetime | None = None,
        tlp: str = Tlp.CLEAR,
    ) -> Sak:
        """What rights are judged on, for the event or for a thing in it that `agare` owns.

        `krets`, `publicerad` and `tlp` are of the thing, or of the version of it that is asked about.
        """
        owner, samlad = self.agare if agare is None else agare, slag is Slag.SAMLAD_LAGESBILD
        return Sak(
            slag=slag,
            agare_id=None if samlad else owner.id,
            kretsar=(self.krets(),) if krets is None else (self.krets(), krets.krets(owner)),
            agare_namn="" if samlad else owner.namn,
            stangd=self.stangd is not None,
            handelse_id=self.id,
            publicerad=publicerad,
            tlp=Tlp(tlp),
            handelse_agare_id=self.agare_id,
        )


class Beslutsslag(StrEnum):
    """Kinds of decision about an event."""

    OPPNAD = "oppnad"
    LAGE = "lage"
    STANGD = "stangd"
    ATEROPPNAD = "ateroppnad"
    ANDRAD = "andrad"


class Handelsebeslut(Base):
    """A logged decision about an event: who, for which actor, when and why. Never changed."""

    __tablename__ = "handelsebeslut"
    __table_args__ = (
        one_of("slag", Beslutsslag),
        one_of("lage", Lage),
        Index("ix_handelsebeslut_handelse_id_tid", "handelse_id", "tid"),
        Index("ix_handelsebeslut_handelse_id_aktor_id_tid", "handelse_id", "aktor_id", "tid"),
        # The decision that made an event what it is now.
        Index(
            "ix_handelsebeslut_lage",
            "handelse_id",
            "tid",
            sqlite_where=text("slag <> 'andrad'"),
            postgresql_where=text("slag <> 'andrad'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    slag: Mapped[str]
    lage: Mapped[str]
    tid: Mapped[datetime]
    anvandare_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    motivering: Mapped[str] = mapped_column(Text)

    anvandare: Mapped[Anvandare | None] = relationship()
    aktor: Mapped[Aktor] = relationship()
