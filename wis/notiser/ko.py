"""The queue: claim, renew, settle. Each is one short transaction; nothing here is held while something is sent."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from wis import clock
from wis.db import Database
from wis.notiser import rules
from wis.notiser.models import Kanal, Kanalslag, Leverans, Status, Tystnad, Utskick, Utskicksslag
from wis.notiser.queries import lasande_leveranser
from wis.notiser.rules import Avgorande, Regler, Utfall
from wis.settings import Settings
from wis.tx import transaction

PARTI = 32
AVBRUTEN = "avbröts mitt i ett försök"
# Each may have been a copy sent. A machine that keeps going down interrupts one per thread each time: see aterta().
MAX_AVBROTT = 10
INGEN_LASRATT = "har inte längre läsrätt"
INGEN_KANAL = "har inte längre någon bekräftad adress"

# In which what is due is claimed and sent.
_ORDNING = (Leverans.prioritet, Leverans.tidigast, Leverans.id)

Berord = tuple[int, int | None, int | None]


@dataclass(frozen=True)
class Uppdrag:
    """One delivery that is ours to send: to whom, what, and what is needed to settle it without asking again."""

    id: int
    utskick_id: int
    handelse_id: int | None
    aktor_id: int | None
    system: bool
    bradskande: bool
    till: str
    amne: str
    text: str
    forsok: int
    tystnad: tuple[str, str] | None

    @property
    def berord(self) -> Berord:
        """The dispatch that it belongs to: (id, event, sending actor)."""
        return self.utskick_id, self.handelse_id, self.aktor_id


@dataclass
class Parti:
    """A claimed batch. After `lease_till` others may take what is left; `berorda`: changed by the claim itself.

    `bedomt`: when the right to read was last judged.
    """

    uppdrag: list[Uppdrag]
    lease_till: datetime
    bedomt: datetime
    berorda: set[Berord] = field(default_factory=set)


class Ko:
    """The queue as one sending thread sees it; `worker` is its name, in the rows that it has claimed."""

    def __init__(self, database: Database, settings: Settings, worker: str) -> None:
        self._database = database
        self._lease = timedelta(seconds=settings.lease)
        self._regler = (settings.max_forsok, settings.backoff)
        self.worker = worker

    def ta(self, kanal: Kanalslag) -> Parti | None:
        """Claim up to PARTI deliveries that are due by this channel; None if there are none.

        The right to read is judged anew: who has lost it is struck, as is who has no verified channel left; who has
        come into quiet hours waits. So the batch may be empty though something was claimed.
        """
        now = clock.now()
        with self._database.reading() as session:
            if not session.scalar(select(exists().where(*_forfallna(kanal, now)))):
                return None
        with transaction(self._database) as session:
            return self._ta(session, kanal, now)

    def _ta(self, session: Session, kanal: Kanalslag, now: datetime) -> Parti:
        ids = session.scalars(
            select(Leverans.id)
            .where(*_forfallna(kanal, now))
            .order_by(*_ORDNING)
            .limit(PARTI)
            .with_for_update(skip_locked=True)
        ).all()
        parti = Parti([], now + self._lease, now)
        tagna = session.scalars(
            _uppdatera(Leverans.id.in_(ids), Leverans.status == Status.VANTAR)
            .values(status=Status.SANDER, lease_till=parti.lease_till, worker=self.worker, andrad=now)
            .returning(Leverans.id)
        ).all()
        for rad in _rader(session, tagna, now):
            self._bedom(session, parti, rad, now)
        return parti

    def _bedom(self, session: Session, parti: Parti, rad: "_Rad", now: datetime) -> None:
        """Into the batch, or back where it belongs."""
        uppdrag = rad.uppdrag
        nar = rules.tidigast(now, uppdrag.tystnad, bradskande=uppdrag.bradskande)
        if not rad.far_lasa or not uppdrag.till:
            varden: dict[str, Any] = {
                "status": Status.STRUKEN,
                "orsak": INGEN_KANAL if rad.far_lasa else INGEN_LASRATT,
            }
        elif nar > now:
            varden = {"status": Status.VANTAR, "tidigast": nar}
        else:
            parti.uppdrag.append(uppdrag)
            return
        parti.berorda.add(uppdrag.berord)
        session.execute(_uppdatera(Leverans.id == uppdrag.id).values(**varden, lease_till=None, worker=None))

    def stryk_utan_ratt(self, parti: Parti, kvar: Mapping[int, Uppdrag]) -> set[int]:
        """Strike those of these claimed deliveries whose recipient no longer reads what is told of; returns their ids.

        Between the claim and the sending of the last one of a batch a right may be lost.
        """
        parti.bedomt = now = clock.now()
        with self._database.reading() as session:
            borta = _utan_ratt(session, kvar, now)
        if not borta:
            return borta
        with transaction(self._database) as session:
            session.execute(
                _uppdatera(*self._mina(borta)).values(
                    status=Status.STRUKEN, orsak=INGEN_LASRATT, lease_till=None, worker=None, andrad=now
                )
            )
        return borta

    def fornya(self, parti: Parti, kvar: Collection[int]) -> set[int]:
        """Hold the claim on these longer; returns those that are still ours."""
        till = clock.now() + self._lease
        with transaction(self._database) as session:
            egna = session.scalars(_uppdatera(*self._mina(kvar)).values(lease_till=till).returning(Leverans.id)).all()
        parti.lease_till = till
        return set(egna)

    def avgor(self, uppdrag: Uppdrag, utfall: Utfall) -> bool:
        """Settle one delivery. False if the claim had lapsed and somebody else has it now: then nothing is changed."""
        now = clock.now()
        max_forsok, backoff = self._regler
        slump = random.random()  # noqa: S311 only spreads the tries
        beslut = rules.avgor(utfall, uppdrag.forsok, now, Regler(max_forsok, backoff, slump))
        with transaction(self._database) as session:
            traffad = session.scalars(
                _uppdatera(*self._mina([uppdrag.id]))
                .values(**_varden(beslut, uppdrag, now), lease_till=None)
                .returning(Leverans.id)
            ).all()
            if traffad and uppdrag.system and beslut.status is not Status.VANTAR:
                _glom_text(session, uppdrag.utskick_id)
        return bool(traffad)

    def slapp(self, kvar: Collection[int]) -> None:
        """Give back what was claimed and not tried."""
        if not kvar:
            return
        with transaction(self._database) as session:
            session.execute(
                _uppdatera(*self._mina(kvar)).values(
                    status=Status.VANTAR, lease_till=None, worker=None, andrad=clock.now()
                )
            )

    def _mina(self, ids: Collection[int]) -> tuple[Any, ...]:
        return Leverans.id.in_(list(ids)), Leverans.status == Status.SANDER, Leverans.worker == self.worker


def aterta(database: Database) -> set[Berord]:
    """Put back what was claimed by somebody who did not come back. Returns the dispatches concerned.

    A thread sends its batch in order and settles each before it begins the next. So of what it left only the first can
    have been begun: that one was interrupted, the rest is as if never taken. What has been interrupted MAX_AVBROTT
    times is given up: a message that brings down its worker must not do so, nor come as a copy, for ever.
    """
    now = clock.now()
    gangen = and_(Leverans.status == Status.SANDER, Leverans.lease_till <= now)
    with database.reading() as session:
        if not session.scalar(select(exists().where(gangen))):
            return set()
    with transaction(database) as session:
        rader = session.execute(
            select(Leverans.id, Leverans.worker, Leverans.utskick_id)
            .where(gangen)
            .order_by(*_ORDNING)
            .with_for_update(skip_locked=True)
        ).all()
        forsta: dict[str | None, int] = {}
        for id_, worker, _ in rader:
            forsta.setdefault(worker, id_)
        _aterta(session, [rad.id for rad in rader], list(forsta.values()), now)
        berorda = session.execute(
            select(Utskick.id, Utskick.handelse_id, Utskick.aktor_id).where(
                Utskick.id.in_({rad.utskick_id for rad in rader})
            )
        )
        return {(id_, handelse_id, aktor_id) for id_, handelse_id, aktor_id in berorda}


def _aterta(session: Session, ids: Sequence[int], avbrutna: Sequence[int], now: datetime) -> None:
    """Put these back, but of the interrupted ones give up what has been interrupted too often."""
    slappt: dict[str, Any] = {"lease_till": None, "worker": None, "andrad": now}
    avbrutet = slappt | {"avbrott": Leverans.avbrott + 1}
    sista = Leverans.avbrott + 1 >= MAX_AVBROTT
    orsak = f"{rules.GAV_UPP}: {AVBRUTEN} {MAX_AVBROTT} gånger"
    uppgivna = session.scalars(
        _uppdatera(Leverans.id.in_(avbrutna), sista)
        .values(**avbrutet, status=Status.MISSLYCKAD, orsak=orsak)
        .returning(Leverans.utskick_id)
    ).all()
    for utskick_id in uppgivna:
        _glom_text(session, utskick_id)
    kvar = Leverans.status == Status.SANDER
    session.execute(
        _uppdatera(Leverans.id.in_(avbrutna), kvar).values(
            **avbrutet, status=Status.VANTAR, tidigast=now, orsak=AVBRUTEN
        )
    )
    session.execute(_uppdatera(Leverans.id.in_(ids), kvar).values(**slappt, status=Status.VANTAR))


# --- pieces ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rad:
    uppdrag: Uppdrag
    far_lasa: bool


def _forfallna(kanal: Kanalslag, now: datetime) -> tuple[Any, ...]:
    return Leverans.status == Status.VANTAR, Leverans.kanal == kanal, Leverans.tidigast <= now


def _uppdatera(*villkor: Any) -> Any:
    return update(Leverans).where(*villkor).execution_options(synchronize_session=False)


def _utan_ratt(session: Session, uppdrag: Mapping[int, Uppdrag], now: datetime) -> set[int]:
    """Those of these whose recipient does not read what is told of. A message of the system is its recipient's own."""
    ids = {id_ for id_, ett in uppdrag.items() if not ett.system}
    return ids - set(session.scalars(lasande_leveranser(ids, now))) if ids else set()


def _rader(session: Session, ids: Collection[int], now: datetime) -> list[_Rad]:
    rows = session.execute(
        select(Leverans, Utskick, Kanal.adress, Tystnad)
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .outerjoin(
            Kanal,
            and_(
                Kanal.anvandare_id == Leverans.anvandare_id,
                Kanal.slag == Leverans.kanal,
                Kanal.verifierad.is_not(None),
            ),
        )
        .outerjoin(Tystnad, Tystnad.anvandare_id == Leverans.anvandare_id)
        .where(Leverans.id.in_(list(ids)))
        .order_by(*_ORDNING)
        .execution_options(populate_existing=True)
    )
    uppdrag = {lev.id: _uppdrag(lev, utskick, adress, tyst) for lev, utskick, adress, tyst in rows}
    utan_ratt = _utan_ratt(session, uppdrag, now)
    return [_Rad(ett, id_ not in utan_ratt) for id_, ett in uppdrag.items()]


def _uppdrag(leverans: Leverans, utskick: Utskick, adress: str | None, tyst: Tystnad | None) -> Uppdrag:
    return Uppdrag(
        id=leverans.id,
        utskick_id=utskick.id,
        handelse_id=utskick.handelse_id,
        aktor_id=utskick.aktor_id,
        system=utskick.slag == Utskicksslag.SYSTEM,
        bradskande=utskick.bradskande,
        till=leverans.adress or adress or "",
        amne=utskick.amne,
        text=utskick.sms if leverans.kanal == Kanalslag.SMS else utskick.epost,
        forsok=leverans.forsok,
        tystnad=None if tyst is None else (tyst.fran, tyst.till),
    )


def _varden(beslut: Avgorande, uppdrag: Uppdrag, now: datetime) -> dict[str, Any]:
    varden: dict[str, Any] = {
        "status": beslut.status,
        "forsok": beslut.forsok,
        "orsak": beslut.orsak,
        "permanent": beslut.permanent,
        "andrad": now,
    }
    if beslut.tidigast is not None:
        varden["tidigast"] = rules.tidigast(beslut.tidigast, uppdrag.tystnad, bradskande=uppdrag.bradskande)
        varden["worker"] = None
    return varden


def _glom_text(session: Session, utskick_id: int) -> None:
    """Blank a message of the system when it has been sent or given up: it held a code or a single-use link."""
    session.execute(
        update(Utskick)
        .where(Utskick.id == utskick_id, Utskick.slag == Utskicksslag.SYSTEM)
        .values(sms="", epost="")
        .execution_options(synchronize_session=False)
    )
