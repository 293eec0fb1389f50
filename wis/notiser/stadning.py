"""What nobody came back from: claims whose lease has ended, answers that never came, a clock that was set back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from wis import clock
from wis.db import Database
from wis.notiser import leverantorsminuter
from wis.notiser.ko import tillbakalagd
from wis.notiser.koposter import Berord, berorda_av, glom_text, uppdatera
from wis.notiser.models import Leverans, Status, Utskick, Utskicksslag
from wis.tx import transaction

AVBRUTEN = "avbröts mitt i sändningen, så den kan ha kommit fram"
OVISS_VANTA = timedelta(minutes=2)
"""How long a receipt may take to settle what nobody answered, before a brådskande is sent once more."""
MAX_SANDNINGAR = 2
"""How often a delivery may have been handed over by itself; more than that a person decides."""
_FRAMTID = timedelta(minutes=1)
_BEGUNNEN = Leverans.status.in_([Status.TAGEN, Status.SANDS])


def stada(database: Database) -> set[Berord]:
    """Put back claims that have lapsed, and send a brådskande that nobody answered once more.

    A lapsed claim that was begun stands as OVISS: it may have arrived. Returns the dispatches concerned.
    """
    now = clock.now()
    gangna, obesvarade = _gangna(now), _obesvarade(now)
    with database.reading() as session:
        if not session.scalar(select(or_(exists().where(gangna), exists().where(obesvarade)))):
            return set()
    with transaction(database) as session:
        utskick = [*_aterta(session, now), *_sand_igen(session, now)]
        return berorda_av(session, utskick)


def _gangna(now: datetime) -> ColumnElement[bool]:
    return and_(_BEGUNNEN, Leverans.lease_till <= now)


def _aterta(session: Session, now: datetime) -> list[int]:
    slappt = {"lease_till": None, "andrad": now}
    gangen = _gangna(now)
    tagna = uppdatera(gangen, Leverans.status == Status.TAGEN).values(**tillbakalagd(now))
    # Whose it was is kept: if it lives after all, its answer is the better word.
    sanda = uppdatera(gangen, Leverans.status == Status.SANDS).values(**slappt, status=Status.OVISS, orsak=AVBRUTEN)
    return [
        *session.scalars(tagna.returning(Leverans.utskick_id)),
        *session.scalars(sanda.returning(Leverans.utskick_id)),
    ]


def _obesvarade(now: datetime) -> ColumnElement[bool]:
    bradskande = select(Utskick.id).where(Utskick.bradskande)
    return and_(
        Leverans.status == Status.OVISS,
        Leverans.sand <= now - OVISS_VANTA,
        Leverans.sandningar < MAX_SANDNINGAR,
        Leverans.utskick_id.in_(bradskande),
    )


def _sand_igen(session: Session, now: datetime) -> Sequence[int]:
    igen = uppdatera(_obesvarade(now)).values(
        status=Status.VANTAR, upprepad=True, tidigast=now, fran=now, worker=None, andrad=now
    )
    return list(session.scalars(igen.returning(Leverans.utskick_id)))


def glom_ovissa_brev(database: Database) -> None:
    """Blank the texts of the system's messages that nobody answered and that are not sent again; prune old figures."""
    now = clock.now()
    slut = and_(
        Leverans.status == Status.OVISS,
        Leverans.sandningar >= MAX_SANDNINGAR,
        Leverans.utskick_id == Utskick.id,
        Utskick.slag == Utskicksslag.SYSTEM,
        Utskick.epost != "",
    )
    with transaction(database) as session:
        for utskick_id in session.scalars(select(Utskick.id).where(exists().where(slut))).all():
            glom_text(session, utskick_id)
        leverantorsminuter.glom_gamla(session, now)


def slapp_efter_fel(database: Database, kanal: str) -> set[Berord]:
    """A provider is well again: what waited for its sake goes now. Returns the dispatches concerned."""
    now = clock.now()
    with transaction(database) as session:
        slappta = session.scalars(
            uppdatera(Leverans.status == Status.VANTAR, Leverans.kanal == kanal, Leverans.om_leverantoren)
            .values(tidigast=now, om_leverantoren=False, andrad=now)
            .returning(Leverans.utskick_id)
        )
        return berorda_av(session, slappta)


def ratta_efter_klockan(database: Database) -> set[Berord]:
    """After the clock was set back: what was written in what is now the future must not wait until then.

    Returns the dispatches concerned.
    """
    now = clock.now()
    framtid = Leverans.andrad > now + _FRAMTID
    with transaction(database) as session:
        vantande = uppdatera(framtid, Leverans.status == Status.VANTAR).values(tidigast=now, fran=now, andrad=now)
        rorda = list(session.scalars(vantande.returning(Leverans.utskick_id)))
        for villkor, kolumner in (
            (Leverans.status == Status.TAGEN, ("lease_till", "tidigast", "fran")),
            (Leverans.status == Status.SANDS, ("lease_till", "tidigast", "fran", "sand")),
            (Leverans.status.in_([Status.OVISS, Status.MOTTAGEN]), ("sand",)),
        ):
            varden = dict.fromkeys((*kolumner, "andrad"), now)
            rorda += session.scalars(uppdatera(framtid, villkor).values(varden).returning(Leverans.utskick_id))
        hallet = now + timedelta(seconds=database.angra_tid)
        session.execute(
            update(Utskick)
            .where(Utskick.expanderat.is_(None), Utskick.halls_till > hallet + _FRAMTID)
            .values(halls_till=hallet)
            .execution_options(synchronize_session=False)
        )
        return berorda_av(session, rorda)
