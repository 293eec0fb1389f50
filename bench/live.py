"""Live: from the click on 'Publicera' until the last of thousands of open pages has the new text.

The whole layout as it is shipped, and readers that do what live.js does: told by the socket, they fetch the extract and
look for the text in it, and then, in their share of the spread, the whole page. All sockets' processes killed and
started, after which a page that is told the number it has asks nothing. What telling one reader costs, beside bare
python-socketio and a plain asyncio broadcast; and the same without extract and proxy. What takes too long is cut off,
and how many had it by then is said; a comparison that there is no time for is left out, and named. Prints a table, the
goals and, last, one JSON object (seconds; kB; microseconds).
"""

import argparse
import math
import resource
import signal
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench._installation import LOOPBACK
from bench._lasare import Order
from bench._mal import Goal, judge, last_line
from bench._svarm import Cost, Swarm, peer, resident, settle
from bench._utlagg import EVENT, Layout, layout
from tests.servrar import ledig_port

COUNTS = (500, 2_000, 5_000)
ROUNDS = 3
MESSAGES = 10
"""Publications by which the cost of telling is measured."""
GOALS: tuple[Goal, ...] = (
    ("live_2000_max_s", "<=", 1.0),
    ("live_5000_max_s", "<=", 2.0),
    ("reconnect_5000_s", "<=", 6.0),
    ("fanout_vs_plain", "<=", 3.0),
)
NEVER = math.nan
RETURNS = {
    "jitter": ("båda dödas, som live.js", ""),
    "in_turn": ("ett i taget slutar, som live.js", "_in_turn"),
    "none": ("båda dödas, varje halv sekund", "_no_jitter"),
}
"""How the readers come back, by what happened; the first is the one that counts."""
_SEEN_WITHIN = 15.0
_PAGES_WITHIN = {500: 12.0, 2_000: 25.0, 5_000: 45.0}
_BACK_WITHIN, _CAUGHT_UP_WITHIN = 15.0, 6.0
_WITHOUT_WITHIN = 8.0
BUDGET = 240.0
"""Seconds after which no comparison is begun any more, on a machine that is slow or has other work."""
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
    begun: float = field(default_factory=time.monotonic)

    def has_time_for(self, comparison: str) -> bool:
        """Whether there is time for what is only compared with; says so if not."""
        if time.monotonic() - self.begun < BUDGET:
            return True
        print(f"  HANNS INTE inom {BUDGET:.0f} s: {comparison}", flush=True)
        return False

    def put(self, name: str, value: float, digits: int = 3) -> float:
        """Keep a figure; returns it."""
        self.figures[name] = round(value, digits)
        return value


def heading(title: str, *columns: str) -> None:
    """A line above the table's next part."""
    print(f"\n{title:<56}" + "".join(f"{column:>14}" for column in columns))


def row(name: str, *values: float | str) -> None:
    """A row of the table."""
    shown = (value if isinstance(value, str) else "–" if math.isnan(value) else f"{value:.3f}" for value in values)
    print(f"{name:<56}" + "".join(f"{value:>14}" for value in shown), flush=True)


def share(ordered: Sequence[float], part: float, of: int) -> float:
    """The moment at which so large a part of all `of` had come; NEVER if so many did not."""
    at = min(int(of * part), of - 1)
    return ordered[at] if at < len(ordered) else NEVER


# --- the click and the text ------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What some publications gave, all `readers` of all of them together: seconds after the click.

    The whole page is waited for after the last publication only.
    """

    readers: int
    told: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    errors: int = 0
    stale: int = 0
    error: str = ""

    def add(self, swarm: Swarm, click: float, answers: Sequence[dict[str, Any]]) -> None:
        """One publication more."""
        self.told += swarm.moments(list(answers), "told", click)
        self.text += swarm.moments(list(answers), "text", click)
        self.page = swarm.moments(list(answers), "page", click)
        self.errors += sum(answer["errors"] for answer in answers)
        self.stale += sum(answer["stale"] for answer in answers)
        self.error = self.error or next((answer["error"] for answer in answers if answer["error"]), "")

    def show(self, name: str, bench: Bench, key: str) -> None:
        """Print it, and keep its figures."""
        every = self.readers * len(self.answered)
        for what, moments, of in (
            ("fick veta", self.told, every),
            ("har nya texten", self.text, every),
            ("har hela sidan", self.page, self.readers),
        ):
            ordered, came = sorted(moments), f"{len(moments)} av {of}"
            row(f"{name}: {what}", *(share(ordered, part, of) for part in (0.5, 0.99, 1.0)), came)
        ordered = sorted(self.text)
        for what, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            bench.put(f"{key}_{what}_s", share(ordered, part, every))
        bench.put(f"{key}_told_max_s", share(sorted(self.told), 1.0, every))
        bench.put(f"{key}_publish_max_s", max(self.answered))
        bench.figures |= {f"{key}_missing": every - len(self.text), f"{key}_pages": len(self.page)}
        if self.errors or self.stale:
            print(f"  {self.errors} fel ({self.error}), {self.stale} gamla svar")


def publications(
    us: Layout, swarm: Swarm, rounds: int, *, extract: bool, within: float = _SEEN_WITHIN, page: float = 0.0
) -> Seen:
    """So many publications, each when all have the text of the last, or their time is out; `page`: of the last one."""
    seen = Seen(swarm.count)
    for number in range(rounds):
        marker = f"prov-{uuid.uuid4().hex[:12]}"
        swarm.order("expect", marker=marker, extract=extract)
        click, answered = us.writers[0].publish(marker)
        seen.answered.append(answered)
        wait = page if number == rounds - 1 else 0.0
        seen.add(swarm, click, swarm.order("result", within=within, page=wait))
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
    """What telling one reader costs; for as many readers as the most that were measured, beside the peers."""
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
    """The sockets' processes end and are started again: until the last reader is back.

    Back is who is connected and has been told the number that the page shows, or has fetched the page where it had to.
    `key`: 'jitter', both are killed and readers do as live.js; 'none', readers try every half second, and fetch the
    page at once; 'in_turn', each is told to end, the next when the last one answers again: there the longest that one
    reader was away counts.
    """
    swarm.order("leave_to_return", by="none" if key == "none" else "jitter")
    begun = time.monotonic()
    took = us.restart_uttag_in_turn() if key == "in_turn" else us.restart_uttag(signal.SIGKILL)
    answers = swarm.order("returned", within=_BACK_WITHIN, page=_CAUGHT_UP_WITHIN)
    cut, up, back = (swarm.moments(answers, name, begun) for name in ("cut", "up", "back"))
    gone, away = min(cut, default=0.0), swarm.moments(answers, "away", 0.0)
    last_up, last = (share(moments, 1.0, swarm.count) - gone for moments in (up, back))
    longest = share(away, 1.0, swarm.count)
    name, suffix = RETURNS[key]
    base = f"reconnect_{swarm.count}{suffix}"
    bench.put(f"{base}_s", longest if key == "in_turn" else last)
    bench.put(f"{base}_up_s", last_up)
    bench.put(f"{base}_away_p50_s", share(away, 0.5, swarm.count))
    tries, stood, untold = (sum(answer[name] for answer in answers) for name in ("tries", "stood", "untold"))
    pages = sum(len(answer["asked"]) for answer in answers)
    bench.figures |= {f"{base}_back": len(back), f"{base}_stood": stood, f"{base}_untold": untold}
    bench.figures[f"{base}_pages"] = pages
    row(f"{name}, {tries} försök", took, last_up, last, longest, f"{len(back)} av {swarm.count}")
    print(f"  sidan stod sig {stood} gånger, inget nummer i tid {untold}, {pages} läsare hämtade sidan", flush=True)


# --- all of it -------------------------------------------------------------------------------------------------------


def crowd(us: Layout, count: int, *, direct: bool = False) -> Swarm:
    """So many of the readers; with `direct` past nginx, and such that are never told what number their page has."""
    sockets, pages = (us.uttag_addresses, us.pages) if direct else ([us.front], [us.front])
    return Swarm(Order(sockets, pages, EVENT, us.host, us.cookies[:count], old=direct))


def as_shipped(bench: Bench, us: Layout, count: int) -> float:
    """Everything through nginx, with so many readers; returns the cost of telling one."""
    us.restart_uttag()
    with crowd(us, count) as swarm:
        before = resident(*us.uttag_pids)
        took = bench.put(f"connect_{count}_s", swarm.connect())
        bench.figures |= {f"connect_{count}_stood": swarm.stood, f"connect_{count}_untold": swarm.untold}
        bench.put(f"open_{count}_s", swarm.opened)
        cost = cost_of_us(us, swarm)
        # After that: what is built up when something is told belongs to a socket too.
        bench.put(f"kb_per_socket_{count}", (resident(*us.uttag_pids) - before) / count, 1)
        heading(f"{count} läsare, allt som levererat (anslutna på {took:.1f} s)", "p50", "p99", "max", "kom")
        seen = publications(us, swarm, ROUNDS, extract=True, page=_PAGES_WITHIN[count])
        seen.show("utdrag genom nginx", bench, f"live_{count}")
        if count == max(bench.counts):
            title = f"{count} läsares uttag startas om, s från att den första kapas"
            heading(title, "omstart", "alla uppe", "alla åter", "längst borta", "åter")
            for key, (name, _) in RETURNS.items():
                if key != "jitter" and not bench.has_time_for(name):
                    continue
                settle()
                reconnect(bench, us, swarm, key)
        swarm.order("stop")
    settle()
    return cost


def without(bench: Bench, us: Layout) -> None:
    """The same without extract, proxy and spread: everybody fetches the whole page at once, for a while."""
    for count in bench.counts:
        title = f"{count} läsare, utan nginx och utdrag, högst {_WITHOUT_WITHIN:.0f} s"
        if not bench.has_time_for(title):
            continue
        with crowd(us, count, direct=True) as swarm:
            swarm.connect()
            heading(title, "p50", "p99", "max", "kom")
            seen = publications(us, swarm, 1, extract=False, within=_WITHOUT_WITHIN)
            seen.show("hela sidan av alla", bench, f"page_{count}")
            swarm.order("stop")
        if count < max(bench.counts):
            settle()


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
    bench = Bench(counts)
    with layout(max(counts)) as us:
        costs = {count: as_shipped(bench, us, count) for count in counts}
        without(bench, us)
    show_costs(bench, costs)
    bench.put("kb_per_socket", bench.figures[f"kb_per_socket_{max(counts)}"], 1)
    judge(bench.figures, GOALS)
    bench.put("seconds", time.monotonic() - bench.begun, 1)
    last_line(bench.figures, quick=chosen.quick, readers=list(counts))


if __name__ == "__main__":
    main()
