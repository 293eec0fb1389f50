"""The worker: threads that work out recipients, send and settle; within `wis run`, or a process of its own."""

import logging
import math
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from wis import clock, overbliven, skrivnarvaro
from wis.andringar import Andring, Slag, lyssna
from wis.bilagor import service as bilagor
from wis.db import Database
from wis.notiser import eskalering, expandering, stadning, sysslor
from wis.notiser.anmalare import Anmalare
from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.brevlada import Brevlada
from wis.notiser.ko import Ko
from wis.notiser.koposter import Uppdrag
from wis.notiser.leverantorsminuter import Raknare
from wis.notiser.models import Kanalslag
from wis.notiser.sandning import FORSTA_PAUS, LANGSTA_PAUS, NERE, Sandning
from wis.notiser.transport import skapa
from wis.notiser.vagar import Vag, Vagar
from wis.settings import Settings

# Seconds between two looks at what should have been done and was not.
STADA_VAR = 1.0
SALLAN_VAR = 60.0
# And between two looks at who has not answered: minutes pass before it matters.
ESKALERA_VAR = 5.0
# Seconds by which the wall's clock may fall behind in between: more, and it was set back.
KLOCKFEL = 30.0
# Seconds for which what is written by the old time is looked for after that.
RATTA_UNDER = 10.0
_log = logging.getLogger(__name__)


class Worker:
    """Expands and sends until it is stopped: one thread that works out recipients and tidies, some per provider."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Raises SettingsError if a channel's URL, or that of the mailbox of bounces, is wrong."""
        self._database, self._settings = database, settings
        self._namn = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(3)}"
        self._stopp = threading.Event()
        self._vackning: list[threading.Event] = []
        self._anmalare = Anmalare(database, self._hor)
        self._tradar: list[threading.Thread] = []
        raknare = Raknare()
        self._kanaler = [
            Vagar(kanal, skapa(kanal, settings, database), self._frisk_igen, raknare) for kanal in Kanalslag
        ]
        kvitterande = {vag.transport.leverantor for vag in self._vagar() if vag.transport.kvitton}
        self._stadning = Stadning(database, self._anmalare, settings, kvitterande, raknare)
        self._brevlada = Brevlada(database, settings) if settings.studs_brevlada else None
        self.senast: datetime | None = None
        database.base_url, database.angra_tid = settings.base_url, settings.angra_tid
        lyssna(database, self._hor)

    def start(self) -> None:
        """Start the threads; returns at once."""
        self._trad("expanderar", self._expandera)
        for vag in self._vagar():
            skicka = self._sandare(vag)
            for nummer in range(vag.transport.tradar):
                self._trad(f"{vag.transport.leverantor}-{nummer}", skicka)
        if self._brevlada is not None:
            self._trad("studsar", partial(self._brevlada.vid_behov, self._stopp.is_set))

    def tom(self) -> None:
        """Do all that is due, in the calling thread and at its clock, and return: the demo's history is sent so."""
        arbeten = [self._expandera, *(self._sandare(vag) for vag in self._vagar())]
        while any([arbete() for arbete in arbeten]):
            continue
        self._stang()

    def stop(self, timeout: float = 30.0) -> bool:
        """Finish the messages on their way, give back the rest. Whether all was done within `timeout` seconds."""
        self._stopp.set()
        self.vack()
        slut = time.monotonic() + timeout
        for trad in self._tradar:
            trad.join(max(0.0, slut - time.monotonic()))
        self._stang()
        self._stadning.sist()
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

    def _vagar(self) -> list[Vag]:
        return [vag for vagar in self._kanaler for vag in vagar.vagar]

    def _stang(self) -> None:
        for vag in self._vagar():
            vag.transport.stang()

    def _hor(self, andring: Andring) -> None:
        if andring.slag in {Slag.UTSKICK, Slag.BREV}:
            self.vack()

    def _frisk_igen(self, kanal: Kanalslag) -> None:
        """A provider that had failed is well: what waited for its sake goes now."""
        try:
            self._anmalare.andrade(stadning.slapp_efter_fel(self._database, kanal))
        except NERE:
            _log.warning("the database does not answer: what waits goes at its own time")
        self.vack()

    def _trad(self, namn: str, arbete: Callable[[], bool]) -> None:
        vackning = threading.Event()
        self._vackning.append(vackning)
        trad = threading.Thread(target=self._varv, args=(arbete, vackning), name=f"wis-{namn}", daemon=True)
        self._tradar.append(trad)
        trad.start()

    def _varv(self, arbete: Callable[[], bool], vackning: threading.Event) -> None:
        """Work while there is work, else wait to be woken or for the next look. Nothing ends a thread but stop()."""
        paus = FORSTA_PAUS
        while True:
            # Cleared before the look, not after: what is announced meanwhile is then looked for, and stop() is heard.
            vackning.clear()
            if self._stopp.is_set():
                return
            try:
                mer = arbete()
                self.senast, paus = clock.now(), FORSTA_PAUS
            except NERE as fel:
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
        self._stadning.vid_behov()
        borjade = time.monotonic()
        framsteg = expandering.expandera(self._database)
        if framsteg is None:
            return False
        self._anmalare.andrade(framsteg.berorda)
        # The senders are not told by the listeners when the word is held back.
        self.vack()
        if not framsteg.klar:
            # Half of the time is theirs: to find out whom to tell is quick, and must not keep them from telling.
            self._stopp.wait(time.monotonic() - borjade)
        return True

    def _sandare(self, vag: Vag) -> Callable[[], bool]:
        """What each thread of a provider does, over and over; it says whether there was anything to do."""
        leverantor = vag.transport.leverantor
        ko = Ko(self._database, self._settings, f"{self._namn}:{leverantor}", leverantor)

        def skicka() -> bool:
            antal, prov = vag.antal()
            parti = ko.ta(vag.kanal, antal, prov=prov) if antal else None
            if parti is None:
                vag.angra_prov(prov)
                vag.transport.vila()
                return False
            self._anmalare.andrade(parti.berorda)
            sandning = Sandning(ko, parti, vag, self._anmalare, self._stopp, self._settings.lease, prov=prov)
            try:
                vag.transport.sand(_forsandelser(parti.uppdrag), sandning)
            finally:
                sandning.slutfor()
                vag.angra_prov(prov)
            return True

        return skicka


class Stadning:
    """The worker's housekeeping, at most once a second."""

    def __init__(
        self,
        database: Database,
        anmalare: Anmalare,
        settings: Settings,
        kvitterande: Collection[str],
        raknare: Raknare,
    ) -> None:
        self._database, self._anmalare = database, anmalare
        self._settings, self._kvitterande, self._raknare = settings, kvitterande, raknare
        self._nasta = self._nasta_sallan = self._nasta_eskalering = self._nasta_sysslor = 0.0
        # At the first look too: the clock may have been set back while nothing ran.
        self._klocka: tuple[float, datetime] | None = None
        self._ratta_till = 0.0

    def vid_behov(self) -> None:
        """Put back what nobody came back from, and more seldom what need not be at once."""
        nu = time.monotonic()
        if nu < self._nasta:
            return
        self._nasta = nu + STADA_VAR
        if self._gick_bakat(nu):
            self._ratta_till = math.inf
        if nu < self._ratta_till:
            self._anmalare.andrade(stadning.ratta_efter_klockan(self._database))
            # Now that it has been done once: what somebody was just writing by the old time comes a moment later.
            self._ratta_till = min(self._ratta_till, nu + RATTA_UNDER)
        self._anmalare.andrade(stadning.stada(self._database))
        self._raknare.skriv(self._database)
        if nu >= self._nasta_eskalering:
            self._nasta_eskalering = nu + ESKALERA_VAR
            self._anmalare.andrade(eskalering.eskalera(self._database, self._settings, self._kvitterande))
        if nu >= self._nasta_sallan:
            self._nasta_sallan = nu + SALLAN_VAR
            stadning.glom_ovissa_brev(self._database)
            bilagor.stada(self._database)
            skrivnarvaro.stada(self._database)
            overbliven.stada(self._database)
        if nu >= self._nasta_sysslor:
            # Last: what is wrong in them stands in the way of nothing else.
            self._nasta_sysslor = nu + ESKALERA_VAR
            sysslor.gor(self._database)

    def sist(self) -> None:
        """What would be forgotten when the process ends."""
        try:
            self._raknare.skriv(self._database)
        except NERE:
            _log.warning("the database does not answer: the last figures of the providers are lost")

    def _gick_bakat(self, nu: float) -> bool:
        forra, self._klocka = self._klocka, (nu, clock.now())
        if forra is None:
            return True
        return (nu - forra[0]) - (self._klocka[1] - forra[1]).total_seconds() > KLOCKFEL


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
    return [Forsandelse(u.id, u.till, u.amne, u.text, u.referens) for u in uppdrag]
