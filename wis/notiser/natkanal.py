"""The plugins that send over the network: from a thread's batch to the pool's connections and back."""

import logging
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence

from wis.notiser.apprise_kanaler import INGET_SVAR, PARTI, PULS, Forsandelse, Kanalplugin, Mottagning, Sandning
from wis.notiser.forbindelser import Pool
from wis.notiser.pagang import Brevlada, Uppdrag
from wis.notiser.rules import Utfall, overgaende, oviss
from wis.notiser.slinga import SlinganDog

TRADAR = 6
# Seconds' worth of messages that all threads together may hold, where the provider sets the pace.
_FORSPRANG = 4.0
_LITE = 0.05
_log = logging.getLogger(__name__)


class Takt:
    """At most so many a second, and never more than a second's worth at once. Any thread."""

    def __init__(self, per_sekund: float) -> None:
        self._takt, self._las = per_sekund, threading.Lock()
        self._kvar, self._senast = 1.0, time.monotonic()

    def ta(self, vill: int) -> int:
        """How many of these may go now."""
        with self._las:
            nu = time.monotonic()
            self._kvar = min(max(1.0, self._takt), self._kvar + (nu - self._senast) * self._takt)
            self._senast = nu
            antal = min(vill, int(self._kvar))
            self._kvar -= antal
            return antal

    def lamna(self, antal: int) -> None:
        """So many did not go after all."""
        with self._las:
            self._kvar += antal

    def drojer(self) -> float:
        """Seconds until the next may go, counted from the last time that one was asked for."""
        with self._las:
            return max(0.0, (1.0 - self._kvar) / self._takt)


class Natkanal(Kanalplugin):  # type: ignore[no-untyped-call]
    """A plugin on a pool of connections."""

    tradar = TRADAR

    def __init__(self, leverantor: str, pool: Pool, takt: float | None, *, kvitton: bool = False) -> None:
        super().__init__(leverantor)
        self.kvitton = kvitton
        self.pool, self.takt = pool, Takt(takt) if takt else None
        if takt:
            self.parti = max(1, min(PARTI, int(takt * _FORSPRANG / self.tradar)))

    @abstractmethod
    def rendera(self, amne: str, text: str) -> bytes:
        """What all recipients of a message share, once per chunk."""

    @abstractmethod
    def bered(self, forsandelse: Forsandelse, mall: bytes) -> Utfall | tuple[bytes, bytes]:
        """What is to be written to send one, as (may be repeated, may not); or why it cannot be sent."""

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """As Kanalplugin's. A chunk is begun from within its notify(), and answers are awaited while the next is."""
        sandning = Natsandning(self, mottagning)
        try:
            self.sand_alla(forsandelser, sandning)
        finally:
            sandning.lamna_platser()

    def sand_grupp(self, sandning: "Natsandning", amne: str, text: str) -> None:
        """Begin one chunk; as many at a time as there is room for."""
        sandning.borja_grupp(self.rendera(amne, text))

    def avsluta(self, sandning: Sandning) -> None:
        """Wait for the last answers."""
        if isinstance(sandning, Natsandning):
            sandning.vanta_ut()

    def tyst(self) -> float:
        """As Transport's."""
        return self.pool.tyst()

    def stang(self) -> None:
        """As Transport's."""
        self.pool.stang()


class Natsandning(Sandning):
    """One call of sand(), in its thread.

    A place in the pool is kept from before a message is written down as begun until what came of it is written down:
    what may have to be called uncertain after a crash is never more than the places.
    """

    def __init__(self, kanal: Natkanal, mottagning: Mottagning) -> None:
        super().__init__(mottagning)
        self._kanal, self._pool, self._takt = kanal, kanal.pool, kanal.takt
        self._lada = Brevlada()
        self._ute: dict[int, Uppdrag] = {}
        self._kvar: list[Forsandelse] = []
        # Places whose outcomes are told and perhaps not written down, or that were never used.
        self._lagda = 0
        self._pulsad = self._samlat = time.monotonic()

    def borja_grupp(self, mall: bytes) -> None:
        """Until all of the chunk are begun, or there is reason to stop."""
        self._kvar = list(self.grupp)
        while self._kvar and not self.stopp:
            self._skyddad(lambda: self._ett_steg(mall))
        self._kvar = []

    def vanta_ut(self) -> None:
        """Until all are told of that were begun, and that is written down."""
        while self._ute:
            self._skyddad(self._lyssna)
        if self._lagda and self.fel is None:
            self._skyddad(self._pulsa)

    def lamna_platser(self) -> None:
        """Give back what is not in use."""
        lagda, self._lagda = self._lagda, 0
        if lagda:
            self._pool.lamna_platser(lagda)

    def _skyddad(self, steg: Callable[[], object]) -> None:
        # What is in flight is waited for whatever happens; sand() raises then.
        try:
            steg()
        except SlinganDog as fel:
            self.stanna(fel)
            ovissa = [(uppdrag.forsandelse, oviss("sändningen avbröts")) for uppdrag in self._ute.values()]
            self._ute.clear()
            self._beratta(ovissa)
        except Exception as fel:  # noqa: BLE001
            self.stanna(fel)

    def _ett_steg(self, mall: bytes) -> None:
        if not self._borja(mall):
            self._lyssna()

    def _borja(self, mall: bytes) -> bool:
        """Begin as many as there is room for; whether there was any."""
        antal = self._ta_platser(len(self._kvar))
        if not antal:
            return False
        grupp, self._kvar = self._kvar[:antal], self._kvar[antal:]
        far = self.mottagning.innan(grupp)
        if self._takt is not None and len(far) < antal:
            self._takt.lamna(antal - len(far))
        self._lamna_over([forsandelse for forsandelse in grupp if forsandelse.id in far], mall)
        self._samlat = 0.0
        return True

    def _ta_platser(self, vill: int) -> int:
        lagom = min(vill, self._pool.manga)
        if self._lagda < vill:
            vanta = 0.0 if self._ute or self._lagda else min(self._till_puls(), _LITE)
            self._lagda += self._pool.ta_platser(vill - self._lagda, lagom - self._lagda, vanta)
        antal = min(vill, self._lagda)
        if antal < lagom and self._ute and time.monotonic() < self._samlat:
            # A little later there are more: each group costs a commit.
            return 0
        return self._takt.ta(antal) if antal and self._takt is not None else antal

    def _lamna_over(self, grupp: list[Forsandelse], mall: bytes) -> None:
        uppdrag, utfall = [], []
        for forsandelse in grupp:
            beredd = self._bered(forsandelse, mall)
            if isinstance(beredd, Utfall):
                utfall.append((forsandelse, beredd))
            else:
                uppdrag.append(Uppdrag(forsandelse, *beredd, self._lada))
        # What was told before is written down by now: those places are free for others.
        self._lagda -= len(grupp)
        self.lamna_platser()
        if uppdrag:
            utfall += self._till_poolen(uppdrag)
        self._beratta(utfall)

    def _till_poolen(self, uppdrag: list[Uppdrag]) -> list[tuple[Forsandelse, Utfall]]:
        """Hand them over; what came of those that could not be: nobody would ever answer for them."""
        try:
            self._pool.lamna(uppdrag)
        except Exception as fel:  # noqa: BLE001 no sockets or threads left: nothing of them is under way
            _log.error("%s while handing over %d deliveries", type(fel).__name__, len(uppdrag))
            return [(ett.forsandelse, overgaende(INGET_SVAR, om_leverantoren=True)) for ett in uppdrag]
        self._ute.update((ett.forsandelse.id, ett) for ett in uppdrag)
        return []

    def _bered(self, forsandelse: Forsandelse, mall: bytes) -> Utfall | tuple[bytes, bytes]:
        # Whatever is wrong with one must not take the rest of the chunk with it.
        try:
            return self._kanal.bered(forsandelse, mall)
        except Exception as fel:  # noqa: BLE001
            _log.error("delivery %d: %s while sending", forsandelse.id, type(fel).__name__)
            return overgaende(INGET_SVAR)

    def _lyssna(self) -> None:
        """Tell of what has come, and give a sign of life when it is time."""
        if self._ute or self._lagda:
            svar = self._pool.hamta(self._lada, self._vantetid())
            for uppdrag, _ in svar:
                del self._ute[uppdrag.forsandelse.id]
            self._beratta([(uppdrag.forsandelse, utfall) for uppdrag, utfall in svar])
        # Nothing more to begin here, and others wait for the places.
        onodiga = not self._kvar and self._ute and self._lagda >= self._pool.manga and self._pool.nagon_vantar
        if onodiga or self._till_puls() <= 0:
            self._pulsa()

    def _pulsa(self) -> None:
        self._pulsad = time.monotonic()
        if not self.mottagning.puls():
            self.stopp = True
        self.lamna_platser()

    def _beratta(self, utfall: Sequence[tuple[Forsandelse, Utfall]]) -> None:
        if utfall:
            if not self._samlat:
                self._samlat = time.monotonic() + self._pool.samlingstid
            self._lagda += len(utfall)
            self.mottagning.efter(utfall)

    def _vantetid(self) -> float:
        vanta = self._till_puls()
        if self._kvar and self._lagda:
            vanta = min(vanta, max(0.0, self._samlat - time.monotonic()))
            if self._takt is not None:
                vanta = min(self._till_puls(), max(vanta, self._takt.drojer()))
        return vanta

    def _till_puls(self) -> float:
        return max(0.0, self._pulsad + PULS - time.monotonic())
