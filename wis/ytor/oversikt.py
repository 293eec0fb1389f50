"""An event's stream as times and authors alone: enough to say, of any reader, what is new and what was seen last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, or_, select, type_coerce
from sqlalchemy.orm import Session

from wis.auth.rules import Subjekt
from wis.db import UtcDateTime
from wis.handelser.models import LasarkretsAktor
from wis.lagesbild.models import Lagesbild
from wis.underrattelser.models import Underrattelse
from wis.ytor import flode, queries
from wis.ytor.flode import Lasbar
from wis.ytor.rules import MAX_NYA, Slag

LANGD = 120
"""So many of the newest things are kept: more than are ever counted as new."""


@dataclass(frozen=True)
class Rad:
    """One thing: when it was written, by whom, and of a version of a lägesbild which that is (else 0), its number."""

    tid: datetime
    av_id: int
    lagesbild_id: int
    nummer: int


@dataclass(frozen=True)
class Flode:
    """The newest things that may be read, newest first; `helt` if there are no more. `senast`: the newest's time."""

    rader: tuple[Rad, ...]
    senast: datetime | None
    helt: bool

    def nya(self, anvandare_id: int, sedd_till: datetime | None) -> int | None:
        """How many are new to the person, at most MAX_NYA + 1; None if that can't be said from these."""
        sedan = [rad for rad in self.rader if sedd_till is None or rad.tid > sedd_till]
        antal = sum(rad.av_id != anvandare_id for rad in sedan)
        if antal <= MAX_NYA and not self.helt and len(sedan) == len(self.rader):
            return None
        return min(antal, MAX_NYA + 1)

    def sedda(self, till: datetime, lagesbilder: Collection[int]) -> dict[int, int] | None:
        """For each of these: the number of its last version up to `till`, if it has any; None if that can't be said."""
        sedda: dict[int, int] = {}
        for rad in self.rader:
            if rad.lagesbild_id in lagesbilder and rad.tid <= till:
                sedda.setdefault(rad.lagesbild_id, rad.nummer)
        return sedda if self.helt or len(sedda) == len(set(lagesbilder)) else None


def flodet(session: Session, who: Subjekt, handelse_id: int) -> Flode:
    """The stream of the event as `who` may read it."""
    if not queries.har_roll(who, handelse_id):
        return Flode((), None, helt=True)
    varden = queries.bundna(who) | {"handelse": handelse_id, "antal": LANGD + 1}
    rows = session.execute(queries.sats(_flodet_sats, who), varden).all()
    rader = tuple(
        Rad(row.tid, row.av_id, row.objekt_id if row.slag in _VERSIONER else 0, row.nummer) for row in rows[:LANGD]
    )
    return Flode(rader, rows[0].tid if rows else None, helt=len(rows) <= LANGD)


_VERSIONER = {Slag.SAMLAD.value, Slag.EGEN.value}


@cache
def _flodet_sats(lasbar: Lasbar) -> Select[Any]:
    allt = flode.nycklar(lasbar, flode.Filter(skrivna=True))
    tid = type_coerce(allt.c.tid, UtcDateTime()).label("tid")
    return select(allt.c.slag, allt.c.objekt_id, allt.c.nummer, tid, allt.c.av_id).order_by(*flode.ordning(allt))


def ratt_slutar(session: Session, handelse_id: int, now: datetime) -> datetime | None:
    """When the first right to read something apart in the event ends by itself; None if none does."""
    # Walks the rights that will end, in order: they are few beside the things that have readers of their own.
    i_handelsen = (
        select(sak.id).where(sak.handelse_id == handelse_id, sak.krets_id == LasarkretsAktor.krets_id).exists()
        for sak in (Lagesbild, Underrattelse)
    )
    forst: datetime | None = session.scalar(
        select(LasarkretsAktor.till)
        .where(LasarkretsAktor.till > now, or_(*i_handelsen))
        .order_by(LasarkretsAktor.till)
        .limit(1)
    )
    return forst
