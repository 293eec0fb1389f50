"""Who has tried to log in as an actor's people and failed: read from the record."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wis.audit import Loggpost
from wis.auth.models import Anvandare
from wis.auth.strypning import natverk

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
class Natstopp:
    """A network that was stopped after too many failures of whatever kind: how often, and when last."""

    nat: str
    antal: int
    senast: datetime


@dataclass(frozen=True)
class Misslyckade:
    """The failures, the latest first; `alla` is False when there were more than could be read.

    `natstopp`: the networks among theirs that have been stopped; a stop of any other is no concern of the actor.
    """

    forsok: tuple[Forsok, ...]
    alla: bool
    natstopp: tuple[Natstopp, ...] = ()


def misslyckade(session: Session, anvandare_ids: Iterable[int], now: datetime) -> Misslyckade:
    """Failed logins of these people within TILLBAKA."""
    people = session.scalars(select(Anvandare).where(Anvandare.id.in_(list(anvandare_ids))))
    folk = {person.id: person for person in people if person.epost is not None}
    konton = {person.adress: person for person in folk.values()}
    forsta = _forsta_efter(session, now - TILLBAKA)
    poster = session.scalars(
        select(Loggpost)
        .where(
            # By its key: the record has no other order, and is long.
            Loggpost.nummer >= forsta,
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
    forsok = tuple(sorted(rader, key=lambda rad: rad.senast, reverse=True))
    return Misslyckade(forsok, len(poster) <= FLEST, _natstopp(session, forsta, {natverk(en.adress) for en in forsok}))


def _natstopp(session: Session, forsta: int, nat: set[str]) -> tuple[Natstopp, ...]:
    """The stops of these networks since the row `forsta`. Such a row names a page and a network, and no account."""
    found = session.scalars(
        select(Loggpost)
        .where(
            Loggpost.nummer >= forsta,
            Loggpost.handling == "inloggning strypt",
            Loggpost.objekt.startswith("/", autoescape=True),
        )
        .order_by(Loggpost.nummer.desc())
        .limit(FLEST)
    )
    stopped: dict[str, list[datetime]] = {}
    for post in found:
        one = str(json.loads(post.uppgifter).get("nat", ""))
        if one in nat:
            stopped.setdefault(one, []).append(post.tid)
    return tuple(Natstopp(one, len(tider), max(tider)) for one, tider in stopped.items())


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
