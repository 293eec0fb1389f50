"""A person's own logins and password. Everything within the caller's transaction."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Slag, anmal
from wis.auth import meddelanden, queries
from wis.auth.models import Engangslank, Inloggning, Medlemskap
from wis.auth.service import las_inloggad, rattighet_andrad

GLES = timedelta(minutes=1)
"""So seldom is it written down that a login is in use."""


@dataclass(frozen=True)
class Spar:
    """Where a login is used from."""

    adress: str
    enhet: str


def avsluta_egen(session: Session, anvandare_id: int, inloggning_id: int) -> bool:
    """End one of the person's logins; False if it had ended already, or is somebody else's."""
    antal = _avsluta(session, anvandare_id, Inloggning.id == inloggning_id)
    return antal > 0


def avsluta_andra(session: Session, anvandare_id: int, utom: int) -> int:
    """End every login of the person but `utom`; returns how many."""
    return _avsluta(session, anvandare_id, Inloggning.id != utom)


def _avsluta(session: Session, anvandare_id: int, vilka: ColumnElement[bool]) -> int:
    antal = _avsluta_rader(session, anvandare_id, vilka)
    if antal:
        audit.record(session, "inloggning avslutad", anvandare_id=anvandare_id, antal=antal)
    return antal


def _avsluta_rader(session: Session, anvandare_id: int, vilka: ColumnElement[bool]) -> int:
    ended = session.scalars(
        update(Inloggning)
        .where(Inloggning.anvandare_id == anvandare_id, Inloggning.avslutad.is_(None), vilka)
        .values(avslutad=clock.now())
        .returning(Inloggning.id)
    ).all()
    if ended:
        anmal(session, Andring(Slag.BEHORIGHET, ended[0], anvandare_id=anvandare_id))
    return len(ended)


def byt_losenord(session: Session, anvandare_id: int, inloggning_id: int, losenord_hash: str) -> int:
    """Set a new password: every other login ends, and every link that would set another. Returns how many logins.

    Raises InloggningOver when the login `inloggning_id` has ended meanwhile.
    """
    person, _inloggning = las_inloggad(session, anvandare_id, inloggning_id)
    person.losenord_hash, now = losenord_hash, clock.now()
    session.execute(
        update(Engangslank)
        .where(Engangslank.anvandare_id == anvandare_id, Engangslank.anvand.is_(None), Engangslank.giltig_till > now)
        .values(giltig_till=now)
    )
    antal = _avsluta_rader(session, anvandare_id, Inloggning.id != inloggning_id)
    rattighet_andrad(session, person)
    meddelanden.skriv(session, person, "Lösenordet är bytt i wis", "Ditt lösenord har bytts.")
    audit.record(session, "lösenord bytt", anvandare_id=anvandare_id, objekt=person.adress, avslutade=antal)
    return antal


def valj_roll(session: Session, anvandare_id: int, inloggning_id: int, medlemskap_id: int) -> Medlemskap:
    """Act by this membership from now on. Raises LookupError when it is not one's own and in force."""
    giltiga = queries.giltiga_medlemskap(session, anvandare_id, clock.now())
    valt = next((m for m in giltiga if m.id == medlemskap_id), None)
    inloggning = session.scalar(
        select(Inloggning).where(Inloggning.id == inloggning_id, Inloggning.avslutad.is_(None)).with_for_update()
    )
    if valt is None or inloggning is None:
        raise LookupError(medlemskap_id)
    inloggning.medlemskap_id = valt.id
    session.flush()
    audit.record(session, "byter aktör", anvandare_id=anvandare_id, aktor_id=valt.aktor_id)
    anmal(session, Andring(Slag.BEHORIGHET, valt.id, anvandare_id=anvandare_id))
    return valt
