"""The ground of our own Apprise plugins: a batch at a time over a kept connection, and an outcome per recipient.

Apprise's own plugins tell how it went per URL and not per recipient, open a connection per message, and log numbers and
addresses. An instance belongs to one thread.
"""

import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from apprise import Apprise, AppriseAsset, NotifyBase

from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.db import Database
from wis.notiser.models import Kanalslag, Utkorgspost
from wis.notiser.rules import LEVERERAD, Utfall, overgaende, permanent
from wis.tx import transaction

# Seconds that one step over the network may take.
TIDSGRANS = 10.0
# How much of a claim one message may take in all. A claim is renewed before a message when less than half of it is
# left; the rest, up to that half, is for waiting to write down what came of it.
_ANDEL = 0.4
INGET_SVAR = "okänt fel i sändningen"
_log = logging.getLogger(__name__)

# service_timeout=0: Apprise's pool of threads gives up while the work goes on, and the message comes twice.
ASSET = AppriseAsset(
    app_id="WIS", async_mode=False, service_timeout=0, http_redirects=False, storage_mode="memory", secure_logging=True
)


class _UtanInnehall(logging.Filter):
    """Lets through that something went wrong, and nothing of what the library wrote: numbers and addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record passes; what it said is gone by then."""
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = "%s reported a problem while sending", (record.name,)
        record.exc_info = record.exc_text = record.stack_info = None
        return True


for _namn in ("apprise", "urllib3.connectionpool", "requests"):
    logging.getLogger(_namn).addFilter(_UtanInnehall())


def tid_per_meddelande(lease: float) -> float:
    """Seconds that one message may take in all, where a claim lasts `lease` seconds: it must not outlive its claim."""
    return lease * _ANDEL


@dataclass(frozen=True)
class Forsandelse:
    """One message to one recipient; `id` is the delivery's."""

    id: int
    till: str
    amne: str
    text: str


class Mottagning(Protocol):
    """Who is asked before each message and told after it."""

    def innan(self, forsandelse: Forsandelse) -> bool:
        """Whether it is still to be sent."""

    def efter(self, forsandelse: Forsandelse, utfall: Utfall) -> None:
        """It was tried, and this came of it."""


class Kanalplugin(NotifyBase):  # type: ignore[no-untyped-call]
    """An Apprise service that is handed a batch by `sand` and sends it from within Apprise's notify()."""

    service_name = "WIS"  # type: ignore[assignment]
    request_rate_per_sec = 0
    title_maxlen = 1000
    body_maxlen = 1_000_000

    def __init__(self) -> None:
        super().__init__(asset=ASSET)  # type: ignore[no-untyped-call]
        self._apprise = Apprise(asset=ASSET)
        self._apprise.add(self)
        self._grupp: Sequence[Forsandelse] = ()
        self._mottagning: Mottagning

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002 Apprise's own signature
        """An address for Apprise's reports; it names nobody."""
        return f"wis://{type(self).__name__.lower()}"

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these, one notify() for each run of the same message. Every one that was begun is told of."""
        for (amne, text), lika in groupby(forsandelser, key=lambda f: (f.amne, f.text)):
            self._grupp, self._mottagning = list(lika), mottagning
            self._apprise.notify(body=text, title=amne)

    def send(self, body: str, title: str = "", *_args: Any, **_kwargs: Any) -> bool:
        """Called by Apprise: the batch is ours, and the outcomes are told one by one."""
        for forsandelse in self._grupp:
            if self._mottagning.innan(forsandelse):
                self._mottagning.efter(forsandelse, self._vaga(forsandelse, title, body))
        return True

    def _vaga(self, forsandelse: Forsandelse, amne: str, text: str) -> Utfall:
        # Whatever goes wrong with one must not take the rest of the batch with it, nor be swallowed by Apprise.
        try:
            return self.sand_en(forsandelse, amne, text)
        except Exception as fel:  # noqa: BLE001
            _log.error("delivery %d: %s while sending", forsandelse.id, type(fel).__name__)
            return overgaende(INGET_SVAR)

    @abstractmethod
    def sand_en(self, forsandelse: Forsandelse, amne: str, text: str) -> Utfall:
        """Send one and say how it went."""

    def vila(self) -> None:
        """There has been nothing to send: let go of what costs the other end something."""

    def stang(self) -> None:
        """Let go of every connection; the next message opens its own."""


# --- the demo ----------------------------------------------------------------------------------------------------


class Utkorgskanal(Kanalplugin):  # type: ignore[no-untyped-call]
    """Nothing leaves: what would have been sent is kept for /utkorg."""

    service_name = "WIS utkorg"

    def __init__(self, database: Database, kanal: Kanalslag) -> None:
        super().__init__()
        self._database, self._kanal = database, kanal

    def sand_en(self, forsandelse: Forsandelse, amne: str, text: str) -> Utfall:
        """Keep one, and tell the open pages."""
        with transaction(self._database) as session:
            post = Utkorgspost(tid=clock.now(), kanal=self._kanal, till=forsandelse.till, amne=amne, text=text)
            session.add(post)
            session.flush()
            anmal(session, Andring(Slag.BREV, post.id, aktorer=None))
        return LEVERERAD


# --- any other service that Apprise knows ------------------------------------------------------------------------


class AnnanKanal:
    """A stock Apprise service: one instance and one notify() per recipient, and a failure may always pass."""

    def __init__(self, url_for: Callable[[str], str], kanal: Kanalslag) -> None:
        self._url_for, self._kanal = url_for, kanal

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these, one by one."""
        for forsandelse in forsandelser:
            if mottagning.innan(forsandelse):
                mottagning.efter(forsandelse, self._sand_en(forsandelse))

    def _sand_en(self, forsandelse: Forsandelse) -> Utfall:
        tjanst = Apprise.instantiate(self._url_for(forsandelse.till), asset=ASSET)
        if tjanst is None:
            return permanent("tjänsten tar inte emot adressen")
        apprise = Apprise(asset=ASSET)
        apprise.add(tjanst)
        gick = apprise.notify(body=forsandelse.text, title="" if self._kanal is Kanalslag.SMS else forsandelse.amne)
        return LEVERERAD if gick else overgaende("tjänsten tog inte emot meddelandet")

    def vila(self) -> None:
        """Nothing is kept open."""

    def stang(self) -> None:
        """Nothing is kept open."""
