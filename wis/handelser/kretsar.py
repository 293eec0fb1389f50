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

    Who did not read before reads what is published from now on; `aven_tidigare`: also what was published before. Who
    read already reads what they did. `till`: when the right of those chosen now ends by itself, if ever.
    """

    lasare: frozenset[int] | None
    aven_tidigare: bool = False
    till: datetime | None = None


def satt_handelsens_krets(session: Session, handelse: Handelse, val: Lasarval) -> None:
    """Give the (locked or new) event these readers."""
    since: dict[int, datetime | None] = dict.fromkeys(sorted(val.lasare or ()))
    alla_fran, before = None, None
    if handelse.id is not None:
        before = handelse.krets()
        since, alla_fran = _sedan(session, before, val, clock.now())
    since.pop(handelse.agare_id, None)
    kept = {rad.aktor_id: rad for rad in handelse.lasare}
    handelse.alla_aktorer, handelse.alla_fran = val.lasare is None, alla_fran
    handelse.lasare = [
        _rad(kept.get(id_) or HandelseLasare(aktor_id=id_), fran, _till(before, id_, val, kept.get(id_)))
        for id_, fran in since.items()
    ]


def satt_krets(session: Session, krets: Lasarkrets | None, agare: Aktor, val: Lasarval) -> Lasarkrets | None:
    """The circle of a thing that `agare` owns after the choice, flushed: the given one changed, a new one, or None.

    None (a thing without one is read as its event) stays None when all are to read it.
    """
    if krets is None and val.lasare is None:
        return None
    if krets is None:
        # It was read as its event is: whoever stays reads of it what the event lets them, however lately they came.
        return ny_krets(session, Lasarval(frozenset(val.lasare or ()) - {agare.id}, till=val.till))
    before = krets.krets(agare)
    since, alla_fran = _sedan(session, before, val, clock.now())
    since.pop(agare.id, None)
    kept = {rad.aktor_id: rad for rad in krets.valda}
    krets.alla, krets.alla_fran = val.lasare is None, alla_fran
    krets.valda = [
        _rad(kept.get(id_) or LasarkretsAktor(aktor_id=id_), fran, _till(before, id_, val, kept.get(id_)))
        for id_, fran in since.items()
    ]
    session.flush()
    return krets


def ny_krets(session: Session, val: Lasarval) -> Lasarkrets | None:
    """The circle of a thing that is published for the first time: who is chosen reads all of it, others nothing."""
    if val.lasare is None:
        return None
    valda = [LasarkretsAktor(aktor_id=id_, till=val.till) for id_ in sorted(val.lasare)]
    result = Lasarkrets(alla=False, valda=valda)
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
    if val.lasare is None and before.alla:
        return dict(before.fran), before.alla_fran
    if val.lasare is None and val.aven_tidigare:
        # Those that joined later are outside "all" for what is older than they are: they are named.
        late = session.scalars(select(Aktor.id).where(Aktor.ansluten.is_not(None)))
        return {**before.fran, **dict.fromkeys(late)}, None
    if val.lasare is None:
        return dict(before.fran), nu
    joined = _anslutna(session, val.lasare)
    return {id_: _sedan_for(before, id_, joined, val, nu) for id_ in sorted(val.lasare)}, None


def _sedan_for(
    before: Krets, aktor_id: int, joined: Mapping[int, datetime | None], val: Lasarval, nu: datetime
) -> datetime | None:
    if before.rymmer(aktor_id, joined.get(aktor_id), None):
        return before.sedan(aktor_id, joined.get(aktor_id))
    return None if val.aven_tidigare else nu


def _anslutna(session: Session, ids: Collection[int]) -> dict[int, datetime | None]:
    rows = session.execute(select(Aktor.id, Aktor.ansluten).where(Aktor.id.in_(ids)))
    return {id_: ansluten for id_, ansluten in rows}


def _till(
    before: Krets | None, aktor_id: int, val: Lasarval, rad: HandelseLasare | LasarkretsAktor | None
) -> datetime | None:
    """When the right ends: as chosen now for who was not chosen before, as it was for who was."""
    if val.lasare is None:
        # What is opened to all with all there was has no end for anybody.
        opened = val.aven_tidigare and before is not None and not before.alla
        return None if rad is None or opened else rad.till
    chosen = before is not None and not before.alla and aktor_id in before.fran
    return rad.till if chosen and rad is not None else val.till


def _rad(rad: Rad, fran: datetime | None, till: datetime | None) -> Rad:
    rad.fran, rad.till = fran, till
    return rad
