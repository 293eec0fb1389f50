"""Many publish the same lägesbild at the same moment: one wins, the others get the comparison, no word is lost.

The short form runs in the suite; the long one (script/test --long) has 50 people and 200 rounds on each database.
`WIS_TEST_OMGANGAR` gives the long one another number of rounds.
"""

import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from tests import factories as f
from tests.korning import Korning
from tests.servrar import Redis
from tests.utskick import falt
from tests.web.lagesbild_stod import i_falt, synligt
from wis import audit
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild.models import LagesbildVersion, Utkast
from wis.overbliven import OverblivenText
from wis.tx import transaction

ADRESS = "/handelser/storm/lagesbild/nacka/skriv"
ANTAL, OMGANGAR = 8, 6
LANGT_ANTAL, LANGA_OMGANGAR = 50, int(os.environ.get("WIS_TEST_OMGANGAR", "200"))
DOLDA = ("csrf_token", "som_aktor", "bas", "revision", "krock", "mall", "ovriga")
FRIST = 60
UPPTAGET, OMSANDNINGAR = 503, 20
DERAS, BADA, INGET = "deras", "bada", ""


@dataclass
class Skribent:
    """One of those who publish, with what they sent in this round, and what they got."""

    nummer: int
    id: int
    epost: str
    url: str
    natet: requests.Session = field(default_factory=requests.Session)
    form: dict[str, str] = field(default_factory=dict)
    text: str = ""
    status: int = 0
    svar: str = ""
    tid: float = 0.0
    omsant: int = 0

    def logga_in(self) -> None:
        # As browsers do: a page that could not be taken in is given back with its text to our own pages alone.
        self.natet.headers["Sec-Fetch-Site"] = "same-origin"
        page = self.natet.get(f"{self.url}/logga-in", timeout=FRIST).text
        form = {"epost": self.epost, "losenord": f.LOSENORD, "csrf_token": falt(page, "csrf_token")}
        svar = self.natet.post(f"{self.url}/logga-in", data=form, allow_redirects=False, timeout=FRIST)
        assert svar.status_code == 302

    def oppna(self, omgang: int) -> None:
        """Open the page and write: what is written is found again by these words alone."""
        page = self.natet.get(self.url + ADRESS, timeout=FRIST).text
        self.text = f"Omgång{omgang} av skribent{self.nummer} {secrets.token_hex(4)}"
        self.form = {namn: i_falt(page, namn) for namn in DOLDA}
        self.form |= {"nyckel": secrets.token_hex(16), "nasta_val": "", "sammanfattning": self.text}

    def publicera(self, grind: threading.Barrier) -> None:
        """Press the button when all the others do."""
        grind.wait(FRIST)
        began = time.monotonic()
        self._skicka("tyst")
        self.tid = time.monotonic() - began

    def valj(self, val: str) -> None:
        """Choose for the summary on the page that was answered."""
        self.form = {namn: i_falt(self.svar, namn) for namn in (*DOLDA, "nyckel", "sammanfattning")}
        self._skicka(f"val:sammanfattning:{val}")
        assert self.status == 302, (self.status, synligt(self.svar))

    def _skicka(self, handling: str) -> None:
        form = self.form | {"nasta_val": "", "handling": handling}
        for _ in range(OMSANDNINGAR):
            svar = self.natet.post(self.url + ADRESS, data=form, allow_redirects=False, timeout=FRIST)
            self.status, self.svar = svar.status_code, svar.text
            if self.status != UPPTAGET:
                return
            # The page says that the database is busy and has the text in it: one presses again, by the same key.
            assert self.text in self.svar
            self.omsant += 1


@dataclass
class Prov:
    """The rounds, and how long the answers took."""

    database: Database
    folk: list[Skribent]
    pool: ThreadPoolExecutor
    chans: random.Random = field(default_factory=lambda: random.Random(20261122))
    tider: list[float] = field(default_factory=list)
    utfall: Counter[str] = field(default_factory=Counter)

    def omgang(self, nummer: int) -> None:
        list(self.pool.map(lambda en: en.oppna(nummer), self.folk))
        grind = threading.Barrier(len(self.folk))
        list(self.pool.map(lambda en: en.publicera(grind), self.folk))
        self.tider += [en.tid for en in self.folk]
        vinnare = [en for en in self.folk if en.status == 302]
        forlorare = [en for en in self.folk if en.status == 409]
        assert len(vinnare) == 1, Counter(en.status for en in self.folk)
        assert len(forlorare) == len(self.folk) - 1, Counter(en.status for en in self.folk)
        self.utfall.update(publicerade=1, jamforelser=len(forlorare))
        self._granska_svaren(nummer, vinnare[0], forlorare)
        self._valj(vinnare[0], forlorare)

    def _granska_svaren(self, nummer: int, vinnare: Skribent, forlorare: list[Skribent]) -> None:
        """Each loser has their own text in the field, the winner's beside it, the newest base, and a draft of it."""
        with self.database.reading() as session:
            senaste = session.scalars(select(LagesbildVersion).where(LagesbildVersion.nummer == nummer)).one()
            assert senaste.sammanfattning == vinnare.text
            utkast = {rad.anvandare_id: rad.sektioner for rad in session.scalars(select(Utkast))}
        for en in forlorare:
            assert i_falt(en.svar, "sammanfattning") == en.text
            assert i_falt(en.svar, "bas") == str(nummer)
            sagt = synligt(en.svar)
            assert all(word in sagt for word in vinnare.text.split())
            assert "1 avsnitt är inte avgjort" in sagt
            assert utkast[en.id]["sammanfattning"] == en.text

    def _valj(self, vinnare: Skribent, forlorare: list[Skribent]) -> None:
        """Some take the winner's text, some both, some nothing yet: every word is still there."""
        vald = {en.nummer: self.chans.choice([DERAS, BADA, INGET]) for en in forlorare}
        list(self.pool.map(lambda en: en.valj(vald[en.nummer]), [en for en in forlorare if vald[en.nummer]]))
        self.utfall.update(f"valde {val}" for val in vald.values() if val)
        with self.database.reading() as session:
            utkast = {rad.anvandare_id: rad.sektioner["sammanfattning"] for rad in session.scalars(select(Utkast))}
            kvar = {(rad.anvandare_id, rad.text) for rad in session.scalars(select(OverblivenText))}
        for en in forlorare:
            ska = {DERAS: vinnare.text, BADA: f"{en.text}\n\n{vinnare.text}", INGET: en.text}
            assert utkast[en.id] == ska[vald[en.nummer]]
            assert ((en.id, en.text) in kvar) == (vald[en.nummer] == DERAS)

    def granska(self, omgangar: int) -> None:
        """The versions are without a gap, and the record is whole."""
        with self.database.reading() as session:
            numren = session.scalars(select(LagesbildVersion.nummer).order_by(LagesbildVersion.nummer)).all()
            assert list(numren) == list(range(1, omgangar + 1))
            assert not isinstance(audit.verify(session), audit.Kedjebrott)


def _befolka(database: Database, antal: int) -> list[tuple[int, str]]:
    with transaction(database) as session:
        f.en_handelse(session, "nacka", slug="storm")
        epost = [f"skribent{n}@nacka.example" for n in range(antal)]
        folk = [f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=adress) for adress in epost]
        session.flush()
        return [(person.id, adress) for person, adress in zip(folk, epost, strict=True)]


@contextmanager
def _servrar(database: Database, plats: Path, redis_url: str, antal: int) -> Iterator[list[str]]:
    """So many `wis run` on the database; their addresses."""
    miljo = {
        "database_url": database.engine.url.render_as_string(hide_password=False),
        "secret_key": secrets.token_hex(32),
        "andra_faktor": "ingen",
        "inbyggd_worker": "0",
        **({"redis_url": redis_url} if redis_url else {}),
    }
    with ExitStack() as stack:
        korningar = []
        for n in range(antal):
            (plats / str(n)).mkdir()
            korningar.append(stack.enter_context(Korning(plats / str(n), **miljo)).starta())
        yield [korning.url for korning in korningar]


def _prova(database: Database, plats: Path, redis_url: str, antal: int, omgangar: int) -> None:
    personer, began = _befolka(database, antal), time.monotonic()
    with (
        ThreadPoolExecutor(antal) as pool,
        _servrar(database, plats, redis_url, 2 if redis_url else 1) as urlar,
        ExitStack() as stack,
    ):
        folk = [Skribent(n, *person, urlar[n % len(urlar)]) for n, person in enumerate(personer)]
        for en in folk:
            stack.enter_context(en.natet)
        list(pool.map(Skribent.logga_in, folk))
        prov = Prov(database, folk, pool)
        for nummer in range(1, omgangar + 1):
            prov.omgang(nummer)
    prov.granska(omgangar)
    mitten = sorted(prov.tider)[len(prov.tider) // 2]
    print(
        f"\n{antal} people, {omgangar} rounds in {time.monotonic() - began:.0f} s: {dict(prov.utfall)}; "
        f"an answer after {mitten:.2f} s, {max(prov.tider):.2f} s at most; {sum(en.omsant for en in folk)} sent again"
    )


LANGD = [
    pytest.param(ANTAL, OMGANGAR, id="short"),
    pytest.param(LANGT_ANTAL, LANGA_OMGANGAR, id="long", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("antal", "omgangar"), LANGD)
def test_of_all_who_publish_at_once_one_wins_and_nobody_loses_a_word(
    database: Database, tmp_path: Path, antal: int, omgangar: int
) -> None:
    _prova(database, tmp_path, "", antal, omgangar)


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize(("antal", "omgangar"), LANGD)
def test_and_so_it_is_on_two_processes(
    postgres_url: str, redis: Redis, tmp_path: Path, antal: int, omgangar: int
) -> None:
    database = Database(postgres_url)
    try:
        _prova(database, tmp_path, redis.url, antal, omgangar)
    finally:
        database.dispose()
