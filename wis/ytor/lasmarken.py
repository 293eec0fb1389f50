"""Read marks: how far a person, or a function, has read of an event. Raised and never lowered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wis import efterat
from wis.andringar import Raknat, rakna
from wis.db import Database
from wis.lagesbild.versionsmarken import funktionernas
from wis.notiser.kvittenser import insert_for
from wis.ytor import rules
from wis.ytor.models import Lasmarke


@dataclass(frozen=True)
class Last:
    """That a person has read an event up to `till`, by the login `inloggning_id`, said at `nar`.

    On duty as `funktioner` (their ids), which have read it then too.
    """

    anvandare_id: int
    handelse_id: int
    inloggning_id: int
    till: datetime
    nar: datetime
    funktioner: tuple[int, ...] = ()


def anteckna(database: Database, last: Last) -> None:
    """Have the mark raised within a moment, together with others'. See wis.efterat."""
    efterat.lagg(database, _LASMARKE, last)


def hoj(session: Session, lasta: Sequence[Last]) -> None:
    """Raise the marks, none beyond the moment at which it was asked for; pages of those logins are then drawn anew."""
    till: dict[tuple[int, int], datetime] = {}
    som = funktionernas(session, {id_ for last in lasta for id_ in last.funktioner})
    for last in lasta:
        for vem in (last.anvandare_id, *(som[id_] for id_ in last.funktioner if id_ in som)):
            nyckel = (vem, last.handelse_id)
            till[nyckel] = rules.hojd(till.get(nyckel), last.till, last.nar)
        rakna(session, Raknat.INLOGGNING, last.inloggning_id)
    rader = [
        {"anvandare_id": anvandare_id, "handelse_id": handelse_id, "sedd_till": till[anvandare_id, handelse_id]}
        for anvandare_id, handelse_id in sorted(till)
    ]
    sats = insert_for(session)(Lasmarke)
    # Two of the person's tabs at once: the higher stands.
    sats = sats.on_conflict_do_update(
        index_elements=["anvandare_id", "handelse_id"],
        set_={"sedd_till": sats.excluded.sedd_till},
        where=Lasmarke.sedd_till < sats.excluded.sedd_till,
    )
    session.execute(sats, rader)


_LASMARKE = efterat.Slag("läsmärke", hoj)
