"""What a person has asked for and waits for an answer to, as far as it may be shown.

Of a lägesbild that one may not read only that the question is sent, also where there is none: hence it is read from
the record of what was asked, that is the same in both cases, and not from the questions that came of it.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor, svensk_nyckel
from wis.audit import Loggpost
from wis.auth.rules import Subjekt, Verb, can
from wis.fragor import ratten
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.fragor.rules import BER_OM_LASRATT, Mal, las_sida
from wis.handelser.queries import find_handelse
from wis.underrattelser.queries import find_underrattelse

VISAS = timedelta(days=14)
"""For how long a question is listed whose answer may never come."""
MAX_SKICKADE = 50


@dataclass(frozen=True)
class Skickad:
    """A question that is sent: `vantar` where one may know that it waits for an answer."""

    vad: str
    till: str
    sida: str
    nar: datetime
    namn: tuple[str, ...]
    vantar: bool


def skickade(session: Session, who: Subjekt, now: datetime) -> list[Skickad]:
    """What the person has asked others for, for the actor they act for, newest first."""
    poster = session.scalars(
        select(Loggpost)
        .where(Loggpost.handling == BER_OM_LASRATT, Loggpost.tid > now - VISAS)
        .where(Loggpost.anvandare_id == who.anvandare_id, Loggpost.aktor_id == who.aktor_id)
        .where(or_(Loggpost.objekt.like("/handelser/%/lagesbild/%"), Loggpost.objekt.like("/underrattelser/%")))
        .order_by(Loggpost.nummer.desc())
        .limit(MAX_SKICKADE)
    ).all()
    bedda: dict[str, tuple[datetime, set[int]]] = {}
    for post in poster:
        ids = json.loads(post.uppgifter).get("for_aktorer")
        if ids:  # without: it was asked blindly for one's own actor, of which nothing is shown
            bedda.setdefault(post.objekt, (post.tid, set()))[1].update(ids)
    found = [_skickad(session, who, sida, nar, ids, now) for sida, (nar, ids) in bedda.items()]
    return [en for en in found if en is not None]


def _skickad(session: Session, who: Subjekt, sida: str, nar: datetime, ids: set[int], now: datetime) -> Skickad | None:
    mal = las_sida(sida)
    if mal is None:
        return None
    hittat = _saken(session, who, mal, now)
    if hittat is None:
        return None
    vad, agare, om, laser = hittat
    oppen = om and laser
    kvar = _oppna(session, om, ids) if oppen else ids - _besvarade(session, who, sida, ids)
    namn = session.scalars(select(Aktor.namn).where(Aktor.id.in_(kvar))).all()
    if not namn:
        return None
    return Skickad(vad, agare, sida, nar, tuple(sorted(namn, key=svensk_nyckel)), vantar=bool(oppen))


Om = list[ColumnElement[bool]]


def _saken(session: Session, who: Subjekt, mal: Mal, now: datetime) -> tuple[str, str, Om, bool] | None:
    """What it is, whose, the questions about it, and whether the person reads it; None where nothing may be shown."""
    if mal.underrattelse is not None:
        notis = find_underrattelse(session, mal.underrattelse)
        if notis is None or not can(who, Verb.LASA, ratten.sak_for_underrattelse(session, notis), now):
            return None
        return "läsrätt till underrättelsen", notis.aktor.namn, [Rattsfraga.underrattelse_id == notis.id], True
    handelse, agare = find_handelse(session, mal.handelse), find_aktor(session, mal.vem)
    if handelse is None or agare is None or not can(who, Verb.LASA, handelse.sak(), now):
        return None
    sak = ratten.sak_for_lagesbild(session, handelse, agare)
    om = [
        Rattsfraga.typ == Fragetyp.LAGESBILD,
        Rattsfraga.handelse_id == handelse.id,
        Rattsfraga.till_aktor_id == agare.id,
    ]
    return "läsrätt till lägesbilden", agare.namn, om, sak is not None and bool(can(who, Verb.LASA, sak, now))


def _oppna(session: Session, om: Om, ids: set[int]) -> set[int | None]:
    fraga = select(Rattsfraga.for_aktor_id).where(*om, Rattsfraga.besvarad.is_(None))
    return set(session.scalars(fraga.where(Rattsfraga.for_aktor_id.in_(ids))))


def _besvarade(session: Session, who: Subjekt, sida: str, ids: set[int]) -> set[int | None]:
    """For which of the actors the person has got an answer: that is listed by itself."""
    fraga = select(Rattsfraga.for_aktor_id).where(Rattsfraga.fran_id == who.anvandare_id, Rattsfraga.sida == sida)
    return set(session.scalars(fraga.where(Rattsfraga.for_aktor_id.in_(ids), Rattsfraga.besvarad.is_not(None))))
