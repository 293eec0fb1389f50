"""Reading measured: the event page and a lägesbild of 15 kB, logged in, against what is the limit of each way.

All on this machine, pages on gunicorn with two processes of two threads: cold (drawn for a login that comes for the
first time), drawn (nothing at all is used again), warm, and 304; and for those a Flask that only says hello under the
same server. nginx with the same bytes as a file is the limit for the signed address of an extract behind the shipped
nginx configuration's cache. Everybody has a short turn in each round, and the medians count. Prints a table and the
goals, and as the last line one JSON object.
"""

import argparse
import gzip
import re
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests
from sqlalchemy import select

from bench import _last
from bench._app import OFF
from bench._installation import LOOPBACK, Installation, gunicorn, nginx
from bench._mal import Goal, judge, last_line
from tests.servrar import Postgres, ledig_port
from wis import clock, utdrag
from wis.andringar import Slag
from wis.lagesbild.models import Lagesbild
from wis.settings import PROJECT_ROOT, Settings

EVENT, PICTURE = "/handelser/storm-0", "/handelser/storm-0/lagesbild/samlad"
WARM_LOGINS = 10
CONNECTIONS = 16
LOAD = 0.8
OVERLOADED = 100.0
"""A median, in ms, that nobody has who keeps up with what is offered."""
BUSY_CLIENT = 0.9
"""Cores of a client that has no time over: it is one thread."""
_SHIPPED = PROJECT_ROOT / "deploy" / "nginx"
_EXTRACT = re.compile(r"^ *location \^~ /utdrag/ \{\n(.*?)^ *\}\n", re.MULTILINE | re.DOTALL)
_CACHE = re.compile(r"^ *proxy_cache_path \S+ (.*;)$", re.MULTILINE)
GOALS: tuple[Goal, ...] = (
    ("warm_vs_hello", ">=", 0.5),
    ("etag_vs_hello", ">=", 0.8),
    ("picture_warm_vs_hello", ">=", 0.5),
    ("picture_etag_vs_hello", ">=", 0.8),
    ("utdrag_vs_nginx", ">=", 0.6),
    ("p99_over_p50", "<=", 5.0),
    ("failed", "<=", 0.0),
)


@dataclass
class Contestant:
    """Who is asked, by which requests; with `once` each request is sent one time only, and the next turn goes on.

    `anew` gives the requests of each turn, where they do not last.
    """

    name: str
    port: int
    requests: list[str]
    once: bool = False
    anew: Callable[[], list[str]] | None = None
    rates: list[_last.Rate] = field(default_factory=list)
    used: int = 0

    def turn(self, seconds: float) -> None:
        """Measure once. Raises SystemExit if anything was refused, or if what is to be new has run out."""
        self.requests = self.requests if self.anew is None else self.anew()
        rate = _last.wrk(self.port, self.requests, seconds, CONNECTIONS, self.used)
        if rate.refused or rate.broken:
            raise SystemExit(f"{self.name}: {rate.refused} avvisade och {rate.broken} brutna av {rate.requests}")
        self.rates.append(rate)
        # What was on its way when the time was out is not new either.
        self.used += rate.requests + CONNECTIONS if self.once else 0
        if self.once and self.used > len(self.requests):
            raise SystemExit(f"{self.name}: de {len(self.requests)} inloggningarna räckte inte")

    @property
    def rate(self) -> float:
        """The median of requests a second."""
        return statistics.median([each.per_s for each in self.rates])


# --- what is measured ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Servers:
    """The ports of all who answer."""

    us: int
    without: int
    hello: int
    files: int
    extracts: int


@contextmanager
def servers(system: Installation) -> Iterator[Servers]:
    """Everybody at once: who has no turn is idle."""
    log = system.folder / "log"
    with ExitStack() as stack:
        us = stack.enter_context(gunicorn("bench._app:wis()", system.environment(), log, "/halsa/live"))
        off = system.environment() | {OFF: "1"}
        without = stack.enter_context(gunicorn("bench._app:wis()", off, log, "/halsa/live"))
        hello = stack.enter_context(gunicorn("bench._hello:app", system.environment(), log))
        page = requests.get(f"http://{LOOPBACK}:{us.port}{_extract(system)}", timeout=30)
        page.raise_for_status()
        files = stack.enter_context(_files(system.folder / "files", page.content))
        extracts = stack.enter_context(_cached(system.folder / "extracts", us.port))
        yield Servers(us.port, without.port, hello.port, files, extracts)


@contextmanager
def _files(folder: Path, page: bytes) -> Iterator[int]:
    """nginx with the page as a file, packed beforehand, under the same headers as the extract has."""
    root, port = folder / "root", ledig_port()
    root.mkdir(parents=True)
    (root / "page.html").write_bytes(page)
    (root / "page.html.gz").write_bytes(gzip.compress(page, 9))
    http = f"""sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type text/html;
    server {{ listen {LOOPBACK}:{port}; root {root}; gzip_static on; location = / {{ return 204; }} }}"""
    with nginx(folder, http, port):
        yield port


@contextmanager
def _cached(folder: Path, behind: int) -> Iterator[int]:
    """nginx with the part of the shipped configuration that answers extracts, its cache in memory as there."""
    shipped = (_SHIPPED / "nginx.conf").read_text(encoding="utf-8")
    place, cache = _EXTRACT.search(shipped), _CACHE.search(shipped)
    if place is None or cache is None:
        raise SystemExit("deploy/nginx/nginx.conf har inte längre /utdrag/ som mätningen känner igen det")
    port = ledig_port()
    body = place[1].replace("include wis/", f"include {_SHIPPED}/wis/")
    with ExitStack() as stack:
        store = Path(stack.enter_context(_in_memory()))
        http = f"""sendfile on; tcp_nopush on; keepalive_requests 1000000; proxy_http_version 1.1;
        proxy_cache_path {store} {cache[1]}
        upstream wis_skrivning {{ server {LOOPBACK}:{behind}; }}
        server {{ listen {LOOPBACK}:{port}; location = / {{ return 204; }} location ^~ /utdrag/ {{ {body} }} }}"""
        stack.enter_context(nginx(folder, http, port))
        yield port


@contextmanager
def _in_memory() -> Iterator[str]:
    root = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="wis-bench-", dir=root, ignore_cleanup_errors=True) as folder:
        yield folder


def _extract(system: Installation) -> str:
    """The signed address of the newest samlade lägesbild, good for a minute at least."""
    settings = Settings(instance=system.folder, secret_key=system.secret, database_url=system.url)
    with system.database.reading() as session:
        picture = session.scalars(select(Lagesbild).where(Lagesbild.aktor_id.is_(None))).one()
        return utdrag.adress(settings, Slag.LAGESBILD, picture.id, picture.senaste, clock.now())


def contestants(system: Installation, at: Servers, fresh: int) -> list[Contestant]:
    """Everybody."""
    warm, new = system.logins(WARM_LOGINS), system.logins(fresh)
    found = [Contestant("hello", at.hello, [_last.get("/", at.hello)])]
    for prefix, path in (("", EVENT), ("picture_", PICTURE)):
        found += [
            Contestant(f"{prefix}warm", at.us, [], anew=partial(_fetched, at.us, path, warm)),
            Contestant(f"{prefix}etag", at.us, [], anew=partial(_conditional, at.us, path, warm)),
            Contestant(f"{prefix}cold", at.us, [_last.get(path, at.us, cookie) for cookie in new], once=True),
            Contestant(f"{prefix}drawn", at.without, [_last.get(path, at.without, cookie) for cookie in warm]),
        ]
    # The address is good for a minute at least, and a turn is much shorter.
    extract = Contestant("utdrag", at.extracts, [], anew=lambda: [_last.get(_extract(system), at.extracts)])
    return [*found, Contestant("nginx", at.files, [_last.get("/page.html", at.files)]), extract]


def _fetched(port: int, path: str, cookies: list[str]) -> list[str]:
    """Those who have had the page a moment ago, from both processes: a page is kept for half a minute at most."""
    for cookie in cookies:
        _etags(port, path, cookie)
    return [_last.get(path, port, cookie) for cookie in cookies]


def _conditional(port: int, path: str, cookies: list[str]) -> list[str]:
    """Reloads by those who have the page. Both processes are asked which it is: see etags_agree()."""
    tags = [", ".join(_etags(port, path, cookie)) or '"-"' for cookie in cookies]
    return [_last.get(path, port, cookie, If_None_Match=tag) for cookie, tag in zip(cookies, tags, strict=True)]


def _etags(port: int, path: str, cookie: str, times: int = 8) -> list[str]:
    """The ETags that the page of this login has; one, if the processes agree on it, none if it is never kept."""
    headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip, br", "User-Agent": "wis-bench"}
    url = f"http://{LOOPBACK}:{port}{path}"
    answers = [requests.get(url, headers=headers, timeout=60) for _ in range(times)]
    return sorted({answer.headers["ETag"] for answer in answers if "ETag" in answer.headers})


def etags_agree(port: int, cookie: str) -> bool:
    """Whether both pages have one ETag whichever process draws them: otherwise only half of the reloads are spared."""
    return all(len(_etags(port, path, cookie, 12)) == 1 for path in (EVENT, PICTURE))


# --- the measuring ---------------------------------------------------------------------------------------------------


def rounds(everybody: list[Contestant], count: int, seconds: float) -> None:
    """So many rounds of a turn each; in each somebody else begins."""
    for number in range(count):
        shift = number % len(everybody)
        for each in everybody[shift:] + everybody[:shift]:
            each.turn(seconds)
        print(f"  varv {number + 1} av {count} klart", flush=True)


@dataclass(frozen=True)
class AtLoad:
    """What a share of the most gave: milliseconds, requests a second, cores that the client took, and failures."""

    p50: float
    p99: float
    per_s: float
    most_per_s: float
    client_cores: float
    failed: int

    @property
    def says_something(self) -> bool:
        """Whether they kept up, and the client had time over: else all wait in a queue alike, or for the client."""
        return self.p50 < OVERLOADED and self.client_cores < BUSY_CLIENT


def latency(contestant: Contestant, seconds: float, count: int) -> AtLoad:
    """At 80 % of the measured most, by schedule; the medians of `count` runs.

    The most is measured with the same client, which takes more of the two cores than wrk does.
    """
    whole, _ = _offered(contestant, float("inf"), int(contestant.rate * seconds / 3))
    most = len(whole.ms) / (whole.at(1.0) / 1000)
    offered = [_offered(contestant, LOAD * most, int(LOAD * most * seconds)) for _ in range(count)]
    runs, cores = [run for run, _ in offered], statistics.median([each for _, each in offered])
    p50, p99 = (statistics.median([run.at(share) for run in runs]) for share in (0.5, 0.99))
    return AtLoad(p50, p99, LOAD * most, most, cores, sum(run.failed for run in runs))


def _offered(contestant: Contestant, rate: float, count: int) -> tuple[_last.Latencies, float]:
    """What came of so many requests at so many a second, of this turn's own, and the cores that the client took."""
    contestant.requests = contestant.requests if contestant.anew is None else contestant.anew()
    own = contestant.requests
    plan = [_last.Planned(number / rate, own[number % len(own)]) for number in range(count)]
    with _last.Running(contestant.port, plan, CONNECTIONS, 30.0) as running:
        begun = time.monotonic()
        came = running.result()[""]
        return came, running.cpu / (time.monotonic() - begun)


_TITLES = {
    "hello": "gränsen: Flask som säger hej",
    "warm": "händelsesidan, varm",
    "etag": "händelsesidan, 304",
    "cold": "händelsesidan, ny inloggning",
    "drawn": "händelsesidan, inget återanvänt",
    "picture_warm": "lägesbilden, varm",
    "picture_etag": "lägesbilden, 304",
    "picture_cold": "lägesbilden, ny inloggning",
    "picture_drawn": "lägesbilden, inget återanvänt",
    "nginx": "gränsen: nginx, samma text som fil",
    "utdrag": "utdraget genom nginx",
}


def table(everybody: list[Contestant]) -> dict[str, float]:
    """Print the rates, and return them and the ratios."""
    rate = {each.name: each.rate for each in everybody}
    figures: dict[str, float] = {}
    print(f"\n{'':<40}{'/s':>9}{'av gränsen':>12}{'byte':>8}{'varv, /s':>12}")
    for each in everybody:
        limit = "nginx" if each.name in {"nginx", "utdrag"} else "hello"
        share = rate[each.name] / rate[limit]
        spread = ", ".join(f"{one.per_s:.0f}" for one in each.rates)
        bytes_each = statistics.median([one.bytes_each for one in each.rates])
        print(f"{_TITLES[each.name]:<40}{rate[each.name]:>9.0f}{share:>12.3f}{bytes_each:>8.0f}   {spread}")
        figures[f"{each.name}_per_s"] = round(rate[each.name], 1)
        if each.name != limit:
            figures[f"{each.name}_vs_{limit}"] = round(share, 3)
    return figures


def at_load(everybody: list[Contestant], *, quick: bool) -> dict[str, float]:
    """The latencies at the load that a server is planned for."""
    figures: dict[str, float] = {}
    print(f"\nvid {LOAD:.0%} av det mesta, i öppen modell")
    for name, key in (("warm", ""), ("hello", "hello_"), ("etag", "etag_"))[: 2 if quick else 3]:
        contestant = next(each for each in everybody if each.name == name)
        found = latency(contestant, *((3.0, 1) if quick else (8.0, 2)))
        late = "" if found.says_something else "   HANN INTE MED, ELLER LASTGIVAREN: kvoten säger inget"
        print(
            f"{_TITLES[name]:<40}p50 {found.p50:7.2f} ms   p99 {found.p99:7.2f} ms   {found.per_s:.0f}/s av"
            f" {found.most_per_s:.0f}/s, lastgivaren {found.client_cores:.2f} kärnor, {found.failed} misslyckade{late}",
            flush=True,
        )
        figures |= {f"{key}p50_ms": round(found.p50, 2), f"{key}p99_ms": round(found.p99, 2)}
        figures |= {f"{key}load_per_s": round(found.per_s), f"{key}load_client_cores": round(found.client_cores, 2)}
        figures |= {f"{key}failed": found.failed}
        figures[f"{key}p99_over_p50"] = round(found.p99 / found.p50, 2) if found.says_something else float("nan")
    return figures


def measure(system: Installation, *, quick: bool) -> dict[str, float]:
    """Everything, on one installation."""
    with servers(system) as at:
        everybody = contestants(system, at, 2_000 if quick else 10_000)
        # Not counted: everybody's first.
        for each in everybody:
            if not each.once and each.anew is None:
                _last.wrk(each.port, each.requests, 1, CONNECTIONS)
        rounds(everybody, *((1, 2.0) if quick else (4, 3.0)))
        figures = table(everybody) | at_load(everybody, quick=quick)
        figures["etags_agree"] = etags_agree(at.us, system.logins(1)[0])
    if not figures["etags_agree"]:
        print("De två processerna ger samma sida OLIKA ETag: bara varannan omladdning får 304.")
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench read", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    with ExitStack() as stack:
        url = stack.enter_context(Postgres()).nytt_databas() if chosen.postgres else ""
        figures = measure(stack.enter_context(Installation(url)), quick=chosen.quick)
    judge(figures, GOALS)
    if chosen.quick:
        print("Snabb mätning: siffrorna är en antydan.")
    took = round(time.monotonic() - start, 1)
    last_line(figures, quick=chosen.quick, postgres=chosen.postgres, seconds=took)


if __name__ == "__main__":
    main()
