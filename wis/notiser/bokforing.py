"""The ledger: that a try is about to be made, before it is; and what came of it, after."""

import random
import threading
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import Session

from wis import clock
from wis.db import Database
from wis.notiser import rules
from wis.notiser.koposter import Resultat, Uppdrag, glom_text, uppdatera
from wis.notiser.models import Leverans, Status
from wis.notiser.rules import Regler, Utfall, Utfallsslag
from wis.settings import Settings
from wis.tx import transaction


class _Post:
    """What one thread wants to have written down."""

    __slots__ = ("borjar", "fel", "genast", "gjorda", "markta", "skriven")

    def __init__(self, borjar: Collection[int], gjorda: Sequence[Resultat], *, genast: bool) -> None:
        self.borjar, self.gjorda, self.genast = borjar, gjorda, genast
        self.skriven, self.markta = False, set[int]()
        self.fel: Exception | None = None


class Bokforing:
    """Writes for all threads that send by one provider; `worker` is their name, in the rows that they have claimed."""

    def __init__(self, database: Database, settings: Settings, worker: str, leverantor: str) -> None:
        self._database, self.worker, self._leverantor = database, worker, leverantor
        self._lease = timedelta(seconds=settings.lease)
        self._grunder = (settings.ge_upp_efter, settings.backoff)
        self._kolas, self._skrivlas = threading.Lock(), threading.Lock()
        self._poster: list[_Post] = []

    def bokfor(self, borjar: Collection[int], gjorda: Sequence[Resultat], *, genast: bool = False) -> set[int]:
        """Write down what came of these, and that those are about to be sent; returns the ids of those that may be.

        One commit for both, before the first of them is handed over, and for all threads that ask while another one
        is being made. `genast`: another provider is well, so what failed for the sake of this one need not wait. A
        delivery that a receipt has settled meanwhile is left alone.
        """
        post = _Post(borjar, gjorda, genast=genast)
        with self._kolas:
            self._poster.append(post)
        with self._skrivlas:
            if not post.skriven:
                self._skriv_alla()
        if post.fel is not None:
            raise post.fel
        return post.markta

    def _skriv_alla(self) -> None:
        """Whoever comes first writes for all that wait."""
        with self._kolas:
            poster, self._poster = self._poster, []
        fel: Exception | None = None
        markta: set[int] = set()
        try:
            markta = self._skriv(poster)
        except Exception as ett:  # noqa: BLE001 each of those that wait raises it
            fel = ett
        for post in poster:
            # Each goes to one: when a claim has lapsed and a thread of ours has taken it anew, two ask for the same.
            post.markta = markta.intersection(post.borjar)
            markta -= post.markta
            post.fel, post.skriven = fel, True

    def _skriv(self, poster: Sequence["_Post"]) -> set[int]:
        now = clock.now()
        with transaction(self._database) as session:
            gjorda = [resultat for post in poster for resultat in post.gjorda]
            self._avgor(session, gjorda, now, genast=any(post.genast for post in poster))
            borjar = [id_ for post in poster for id_ in post.borjar]
            if not borjar:
                return set()
            markta = session.connection().execute(
                _MARKERA,
                {
                    "leveranser": borjar,
                    "egen": self.worker,
                    "nu": now,
                    "till": now + self._lease,
                    "genom": self._leverantor,
                },
            )
            return set(markta.scalars())

    def _avgor(self, session: Session, gjorda: Sequence[Resultat], now: datetime, *, genast: bool) -> None:
        if not gjorda:
            return
        lika: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        kanda: dict[tuple[str, str], tuple[tuple[str, Any], ...]] = {}
        for uppdrag, utfall in gjorda:
            # Most of them went; only of one that may be tried again does it matter whose it is.
            nyckel = kanda.get((utfall.slag, utfall.orsak))
            if nyckel is None:
                nyckel = tuple(self._varden(uppdrag, utfall, now, genast=genast).items())
                if utfall.slag is not Utfallsslag.OVERGAENDE:
                    kanda[utfall.slag, utfall.orsak] = nyckel
            lika.setdefault(nyckel, []).append(uppdrag.id)
        # A lease that ended has made it OVISS, and the answer that came after all says more.
        mina = Leverans.worker == self.worker, Leverans.status.in_([Status.SANDS, Status.OVISS])
        nummer = [
            {"rad_id": upp.id, "egen": self.worker, "nummer": utf.leverantors_id}
            for upp, utf in gjorda
            if utf.leverantors_id
        ]
        if nummer:
            session.connection().execute(_LEVERANTORS_ID, nummer)
        for par, ids in lika.items():
            varden = dict(par)
            if _KOM_FRAM.keys() == varden.keys():
                nya = {f"ny_{namn}": varde for namn, varde in par}
                session.connection().execute(_AVGOR, nya | {"leveranser": ids, "egen": self.worker})
            else:
                session.execute(uppdatera(Leverans.id.in_(ids), *mina).values(varden))
        self._glom_klara(session, [uppdrag.id for uppdrag, _ in gjorda if uppdrag.system])

    @staticmethod
    def _glom_klara(session: Session, brev: Sequence[int]) -> None:
        # As they stand: an answer to the first try must not blank what the second is to say.
        if brev:
            klara = select(Leverans.utskick_id).where(Leverans.id.in_(brev), Leverans.status.in_(_KLARA))
            for utskick_id in session.scalars(klara).all():
                glom_text(session, utskick_id)

    def _varden(self, uppdrag: Uppdrag, utfall: Utfall, now: datetime, *, genast: bool) -> dict[str, Any]:
        regler = Regler(*self._grunder, random.random())  # noqa: S311 only spreads the tries
        beslut = rules.avgor(utfall, uppdrag.forsok + 1, uppdrag.fran, now, regler)
        varden: dict[str, Any] = {
            "status": beslut.status,
            "orsak": beslut.orsak,
            "permanent": beslut.permanent,
            # Who it was is forgotten but where a late answer may still come.
            "worker": self.worker if beslut.status is Status.OVISS else None,
            "lease_till": None,
            "andrad": now,
        }
        if not beslut.gick:
            # What was refused was no sending.
            varden["sandningar"] = _EN_MINDRE
        if beslut.tidigast is not None:
            nar = now if genast and utfall.om_leverantoren else beslut.tidigast
            varden["tidigast"] = rules.tidigast(nar, uppdrag.tystnad, bradskande=uppdrag.bradskande)
            varden["om_leverantoren"] = utfall.om_leverantoren
        return varden


# Nothing more comes of these by itself. (A message of the system that is OVISS is sent once more.)
_KLARA = {Status.MOTTAGEN, Status.LEVERERAD, Status.MISSLYCKAD}
# One object, so that rows of which the same came are written together.
_EN_MINDRE = Leverans.sandningar - 1

# Built once: they are run hundreds of times a second, and to put them together takes longer than to run them.
_TABELL = Leverans.metadata.tables[Leverans.__tablename__]
_DESSA = _TABELL.c.id.in_(bindparam("leveranser", expanding=True)), _TABELL.c.worker == bindparam("egen")
_MARKERA = (
    update(_TABELL)
    .where(*_DESSA, _TABELL.c.status == Status.TAGEN)
    .values(
        status=Status.SANDS,
        sand=bindparam("nu"),
        andrad=bindparam("nu"),
        lease_till=bindparam("till"),
        leverantor=bindparam("genom"),
        leverantors_id=None,
        om_leverantoren=False,
        sandningar=_TABELL.c.sandningar + 1,
        forsok=_TABELL.c.forsok + 1,
    )
    .returning(_TABELL.c.id)
)
# What is set when a message went, or may have.
_KOM_FRAM: dict[str, BindParameter[Any]] = {
    namn: bindparam(f"ny_{namn}") for namn in ("status", "orsak", "permanent", "worker", "lease_till", "andrad")
}
_AVGOR = update(_TABELL).where(*_DESSA, _TABELL.c.status.in_([Status.SANDS, Status.OVISS])).values(_KOM_FRAM)
_LEVERANTORS_ID = (
    update(_TABELL)
    .where(_TABELL.c.id == bindparam("rad_id"), _TABELL.c.worker == bindparam("egen"))
    .values(leverantors_id=bindparam("nummer"))
)
