"""What a measurement of delivery gives, how it is printed, and what a process has cost so far."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PEOPLE = 1_000_000
"""The number of the first recipient: every address is as long as every other."""
READY = "redo"
"""What a peer's process prints when it only waits to be told."""
SENDER = "wis@example.se"
SUBJECT = "Underrättelse: Snöoväder"
SMS_TEXT = "Kraftigt snöfall i hela länet. Läs mer i WIS."
TEXT = "Kraftigt snöfall i hela länet. Räddningstjänst och vägdriften har förstärkt.\n" * 6
_TICK = os.sysconf("SC_CLK_TCK")


def address_of(sink: str, number: int) -> str:
    """Where the recipient with this number is reached: by 'smtp' a mail address, else a phone number."""
    return f"person{number}@mottagare.example" if sink == "smtp" else f"+4670{number:07}"


def recipients(sink: str, count: int) -> list[str]:
    """The addresses of the first `count` recipients."""
    return [address_of(sink, number) for number in range(PEOPLE, PEOPLE + count)]


def work_when_told(work: Callable[[], None]) -> None:
    """In a peer's process: say that we are ready, work when a line comes, and stay to be looked at until no more do."""
    print(READY, flush=True)
    if sys.stdin.readline():
        work()
        sys.stdin.read()


@dataclass(frozen=True)
class Result:
    """One run. Seconds from the click (or the start) to the last accepted; CPU in seconds, memory in MB (MiB)."""

    who: str
    channel: str
    latency: float
    wanted: int
    accepted: int
    doubles: int
    seconds: float
    cpu: float
    peak_mb: float
    growth_mb: float | None = None

    @property
    def rate(self) -> float:
        """Messages a second, counted at the far end."""
        return self.accepted / self.seconds if self.accepted and self.seconds > 0 else 0.0

    @property
    def cpu_per_1000(self) -> float:
        """Seconds of CPU for 1,000 messages."""
        return self.cpu * 1000 / self.accepted if self.accepted else 0.0

    @property
    def key(self) -> str:
        """'smtp' or 'sms' at 50 ms, 'smtp0' or 'sms0' at 0 ms."""
        return ("smtp" if self.channel == "smtp" else "sms") + ("0" if not self.latency else "")


def heading(text: str) -> None:
    """A line above the table's next part."""
    columns = f"{'L ms':>5}{'N':>8}{'kom fram':>10}{'dubbla':>8}{'s':>9}{'/s':>9}{'CPU-s/1000':>12}{'topp MB':>9}"
    print(f"\n{text:<46}{'kanal':>6}{columns}")


def show(result: Result) -> Result:
    """Print it as a row of the table; returns it."""
    missing = "" if result.accepted >= result.wanted else f"   {result.wanted - result.accepted} KOM INTE FRAM"
    growth = "" if result.growth_mb is None else f"   (+{result.growth_mb:.0f} MB över vila)"
    name = "mejl" if result.channel == "smtp" else "sms"
    print(
        f"{result.who:<46}{name:>6}{result.latency * 1000:>5.0f}{result.wanted:>8}{result.accepted:>10}"
        f"{result.doubles:>8}{result.seconds:>9.2f}{result.rate:>9.0f}{result.cpu_per_1000:>12.3f}"
        f"{result.peak_mb:>9.0f}{growth}{missing}",
        flush=True,
    )
    return result


def tree(pid: int) -> list[int]:
    """This process and all that it has started and that still run."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                children.setdefault(int(parent), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_of(*pids: int) -> float:
    """Seconds of CPU that these and their descendants have used, ended ones included."""
    ticks = 0
    for pid in {each for root in pids for each in tree(root)}:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            # utime, stime, and the same of children that have been waited for (proc(5)).
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICK


def forget_peak(*pids: int) -> float:
    """Let the peak begin anew in these and their descendants; returns MB in use now, in the largest of them."""
    for pid in {each for root in pids for each in tree(root)}:
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _largest("VmRSS", pids)


def peak_of(*pids: int) -> float:
    """The peak in MB of the largest of these and their descendants, since forget_peak() or the start."""
    return _largest("VmHWM", pids)


def _largest(field: str, pids: tuple[int, ...]) -> float:
    sizes = [0.0]
    for pid in {each for root in pids for each in tree(root)}:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:")]
    return max(sizes)
