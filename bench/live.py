"""Live: from the click on 'Publicera' until the last of thousands of open pages has the new text.

The whole layout as it is shipped, and readers that do what live.js does: told by the socket, they wait their share of
the spread, fetch the extract and look for the text in it, and then the whole page. Then the same without extract and
proxy; all sockets' processes restarted at once; and what telling one reader costs, beside bare python-socketio and a
plain asyncio broadcast. Prints a table and, last, one JSON object (seconds; kB; goals missed).
"""

import argparse
import json
import math
import resource
import signal
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench._installation import LOOPBACK
from bench._klienter import Order
from bench._svarm import Cost, Swarm, peer, resident
from bench._utlagg import EVENT, Layout, layout
from tests.servrar import ledig_port

COUNTS = (500, 2_000, 5_000)
ROUNDS = {500: 5, 2_000: 5, 5_000: 3}
MESSAGES = 10
"""Publications by which the cost of telling is measured."""
GOALS = (
    ("live_2000_max_s", 1.0),
    ("live_5000_max_s", 2.0),
    ("reconnect_5000_s", 6.0),
    ("fanout_vs_plain", 3.0),
)
NEVER = math.nan
RETURNS = {
    "jitter": ("båda på en gång, som live.js", ""),
    "none": ("båda på en gång, varje halv sekund", "_no_jitter"),
    "in_turn": ("ett i taget, som live.js", "_in_turn"),
}
_SEEN_WITHIN = 30.0
_DRAWN_WITHIN = 60.0
_BACK_WITHIN = 120.0
# A reader's socket, and a fetch now and then; nginx has two for each.
_FILES_EACH = 4
PEERS = (
    ("plain", "ren asyncio-utsändning (websockets)", "bench._peer_broadcast"),
    ("socketio", "bar python-socketio, uvicorn", "bench._peer_socketio"),
)


@dataclass
class Bench:
    """What is measured, and the figures so far."""

    counts: Sequence[int]
    figures: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: float, digits: int = 3) -> float:
        """Keep a figure; returns it."""
        self.figures[name] = round(value, digits)
        return value


def heading(title: str, *columns: str) -> None:
    """A line above the table's next part."""
    print(f"\n{title:<56}" + "".join(f"{column:>14}" for column in columns))


def row(name: str, *values: float | str) -> None:
    """A row of the table."""
    shown = (value if isinstance(value, str) else f"{value:.3f}" for value in values)
    print(f"{name:<56}" + "".join(f"{value:>14}" for value in shown), flush=True)


def share(ordered: Sequence[float], part: float) -> float:
    """The moment at which so large a part had come."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


# --- the click and the text ------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What some publications gave, all readers of all of them together: seconds after the click."""

    told: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    missing: int = 0
    errors: int = 0
    stale: int = 0
    error: str = ""

    def add(self, swarm: Swarm, click: float, answers: Sequence[dict[str, Any]]) -> None:
        """One publication more."""
        for name, into in (("told", self.told), ("text", self.text), ("page", self.page)):
            into += swarm.moments(list(answers), name, click)
        self.missing += swarm.count - sum(len(answer["text"]) for answer in answers)
        self.errors += sum(answer["errors"] for answer in answers)
        self.stale += sum(answer["stale"] for answer in answers)
        self.error = self.error or next((answer["error"] for answer in answers if answer["error"]), "")

    def show(self, name: str, bench: Bench, key: str) -> None:
        """Print it, and keep its figures."""
        for what, moments in (("fick veta", self.told), ("har nya texten", self.text), ("har hela sidan", self.page)):
            ordered = sorted(moments) or [NEVER]
            row(f"{name}: {what}", share(ordered, 0.5), share(ordered, 0.99), ordered[-1])
        ordered = sorted(self.text) or [NEVER]
        bench.put(f"{key}_p50_s", share(ordered, 0.5))
        bench.put(f"{key}_p99_s", share(ordered, 0.99))
        bench.put(f"{key}_max_s", ordered[-1])
        bench.put(f"{key}_told_max_s", max(self.told, default=NEVER))
        bench.put(f"{key}_publish_max_s", max(self.answered))
        bench.figures[f"{key}_missing"] = self.missing
        if self.missing or self.errors or self.stale:
            print(f"  {self.missing} FICK INTE TEXTEN, {self.errors} fel ({self.error}), {self.stale} gamla svar")


def publications(us: Layout, swarm: Swarm, rounds: int, *, extract: bool) -> Seen:
    """So many publications, one after the other, each when all have read the last."""
    seen = Seen()
    for number in range(rounds):
        marker = f"prov-{uuid.uuid4().hex[:12]}"
        swarm.order("expect", marker=marker, extract=extract)
        click, answered = us.writers[number % len(us.writers)].publish(marker)
        seen.answered.append(answered)
        seen.add(swarm, click, swarm.order("result", within=_SEEN_WITHIN, page=_DRAWN_WITHIN))
    return seen


# --- what it costs ---------------------------------------------------------------------------------------------------


def each(cost: Cost, answers: Sequence[dict[str, Any]]) -> float:
    """Microseconds for each message that a reader heard."""
    heard = sum(int(answer["heard"]) for answer in answers)
    return cost.so_far() * 1e6 / max(1, heard)


def cost_of_us(us: Layout, swarm: Swarm) -> float:
    """Microseconds of CPU of the sockets' processes for each reader and message, beyond what they use in silence."""
    swarm.order("expect", marker="")
    cost = Cost(*us.uttag_pids)
    for number in range(MESSAGES):
        us.writers[0].publish(f"mätning {number}")
    answers = swarm.order("result", within=10, count=MESSAGES)
    return each(cost, answers)


def cost_of_peer(bench: Bench, key: str, module: str, count: int) -> float:
    """The same of one that tells everybody the same; keeps its memory for a socket too."""
    port = ledig_port()
    order = Order([(LOOPBACK, port)], [], "", f"{LOOPBACK}:{port}", ["a=b"] * count, plain=key == "plain")
    with peer(module, port) as server, Swarm(order) as swarm:
        before = resident(server.pid)
        swarm.connect()
        bench.put(f"kb_per_socket_{key}_{count}", (resident(server.pid) - before) / count, 1)
        swarm.order("expect", marker="")
        cost = Cost(server.pid)
        server.send(MESSAGES)
        answers = swarm.order("result", within=10, count=MESSAGES)
        return each(cost, answers)


def show_costs(bench: Bench, costs: dict[int, float]) -> None:
    """Beside the peers, for as many readers as the most that were measured."""
    heading("Att berätta, CPU i uttagen per läsare och meddelande", "µs", "vi är ×", "kB/uttag")
    for count, ours in costs.items():
        row(f"{count}: vi, två wis uttag", f"{bench.put(f'fanout_us_{count}', ours, 1):.1f}", "", _kb(bench, count))
        for key, name, module in PEERS:
            theirs = bench.put(f"fanout_us_{key}_{count}", cost_of_peer(bench, key, module, count), 1)
            ratio = bench.put(f"fanout_vs_{key}", ours / theirs, 2)
            row(f"{count}: {name}", f"{theirs:.1f}", f"{ratio:.2f}", f"{bench.figures[f'kb_per_socket_{key}_{count}']}")


def _kb(bench: Bench, count: int) -> str:
    return str(bench.figures[f"kb_per_socket_{count}"])


# --- all come back ---------------------------------------------------------------------------------------------------


def reconnect(bench: Bench, us: Layout, swarm: Swarm, key: str) -> None:
    """The sockets' processes are stopped and started again: until the last reader is connected, and has read.

    `key`: 'jitter', both at once and readers as live.js; 'none', readers that try every half second; 'in_turn', as
    'jitter', with the next process when the last one answers: there the longest that one reader was away counts.
    """
    swarm.order("leave_to_return", by="none" if key == "none" else "jitter")
    begun = time.monotonic()
    took = us.restart_uttag_in_turn() if key == "in_turn" else us.restart_uttag()
    answers = swarm.order("returned", within=_BACK_WITHIN)
    cut, back, asked = (swarm.moments(answers, name, begun) for name in ("cut", "back", "asked"))
    gone = min(cut, default=0.0)
    last, caught = (moments[-1] - gone if len(moments) >= swarm.count else NEVER for moments in (back, asked))
    away = swarm.moments(answers, "away", 0.0)
    name, suffix = RETURNS[key]
    bench.put(f"reconnect_{swarm.count}{suffix}_s", (away or [NEVER])[-1] if key == "in_turn" else last)
    bench.put(f"reconnect_{swarm.count}{suffix}_away_p50_s", share(away or [NEVER], 0.5))
    tries = sum(answer["tries"] for answer in answers)
    row(f"{swarm.count}: {name}, {tries} försök", took, last, caught, (away or [NEVER])[-1])
    if len(back) < swarm.count:
        print(f"  {swarm.count - len(back)} KOM INTE TILLBAKA inom {_BACK_WITHIN:.0f} s")


# --- all of it -------------------------------------------------------------------------------------------------------


def crowd(us: Layout, count: int, *, direct: bool = False) -> Swarm:
    """So many of the readers; with `direct` past nginx."""
    sockets, pages = (us.uttag_addresses, us.pages) if direct else ([us.front], [us.front])
    return Swarm(Order(sockets, pages, EVENT, us.host, us.cookies[:count]))


def as_shipped(bench: Bench, us: Layout, count: int) -> float:
    """Everything through nginx, with so many readers; returns the cost of telling one."""
    us.restart_uttag()
    with crowd(us, count) as swarm:
        warm = swarm.order("warm")
        before = resident(*us.uttag_pids)
        took = swarm.connect()
        # What is built up when something is told belongs to a socket too.
        us.writers[0].publish("första")
        swarm.order("result", within=1.0)
        bench.put(f"kb_per_socket_{count}", (resident(*us.uttag_pids) - before) / count, 1)
        bench.put(f"connect_{count}_s", took)
        opened = max(answer["seconds"] for answer in warm)
        heading(
            f"{count} läsare, allt som levererat (sidan öppnad {opened:.1f} s, ihop {took:.1f} s)", "p50", "p99", "max"
        )
        seen = publications(us, swarm, ROUNDS[count], extract=True)
        seen.show("utdrag genom nginx", bench, f"live_{count}")
        cost = cost_of_us(us, swarm)
        if count == max(bench.counts):
            heading(
                "Uttagen startas om, s från att den första kapas", "omstart", "alla åter", "alla läst", "längst borta"
            )
            for key in RETURNS:
                reconnect(bench, us, swarm, key)
        swarm.order("stop")
    return cost


def as_before(bench: Bench, us: Layout, count: int) -> None:
    """The same without extract, proxy and spread: everybody fetches the whole page at once."""
    with crowd(us, count, direct=True) as swarm:
        swarm.order("warm")
        swarm.connect()
        heading(f"{count} läsare, utan nginx och utdrag", "p50", "p99", "max")
        publications(us, swarm, 2, extract=False).show("hela sidan av alla", bench, f"page_{count}")
        swarm.order("stop")


def goals(bench: Bench) -> None:
    """Print each goal and how it went."""
    print(f"\n{'mål':<34}{'högst':>12}{'är':>10}")
    missed = 0
    for name, most in GOALS:
        value = bench.figures.get(name)
        if value is None:
            print(f"{name:<34}{most:>12g}{'–':>10}   inte mätt")
            continue
        # What is no number was never reached.
        reached = value <= most
        missed += not reached
        print(f"{name:<34}{most:>12g}{value:>10g}   {'nått' if reached else 'INTE NÅTT'}")
    bench.figures["missed"] = missed


def _raise_limit(most: int) -> None:
    """As many open files as we may have. Raises SystemExit when that is too few for so many readers."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = most * _FILES_EACH // 2 + 1_000
    if hard < needed:
        raise SystemExit(f"{most} läsare behöver {needed} öppna filer per process, taket är {hard}: höj 'ulimit -Hn'.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 readers only")
    parser.add_argument("--only", type=int, choices=COUNTS, help="so many readers only")
    chosen = parser.parse_args()
    counts = (chosen.only,) if chosen.only else COUNTS[:1] if chosen.quick else COUNTS
    # Told to end, we end as by Ctrl-C: what we have started ends with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _raise_limit(max(counts))
    bench, costs = Bench(counts), dict[int, float]()
    with layout(max(counts)) as us:
        for count in counts:
            costs[count] = as_shipped(bench, us, count)
            # All of it at once is what the rest is there to avoid: 5,000 would take minutes.
            if count <= COUNTS[1]:
                as_before(bench, us, count)
    show_costs(bench, costs)
    bench.put("kb_per_socket", bench.figures[f"kb_per_socket_{max(counts)}"], 1)
    goals(bench)
    # What never happened is no number.
    figures = {name: None if math.isnan(value) else value for name, value in bench.figures.items()}
    print(json.dumps(figures | {"quick": chosen.quick, "readers": list(counts)}))


if __name__ == "__main__":
    main()
