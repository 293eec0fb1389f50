"""Changes passed between the processes of one installation over Redis: each judges by itself which of its own hear."""

import hashlib
import json
import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import redis
from redis.client import PubSub

from wis.andringar import Andring, Slag
from wis.settings import Settings

FORSOK_IGEN = 1.0
"""Seconds between two tries to reach Redis."""
VANTA_PA_REDIS = 2.0
"""The longest that a new connection waits for this process to hear the others."""
SVARAR_INOM = 5.0
"""The longest that Redis may take over an answer, in seconds."""
# A machine that dies without a word is missed within half a minute; the system alone would need hours. The last of them
# (ms) is for what was sent and never taken in: as long as such waits, the system asks for no sign of life.
_LIVSTECKEN = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 25_000}
_log = logging.getLogger(__name__)


def kanal(settings: Settings) -> str:
    """The channel in Redis of this installation alone: others may share the server."""
    return "wis-" + hashlib.sha256(settings.secret_key.encode()).hexdigest()[:16]


def till_json(andring: Andring, fran: str) -> str:
    """The change as it is passed on, and by which process."""

    def lista(aktorer: frozenset[int] | None) -> list[int] | None:
        return None if aktorer is None else sorted(aktorer)

    return json.dumps(
        {
            "fran": fran,
            "slag": andring.slag.value,
            "id": andring.id,
            "version": andring.version,
            "handelse_id": andring.handelse_id,
            "aktorer": lista(andring.aktorer),
            "anvandare_id": andring.anvandare_id,
            "tlp": andring.tlp,
            "forlorat": lista(andring.forlorat),
            "nummer": andring.nummer,
        }
    )


def fran_json(text: str | bytes) -> tuple[str, Andring]:
    """By which process, and the change. Raises ValueError, KeyError or TypeError for what is none."""
    data: dict[str, Any] = json.loads(text)

    def mangd(namn: str) -> frozenset[int] | None:
        return None if data[namn] is None else frozenset(data[namn])

    return data["fran"], Andring(
        Slag(data["slag"]),
        data["id"],
        data["version"],
        data["handelse_id"],
        mangd("aktorer"),
        data["anvandare_id"],
        data["tlp"],
        mangd("forlorat"),
        data["nummer"],
    )


class Buss:
    """The way to the other processes, and from them."""

    def __init__(self, settings: Settings) -> None:
        self._klient = redis.Redis.from_url(
            settings.redis_url or "",
            socket_connect_timeout=2,
            socket_timeout=SVARAR_INOM,
            socket_keepalive=True,
            # Not every platform has them all.
            socket_keepalive_options={getattr(socket, n): v for n, v in _LIVSTECKEN.items() if hasattr(socket, n)},
        )
        self._kanal, self._jag = kanal(settings), uuid.uuid4().hex
        self._las = threading.Lock()
        self._igang = False
        self._avbrott = False
        self._hor = threading.Event()

    def sand(self, andring: Andring) -> None:
        """Tell the others. Raises redis.RedisError when it can't be done."""
        self._klient.publish(self._kanal, till_json(andring, self._jag))

    def lyssna(self, mottag: Callable[[Andring], None], missat: Callable[[], None], behovs: Callable[[], bool]) -> None:
        """Have `mottag` called with what the others tell, as long as `behovs`; returns once they are heard, or soon.

        `missat` is called when they are heard again after a break: what was said meanwhile is lost.
        """
        with self._las:
            start, self._igang = not self._igang, True
            if start:
                self._hor.clear()
        if start:
            work = (mottag, missat, behovs)
            threading.Thread(target=self._avlyssna, args=work, name="wis-live-redis", daemon=True).start()
        self._hor.wait(VANTA_PA_REDIS)

    def _avlyssna(
        self, mottag: Callable[[Andring], None], missat: Callable[[], None], behovs: Callable[[], bool]
    ) -> None:
        while not self._klart(behovs):
            try:
                with self._klient.pubsub() as lyssnare:  # type: ignore[no-untyped-call] # redis has no types here
                    lyssnare.subscribe(self._kanal)
                    self._folj(lyssnare, mottag, missat, behovs)
                    return
            except (redis.RedisError, OSError) as fel:
                if not self._avbrott:
                    _log.error("the live channel does not hear the other processes: %s", fel)
                self._avbrott = True
                time.sleep(FORSOK_IGEN)

    def _folj(
        self,
        lyssnare: PubSub,
        mottag: Callable[[Andring], None],
        missat: Callable[[], None],
        behovs: Callable[[], bool],
    ) -> None:
        while not self._klart(behovs):
            ord_: dict[str, Any] | None = lyssnare.get_message(timeout=1.0)
            if ord_ is not None and ord_["type"] == "subscribe":
                self._hor.set()
                forut, self._avbrott = self._avbrott, False
                if forut:
                    missat()
            elif ord_ is not None and ord_["type"] == "message":
                self._ta_emot(ord_["data"], mottag)

    def _ta_emot(self, data: bytes, mottag: Callable[[Andring], None]) -> None:
        try:
            fran, andring = fran_json(data)
        except (ValueError, KeyError, TypeError):
            _log.exception("what came over Redis is no change")
            return
        if fran != self._jag:
            mottag(andring)

    def _klart(self, behovs: Callable[[], bool]) -> bool:
        """Whether nobody needs it any more; then it has ended, and the next call of lyssna() starts anew."""
        with self._las:
            self._igang = behovs()
            return not self._igang


def vack_vid_utskick(settings: Settings, vack: Callable[[], None], behovs: Callable[[], bool] = lambda: True) -> None:
    """In a process that sends alone (`wis worker`): have `vack` called when another process has something to send.

    It goes on as long as `behovs`, in a thread of its own; after a break `vack` is called once for what was missed.
    """

    def mottag(andring: Andring) -> None:
        if andring.slag in {Slag.UTSKICK, Slag.BREV}:
            vack()

    Buss(settings).lyssna(mottag, vack, behovs)
