"""Reads of an actor's people and of the links that were sent to them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Anvandarslag, Engangslank, Medlemskap
from wis.auth.queries import galler
from wis.auth.rules import Roll
from wis.auth.service import las_person, token_hash
from wis.datum import sista_dag
from wis.konton.rules import Behorighet, Plats, Tillstand, tillstand


@dataclass(frozen=True)
class Anvandarrad:
    """A person at an actor, as its administrators see them."""

    medlemskap_id: int
    anvandare_id: int
    namn: str
    epost: str
    behorighet: Behorighet
    senast_inloggad: datetime | None
    har_losenord: bool
    tillstand: Tillstand
    skapad: datetime
    gast_handelse_id: int | None

    @property
    def kommer_in(self) -> bool:
        """Whether the rights are in force, so that only the person is missing, if anything is."""
        return self.tillstand in {Tillstand.AKTIV, Tillstand.INBJUDEN}

    @property
    def gast(self) -> bool:
        """Whether the person is a guest: reads one event, for a few days."""
        return self.gast_handelse_id is not None

    @property
    def sista_dag(self) -> date | None:
        """The last day on which the rights hold, or None."""
        return None if self.behorighet.giltig_till is None else sista_dag(self.behorighet.giltig_till)


def behorighet_av(medlemskap: Medlemskap) -> Behorighet:
    """What the membership gives, as the rules want it."""
    return Behorighet(
        roll=None if medlemskap.roll is None else Roll(medlemskap.roll),
        administrator=medlemskap.administrator,
        giltig_till=medlemskap.giltig_till,
        avstangd=medlemskap.avstangd is not None,
    )


def plats_av(medlemskap: Medlemskap) -> Plats:
    """The person's place at the actor, as the rules want it."""
    person = medlemskap.anvandare
    return Plats(person.id, behorighet_av(medlemskap), person.losenord_hash is not None and person.avstangd is None)


def rad_av(medlemskap: Medlemskap, now: datetime) -> Anvandarrad:
    """The membership as shown to administrators."""
    person, behorighet = medlemskap.anvandare, behorighet_av(medlemskap)
    has_password = person.losenord_hash is not None
    return Anvandarrad(
        medlemskap_id=medlemskap.id,
        anvandare_id=person.id,
        namn=person.namn,
        epost=person.adress,
        behorighet=behorighet,
        senast_inloggad=person.senast_inloggad,
        har_losenord=has_password,
        tillstand=tillstand(behorighet, konto_stangt=person.avstangd is not None, har_losenord=has_password, now=now),
        skapad=medlemskap.skapad,
        gast_handelse_id=medlemskap.gast_handelse_id,
    )


def medlemskap_hos(session: Session, aktor_id: int, *laddas: ExecutableOption) -> list[Medlemskap]:
    """Every person (functions are none) who is or was something at the actor, in Swedish order of name.

    The shut out come last. `laddas`: what more is wanted with each, so that it is not fetched one by one.
    """
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Medlemskap.anvandare), joinedload(Medlemskap.aktor), *laddas)
        .where(Medlemskap.aktor_id == aktor_id, Anvandare.slag == Anvandarslag.PERSON)
    )
    return sorted(found, key=lambda m: (m.avstangd is not None, svensk_nyckel(m.anvandare.namn), m.id))


def ids_i_kraft(session: Session, aktor_id: int, now: datetime) -> list[int]:
    """The ids of the people who are something at the actor at `now`. Guests are left out: they are somebody else's."""
    found = session.scalars(
        select(Medlemskap.anvandare_id)
        .join(Medlemskap.anvandare)
        .where(
            Medlemskap.aktor_id == aktor_id,
            Medlemskap.gast_handelse_id.is_(None),
            Anvandare.slag == Anvandarslag.PERSON,
            galler(now),
        )
    )
    return list(found)


def anvandarrader(session: Session, aktor: Aktor, now: datetime) -> list[Anvandarrad]:
    """Everyone who is or was something at the actor, in Swedish order of name, the shut out last."""
    return [rad_av(medlemskap, now) for medlemskap in medlemskap_hos(session, aktor.id)]


def find_medlemskap(session: Session, aktor_id: int, medlemskap_id: int) -> Medlemskap | None:
    """The membership, if it is a person's at this actor. Always as the database has it now."""
    return _find(session, Medlemskap.aktor_id == aktor_id, Medlemskap.id == medlemskap_id)


def find_medlemskap_for(session: Session, aktor_id: int, anvandare_id: int) -> Medlemskap | None:
    """What the person is at the actor, in force or not; to be a guest is not counted."""
    return _find(
        session,
        Medlemskap.aktor_id == aktor_id,
        Medlemskap.anvandare_id == anvandare_id,
        Medlemskap.gast_handelse_id.is_(None),
    )


def gastskap(session: Session, aktor_id: int, anvandare_id: int) -> list[Medlemskap]:
    """What the person is or was as a guest of the actor."""
    found = session.scalars(
        select(Medlemskap)
        .options(joinedload(Medlemskap.anvandare), joinedload(Medlemskap.aktor))
        .where(
            Medlemskap.aktor_id == aktor_id,
            Medlemskap.anvandare_id == anvandare_id,
            Medlemskap.gast_handelse_id.is_not(None),
        )
        .execution_options(populate_existing=True)
    )
    return list(found)


def _find(session: Session, *villkor: ColumnElement[bool]) -> Medlemskap | None:
    return session.scalar(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Medlemskap.anvandare), joinedload(Medlemskap.aktor))
        .where(Anvandare.slag == Anvandarslag.PERSON, *villkor)
        .execution_options(populate_existing=True)
    )


def ovriga_administratorer(session: Session, medlemskap: Medlemskap) -> list[Plats]:
    """The places of everybody else who is marked as administrator at the same actor."""
    found = session.scalars(
        select(Medlemskap)
        .options(joinedload(Medlemskap.anvandare))
        .where(Medlemskap.aktor_id == medlemskap.aktor_id, Medlemskap.id != medlemskap.id, Medlemskap.administrator)
        .execution_options(populate_existing=True)
    )
    return [plats_av(en) for en in found]


class Lankstatus(StrEnum):
    """Whether a single-use link can be used."""

    GILTIG = "giltig"
    ANVAND = "anvand"
    UTGANGEN = "utgangen"
    OKAND = "okand"
    KONTO_STANGT = "konto_stangt"


def find_lank(session: Session, token: str, *, las: bool = False) -> tuple[Engangslank, Anvandare] | None:
    """The link with this token and whose it is; `las` locks both until the transaction ends."""
    lank = session.scalar(select(Engangslank).where(Engangslank.token_hash == token_hash(token)))
    if lank is None:
        return None
    if not las:
        return lank, session.get_one(Anvandare, lank.anvandare_id)
    # The person before the link, as whoever changes a password or shuts an account does; then what the wait changed.
    person = las_person(session, lank.anvandare_id)
    session.refresh(lank, with_for_update=True)
    return lank, person


def lankstatus(found: tuple[Engangslank, Anvandare] | None, now: datetime) -> Lankstatus:
    """Whether the link can be used at `now`, and if not, why."""
    if found is None:
        return Lankstatus.OKAND
    lank, person = found
    if lank.anvand is not None:
        return Lankstatus.ANVAND
    if lank.giltig_till <= now:
        return Lankstatus.UTGANGEN
    return Lankstatus.KONTO_STANGT if person.avstangd is not None else Lankstatus.GILTIG
