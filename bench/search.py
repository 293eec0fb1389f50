"""Searching in 100,000 pieces and 10,000 diary entries: the whole page /sok, from the question to the answer.

The pieces are those of script/bench growth, which all say the same, so that a common word is in every one; the diary's
entries have words and tags of their own. Asked by one who reads all of it, and by one who reads the last hours only.
The limit is the same page without a question. Prints a table of wall-clock milliseconds (p50, p95) and the goals, and
as the last line one JSON object.
"""

import argparse
import signal
import statistics
import time
from contextlib import ExitStack
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, text

from bench._mal import Goal, judge, last_line
from bench.growth import Upplaga, _satt_in, en_upplaga
from tests.servrar import Postgres
from wis import clock
from wis.aktorer.models import Aktor
from wis.anteckningar.models import Anteckning
from wis.auth.models import Anvandare
from wis.handelser.models import Handelse
from wis.sok import index
from wis.tx import transaction

PIECES, QUICK_PIECES = 100_000, 2_000
WORDS = 1_000
TIMES, QUICK_TIMES = 60, 10
MOST_MS = 100.0
QUESTIONS = {
    "limit": "/sok",
    "common": "/sok?q=räddningstjänst",
    "best": "/sok?q=räddningstjänst&ordning=bast",
    "two": "/sok?q=räddningstjänst+vägdriften",
    "phrase": '/sok?q="kraftigt+snöfall"',
    "beginning": "/sok?q=rädd*",
    "many_words": "/sok?q=plats*",
    "rare": "/sok?q=plats77",
    "tag": "/sok?tagg=elavbrott",
    "tag_common": "/sok?tagg=vatten",
    "tag_word": "/sok?tagg=vatten&q=plats77",
    "diary": "/sok?q=strömlösa&slag=anteckning",
    "none": "/sok?q=finnsinte",
}
NARROW = ("common", "phrase", "tag", "rare", "none")
_FINDS_NOTHING, _NOTHING = {"limit", "none"}, "Inga träffar"
GOALS: tuple[Goal, ...] = (
    *((f"{name}_p95_ms", "<=", MOST_MS) for name in QUESTIONS),
    *((f"narrow_{name}_p95_ms", "<=", MOST_MS) for name in NARROW),
)


def write_diary(upplaga: Upplaga, count: int) -> None:
    """So many entries in the standing event, an hour apart, each with one of a thousand words and one of two tags."""
    now = clock.now()
    with transaction(upplaga.database) as session:
        event = session.scalars(select(Handelse.id).where(Handelse.slug == "staende")).one()
        actor, person = (session.scalars(select(each.id).limit(1)).one() for each in (Aktor, Anvandare))
        rows = [
            {
                "handelse_id": event,
                "aktor_id": actor,
                "forfattare_id": person,
                "skriven": now - timedelta(hours=count - number),
                "tid": now - timedelta(hours=count - number),
                "text": f"Hushåll strömlösa vid plats{number % WORDS} #{'vatten' if number % 50 else 'elavbrott'}",
                "idempotensnyckel": f"a{number}",
            }
            for number in range(count)
        ]
        _satt_in(session, Anteckning, rows)
        index.bygg(session.connection())
    with upplaga.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def ask(client: FlaskClient, address: str, times: int) -> dict[str, float]:
    """The milliseconds of so many, and how large the answer was."""
    took, size = [], 0
    for _ in range(times + 2):
        begun = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - begun) * 1000)
        size = len(answer.data)
        if answer.status_code != 200:
            raise SystemExit(f"{address} svarade {answer.status_code}")
    ordered = sorted(took[2:])
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(p95, 1), "kb": round(size / 1000, 1)}


def measure(upplaga: Upplaga, times: int) -> dict[str, float]:
    """Every question, by both."""
    asked = [(name, upplaga.lasare, name) for name in QUESTIONS]
    asked += [(f"narrow_{name}", upplaga.smal, name) for name in NARROW]
    figures: dict[str, float] = {}
    print(f"{'':<20}{'p50 ms':>9}{'p95 ms':>9}{'sidan kB':>10}")
    for name, client, question in asked:
        if client is upplaga.lasare and name not in _FINDS_NOTHING and _NOTHING in client.get(QUESTIONS[name]).text:
            raise SystemExit(f"{QUESTIONS[name]} hittar inget: mätningen mäter inte vad den säger")
        found = ask(client, QUESTIONS[question], times)
        print(f"{name:<20}{found['p50_ms']:>9.1f}{found['p95_ms']:>9.1f}{found['kb']:>10.1f}", flush=True)
        figures |= {f"{name}_{key}": value for key, value in found.items()}
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench search", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 pieces")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start, pieces = time.monotonic(), QUICK_PIECES if chosen.quick else PIECES
    with ExitStack() as stack:
        url = stack.enter_context(Postgres()).nytt_databas() if chosen.postgres else ""
        upplaga = stack.enter_context(en_upplaga(pieces, url))
        write_diary(upplaga, pieces // 10)
        print(f"{pieces} delar och {pieces // 10} anteckningar, fyllt på {time.monotonic() - start:.0f} s")
        figures = measure(upplaga, QUICK_TIMES if chosen.quick else TIMES)
    judge(figures, GOALS)
    last_line(figures, quick=chosen.quick, postgres=chosen.postgres, seconds=round(time.monotonic() - start, 1))


if __name__ == "__main__":
    main()
