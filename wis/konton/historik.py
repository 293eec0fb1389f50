"""Who changed a person's rights and duties at an actor, when and why: read from the record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from wis.audit import Loggpost
from wis.auth.models import Anvandare, Funktion

HOS_AKTOREN = (
    "inbjuden",
    "behörighet ändrad",
    "avstängd hos aktör",
    "insläppt hos aktör",
    "händelseroll satt",
    "händelseroll borttagen",
    "gäst inbjuden",
    "gäst avslutad",
    "inbjudan skickad igen",
    "länk för nytt lösenord skickad",
    "andra faktor nollställd",
)
AV_DRIFTEN = ("konto stängt", "konto öppnat", "konto räddat", "andra faktor nollställd")
TJANSTEN = ("går i tjänst", "tar över tjänst", "går ur tjänst", "avslutar tjänst")
LISTAN = ("lägger upp funktion", "ändrar funktion")
FLEST_OM_FUNKTIONER = 500
"""So many rows about the actor's functions are looked through, the latest."""


@dataclass(frozen=True)
class Rad:
    """One change. `vem` is a name, or who runs the installation; `handelse_id` the event that it was about, if any."""

    tid: datetime
    vad: str
    vem: str
    fore: str
    efter: str
    motivering: str
    handelse_id: int | None


def rader(session: Session, aktor_id: int, epost: str, medlemskap_id: int, antal: int = 50) -> list[Rad]:
    """The latest changes of the person's rights and duties at this actor, and of the whole account, the last first."""
    found = [(post.nummer, _rad(post, namn)) for post, namn in _om_personen(session, aktor_id, epost, antal)]
    for post, namn in _om_funktioner(session, aktor_id):
        said = json.loads(post.uppgifter)
        found += [(post.nummer, _rad(post, namn, vad, efter)) for vad, efter in _i_ord(post, said, medlemskap_id)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [rad for _nummer, rad in found[:antal]]


def _om_personen(session: Session, aktor_id: int, epost: str, antal: int) -> Iterator[tuple[Loggpost, str | None]]:
    rows = session.execute(
        select(Loggpost, Anvandare.namn)
        .outerjoin(Anvandare, Anvandare.id == Loggpost.anvandare_id)
        .where(
            Loggpost.objekt == epost,
            or_(
                and_(Loggpost.aktor_id == aktor_id, Loggpost.handling.in_(HOS_AKTOREN)),
                and_(Loggpost.aktor_id.is_(None), Loggpost.handling.in_(AV_DRIFTEN)),
            ),
        )
        .order_by(Loggpost.nummer.desc())
        .limit(antal)
    )
    return ((post, namn) for post, namn in rows)


def _om_funktioner(session: Session, aktor_id: int) -> Iterator[tuple[Loggpost, str | None]]:
    ids = session.scalars(select(Funktion.id).where(Funktion.aktor_id == aktor_id))
    rows = session.execute(
        select(Loggpost, Anvandare.namn)
        .outerjoin(Anvandare, Anvandare.id == Loggpost.anvandare_id)
        .where(
            Loggpost.objekt.in_([f"funktion:{id_}" for id_ in ids]),
            Loggpost.handling.in_([*TJANSTEN, *LISTAN]),
        )
        .order_by(Loggpost.nummer.desc())
        .limit(FLEST_OM_FUNKTIONER)
    )
    return ((post, namn) for post, namn in rows)


def _i_ord(post: Loggpost, said: dict[str, Any], medlemskap_id: int) -> Iterator[tuple[str, str]]:
    """What the row about a function says of this member, if anything: what, and what more."""
    som = said.get("som", "")
    if post.handling in LISTAN:
        fore, efter = _pa_listan(said.get("fore", {})), _pa_listan(said.get("efter", said))
        if medlemskap_id in efter - fore:
            yield f"får gå i tjänst som {som}", ""
        if medlemskap_id in fore - efter:
            yield f"får inte längre gå i tjänst som {som}", ""
        return
    if said.get("medlemskap") == medlemskap_id:
        yield f"{post.handling} som {som}", f"till {said['till']}" if "till" in said else ""
    if said.get("fran_medlemskap") == medlemskap_id:
        yield f"avlöst som {som}", f"av {said.get('vem', '')}"


def _pa_listan(uppgifter: dict[str, Any]) -> set[int]:
    return set(uppgifter.get("medlemskap", []))


def _rad(post: Loggpost, namn: str | None, vad: str = "", mer: str = "") -> Rad:
    said = json.loads(post.uppgifter)
    text = vad or post.handling
    return Rad(
        tid=post.tid,
        vad=text[:1].upper() + text[1:],
        vem=namn or "driften, på kommandoraden",
        fore="" if vad else said.get("fore", ""),
        efter=mer if vad else said.get("efter", "") or said.get("behorighet", ""),
        motivering=said.get("motivering", "") or said.get("skal", ""),
        handelse_id=said.get("handelse_id"),
    )
