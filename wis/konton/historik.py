"""Who changed a person's rights at an actor, when and why: read from the record."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from wis.audit import Loggpost
from wis.auth.models import Anvandare

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
)
AV_DRIFTEN = ("konto stängt", "konto öppnat", "konto räddat")


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


def rader(session: Session, aktor_id: int, epost: str, antal: int = 50) -> list[Rad]:
    """The latest changes of the person's rights at this actor, and of the whole account, the last first."""
    found = session.execute(
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
    return [_rad(post, namn) for post, namn in found]


def _rad(post: Loggpost, namn: str | None) -> Rad:
    said = json.loads(post.uppgifter)
    return Rad(
        tid=post.tid,
        vad=post.handling.capitalize(),
        vem=namn or "driften, på kommandoraden",
        fore=said.get("fore", ""),
        efter=said.get("efter", "") or said.get("behorighet", ""),
        motivering=said.get("motivering", ""),
        handelse_id=said.get("handelse_id"),
    )
