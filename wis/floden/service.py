"""Making and taking back addresses of feeds, within the caller's transaction."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis import audit, clock, efterat
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import galler as medlem_galler
from wis.auth.rules import Subjekt
from wis.auth.service import token_hash
from wis.db import Database
from wis.floden.models import Flodesadress
from wis.floden.rules import GILTIGHET, GLES, MAX_ADRESSER, galler


class ForManga(Exception):
    """One has as many addresses as one may have."""


class RedanGjord(Exception):
    """The form has made its address before. What it was can't be shown again."""


def skapa(session: Session, who: Subjekt, namn: str, nyckel: str) -> str:
    """A new address for `who` at the actor that they act for; returns its token, which is kept nowhere.

    Raises ForManga, and RedanGjord for a form that is sent again.
    """
    medlemskap = session.get_one(Medlemskap, who.medlemskap_id, with_for_update={"of": Medlemskap})
    nyckel, now = f"{medlemskap.id}:{nyckel}", clock.now()
    if session.scalar(select(Flodesadress.id).where(Flodesadress.nyckel == nyckel)) is not None:
        raise RedanGjord
    gallande = select(func.count()).where(
        Flodesadress.medlemskap_id == medlemskap.id,
        Flodesadress.aterkallad.is_(None),
        Flodesadress.giltig_till > now,
    )
    if session.scalars(gallande).one() >= MAX_ADRESSER:
        raise ForManga
    token = secrets.token_urlsafe(32)
    adress = Flodesadress(
        medlemskap_id=medlemskap.id,
        namn=namn,
        token_hash=token_hash(token),
        nyckel=nyckel,
        skapad=now,
        giltig_till=now + GILTIGHET,
    )
    session.add(adress)
    session.flush()
    _anteckna(session, who, "gör flödesadress", adress)
    return token


def aterkalla(session: Session, who: Subjekt, adress_id: int) -> bool:
    """Let the address open nothing any more; False if it is none of one's own. Twice is as once."""
    adress = session.scalar(
        select(Flodesadress)
        .where(Flodesadress.id == adress_id, Flodesadress.medlemskap_id == who.medlemskap_id)
        .with_for_update(of=Flodesadress)
    )
    if adress is None:
        return False
    if adress.aterkallad is None:
        adress.aterkallad = clock.now()
        session.flush()
        _anteckna(session, who, "återkallar flödesadress", adress)
    return True


def _anteckna(session: Session, who: Subjekt, vad: str, adress: Flodesadress) -> None:
    audit.record(
        session,
        vad,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"flodesadress:{adress.id}",
        namn=adress.namn,
    )


def egna(session: Session, who: Subjekt) -> list[Flodesadress]:
    """One's addresses at the actor that have not been taken back, newest first; also the last that have run out."""
    fraga = select(Flodesadress).where(
        Flodesadress.medlemskap_id == who.medlemskap_id, Flodesadress.aterkallad.is_(None)
    )
    return list(session.scalars(fraga.order_by(Flodesadress.id.desc()).limit(2 * MAX_ADRESSER)))


def find(session: Session, token: str, now: datetime) -> Flodesadress | None:
    """The address with this token, with membership, person and actor, if all of them are in force at `now`."""
    hash_ = token_hash(token)
    adress = session.scalar(
        select(Flodesadress)
        .join(Flodesadress.medlemskap)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .options(
            contains_eager(Flodesadress.medlemskap).options(
                contains_eager(Medlemskap.anvandare), joinedload(Medlemskap.aktor)
            )
        )
        .where(Flodesadress.token_hash == hash_, medlem_galler(now))
    )
    if adress is None or not hmac.compare_digest(adress.token_hash, hash_):
        return None
    return adress if galler(adress.giltig_till, adress.aterkallad, now) else None


def anteckna_anvandning(database: Database, adress: Flodesadress, now: datetime) -> None:
    """Have it written down that the address is in use, unless it was within GLES. See wis.efterat."""
    if adress.senast_anvand is None or now - adress.senast_anvand >= GLES:
        efterat.lagg(database, _ANVAND, _Bruk(adress.id, now))


@dataclass(frozen=True)
class _Bruk:
    adress_id: int
    nar: datetime


def _skriv_anvanda(session: Session, bruk: Sequence[_Bruk]) -> None:
    senaste = {ett.adress_id: ett.nar for ett in sorted(bruk, key=lambda ett: ett.nar)}
    # One that somebody is taking back is noted the next time it is used: nobody is waited for.
    lediga = session.scalars(
        select(Flodesadress)
        .where(Flodesadress.id.in_(senaste))
        .order_by(Flodesadress.id)
        .with_for_update(of=Flodesadress, skip_locked=True, key_share=True)
    )
    for adress in lediga:
        if adress.senast_anvand is None or adress.senast_anvand < senaste[adress.id]:
            adress.senast_anvand = senaste[adress.id]


_ANVAND = efterat.Slag("flödesadress", _skriv_anvanda, sist=True)
