"""Which lägesbild, and may one: the row that all hangs on, fetched, made, locked; within the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb, can
from wis.auth.service import aktuellt_subjekt
from wis.handelser.models import Handelse
from wis.lagesbild import queries
from wis.lagesbild.models import Lagesbild


class Otillaten(Exception):
    """Raised when who asks may not (any longer) do `verb`; nothing has been written."""

    def __init__(self, beslut: Beslut, verb: Verb, sak: Sak) -> None:
        super().__init__(beslut.skal)
        self.beslut, self.verb, self.sak = beslut, verb, sak


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
    lagesbild = hamta_eller_skapa(session, plats)
    las = {"of": Lagesbild, "read": delat}
    return session.get_one(Lagesbild, lagesbild.id, with_for_update=las, populate_existing=True)


def krav(session: Session, who: Subjekt, plats: Plats, verb: Verb) -> Handelse:
    """The event, locked against being closed, if `who` may do `verb` to the lägesbild now. Raises as oppna_last()."""
    handelse = session.scalar(
        select(Handelse)
        .options(selectinload(Handelse.lasare))
        .where(Handelse.id == plats.handelse_id)
        .with_for_update(read=True, of=Handelse)
    )
    if handelse is None:
        raise LookupError(plats.handelse_id)
    sak = sak_for(handelse, None if plats.aktor_id is None else session.get_one(Aktor, plats.aktor_id))
    beslut = can(aktuellt_subjekt(session, who), verb, sak, clock.now())
    if not beslut:
        raise Otillaten(beslut, verb, sak)
    return handelse


def sak_for(handelse: Handelse, aktor: Aktor | None) -> Sak:
    """What rights to a lägesbild of the event are judged on: the actor's own, or (None) the samlade."""
    return handelse.sak(Slag.SAMLAD_LAGESBILD) if aktor is None else handelse.sak(Slag.EGEN_LAGESBILD, aktor)


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
