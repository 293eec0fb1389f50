"""From what is to be said to whom: a dispatch becomes one delivery per recipient and channel, in short transactions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from wis import clock
from wis.auth.models import Anvandare
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import bevakare, queries, rules
from wis.notiser.models import Leverans, Status, Utskick
from wis.tx import transaction

PARTI = 500
"""How many people a step goes through: what it costs to find out does not grow with how many there are."""


@dataclass(frozen=True)
class Framsteg:
    """What one step did. `berorda` are the dispatches whose figures changed, as (id, event, sending actor)."""

    utskick_id: int
    klar: bool
    berorda: tuple[tuple[int, int | None, int | None], ...]


def finns_att_expandera(session: Session, now: datetime) -> bool:
    """Whether some dispatch that is not held still lacks recipients."""
    return session.scalar(select(exists().where(*_mogna(now)))) or False


def _mogna(now: datetime, av: type[Utskick] = Utskick) -> tuple[ColumnElement[bool], ...]:
    return av.expanderat.is_(None), or_(av.halls_till.is_(None), av.halls_till <= now)


def expandera(database: Database, *, antal: int = PARTI) -> Framsteg | None:
    """Work out who of the next `antal` people are told by the dispatch whose turn it is; None if nothing is to be done.

    Urgent ones come first. Versions of the same thing are taken in order, one after the other: what a newer version
    strikes must be there to be struck. Run twice, or by two at once, it makes no delivery twice.
    """
    with database.reading() as session:
        if not finns_att_expandera(session, clock.now()):
            return None
    with transaction(database) as session:
        utskick = _nasta(session)
        return None if utskick is None else _steg(session, utskick, antal)


def _nasta(session: Session) -> Utskick | None:
    now, aldre = clock.now(), aliased(Utskick)
    fore = exists().where(
        # One that is still held does not make a newer one wait, but is passed by it.
        *_mogna(now, aldre),
        aldre.id < Utskick.id,
        or_(
            and_(aldre.lagesbild_id.is_not(None), aldre.lagesbild_id == Utskick.lagesbild_id),
            and_(aldre.underrattelse_id.is_not(None), aldre.underrattelse_id == Utskick.underrattelse_id),
        ),
    )
    return session.scalar(
        select(Utskick)
        .where(*_mogna(now), ~fore)
        .order_by(Utskick.bradskande.desc(), Utskick.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _steg(session: Session, utskick: Utskick, antal: int) -> Framsteg:
    now = clock.now()
    handelse = session.get_one(Handelse, utskick.handelse_id)
    rattar = None
    if utskick.underrattelse_id is not None and utskick.underrattelse_nummer is not None:
        rattar = (utskick.underrattelse_id, utskick.underrattelse_nummer) if utskick.underrattelse_nummer > 1 else None
    fraga = queries.Fraga(handelse.id, handelse.ovning, utskick.slag, queries.lasning_av(session, utskick), rattar)
    efter = utskick.expanderat_till
    _ga_forbi_hallna(session, utskick, now)
    till = session.scalar(
        select(Anvandare.id).where(Anvandare.id > efter).order_by(Anvandare.id).offset(antal - 1).limit(1)
    )
    prenumeranter = queries.mottagare(session, fraga, now, efter=efter, till=till)
    mottagare = bevakare.med_bevakande(session, utskick, fraga, prenumeranter, now, till)
    _skriv(session, utskick, mottagare, now)
    strukna = _stryk_aldre(session, utskick, mottagare, now)
    if till is None:
        utskick.expanderat = now
    else:
        utskick.expanderat_till = till
    session.flush()
    berorda = ((utskick.id, utskick.handelse_id, utskick.aktor_id), *strukna)
    return Framsteg(utskick.id, utskick.expanderat is not None, berorda)


def _ga_forbi_hallna(session: Session, utskick: Utskick, now: datetime) -> None:
    """Of the same thing, nobody is told of an older version that was still held when a newer one went."""
    villkor, _ = _aldre_versioner(utskick)
    if villkor is not None:
        session.execute(
            update(Utskick)
            .where(villkor, Utskick.expanderat.is_(None))
            .values(expanderat=now)
            .execution_options(synchronize_session=False)
        )


def _skriv(session: Session, utskick: Utskick, mottagare: Iterable[queries.Mottagare], now: datetime) -> None:
    rader: list[dict[str, Any]] = [
        {
            "utskick_id": utskick.id,
            "anvandare_id": person.anvandare_id,
            "aktor_id": person.aktor_id,
            "kanal": kanal,
            "prioritet": 0 if utskick.bradskande else 1,
            "status": Status.VANTAR,
            "tidigast": (nar := rules.tidigast(now, person.tystnad, bradskande=utskick.bradskande)),
            "fran": nar,
            "forsok": 0,
            "orsak": "",
            "permanent": False,
            "andrad": now,
        }
        for person in mottagare
        for kanal in person.kanaler
    ]
    if not rader:
        return
    # Uniqueness is the idempotency: who has a delivery already keeps that one.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.connection().execute(insert(Leverans).on_conflict_do_nothing(), rader)


def _stryk_aldre(
    session: Session, utskick: Utskick, mottagare: Sequence[queries.Mottagare], now: datetime
) -> list[tuple[int, int | None, int | None]]:
    """Strike what still waits of older versions, for these people by the channels that the new one goes by."""
    villkor, nummer = _aldre_versioner(utskick)
    if villkor is None or not mottagare:
        return []
    aldre = session.execute(select(Utskick.id, Utskick.handelse_id, Utskick.aktor_id).where(villkor)).all()
    if not aldre:
        return []
    ny = aliased(Leverans)
    far_den_nya = exists().where(
        ny.utskick_id == utskick.id, ny.anvandare_id == Leverans.anvandare_id, ny.kanal == Leverans.kanal
    )
    strukna = session.scalars(
        update(Leverans)
        .where(
            Leverans.utskick_id.in_([rad.id for rad in aldre]),
            Leverans.anvandare_id.between(mottagare[0].anvandare_id, mottagare[-1].anvandare_id),
            # What is claimed and not begun is struck too: its worker is then refused to begin it.
            Leverans.status.in_([Status.VANTAR, Status.TAGEN]),
            far_den_nya,
        )
        .values(status=Status.STRUKEN, orsak=rules.ersatt_av(nummer), lease_till=None, worker=None, andrad=now)
        .returning(Leverans.utskick_id)
        .execution_options(synchronize_session=False)
    ).all()
    return [(rad.id, rad.handelse_id, rad.aktor_id) for rad in aldre if rad.id in set(strukna)]


def _aldre_versioner(utskick: Utskick) -> tuple[ColumnElement[bool] | None, int]:
    if utskick.lagesbild_id is not None and utskick.lagesbild_nummer is not None:
        samma = Utskick.lagesbild_id == utskick.lagesbild_id
        return and_(samma, Utskick.lagesbild_nummer < utskick.lagesbild_nummer), utskick.lagesbild_nummer
    if utskick.underrattelse_id is not None and utskick.underrattelse_nummer is not None:
        samma = Utskick.underrattelse_id == utskick.underrattelse_id
        return and_(samma, Utskick.underrattelse_nummer < utskick.underrattelse_nummer), utskick.underrattelse_nummer
    return None, 0
