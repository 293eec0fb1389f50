"""Killed with -9 at any point: no acknowledged publication and no promised delivery is lost.

The short form kills 20 times, the long form (script/test --long) 300 times.
"""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from tests import factories as f
from tests.korning import Korning
from tests.servrar import vanta_tills
from tests.utskick import falt
from wis import audit, schema
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild.models import LagesbildVersion
from wis.notiser.models import Kanalslag, Leverans, Notisslag, Status, Utkorgspost, Utskick
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

MOTTAGARE = 12
OMGANGAR = 300 if os.environ.get("WIS_TEST_LONG") == "1" else 20


@dataclass
class Skribent:
    """Publishes as fast as the server answers, and remembers what it was told had been done."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    lovade: set[str] = field(default_factory=set)
    stopp: threading.Event = field(default_factory=threading.Event)
    nummer: int = 0

    def logga_in(self) -> None:
        page = self.session.get(f"{self.url}/logga-in", timeout=30).text
        form = {"epost": "talesperson@nacka.example", "losenord": f.LOSENORD, "csrf_token": falt(page, "csrf_token")}
        answer = self.session.post(f"{self.url}/logga-in", data=form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302

    def skriv(self) -> None:
        """Until stopped, or the server is gone: an underrättelse, then a version of the lägesbild, and so on."""
        while not self.stopp.is_set():
            self.nummer += 1
            try:
                (self._underrattelse if self.nummer % 2 else self._lagesbild)(self.nummer)
            except requests.RequestException:
                return

    def _underrattelse(self, nummer: int) -> None:
        address = f"{self.url}/handelser/storm/underrattelser/ny"
        page = self.session.get(address, timeout=30).text
        form = {name: falt(page, name) for name in ("csrf_token", "nyckel")}
        form |= {"rubrik": f"Prov {nummer:05}", "text": "Text.", "handling": "avisera"}
        self._skicka(address, form, f"Prov {nummer:05}")

    def _lagesbild(self, nummer: int) -> None:
        address = f"{self.url}/handelser/storm/lagesbild/nacka/skriv"
        page = self.session.get(address, timeout=30).text
        form = {name: falt(page, name) for name in ("csrf_token", "nyckel", "bas")}
        form |= {"sammanfattning": f"Prov {nummer:05}", "handling": "avisera"}
        self._skicka(address, form, f"Prov {nummer:05}")

    def _skicka(self, address: str, form: dict[str, str], namn: str) -> None:
        answer = self.session.post(address, data=form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, (answer.status_code, answer.text)
        self.lovade.add(namn)


@pytest.fixture
def installation(tmp_path: Path, sqlite_mall: Path) -> Database:
    (tmp_path / "wis.db").write_bytes(sqlite_mall.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'wis.db'}")
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")
        for number in range(MOTTAGARE):
            person = f.en_person_hos(session, "solna", Roll.LASARE)
            f.en_kanal(session, person, Kanalslag.SMS, f"+467017406{number:02}")
            f.en_kanal(session, person, Kanalslag.EPOST, person.epost)
            for slag in (Notisslag.UNDERRATTELSE, Notisslag.LAGESBILD):
                f.en_prenumeration(session, person, slag)
    assert schema.current(database) == schema.newest()
    return database


def _publicerade(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(UnderrattelseVersion.rubrik))) | set(
            session.scalars(select(LagesbildVersion.sammanfattning))
        )


def _allt_sant(database: Database) -> bool:
    with database.reading() as session:
        unexpanded = session.scalar(select(func.count()).select_from(Utskick).where(Utskick.expanderat.is_(None)))
        open_states = Leverans.status.in_([Status.VANTAR, Status.SANDER])
        return not unexpanded and not session.scalar(select(func.count()).select_from(Leverans).where(open_states))


def test_nothing_acknowledged_or_promised_is_lost(installation: Database, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    with Korning(tmp_path, demo="1", lease="1", worker_poll="0.1", backoff="0.1") as korning:
        skribent = Skribent(korning.url)
        korning.starta()
        skribent.logga_in()
        for _ in range(OMGANGAR):
            before = len(skribent.lovade)
            thread = threading.Thread(target=skribent.skriv)
            thread.start()
            # Somewhere in the middle of the work: after a random number of publications and a random moment more.
            wanted = before + chance.randint(1, 4)
            vanta_tills(lambda wanted=wanted: len(skribent.lovade) >= wanted, 60, "nästa publicering")
            skribent.stopp.wait(chance.random() * 0.1)
            korning.doda()
            thread.join(60)
            assert not thread.is_alive()
            korning.starta()
        vanta_tills(lambda: _allt_sant(installation), 120, "att allt utlovat är sänt")
    _granska(installation, skribent.lovade)


def _granska(database: Database, lovade: set[str]) -> None:
    assert len(lovade) >= OMGANGAR
    assert lovade <= _publicerade(database)
    with database.reading() as session:
        assert not isinstance(audit.verify(session), audit.Kedjebrott)
        versions = len(_publicerade(database))
        # Version and promise are one transaction: never one without the other.
        assert session.scalar(select(func.count()).select_from(Utskick)) == versions
        deliveries = list(session.scalars(select(Leverans)))
        replaced = [d for d in deliveries if d.status == Status.STRUKEN]
        assert len(deliveries) == versions * MOTTAGARE * 2
        assert all("ersatt" in d.orsak for d in replaced)
        assert {d.status for d in deliveries} <= {Status.LEVERERAD, Status.STRUKEN}
        sent = Counter(session.execute(select(Utkorgspost.till, Utkorgspost.kanal, Utkorgspost.text)))
    assert len(sent) >= len(deliveries) - len(replaced)
    # A crash between sending and noting it sends once more: at most what each of the four sending threads was at, and
    # what a slow machine let outlive its claim of one second.
    doubles = sum(count - 1 for count in sent.values())
    assert doubles <= OMGANGAR * 16, doubles
