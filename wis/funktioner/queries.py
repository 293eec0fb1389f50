"""Reads of functions, of who may go on duty and of who is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Funktionsbehorig, Medlemskap, Tjanstgoring
from wis.auth.queries import galler
from wis.auth.rules import Roll, Sak, Slag
from wis.funktioner.rules import Pagaende, Uppgifter
from wis.notiser.models import Kanal, Kanalslag

SENASTE_TURER = 10


@dataclass(frozen=True)
class Person:
    """One who may go on duty, or could be let."""

    medlemskap_id: int
    namn: str


@dataclass(frozen=True)
class Kanalrad:
    """How the function is reached."""

    adress: str
    bekraftad: bool


@dataclass(frozen=True)
class Funktionsrad:
    """A function as its actor's people see it; no row of the database, so that it outlives a write."""

    id: int
    aktor_id: int
    aktor_slug: str
    aktor_namn: str
    anvandare_id: int
    kortnamn: str
    namn: str
    roll: Roll
    kanaler: dict[Kanalslag, Kanalrad]
    behoriga: tuple[Person, ...]
    pagaende: Pagaende | None
    sak: Sak


@dataclass(frozen=True)
class Tur:
    """A turn of duty that is over. `slut`: when it ended; `hur`: by whose hand, if it was another's."""

    namn: str
    fran: datetime
    slut: datetime
    hur: str


def sak_av(funktion: Funktion) -> Sak:
    """What rights to the function are judged on. One that is closed down nobody may go on duty as."""
    behoriga = frozenset() if funktion.nedlagd else frozenset(rad.medlemskap_id for rad in funktion.behoriga)
    return Sak(Slag.FUNKTION, funktion.aktor_id, agare_namn=funktion.aktor.namn, behoriga=behoriga)


def find_funktion(session: Session, funktion_id: int, *, las: bool = False) -> Funktion | None:
    """The function, closed down or not; `las` locks its row until the transaction ends."""
    statement = select(Funktion).where(Funktion.id == funktion_id)
    if las:
        # Not FOR UPDATE in full: rows that merely refer to it may be written meanwhile.
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalar(statement)


def find_rad(session: Session, funktion_id: int, now: datetime) -> Funktionsrad | None:
    """The function in use with this id, as it is at `now`."""
    funktion = find_funktion(session, funktion_id)
    return None if funktion is None or funktion.nedlagd is not None else _rad(session, funktion, now)


def funktioner_hos(session: Session, aktor_id: int, now: datetime) -> list[Funktionsrad]:
    """The actor's functions in use, in Swedish order of the short name."""
    found = session.scalars(select(Funktion).where(Funktion.aktor_id == aktor_id, Funktion.nedlagd.is_(None)))
    rader = [_rad(session, funktion, now) for funktion in found]
    return sorted(rader, key=lambda rad: svensk_nyckel(rad.kortnamn))


def _rad(session: Session, funktion: Funktion, now: datetime) -> Funktionsrad:
    aktor, kanaler = funktion.aktor, select(Kanal).where(Kanal.anvandare_id == funktion.anvandare_id)
    return Funktionsrad(
        id=funktion.id,
        aktor_id=aktor.id,
        aktor_slug=aktor.slug,
        aktor_namn=aktor.namn,
        anvandare_id=funktion.anvandare_id,
        kortnamn=funktion.kortnamn,
        namn=funktion.namn,
        roll=_roll(session, funktion),
        kanaler={Kanalslag(k.slag): Kanalrad(k.adress, k.verifierad is not None) for k in session.scalars(kanaler)},
        behoriga=tuple(_personer(session, and_(_star_pa_listan(funktion.id), galler(now)))),
        pagaende=find_pagaende(session, funktion.id, now),
        sak=sak_av(funktion),
    )


def get_medlemskap(session: Session, funktion: Funktion) -> Medlemskap:
    """The membership that holds the function's role. Raises NoResultFound if there is none."""
    return session.scalars(
        select(Medlemskap).where(
            Medlemskap.anvandare_id == funktion.anvandare_id, Medlemskap.aktor_id == funktion.aktor_id
        )
    ).one()


def uppgifter_av(session: Session, funktion: Funktion) -> Uppgifter:
    """What the function is, as the rules want it."""
    behoriga = frozenset(rad.medlemskap_id for rad in funktion.behoriga)
    return Uppgifter(funktion.kortnamn, funktion.namn, _roll(session, funktion), behoriga)


def _roll(session: Session, funktion: Funktion) -> Roll:
    # One that is no administrator has a role: the table says so.
    return Roll(get_medlemskap(session, funktion).roll or Roll.LASARE)


def valbara(session: Session, aktor_id: int, now: datetime) -> list[Person]:
    """Those at the actor who may be let on duty: people in force there, guests apart; in Swedish order of name."""
    hos = and_(Medlemskap.aktor_id == aktor_id, Medlemskap.gast_handelse_id.is_(None))
    return _personer(session, and_(hos, Anvandare.slag == Anvandarslag.PERSON, galler(now)))


def _star_pa_listan(funktion_id: int) -> ColumnElement[bool]:
    listed = select(Funktionsbehorig.medlemskap_id).where(Funktionsbehorig.funktion_id == funktion_id)
    return Medlemskap.id.in_(listed)


def _personer(session: Session, villkor: ColumnElement[bool]) -> list[Person]:
    rader = session.execute(
        select(Medlemskap.id, Anvandare.namn).join(Anvandare, Anvandare.id == Medlemskap.anvandare_id).where(villkor)
    )
    return sorted((Person(id_, namn) for id_, namn in rader), key=lambda person: svensk_nyckel(person.namn))


# --- on duty -----------------------------------------------------------------------------------------------------


def find_oppen_tur(session: Session, funktion_id: int) -> Tjanstgoring | None:
    """The turn that nobody has ended, also if its time has run out."""
    return session.scalar(
        select(Tjanstgoring)
        .options(joinedload(Tjanstgoring.medlemskap).joinedload(Medlemskap.anvandare))
        .where(Tjanstgoring.funktion_id == funktion_id, Tjanstgoring.avslutad.is_(None))
    )


def find_pagaende(session: Session, funktion_id: int, now: datetime) -> Pagaende | None:
    """Who is on duty at `now`. One who is shut out of the actor is not."""
    tur = session.scalar(
        select(Tjanstgoring)
        .join(Tjanstgoring.medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Tjanstgoring.medlemskap).contains_eager(Medlemskap.anvandare))
        .where(
            Tjanstgoring.funktion_id == funktion_id,
            Tjanstgoring.avslutad.is_(None),
            Tjanstgoring.till > now,
            galler(now),
        )
    )
    if tur is None:
        return None
    person = tur.medlemskap.anvandare
    return Pagaende(tur.id, tur.medlemskap_id, person.id, person.namn, person.adress, tur.fran, tur.till)


def turer(session: Session, funktion_id: int, now: datetime) -> list[Tur]:
    """The latest turns that are over, the last first."""
    found = session.execute(
        select(Tjanstgoring, Anvandare.namn)
        .outerjoin(Anvandare, Anvandare.id == Tjanstgoring.avslutad_av_id)
        .options(joinedload(Tjanstgoring.medlemskap).joinedload(Medlemskap.anvandare))
        .where(Tjanstgoring.funktion_id == funktion_id)
        .order_by(Tjanstgoring.fran.desc(), Tjanstgoring.id.desc())
        .limit(SENASTE_TURER + 1)
    )
    rader: list[Tur] = []
    nasta: Tjanstgoring | None = None
    for tur, av in found:
        if tur.avslutad is not None or tur.till <= now:
            slut = min(tur.till, tur.avslutad or tur.till)
            rader.append(Tur(tur.medlemskap.anvandare.namn, tur.fran, slut, _hur(tur, av, nasta)))
        nasta = tur
    return rader[:SENASTE_TURER]


def _hur(tur: Tjanstgoring, av: str | None, nasta: Tjanstgoring | None) -> str:
    if av is None or tur.avslutad_av_id == tur.medlemskap.anvandare_id:
        return ""
    avlost = nasta is not None and nasta.fran == tur.avslutad and nasta.medlemskap.anvandare_id == tur.avslutad_av_id
    return f"{'avlöst' if avlost else 'avslutad'} av {av}"


def mojliga(session: Session, medlemskap_id: int) -> Sequence[tuple[int, str]]:
    """The functions in use that the member may go on duty as: id and short name, in Swedish order. One small read."""
    found = session.execute(
        select(Funktion.id, Funktion.kortnamn)
        .join(Funktionsbehorig, Funktionsbehorig.funktion_id == Funktion.id)
        .where(Funktionsbehorig.medlemskap_id == medlemskap_id, Funktion.nedlagd.is_(None))
    )
    return sorted(((id_, kortnamn) for id_, kortnamn in found), key=lambda rad: svensk_nyckel(rad[1]))
