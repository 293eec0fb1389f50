"""Network: two `wis run` and two `wis uttag` on PostgreSQL and Redis, and what is lost when Redis loses everything.

First what is published at one process is to be heard by the readers of the other. Then twenty publications in two
events go on while Redis is emptied, killed, gone for a while and started again: every reader must come to know the
newest number of every event, also of the one that changed only while Redis was gone. Prints a table, the goals (there
must be none of it) and, last, one JSON object (seconds).
"""

import argparse
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from redis import Redis as RedisClient

from bench._lasare import Order
from bench._mal import Goal, judge, last_line
from bench._svarm import Swarm
from bench._utlagg import EVENT, UTTAG, Layout, layout
from tests.servrar import vanta_tills

PUBLICATIONS = 20
READERS, QUICK_READERS = 200, 40
_BETWEEN = 0.25
# Publications before Redis is emptied, then before it is killed, and while it is gone.
_BEFORE, _GONE = 4, 4
_WITHIN = 60.0
GOALS: tuple[Goal, ...] = tuple(
    (name, "<=", 0.0) for name in ("across_missed", "missed_while_gone", "missed", "after_missed", "failed")
)


def row(name: str, value: str) -> None:
    """A row of the table."""
    print(f"{name:<64}{value}", flush=True)


@dataclass
class Work:
    """Twenty publications in a thread of their own; what is to be done to Redis is done beside them.

    `event`: in which of the two the next one is.
    """

    us: Layout
    event: int = 0
    done: int = 0
    answered: list[float] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)

    def run(self) -> None:
        """By turns at each process."""
        for number in range(PUBLICATIONS):
            writer = self.us.writers[number % len(self.us.writers)]
            try:
                event = f"/handelser/{self.us.installation.events[self.event]}"
                self.answered.append(writer.publish(f"nummer {number}", event)[1])
            except (RuntimeError, requests.RequestException) as error:
                self.failed.append(error)
            self.done += 1
            time.sleep(_BETWEEN)

    def wait_for_more(self, number: int) -> None:
        """Return when so many more are done."""
        until = self.done + number
        vanta_tills(lambda: self.done >= until, _WITHIN * 2, f"{number} publiceringar")


def across(us: Layout, swarm: Swarm) -> dict[str, Any]:
    """What is published at each process: how many of all readers heard of it, and when the last did."""
    heard, last = [], 0.0
    for writer in us.writers:
        swarm.order("expect", marker="")
        # Another text each time: the same again is no new version.
        click, _ = writer.publish(f"hörs hos alla {time.monotonic_ns()}")
        moments = swarm.moments(swarm.order("result", within=_WITHIN), "told", click)
        heard.append(len(moments))
        last = max([last, *moments])
    row(
        "publicerat hos en process, hört av läsare hos båda",
        f"{min(heard)} av {swarm.count}, den sista efter {last:.3f} s",
    )
    return {"across_missed": swarm.count - min(heard), "across_max_s": round(last, 3)}


def outage(us: Layout, swarm: Swarm, work: Work) -> dict[str, Any]:
    """Redis is emptied, then killed, and started again when something was published that it never passed on.

    That is in an event of its own, in which nothing more is published: what readers know of it they did not hear from
    Redis. Returns what they knew before it was back.
    """
    work.wait_for_more(_BEFORE)
    with RedisClient.from_url(us.redis.url) as client:
        client.flushall()
    work.wait_for_more(_BEFORE)
    us.redis.stanna(signal.SIGKILL)
    work.event = 1
    work.wait_for_more(_GONE)
    work.event = 0
    # One may have been on its way to the other event.
    work.wait_for_more(1)
    gone = caught_up(us, swarm, time.monotonic(), "medan Redis är borta")
    us.redis.starta()
    return {"missed_while_gone": gone["missed"], "catch_up_while_gone_s": gone["catch_up_s"]}


def caught_up(us: Layout, swarm: Swarm, since: float, when: str) -> dict[str, Any]:
    """Whether every reader knows the newest number of every event, and how long after `since` the last did."""
    numbers = {str(event): number for event, number in us.numbers().items()}
    answers = swarm.order("latest", numbers=numbers, within=_WITHIN)
    missed, up = (sum(answer[name] for answer in answers) for name in ("missed", "up"))
    took = max(0.0, max(answer["at"] for answer in answers) - since)
    row(
        f"{when}: känner inte en händelses nyaste nummer",
        f"{missed} av {swarm.count * len(numbers)}, efter {took:.3f} s",
    )
    return {"missed": missed, "catch_up_s": round(took, 3), "connected_after": up, "numbers": numbers}


def break_redis(us: Layout, swarm: Swarm) -> dict[str, Any]:
    """The publications, with the outage beside them."""
    work = Work(us)
    thread = threading.Thread(target=work.run)
    thread.start()
    try:
        result = outage(us, swarm, work)
        back = time.monotonic()
    finally:
        thread.join()
    result |= caught_up(us, swarm, max(back, time.monotonic() - _BETWEEN), "Redis är åter")
    _heard_again(us.listening)
    row("publiceringar som avslogs", f"{len(work.failed)} av {PUBLICATIONS} {work.failed[:1] or ''}")
    slowest = max(work.answered, default=0.0)
    row("långsammaste publiceringen", f"{slowest:.3f} s")
    return result | {"failed": len(work.failed), "slowest_publish_s": round(slowest, 3)}


def _heard_again(listening: Callable[[], int]) -> None:
    vanta_tills(lambda: listening() >= UTTAG, _WITHIN, "att uttagen hör Redis igen")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench network", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_READERS} readers")
    chosen = parser.parse_args()
    # Told to end, we end as by Ctrl-C: what we have started ends with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun, count = time.monotonic(), QUICK_READERS if chosen.quick else READERS
    with layout(count, events=2) as us:
        order = Order(us.uttag_addresses, us.pages, EVENT, us.host, us.cookies)
        with Swarm(order) as swarm:
            swarm.connect()
            result = across(us, swarm) | break_redis(us, swarm)
            again = across(us, swarm)
            swarm.order("stop")
    result |= {"after_missed": again["across_missed"]}
    judge(result, GOALS)
    took = round(time.monotonic() - begun, 1)
    last_line(result, quick=chosen.quick, readers=count, published=PUBLICATIONS, seconds=took)


if __name__ == "__main__":
    main()
