"""Logging in and out, and acting for an actor. Everything within the caller's transaction."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Slag, anmal
from wis.auth import queries
from wis.auth.models import Anvandare, Inloggning, Medlemskap
from wis.auth.rules import Subjekt


def token_hash(token: str) -> str:
    """What the database keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def aktuellt_subjekt(session: Session, who: Subjekt) -> Subjekt | None:
    """The one who asks, for the same actor, as the database has it now.

    None if the login, the membership or the account has ended.
    """
    if who.inloggning_id is not None:
        inloggning = session.get(Inloggning, who.inloggning_id)
        if inloggning is None or inloggning.avslutad is not None:
            return None
    giltiga = queries.giltiga_medlemskap(session, who.anvandare_id, clock.now())
    return next((queries.subjekt_av(m, who.inloggning_id) for m in giltiga if m.aktor_id == who.aktor_id), None)


def oppna_efter_prov(
    session: Session, anvandare_id: int, provad_hash: str, giltig: timedelta, ersatter: int | None = None
) -> str | None:
    """Start a login for a person whose password fitted `provad_hash`; returns its token.

    It replaces the login `ersatter`. None if the account has been shut or given another password while the password
    was checked; then nothing has ended.
    """
    person = session.get_one(Anvandare, anvandare_id, with_for_update={"key_share": True})
    if person.avstangd is not None or person.losenord_hash != provad_hash:
        return None
    return oppna_inloggning(session, person, giltig, ersatter)


def oppna_inloggning(session: Session, anvandare: Anvandare, giltig: timedelta, ersatter: int | None = None) -> str:
    """Start a login for a person whose password has been checked; returns its token.

    The person acts for the same actor as last time, if still something there. The login `ersatter` ends.
    """
    now = clock.now()
    token = secrets.token_urlsafe(32)
    medlemskap = queries.giltiga_medlemskap(session, anvandare.id, now)
    senast = queries.senast_valt_medlemskap(session, anvandare.id)
    first = next((m for m in medlemskap if m.id == senast), medlemskap[0] if medlemskap else None)
    session.add(
        Inloggning(
            token_hash=token_hash(token),
            anvandare_id=anvandare.id,
            medlemskap_id=first.id if first else None,
            skapad=now,
            giltig_till=now + giltig,
        )
    )
    anvandare.senast_inloggad = now
    # Every row before the record: whoever holds the end of it must not wait for anybody's row.
    ersatt = None if ersatter is None else _avsluta(session, ersatter)
    session.flush()
    if ersatt is not None:
        audit.record(session, "utloggad", anvandare_id=ersatt.anvandare_id)
    aktor_id = first.aktor_id if first else None
    audit.record(session, "inloggad", anvandare_id=anvandare.id, aktor_id=aktor_id, objekt=anvandare.epost)
    return token


def avsluta_inloggning(session: Session, inloggning_id: int, aktor_id: int | None = None) -> None:
    """End a login; nothing happens if it has ended already. `aktor_id` is whom the person acted for, for the record."""
    inloggning = _avsluta(session, inloggning_id)
    if inloggning is not None:
        audit.record(session, "utloggad", anvandare_id=inloggning.anvandare_id, aktor_id=aktor_id)


def _avsluta(session: Session, inloggning_id: int) -> Inloggning | None:
    """The login, ended; None if it had ended already."""
    inloggning = session.get_one(Inloggning, inloggning_id)
    if inloggning.avslutad is not None:
        return None
    inloggning.avslutad = clock.now()
    session.flush()
    anmal(session, Andring(Slag.BEHORIGHET, inloggning.id, anvandare_id=inloggning.anvandare_id))
    return inloggning


def avsluta_alla(session: Session, anvandare_id: int) -> None:
    """End every login of a person."""
    session.execute(
        update(Inloggning)
        .where(Inloggning.anvandare_id == anvandare_id, Inloggning.avslutad.is_(None))
        .values(avslutad=clock.now())
    )


def byt_aktor(session: Session, subjekt: Subjekt, medlemskap_id: int) -> Medlemskap:
    """Act for another of one's actors. Raises LookupError when one is nothing there."""
    giltiga = queries.giltiga_medlemskap(session, subjekt.anvandare_id, clock.now())
    valt = next((m for m in giltiga if m.id == medlemskap_id), None)
    if valt is None:
        raise LookupError(medlemskap_id)
    session.get_one(Inloggning, subjekt.inloggning_id).medlemskap_id = valt.id
    audit.record(session, "byter aktör", anvandare_id=subjekt.anvandare_id, aktor_id=valt.aktor_id)
    anmal(session, Andring(Slag.BEHORIGHET, valt.id, anvandare_id=subjekt.anvandare_id))
    return valt


def rattighet_andrad(session: Session, anvandare: Anvandare) -> None:
    """Note that what a person may do has changed: open pages and sockets are judged anew.

    Call it before audit.record(): whoever holds the end of the record must not wait for a person's row.
    """
    anvandare.behorighetsversion = Anvandare.behorighetsversion + 1
    session.flush()
    anmal(session, Andring(Slag.BEHORIGHET, anvandare.id, anvandare_id=anvandare.id))
