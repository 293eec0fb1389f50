"""Reads of what was sent and how it goes. No number and no address leaves this module."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, case, func, or_, select
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
_PROVAD = case((Leverans.forsok > 0, 1), else_=0)
# As wis.notiser.expandering strikes what a newer version replaces.
_UTEBLEV = or_(
    Leverans.status.in_([Status.MISSLYCKAD, Status.OVISS]),
    and_(Leverans.status == Status.STRUKEN, Leverans.orsak.not_like("ersatt av %")),
    and_(Leverans.status.in_([Status.VANTAR, Status.TAGEN]), Leverans.forsok > 0),
)
_VARST_FORST = case({Status.MISSLYCKAD: 0, Status.OVISS: 1, Status.STRUKEN: 3}, value=Leverans.status, else_=2)
# What is long, and shown on the page of the dispatch alone.
_UTAN_TEXTER = (defer(Utskick.sms), defer(Utskick.epost))


@dataclass(frozen=True)
class Antal:
    """How many deliveries stand where. `nytt_forsok`: waits, and has been tried; else as Status tells."""

    levererad: int = 0
    mottagen: int = 0
    sands: int = 0
    vantar: int = 0
    nytt_forsok: int = 0
    oviss: int = 0
    misslyckad: int = 0
    struken: int = 0

    def __add__(self, annan: "Antal") -> "Antal":
        return Antal(*(en + an for en, an in zip(astuple(self), astuple(annan), strict=True)))

    @property
    def gatt(self) -> int:
        """How many have been handed over and need nothing more."""
        return self.levererad + self.mottagen

    @property
    def kvar(self) -> int:
        """How many are yet to go."""
        return self.vantar + self.nytt_forsok + self.sands

    @property
    def alla(self) -> int:
        """How many are to be sent, or have been."""
        return int(sum(astuple(self))) - self.struken


LAGEN = {
    "levererad": ("Framme", "levererad"),
    "mottagen": ("Lämnad till leverantören", "gron"),
    "sands": ("Sänds nu", "vantar"),
    "vantar": ("Väntar", "vantar"),
    "nytt_forsok": ("Väntar på nytt försök", "gul"),
    "oviss": ("Oklart om den kom fram", "okand"),
    "misslyckad": ("Kom inte fram", "misslyckad"),
    "struken": ("Ska inte skickas", "gra"),
}
"""The fields of Antal in the order that they are shown: what each is called, and its mark in komponenter/marken."""


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
        """Whether nothing waits, and nothing has failed or is unknown."""
        return not (self.antal.kvar or self.antal.misslyckad or self.antal.oviss)


def per_aktor(rader: Iterable[Statusrad]) -> list[Aktorsrad]:
    """The rows of statusrader() by actor; those that someone should look at come first."""
    delade = [(aktor, tuple(delar)) for aktor, delar in groupby(rader, key=lambda rad: rad.aktor)]
    samlade = [Aktorsrad(aktor, sum((del_.antal for del_ in delar), Antal()), delar) for aktor, delar in delade]
    return sorted(samlade, key=lambda rad: rad.klar)


@dataclass(frozen=True)
class Uteblivet:
    """One who did not get it by one channel, or may not have, and why. `lage` is a key of LAGEN; `nasta`: of a try."""

    leverans_id: int
    namn: str
    aktor: str
    kanal: Kanalslag
    lage: str
    orsak: str
    forsok: int
    andrad: datetime
    nasta: datetime


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


def utskick_for_handelse(
    session: Session, handelse_id: int, aktor_id: int | None = None, *, fore: int | None = None, antal: int = 50
) -> Sequence[Utskick]:
    """The `antal` newest that were sent in an event, by one actor when `aktor_id` is given, newest first.

    `fore`: those made before that one. Without the texts.
    """
    sats = select(Utskick).options(joinedload(Utskick.aktor), *_UTAN_TEXTER).where(Utskick.handelse_id == handelse_id)
    if aktor_id is not None:
        sats = sats.where(Utskick.aktor_id == aktor_id)
    if fore is not None:
        sats = sats.where(Utskick.id < fore)
    return session.scalars(sats.order_by(Utskick.id.desc()).limit(antal)).all()


def hallna(session: Session, handelse_id: int, aktor_id: int, now: datetime) -> Sequence[Utskick]:
    """What the actor is about to send in the event and can still take back, newest first. Without the texts."""
    sats = select(Utskick).options(joinedload(Utskick.aktor), *_UTAN_TEXTER)
    vantar = (Utskick.expanderat.is_(None), Utskick.halls_till > now)
    egna = (Utskick.handelse_id == handelse_id, Utskick.aktor_id == aktor_id)
    return session.scalars(sats.where(*vantar, *egna).order_by(Utskick.id.desc())).all()


def ersatt_av(session: Session, utskick: Utskick) -> int | None:
    """The latest version that has been sent after this one of the same thing, or None if this is the latest.

    What was taken back has not been sent.
    """
    if utskick.lagesbild_id is not None:
        nummer, samma = Utskick.lagesbild_nummer, Utskick.lagesbild_id == utskick.lagesbild_id
        egen = utskick.lagesbild_nummer
    elif utskick.underrattelse_id is not None:
        nummer, samma = Utskick.underrattelse_nummer, Utskick.underrattelse_id == utskick.underrattelse_id
        egen = utskick.underrattelse_nummer
    else:
        return None
    senaste = session.scalar(select(func.max(nummer)).where(samma, Utskick.angrad.is_(None)))
    return senaste if senaste is not None and egen is not None and senaste > egen else None


def statusrader(session: Session, utskick_id: int) -> list[Statusrad]:
    """How far a dispatch has come, per actor and channel, in Swedish order."""
    rows = session.execute(
        select(Aktor.kortnamn, Leverans.kanal, Leverans.status, _PROVAD, func.count())
        .select_from(Leverans)
        .outerjoin(Aktor, Aktor.id == Leverans.aktor_id)
        .where(Leverans.utskick_id == utskick_id)
        .group_by(Aktor.kortnamn, Leverans.kanal, Leverans.status, _PROVAD)
    )
    summor: dict[tuple[str, str], Antal] = {}
    for kortnamn, kanal, status, provad, antal in rows:
        nyckel = (kortnamn or "", kanal)
        summor[nyckel] = summor.get(nyckel, Antal()) + Antal(**{lage_av(status, provad): antal})
    ordnade = sorted(summor.items(), key=lambda rad: (svensk_nyckel(rad[0][0]), rad[0][1]))
    return [Statusrad(aktor, Kanalslag(kanal), antal) for (aktor, kanal), antal in ordnade]


def antal_for(session: Session, utskick_ids: Iterable[int]) -> dict[int, Antal]:
    """How far each of these dispatches has come, in all."""
    rows = session.execute(
        select(Leverans.utskick_id, Leverans.status, _PROVAD, func.count())
        .where(Leverans.utskick_id.in_(list(utskick_ids)))
        .group_by(Leverans.utskick_id, Leverans.status, _PROVAD)
    )
    summor: dict[int, Antal] = {}
    for utskick_id, status, provad, antal in rows:
        summor[utskick_id] = summor.get(utskick_id, Antal()) + Antal(**{lage_av(status, provad): antal})
    return summor


def lage_av(status: str, provad: int) -> str:
    """The field of Antal that a delivery is counted in; `provad`: how often it has been tried."""
    if status in {Status.VANTAR, Status.TAGEN}:
        # To the sender, what somebody has claimed and not begun still waits.
        return "nytt_forsok" if provad else "vantar"
    return status


def uteblivna(session: Session, utskick_id: int, *, fran: int = 0, antal: int = MAX_RADER) -> list[Uteblivet]:
    """Who did not get it and why, or may not have: `antal` of them after the first `fran`, the worst first.

    Who got a newer version instead is not among them.
    """
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
            Leverans.tidigast,
        )
        .join(Anvandare, Anvandare.id == Leverans.anvandare_id)
        .outerjoin(Aktor, Aktor.id == Leverans.aktor_id)
        .where(Leverans.utskick_id == utskick_id, _UTEBLEV)
        .order_by(_VARST_FORST, Aktor.kortnamn, Anvandare.namn, Leverans.id)
        .offset(fran)
        .limit(antal)
    )
    return [
        Uteblivet(id_, namn, aktor or "", Kanalslag(kanal), lage_av(status, forsok), orsak, forsok, andrad, nasta)
        for id_, namn, aktor, kanal, status, orsak, forsok, andrad, nasta in rows
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

    Counted are deliveries due, or put off since their provider failed, claims that have lapsed, and dispatches whose
    recipients have not been worked out.
    """
    tider = [
        _aldsta(session, Leverans.tidigast, Leverans.status == Status.VANTAR, now),
        _aldsta(session, Leverans.fran, (Leverans.status == Status.VANTAR) & Leverans.om_leverantoren, now),
        _aldsta(session, Leverans.lease_till, Leverans.status.in_([Status.TAGEN, Status.SANDS]), now),
        _aldsta(session, func.coalesce(Utskick.halls_till, Utskick.skapad), Utskick.expanderat.is_(None), now),
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
