"""Reading and writing at once: 500 reads a second are offered while 20 lägesbilder a second are published.

As deployed: `wis run` with two processes of two threads for who reads and one for who writes, with Redis, on SQLite and
on PostgreSQL. 200 people each follow one of 20 events and look again and again at its page and its samlade lägesbild,
in the open model, as a browser does that keeps what it got. In four of the events something is published five times a
second each, by two people at each of ten actors, who may be in each other's way; one reader in ten follows one of
those. Afterwards every publication that was acknowledged must be there once, every one that was refused must not, and
the versions must be numbered without gaps. Prints a table, the goals and, last, one JSON object.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack

from sqlalchemy import select

from bench import _last
from bench._figures import cpu_of
from bench._installation import Installation, wis_run
from bench._last import Latencies, Planned, Running
from bench._mal import Goal, judge, last_line
from bench._writer import Sent, Writer, publish_by_schedule, share_within
from tests.servrar import Postgres, Redis
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild.models import Lagesbild, LagesbildVersion

READS = 500
WRITERS = 20
"""Each publishes once a second; two at the same actor."""
PERIOD = 1.0
EVENTS = 20
BUSY = 4
"""The events, the first ones, in which something is published."""
IN_BUSY = 0.1
"""The share of the readers, and so of what is read, that follow one of those."""
READERS = 200
CONNECTIONS = 64
PATIENCE = 60.0
DATABASES = ("sqlite", "postgresql")
MUST = ("lost", "gaps", "published_though_refused", "answers_5xx", "failed_reads", "failed_writes")
"""What there must be none of."""


def measure(kind: str, seconds: float, readers: int) -> dict[str, float]:
    """On one kind of database; the keys of the figures begin with its name."""
    with ExitStack() as stack:
        url = stack.enter_context(Postgres()).nytt_databas() if kind == "postgresql" else ""
        redis = stack.enter_context(Redis())
        system = stack.enter_context(Installation(url, events=EVENTS))
        port = stack.enter_context(wis_run(system, redis.url))
        writers = _writers(system, stack.enter_context(wis_run(system, redis.url, writing=True)))
        for writer in writers:
            stack.callback(writer.close)
            writer.open()
        pages = _pages(system, port, readers)
        # Not counted: everybody's first, in both processes if chance will.
        publish_by_schedule(writers, PERIOD, PERIOD).join()
        for _ in range(2):
            _last.by_schedule(port, [Planned(0.0, page) for page in pages], connections=8, timeout=PATIENCE)
        before = [sent for writer in writers for sent in writer.sent]
        reads, shares = _together(port, _reads(pages, seconds), writers, seconds)
        everything = [sent for writer in writers for sent in writer.sent]
        figures = _figures(reads, [sent for sent in everything if sent not in before]) | shares
        figures |= _kept(system.database, everything)
    _show(kind, figures)
    return {f"{kind}_{key}": round(value, 2) for key, value in figures.items()}


def _together(
    port: int, plan: list[Planned], writers: list[Writer], seconds: float
) -> tuple[Latencies, dict[str, float]]:
    """Reads and publications at once: what came of the reads, and cores used by the servers and by who asks."""
    with Running(port, plan, CONNECTIONS, PATIENCE, kept=True) as running:
        # Everything that runs was started by this process, and so was its client; its threads are those who publish.
        everybody, own, start = cpu_of(os.getpid()), time.process_time(), time.monotonic()
        writing = publish_by_schedule(writers, PERIOD, seconds)
        reads = running.result()[""]
        writing.join()
        took, asking = time.monotonic() - start, running.cpu + time.process_time() - own
        serving = cpu_of(os.getpid()) - everybody - asking
    shares = {
        "server_cores": serving / took,
        "load_cores": asking / took,
        "load_share_of_cpu": asking / (asking + serving),
    }
    return reads, shares


def _writers(system: Installation, port: int) -> list[Writer]:
    # Colleagues come half a period apart: they are in each other's way only if an answer takes that long.
    pairs = WRITERS // 2
    actors = [system.actors[1 + number % pairs] for number in range(WRITERS)]
    shared: dict[str, int] = {}
    return [
        Writer(
            port, system.logins(1, Roll.TALESPERSON, [actor])[0], system.events[number % pairs % BUSY], actor, shared
        )
        for number, actor in enumerate(actors)
    ]


def _pages(system: Installation, port: int, readers: int) -> list[str]:
    """What each login has open: the page of the event that it follows, and its samlade lägesbild."""
    busy, quiet = system.events[:BUSY], system.events[BUSY:]
    found = []
    for number, cookie in enumerate(system.logins(readers)):
        few = int(number * IN_BUSY)
        new = int((number + 1) * IN_BUSY) > few
        event = busy[few % len(busy)] if new else quiet[number % len(quiet)]
        path = f"/handelser/{event}"
        found += [_last.get(each, port, cookie) for each in (path, f"{path}/lagesbild/samlad")]
    return found


def _reads(pages: list[str], seconds: float) -> list[Planned]:
    chance = random.Random(1)
    return [Planned(number / READS, chance.choice(pages)) for number in range(int(READS * seconds))]


def _figures(reads: Latencies, sent: list[Sent]) -> dict[str, float]:
    statuses = Counter(each.status for each in sent)
    return {
        "read_p50_ms": reads.at(0.5),
        "read_p95_ms": reads.at(0.95),
        "read_p99_ms": reads.at(0.99),
        "write_p50_ms": share_within(sent, 0.5),
        "write_p95_ms": share_within(sent, 0.95),
        "reads": len(reads.ms),
        "unchanged_share": reads.statuses.get("304", 0) / max(1, len(reads.ms)),
        "writes": statuses[302],
        # Somebody else at the actor was first, and it was said.
        "writes_refused": statuses[409],
        "failed_reads": reads.failed,
        "failed_writes": len(sent) - statuses[302] - statuses[409],
        "answers_5xx": sum(n for status, n in reads.statuses.items() if status >= "500")
        + sum(n for status, n in statuses.items() if status >= 500),
    }


def _kept(database: Database, sent: list[Sent]) -> dict[str, float]:
    """What became of it, by the database: acknowledged and not there once, refused and there, gaps in the numbers."""
    with database.reading() as session:
        there = Counter(session.scalars(select(LagesbildVersion.sammanfattning)))
        newest = {id_: senaste for id_, senaste in session.execute(select(Lagesbild.id, Lagesbild.senaste))}
        numbers: dict[int, list[int]] = {id_: [] for id_ in newest}
        for id_, number in session.execute(select(LagesbildVersion.lagesbild_id, LagesbildVersion.nummer)):
            numbers[id_].append(number)
    return {
        "lost": sum(there[each.said] != 1 for each in sent if each.accepted),
        "published_though_refused": sum(there[each.said] for each in sent if each.status in range(400, 500)),
        "gaps": sum(sorted(numbers[id_]) != list(range(1, last + 1)) for id_, last in newest.items()),
    }


def _show(kind: str, row: dict[str, float]) -> None:
    print(
        f"{kind:<12}läsa, ms:       p50 {row['read_p50_ms']:8.1f}   p95 {row['read_p95_ms']:8.1f}"
        f"   p99 {row['read_p99_ms']:8.1f}   {row['reads']:.0f} svar, {row['failed_reads']:.0f} misslyckade"
    )
    print(
        f"{'':<12}publicera, ms:  p50 {row['write_p50_ms']:8.1f}   p95 {row['write_p95_ms']:8.1f}   {'':<15}"
        f"{row['writes']:.0f} gjorda, {row['writes_refused']:.0f} hann en kollega före,"
        f" {row['failed_writes']:.0f} misslyckade"
    )
    print(
        f"{'':<12}förlorade {row['lost']:.0f}, luckor {row['gaps']:.0f},"
        f" avvisade men publicerade {row['published_though_refused']:.0f}, svar 5xx {row['answers_5xx']:.0f}"
    )
    print(
        f"{'':<12}oförändrat (304) {row['unchanged_share']:.0%} av läsningarna;"
        f" kärnor: servrarna {row['server_cores']:.2f}, lasten {row['load_cores']:.2f}"
    )
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench mixed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 seconds and few readers on each database")
    parser.add_argument("--only", choices=DATABASES, help="one database")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start, (seconds, readers) = time.monotonic(), (3.0, 20) if chosen.quick else (30.0, READERS)
    print(f"{READS} läsningar och {WRITERS / PERIOD:.0f} publiceringar i sekunden i {seconds:.0f} s, {readers} läsare")
    figures: dict[str, float] = {}
    for kind in DATABASES if chosen.only is None else (chosen.only,):
        figures |= measure(kind, seconds, readers)
    goals: list[Goal] = [(f"{kind}_{key}", "<=", 0.0) for kind in DATABASES for key in MUST]
    # Else what is measured is the one who asks.
    goals += [(f"{kind}_load_share_of_cpu", "<=", 0.5) for kind in DATABASES]
    judge(figures, goals)
    took = round(time.monotonic() - start, 1)
    last_line(figures, readers=readers, quick=chosen.quick, seconds=took)


if __name__ == "__main__":
    main()
