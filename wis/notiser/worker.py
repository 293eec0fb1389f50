"""The worker: threads that work out recipients, send and settle; within `wis run`, or a process of its own."""

import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.db import Database
from wis.notiser import expandering, ko
from wis.notiser.apprise_kanaler import INGET_SVAR, Forsandelse
from wis.notiser.ko import Berord, Ko, Parti, Uppdrag
from wis.notiser.models import Kanalslag
from wis.notiser.rules import Utfall, overgaende
from wis.notiser.service import andring_av
from wis.notiser.transport import Transport, skapa
from wis.settings import Settings

TRADAR_PER_KANAL = 2
# Seconds between two looks at who in a batch may still read.
PROVA_RATTEN = 1.0
# Seconds: word of a dispatch at most this often; pauses when the database does not answer.
ANMALAN_PAUS = 0.25
FORSTA_PAUS = 0.2
LANGSTA_PAUS = 30.0
# How often to try, when told to stop, to write down what has been sent.
SISTA_FORSOK = 5
_NERE = (OperationalError, InterfaceError, PoolTimeoutError)
_log = logging.getLogger(__name__)


class Anmalare:
    """Tells the screens that a dispatch has come further: at most four times a second for each, and always the last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._las = threading.Lock()
        self._senast: dict[int, float] = {}
        self._vantar: dict[int, Berord] = {}

    def andrade(self, berorda: Iterable[Berord]) -> None:
        """The figures of these have changed, and the change is committed."""
        with self._las:
            self._vantar.update({berord[0]: berord for berord in berorda})
        self.sag_till()

    def sag_till(self, *, alla: bool = False) -> float | None:
        """Tell of what may be told of now; `alla`: of everything. Returns seconds until more may be told, or None."""
        nu = time.monotonic()
        with self._las:
            mogna = [b for b in self._vantar.values() if alla or nu - self._senast.get(b[0], 0.0) >= ANMALAN_PAUS]
            for utskick_id, _, _ in mogna:
                del self._vantar[utskick_id]
                self._senast[utskick_id] = nu
            kvar = [self._senast[utskick_id] + ANMALAN_PAUS - nu for utskick_id in self._vantar]
            self._senast = {id_: nar for id_, nar in self._senast.items() if nu - nar < 60}
        for berord in mogna:
            self._sag(andring_av(*berord))
        return max(0.0, min(kvar)) if kvar else None

    def _sag(self, andring: Andring) -> None:
        # After the commit, as wis.tx does it: a screen that can't be told catches up by itself.
        for listener in list(self._database.listeners):
            try:
                listener(andring)
            except Exception:  # noqa: BLE001
                _log.exception("a listener failed on dispatch %d", andring.id)


class Sandning:
    """One claimed batch on its way: asked before each message, told after it, and settles each on its own."""

    def __init__(self, egen_ko: Ko, parti: Parti, anmalare: Anmalare, stopp: threading.Event, lease: float) -> None:
        self._ko, self._parti, self._anmalare, self._stopp, self._lease = egen_ko, parti, anmalare, stopp, lease
        self._kvar = {uppdrag.id: uppdrag for uppdrag in parti.uppdrag}
        self._borjade: set[int] = set()
        self._ouppgjorda: list[tuple[Uppdrag, Utfall]] = []

    def innan(self, forsandelse: Forsandelse) -> bool:
        """Whether it is still ours to send. Claims are renewed at half time: a slow server must not use them up."""
        if self._stopp.is_set() or self._ouppgjorda or forsandelse.id not in self._kvar:
            return False
        try:
            self._hall_kvar()
            self._prova_ratten()
        except _NERE:
            _log.warning("the database does not answer: %d deliveries are left for later", len(self._kvar))
            return False
        if forsandelse.id in self._kvar:
            self._borjade.add(forsandelse.id)
            return True
        return False

    def _hall_kvar(self) -> None:
        if (self._parti.lease_till - clock.now()).total_seconds() < self._lease / 2:
            egna = self._ko.fornya(self._parti, self._kvar.keys())
            self._kvar = {id_: uppdrag for id_, uppdrag in self._kvar.items() if id_ in egna}

    def _prova_ratten(self) -> None:
        """Who has lost the right since the batch was claimed gets nothing more, PROVA_RATTEN seconds later at most."""
        if (clock.now() - self._parti.bedomt).total_seconds() < PROVA_RATTEN:
            return
        kvar = {id_: uppdrag for id_, uppdrag in self._kvar.items() if id_ not in self._borjade}
        for id_ in self._ko.stryk_utan_ratt(self._parti, kvar):
            self._anmalare.andrade([self._kvar.pop(id_).berord])

    def efter(self, forsandelse: Forsandelse, utfall: Utfall) -> None:
        """Settle it at once: what stands unsettled when the machine stops is sent again."""
        uppdrag = self._kvar.pop(forsandelse.id)
        self._borjade.discard(forsandelse.id)
        try:
            self._avgor(uppdrag, utfall)
        except SQLAlchemyError:
            # It has been sent, and must not be sent again because nobody could write it down: see slutfor().
            self._ouppgjorda.append((uppdrag, utfall))

    def slutfor(self) -> None:
        """Settle what could not be settled, and give back what was not begun."""
        for id_ in list(self._borjade):
            self._ouppgjorda.append((self._kvar.pop(id_), overgaende(INGET_SVAR)))
        paus, sista = FORSTA_PAUS, SISTA_FORSOK
        while self._ouppgjorda:
            try:
                self._avgor(*self._ouppgjorda[0])
                del self._ouppgjorda[0]
            except _NERE:
                sista -= self._stopp.is_set()
                if not sista:
                    _log.error("stopping with %d deliveries sent and not settled", len(self._ouppgjorda))
                    return
                time.sleep(paus)
                paus = FORSTA_PAUS if self._stopp.is_set() else min(paus * 2, LANGSTA_PAUS)
        self._ko.slapp(self._kvar.keys())

    def _avgor(self, uppdrag: Uppdrag, utfall: Utfall) -> None:
        if not self._ko.avgor(uppdrag, utfall):
            _log.warning("delivery %d took longer than its claim and may come twice", uppdrag.id)
        self._anmalare.andrade([uppdrag.berord])


class Worker:
    """Expands and sends until it is stopped: one thread that works out recipients, two per channel that send."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Raises SettingsError if a channel's URL is wrong."""
        self._database, self._settings = database, settings
        self._namn = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(3)}"
        self._stopp = threading.Event()
        self._vackning: list[threading.Event] = []
        self._anmalare = Anmalare(database)
        self._tradar: list[threading.Thread] = []
        self._transporter = [
            (kanal, skapa(kanal, settings, database)) for kanal in Kanalslag for _ in range(TRADAR_PER_KANAL)
        ]
        self.senast: datetime | None = None
        database.base_url = settings.base_url
        lyssna(database, self._hor)

    def start(self) -> None:
        """Start the threads; returns at once."""
        self._trad("expanderar", self._expandera)
        for nummer, arbete in enumerate(self._sandningar()):
            kanal, transport = self._transporter[nummer]
            self._trad(f"{kanal}-{nummer}", arbete, transport.stang)

    def tom(self) -> None:
        """Do all that is due, in the calling thread and at its clock, and return: the demo's history is sent so."""
        arbeten = [self._expandera, *self._sandningar()]
        while any([arbete() for arbete in arbeten]):
            continue
        for _, transport in self._transporter:
            transport.stang()

    def _sandningar(self) -> list[Callable[[], bool]]:
        return [
            self._sandare(kanal, transport, Ko(self._database, self._settings, f"{self._namn}:{nummer}"))
            for nummer, (kanal, transport) in enumerate(self._transporter)
        ]

    def stop(self, timeout: float = 30.0) -> bool:
        """Finish the messages on their way, give back the rest. Whether all was done within `timeout` seconds."""
        self._stopp.set()
        self.vack()
        slut = time.monotonic() + timeout
        for trad in self._tradar:
            trad.join(max(0.0, slut - time.monotonic()))
        self._anmalare.sag_till(alla=True)
        if self._hor in self._database.listeners:
            self._database.listeners.remove(self._hor)
        return not any(trad.is_alive() for trad in self._tradar)

    def vack(self) -> None:
        """There may be something to do."""
        for handelse in self._vackning:
            handelse.set()

    def lever(self) -> bool:
        """Whether every thread runs."""
        return bool(self._tradar) and all(trad.is_alive() for trad in self._tradar)

    def _hor(self, andring: Andring) -> None:
        if andring.slag in {Slag.UTSKICK, Slag.BREV}:
            self.vack()

    def _trad(self, namn: str, arbete: Callable[[], bool], sist: Callable[[], None] | None = None) -> None:
        vackning = threading.Event()
        self._vackning.append(vackning)

        def kor() -> None:
            self._varv(arbete, vackning)
            if sist is not None:
                sist()

        trad = threading.Thread(target=kor, name=f"wis-{namn}", daemon=True)
        self._tradar.append(trad)
        trad.start()

    def _varv(self, arbete: Callable[[], bool], vackning: threading.Event) -> None:
        """Work while there is work, else wait to be woken or for the next look. Nothing ends a thread but stop()."""
        paus = FORSTA_PAUS
        while not self._stopp.is_set():
            # Cleared before the look, not after: what is announced meanwhile is then looked for.
            vackning.clear()
            try:
                mer = arbete()
                self.senast, paus = clock.now(), FORSTA_PAUS
            except _NERE as fel:
                _log.warning("the database does not answer (%s); trying again", type(fel).__name__)
                self._stopp.wait(paus)
                paus = min(paus * 2, LANGSTA_PAUS)
                continue
            except Exception:  # noqa: BLE001 one bad row must not stop what others wait for
                _log.exception("a worker thread failed and goes on")
                self._stopp.wait(self._settings.worker_poll)
                continue
            if not mer:
                vackning.wait(self._vila())

    def _vila(self) -> float:
        kvar = self._anmalare.sag_till()
        return self._settings.worker_poll if kvar is None else min(kvar, self._settings.worker_poll)

    def _expandera(self) -> bool:
        self._anmalare.andrade(ko.aterta(self._database))
        framsteg = expandering.expandera(self._database)
        if framsteg is None:
            return False
        self._anmalare.andrade(framsteg.berorda)
        # The senders are not told by the listeners when the word is held back.
        self.vack()
        return True

    def _sandare(self, kanal: Kanalslag, transport: Transport, egen_ko: Ko) -> Callable[[], bool]:
        def skicka() -> bool:
            parti = egen_ko.ta(kanal)
            if parti is None:
                transport.vila()
                return False
            self._anmalare.andrade(parti.berorda)
            sandning = Sandning(egen_ko, parti, self._anmalare, self._stopp, self._settings.lease)
            try:
                transport.sand(_forsandelser(parti.uppdrag), sandning)
            finally:
                sandning.slutfor()
            return True

        return skicka


def kor(worker: Worker) -> None:
    """Run until SIGTERM or SIGINT, finish what is on its way, and return. In the main thread of `wis worker`."""
    slut = threading.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: slut.set())
    worker.start()
    slut.wait()
    if not worker.stop():
        _log.error("stopped before every message on its way was settled")


def _forsandelser(uppdrag: Collection[Uppdrag]) -> list[Forsandelse]:
    return [Forsandelse(u.id, u.till, u.amne, u.text) for u in uppdrag]
