"""Delivery measured: us from the click to the last accepted, against the limit and against what others use.

Everything is real and on this machine: `wis run`, a mail server and an SMS gateway in processes of their own, at a
latency of 0 and 50 ms. Prints a table and the goals, and as the last line one JSON object: `smtp_vs_limit` is our rate
through the share that is possible, at 50 ms; with `0` after the channel at 0 ms; `…_vs_NAME` the same against a peer.
"""

import argparse
import json
import signal
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import _limit, _peers, _us
from bench._figures import Result, heading, show
from bench._sinks import Sink
from tests.servrar import Postgres, Redis

PARTS = ("limit", "us", "peers", "publish", "workers")
LATE = 0.05
WARMING = 500
# So few connections that they and not the CPU are what four workers have four times of.
FEW = 16
CHANNELS = ("smtp", "http")
GOALS: tuple[tuple[str, str, float], ...] = (
    ("smtp_vs_limit", ">=", 0.9),
    ("sms_vs_limit", ">=", 0.9),
    ("smtp0_vs_limit", ">=", 0.25),
    ("sms0_vs_limit", ">=", 0.25),
    *((f"{key}_vs_{peer}", ">=", 20.0) for key in ("smtp", "sms", "smtp0", "sms0") for peer in ("apprise",)),
    *((f"{key}_vs_apprise_ssl", ">=", 20.0) for key in ("smtp", "sms", "smtp0", "sms0")),
    *((f"{key}_vs_{peer}", ">=", 1.0) for key in ("smtp", "smtp0") for peer in ("celery", "postoffice")),
    *((f"{key}_vs_celery", ">=", 1.0) for key in ("sms", "sms0")),
    ("publish_50000_vs_10", "<=", 1.2),
    ("four_workers_vs_one", ">=", 1.6),
    ("peak_mb_50000", "<=", 80.0),
)


@dataclass
class Bench:
    """One run: what was asked for, and what has come of it. `figures` is the JSON of the last line."""

    only: str | None
    full: bool
    quick: bool
    figures: dict[str, float | int | bool] = field(default_factory=dict)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Recipients of us and the limit."""
        return 1_000 if self.quick else 10_000

    @property
    def many(self) -> int:
        """Subscribers of the large installation."""
        return 5_000 if self.quick else 50_000

    @property
    def rounds(self) -> int:
        """Runs of what is soon over; the middle one counts."""
        return 1 if self.quick else 3

    def wants(self, part: str) -> bool:
        """Whether this part is to be measured; ratios of us need the limit too, which is quick."""
        return self.only in {None, part} or (part == "limit" and self.only == "us")

    def note(self, who: str, result: Result) -> None:
        """Print a run, and keep its figures."""
        show(result)
        self.rates[who, result.key] = result.rate if result.accepted >= result.wanted else 0.0
        self.figures[f"{result.key}_{who}_per_s"] = round(result.rate, 1)
        self.figures[f"{result.key}_{who}_cpu_s_per_1000"] = round(result.cpu_per_1000, 3)
        self.figures[f"{result.key}_{who}_peak_mb"] = round(result.peak_mb, 1)
        if result.doubles or result.accepted < result.wanted:
            self.figures[f"{result.key}_{who}_doubles"] = result.doubles
            self.figures[f"{result.key}_{who}_missing"] = result.wanted - result.accepted

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A part that fails is said to have failed, and the others are still measured."""
        try:
            yield
        except (Exception, SystemExit) as error:  # noqa: BLE001 whatever it was, it is told of and counts as failed
            self.failed.append(name)
            print(f"{name} GICK INTE ATT MÄTA: {type(error).__name__}: {str(error)[-1500:]}", flush=True)


# --- the parts -------------------------------------------------------------------------------------------------------


def limit(bench: Bench, sink: Sink) -> None:
    """A raw pool, nothing stored."""
    _limit.measure(sink, WARMING, 0.0)
    quick = [_limit.measure(sink, bench.count, 0.0) for _ in range(bench.rounds)]
    bench.note("limit", _us.middle(quick))
    bench.note("limit", _limit.measure(sink, bench.count, LATE))
    key = "smtp" if sink.name == "smtp" else "sms"
    possible = _limit.CONNECTIONS / LATE
    print(
        f"  möjligt vid {LATE * 1000:.0f} ms med {_limit.CONNECTIONS} förbindelser: K/L = {possible:.0f}/s"
        f" (uppmätt fördröjning i snitt {sink.stat().latency * 1000:.2f} ms)"
    )
    bench.figures[f"{key}_possible_per_s"] = possible


def us(bench: Bench, sink: Sink) -> None:
    """`wis run` with its embedded worker, from the click."""
    for result in _us.measure(sink, bench.count, ((0.0, bench.rounds), (LATE, 1))):
        bench.note("us", result)


def peers(bench: Bench, sink: Sink) -> None:
    """The others, each at both latencies."""
    for latency in (0.0, LATE):
        for peer in _peers.APPRISE + _peers.INSTALLED:
            if sink.name in peer.few:
                count = bench.count if bench.full else min(peer.few[sink.name], 100 if bench.quick else 10_000)
                with bench.part(f"{peer.key} ({sink.name}, {latency * 1000:.0f} ms)"):
                    bench.note(peer.key, peer.measure(peer, sink, count, latency))


def publish(bench: Bench) -> None:
    """How long the writer waits with 10 and with 50,000 subscribers, in turns; and the memory of the many."""
    heading("Publicera")
    took: dict[int, list[float]] = {10: [], bench.many: []}
    with ExitStack() as stack:
        sink = stack.enter_context(Sink("http"))
        systems = []
        for count in took:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            system = stack.enter_context(_us.Installation(Path(folder), sink, count, inbyggd_worker="0"))
            pids = stack.enter_context(system.workers(1))
            systems.append(system)
            # Not counted: it reads in what later ones have.
            result = _us.deliver(f"vi: {count} prenumeranter, egen wis worker", system, 0.0, pids)
            show(result)
        bench.figures["peak_mb_50000"] = round(result.peak_mb, 1)
        bench.figures["growth_mb_50000"] = round(result.growth_mb or 0.0, 1)
        for _ in range(3 if bench.quick else 7):
            for system in systems:
                sink.reset(0.0)
                took[system.count].append(system.writer.publish()[1])
                # Nothing of the one before is left to share the machine with the next.
                system.settle()
    medians = {count: statistics.median(times) for count, times in took.items()}
    for count, times in took.items():
        all_of_them = ", ".join(f"{each * 1000:.0f}" for each in times)
        print(f"  med {count} prenumeranter svarar Publicera efter {medians[count] * 1000:.1f} ms ({all_of_them})")
        bench.figures[f"publish_ms_{count}"] = round(medians[count] * 1000, 1)
    bench.figures["publish_50000_vs_10"] = round(medians[bench.many] / medians[10], 3)


def workers(bench: Bench) -> None:
    """`wis worker` on PostgreSQL: one process and four, at 0 ms, and at 50 ms with few connections each."""
    heading("Flera wis worker, PostgreSQL")
    with Postgres() as postgres, Redis() as redis, Sink("http") as sink:
        plain = _one_and_four(bench, postgres, redis, sink, "", 0.0)
        bench.figures["four_workers_vs_one"] = round(plain, 3)
        with bench.part("workers (50 ms)"):
            late = _one_and_four(bench, postgres, redis, sink, f"&parallella={FEW}", LATE)
            bench.figures["four_workers_vs_one_50ms"] = round(late, 3)


def _one_and_four(bench: Bench, postgres: Postgres, redis: Redis, sink: Sink, extra: str, latency: float) -> float:
    """How many times faster four are."""
    settings = {"redis_url": redis.url, "inbyggd_worker": "0"}
    rates: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        url = postgres.nytt_databas()
        with _us.Installation(Path(folder), sink, bench.count, url, extra, **settings) as system:
            for number in (1, 4):
                with system.workers(number) as pids:
                    # The first one is not counted: it opens the connections.
                    _us.deliver("", system, 0.0, pids)
                    name = f"vi: {number} wis worker{extra.replace('&', ', ')}"
                    runs = [_us.deliver(name, system, latency, pids) for _ in range(1 if latency else bench.rounds)]
                    rates[number] = show(_us.middle(runs)).rate
    return rates[4] / rates[1]


# --- what comes of it ------------------------------------------------------------------------------------------------


def ratios(bench: Bench) -> None:
    """Us against the limit and every peer, as figures."""
    for key in ("smtp", "sms", "smtp0", "sms0"):
        ours = bench.rates.get(("us", key))
        if ours is None:
            continue
        possible = bench.figures.get(f"{key}_possible_per_s") or bench.rates.get(("limit", key))
        if possible:
            bench.figures[f"{key}_vs_limit"] = round(ours / possible, 3)
        if raw := bench.rates.get(("limit", key)):
            bench.figures[f"{key}_vs_raw"] = round(ours / raw, 3)
        theirs = {peer.key: bench.rates.get((peer.key, key)) for peer in _peers.APPRISE + _peers.INSTALLED}
        # Of Celery's two ways the better one.
        theirs["celery"] = max(theirs["celery"] or 0.0, theirs.pop("celery_16") or 0.0)
        bench.figures |= {f"{key}_vs_{peer}": round(ours / rate, 2) for peer, rate in theirs.items() if rate}


def goals(bench: Bench) -> None:
    """Print each goal and how it went; a goal that was not measured is said not to be."""
    print(f"\n{'mål':<34}{'ska vara':>12}{'är':>10}")
    missed = []
    for name, how, wanted in GOALS:
        value = bench.figures.get(name)
        if value is None:
            if bench.only is None:
                print(f"{name:<34}{how:>5} {wanted:<6g}{'–':>10}   INTE MÄTT")
                missed.append(name)
            continue
        reached = value >= wanted if how == ">=" else value <= wanted
        print(f"{name:<34}{how:>5} {wanted:<6g}{value:>10g}   {'nått' if reached else 'INTE NÅTT'}")
        if not reached:
            missed.append(name)
    if bench.quick:
        print(f"Snabb mätning: {bench.count} mottagare, och {bench.many} där det står 50000. Siffrorna är en antydan.")
    bench.figures["missed"] = len(missed)


def _each_channel(bench: Bench) -> Iterator[tuple[str, Callable[[Bench, Sink], None]]]:
    titles: Sequence[tuple[str, str, Callable[[Bench, Sink], None]]] = (
        ("limit", "Gränsen", limit),
        ("us", "Vi, från klick till sist mottagen", us),
        ("peers", "Andra", peers),
    )
    for part, title, measure in titles:
        if bench.wants(part):
            heading(title)
            yield part, measure


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench delivery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 recipients (and 5,000 for 50,000)")
    parser.add_argument("--full", action="store_true", help="all recipients for every peer too; takes hours")
    parser.add_argument("--only", choices=PARTS, help="one part ('us' measures the limit too)")
    chosen = parser.parse_args()
    # Told to end, we end as by Ctrl-C: what we have started ends with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bench = Bench(chosen.only, chosen.full, chosen.quick)
    if bench.wants("peers"):
        with bench.part("installationen av Celery och django-post_office"):
            _peers.install()
    for part, measure in _each_channel(bench):
        for channel in CHANNELS:
            with bench.part(f"{part} ({channel})"), Sink(channel) as sink:
                measure(bench, sink)
    for part, alone in (("publish", publish), ("workers", workers)):
        if bench.wants(part):
            with bench.part(part):
                alone(bench)
    ratios(bench)
    goals(bench)
    print(json.dumps(bench.figures | {"quick": bench.quick, "recipients": bench.count, "failed": bench.failed}))


if __name__ == "__main__":
    main()
