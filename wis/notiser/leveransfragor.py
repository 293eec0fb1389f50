"""Reads of what was sent and how it goes. No number and no address leaves this module."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag, Leverans, Status, Utkorgspost, Utskick, Utskicksslag

# The subject of a code; by it a code is told from the letters of the system.
KOD_AMNE = "Din kod till WIS"
MAX_RADER = 200
PER_SIDA = 300
_VANTAR = (Status.VANTAR, Status.SANDER)
_UTEBLEV = (Status.MISSLYCKAD, Status.STRUKEN)
# What is long, and shown on the page of the dispatch alone.
_UTAN_TEXTER = (defer(Utskick.sms), defer(Utskick.epost))


@dataclass(frozen=True)
class Antal:
    """How many deliveries stand where. `struken`: not sent, as Status.STRUKEN tells."""

    levererad: int = 0
    vantar: int = 0
    misslyckad: int = 0
    struken: int = 0

    def __add__(self, annan: "Antal") -> "Antal":
        return Antal(
            self.levererad + annan.levererad,
            self.vantar + annan.vantar,
            self.misslyckad + annan.misslyckad,
            self.struken + annan.struken,
        )


@dataclass(frozen=True)
class Statusrad:
    """How far it has come with one actor by one channel. `aktor` is the short name, '' for a message of the system."""

    aktor: str
    kanal: Kanalslag
    antal: Antal


@dataclass(frozen=True)
class Aktorsrad:
    """How far it has come with one actor: in all, and by each channel."""

    aktor: str
    antal: Antal
    kanaler: tuple[Statusrad, ...]

    @property
    def klar(self) -> bool:
        """Whether nothing waits and nothing has failed."""
        return not self.antal.vantar and not self.antal.misslyckad


def per_aktor(rader: Iterable[Statusrad]) -> list[Aktorsrad]:
    """The rows of statusrader() by actor; those that someone should look at come first."""
    delade = [(aktor, tuple(delar)) for aktor, delar in groupby(rader, key=lambda rad: rad.aktor)]
    samlade = [Aktorsrad(aktor, sum((del_.antal for del_ in delar), Antal()), delar) for aktor, delar in delade]
    return sorted(samlade, key=lambda rad: rad.klar)


@dataclass(frozen=True)
class Uteblivet:
    """One who did not get it by one channel, and why."""

    leverans_id: int
    namn: str
    aktor: str
    kanal: Kanalslag
    struken: bool
    orsak: str
    forsok: int
    andrad: datetime


def find_utskick(session: Session, utskick_id: int) -> Utskick | None:
    """The dispatch of an event, whoever asks: judge it by can() before anything is shown. None for the system's own."""
    return session.scalar(
        select(Utskick)
        .options(joinedload(Utskick.aktor), joinedload(Utskick.handelse).options(selectinload(Handelse.lasare)))
        .where(Utskick.id == utskick_id, Utskick.slag != Utskicksslag.SYSTEM)
    )


def utskick_for_lagesbild(session: Session, lagesbild_id: int, nummer: int | None = None) -> dict[int, Utskick]:
    """What was sent of a lägesbild, by number of version: of one version when `nummer` is given. Without the texts."""
    sats = select(Utskick).options(*_UTAN_TEXTER).where(Utskick.lagesbild_id == lagesbild_id)
    found = session.scalars(sats if nummer is None else sats.where(Utskick.lagesbild_nummer == nummer))
    return {rad.lagesbild_nummer: rad for rad in found if rad.lagesbild_nummer is not None}


def utskick_for_underrattelse(session: Session, underrattelse_id: int) -> dict[int, Utskick]:
    """What was sent of an underrättelse, by number of version. Without the texts."""
    sats = select(Utskick).options(*_UTAN_TEXTER).where(Utskick.underrattelse_id == underrattelse_id)
    found = session.scalars(sats)
    return {rad.underrattelse_nummer: rad for rad in found if rad.underrattelse_nummer is not None}


def utskick_for_handelse(session: Session, handelse_id: int, aktor_id: int | None = None) -> Sequence[Utskick]:
    """What was sent in an event, by one actor when `aktor_id` is given; newest first. Without the texts."""
    sats = select(Utskick).options(joinedload(Utskick.aktor), *_UTAN_TEXTER).where(Utskick.handelse_id == handelse_id)
    if aktor_id is not None:
        sats = sats.where(Utskick.aktor_id == aktor_id)
    return session.scalars(sats.order_by(Utskick.id.desc())).all()


def ersatt_av(session: Session, utskick: Utskick) -> int | None:
    """The latest version that has been sent after this one of the same thing, or None if this is the latest."""
    if utskick.lagesbild_id is not None:
        nummer, samma = Utskick.lagesbild_nummer, Utskick.lagesbild_id == utskick.lagesbild_id
        egen = utskick.lagesbild_nummer
    elif utskick.underrattelse_id is not None:
        nummer, samma = Utskick.underrattelse_nummer, Utskick.underrattelse_id == utskick.underrattelse_id
        egen = utskick.underrattelse_nummer
    else:
        return None
    senaste = session.scalar(select(func.max(nummer)).where(samma))
    return senaste if senaste is not None and egen is not None and senaste > egen else None


def statusrader(session: Session, utskick_id: int) -> list[Statusrad]:
    """How far a dispatch has come, per actor and channel, in Swedish order."""
    rows = session.execute(
        select(Aktor.kortnamn, Leverans.kanal, Leverans.status, func.count())
        .select_from(Leverans)
        .outerjoin(Aktor, Aktor.id == Leverans.aktor_id)
        .where(Leverans.utskick_id == utskick_id)
        .group_by(Aktor.kortnamn, Leverans.kanal, Leverans.status)
    )
    summor: dict[tuple[str, str], Antal] = {}
    for kortnamn, kanal, status, antal in rows:
        nyckel = (kortnamn or "", kanal)
        summor[nyckel] = summor.get(nyckel, Antal()) + _antal(status, antal)
    ordnade = sorted(summor.items(), key=lambda rad: (svensk_nyckel(rad[0][0]), rad[0][1]))
    return [Statusrad(aktor, Kanalslag(kanal), antal) for (aktor, kanal), antal in ordnade]


def antal_for(session: Session, utskick_ids: Iterable[int]) -> dict[int, Antal]:
    """How far each of these dispatches has come, in all."""
    rows = session.execute(
        select(Leverans.utskick_id, Leverans.status, func.count())
        .where(Leverans.utskick_id.in_(list(utskick_ids)))
        .group_by(Leverans.utskick_id, Leverans.status)
    )
    summor: dict[int, Antal] = {}
    for utskick_id, status, antal in rows:
        summor[utskick_id] = summor.get(utskick_id, Antal()) + _antal(status, antal)
    return summor


def _antal(status: str, antal: int) -> Antal:
    # To the publisher, what is being sent right now still waits.
    falt = "vantar" if status in _VANTAR else status
    return Antal(**{falt: antal})


def uteblivna(session: Session, utskick_id: int) -> list[Uteblivet]:
    """Who did not get it and why, failures first; at most MAX_RADER of them."""
    rows = session.execute(
        select(
            Leverans.id,
            Anvandare.namn,
            Aktor.kortnamn,
            Leverans.kanal,
            Leverans.status,
            Leverans.orsak,
            Leverans.forsok,
            Leverans.andrad,
        )
        .join(Anvandare, Anvandare.id == Leverans.anvandare_id)
        .outerjoin(Aktor, Aktor.id == Leverans.aktor_id)
        .where(Leverans.utskick_id == utskick_id, Leverans.status.in_(_UTEBLEV))
        .order_by(Leverans.status, Anvandare.namn, Leverans.id)
        .limit(MAX_RADER)
    )
    return [
        Uteblivet(id_, namn, aktor or "", Kanalslag(kanal), status == Status.STRUKEN, orsak, forsok, andrad)
        for id_, namn, aktor, kanal, status, orsak, forsok, andrad in rows
    ]


@dataclass(frozen=True)
class Brevstatus:
    """How it went with the latest message of the system to one address. `orsak` says why, when it failed or waits."""

    status: Status
    orsak: str
    andrad: datetime


def senaste_brev(session: Session, anvandare_id: int, kanal: Kanalslag, adress: str) -> Brevstatus | None:
    """How it went with the latest letter about the person's account; codes are not among them."""
    return _senaste(session, anvandare_id, kanal, adress, Utskick.amne != KOD_AMNE)


def senaste_kod(session: Session, anvandare_id: int, kanal: Kanalslag, adress: str) -> Brevstatus | None:
    """How it went with the latest code to this number or address of the person."""
    return _senaste(session, anvandare_id, kanal, adress, Utskick.amne == KOD_AMNE)


def utan_brev(session: Session, anvandare_ids: Iterable[int]) -> set[int]:
    """Those of these people whose latest letter about the account did not get through to the address they log in by."""
    senaste = (
        select(func.max(Leverans.id))
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .join(Anvandare, Anvandare.id == Leverans.anvandare_id)
        .where(
            Leverans.anvandare_id.in_(list(anvandare_ids)),
            Leverans.kanal == Kanalslag.EPOST,
            Leverans.adress == Anvandare.epost,
            Utskick.slag == Utskicksslag.SYSTEM,
            Utskick.amne != KOD_AMNE,
        )
        .group_by(Leverans.anvandare_id)
    )
    found = select(Leverans.anvandare_id).where(Leverans.id.in_(senaste), Leverans.status == Status.MISSLYCKAD)
    return set(session.scalars(found))


def _senaste(
    session: Session, anvandare_id: int, kanal: Kanalslag, adress: str, villkor: ColumnElement[bool]
) -> Brevstatus | None:
    rad = session.execute(
        select(Leverans.status, Leverans.orsak, Leverans.andrad)
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .where(
            Leverans.anvandare_id == anvandare_id,
            Leverans.kanal == kanal,
            Leverans.adress == adress,
            Utskick.slag == Utskicksslag.SYSTEM,
            villkor,
        )
        .order_by(Leverans.id.desc())
        .limit(1)
    ).first()
    return None if rad is None else Brevstatus(Status(rad.status), rad.orsak, rad.andrad)


def aldsta_forfallna(session: Session, now: datetime) -> datetime | None:
    """Since when the oldest thing that should have been sent has waited, or None. A worker that is well keeps up.

    Counted are deliveries due, claims that have lapsed, and dispatches whose recipients have not been worked out.
    """
    tider = [
        _aldsta(session, Leverans.tidigast, Leverans.status == Status.VANTAR, now),
        _aldsta(session, Leverans.lease_till, Leverans.status == Status.SANDER, now),
        _aldsta(session, Utskick.skapad, Utskick.expanderat.is_(None), now),
    ]
    return min((tid for tid in tider if tid is not None), default=None)


def _aldsta(session: Session, tid: object, villkor: ColumnElement[bool], now: datetime) -> datetime | None:
    kolumn: ColumnElement[datetime] = tid  # type: ignore[assignment]
    return session.scalar(select(func.min(kolumn)).where(villkor, kolumn <= now))


@dataclass(frozen=True)
class Utkorgsbrev:
    """In the demo: one message, and to whom it would have been sent. `id` and `tid` are of the latest."""

    id: int
    kanal: Kanalslag
    amne: str
    text: str
    tid: datetime
    till: tuple[str, ...]


def utkorg(session: Session, *, fore: int | None = None, antal: int = PER_SIDA) -> tuple[list[Utkorgsbrev], int | None]:
    """In the demo: what would have been sent, newest first, the same message once; and from what id older ones follow.

    `fore` is such an id, `antal` how many deliveries to look at.
    """
    sats = select(Utkorgspost).order_by(Utkorgspost.id.desc()).limit(antal)
    poster = session.scalars(sats if fore is None else sats.where(Utkorgspost.id < fore)).all()
    lika: dict[tuple[str, str, str], list[Utkorgspost]] = {}
    for post in poster:
        lika.setdefault((post.kanal, post.amne, post.text), []).append(post)
    brev = [
        Utkorgsbrev(delar[0].id, Kanalslag(kanal), amne, text, delar[0].tid, tuple(post.till for post in delar))
        for (kanal, amne, text), delar in lika.items()
    ]
    return brev, poster[-1].id if len(poster) == antal else None
