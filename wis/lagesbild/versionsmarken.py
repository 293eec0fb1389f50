"""Which version of a lägesbild a person has had before them, and a function by who was on duty as it.

Raised and never lowered, in whatever order it is told of. Who opens a page waits for none of it (wis.efterat).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wis import efterat
from wis.auth.models import Funktion
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.lagesbild.markmodell import Versionsmarke
from wis.notiser.kvittenser import insert_for


@dataclass(frozen=True)
class Haft:
    """That somebody had the version before them at `nar`, on duty as `funktioner` (their ids)."""

    anvandare_id: int
    lagesbild_id: int
    nummer: int
    nar: datetime
    funktioner: tuple[int, ...] = ()


@dataclass(frozen=True)
class Marke:
    """The highest version that was read, and the highest before that; 0 for none."""

    nummer: int
    forra: int = 0


def anteckna(database: Database, haft: Haft) -> None:
    """Have the marks raised within a moment, together with others'. See wis.efterat."""
    efterat.lagg(database, _VERSIONSMARKE, haft)


def hoj(session: Session, hafda: Sequence[Haft]) -> None:
    """Raise the marks of these persons, and of the functions that they were on duty as."""
    hogst: dict[tuple[int, int], Haft] = {}
    som = funktionernas(session, {id_ for haft in hafda for id_ in haft.funktioner})
    for haft in hafda:
        for anvandare_id in (haft.anvandare_id, *(som[id_] for id_ in haft.funktioner if id_ in som)):
            nyckel = (anvandare_id, haft.lagesbild_id)
            if nyckel not in hogst or hogst[nyckel].nummer < haft.nummer:
                hogst[nyckel] = haft
    rader = [
        {"anvandare_id": vem, "lagesbild_id": bild, "nummer": haft.nummer, "forra": 0, "nar": haft.nar}
        for (vem, bild), haft in sorted(hogst.items(), key=lambda rad: rad[0])
    ]
    sats = insert_for(session)(Versionsmarke)
    sats = sats.on_conflict_do_update(
        index_elements=["anvandare_id", "lagesbild_id"],
        set_={"nummer": sats.excluded.nummer, "forra": Versionsmarke.nummer, "nar": sats.excluded.nar},
        where=Versionsmarke.nummer < sats.excluded.nummer,
    )
    if rader:
        session.execute(sats, rader)


def marken(session: Session, who: Subjekt, lagesbild_id: int, now: datetime) -> Mapping[int | None, Marke]:
    """What was read of the lägesbild: by the person (None), and by each function that they are on duty as (its id)."""
    tjanster = [tjanst.funktion_id for tjanst in who.i_tjanst(now)]
    egna = Versionsmarke.anvandare_id == who.anvandare_id
    fraga = (
        select(Funktion.id, Versionsmarke.nummer, Versionsmarke.forra)
        .select_from(Versionsmarke)
        .outerjoin(Funktion, Funktion.anvandare_id == Versionsmarke.anvandare_id)
        .where(Versionsmarke.lagesbild_id == lagesbild_id)
    )
    rader = session.execute(fraga.where(or_(egna, Funktion.id.in_(tjanster)) if tjanster else egna))
    return {funktion_id: Marke(nummer, forra) for funktion_id, nummer, forra in rader}


def funktionernas(session: Session, ids: Collection[int]) -> dict[int, int]:
    """As whom (Anvandare) each function reads, by its id."""
    if not ids:
        return {}
    rader = session.execute(select(Funktion.id, Funktion.anvandare_id).where(Funktion.id.in_(ids)))
    return {id_: anvandare_id for id_, anvandare_id in rader}


_VERSIONSMARKE = efterat.Slag("versionsmärke", hoj)
"""Which version somebody has had before them."""
