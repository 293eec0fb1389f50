"""The ground of our own Apprise plugins: many at a time over kept connections, and an outcome per recipient.

Apprise's own plugins tell how it went per URL and not per recipient, open a connection per message, and log numbers and
addresses. Several threads send by one instance at once.
"""

import logging
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from apprise import Apprise, AppriseAsset, NotifyBase

from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.db import Database
from wis.notiser.models import Kanalslag, Utkorgspost
from wis.notiser.rules import LEVERERAD, Utfall, mottagen, overgaende, oviss, permanent
from wis.tx import transaction

INGET_SVAR = "okänt fel i sändningen"
# How many of the same message are sent by one notify().
MAX_PER_NOTIFY = 64
PARTI = 2 * MAX_PER_NOTIFY
# Seconds between two calls of Mottagning.puls().
PULS = 0.9
_log = logging.getLogger(__name__)

# service_timeout=0: Apprise's pool of threads gives up while the work goes on, and the message comes twice.
ASSET = AppriseAsset(
    app_id="WIS", async_mode=False, service_timeout=0, http_redirects=False, storage_mode="memory", secure_logging=True
)


def sakert_nej(status: int) -> bool:
    """Whether an HTTP status from 300 up tells for sure that nothing was taken.

    502, 504 and the like come from a gateway that may have passed the request on before it gave up; 408 likewise.
    """
    return status in {500, 501, 503, 505} or (300 <= status < 500 and status != 408)


class _Spar(threading.local):
    """What this thread's HTTP requests came to, by what urllib3 and Apprise write of them."""

    begynta = nekade = 0
    oklart = False

    def borja(self) -> None:
        """Forget what was before."""
        self.begynta, self.nekade, self.oklart = 0, 0, False

    @property
    def inget_sant(self) -> bool:
        """Whether each connection is known to have failed before anything was written, or to have been refused."""
        return 0 < self.begynta == self.nekade and not self.oklart

    def las(self, record: logging.LogRecord) -> None:
        """Take in one record; whatever is not known for sure stays unclear."""
        if record.name == _URLLIB3:
            if str(record.msg).startswith("Starting new HTTP"):
                self.begynta += 1
            elif record.msg == _SVARSRAD and isinstance(record.args, tuple):
                self._sluta(sakert_nej(int(str(record.args[6]))))
        elif (text := f"{record.msg} {record.args}").startswith("Socket Exception"):
            self._sluta(any(orsak in text for orsak in _EJ_ANSLUTEN))

    def _sluta(self, nekad: bool) -> None:
        self.nekade += nekad
        self.oklart = self.oklart or not nekad


_URLLIB3 = "urllib3.connectionpool"
_SVARSRAD = '%s://%s:%s "%s %s %s" %s %s'
_EJ_ANSLUTEN = [
    f"(Caused by {fel}("
    for fel in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "SSLError(SSLCertVerificationError")
]
_spar = _Spar()


class _UtanInnehall(logging.Filter):
    """Lets through that something went wrong, and nothing of what the library wrote: numbers and addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record passes; what it said is gone by then."""
        _spar.las(record)
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = "%s reported a problem while sending", (record.name,)
        record.exc_info = record.exc_text = record.stack_info = None
        return True


for _namn in ("apprise", _URLLIB3, "requests", "asyncio", "aiosmtplib"):
    logging.getLogger(_namn).addFilter(_UtanInnehall())
for _namn in ("apprise", _URLLIB3):
    # Only for the filter to see: it lets none of it through.
    logging.getLogger(_namn).setLevel(logging.DEBUG)


@dataclass(frozen=True, slots=True)
class Forsandelse:
    """One message to one recipient; `id` is the delivery's, `referens` an unguessable tag of it ('' for none)."""

    id: int
    till: str
    amne: str
    text: str
    referens: str = ""


class Mottagning(Protocol):
    """Who is asked before messages and told after them; only ever in the thread that called sand()."""

    def innan(self, grupp: Sequence[Forsandelse]) -> Collection[int]:
        """Write down that these are about to be sent; the ids of those that may be."""

    def efter(self, utfall: Sequence[tuple[Forsandelse, Utfall]]) -> None:
        """This came of these; kept until the next innan(), puls() or the end."""

    def puls(self) -> bool:
        """Called at least once a second while waiting, and writes down what efter() was told; False: begin no more."""


class Transport(Protocol):
    """Sends by one provider; several threads at once may call it."""

    leverantor: str
    kvitton: bool
    tradar: int
    # How many each of its threads takes from the queue at a time: a brådskande that comes meanwhile waits for them.
    parti: int

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these; returns when every begun one is told of."""

    def tyst(self) -> float:
        """Seconds since the provider last answered while something is in flight; 0.0 when nothing is."""

    def vila(self) -> None:
        """There has been nothing to send for a while."""

    def stang(self) -> None:
        """Close what is open; the next message opens it again."""


class Sandning:
    """What one call of sand() knows, in its thread."""

    def __init__(self, mottagning: Mottagning) -> None:
        self.mottagning = mottagning
        self.grupp: Sequence[Forsandelse] = ()
        self.stopp = False
        self.fel: Exception | None = None

    def stanna(self, fel: Exception) -> None:
        """Begin no more; sand() raises the first of these."""
        self.fel, self.stopp = self.fel or fel, True


class Kanalplugin(NotifyBase):  # type: ignore[no-untyped-call]
    """An Apprise service that is handed a batch by `sand` and sends it from within Apprise's notify()."""

    service_name = "WIS"  # type: ignore[assignment]
    request_rate_per_sec = 0
    title_maxlen = 1000
    body_maxlen = 1_000_000
    kvitton = False
    tradar = 1
    parti = PARTI

    def __init__(self, leverantor: str) -> None:
        super().__init__(asset=ASSET)  # type: ignore[no-untyped-call]
        self.leverantor = leverantor
        self._apprise = Apprise(asset=ASSET)
        self._apprise.add(self)
        self._tradens = threading.local()

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002 Apprise's own signature
        """An address for Apprise's reports; it names nobody."""
        return f"wis://{type(self).__name__.lower()}"

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these, one notify() per chunk of the same message. Every one that was begun is told of.

        Raises what `mottagning` raised, when what was begun is told of; SlinganDog if the loop's thread died.
        """
        self.sand_alla(forsandelser, Sandning(mottagning))

    def sand_alla(self, forsandelser: Sequence[Forsandelse], sandning: Sandning) -> None:
        """One notify() after another, until all are sent or there is reason to stop."""
        self._tradens.sandning = sandning
        for grupp in _stycken(forsandelser):
            if sandning.stopp:
                break
            sandning.grupp = grupp
            self._apprise.notify(body=grupp[0].text, title=grupp[0].amne)
        self.avsluta(sandning)
        if sandning.fel is not None:
            raise sandning.fel

    def avsluta(self, sandning: Sandning) -> None:
        """Wait for what is still under way."""

    def send(self, body: str, title: str = "", *_args: Any, **_kwargs: Any) -> bool:
        """Called by Apprise: the chunk is ours, and the outcomes are told one by one."""
        sandning: Sandning = self._tradens.sandning
        try:
            self.sand_grupp(sandning, title, body)
        except Exception as fel:  # noqa: BLE001 Apprise would swallow it; sand() raises it
            sandning.stanna(fel)
        return True

    @abstractmethod
    def sand_grupp(self, sandning: Any, amne: str, text: str) -> None:
        """Send one chunk."""

    def tyst(self) -> float:
        """As Transport's."""
        return 0.0

    def vila(self) -> None:
        """As Transport's: idle connections are let go of by themselves."""

    def stang(self) -> None:
        """As Transport's."""


def _stycken(forsandelser: Iterable[Forsandelse]) -> Iterable[Sequence[Forsandelse]]:
    for _, lika in groupby(forsandelser, key=lambda f: (f.amne, f.text)):
        grupp = list(lika)
        for borjan in range(0, len(grupp), MAX_PER_NOTIFY):
            yield grupp[borjan : borjan + MAX_PER_NOTIFY]


# --- the demo ----------------------------------------------------------------------------------------------------


class Utkorgskanal(Kanalplugin):  # type: ignore[no-untyped-call]
    """Nothing leaves: what would have been sent is kept for /utkorg."""

    service_name = "WIS utkorg"

    def __init__(self, database: Database, kanal: Kanalslag) -> None:
        super().__init__("utkorg")
        self._database, self._kanal = database, kanal

    def sand_grupp(self, sandning: Sandning, amne: str, text: str) -> None:
        """Keep one chunk, and tell the open pages."""
        far = sandning.mottagning.innan(sandning.grupp)
        grupp = [forsandelse for forsandelse in sandning.grupp if forsandelse.id in far]
        utfall = LEVERERAD
        try:
            self._spara(grupp, amne, text)
        except Exception as fel:  # noqa: BLE001 nothing of it is kept: each may be tried again
            _log.error("%s while keeping %d in the utkorg", type(fel).__name__, len(grupp))
            utfall = overgaende(INGET_SVAR)
        sandning.mottagning.efter([(forsandelse, utfall) for forsandelse in grupp])
        sandning.stopp = not sandning.mottagning.puls()

    def _spara(self, grupp: Sequence[Forsandelse], amne: str, text: str) -> None:
        with transaction(self._database) as session:
            for forsandelse in grupp:
                post = Utkorgspost(tid=clock.now(), kanal=self._kanal, till=forsandelse.till, amne=amne, text=text)
                session.add(post)
                session.flush()
                anmal(session, Andring(Slag.BREV, post.id, aktorer=None))


# --- any other service that Apprise knows ------------------------------------------------------------------------


class AnnanKanal:
    """A stock Apprise service: one instance and one notify() per recipient, and a failure may always pass.

    Apprise says no more than that it did not go. Where the service is reached by HTTP, and nothing that we said was
    taken, it is tried again; any other failure may be a lost answer, and is uncertain.
    """

    kvitton = False
    tradar, parti = 2, 5

    def __init__(self, url_for: Callable[[str], str], kanal: Kanalslag, leverantor: str) -> None:
        self._url_for, self._kanal, self.leverantor = url_for, kanal, leverantor

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these, one by one."""
        pulsad = time.monotonic()
        for forsandelse in forsandelser:
            if time.monotonic() - pulsad > PULS:
                pulsad = time.monotonic()
                if not mottagning.puls():
                    return
            if forsandelse.id in mottagning.innan([forsandelse]):
                mottagning.efter([(forsandelse, self._sand_en(forsandelse))])

    def _sand_en(self, forsandelse: Forsandelse) -> Utfall:
        tjanst = Apprise.instantiate(self._url_for(forsandelse.till), asset=ASSET)
        if tjanst is None:
            return permanent("tjänsten tar inte emot adressen")
        apprise = Apprise(asset=ASSET)
        apprise.add(tjanst)
        _spar.borja()
        gick = apprise.notify(body=forsandelse.text, title="" if self._kanal is Kanalslag.SMS else forsandelse.amne)
        if gick:
            return mottagen()
        if _spar.inget_sant:
            return overgaende("tjänsten tog inte emot meddelandet", om_leverantoren=True)
        return oviss("det är oklart om tjänsten tog emot meddelandet")

    def tyst(self) -> float:
        """Not known."""
        return 0.0

    def vila(self) -> None:
        """Nothing is kept open."""

    def stang(self) -> None:
        """Nothing is kept open."""
