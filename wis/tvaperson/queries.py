"""Reads of rules and proposals, and of who may approve."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from wis import clock
from wis.audit import Loggpost
from wis.auth.models import Anvandare, Anvandarslag, Medlemskap
from wis.auth.queries import galler, giltiga_medlemskap, subjekt_av
from wis.auth.rules import Roll, Sak, Subjekt, Verb, can
from wis.tvaperson.models import Forslag, Niva, Status, Tvapersonsregel
from wis.tvaperson.publicering import publicerare_av

SYNS_AVGJORT = timedelta(hours=12)
"""For how long its author is reminded of what a colleague sent back."""
MAX_VISADE = 20
"""So many that wait are shown at once; that there are more is said."""
MAX_PROVADE = 200
"""So many are looked through for those that one may see."""
MINNER = (Status.VANTAR.value, Status.AVBOJT.value, Status.FORALDRAT.value)
"""What has become of a proposal that its author is reminded of."""
ANDRAR_REGEL = "tvåpersonsregel"
"""What changing the rules is called in the record."""


def regler(session: Session, aktor_id: int, lage: str) -> frozenset[Niva]:
    """The levels on which the actor wants two persons in events in this läge."""
    rader = select(Tvapersonsregel.niva).where(Tvapersonsregel.aktor_id == aktor_id, Tvapersonsregel.lage == lage)
    return frozenset(Niva(niva) for niva in session.scalars(rader))


def alla_regler(session: Session, aktor_id: int) -> frozenset[tuple[str, str]]:
    """Every rule of the actor: läge and level."""
    rader = select(Tvapersonsregel.lage, Tvapersonsregel.niva).where(Tvapersonsregel.aktor_id == aktor_id)
    return frozenset((lage, niva) for lage, niva in session.execute(rader))


@dataclass(frozen=True)
class Andrad:
    """Who changed the rules last, and when."""

    namn: str
    tid: datetime


def senast_andrad(session: Session, aktor_id: int) -> Andrad | None:
    """By the record; None if nobody ever has."""
    rad = session.execute(
        select(Anvandare.namn, Loggpost.tid)
        .join(Anvandare, Anvandare.id == Loggpost.anvandare_id)
        .where(Loggpost.objekt == f"aktor:{aktor_id}", Loggpost.handling == ANDRAR_REGEL)
        .order_by(Loggpost.nummer.desc())
        .limit(1)
    ).first()
    return None if rad is None else Andrad(rad.namn, rad.tid)


# --- people --------------------------------------------------------------------------------------------------------


def personer_hos(session: Session, aktor_id: int) -> list[tuple[Anvandare, Subjekt]]:
    """The people in force at the actor but its guests, each as rights are judged there now."""
    now = clock.now()
    found = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(contains_eager(Medlemskap.anvandare), joinedload(Medlemskap.aktor))
        .options(selectinload(Medlemskap.handelseroller))
        .where(
            Medlemskap.aktor_id == aktor_id,
            Medlemskap.gast_handelse_id.is_(None),
            Anvandare.slag == Anvandarslag.PERSON,
            galler(now),
        )
        .order_by(Medlemskap.id)
    ).all()
    return [(m.anvandare, subjekt_av(m, now=now)) for m in found]


def far_publicera(session: Session, aktor_id: int, sak: Sak) -> list[Anvandare]:
    """The people at the actor who may publish the thing."""
    now = clock.now()
    return [person for person, who in personer_hos(session, aktor_id) if can(who, Verb.PUBLICERA, sak, now)]


def antal_som_publicerar(session: Session, aktor_id: int) -> int:
    """How many at the actor may publish for it where no role is set for the event."""
    now = clock.now()
    roller = (who.standardroll(now) for _, who in personer_hos(session, aktor_id))
    return sum(roll is not None and roll.niva >= Roll.TALESPERSON.niva for roll in roller)


def administratorer(session: Session, aktor_id: int) -> list[Anvandare]:
    """The people who administer the actor."""
    return [person for person, who in personer_hos(session, aktor_id) if who.administrator]


def forfattaren(session: Session, forslag: Forslag) -> Subjekt | None:
    """Who proposed it, as rights are judged now; None if they are nothing at the actor any longer."""
    now = clock.now()
    egna = giltiga_medlemskap(session, forslag.anvandare_id, now)
    hos = [m for m in egna if m.aktor_id == forslag.aktor_id and m.gast_handelse_id is None]
    return subjekt_av(hos[0], now=now) if hos else None


# --- proposals -----------------------------------------------------------------------------------------------------


def find_forslag(session: Session, who: Subjekt, forslag_id: int) -> Forslag | None:
    """The proposal if it is of the actor that one acts for; judge the right to it by far_se() before it is shown."""
    found = session.get(Forslag, forslag_id)
    return found if found is not None and found.aktor_id == who.aktor_id else None


def las_forslag(session: Session, forslag_id: int) -> Forslag:
    """The proposal, locked, as it is once the lock is ours: after its event and its thing."""
    return session.get_one(Forslag, forslag_id, with_for_update={"of": Forslag}, populate_existing=True)


def find_eget(session: Session, who: Subjekt, forslag_id: int | None) -> Forslag | None:
    """One's own proposal for the actor that one acts for, unless it has been published."""
    found = None if forslag_id is None else find_forslag(session, who, forslag_id)
    eget = found is not None and found.anvandare_id == who.anvandare_id and found.status != Status.GODKANT
    return found if eget else None


def far_se(session: Session, who: Subjekt, forslag: Forslag) -> bool:
    """Whether it is one's own, or one may publish such things; and reads its event as it is now."""
    now = clock.now()
    if forslag.aktor_id != who.aktor_id or who.gast_i is not None:
        return False
    if not can(who, Verb.LASA, forslag.handelse.sak(), now):
        return False
    if forslag.anvandare_id == who.anvandare_id:
        return True
    # Also once the event is closed: then it can't be approved, but be sent back.
    sak = replace(publicerare_av(forslag).sak(session, forslag), stangd=False)
    return bool(can(who, Verb.PUBLICERA, sak, now))


@dataclass(frozen=True)
class Ruta:
    """What the pages remind of: what one is asked to approve (and `till` more), and how it went with one's own."""

    andras: Sequence[Forslag] = ()
    egna: Sequence[Forslag] = ()
    till: int = 0

    def __bool__(self) -> bool:
        return bool(self.andras or self.egna)


def ruta(session: Session, who: Subjekt, handelse_id: int | None = None) -> Ruta:
    """What waits at one's actor, in the event if one is named. For whom publishes nothing no question is asked."""
    if who.betraktare is not None or not _kan_publicera(who, handelse_id):
        return Ruta()
    found = [rad for rad in _aktuella(session, who, handelse_id) if far_se(session, who, rad)]
    andras = [rad for rad in found if rad.anvandare_id != who.anvandare_id]
    egna = [rad for rad in found if rad.anvandare_id == who.anvandare_id]
    egna.sort(key=lambda rad: rad.id, reverse=True)
    return Ruta(andras[:MAX_VISADE], egna[:MAX_VISADE], max(0, len(andras) - MAX_VISADE))


def _kan_publicera(who: Subjekt, handelse_id: int | None) -> bool:
    now = clock.now()
    roller = [who.roll_i(handelse_id, now)]
    if handelse_id is None:
        roller += [who.roll_i(rad.handelse_id, now) for rad in who.handelseroller]
    return who.gast_i is None and any(roll is not None and roll.niva >= Roll.TALESPERSON.niva for roll in roller)


def _aktuella(session: Session, who: Subjekt, handelse_id: int | None) -> Sequence[Forslag]:
    """What waits, the urgent first and then the oldest; after that what became of one's own."""
    rad = Forslag
    villkor = [rad.aktor_id == who.aktor_id]
    if handelse_id is not None:
        villkor.append(rad.handelse_id == handelse_id)
    svar = and_(
        rad.anvandare_id == who.anvandare_id,
        rad.status.in_(MINNER),
        rad.avgjord > clock.now() - SYNS_AVGJORT,
        _senast_om_sin_sak(),
    )
    return session.scalars(
        select(rad)
        .options(joinedload(rad.anvandare), joinedload(rad.avgjord_av), joinedload(rad.handelse))
        .where(*villkor, or_(rad.status == Status.VANTAR, svar))
        .order_by(rad.status != Status.VANTAR, rad.niva != Niva.BRADSKANDE, rad.id)
        .limit(MAX_PROVADE)
    ).all()


def _senast_om_sin_sak() -> ColumnElement[bool]:
    """SQL: its author has proposed nothing for the same thing since; what became of the newest is what counts."""
    rad, senare = Forslag, aliased(Forslag)
    samma = (
        getattr(senare, namn) == getattr(rad, namn)
        for namn in ("anvandare_id", "aktor_id", "handelse_id", "slag", "sak")
    )
    return ~exists().where(*samma, senare.id > rad.id)
