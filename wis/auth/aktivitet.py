"""That a login is in use: noted now and then, within a moment, together with others'."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from wis import clock, efterat
from wis.auth.models import Inloggning
from wis.auth.sessioner_service import GLES, Spar
from wis.db import Database, UtcDateTime


@dataclass(frozen=True)
class _Bruk:
    inloggning_id: int
    spar: Spar
    nar: datetime


def anteckna(database: Database, inloggning_id: int, spar: Spar) -> None:
    """Have it written down that the login is in use now, unless it has ended, or was within GLES. See wis.efterat."""
    efterat.lagg(database, _AKTIVITET, _Bruk(inloggning_id, spar, clock.now()))


def _skriv(session: Session, bruk: Sequence[_Bruk]) -> None:
    senaste = {ett.inloggning_id: ett for ett in sorted(bruk, key=lambda ett: ett.nar)}
    # A login that somebody has locked is in use by that alone, and is noted the next time: nobody is waited for.
    lediga = session.scalars(
        select(Inloggning.id)
        .where(Inloggning.id.in_(senaste), Inloggning.avslutad.is_(None))
        .order_by(Inloggning.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    rader = [_rad(senaste[id_]) for id_ in lediga]
    if rader:
        session.connection().execute(_UPPDATERA, rader)


def _rad(ett: _Bruk) -> dict[str, object]:
    vem, spar = ett.inloggning_id, ett.spar
    return {"vem": vem, "nar": ett.nar, "gles": ett.nar - GLES, "var": spar.adress, "hur": spar.enhet}


_UPPDATERA = (
    update(Inloggning)
    .where(
        Inloggning.id == bindparam("vem"),
        Inloggning.avslutad.is_(None),
        func.coalesce(Inloggning.senast_aktiv, Inloggning.skapad) <= bindparam("gles", type_=UtcDateTime()),
    )
    .values(senast_aktiv=bindparam("nar", type_=UtcDateTime()), adress=bindparam("var"), enhet=bindparam("hur"))
)
_AKTIVITET = efterat.Slag("aktivitet", _skriv, sist=True)
