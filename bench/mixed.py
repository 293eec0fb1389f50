"""Reading and writing at once: 500 reads a second are offered while 20 lägesbilder a second are published.

Real `wis run` with two processes of two threads and Redis, on SQLite and on PostgreSQL. Reads are in the open model,
spread over 20 events; four of them are published in, by two people at each of ten actors, who may be in each other's
way. Afterwards every publication that was acknowledged must be there once, every one that was refused must not, and the
versions must be numbered without gaps. Prints a table and, last, one JSON object.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack

from sqlalchemy import select

from bench import _last
from bench._installation import Installation, wis_run
from bench._last import Latencies, Planned
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
READERS = 40
PATIENCE = 60.0
DATABASES = ("sqlite", "postgresql")


def measure(kind: str, seconds: float, readers: int) -> dict[str, float]:
    """On one kind of database; the keys of the figures begin with its name."""
    with ExitStack() as stack:
        url = stack.enter_context(Postgres()).nytt_databas() if kind == "postgresql" else ""
        redis = stack.enter_context(Redis())
        system = stack.enter_context(Installation(url, events=EVENTS))
        port = stack.enter_context(wis_run(system, redis.url))
        writers = _writers(system, port)
        for writer in writers:
            stack.callback(writer.close)
            writer.open()
        cookies = system.logins(readers)
        # Not counted: everybody's first, in both processes if chance will.
        publish_by_schedule(writers, PERIOD, PERIOD).join()
        first = {each.request: each for each in _reads(system, port, cookies, seconds)}.values()
        for _ in range(2):
            _last.by_schedule(port, [Planned(0.0, each.request) for each in first], connections=8, timeout=PATIENCE)
        before = [sent for writer in writers for sent in writer.sent]
        with _last.Running(port, _reads(system, port, cookies, seconds), 64, PATIENCE) as running:
            writing = publish_by_schedule(writers, PERIOD, seconds)
            reads = running.result()[""]
            writing.join()
        everything = [sent for writer in writers for sent in writer.sent]
        figures = _figures(reads, [sent for sent in everything if sent not in before])
        figures |= _kept(system.database, everything)
    _show(kind, figures)
    return {f"{kind}_{key}": round(value, 2) for key, value in figures.items()}


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


def _reads(system: Installation, port: int, cookies: list[str], seconds: float) -> list[Planned]:
    """Each login follows two events of its own: their pages and the samlade lägesbilderna of them."""
    chance = random.Random(1)
    plan = []
    for number in range(int(READS * seconds)):
        who = chance.randrange(len(cookies))
        event = system.events[(who + chance.randrange(2)) % len(system.events)]
        path = f"/handelser/{event}" + chance.choice(("", "/lagesbild/samlad"))
        plan.append(Planned(number / READS, _last.get(path, port, cookies[who])))
    return plan


def _figures(reads: Latencies, sent: list[Sent]) -> dict[str, float]:
    statuses = Counter(each.status for each in sent)
    return {
        "read_p50_ms": reads.at(0.5),
        "read_p95_ms": reads.at(0.95),
        "read_p99_ms": reads.at(0.99),
        "write_p50_ms": share_within(sent, 0.5),
        "write_p95_ms": share_within(sent, 0.95),
        "reads": len(reads.ms),
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
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench mixed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 seconds and few readers on each database")
    parser.add_argument("--only", choices=DATABASES, help="one database")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start, (seconds, readers) = time.monotonic(), (3.0, 5) if chosen.quick else (20.0, READERS)
    print(f"{READS} läsningar och {WRITERS / PERIOD:.0f} publiceringar i sekunden i {seconds:.0f} s")
    figures: dict[str, float] = {}
    for kind in DATABASES if chosen.only is None else (chosen.only,):
        figures |= measure(kind, seconds, readers)
    must = ("lost", "gaps", "published_though_refused", "answers_5xx", "failed_reads", "failed_writes")
    wrong = [key for key, value in figures.items() if value and key.partition("_")[2] in must]
    print("inget förlorat, inga fel" if not wrong else f"FEL: {', '.join(wrong)}")
    took = round(time.monotonic() - start, 1)
    print(json.dumps(figures | {"missed": len(wrong), "readers": readers, "quick": chosen.quick, "seconds": took}))


if __name__ == "__main__":
    main()
