"""People, their membership of actors, functions and who is on duty, logins, second factors and single-use links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wis.aktorer.models import Aktor
from wis.auth.rules import Roll
from wis.db import Base, one_of
from wis.sprak import Sprak
from wis.utseende import Kontrast, Rorelse, Tema, Textstorlek, Utseende


class Anvandarslag(StrEnum):
    """Who can hold rights and be told of things: a person, or a function that people take turns in."""

    PERSON = "person"
    FUNKTION = "funktion"


class Anvandare(Base):
    """A person, or a function (which can't log in). `epost`, of a person, is stored in lower case.

    `avstangd` shuts the whole account; only the operator sets it.
    """

    __tablename__ = "anvandare"
    __table_args__ = (
        CheckConstraint("epost = lower(epost)", name="epost_gemener"),
        one_of("slag", Anvandarslag),
        CheckConstraint("slag = 'person' OR losenord_hash IS NULL", name="funktion_loggar_inte_in"),
        CheckConstraint("(slag = 'person') = (epost IS NOT NULL)", name="person_har_epost"),
        one_of("tema", Tema),
        one_of("kontrast", Kontrast),
        one_of("textstorlek", Textstorlek),
        one_of("rorelse", Rorelse),
        one_of("sprak", Sprak),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slag: Mapped[str] = mapped_column(default=Anvandarslag.PERSON, server_default="person")
    epost: Mapped[str | None] = mapped_column(unique=True)
    namn: Mapped[str]
    losenord_hash: Mapped[str | None]
    skapad: Mapped[datetime]
    avstangd: Mapped[datetime | None]
    senast_inloggad: Mapped[datetime | None]
    # Raised whenever what the person may do changes; open sockets are judged anew by it.
    behorighetsversion: Mapped[int] = mapped_column(default=0)
    # How the person wants pages to look, on whatever device.
    tema: Mapped[str] = mapped_column(default=Tema.ENHET, server_default=Tema.ENHET)
    kontrast: Mapped[str] = mapped_column(default=Kontrast.VANLIG, server_default=Kontrast.VANLIG)
    textstorlek: Mapped[str] = mapped_column(default=Textstorlek.VANLIG, server_default=Textstorlek.VANLIG)
    rorelse: Mapped[str] = mapped_column(default=Rorelse.ENHET, server_default=Rorelse.ENHET)
    sprak: Mapped[str] = mapped_column(default=Sprak.SV, server_default=Sprak.SV)

    medlemskap: Mapped[list["Medlemskap"]] = relationship(back_populates="anvandare")

    @property
    def adress(self) -> str:
        """The person's e-mail; '' for a function, whose mailbox is a Kanal."""
        return self.epost or ""

    @property
    def utseende(self) -> Utseende:
        """How the person wants pages to look."""
        return Utseende.av(self.tema, self.kontrast, self.textstorlek, self.rorelse, self.sprak)


class Medlemskap(Base):
    """What a person or function is at one actor. `avstangd`: disabled there by that actor's administrator, there alone.

    `gast_handelse_id`: a guest of the actor, who reads that one event and is something for a few days only.
    """

    __tablename__ = "medlemskap"
    __table_args__ = (
        one_of("roll", Roll),
        CheckConstraint("roll IS NOT NULL OR administrator", name="nagon_roll"),
        CheckConstraint(
            "gast_handelse_id IS NULL OR (roll = 'lasare' AND NOT administrator AND giltig_till IS NOT NULL)",
            name="gast_laser",
        ),
        Index(
            "uq_medlemskap_anvandare_id_aktor_id",
            "anvandare_id",
            "aktor_id",
            unique=True,
            sqlite_where=text("gast_handelse_id IS NULL"),
            postgresql_where=text("gast_handelse_id IS NULL"),
        ),
        UniqueConstraint("anvandare_id", "aktor_id", "gast_handelse_id"),
        Index("ix_medlemskap_aktor_id", "aktor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"))
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    roll: Mapped[str | None]
    administrator: Mapped[bool] = mapped_column(default=False)
    giltig_till: Mapped[datetime | None]
    avstangd: Mapped[datetime | None]
    skapad: Mapped[datetime]
    gast_handelse_id: Mapped[int | None] = mapped_column(ForeignKey("handelse.id"))

    anvandare: Mapped[Anvandare] = relationship(back_populates="medlemskap")
    aktor: Mapped[Aktor] = relationship()
    handelseroller: Mapped[list["Handelseroll"]] = relationship(back_populates="medlemskap")
    tjanstgoringar: Mapped[list["Tjanstgoring"]] = relationship(back_populates="medlemskap")


class Handelseroll(Base):
    """A role in one event that goes before the standard one; `roll` NULL = none there. One per person and event."""

    __tablename__ = "handelseroll"
    __table_args__ = (UniqueConstraint("medlemskap_id", "handelse_id"), one_of("roll", Roll))

    id: Mapped[int] = mapped_column(primary_key=True)
    medlemskap_id: Mapped[int] = mapped_column(ForeignKey("medlemskap.id"))
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"), index=True)
    roll: Mapped[str | None]
    giltig_till: Mapped[datetime | None]
    skapad: Mapped[datetime]
    skapad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    motivering: Mapped[str] = mapped_column(Text)

    medlemskap: Mapped[Medlemskap] = relationship(back_populates="handelseroller")


class Funktion(Base):
    """A standing role that people take turns in, such as TiB. As one to be told and with a role it is an Anvandare."""

    __tablename__ = "funktion"
    __table_args__ = (UniqueConstraint("aktor_id", "kortnamn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    aktor_id: Mapped[int] = mapped_column(ForeignKey("aktor.id"))
    # Its membership at the actor holds its role; its channels and subscriptions hang on it as on a person.
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), unique=True)
    kortnamn: Mapped[str]
    namn: Mapped[str]
    skapad: Mapped[datetime]
    nedlagd: Mapped[datetime | None]

    aktor: Mapped[Aktor] = relationship()
    anvandare: Mapped[Anvandare] = relationship()
    behoriga: Mapped[list["Funktionsbehorig"]] = relationship(cascade="all, delete-orphan")


class Funktionsbehorig(Base):
    """One who may go on duty as the function."""

    __tablename__ = "funktionsbehorig"

    funktion_id: Mapped[int] = mapped_column(ForeignKey("funktion.id"), primary_key=True)
    medlemskap_id: Mapped[int] = mapped_column(ForeignKey("medlemskap.id"), primary_key=True, index=True)

    medlemskap: Mapped[Medlemskap] = relationship()


class Tjanstgoring(Base):
    """A turn of duty: from `fran` until `till`, or `avslutad` if somebody ended it. One at a time per function."""

    __tablename__ = "tjanstgoring"
    __table_args__ = (
        Index(
            "uq_tjanstgoring_en_at_gangen",
            "funktion_id",
            unique=True,
            sqlite_where=text("avslutad IS NULL"),
            postgresql_where=text("avslutad IS NULL"),
        ),
        Index("ix_tjanstgoring_medlemskap_id", "medlemskap_id"),
        CheckConstraint("till > fran", name="till_efter_fran"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    funktion_id: Mapped[int] = mapped_column(ForeignKey("funktion.id"))
    medlemskap_id: Mapped[int] = mapped_column(ForeignKey("medlemskap.id"))
    fran: Mapped[datetime]
    till: Mapped[datetime]
    avslutad: Mapped[datetime | None]
    avslutad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))

    funktion: Mapped[Funktion] = relationship()
    medlemskap: Mapped[Medlemskap] = relationship(back_populates="tjanstgoringar")


# --- logins ----------------------------------------------------------------------------------------------------------


class Faktorslag(StrEnum):
    """How a login proved more than a password. INGEN: the operator's policy asked for no more."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RESERVKOD = "reservkod"
    INGEN = "ingen"


class Inloggning(Base):
    """A login that is going on; the cookie holds a random token, this row its SHA-256.

    Until `faktor` is set the password alone has been proved, and the login opens nothing. `bekraftad`: when the person
    last proved to be the person; `visa_…`: the page is shown as somebody else would see it, until `visa_till`.
    """

    __tablename__ = "inloggning"
    __table_args__ = (one_of("faktor", Faktorslag), one_of("visa_roll", Roll))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    medlemskap_id: Mapped[int | None] = mapped_column(ForeignKey("medlemskap.id"))
    skapad: Mapped[datetime]
    giltig_till: Mapped[datetime]
    avslutad: Mapped[datetime | None]
    faktor: Mapped[str | None]
    senast_aktiv: Mapped[datetime | None]
    bekraftad: Mapped[datetime | None]
    adress: Mapped[str] = mapped_column(default="", server_default="")
    enhet: Mapped[str] = mapped_column(default="", server_default="")
    visa_aktor_id: Mapped[int | None] = mapped_column(ForeignKey("aktor.id"))
    visa_roll: Mapped[str | None]
    visa_medlemskap_id: Mapped[int | None] = mapped_column(ForeignKey("medlemskap.id"))
    visa_till: Mapped[datetime | None]


class Totp(Base):
    """A person's authenticator app. `hemlighet` is encrypted; `senaste_steg`: a code is good once."""

    __tablename__ = "totp"

    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), primary_key=True)
    hemlighet: Mapped[str]
    skapad: Mapped[datetime]
    bekraftad: Mapped[datetime | None]
    senaste_steg: Mapped[int] = mapped_column(default=0)


class Passkey(Base):
    """A WebAuthn credential; `nyckel_id` and `publik_nyckel` are base64url."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    namn: Mapped[str]
    nyckel_id: Mapped[str] = mapped_column(unique=True)
    publik_nyckel: Mapped[str] = mapped_column(Text)
    raknare: Mapped[int]
    skapad: Mapped[datetime]
    senast_anvand: Mapped[datetime | None]


class Reservkod(Base):
    """One of the codes for when the second factor is lost; only its hash is kept, and it is good once."""

    __tablename__ = "reservkod"

    id: Mapped[int] = mapped_column(primary_key=True)
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    kod_hash: Mapped[str]
    skapad: Mapped[datetime]
    anvand: Mapped[datetime | None]


class Lanktyp(StrEnum):
    """What a single-use link is for."""

    INBJUDAN = "inbjudan"
    ATERSTALLNING = "aterstallning"


class Engangslank(Base):
    """A single-use link to set a password; only its SHA-256 is kept."""

    __tablename__ = "engangslank"
    __table_args__ = (one_of("typ", Lanktyp),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    typ: Mapped[str]
    anvandare_id: Mapped[int] = mapped_column(ForeignKey("anvandare.id"), index=True)
    skapad: Mapped[datetime]
    skapad_av_id: Mapped[int | None] = mapped_column(ForeignKey("anvandare.id"))
    giltig_till: Mapped[datetime]
    anvand: Mapped[datetime | None]
