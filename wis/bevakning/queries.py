"""What a person watches, and what of it may be read now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.rules import Subjekt
from wis.bevakning.matchning import namnet
from wis.bevakning.models import Bevakning, Bevakningstraff
from wis.bevakning.rules import BEVAKBARA, Vad
from wis.handelser.lasratt import lasbar_for
from wis.handelser.models import Handelse
from wis.notiser.models import Utskick
from wis.notiser.queries import LAGESBILD, utskickets_innehall
from wis.sok import queries as sok
from wis.sok.rules import Fraga, forsta_id, tolka

VECKA = timedelta(days=7)
VISADE = 3
KOMMUN = "kommun"


@dataclass(frozen=True)
class Traff:
    """A dispatch that a watch hit, which the one who asks may read."""

    utskick_id: int
    amne: str
    tid: datetime


@dataclass(frozen=True)
class Rad:
    """A watch, how many it has hit in a week (`ny`: it has not been there for one), and the newest of them."""

    bevakning: Bevakning
    antal: int
    ny: bool
    senaste: tuple[Traff, ...]


def find(session: Session, who: Subjekt, id_: int) -> Bevakning | None:
    """The watch with this id, if it is the person's own, as the actor they act for."""
    b = Bevakning
    return session.scalar(select(b).where(b.id == id_, b.anvandare_id == who.anvandare_id, b.aktor_id == who.aktor_id))


def find_lika(session: Session, who: Subjekt, nyckel: str) -> Bevakning | None:
    """The person's own watch of just this, as the actor they act for."""
    b = Bevakning
    egen = (b.anvandare_id == who.anvandare_id, b.aktor_id == who.aktor_id)
    return session.scalar(select(b).where(*egen, b.nyckel == nyckel))


def antal(session: Session, anvandare_id: int) -> int:
    """How many the person has, as whichever actor."""
    fraga = select(func.count()).select_from(Bevakning).where(Bevakning.anvandare_id == anvandare_id)
    return session.scalar(fraga) or 0


def mina(session: Session, who: Subjekt) -> list[Rad]:
    """The person's own, as the actor they act for, by name, with what they have hit."""
    b = Bevakning
    found = session.scalars(select(b).where(b.anvandare_id == who.anvandare_id, b.aktor_id == who.aktor_id)).all()
    egna = sorted(found, key=lambda en: (svensk_nyckel(en.namn), en.id))
    sedan = clock.now() - VECKA
    fraga = _lasta(who, Bevakningstraff.bevakning_id, func.count()).where(
        Utskick.skapad >= sedan, Bevakningstraff.bevakning_id.in_([en.id for en in egna])
    )
    per = {id_: hur_manga for id_, hur_manga in session.execute(fraga.group_by(Bevakningstraff.bevakning_id))}
    return [Rad(en, per.get(en.id, 0), en.skapad > sedan, _senaste(session, who, en)) for en in egna]


def _senaste(session: Session, who: Subjekt, bevakning: Bevakning) -> tuple[Traff, ...]:
    fraga = _lasta(who, Utskick.id, Utskick.amne, Utskick.skapad).where(Bevakningstraff.bevakning_id == bevakning.id)
    rader = session.execute(fraga.order_by(Utskick.id.desc()).limit(VISADE))
    return tuple(Traff(id_, amne, tid) for id_, amne, tid in rader)


def _lasta(who: Subjekt, *kolumner: Any) -> Select[Any]:
    """SQL: these columns of what watches have hit and may be read now."""
    return (
        select(*kolumner)
        .select_from(Bevakningstraff)
        .join(Utskick, Utskick.id == Bevakningstraff.utskick_id)
        .join(Handelse, Handelse.id == Utskick.handelse_id)
        .outerjoin(LAGESBILD, LAGESBILD.c.id == Utskick.lagesbild_id)
        .where(lasbar_for(who, utskickets_innehall()))
    )


def kommuner(session: Session) -> Sequence[Aktor]:
    """Those that can be chosen."""
    found = session.scalars(select(Aktor).where(Aktor.typ == KOMMUN)).all()
    return sorted(found, key=lambda en: svensk_nyckel(en.kortnamn))


def senaste_veckan(session: Session, who: Subjekt, vad: Vad) -> int:
    """How many versions of the last seven days are what is to be watched, of those that may be read.

    One more than sok.MAX_TRAFFAR stands for 'more'.
    """
    lagst = forsta_id(clock.now() - VECKA)
    if not vad.kommuner:
        filtret = sok.Filter(vad.ovning, vad.handelse_id, vad.av_aktor_id, vad.sort, lagst)
        return len(_bevakbara(session, who, tolka(vad.ord), filtret))
    found: set[int] = set()
    for aktor in session.scalars(select(Aktor).where(Aktor.slug.in_(vad.kommuner))):
        found |= _bevakbara(session, who, Fraga(), sok.Filter(vad.ovning, aktor_id=aktor.id, lagst=lagst))
        for villkor in namnet(aktor.kortnamn):
            found |= _bevakbara(session, who, Fraga(villkor), sok.Filter(vad.ovning, lagst=lagst))
    return min(len(found), sok.MAX_TRAFFAR + 1)


def _bevakbara(session: Session, who: Subjekt, fraga: Fraga, filtret: sok.Filter) -> set[int]:
    return {nyckel.id for nyckel in sok.sok(session, who, fraga, filtret) if nyckel.sort in BEVAKBARA}
