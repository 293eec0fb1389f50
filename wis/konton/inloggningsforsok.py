"""Who has tried to log in as an actor's people and failed: read from the record."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wis.audit import Loggpost
from wis.auth.models import Anvandare

TILLBAKA = timedelta(days=30)
FLEST = 5000
"""So many rows of the record are read at most, the latest."""
VAD = {
    "inloggning misslyckad": "fel lösenord",
    "inloggning strypt": "stoppad efter många försök",
    "andra faktorn misslyckad": "rätt lösenord, fel kod",
    "andra faktorn strypt": "rätt lösenord, stoppad efter många fel koder",
    "bekräftelse misslyckad": "fel lösenord eller kod på en öppen skärm",
    "bekräftelse strypt": "stoppad efter många försök på en öppen skärm",
}
"""What each kind of row tells, in words."""


@dataclass(frozen=True)
class Forsok:
    """Failures of one kind against one account from one address, with the first and the last of them."""

    namn: str
    epost: str
    vad: str
    adress: str
    antal: int
    forst: datetime
    senast: datetime


@dataclass(frozen=True)
class Misslyckade:
    """The failures, the latest first; `alla` is False when there were more than could be read."""

    forsok: tuple[Forsok, ...]
    alla: bool


def misslyckade(session: Session, anvandare_ids: Iterable[int], now: datetime) -> Misslyckade:
    """Failed logins of these people within TILLBAKA."""
    folk = {
        person.id: person
        for person in session.scalars(select(Anvandare).where(Anvandare.id.in_(list(anvandare_ids))))
        if person.epost is not None
    }
    konton = {person.adress: person for person in folk.values()}
    poster = session.scalars(
        select(Loggpost)
        .where(
            # By its key: the record has no other order, and is long.
            Loggpost.nummer >= _forsta_efter(session, now - TILLBAKA),
            Loggpost.handling.in_(VAD),
            or_(Loggpost.objekt.in_(konton), Loggpost.anvandare_id.in_(folk)),
        )
        .order_by(Loggpost.nummer.desc())
        .limit(FLEST + 1)
    ).all()
    samlade: dict[tuple[int, str, str], list[datetime]] = {}
    for post in poster[:FLEST]:
        person = konton.get(post.objekt) or folk[post.anvandare_id or 0]
        adress = str(json.loads(post.uppgifter).get("adress") or "okänd")
        samlade.setdefault((person.id, VAD[post.handling], adress), []).append(post.tid)
    rader = (
        Forsok(folk[id_].namn, folk[id_].adress, vad, adress, len(tider), min(tider), max(tider))
        for (id_, vad, adress), tider in samlade.items()
    )
    return Misslyckade(tuple(sorted(rader, key=lambda rad: rad.senast, reverse=True)), len(poster) <= FLEST)


def _forsta_efter(session: Session, start: datetime) -> int:
    """The number of the first row from `start` on, by halving: the rows are numbered in order, without gaps."""
    lag, hog = 1, (session.scalar(select(Loggpost.nummer).order_by(Loggpost.nummer.desc()).limit(1)) or 0) + 1
    while lag < hog:
        mitt = (lag + hog) // 2
        tid = session.scalar(select(Loggpost.tid).where(Loggpost.nummer == mitt))
        if tid is not None and tid < start:
            lag = mitt + 1
        else:
            hog = mitt
    return lag
