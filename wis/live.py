"""Who is connected and who is told: judged here, whatever it is that carries the words (wis.realtime, wis.uttag).

Who may hear is judged when something is sent, on what the database then says of each who is connected (wis.horare).
Who may be connected is judged when they connect, at once when their rights change, and every half second for what ran
out or what nobody told. What was never told is found by the numbers of the events. See decision 008.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock, utdrag
from wis.andringar import Andring, Andringsnummer, Raknat, Slag
from wis.auth.krets import Tlp
from wis.auth.rules import Sak
from wis.db import Database
from wis.horare import (
    Uppkopplad,
    bedom_flera,
    handelser_med_nummer,
    har_forlorat,
    omprovade,
    rattsmarke,
    sak_av,
    versionens_sak,
)
from wis.luckor import Luckor
from wis.sandare import skyddad
from wis.settings import Settings

SVEP = 0.5
"""Seconds between two looks at whether the connected still may be."""
NAT = 1.0
"""Seconds between two looks at whether something has changed that was never told."""
MAX_MEDDELANDE = 10_000
"""The most bytes that a client may send at a time. It has nothing to say."""
# One login must not take the places of all others: so many open pages are kept connected, the rest ask by themselves.
PER_INLOGGNING = 12
SPRIDNING_PER = 1000 / 150
"""Milliseconds of spreading for each who is told: two processes draw about 150 pages a second, with others to answer.

The new text itself does not wait for it where there is an extract (wis.utdrag)."""
SPRIDNING_KORTAST, SPRIDNING_LANGST = 150, 40_000
VAG = "/socket.io"
"""Where the channel is."""
_SIFFROR = 9
"""So many digits always fit in an id."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Meddelande = dict[str, Any]


def tillatna_ursprung(base_url: str) -> list[str]:
    """The origins that a browser at our address has; on the machine itself under each of its names."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    named = f"[{host}]" if ":" in host else host
    return [f"{parts.scheme}://{name}{port}" for name in (LOOPBACK if named in LOOPBACK else (named,))]


def spridning(antal: int) -> int:
    """Over how many milliseconds so many who are told at once should spread their questions for the page."""
    return round(min(SPRIDNING_LANGST, max(SPRIDNING_KORTAST, antal * SPRIDNING_PER)))


Ord = Literal["andring", "nummer"]
"""All that is ever said: that something has changed, and to who has just connected by which number an event goes."""


class Barare(Protocol):
    """What carries the words to the sockets; called from any thread, and waits for no client."""

    def sand(self, till: Collection[str], data: Meddelande, ord_: Ord = "andring") -> None:
        """Send the word to these connections."""

    def kapa(self, sid: str) -> None:
        """Close the connection: it is no longer who it was."""


class Karna:
    """Those connected to one process."""

    def __init__(self, settings: Settings, database: Database, barare: Barare) -> None:
        self._settings, self._database, self._barare = settings, database, barare
        self._vilotid = timedelta(seconds=settings.session_vilotid)
        self._uppkopplade: dict[str, Uppkopplad] = {}
        self._per_inloggning: Counter[int] = Counter()
        self._luckor = Luckor()
        self._las = threading.Lock()
        self._sveper = False
        self._slut = threading.Event()

    def antal(self) -> int:
        """How many are connected here."""
        return len(self._uppkopplade)

    def antal_for(self, inloggning_id: int) -> int:
        """How many are connected here by this login."""
        return self._per_inloggning[inloggning_id]

    # --- coming and going -----------------------------------------------------------------------------------------

    def bedom(self, hashar: Collection[str]) -> dict[str, Uppkopplad]:
        """Those of these token hashes that may be connected. Asks the database."""
        with self._database.reading() as session:
            return bedom_flera(session, hashar, clock.now(), self._vilotid)

    def slapp_in(self, sid: str, who: Uppkopplad) -> None:
        """From now on this connection is told of what it may read, and judged anew."""
        with self._las:
            self._uppkopplade[sid] = who
            self._per_inloggning[who.inloggning_id] += 1
            start, self._sveper = not self._sveper, True
        if start:
            # Before the client asks for its page: what changes from here on is told, or found to be missing.
            self._borja_rakna()
            threading.Thread(target=self._svep, name="wis-live-svep", daemon=True).start()

    def svep_alltid(self) -> Callable[[], None]:
        """Look after those who come, from now until the function that is returned is called; asks the database."""
        self._sveper = True
        self._borja_rakna()
        thread = threading.Thread(target=self._svep, args=(self._slut,), name="wis-live-svep", daemon=True)
        thread.start()

        def sluta() -> None:
            self._slut.set()
            thread.join()

        return sluta

    def glom(self, sid: str) -> None:
        """The connection is gone."""
        with self._las:
            who = self._uppkopplade.pop(sid, None)
            if who is not None:
                self._per_inloggning[who.inloggning_id] -= 1
                if self._per_inloggning[who.inloggning_id] <= 0:
                    del self._per_inloggning[who.inloggning_id]

    def saga_nummer(self, fragor: Mapping[str, int]) -> None:
        """Tell these connections, which have been let in, the number of the event that the page of each shows.

        Of an event that the reader may not read, nothing. One question to the database. What changes after it is told
        as any change is; what changed before it is in the number: a page that has it has missed nothing.
        """
        now, alla = clock.now(), self._nu_uppkopplade()
        with self._database.reading() as session:
            handelser = handelser_med_nummer(session, set(fragor.values()))
        for sid, handelse_id in fragor.items():
            who = alla.get(sid)
            sak, nummer = handelser.get(handelse_id, (None, 0))
            if who is not None and sak is not None and who.far_hora(sak, now):
                self._barare.sand([sid], _nummerord(who, handelse_id, nummer, len(alla), now), "nummer")

    # --- telling --------------------------------------------------------------------------------------------------

    def beratta(self, andringar: Sequence[Andring]) -> None:
        """Tell those who may hear of each of these changes, all judged on what holds now.

        Raises what the database raises; then all were told to look, and nothing counts as told.
        """
        att_saga = [andring for andring in andringar if andring.slag is not Slag.BEHORIGHET]
        if not att_saga:
            berorda = {andring.anvandare_id for andring in andringar}
            self.granska(None if None in berorda else berorda)
            return
        # Marked first, so that what takes its time is not told by the net as well.
        for andring in att_saga:
            self._luckor.sagt(andring.handelse_id, andring.nummer)
        try:
            self._bedom_och_saga(att_saga)
        except Exception:
            # Who may hear of what could not be judged: all look for themselves, and the net tries again. That somebody
            # writes nobody needs to be told, and readers may not be.
            for andring in att_saga:
                self._luckor.osagt(andring.handelse_id, andring.nummer)
            if any(andring.slag is not Slag.NARVARO for andring in att_saga):
                self.be_alla_se_efter()
            raise

    def _bedom_och_saga(self, att_saga: Sequence[Andring]) -> None:
        now = clock.now()
        alla = self._nu_uppkopplade()
        if not alla:
            return
        with self._database.reading() as session:
            nya = omprovade(session, alla, now, self._vilotid)
            saker = [(andring, sak_av(session, andring), self._utdragssak(session, andring)) for andring in att_saga]
        self._folj_alla(alla, nya)
        grupper = _grupper(alla, nya)
        for andring, sak, versionens in saker:
            skyddad(partial(self._saga, andring, sak, versionens, grupper, now))

    def _utdragssak(self, session: Session, andring: Andring) -> Sak | None:
        if andring.slag not in utdrag.FINNS_FOR or andring.tlp == Tlp.RED:
            return None
        sak = versionens_sak(session, andring)
        return None if sak is None or sak.tlp is Tlp.RED else sak

    def _saga(
        self, andring: Andring, sak: Sak, versionens: Sak | None, grupper: "Sequence[_Grupp]", now: datetime
    ) -> None:
        med: list[str] = []
        utan: list[str] = []
        sett_efter: list[str] = []
        for who, sids in grupper:
            if who.far_hora(sak, now, skriva=andring.slag is Slag.NARVARO):
                (med if versionens is not None and who.far_hora(versionens, now) else utan).extend(sids)
            elif har_forlorat(andring, who.subjekt):
                sett_efter.extend(sids)
        data = _data(andring, len(med) + len(utan))
        if med:
            path = utdrag.adress(self._settings, andring.slag, andring.id, andring.version, now)
            self._sand(med, data | {"utdrag": path})
        self._sand(utan, data)
        self._sand(sett_efter, _se_efter(len(sett_efter)))

    def be_alla_se_efter(self) -> None:
        """Tell all who are connected that they may have missed something."""
        alla = self._nu_uppkopplade()
        self._sand(alla, _se_efter(len(alla)))

    def _sand(self, till: Collection[str], data: Meddelande) -> None:
        if till:
            self._barare.sand(till, data)

    # --- what was never told --------------------------------------------------------------------------------------

    def se_efter_luckor(self) -> None:
        """Tell of each event that has risen by what was not told here within a second, whatever was lost."""
        with self._database.reading() as session:
            nu = session.execute(
                select(Andringsnummer.id, Andringsnummer.nummer).where(Andringsnummer.slag == Raknat.HANDELSE)
            )
            missade = self._luckor.missade({id_: nummer for id_, nummer in nu}, time.monotonic())
        self.beratta([Andring(Slag.HANDELSE, 0, 0, id_, None, nummer=nummer) for id_, nummer in missade.items()])

    # --- going out ------------------------------------------------------------------------------------------------

    def granska(self, personer: Collection[int | None] | None = None) -> None:
        """Judge the connected anew, or these persons' sockets, and cut those who no longer are who they were."""
        now = clock.now()
        berorda = self._nu_uppkopplade()
        if personer is not None:
            berorda = {sid: who for sid, who in berorda.items() if who.subjekt.anvandare_id in personer}
        if not berorda:
            return
        with self._database.reading() as session:
            nya = omprovade(session, berorda, now, self._vilotid)
        self._folj_alla(berorda, nya)

    def _nu_uppkopplade(self) -> dict[str, Uppkopplad]:
        with self._las:
            return dict(self._uppkopplade)

    def _folj_alla(self, forut: Mapping[str, Uppkopplad], nya: Mapping[str, Uppkopplad | None]) -> None:
        for sid, ny in nya.items():
            skyddad(partial(self._folj, sid, forut[sid], ny))

    def _folj(self, sid: str, who: Uppkopplad, ny: Uppkopplad | None) -> None:
        if ny is None or not who.samma_ratt(ny):
            self.glom(sid)
            self._barare.kapa(sid)
            return
        with self._las:
            if sid in self._uppkopplade:
                self._uppkopplade[sid] = ny

    def _svep(self, slut: threading.Event | None = None) -> None:
        natet = time.monotonic()
        while not (slut or self._slut).wait(SVEP):
            with self._las:
                if slut is None and not self._uppkopplade:
                    self._sveper = False
                    return
            skyddad(self.granska)
            if time.monotonic() - natet >= NAT:
                natet = time.monotonic()
                skyddad(self.se_efter_luckor)

    def _borja_rakna(self) -> None:
        self._luckor.borja_om()
        skyddad(self.se_efter_luckor)


_Grupp = tuple[Uppkopplad, list[str]]


def _grupper(alla: Mapping[str, Uppkopplad], nya: Mapping[str, Uppkopplad | None]) -> list[_Grupp]:
    """The connections by equal rights, with one to judge for all. Whose rights have changed are not among them.

    They have been cut, and fetch all of it when they come back.
    """
    grupper: dict[tuple[Any, ...], _Grupp] = {}
    for sid, forut in alla.items():
        who = nya.get(sid, forut)
        if who is not None and forut.samma_ratt(who):
            grupper.setdefault(who.grupp, (who, []))[1].append(sid)
    return list(grupper.values())


def _data(andring: Andring, antal: int) -> Meddelande:
    return {
        "slag": andring.slag.value,
        "id": andring.id,
        "version": andring.version,
        "handelse_id": andring.handelse_id,
        "nummer": andring.nummer,
        "spridning": spridning(antal),
    }


def _nummerord(who: Uppkopplad, handelse_id: int, nummer: int, antal: int, now: datetime) -> Meddelande:
    """What a page needs to know whether it still stands: the event's number, who reads it, and by what right."""
    vem = who.subjekt
    return {
        "handelse_id": handelse_id,
        "nummer": nummer,
        "vem": vem.anvandare_id,
        "ratt": rattsmarke(vem, handelse_id, now),
        "spridning": spridning(antal),
    }


def handelse_i(fraga: str) -> int | None:
    """The id of the event that a page shows, by the query string with which it connects; None if it says none."""
    text = parse_qs(fraga).get("handelse", [""])[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _SIFFROR else None


def _se_efter(antal: int) -> Meddelande:
    """What is told to one who must not be told of what: look again."""
    return _data(Andring(Slag.BEHORIGHET, 0), antal)
