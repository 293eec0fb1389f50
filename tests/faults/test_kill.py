"""Killed with -9 at any point: no acknowledged publication and no promised delivery is lost, and none comes twice.

The short form kills some times on each database, the long form (script/test --long) 1,000 times on each.
"""

import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import requests
from sqlalchemy import func, select

from tests import factories as f
from tests.faults import leverans_stod as stod
from tests.faults.forgrena import Forgrening
from tests.faults.leverans_stod import Loften, Sink
from tests.korning import Korning
from tests.servrar import vanta_tills
from tests.utskick import falt
from wis import audit
from wis.db import Database
from wis.lagesbild.models import LagesbildVersion
from wis.notiser.models import Utskick
from wis.underrattelser.models import UnderrattelseVersion

MOTTAGARE = 24
OMGANGAR = 1000 if os.environ.get("WIS_TEST_LONG") == "1" else 8
ARBETARE = 2
# Seconds that a provider takes over each message: so that something is in flight at almost any moment.
FORDROJNING = 0.04


@dataclass
class Skribent:
    """Publishes again and again, remembers what it was told had been done, and sends again what nobody answered."""

    url: str
    session: requests.Session
    lovade: dict[str, float] = field(default_factory=dict)
    tider: list[float] = field(default_factory=list)
    stopp: threading.Event = field(default_factory=threading.Event)
    obesvarad: tuple[str, dict[str, str], str] | None = None
    nummer: int = 0

    def logga_in(self) -> None:
        page = self.session.get(f"{self.url}/logga-in", timeout=30).text
        form = {"epost": stod.TALESPERSON, "losenord": f.LOSENORD, "csrf_token": falt(page, "csrf_token")}
        answer = self.session.post(f"{self.url}/logga-in", data=form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302

    def skriv(self) -> None:
        """Until stopped, or the server is gone: an underrättelse, then a version of the lägesbild, and so on."""
        try:
            if self.obesvarad is not None:
                self._skicka(*self.obesvarad)
            while not self.stopp.wait(0.1):
                self.nummer += 1
                (self._underrattelse if self.nummer % 2 else self._lagesbild)(f"Prov {self.nummer:05}")
        except requests.RequestException:
            return

    def _underrattelse(self, namn: str) -> None:
        form = self._form(address := f"{self.url}/handelser/storm/underrattelser/ny", "csrf_token")
        form |= {"bradskande": "y"} if self.nummer % 8 == 1 else {}
        self._skicka(address, form | {"rubrik": namn, "text": "Text."}, namn)

    def _lagesbild(self, namn: str) -> None:
        form = self._form(address := f"{self.url}/handelser/storm/lagesbild/nacka/skriv", "csrf_token", "bas")
        self._skicka(address, form | {"sammanfattning": namn}, namn)

    def _form(self, address: str, *names: str) -> dict[str, str]:
        page = self.session.get(address, timeout=30).text
        return {name: falt(page, name) for name in names} | {"handling": "avisera", "nyckel": uuid.uuid4().hex}

    def _skicka(self, address: str, form: dict[str, str], namn: str) -> None:
        self.obesvarad, began = (address, form, namn), time.monotonic()
        answer = self.session.post(address, data=form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, (answer.status_code, answer.text)
        self.obesvarad, self.lovade[namn] = None, time.monotonic()
        self.tider.append(self.lovade[namn] - began)


class Anlaggning(Korning):
    """The web, and on PostgreSQL workers of their own beside it; on SQLite the web sends too."""

    def __init__(self, instance: Path, database: Database, sink: Sink, forgrening: Forgrening) -> None:
        self.forgrening = forgrening
        url = database.engine.url.render_as_string(hide_password=False)
        self.egna = 0 if url.startswith("sqlite") else ARBETARE
        super().__init__(
            instance,
            database_url=url,
            inbyggd_worker="0" if self.egna else "1",
            en_process="1",
            andra_faktor="ingen",
            epost_url=sink.epost_url,
            sms_url=sink.sms_url,
            lease="2",
            worker_poll="0.1",
            backoff="0.2",
            angra_tid="0",
        )
        self._webb: int | None = None
        self.arbetare: list[int] = []

    def starta(self, *arguments: str) -> Self:
        """Start the web, and wait until it answers."""
        self._webb = self.forgrening.starta(["run", "--port", str(self.port), *arguments], self._env, self.logg)
        vanta_tills(self.svarar, 60, "att wis run svarar")
        return self

    def svarar(self) -> bool:
        """Whether the web answers."""
        try:
            return requests.get(f"{self.url}/halsa/live", timeout=2).ok
        except requests.RequestException:
            return False

    def doda(self, signum: signal.Signals = signal.SIGKILL) -> None:
        """Kill the web; it is always by -9."""
        assert signum == signal.SIGKILL
        if self._webb is not None:
            self.forgrening.doda(self._webb)
            self._webb = None

    def fyll_pa(self) -> None:
        """Start the workers that are missing."""
        while len(self.arbetare) < self.egna:
            self.arbetare.append(self.forgrening.starta(["worker"], self._env, self.logg))

    def doda_arbetare(self, antal: int) -> list[int]:
        """Kill so many workers at once; their process ids."""
        doda, self.arbetare = self.arbetare[:antal], self.arbetare[antal:]
        self.forgrening.doda(*doda)
        return doda


@dataclass
class Prov:
    """The rounds, and what was seen in them."""

    anlaggning: Anlaggning
    database: Database
    skribent: Skribent
    loften: Loften
    chance: random.Random
    avbrutna: set[int] = field(default_factory=set)
    aterkomster: list[float] = field(default_factory=list)
    doda: Counter[str] = field(default_factory=Counter)

    def omgang(self, nummer: int) -> None:
        """Publish, and kill something somewhere in the middle of it."""
        trad = threading.Thread(target=self.skribent.skriv)
        before = len(self.skribent.lovade)
        self.skribent.stopp.clear()
        trad.start()
        wanted = before + self.chance.randint(1, 2)
        vanta_tills(lambda: len(self.skribent.lovade) >= wanted or not trad.is_alive(), 60, "nästa publicering")
        if nummer % max(5, OMGANGAR // 10) == 2:
            person = self.loften.folk[nummer // max(5, OMGANGAR // 10)]
            stod.ta_ratten(self.database, person)
            self.loften.tog_ratten(person)
        self._vanta_pa_arbete()
        hur = "webb" if not self.anlaggning.egna else self.chance.choice(["webb", "en worker", "alla workers"])
        self._doda(hur)
        if hur != "webb":
            self.skribent.stopp.set()
        trad.join(60)
        assert not trad.is_alive()
        if hur == "webb":
            self.anlaggning.starta()
        self.anlaggning.fyll_pa()
        self.aterkomster.append(time.monotonic())

    def _vanta_pa_arbete(self) -> None:
        """Mostly until something is on its way, and always some random moment more."""
        slut = time.monotonic() + 3.0
        while self.chance.random() > 0.01 and not stod.i_luften(self.database) and time.monotonic() < slut:
            self.skribent.stopp.wait(0.01)
        self.skribent.stopp.wait(self.chance.random() * 0.15)

    def _doda(self, hur: str) -> None:
        self.doda[hur] += 1
        if hur == "webb":
            self.anlaggning.doda()
        pids = [] if hur == "webb" else self.anlaggning.doda_arbetare(1 if hur == "en worker" else ARBETARE)
        # The web sends too where there are no workers of their own.
        for pid in pids if self.anlaggning.egna else [None]:
            begun = stod.i_luften(self.database, pid)
            # Those of one process: of one killed a moment ago some may be left, until their claims lapse.
            per_process = Counter((worker.rpartition(":")[0], kanal) for worker, kanal in begun.values())
            assert max(per_process.values(), default=0) <= stod.I_LUFTEN, per_process
            self.avbrutna |= begun.keys()


def test_nothing_acknowledged_or_promised_is_lost_and_nothing_comes_twice(
    varje_databas: Database, tmp_path: Path
) -> None:
    folk, began = stod.befolka(varje_databas, MOTTAGARE), time.monotonic()
    with (
        requests.Session() as session,
        Sink() as sink,
        Forgrening() as forgrening,
        Anlaggning(tmp_path, varje_databas, sink, forgrening) as anlaggning,
    ):
        sink.frisk(FORDROJNING)
        anlaggning.starta()
        anlaggning.fyll_pa()
        skribent = Skribent(anlaggning.url, session)
        skribent.logga_in()
        loften = Loften(folk, skribent.lovade)
        prov = Prov(anlaggning, varje_databas, skribent, loften, random.Random(20261122))
        for nummer in range(OMGANGAR):
            prov.omgang(nummer)
            if nummer % 50 == 49:
                stod.vanta_avgjort(varje_databas, 120)
        stod.vanta_avgjort(varje_databas, 120)
        dom = loften.granska(varje_databas, sink, prov.avbrutna)
        p99 = loften.p99(sink, prov.aterkomster)
        for_sent = loften.efter_forlorad_ratt(sink, stod.UTAN_RATT_FORR + stod.LANGSAM)
    print(f"\n{OMGANGAR} kills {dict(prov.doda)} in {time.monotonic() - began:.0f} s: {dom}")
    print(
        f"{len(prov.avbrutna)} in flight when killed; p99 {p99:.2f} s; publishing {max(skribent.tider):.2f} s at most"
    )
    assert p99 <= 60
    assert not for_sent
    assert sum(dom.dubbletter.values()) <= len(prov.avbrutna)
    _granska_publiceringar(varje_databas, skribent)


def _granska_publiceringar(database: Database, skribent: Skribent) -> None:
    """What was acknowledged is there once, also what was sent again with the same key; no version without promise."""
    with database.reading() as session:
        assert not isinstance(audit.verify(session), audit.Kedjebrott)
        published = Counter(session.scalars(select(UnderrattelseVersion.rubrik)))
        published += Counter(session.scalars(select(LagesbildVersion.sammanfattning)))
        assert session.scalar(select(func.count()).select_from(Utskick)) == published.total()
    assert len(skribent.lovade) >= OMGANGAR
    assert set(published.values()) == {1}
    assert set(skribent.lovade) <= set(published)
