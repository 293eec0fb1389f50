"""Reads of what is prepared, and of checklists: an actor's own affair."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from wis.aktorer.queries import svensk_nyckel
from wis.auth.rules import Subjekt
from wis.typhandelser.models import Checkpunkt, Forberedd, Typhandelse


def alla_hos(session: Session, aktor_id: int) -> list[Typhandelse]:
    """What the actor has prepared, in use or not, in Swedish order."""
    fraga = select(Typhandelse).options(joinedload(Typhandelse.andrad_av)).where(Typhandelse.aktor_id == aktor_id)
    return sorted(session.scalars(fraga), key=lambda rad: svensk_nyckel(rad.namn))


def i_bruk_hos(session: Session, aktor_id: int) -> list[Typhandelse]:
    """What the actor can open an event by."""
    return [rad for rad in alla_hos(session, aktor_id) if rad.i_bruk]


def find(session: Session, aktor_id: int, id_: int) -> Typhandelse | None:
    """This one of the actor's."""
    rad = session.get(Typhandelse, id_)
    return rad if rad is not None and rad.aktor_id == aktor_id else None


def checklistan(session: Session, who: Subjekt, handelse_id: int) -> Sequence[Checkpunkt]:
    """The things to do for the actor that one acts for, in order. Its own affair: empty for whoever is not of it."""
    if not who.hor_till(who.aktor_id):
        return []
    fraga = select(Checkpunkt).options(joinedload(Checkpunkt.klar_av)).order_by(Checkpunkt.ordning)
    return session.scalars(
        fraga.where(Checkpunkt.handelse_id == handelse_id, Checkpunkt.aktor_id == who.aktor_id)
    ).all()


def find_forberedd(session: Session, who: Subjekt, handelse_id: int) -> Forberedd | None:
    """What the event was opened by, if the actor that one acts for did so."""
    rad = session.get(Forberedd, handelse_id)
    return rad if rad is not None and rad.aktor_id == who.aktor_id and who.hor_till(who.aktor_id) else None
