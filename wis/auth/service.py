"""Logging in and out, and acting for an actor. Everything within the caller's transaction."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Slag, anmal
from wis.auth import queries
from wis.auth.models import Anvandare, Faktorslag, Inloggning, Medlemskap
from wis.auth.rules import Subjekt

HALV_GILTIG = timedelta(minutes=10)
"""How long a login waits for its second factor."""


def token_hash(token: str) -> str:
    """What the database keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def aktuellt_subjekt(session: Session, who: Subjekt) -> Subjekt | None:
    """The one who asks, for the same actor, as the database has it now.

    None if the login, the membership or the account has ended.
    """
    if who.inloggning_id is not None:
        inloggning = session.get(Inloggning, who.inloggning_id)
        if inloggning is None or inloggning.avslutad is not None or inloggning.faktor is None:
            return None
    giltiga = queries.giltiga_medlemskap(session, who.anvandare_id, clock.now())
    # A guest may be something more than once at the same actor.
    egna = [m for m in giltiga if who.medlemskap_id in {None, m.id} and m.aktor_id == who.aktor_id]
    return queries.subjekt_av(egna[0], who.inloggning_id) if egna else None


class InloggningOver(Exception):
    """The login by which something was asked for has ended meanwhile, or its account has been shut."""


def las_person(session: Session, anvandare_id: int) -> Anvandare:
    """The person as the database has it now, locked: before any login, link or factor of the person, everywhere."""
    return session.get_one(Anvandare, anvandare_id, with_for_update={"key_share": True}, populate_existing=True)


def las_inloggad(session: Session, anvandare_id: int, inloggning_id: int) -> tuple[Anvandare, Inloggning]:
    """The person, locked, and the login, both as they are now. Raises InloggningOver.

    For what a person changes in the own account: what the request began by may have ended while it waited.
    """
    person = las_person(session, anvandare_id)
    inloggning = session.get(Inloggning, inloggning_id, populate_existing=True)
    if inloggning is None or inloggning.anvandare_id != person.id or inloggning.faktor is None:
        raise InloggningOver
    if inloggning.avslutad is not None or inloggning.giltig_till <= clock.now() or person.avstangd is not None:
        raise InloggningOver
    return person, inloggning


def oppna_efter_prov(
    session: Session, anvandare_id: int, provad_hash: str, giltig: timedelta, ersatter: int | None = None
) -> str | None:
    """As oppna_inloggning(), for a person whose password fitted `provad_hash`; returns the token.

    It replaces the login `ersatter`. None if the account has been shut or given another password while the password
    was checked; then nothing has ended.
    """
    person = las_person(session, anvandare_id)
    if person.avstangd is not None or person.losenord_hash != provad_hash:
        return None
    return oppna_inloggning(session, person, giltig, ersatter)


def oppna_inloggning(session: Session, anvandare: Anvandare, giltig: timedelta, ersatter: int | None = None) -> str:
    """Start a login for a person whose password has been proved; returns its token, which opens nothing yet.

    It waits for slutfor_inloggning(), for `giltig` or HALV_GILTIG, whichever is less. The login `ersatter` ends.
    """
    token, _halv = _ny_inloggning(session, anvandare, min(giltig, HALV_GILTIG))
    # Every row before the record: whoever holds the end of it must not wait for anybody's row.
    ersatt = None if ersatter is None else _avsluta(session, ersatter)
    session.flush()
    if ersatt is not None:
        audit.record(session, "utloggad", anvandare_id=ersatt.anvandare_id)
    return token


def get_halv_person(session: Session, token: str) -> Anvandare:
    """The person of a login that waits, locked until the transaction ends. Raises LookupError when it waits no more."""
    halv = queries.find_paborjad(session, token_hash(token), clock.now())
    if halv is None:
        raise LookupError("the login is over")
    # The person before the login, as whoever changes a password does; then what the wait may have changed.
    person = las_person(session, halv.anvandare_id)
    session.refresh(halv, with_for_update=True)
    if halv.avslutad is not None or person.avstangd is not None:
        raise LookupError("the login is over")
    return person


def ge_mer_tid(session: Session, token: str) -> None:
    """Let a login wait HALV_GILTIG from now: the person is at it."""
    halv = queries.find_paborjad(session, token_hash(token), clock.now())
    if halv is not None:
        halv.giltig_till = clock.now() + HALV_GILTIG
        session.flush()


@dataclass(frozen=True)
class Inslapp:
    """How a login was finished: by which factor, for how long, from which address and device."""

    faktor: Faktorslag
    giltig: timedelta
    adress: str = ""
    enhet: str = ""


def slutfor_inloggning(session: Session, token: str, inslapp: Inslapp) -> str:
    """Let the person in: the login that waited ends, and another begins; returns the token of that one.

    The token from before the factor is worth nothing from then on. Raises LookupError when the login waits no more.
    """
    person, now = get_halv_person(session, token), clock.now()
    ny, inloggning = _ny_inloggning(session, person, inslapp.giltig)
    inloggning.faktor = inslapp.faktor
    inloggning.senast_aktiv = inloggning.bekraftad = now
    inloggning.adress, inloggning.enhet = inslapp.adress, inslapp.enhet
    session.execute(update(Inloggning).where(Inloggning.token_hash == token_hash(token)).values(avslutad=now))
    person.senast_inloggad = now
    session.flush()
    medlemskap = None if inloggning.medlemskap_id is None else session.get(Medlemskap, inloggning.medlemskap_id)
    audit.record(
        session,
        "inloggad",
        anvandare_id=person.id,
        aktor_id=medlemskap.aktor_id if medlemskap else None,
        objekt=person.adress,
        faktor=inslapp.faktor,
        adress=inslapp.adress,
        enhet=inslapp.enhet,
    )
    return ny


def _ny_inloggning(session: Session, person: Anvandare, giltig: timedelta) -> tuple[str, Inloggning]:
    """A new row and its token. The person acts for the same actor as last time, if still something there."""
    now, token = clock.now(), secrets.token_urlsafe(32)
    medlemskap = queries.giltiga_medlemskap(session, person.id, now)
    senast = queries.senast_valt_medlemskap(session, person.id)
    first = next((m for m in medlemskap if m.id == senast), medlemskap[0] if medlemskap else None)
    inloggning = Inloggning(
        token_hash=token_hash(token),
        anvandare_id=person.id,
        medlemskap_id=first.id if first else None,
        skapad=now,
        giltig_till=now + giltig,
    )
    session.add(inloggning)
    session.flush()
    return token, inloggning


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
