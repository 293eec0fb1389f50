"""Reads of functions, of who may go on duty and of who is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Funktionsbehorig, Medlemskap, Tjanstgoring
from wis.auth.queries import galler
from wis.auth.rules import Roll, Sak, Slag
from wis.funktioner.rules import Pagaende, Uppgifter
from wis.notiser.models import Kanal, Kanalslag

SENASTE_TURER = 10


@dataclass(frozen=True)
class Person:
    """One who may go on duty, or could be let. `kan_logga_in`: has chosen a password, so that duty reaches anybody."""

    medlemskap_id: int
    namn: str
    kan_logga_in: bool = True

    @property
    def visas(self) -> str:
        """The name, and what hinders."""
        return self.namn if self.kan_logga_in else f"{self.namn} (har aldrig loggat in)"


@dataclass(frozen=True)
class Kanalrad:
    """How the function is reached; `ny_adress`: where it will be, when the code from there has come back."""

    adress: str
    bekraftad: bool
    ny_adress: str = ""


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
    return None if funktion is None or funktion.nedlagd is not None else _rader(session, [funktion], now)[0]


def funktioner_hos(session: Session, aktor_id: int, now: datetime) -> list[Funktionsrad]:
    """The actor's functions in use, in Swedish order of the short name."""
    found = session.scalars(
        select(Funktion)
        .options(joinedload(Funktion.aktor), selectinload(Funktion.behoriga))
        .where(Funktion.aktor_id == aktor_id, Funktion.nedlagd.is_(None))
    )
    return sorted(_rader(session, found.all(), now), key=lambda rad: svensk_nyckel(rad.kortnamn))


def _rader(session: Session, funktioner: Sequence[Funktion], now: datetime) -> list[Funktionsrad]:
    """The functions as shown. The number of questions to the database does not grow with theirs."""
    ids, som = [funktion.id for funktion in funktioner], [funktion.anvandare_id for funktion in funktioner]
    roller, kanaler = _roller(session, som), _kanaler(session, som)
    listade, pagaende = _listade(session, ids, now), _pagaende(session, ids, now)
    return [
        Funktionsrad(
            id=funktion.id,
            aktor_id=funktion.aktor_id,
            aktor_slug=funktion.aktor.slug,
            aktor_namn=funktion.aktor.namn,
            anvandare_id=funktion.anvandare_id,
            kortnamn=funktion.kortnamn,
            namn=funktion.namn,
            roll=roller[funktion.anvandare_id, funktion.aktor_id],
            kanaler=kanaler[funktion.anvandare_id],
            behoriga=tuple(listade[funktion.id]),
            pagaende=pagaende.get(funktion.id),
            sak=sak_av(funktion),
        )
        for funktion in funktioner
    ]


def _roller(session: Session, anvandare_ids: Collection[int]) -> dict[tuple[int, int], Roll]:
    """The role of each function, by the Anvandare that it is and its actor."""
    found = session.execute(
        select(Medlemskap.anvandare_id, Medlemskap.aktor_id, Medlemskap.roll).where(
            Medlemskap.anvandare_id.in_(anvandare_ids)
        )
    )
    return {(som, hos): Roll(roll or Roll.LASARE) for som, hos, roll in found}


def _kanaler(session: Session, anvandare_ids: Collection[int]) -> dict[int, dict[Kanalslag, Kanalrad]]:
    found: dict[int, dict[Kanalslag, Kanalrad]] = defaultdict(dict)
    for kanal in session.scalars(select(Kanal).where(Kanal.anvandare_id.in_(anvandare_ids))):
        rad = Kanalrad(kanal.adress, kanal.verifierad is not None, kanal.ny_adress or "")
        found[kanal.anvandare_id][Kanalslag(kanal.slag)] = rad
    return found


def _listade(session: Session, funktion_ids: Collection[int], now: datetime) -> dict[int, list[Person]]:
    """Those in force on the list of each function, in Swedish order of name."""
    pa_nagon = select(Funktionsbehorig.medlemskap_id).where(Funktionsbehorig.funktion_id.in_(funktion_ids))
    vilka = select(Funktionsbehorig).where(Funktionsbehorig.funktion_id.in_(funktion_ids))
    star = {(rad.funktion_id, rad.medlemskap_id) for rad in session.scalars(vilka)}
    found: dict[int, list[Person]] = defaultdict(list)
    for person in _personer(session, and_(Medlemskap.id.in_(pa_nagon), galler(now))):
        for funktion_id in funktion_ids:
            if (funktion_id, person.medlemskap_id) in star:
                found[funktion_id].append(person)
    return found


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


def _personer(session: Session, villkor: ColumnElement[bool]) -> list[Person]:
    rader = session.execute(
        select(Medlemskap.id, Anvandare.namn, Anvandare.losenord_hash)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .where(villkor)
    )
    found = (Person(id_, namn, losenord is not None) for id_, namn, losenord in rader)
    return sorted(found, key=lambda person: svensk_nyckel(person.namn))


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
    return _pagaende(session, [funktion_id], now).get(funktion_id)


def _pagaende(session: Session, funktion_ids: Collection[int], now: datetime) -> dict[int, Pagaende]:
    """Who is on duty as which of these functions: there is one at a time of each."""
    found = session.scalars(
        select(Tjanstgoring)
        .join(Tjanstgoring.medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Tjanstgoring.medlemskap).contains_eager(Medlemskap.anvandare))
        .where(
            Tjanstgoring.funktion_id.in_(funktion_ids),
            Tjanstgoring.avslutad.is_(None),
            Tjanstgoring.till > now,
            galler(now),
        )
    )
    return {tur.funktion_id: _i_tjanst(tur, tur.medlemskap.anvandare) for tur in found}


def _i_tjanst(tur: Tjanstgoring, person: Anvandare) -> Pagaende:
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
