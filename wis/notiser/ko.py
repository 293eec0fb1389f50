"""The queue: what is due is claimed and given back, in short transactions; none is open while something is sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from wis import clock
from wis.auth.models import Anvandare
from wis.db import Database
from wis.notiser import bevakare, referens, rules
from wis.notiser.bokforing import Bokforing
from wis.notiser.koposter import Berord, Resultat, Uppdrag, uppdatera
from wis.notiser.kvittensregler import fortsatt
from wis.notiser.models import Kanal, Kanalslag, Leverans, Status, Tystnad, Utskick, Utskicksslag
from wis.notiser.queries import lasande_leveranser
from wis.settings import Settings
from wis.tx import transaction

INGEN_LASRATT = "har inte längre läsrätt"
INGEN_KANAL = "har inte längre någon bekräftad adress"
UPPREPAT = "UPPREPAT: "

_FORFALL = {"tidigast": Leverans.tidigast, "fran": Leverans.fran}
# In which what is due is claimed and sent.
_ORDNING = (Leverans.prioritet, Leverans.tidigast, Leverans.id)


@dataclass
class Parti:
    """A claimed batch. After `lease_till` others may take what is not begun; `berorda`: changed by the claim itself.

    `bedomt`: when the right to read was last judged.
    """

    uppdrag: list[Uppdrag]
    lease_till: datetime
    bedomt: datetime
    berorda: set[Berord] = field(default_factory=set)


class Ko:
    """The queue as those threads see it that send by one provider; `worker` is their name, in the rows they have."""

    def __init__(self, database: Database, settings: Settings, worker: str, leverantor: str) -> None:
        self._database = database
        self._hemlighet = settings.secret_key
        self._lease = timedelta(seconds=settings.lease)
        self.worker = worker
        self._bok = Bokforing(database, settings, worker, leverantor)

    def ta(self, kanal: Kanalslag, antal: int = 128, *, prov: bool = False) -> Parti | None:
        """Claim up to `antal` deliveries that are due by this channel; None if there are none.

        `prov`: to try a provider that failed, for which what waits for its sake will do before it is due.

        The right to read is judged anew: who has lost it is struck, as is who has no verified channel left; who has
        come into quiet hours waits. So the batch may be empty though something was claimed.
        """
        now = clock.now()
        with self._database.reading() as session:
            if not session.scalar(select(exists().where(*_forfallna(kanal, now, prov=prov)))):
                return None
        with transaction(self._database) as session:
            return self._ta(session, _forfallna(kanal, now, prov=prov), now, antal)

    def _ta(self, session: Session, villkor: tuple[Any, ...], now: datetime, antal: int) -> Parti:
        ids = session.scalars(
            select(Leverans.id).where(*villkor).order_by(*_ORDNING).limit(antal).with_for_update(skip_locked=True)
        ).all()
        parti = Parti([], now + self._lease, now)
        tagna = session.scalars(
            uppdatera(Leverans.id.in_(ids), Leverans.status == Status.VANTAR)
            .values(status=Status.TAGEN, lease_till=parti.lease_till, worker=self.worker, andrad=now)
            .returning(Leverans.id)
        ).all()
        for rad in self._rader(session, tagna, now):
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
        elif rad.ersatt_av is not None:
            varden = {"status": Status.STRUKEN, "orsak": rules.ersatt_av(rad.ersatt_av)}
        elif nar > now:
            varden = {"status": Status.VANTAR, "tidigast": nar, "fran": nar}
        else:
            parti.uppdrag.append(uppdrag)
            return
        parti.berorda.add(uppdrag.berord)
        session.execute(uppdatera(Leverans.id == uppdrag.id).values(**varden, lease_till=None, worker=None))

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
                uppdatera(*self._tagna(borta)).values(
                    status=Status.STRUKEN, orsak=INGEN_LASRATT, lease_till=None, worker=None, andrad=now
                )
            )
        return borta

    def fornya(self, parti: Parti, kvar: Collection[int]) -> set[int]:
        """Hold the claim on these longer; returns those that are still ours."""
        till = clock.now() + self._lease
        with transaction(self._database) as session:
            egna = session.scalars(uppdatera(*self._tagna(kvar)).values(lease_till=till).returning(Leverans.id)).all()
        parti.lease_till = till
        return set(egna)

    def bokfor(self, borjar: Collection[int], gjorda: Sequence[Resultat], *, genast: bool = False) -> set[int]:
        """Write down what came of these, and that those are about to be sent; see Bokforing."""
        return self._bok.bokfor(borjar, gjorda, genast=genast)

    def slapp(self, kvar: Collection[int]) -> None:
        """Give back what was claimed and not begun."""
        if not kvar:
            return
        with transaction(self._database) as session:
            session.execute(uppdatera(*self._tagna(kvar)).values(**tillbakalagd(clock.now())))

    def _tagna(self, ids: Collection[int]) -> tuple[Any, ...]:
        return Leverans.id.in_(list(ids)), Leverans.status == Status.TAGEN, Leverans.worker == self.worker

    def _rader(self, session: Session, ids: Collection[int], now: datetime) -> list["_Rad"]:
        rader = session.execute(_TAGNA, {"leveranser": list(ids)}).all()
        # The texts are long, and most of a batch shares them.
        utskick = {ett.id: ett for ett in session.scalars(_UTSKICK, {"utskick": [rad.utskick_id for rad in rader]})}
        namn = bevakare.namn_for(session, ids)
        uppdrag = {rad.id: self._uppdrag(rad, utskick[rad.utskick_id], namn.get(rad.id, "")) for rad in rader}
        utan_ratt = _utan_ratt(session, uppdrag, now)
        # What has not been tried was struck when the newer version went.
        ersatta = _ersatta(session, [rad.id for rad in rader if rad.forsok])
        return [_Rad(ett, id_ not in utan_ratt, ersatta.get(id_)) for id_, ett in uppdrag.items()]

    def _uppdrag(self, rad: Any, utskick: Utskick, bevakning: str) -> Uppdrag:
        """`rad` has the columns of _TAGNA; `bevakning` is what the recipient watches that it hits."""
        # A notice to a browser has the words of the SMS.
        forst, sms = UPPREPAT if rad.upprepad else "", rad.kanal != Kanalslag.EPOST
        text = forst + fortsatt(utskick.sms, rad.funktion) if sms else fortsatt(utskick.epost, rad.funktion)
        return Uppdrag(
            id=rad.id,
            utskick_id=utskick.id,
            handelse_id=utskick.handelse_id,
            aktor_id=utskick.aktor_id,
            system=utskick.slag == Utskicksslag.SYSTEM,
            bradskande=utskick.bradskande,
            till=rad.till or "",
            amne=forst + fortsatt(utskick.amne, rad.funktion),
            text=rules.for_bevakning(text, bevakning, utskick.tlp, som_sms=sms),
            referens=referens.gor(self._hemlighet, rad.id),
            forsok=rad.forsok,
            fran=rad.fran,
            tystnad=None if rad.tyst_fran is None else (rad.tyst_fran, rad.tyst_till),
        )


# --- pieces ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rad:
    uppdrag: Uppdrag
    far_lasa: bool
    ersatt_av: int | None


_TAGNA = (
    select(
        Leverans.id,
        Leverans.utskick_id,
        Leverans.kanal,
        Leverans.forsok,
        Leverans.fran,
        Leverans.upprepad,
        Anvandare.namn.label("funktion"),
        func.coalesce(Leverans.adress, Kanal.adress).label("till"),
        Tystnad.fran.label("tyst_fran"),
        Tystnad.till.label("tyst_till"),
    )
    .outerjoin(
        Kanal,
        and_(Kanal.anvandare_id == Leverans.anvandare_id, Kanal.slag == Leverans.kanal, Kanal.verifierad.is_not(None)),
    )
    .outerjoin(Tystnad, Tystnad.anvandare_id == Leverans.anvandare_id)
    .outerjoin(Anvandare, Anvandare.id == Leverans.for_funktion_id)
    .where(Leverans.id.in_(bindparam("leveranser", expanding=True)))
    .order_by(*_ORDNING)
)
_UTSKICK = select(Utskick).where(Utskick.id.in_(bindparam("utskick", expanding=True)))


_NYARE, _NY_LEVERANS = aliased(Utskick), aliased(Leverans)
_NUMMER = func.coalesce(_NYARE.lagesbild_nummer, _NYARE.underrattelse_nummer)
_ERSATTA = (
    select(Leverans.id, func.max(_NUMMER))
    .join(Utskick, Utskick.id == Leverans.utskick_id)
    .join(
        _NYARE,
        or_(
            and_(_NYARE.lagesbild_id == Utskick.lagesbild_id, _NYARE.lagesbild_nummer > Utskick.lagesbild_nummer),
            and_(
                _NYARE.underrattelse_id == Utskick.underrattelse_id,
                _NYARE.underrattelse_nummer > Utskick.underrattelse_nummer,
            ),
        ),
    )
    .join(
        _NY_LEVERANS,
        and_(
            _NY_LEVERANS.utskick_id == _NYARE.id,
            _NY_LEVERANS.anvandare_id == Leverans.anvandare_id,
            _NY_LEVERANS.kanal == Leverans.kanal,
            _NY_LEVERANS.status.not_in([Status.MISSLYCKAD, Status.STRUKEN]),
        ),
    )
    .where(Leverans.id.in_(bindparam("leveranser", expanding=True)))
    .group_by(Leverans.id)
)


def _ersatta(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """By what version those of these are replaced whose recipient is told of a newer one by the same channel."""
    return {id_: nummer for id_, nummer in session.execute(_ERSATTA, {"leveranser": ids})} if ids else {}


def _forfallna(kanal: Kanalslag, now: datetime, *, prov: bool) -> tuple[Any, ...]:
    nar = Leverans.tidigast <= now
    return (
        Leverans.status == Status.VANTAR,
        Leverans.kanal == kanal,
        or_(nar, Leverans.om_leverantoren) if prov else nar,
    )


def tillbakalagd(now: datetime) -> dict[str, Any]:
    """What a claim that was not begun becomes. It was due: should the clock have been set back, it still is."""
    tider = {namn: case((kol > now, now), else_=kol) for namn, kol in _FORFALL.items()}
    return {**tider, "status": Status.VANTAR, "lease_till": None, "worker": None, "andrad": now}


def _utan_ratt(session: Session, uppdrag: Mapping[int, Uppdrag], now: datetime) -> set[int]:
    """Those of these whose recipient does not read what is told of. A message of the system is its recipient's own."""
    ids = {id_ for id_, ett in uppdrag.items() if not ett.system}
    return ids - lasande_leveranser(session, ids, now) if ids else set()
