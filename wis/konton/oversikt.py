"""Everybody at an actor in one table: roles, functions, channels, second factor, last login; and the grid of rights.

The number of questions to the database does not grow with the number of people.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from wis.aktorer.models import Aktor
from wis.auth.faktorer import krav
from wis.auth.models import (
    Anvandare,
    Anvandarslag,
    Funktion,
    Funktionsbehorig,
    Handelseroll,
    Medlemskap,
    Passkey,
    Tjanstgoring,
    Totp,
)
from wis.auth.queries import galler, subjekt_av
from wis.auth.rules import Roll, Tjanst
from wis.konton import queries
from wis.konton.queries import Anvandarrad
from wis.konton.rules import Omdome, rutnat
from wis.notiser.models import Kanal, Kanalslag
from wis.settings import Settings

LANGE_SEDAN = timedelta(days=90)


class Filter(StrEnum):
    """What an administrator looks for."""

    UTAN_KANAL = "saknar-kanal"
    EJ_INLOGGAD = "ej-inloggad"
    UTAN_FAKTOR = "saknar-andra-faktor"

    @property
    def namn(self) -> str:
        """As shown to people."""
        return {
            "saknar-kanal": "Saknar kanal",
            "ej-inloggad": "Ej inloggad 90 dagar",
            "saknar-andra-faktor": "Saknar andra faktor",
        }[self.value]

    @property
    def forklaring(self) -> str:
        """More of whom it finds, where the name does not say it all."""
        return {
            "ej-inloggad": "Också de som bjöds in för mer än 90 dagar sedan och aldrig har loggat in.",
            "saknar-kanal": "De nås inte av några notiser.",
        }.get(self.value, "")


@dataclass(frozen=True)
class Person:
    """A row of the table. `kanaler` are verified; `far_ga_pa` and `i_tjanst` are short names of functions.

    `faktor_kravs`: the operator asks for a second factor of this person.
    """

    rad: Anvandarrad
    handelseroller: int
    far_ga_pa: tuple[str, ...]
    i_tjanst: tuple[str, ...]
    kanaler: tuple[Kanalslag, ...]
    faktorer: tuple[str, ...]
    faktor_kravs: bool

    @property
    def saknar_faktor(self) -> bool:
        """Whether a second factor is asked for and there is none."""
        return self.faktor_kravs and not self.faktorer

    @property
    def roll(self) -> str:
        """The standard role in words."""
        if self.rad.gast:
            return "gäst i en händelse"
        return self.rad.behorighet.namn

    def passar(self, vilket: Filter, now: datetime) -> bool:
        """Whether the person is one of those looked for; who does not come in anyway is not."""
        if not self.rad.kommer_in:
            return False
        if vilket is Filter.UTAN_KANAL:
            return not self.kanaler
        if vilket is Filter.UTAN_FAKTOR:
            return self.saknar_faktor
        return max(self.rad.senast_inloggad or self.rad.skapad, self.rad.skapad) < now - LANGE_SEDAN

    def heter(self, text: str) -> bool:
        """Whether the text is in what the row says of who this is and does."""
        said = (self.rad.namn, self.rad.epost, self.roll, *self.far_ga_pa, *self.i_tjanst)
        return text.casefold() in " ".join(said).casefold()


@dataclass(frozen=True)
class Rutnatsrad:
    """A person's row in the grid of rights."""

    rad: Anvandarrad
    omdomen: list[Omdome]


def filter_att_visa(settings: Settings) -> list[Filter]:
    """What can be looked for; who lacks a second factor only where somebody must have one."""
    return [en for en in Filter if en is not Filter.UTAN_FAKTOR or krav(settings, is_admin=True)]


def personer(session: Session, aktor: Aktor, settings: Settings, now: datetime) -> list[Person]:
    """Everyone who is or was something at the actor, in Swedish order of name, the shut out last."""
    rader = queries.anvandarrader(session, aktor, now)
    roller, behorig = _handelseroller(session, aktor.id, now), far_ga_pa(session, aktor.id)
    tjanst = _i_tjanst(session, aktor.id, now)
    kanaler, faktorer = _kanaler(session, aktor.id), _faktorer(session, aktor.id)
    administratorer = _administratorer(session, aktor.id, now)
    return [
        Person(
            rad=rad,
            handelseroller=roller.get(rad.medlemskap_id, 0),
            far_ga_pa=tuple(behorig.get(rad.medlemskap_id, ())),
            i_tjanst=tuple(tjanst.get(rad.medlemskap_id, ())),
            kanaler=tuple(Kanalslag(slag) for slag in sorted(kanaler.get(rad.anvandare_id, ()), reverse=True)),
            faktorer=tuple(faktorer.get(rad.anvandare_id, ())),
            faktor_kravs=krav(settings, rad.anvandare_id in administratorer),
        )
        for rad in rader
    ]


def urval(alla: Sequence[Person], vilket: Filter | None, text: str, now: datetime) -> list[Person]:
    """Those who fit the filter and the text, each if given."""
    return [
        person for person in alla if (vilket is None or person.passar(vilket, now)) and (not text or person.heter(text))
    ]


def rattigheter(session: Session, aktor: Aktor, now: datetime) -> list[Rutnatsrad]:
    """What each person whose rights are in force may do, judged by can()."""
    found = queries.medlemskap_hos(session, aktor.id, selectinload(Medlemskap.handelseroller))
    rows = [(queries.rad_av(medlemskap, now), medlemskap) for medlemskap in found]
    tjanster = tjanster_hos(session, aktor.id, now)
    return [
        Rutnatsrad(rad, rutnat(subjekt_av(en, now=now, tjanster=tuple(tjanster.get(en.id, ()))), now))
        for rad, en in rows
        if rad.kommer_in
    ]


def tjanster_hos(session: Session, aktor_id: int, now: datetime) -> dict[int, list[Tjanst]]:
    """What everybody at the actor is on duty as, by membership; a function has its role while it is in force itself."""
    roller = dict(
        (anvandare_id, roll)
        for anvandare_id, roll in session.execute(
            select(Medlemskap.anvandare_id, Medlemskap.roll)
            .join(Medlemskap.anvandare)
            .where(Medlemskap.aktor_id == aktor_id, Anvandare.slag == Anvandarslag.FUNKTION, galler(now))
        )
    )
    found: dict[int, list[Tjanst]] = defaultdict(list)
    for medlemskap_id, till, funktion in session.execute(
        select(Tjanstgoring.medlemskap_id, Tjanstgoring.till, Funktion)
        .join(Tjanstgoring.funktion)
        .where(_pagar(aktor_id, now))
    ):
        roll = roller.get(funktion.anvandare_id)
        found[medlemskap_id].append(Tjanst(funktion.id, funktion.kortnamn, None if roll is None else Roll(roll), till))
    return found


def _pagar(aktor_id: int, now: datetime) -> ColumnElement[bool]:
    """SQL: the turn of duty goes on, as a function of the actor. Needs Tjanstgoring joined with Funktion."""
    return and_(
        Funktion.aktor_id == aktor_id,
        Funktion.nedlagd.is_(None),
        Tjanstgoring.avslutad.is_(None),
        Tjanstgoring.till > now,
    )


def _handelseroller(session: Session, aktor_id: int, now: datetime) -> dict[int, int]:
    counted = session.execute(
        select(Handelseroll.medlemskap_id, func.count())
        .join(Medlemskap, Medlemskap.id == Handelseroll.medlemskap_id)
        .where(Medlemskap.aktor_id == aktor_id, or_(Handelseroll.giltig_till.is_(None), Handelseroll.giltig_till > now))
        .group_by(Handelseroll.medlemskap_id)
    )
    return {medlemskap_id: number for medlemskap_id, number in counted}


def far_ga_pa(session: Session, aktor_id: int) -> dict[int, list[str]]:
    """The short names of the actor's functions in use that each membership may go on duty as."""
    return _samlat(
        session.execute(
            select(Funktionsbehorig.medlemskap_id, Funktion.kortnamn)
            .join(Funktion, Funktion.id == Funktionsbehorig.funktion_id)
            .where(Funktion.aktor_id == aktor_id, Funktion.nedlagd.is_(None))
            .order_by(Funktion.kortnamn)
        )
    )


def _i_tjanst(session: Session, aktor_id: int, now: datetime) -> dict[int, list[str]]:
    return _samlat(
        session.execute(
            select(Tjanstgoring.medlemskap_id, Funktion.kortnamn)
            .join(Funktion, Funktion.id == Tjanstgoring.funktion_id)
            .where(_pagar(aktor_id, now))
            .order_by(Funktion.kortnamn)
        )
    )


def _kanaler(session: Session, aktor_id: int) -> dict[int, list[str]]:
    return _samlat(
        session.execute(
            select(Kanal.anvandare_id, Kanal.slag)
            .join(Medlemskap, Medlemskap.anvandare_id == Kanal.anvandare_id)
            .where(Medlemskap.aktor_id == aktor_id, Kanal.verifierad.is_not(None))
            .distinct()
        )
    )


def _faktorer(session: Session, aktor_id: int) -> dict[int, list[str]]:
    hos = select(Medlemskap.anvandare_id).where(Medlemskap.aktor_id == aktor_id)
    appar = select(Totp.anvandare_id).where(Totp.anvandare_id.in_(hos), Totp.bekraftad.is_not(None))
    nycklar = select(Passkey.anvandare_id).where(Passkey.anvandare_id.in_(hos)).distinct()
    return _samlat(
        [(id_, "app") for id_ in session.scalars(appar)] + [(id_, "passkey") for id_ in session.scalars(nycklar)]
    )


def _administratorer(session: Session, aktor_id: int, now: datetime) -> set[int]:
    """Who at the actor is an administrator, here or at another."""
    hos = select(Medlemskap.anvandare_id).where(Medlemskap.aktor_id == aktor_id)
    found = session.scalars(
        select(Medlemskap.anvandare_id)
        .join(Medlemskap.anvandare)
        .where(Medlemskap.administrator, galler(now), Medlemskap.anvandare_id.in_(hos))
    )
    return set(found)


def _samlat(rows: Iterable[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for key, text in rows:
        found[key].append(text)
    return found
