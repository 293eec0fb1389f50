"""A herd measured: 2,000 logins of 100 actors open the lägesbild within five seconds, while five actors publish.

Real `wis run` with two processes of two threads for who reads and one for who writes, as in deploy/, and Redis, on
SQLite or PostgreSQL. Each reader has a connection of their own, and is counted from the moment at which they tapped.
They come as after an SMS: nobody has been there for an hour, so that each visit is noted, which is a write. Beside it
the same by readers who were there just now; and with nothing used again (no fast path and no ETag, no shared contents,
all drawn for each) and nothing kept apart. Prints a table, the goals and, last, one JSON object.
"""

import argparse
import os
import signal
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import requests

from bench import _last
from bench._figures import cpu_of
from bench._installation import LOOPBACK, WRITING, Installation, wis_run
from bench._last import Latencies, Planned
from bench._mal import Goal, judge, last_line
from bench._writer import Sent, Writer, publish_by_schedule, share_within
from tests.servrar import Postgres, Redis
from wis.auth.rules import Roll

PICTURE = "/handelser/storm-0/lagesbild/samlad"
WITHIN = 5.0
"""Seconds in which they all come."""
PERIOD = 1.0
"""Seconds between two publications of the same actor."""
PATIENCE = 60.0
GOALS: tuple[Goal, ...] = (("failed", "<=", 0.0), ("publish_failed", "<=", 0.0), ("publish_vs_idle", "<=", 1.5))


@dataclass(frozen=True)
class Way:
    """A way for the herd to come, and to be served: `off`, with nothing used again. `rounds` of the full form."""

    title: str
    rounds: int
    still: timedelta = timedelta()
    off: bool = False


WAYS = {
    "us": Way("vi, efter ett sms", 3, timedelta(hours=1)),
    "warm": Way("vi, nyss inne", 2),
    "without": Way("utan återanvändning", 1, timedelta(hours=1), off=True),
}


class Herd:
    """What has been measured of one way to serve, round by round."""

    def __init__(self, name: str, port: int, writing_port: int, system: Installation) -> None:
        self.name, self._port = name, port
        cookies = system.logins(WRITING, Roll.TALESPERSON, system.actors[1 : 1 + WRITING])
        shared: dict[str, int] = {}
        self._writers = [
            Writer(writing_port, cookie, "storm-0", actor, shared)
            for actor, cookie in zip(system.actors[1:], cookies, strict=False)
        ]
        for writer in self._writers:
            writer.open()
        self.rounds: list[Latencies] = []
        # Seconds of CPU in each round: of the servers, and of who asks.
        self.served: list[float] = []
        self.load: list[float] = []
        self.idle: list[Sent] = []
        self.during: list[Sent] = []

    def close(self) -> None:
        """Let the writers' connections go."""
        for writer in self._writers:
            writer.close()

    def publish(self, seconds: float) -> None:
        """The writers alone."""
        before = self._sent()
        publish_by_schedule(self._writers, PERIOD, seconds).join()
        self.idle += [sent for sent in self._sent() if sent not in before]

    def open(self, cookies: list[str]) -> None:
        """The herd comes, each of them new, while the writers publish."""
        plan = [
            Planned(number * WITHIN / len(cookies), _last.get(PICTURE, self._port, cookie, connection="close"))
            for number, cookie in enumerate(cookies)
        ]
        before = self._sent()
        with _last.Running(self._port, plan, len(cookies), PATIENCE) as running:
            # Everything that runs was started by this process, whose threads are those who publish.
            everybody, own = cpu_of(os.getpid()), time.process_time()
            writing = publish_by_schedule(self._writers, PERIOD, WITHIN)
            self.rounds.append(running.result()[""])
            writing.join()
            self.load.append(running.cpu + time.process_time() - own)
            self.served.append(cpu_of(os.getpid()) - everybody - self.load[-1])
        self.during += [sent for sent in self._sent() if sent not in before]

    def _sent(self) -> list[Sent]:
        return [sent for writer in self._writers for sent in writer.sent]

    def figures(self) -> dict[str, float]:
        """Milliseconds, the medians of the rounds, and the first by itself; what failed, of all."""
        found = {
            f"{key}_ms": statistics.median([each.at(share) for each in self.rounds])
            for key, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        }
        # Nothing has been drawn for anybody when the first herd comes: later ones find what is not half a minute old.
        found |= {f"first_{key}_ms": self.rounds[0].at(share) for key, share in (("p50", 0.5), ("p99", 0.99))}
        found["failed"] = sum(each.failed for each in self.rounds)
        found["served_cpu_s"], found["load_cpu_s"] = statistics.median(self.served), statistics.median(self.load)
        found["publish_failed"] = sum(not sent.accepted for sent in self.idle + self.during)
        for when, sent in (("idle", self.idle), ("during", self.during)):
            found |= {
                f"publish_{when}_p50_ms": share_within(sent, 0.5),
                f"publish_{when}_p95_ms": share_within(sent, 0.95),
            }
        found["publish_vs_idle"] = found["publish_during_p95_ms"] / found["publish_idle_p95_ms"]
        return {key: round(value, 2) for key, value in found.items()}


def measure(url: str, *, quick: bool, readers: int) -> dict[str, float]:
    """Each way on an installation of its own; the herd is new in each round."""
    figures: dict[str, float] = {}
    with Redis() as redis:
        for name, way in WAYS.items():
            rounds, idle = (1, 5.0) if quick else (way.rounds, 5.0 * way.rounds)
            with ExitStack() as stack:
                system = stack.enter_context(Installation(url and _new(stack)))
                port = stack.enter_context(wis_run(system, redis.url, off=way.off))
                _check(port, system.logins(1)[0], off=way.off)
                writing = port if way.off else stack.enter_context(wis_run(system, redis.url, writing=True))
                herd = Herd(name, port, writing, system)
                stack.callback(herd.close)
                herd.publish(2 * PERIOD)  # not counted: whoever is first has everything to read in
                herd.idle.clear()
                for _ in range(rounds):
                    cookies = system.logins(readers, still=way.still)
                    herd.publish(idle / rounds)
                    herd.open(cookies)
                found = herd.figures()
            _show(way.title, found, readers)
            figures |= found if name == "us" else {f"{name}_{key}": value for key, value in found.items()}
    return figures


def _new(stack: ExitStack) -> str:
    return stack.enter_context(Postgres()).nytt_databas()


def _check(port: int, cookie: str, *, off: bool) -> None:
    """Raises SystemExit if what is measured is not what it is said to be."""
    headers = {"Cookie": cookie, "Accept": "text/html", "User-Agent": "wis-bench"}
    answer = requests.get(f"http://{LOOPBACK}:{port}{PICTURE}", headers=headers, timeout=60)
    answer.raise_for_status()
    if off and "ETag" in answer.headers:
        raise SystemExit("det som inte skulle återanvända något har en ETag")
    if not off and "ETag" not in answer.headers:
        print("OBS: lägesbildens sida har ingen ETag, och sparas alltså inte åt den som läser.")


def _show(title: str, row: dict[str, float], readers: int) -> None:
    opened = "   ".join(f"{key} {row[f'{key}_ms']:.0f}" for key in ("p50", "p95", "p99", "max"))
    print(f"{title:<24}{readers} öppnar på {WITHIN:.0f} s, ms:   {opened}   {row['failed']:.0f} fel")
    print(f"{'':<24}Den första gången, ms:   p50 {row['first_p50_ms']:.0f}   p99 {row['first_p99_ms']:.0f}")
    for when, text in (("idle", "ingen läser"), ("during", "alla öppnar")):
        print(
            f"{'':<24}Publicera när {text}, ms:   p50 {row[f'publish_{when}_p50_ms']:.0f}"
            f"   p95 {row[f'publish_{when}_p95_ms']:.0f}"
        )
    print(f"{'':<24}Processortid, s: servrarna {row['served_cpu_s']:.1f}, lasten {row['load_cpu_s']:.1f}")
    if row["publish_failed"]:
        print(f"{'':<24}{row['publish_failed']:.0f} publiceringar GICK INTE IGENOM")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench herd", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of 300 readers")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start, readers = time.monotonic(), 300 if chosen.quick else 2_000
    figures = measure("postgresql" if chosen.postgres else "", quick=chosen.quick, readers=readers)
    judge(figures, GOALS)
    took = round(time.monotonic() - start, 1)
    last_line(figures, readers=readers, quick=chosen.quick, postgres=chosen.postgres, seconds=took)


if __name__ == "__main__":
    main()
