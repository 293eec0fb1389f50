"""Persistent connections to providers, on one asyncio loop in a thread of its own per process.

A `Pool` per provider hands messages to its connections. Threads that send take places in it, hand over groups and get
outcomes back in a `Brevlada`. Everything whose docstring does not say otherwise runs in the loop's thread.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from queue import Empty
from typing import cast

from wis.notiser.pagang import Brevlada, Uppdrag
from wis.notiser.rules import Utfall, overgaende, oviss
from wis.notiser.slinga import Slinga, SlinganDog, avbryt

# Seconds that one step of connecting may take, and all of them together.
ANSLUTNINGSTID = 10.0
OPPNINGSTID = 30.0
# Seconds after which an idle connection is not trusted to be alive at the other end.
VILA_EFTER = 20.0
# How much of its time a message may spend waiting for a connection.
_ANDEL_I_KO = 0.25
# Outcomes are gathered for a little while before the sending thread is woken.
_KORTAST_SAMLA, _LANGST_SAMLA = 0.002, 0.01
# A provider slower than this needs no messages in readiness: writing them down costs nothing beside its answer.
_SNABB = 0.5
# For so long no more connections are tried than the provider has let us have.
_FARRE_TID = 30.0
_AVSKED = 2.0
_log = logging.getLogger(__name__)


class Forbindelse(asyncio.Protocol):
    """One connection to a provider, for one message at a time."""

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool
        self.transport: asyncio.Transport | None = None
        self.uppdrag: Uppdrag | None = None
        # Whether a byte of the content of the message in hand is written: from then on it may have been taken.
        self.skrivet = False
        self.antal, self.anvand, self.vilograns = 0, 0.0, VILA_EFTER
        self.ledig = self.bruten = False

    # --- what each protocol does -----------------------------------------------------------------------------

    async def oppna(self) -> None:
        """Connect, and whatever is needed before the first message. Raises when it does not go."""
        raise NotImplementedError

    def felorsak(self, fel: BaseException) -> str:
        """What to tell people of an error in `oppna`."""
        raise NotImplementedError

    def skriv(self, uppdrag: Uppdrag) -> None:
        """Begin: write of the message what may be written."""
        raise NotImplementedError

    def adjo(self) -> None:
        """Say what is to be said before leaving; the connection is closed if the other end does not."""
        if self.transport is not None:
            self.transport.close()

    # --- what all do -----------------------------------------------------------------------------------------

    def brukbar(self, nu: float) -> bool:
        """Whether a message may be begun on it."""
        return self.transport is not None and not self.transport.is_closing() and nu - self.anvand < self.vilograns

    def borja(self, uppdrag: Uppdrag) -> None:
        """Take on a message."""
        self.uppdrag, self.skrivet, self.ledig = uppdrag, False, False
        self.skriv(uppdrag)

    def klar(self, utfall: Utfall, *, behall: bool = True) -> None:
        """The provider has answered for the message in hand."""
        uppdrag, self.uppdrag = self.uppdrag, None
        if uppdrag is None:
            return
        self.antal += 1
        self.pool.svarade(self, uppdrag, utfall, behall=behall)

    def forlorad(self, orsak: str, *, forsok_igen: bool = True) -> None:
        """There will be no answer for the message in hand."""
        uppdrag, self.uppdrag = self.uppdrag, None
        if uppdrag is None:
            return
        if self.skrivet:
            self.pool.forlorad(self, uppdrag, oviss(orsak))
        elif forsok_igen and self.antal and uppdrag.ater < self.pool.hogst_ater:
            # An old connection that had gone stale says nothing of how a new one would fare.
            self.pool.tillbaka(self, uppdrag)
        else:
            self.pool.forlorad(self, uppdrag, overgaende(orsak, om_leverantoren=True))

    def bryt(self) -> None:
        """Close without more ado, also what is only being opened."""
        self.bruten = True
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio's."""
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
            if self.bruten:
                transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's own signature
        """As asyncio's."""
        self.transport = None
        self.pool.bortkopplad(self)
        self.forlorad(self.pool.BROTS)
        self.pool.fyll()


class Pool:
    """The connections to one provider, and the places for messages on their way to it."""

    BROTS = "förbindelsen bröts innan svaret kom"
    UTEBLEV = "svaret uteblev"
    TRANGT = "leverantören hann inte ta emot"

    def __init__(self, ny: Callable[["Pool"], Forbindelse], parallella: int, tid: float) -> None:
        """`parallella` connections at most; `tid` is how many seconds a message may take in all, waiting included."""
        self._ny, self._parallella, self._tid = ny, parallella, tid
        self._slinga: Slinga | None = None
        self._las = threading.Lock()
        self._villkor = threading.Condition()
        self._upptagna = self._vantande = 0
        self.manga = max(1, parallella // 4)
        # All the connections may have gone stale, and a message meet one after the other.
        self.hogst_ater = max(3, parallella)
        self._nollstall()

    def _nollstall(self) -> None:
        self._redo: deque[Uppdrag] = deque()
        self._lediga: list[Forbindelse] = []
        self._oppna: set[Forbindelse] = set()
        self._lamnas: set[Forbindelse] = set()
        self._oppnas: set[asyncio.Task[None]] = set()
        self._tak, self._tak_till = self._parallella, 0.0
        self._klocka: asyncio.TimerHandle | None = None
        self._ute = 0
        self._svarade = self._borjade = 0.0
        self._medel = 0.0
        self._senaste_fel = ""

    @property
    def samlingstid(self) -> float:
        """Seconds for which outcomes are gathered: less than what the margin of places covers. Any thread."""
        return min(_LANGST_SAMLA, max(_KORTAST_SAMLA, self._medel / 8))

    # --- for the threads that send ---------------------------------------------------------------------------

    def ta_platser(self, vill: int, helst: int, vanta: float) -> int:
        """So many of the places wished for: at least `helst`, or after `vanta` seconds what there is. Any thread."""
        with self._villkor:
            if vanta > 0:
                self._vantande += 1
                try:
                    self._villkor.wait_for(lambda: self._fria() >= helst, vanta)
                finally:
                    self._vantande -= 1
            elif self._fria() < helst:
                return 0
            antal = max(0, min(vill, self._fria()))
            self._upptagna += antal
            return antal

    @property
    def nagon_vantar(self) -> bool:
        """Whether a thread waits for places. Any thread."""
        return self._vantande > 0

    def lamna_platser(self, antal: int) -> None:
        """Give places back. Any thread."""
        with self._villkor:
            self._upptagna -= antal
            self._villkor.notify_all()

    def _fria(self) -> int:
        # A margin in readiness, so that no connection waits while a group is written down.
        marginal = self._tak if self._medel < _SNABB else 0
        return self._tak + marginal - self._upptagna

    def lamna(self, grupp: Sequence[Uppdrag]) -> None:
        """Hand over a group that is written down; the outcomes come to their Brevlada. Any thread."""
        with self._las:
            if self._slinga is None or not self._slinga.levande:
                self._slinga = Slinga.ta()
                self._nollstall()
            self._slinga.loop.call_soon_threadsafe(self._ta_emot, grupp)

    def hamta(self, brevlada: Brevlada, vanta: float) -> list[tuple[Uppdrag, Utfall]]:
        """What has come within `vanta` seconds. Raises SlinganDog. Any thread."""
        try:
            return brevlada.ko.get(timeout=max(vanta, 0.001))
        except Empty:
            slinga = self._slinga
            if slinga is not None and not slinga.levande:
                raise SlinganDog from None
            return []

    def tyst(self) -> float:
        """Seconds since the provider last answered while something is in flight; else 0.0. Any thread."""
        return max(0.0, time.monotonic() - max(self._svarade, self._borjade)) if self._ute else 0.0

    def stang(self) -> None:
        """Take leave, and let go of the loop; the next message opens anew. Any thread but the loop's."""
        # Held until all is closed: who sends meanwhile begins anew after that, and not in the middle of it.
        with self._las:
            slinga, self._slinga = self._slinga, None
            if slinga is None:
                return
            if slinga.levande:
                avsked: Future[None] = asyncio.run_coroutine_threadsafe(self._stang(), slinga.loop)
                try:
                    avsked.result(_AVSKED * 5)
                except (TimeoutError, CancelledError):
                    avsked.cancel()
                    _log.warning("the connections were not closed in time")
        slinga.slapp()

    # --- the loop's ------------------------------------------------------------------------------------------

    def _ta_emot(self, grupp: Sequence[Uppdrag]) -> None:
        nu = time.monotonic()
        if not self._ute:
            self._borjade = nu
        self._ute += len(grupp)
        grupp[0].brevlada.vanta_pa(len(grupp))
        for uppdrag in grupp:
            uppdrag.slut, uppdrag.senast_borjad = nu + self._tid, nu + self._tid * _ANDEL_I_KO
        self._redo.extend(grupp)
        self.fyll()

    def fyll(self) -> None:
        """Begin what can be begun, and open connections for the rest."""
        nu = time.monotonic()
        while self._redo and (forbindelse := self._ledig(nu)) is not None:
            uppdrag = self._redo.popleft()
            uppdrag.borjad = nu
            forbindelse.borja(uppdrag)
        saknas = min(len(self._redo) - len(self._oppnas), self._tak - len(self._oppna) - len(self._oppnas))
        for _ in range(saknas):
            # Kept: a task that nobody holds may be thrown away half done.
            uppgift = asyncio.get_running_loop().create_task(self._oppna_en())
            self._oppnas.add(uppgift)
            uppgift.add_done_callback(self._oppnas.discard)
        if self._klocka is None and (self._redo or self._oppna):
            self._klocka = asyncio.get_running_loop().call_later(min(0.25, self._tid / 20), self._tick)

    def _ledig(self, nu: float) -> Forbindelse | None:
        while self._lediga:
            forbindelse = self._lediga.pop()
            if not forbindelse.ledig:
                continue
            if forbindelse.brukbar(nu):
                return forbindelse
            self._lamna(forbindelse)
        return None

    async def _oppna_en(self) -> None:
        forbindelse = self._ny(self)
        try:
            async with asyncio.timeout(OPPNINGSTID):
                await forbindelse.oppna()
        except Exception as fel:  # noqa: BLE001 whatever it is, a message waits for this connection
            forbindelse.bryt()
            self._senaste_fel = forbindelse.felorsak(fel)
            self._kunde_inte_oppna()
        except asyncio.CancelledError:
            forbindelse.bryt()
            raise
        else:
            self._svarade = time.monotonic()
            if forbindelse.transport is not None:
                self._oppna.add(forbindelse)
                self._lagg_ledig(forbindelse)
        self._oppnas.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        self.fyll()

    def _kunde_inte_oppna(self) -> None:
        if self._oppna:
            # It lets us have no more than these: the messages wait for one of them.
            self._tak, self._tak_till = len(self._oppna), time.monotonic() + _FARRE_TID
            return
        self._tak = self._parallella
        if self._redo:
            self._klar(self._redo.popleft(), overgaende(self._senaste_fel, om_leverantoren=True))

    def _lagg_ledig(self, forbindelse: Forbindelse) -> None:
        forbindelse.anvand, forbindelse.ledig = time.monotonic(), True
        self._lediga.append(forbindelse)

    def _lamna(self, forbindelse: Forbindelse) -> None:
        """Take leave of a connection; it has `_AVSKED` seconds."""
        forbindelse.ledig = False
        self._oppna.discard(forbindelse)
        if forbindelse.transport is not None:
            self._lamnas.add(forbindelse)
            forbindelse.adjo()
            asyncio.get_running_loop().call_later(_AVSKED, forbindelse.bryt)

    def svarade(self, forbindelse: Forbindelse, uppdrag: Uppdrag, utfall: Utfall, *, behall: bool) -> None:
        """The provider said this of a message, and the connection may be used again or not."""
        self._svarade = time.monotonic()
        self._medel += 0.1 * (self._svarade - uppdrag.borjad - self._medel)
        if behall and forbindelse.transport is not None:
            self._lagg_ledig(forbindelse)
        else:
            self._bryt(forbindelse)
        self._klar(uppdrag, utfall)
        self.fyll()

    def forlorad(self, forbindelse: Forbindelse, uppdrag: Uppdrag, utfall: Utfall) -> None:
        """No answer came for a message, and none will."""
        self._medel += 0.1 * (time.monotonic() - uppdrag.borjad - self._medel)
        self._bryt(forbindelse)
        self._klar(uppdrag, utfall)
        self.fyll()

    def tillbaka(self, forbindelse: Forbindelse, uppdrag: Uppdrag) -> None:
        """Nothing of its content is written: it goes on another connection."""
        uppdrag.ater += 1
        self._redo.appendleft(uppdrag)
        self._bryt(forbindelse)
        self.fyll()

    def _klar(self, uppdrag: Uppdrag, utfall: Utfall) -> None:
        self._ute -= 1
        uppdrag.brevlada.lagg(self.samlingstid, uppdrag, utfall)

    def _bryt(self, forbindelse: Forbindelse) -> None:
        forbindelse.ledig = False
        self._oppna.discard(forbindelse)
        if forbindelse.transport is not None:
            self._lamnas.add(forbindelse)
            forbindelse.bryt()

    def bortkopplad(self, forbindelse: Forbindelse) -> None:
        """It is closed."""
        forbindelse.ledig = False
        self._oppna.discard(forbindelse)
        self._lamnas.discard(forbindelse)

    def _tick(self) -> None:
        self._klocka = None
        nu = time.monotonic()
        if self._tak_till and nu > self._tak_till:
            self._tak, self._tak_till = self._parallella, 0.0
        for forbindelse in list(self._oppna):
            if forbindelse.uppdrag is not None and forbindelse.uppdrag.slut <= nu:
                forbindelse.forlorad(self.UTEBLEV, forsok_igen=False)
            elif forbindelse.ledig and not forbindelse.brukbar(nu):
                self._lamna(forbindelse)
        while self._redo and self._redo[0].senast_borjad <= nu:
            borta = not self._oppna
            orsak = (self._senaste_fel or self.UTEBLEV) if borta else self.TRANGT
            self._klar(self._redo.popleft(), overgaende(orsak, om_leverantoren=borta))
        self._lediga = [forbindelse for forbindelse in self._lediga if forbindelse.ledig]
        self.fyll()

    async def _stang(self) -> None:
        if self._klocka is not None:
            self._klocka.cancel()
        while self._redo:
            self._klar(self._redo.popleft(), overgaende("sändningen avbröts"))
        for forbindelse in list(self._oppna):
            if forbindelse.uppdrag is not None:
                forbindelse.forlorad(self.BROTS, forsok_igen=False)
            else:
                self._lamna(forbindelse)
        await avbryt(list(self._oppnas))
        # One that was opened in the same moment as it was cancelled is open all the same.
        for forbindelse in list(self._oppna):
            self._lamna(forbindelse)
        await self._vanta_ut(time.monotonic() + _AVSKED)

    async def _vanta_ut(self, slut: float) -> None:
        """Until every connection is closed; those that are slow about it are not waited for."""
        while self._lamnas and time.monotonic() < slut:
            await asyncio.sleep(0.005)
        for forbindelse in list(self._lamnas):
            forbindelse.bryt()
        # The transports close their sockets in the next turns of the loop.
        for _ in range(3):
            await asyncio.sleep(0)
