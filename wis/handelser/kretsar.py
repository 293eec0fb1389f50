"""Choosing who reads: the circle of an event and of each thing in it, and since when. In the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.krets import Krets
from wis.handelser.models import Handelse, HandelseLasare, Lasarkrets, LasarkretsAktor

Rad = TypeVar("Rad", HandelseLasare, LasarkretsAktor)


@dataclass(frozen=True)
class Lasarval:
    """Who is to read: these actors (and the owner); None = all, for a thing: all who read the event.

    Who did not read before reads what is published from now on; `aven_tidigare`: also what was published before.
    """

    lasare: frozenset[int] | None
    aven_tidigare: bool = False


def satt_handelsens_krets(session: Session, handelse: Handelse, val: Lasarval) -> None:
    """Give the (locked or new) event these readers."""
    since: dict[int, datetime | None] = dict.fromkeys(sorted(val.lasare or ()))
    alla_fran = None
    if handelse.id is not None:
        since, alla_fran = _sedan(session, handelse.krets(), val, clock.now())
    since.pop(handelse.agare_id, None)
    kept = {rad.aktor_id: rad for rad in handelse.lasare}
    handelse.alla_aktorer, handelse.alla_fran = val.lasare is None, alla_fran
    handelse.lasare = [_rad(kept.get(id_) or HandelseLasare(aktor_id=id_), fran) for id_, fran in since.items()]


def satt_krets(session: Session, krets: Lasarkrets | None, agare: Aktor, val: Lasarval) -> Lasarkrets | None:
    """The circle of a thing that `agare` owns after the choice, flushed: the given one changed, a new one, or None.

    None (a thing without one is read as its event) stays None when all are to read it.
    """
    if krets is None and val.lasare is None:
        return None
    before = Krets(alla=True) if krets is None else krets.krets(agare)
    since, alla_fran = _sedan(session, before, val, clock.now())
    since.pop(agare.id, None)
    result = krets or Lasarkrets(valda=[])
    kept = {rad.aktor_id: rad for rad in result.valda}
    result.alla, result.alla_fran = val.lasare is None, alla_fran
    result.valda = [_rad(kept.get(id_) or LasarkretsAktor(aktor_id=id_), fran) for id_, fran in since.items()]
    session.add(result)
    session.flush()
    return result


def ny_krets(session: Session, val: Lasarval) -> Lasarkrets | None:
    """The circle of a thing that is published for the first time: who is chosen reads all of it, others nothing."""
    if val.lasare is None:
        return None
    result = Lasarkrets(alla=False, valda=[LasarkretsAktor(aktor_id=id_) for id_ in sorted(val.lasare)])
    session.add(result)
    session.flush()
    return result


def lagg_till(krets: Krets, aktor_id: int, *, aven_tidigare: bool) -> Lasarval:
    """The choice that adds one actor to those who read already."""
    lasare = None if krets.alla else frozenset(krets.fran) | {aktor_id}
    return Lasarval(lasare, aven_tidigare)


def _sedan(
    session: Session, before: Krets, val: Lasarval, nu: datetime
) -> tuple[dict[int, datetime | None], datetime | None]:
    """Since when each chosen actor reads, and since when all do. Who read already keeps what it had."""
    if val.lasare is None and val.aven_tidigare:
        # Those that joined later are outside "all" for what is older than they are: they are named.
        late = session.scalars(select(Aktor.id).where(Aktor.ansluten.is_not(None)))
        return {**before.fran, **dict.fromkeys(late)}, None
    if val.lasare is None:
        return dict(before.fran), before.alla_fran if before.alla else nu
    joined = _anslutna(session, val.lasare)
    return {id_: _sedan_for(before, id_, joined, val, nu) for id_ in sorted(val.lasare)}, None


def _sedan_for(
    before: Krets, aktor_id: int, joined: Mapping[int, datetime | None], val: Lasarval, nu: datetime
) -> datetime | None:
    if val.aven_tidigare:
        return None
    if before.rymmer(aktor_id, joined.get(aktor_id), None):
        return before.sedan(aktor_id, joined.get(aktor_id))
    return nu


def _anslutna(session: Session, ids: Collection[int]) -> dict[int, datetime | None]:
    rows = session.execute(select(Aktor.id, Aktor.ansluten).where(Aktor.id.in_(ids)))
    return {id_: ansluten for id_, ansluten in rows}


def _rad(rad: Rad, fran: datetime | None) -> Rad:
    rad.fran = fran
    return rad
