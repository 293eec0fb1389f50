"""What is found, always scoped to who asks.

The index says what matches, newest first and a few hundred at a time; rights are judged in SQL on each of those, by the
same conditions as every list, until there are enough or no more. How far that went is never shown: it would tell of
what is hidden.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from wis.aktorer.models import Aktor
from wis.anteckningar.models import StrukenAnteckning
from wis.auth.rules import Subjekt
from wis.handelser.lasratt import synlig_for
from wis.handelser.models import Handelse
from wis.sok import rules
from wis.sok.models import Sokpost
from wis.sok.motor import Urval, motor_for
from wis.sok.ratt import bedom, lasbar, poster
from wis.sok.rules import Fraga, Sort
from wis.sok.utdrag import poang

MAX_TRAFFAR = 200
"""No more are shown, and no more are counted."""
_FORSTA, _HOGST_BUNT = 250, 4_000
_MAX_HANDELSER = 300
"""Of more events than this the index is not told: then rights alone sift."""
_BORJAN = 400
_ANTECKNINGEN = StrukenAnteckning.anteckning_id == Sokpost.objekt_id
_MINST, _STORST = -(2**63), 2**63 - 1


@dataclass(frozen=True)
class Filter:
    """What is searched: the real or the exercises; of one event, actor, kind or tag; from and to these ids."""

    ovning: bool = False
    handelse_id: int | None = None
    aktor_id: int | None = None
    sort: Sort | None = None
    lagst: int | None = None
    hogst: int | None = None
    tagg: str = ""


@dataclass(frozen=True)
class Nyckel:
    """A post that was found and may be read."""

    id: int
    sort: Sort
    objekt_id: int
    nummer: int

    @property
    def sak(self) -> tuple[Sort, int]:
        """The thing, whatever version."""
        return self.sort, self.objekt_id


@dataclass(frozen=True)
class Traff:
    """A thing that was found: the newest version that holds what was searched, and the earlier ones' numbers.

    `aldre`: there is a newer one that may be read, and that does not hold it.
    """

    nyckel: Nyckel
    tidigare: tuple[int, ...]
    aldre: bool
    rubrik: str
    text: str
    tid: datetime
    tlp: str
    aktor: str
    aktor_slug: str
    handelse: str
    handelse_slug: str
    struken: bool


def sok(session: Session, who: Subjekt, fraga: Fraga, filtret: Filter) -> list[Nyckel]:
    """The newest posts that were found and may be read, newest first: one more than MAX_TRAFFAR if there are more."""
    handelser = _handelser(session, who, filtret)
    if handelser is not None and not handelser:
        return []
    lagst = _MINST if filtret.lagst is None else filtret.lagst
    hogst = _STORST if filtret.hogst is None else filtret.hogst
    urval = Urval(fraga.villkor, _fasetter(filtret), handelser, lagst, hogst)
    motor, connection = motor_for(session.connection()), session.connection()
    found: list[Nyckel] = []
    antal = _FORSTA
    while len(found) <= MAX_TRAFFAR:
        kandidater = motor.kandidater(connection, urval, hogst, antal)
        # Also of none: as long must pass when there is nothing as when what there is is hidden.
        found += [_nyckel(rad) for rad in bedom(session, who, filtret.ovning, kandidater, antal)]
        if len(kandidater) < antal:
            break
        hogst, antal = kandidater[-1] - 1, min(antal * 4, _HOGST_BUNT)
    return found[: MAX_TRAFFAR + 1]


def _handelser(session: Session, who: Subjekt, filtret: Filter) -> Collection[str] | None:
    """The signs of the events to look in: what is in others is hidden anyway. None: in all of them."""
    if filtret.handelse_id is not None:
        return [rules.i_handelse(filtret.handelse_id)]
    sort = Handelse.ovning.is_(filtret.ovning)
    synliga = session.scalars(select(Handelse.id).where(synlig_for(who), sort)).all()
    alla = session.scalar(select(func.count()).select_from(Handelse).where(sort))
    if synliga and (len(synliga) == alla or len(synliga) > _MAX_HANDELSER):
        return None
    return [rules.i_handelse(id_) for id_ in synliga]


def _fasetter(filtret: Filter) -> tuple[str, ...]:
    valda = [rules.i_ovning(filtret.ovning)]
    if filtret.aktor_id is not None:
        valda.append(rules.av_aktor(filtret.aktor_id))
    if filtret.sort is not None:
        valda.append(rules.av_sort(filtret.sort))
    if filtret.tagg:
        valda.append(rules.av_tagg(filtret.tagg))
    return tuple(valda)


def _nyckel(rad: Any) -> Nyckel:
    return Nyckel(rad.id, Sort(rad.slag), rad.objekt_id, rad.nummer)


# --- in what order, and with what words ------------------------------------------------------------------------------


def bast_forst(session: Session, nycklar: Sequence[Nyckel], fraga: Fraga) -> list[Nyckel]:
    """The same, the best first by their own words, and the newest of those that are as good."""
    borjan = func.substr(Sokpost.text, 1, _BORJAN)
    rader = session.execute(
        select(Sokpost.id, Sokpost.rubrik, borjan).where(Sokpost.id.in_([nyckel.id for nyckel in nycklar]))
    )
    varde = {id_: poang(rubrik, text, fraga) for id_, rubrik, text in rader}
    return sorted(nycklar, key=lambda nyckel: (-varde[nyckel.id], -nyckel.id))


def efter_sak(nycklar: Sequence[Nyckel]) -> list[tuple[Nyckel, tuple[int, ...]]]:
    """One for each thing in the same order: its newest version among them, and the others' numbers, newest first."""
    saker: dict[tuple[Sort, int], list[Nyckel]] = {}
    for nyckel in nycklar:
        saker.setdefault(nyckel.sak, []).append(nyckel)
    ut = []
    for alla in saker.values():
        nyast, *tidigare = sorted(alla, key=lambda nyckel: -nyckel.nummer)
        ut.append((nyast, tuple(nyckel.nummer for nyckel in tidigare)))
    return ut


def fyll(session: Session, who: Subjekt, saker: Sequence[tuple[Nyckel, tuple[int, ...]]]) -> list[Traff]:
    """These with what is shown of them. They are what sok() said may be read."""
    if not saker:
        return []
    rader = session.execute(
        select(
            Sokpost.id,
            Sokpost.rubrik,
            Sokpost.text,
            Sokpost.publicerad,
            Sokpost.tlp,
            Aktor.kortnamn,
            Aktor.slug.label("aktor_slug"),
            Handelse.rubrik.label("handelse"),
            Handelse.slug.label("handelse_slug"),
            StrukenAnteckning.anteckning_id.is_not(None).label("struken"),
        )
        .outerjoin(StrukenAnteckning, and_(Sokpost.slag == Sort.ANTECKNING.value, _ANTECKNINGEN))
        .join(Aktor, Aktor.id == Sokpost.aktor_id)
        .join(Handelse, Handelse.id == Sokpost.handelse_id)
        .where(Sokpost.id.in_([nyckel.id for nyckel, _ in saker]))
    )
    efter_id = {rad.id: rad for rad in rader}
    senaste = _senaste(session, who, [nyckel for nyckel, _ in saker])
    return [_traff(efter_id[nyckel.id], nyckel, tidigare, senaste) for nyckel, tidigare in saker]


def _traff(rad: Any, nyckel: Nyckel, tidigare: tuple[int, ...], senaste: dict[tuple[Sort, int], int]) -> Traff:
    aldre = senaste.get(nyckel.sak, nyckel.nummer) > nyckel.nummer
    return Traff(nyckel, tidigare, aldre, *rad[1:])


def _senaste(session: Session, who: Subjekt, nycklar: Sequence[Nyckel]) -> dict[tuple[Sort, int], int]:
    """The number of each thing's newest version that may be read: of one that may not, nobody is told."""
    med_versioner = [n for n in nycklar if n.nummer]
    if not med_versioner:
        return {}
    vald = aliased(Sokpost)
    # From the young end of the thing's own versions, to the first that may be read.
    senaste = (
        poster(Sokpost.nummer)
        .where(Sokpost.slag == vald.slag, Sokpost.objekt_id == vald.objekt_id, lasbar(who))
        .order_by(Sokpost.nummer.desc())
        .limit(1)
        .correlate(vald)
        .scalar_subquery()
    )
    ids = [nyckel.id for nyckel in med_versioner]
    rader = session.execute(select(vald.slag, vald.objekt_id, senaste).where(vald.id.in_(ids)))
    return {(Sort(slag), objekt_id): nummer for slag, objekt_id, nummer in rader}
