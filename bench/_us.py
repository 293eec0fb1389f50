"""Ourselves: a real `wis run` with its subscribers, and a writer who logs in and publishes over HTTP."""

import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import requests
from sqlalchemy import insert, text

from bench._figures import PEOPLE, TEXT, Result, address_of, cpu_of, forget_peak, peak_of
from bench._sinks import LOOPBACK, Sink
from tests.factories import LOSENORD, en_aktor, en_handelse, en_person_hos
from tests.korning import Korning
from tests.servrar import vanta_tills
from wis import clock, schema
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanal, Kanalslag, Notisslag, Omfattning, Prenumeration
from wis.tx import transaction

SPOKESMAN = "talesperson@nacka.example"
_CHUNK = 5_000
_FIELD = re.compile(r'<input[^>]*\bname="(csrf_token|nyckel)"[^>]*\bvalue="([^"]*)"')
# What is left to do; every other state is where a delivery ends or waits for a person.
_DONE = "'mottagen', 'levererad', 'misslyckad', 'oviss', 'struken'"
_LEFT = (
    "SELECT (SELECT count(*) FROM utskick WHERE expanderat IS NULL)"
    f" + (SELECT count(*) FROM leverans WHERE status NOT IN ({_DONE}))"
)


class Installation(Korning):
    """A `wis run` whose `count` subscribers are reached by what `sink` plays, and nothing else."""

    def __init__(self, folder: Path, sink: Sink, count: int, url: str = "", extra: str = "", **settings: str) -> None:
        """`url`: the database, SQLite in `folder` if not given; `extra`: added to the channel's URL."""
        channel = {
            "smtp": {"epost_url": f"smtp://{LOOPBACK}:{sink.port}/?fran=wis@example.se{extra}"},
            "http": {"sms_url": f"46elks://u:p@{LOOPBACK}:{sink.port}/?fran=WIS{extra}"},
        }[sink.name]
        self.count, self.sink = count, sink
        self.database_url = url or f"sqlite:///{folder / 'wis.db'}"
        # angra_tid: no hold, which would be waiting and no work.
        fixed = {"database_url": self.database_url, "andra_faktor": "ingen", "angra_tid": "0"}
        super().__init__(folder, **fixed, **channel, **settings)
        # Another bench's or shell's settings are not ours.
        other = "WIS_SMS_URL" if sink.name == "smtp" else "WIS_EPOST_URL"
        self._env.pop(other, None)
        self.database = Database(self.database_url)

    def __enter__(self) -> "Installation":
        try:
            schema.upgrade(self.database)
            _fill(self.database, self.count, self.sink.name)
            # As the database does by itself within a minute: until then it plans for empty tables.
            with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))
            self.starta()
            self.writer = Writer(self.url)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self.database.dispose()

    @property
    def pid(self) -> int:
        """The process id of `wis run`."""
        assert self._process is not None
        return self._process.pid

    def left(self) -> int:
        """How many dispatches and deliveries are not done with."""
        with self.database.reading() as session:
            return int(session.scalar(text(_LEFT)) or 0)

    def settle(self, limit: float = 600.0) -> None:
        """Wait until everything promised is done with and written down. Raises TimeoutError."""
        slut = time.monotonic() + limit
        while self.left():
            if time.monotonic() > slut:
                raise TimeoutError(f"{self.left()} leveranser är inte avgjorda efter {limit:.0f} s")
            time.sleep(0.1)

    @contextmanager
    def workers(self, number: int) -> Iterator[list[int]]:
        """So many `wis worker` beside it; gives their process ids when they are ready."""
        before = self._ready()
        with ExitStack() as stack:
            started: list[Popen[bytes]] = [stack.enter_context(self.bredvid("worker")) for _ in range(number)]
            vanta_tills(
                lambda: self._ready() >= before + number or any(process.poll() is not None for process in started),
                60,
                "start av wis worker",
            )
            if self._ready() < before + number:
                raise RuntimeError(f"wis worker slutade: {self.logg.read_text(encoding='utf-8')[-300:].strip()}")
            yield [process.pid for process in started]

    def _ready(self) -> int:
        return self.logg.read_text(encoding="utf-8").count("Skickar. Avsluta")


class Writer:
    """A spokesman at a browser: logs in once, publishes underrättelser."""

    def __init__(self, url: str) -> None:
        self._url, self._session, self._number = url, requests.Session(), 0
        form = {"epost": SPOKESMAN, "losenord": LOSENORD} | self._fields("/logga-in")
        self._post("/logga-in", form)

    def publish(self) -> tuple[float, float]:
        """Publish one; returns the monotonic time of the click and the seconds until it was answered."""
        self._number += 1
        address = "/handelser/storm/underrattelser/ny"
        form = {"rubrik": f"Prov {self._number:05}", "text": TEXT, "handling": "avisera"} | self._fields(address)
        click = time.monotonic()
        self._post(address, form)
        return click, time.monotonic() - click

    def _fields(self, address: str) -> dict[str, str]:
        return dict(_FIELD.findall(self._session.get(self._url + address, timeout=120).text))

    def _post(self, address: str, form: dict[str, str]) -> None:
        answer = self._session.post(self._url + address, data=form, allow_redirects=False, timeout=120)
        if answer.status_code != 302:
            raise SystemExit(f"{address} svarade {answer.status_code}:\n{answer.text[:2000]}")


def deliver(who: str, us: Installation, latency: float, workers: Sequence[int] = ()) -> Result:
    """One publication from the click to the last accepted; what was written down afterwards is in the CPU too.

    The memory is that of the largest process that sends: of the `workers`, if there are any beside `wis run`.
    """
    us.settle()
    us.sink.reset(latency)
    pids = (us.pid, *workers)
    sending = tuple(workers) or (us.pid,)
    idle, cpu = forget_peak(*sending), cpu_of(*pids)
    click, _ = us.writer.publish()
    stat = us.sink.wait(us.count)
    us.settle()
    done = us.sink.stat()
    peak = peak_of(*sending)
    return Result(
        who=who,
        channel=us.sink.name,
        latency=latency,
        wanted=us.count,
        accepted=done.accepted,
        doubles=done.doubles,
        seconds=stat.last - click,
        cpu=cpu_of(*pids) - cpu,
        peak_mb=peak,
        growth_mb=peak - idle,
    )


def measure(sink: Sink, count: int, latencies: Sequence[tuple[float, int]]) -> Iterator[Result]:
    """Us on SQLite with the embedded worker: for each latency the middle one, by rate, of so many rounds."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder), sink, count) as us:
        for latency, rounds in latencies:
            results = [deliver("vi: wis run, SQLite", us, latency) for _ in range(rounds)]
            yield middle(results)


def middle(results: Sequence[Result]) -> Result:
    """The one in the middle, by rate; of an even number the lower."""
    rate = statistics.median_low([result.rate for result in results])
    return next(result for result in results if result.rate == rate)


# --- the data --------------------------------------------------------------------------------------------------------


def _fill(database: Database, count: int, sink: str) -> None:
    """A spokesman, an event that everybody reads, and the subscribers, each with a confirmed address."""
    with transaction(database) as session:
        en_person_hos(session, "nacka", Roll.TALESPERSON, epost=SPOKESMAN)
        en_handelse(session, "nacka", slug="storm")
        actor = en_aktor(session, "solna").id
    for first in range(0, count, _CHUNK):
        _people(database, actor, range(first + PEOPLE, min(first + _CHUNK, count) + PEOPLE), sink)


def _people(database: Database, actor: int, numbers: range, sink: str) -> None:
    # A person's id is their number, so that all rows can be written at once.
    now, sms = clock.now(), sink == "http"
    people = [
        {"id": number, "epost": f"anvandare{number}@prov.example", "namn": f"Person {number}", "skapad": now}
        for number in numbers
    ]
    slag = Kanalslag.SMS if sms else Kanalslag.EPOST
    channels = [
        {"anvandare_id": number, "slag": slag, "adress": address_of(sink, number), "verifierad": now}
        for number in numbers
    ]
    member = {"aktor_id": actor, "roll": Roll.LASARE, "skapad": now}
    choice = {"slag": Notisslag.UNDERRATTELSE, "omfattning": Omfattning.ALLA, "sms": sms, "epost": not sms}
    with transaction(database) as session:
        session.execute(insert(Anvandare), people)
        session.execute(insert(Medlemskap), [member | {"anvandare_id": number} for number in numbers])
        session.execute(insert(Kanal), channels)
        session.execute(insert(Prenumeration), [choice | {"anvandare_id": number} for number in numbers])
