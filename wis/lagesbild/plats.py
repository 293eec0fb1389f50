"""Which lägesbild, and may one: the row that all hangs on, fetched, made, locked; within the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from wis.aktorer.models import Aktor
from wis.auth.rules import Sak, Slag, Subjekt, Verb
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.sakkrets import Otillaten, krav_nu, las_om
from wis.lagesbild import queries
from wis.lagesbild.models import Lagesbild, LagesbildVersion

__all__ = [
    "Otillaten",
    "Plats",
    "hall_handelsen",
    "hamta_eller_skapa",
    "krav",
    "las_lagesbild",
    "oppna_last",
    "sak_av",
    "sak_for",
]


@dataclass(frozen=True)
class Plats:
    """Which lägesbild: an actor's own of an event, or (aktor_id None) the samlade."""

    handelse_id: int
    aktor_id: int | None


def oppna_last(session: Session, who: Subjekt, plats: Plats, verb: Verb, *, delat: bool = False) -> Lagesbild:
    """The lägesbild, made if need be and locked until the transaction ends: who numbers versions waits here in line.

    With `delat` it is only held still: others who do so don't wait, a publication does, and is waited for.
    Rights are judged anew on what the database says now. Raises Otillaten, and LookupError if there is no such event.
    """
    krav(session, who, plats, verb)
    lagesbild = las_lagesbild(session, hamta_eller_skapa(session, plats).id, delat=delat)
    if lagesbild.aktor_id is None and lagesbild.senaste:
        # Who goes on from the samlade must be able to read it: an actor that came later may not.
        senaste = session.get_one(LagesbildVersion, (lagesbild.id, lagesbild.senaste))
        krav_nu(session, who, Verb.LASA, sak_av(lagesbild, senaste))
    return lagesbild


def las_lagesbild(session: Session, lagesbild_id: int, *, delat: bool = False) -> Lagesbild:
    """The row, locked, and its circle as it is once the lock is ours."""
    las = {"of": Lagesbild, "read": delat}
    found = session.get_one(Lagesbild, lagesbild_id, with_for_update=las, populate_existing=True)
    # What was joined to the row in the statement that waited is of before the wait.
    las_om(session, found.krets_id)
    session.expire(found, ["krets"])
    return found


def krav(session: Session, who: Subjekt, plats: Plats, verb: Verb) -> Handelse:
    """The event, locked against being closed, if `who` may do `verb` to the lägesbild now. Raises as oppna_last()."""
    handelse = hall_handelsen(session, plats.handelse_id)
    agare = None if plats.aktor_id is None else session.get_one(Aktor, plats.aktor_id)
    finns = queries.find_lagesbild(session, plats.handelse_id, plats.aktor_id)
    krav_nu(session, who, verb, sak_for(handelse, agare, None if finns is None else finns.krets))
    return handelse


def hall_handelsen(session: Session, handelse_id: int) -> Handelse:
    """The event, held still until the transaction ends. Raises LookupError if there is none."""
    handelse = session.scalar(
        select(Handelse)
        .options(selectinload(Handelse.lasare))
        .where(Handelse.id == handelse_id)
        .with_for_update(read=True, of=Handelse)
    )
    if handelse is None:
        raise LookupError(handelse_id)
    return handelse


def sak_for(
    handelse: Handelse,
    aktor: Aktor | None,
    krets: Lasarkrets | None = None,
    version: LagesbildVersion | None = None,
) -> Sak:
    """What rights to a lägesbild of the event are judged on: the actor's own, or (None) the samlade, or a version."""
    slag = Slag.SAMLAD_LAGESBILD if aktor is None else Slag.EGEN_LAGESBILD
    if version is None:
        return handelse.sak(slag, aktor, krets=krets)
    return handelse.sak(slag, aktor, krets=krets, publicerad=version.publicerad, tlp=version.tlp)


def sak_av(lagesbild: Lagesbild, version: LagesbildVersion | None = None) -> Sak:
    """As sak_for(), of a lägesbild that has been begun."""
    return sak_for(lagesbild.handelse, lagesbild.aktor, lagesbild.krets, version)


def hamta_eller_skapa(session: Session, plats: Plats) -> Lagesbild:
    """The row of the lägesbild. Two that make it at once end up with the same one."""
    found = queries.find_lagesbild(session, plats.handelse_id, plats.aktor_id)
    if found is not None:
        return found
    ny = Lagesbild(handelse_id=plats.handelse_id, aktor_id=plats.aktor_id, senaste=0)
    try:
        with session.begin_nested():
            session.add(ny)
    except IntegrityError:
        annans = queries.find_lagesbild(session, plats.handelse_id, plats.aktor_id)
        if annans is None:
            raise
        return annans
    return ny
