"""What the pages cost as an event fills up: the standing event with 10, 1,000 and 100,000 pieces on SQLite.

A piece is a version of a lägesbild, an underrättelse, a correction or a decision. Each page is measured drawn (its
event and its reader's login are counted as changed before each time, so that nothing drawn before is used) and warm
(fetched again), of all sizes in turn, so that what else the machine does falls on them alike. `narrow_…` is drawn for
one who reads only what the event has had in its last hours: as little is found as ever, however much is looked through.
Prints a table of the median CPU time in milliseconds, and as the last line one JSON object: for each page {pieces:
milliseconds} of each, `drawn_…`, `warm_…` and `narrow_…`, and `growth_…`, the most pieces drawn against the fewest,
`growth_full_…`, against 1,000, where the page is as full as it gets, and `growth_narrow_…`, likewise for the narrow.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from tests.factories import LOSENORD, en_aktor, en_handelse, en_person_hos
from wis import clock, schema
from wis.andringar import Raknat, rakna
from wis.app import create_app
from wis.auth.models import Inloggning
from wis.auth.rules import Roll
from wis.db import Base, Database
from wis.handelser.models import Handelse, Handelsebeslut, HandelseLasare
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.settings import Settings
from wis.sok import index
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

MANGDER = (10, 1_000, 100_000)
SNABBA = (10, 1_000, 10_000)
HOGST = 1.3
"""The most times that a page may cost with the most pieces against with the fewest."""
_BUNT = 5_000
AKTORER = 37
ANDRA_HANDELSER = 8
VARV = 15
"""Times that each page is fetched; the median counts."""
FARSKT = 12
"""So many hours back the narrow reader reads."""
SMAL = 3
"""Which of the actors that is."""
TEXT = "Kraftigt snöfall i hela länet. Räddningstjänst och vägdriften har förstärkt. " * 4
SIDOR = {
    "start": "/",
    "event": "/handelser/staende",
    "lagesbild": "/handelser/staende/lagesbild/aktor-1",
    "timeline": "/handelser/staende/tidslinje",
    "versions": "/handelser/staende/versioner",
    "notices": "/underrattelser",
    "search": "/sok?q=räddningstjänst",
}
SMALA = ("start", "event", "timeline", "versions", "notices")


@dataclass(frozen=True)
class Plats:
    """What pieces are written into."""

    handelse_id: int
    person_id: int
    aktorer: list[int]


@dataclass(frozen=True)
class Upplaga:
    """An installation with so many pieces, one who reads all, and one who reads little."""

    mangd: int
    database: Database
    lasare: FlaskClient
    smal: FlaskClient


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 pieces at most")
    chosen = parser.parse_args()
    mangder, start = SNABBA if chosen.quick else MANGDER, time.monotonic()
    with ExitStack() as stack:
        upplagor = [stack.enter_context(en_upplaga(mangd)) for mangd in mangder]
        fyllt = round(time.monotonic() - start, 1)
        print(f"filled in {fyllt} s")
        matt = mat(upplagor)
    kolumner = list(matt)
    print(f"{'':<18}" + "".join(f"{mangd:>10}" for mangd in mangder) + "   (ms of CPU, median)")
    for kolumn in kolumner:
        print(f"{kolumn:<18}" + "".join(f"{matt[kolumn][str(mangd)]:>10.2f}" for mangd in mangder))
    tal = _vaxt(matt, [str(mangd) for mangd in mangder])
    took = round(time.monotonic() - start, 1)
    print(json.dumps(matt | tal | {"quick": chosen.quick, "filled_s": fyllt, "seconds": took}))


def _vaxt(matt: dict[str, dict[str, float]], mangder: list[str]) -> dict[str, float]:
    """The growth of each page, told of against the goal."""
    fewest, full, most = mangder
    tal = {}
    for sida in SIDOR:
        ritad, smal = matt[f"drawn_{sida}"], matt.get(f"narrow_{sida}")
        tal[f"growth_{sida}"] = round(ritad[most] / ritad[fewest], 2)
        tal[f"growth_full_{sida}"] = round(ritad[most] / ritad[full], 2)
        ord_ = [f"against {fewest}: {_om(tal[f'growth_{sida}'])}", f"against {full}: {_om(tal[f'growth_full_{sida}'])}"]
        if smal is not None:
            tal[f"growth_narrow_{sida}"] = round(smal[most] / smal[full], 2)
            ord_.append(f"narrow, against {full}: {tal[f'growth_narrow_{sida}']:.2f}")
        print(f"{sida:<12}{most} pieces " + "   ".join(ord_) + f"   (goal {HOGST})")
    return tal


def _om(varde: float) -> str:
    return f"{varde:.2f} {'reached' if varde <= HOGST else 'NOT REACHED'}"


@contextmanager
def en_upplaga(mangd: int, url: str = "") -> Iterator[Upplaga]:
    """An installation with so many pieces in the standing event, and its readers logged in.

    `url`: an empty database to fill; one of SQLite of its own if not given.
    """
    with tempfile.TemporaryDirectory() as katalog:
        adress = url or f"sqlite:///{Path(katalog) / 'wis.db'}"
        database = Database(adress)
        schema.upgrade(database)
        fyll(database, mangd)
        settings = Settings(
            instance=Path(katalog),
            secret_key="m" * 64,
            database_url=adress,
            base_url="http://localhost",
            embedded_worker=False,
            andra_faktor="ingen",
            en_process=bool(url),
        )
        app = create_app(settings, database)
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        yield Upplaga(mangd, database, _inloggad(app, "lasare"), _inloggad(app, "smal"))
        database.dispose()


def _inloggad(app: Flask, namn: str) -> FlaskClient:
    client = app.test_client()
    client.post("/logga-in", data={"epost": f"{namn}@prov.example", "losenord": LOSENORD})
    # As one who looked some hours ago.
    sedd = (clock.now() - timedelta(hours=3)).isoformat()
    client.post("/handelser/staende/last", data={"sedd_till": sedd})
    return client


def mat(upplagor: list[Upplaga]) -> dict[str, dict[str, float]]:
    """By kind and page, the median CPU time in milliseconds by how many pieces there are."""
    matt = {f"drawn_{sida}": _medianer(upplagor, vag) for sida, vag in SIDOR.items()}
    matt |= {f"warm_{sida}": _medianer(upplagor, vag, ritas=False) for sida, vag in SIDOR.items()}
    return matt | {f"narrow_{sida}": _medianer(upplagor, SIDOR[sida], smal=True) for sida in SMALA}


def _medianer(upplagor: list[Upplaga], vag: str, *, ritas: bool = True, smal: bool = False) -> dict[str, float]:
    """If it `ritas`, all that the page rests on is counted as changed before each time."""
    tider: dict[str, list[float]] = {str(upplaga.mangd): [] for upplaga in upplagor}
    for _ in range(VARV + 2):
        for upplaga in upplagor:
            if ritas:
                _rubba(upplaga.database)
            start = time.process_time()
            svar = (upplaga.smal if smal else upplaga.lasare).get(vag)
            tider[str(upplaga.mangd)].append((time.process_time() - start) * 1000)
            if svar.status_code != 200:
                raise SystemExit(f"{vag}: {svar.status_code}")
    return {mangd: round(statistics.median(dessa[2:]), 2) for mangd, dessa in tider.items()}


def _rubba(database: Database) -> None:
    with transaction(database) as session:
        for slag, tabell in ((Raknat.HANDELSE, Handelse), (Raknat.INLOGGNING, Inloggning)):
            for id_ in session.scalars(select(tabell.id)).all():
                rakna(session, slag, id_)


# --- the data ------------------------------------------------------------------------------------------------------


def fyll(database: Database, mangd: int) -> None:
    """Actors, two readers, some other events, and the standing event with `mangd` pieces, an hour apart."""
    lokal = database.engine.dialect.name == "sqlite"
    if lokal:
        event.listen(database.engine, "connect", _bred)
        database.dispose()
    with transaction(database) as session:
        person = en_person_hos(session, "aktor-1", Roll.REDAKTOR, epost="skrivare@prov.example")
        en_person_hos(session, "aktor-2", Roll.LASARE, epost="lasare@prov.example")
        en_person_hos(session, "aktor-3", Roll.LASARE, epost="smal@prov.example")
        aktorer = [en_aktor(session, f"aktor-{nummer}").id for nummer in range(AKTORER)]
        staende = en_handelse(session, "aktor-1", slug="staende", staende=True)
        _smalna(staende, aktorer)
        for nummer in range(ANDRA_HANDELSER):
            annan = en_handelse(session, "aktor-1", slug=f"annan-{nummer}")
            _skriv(session, Plats(annan.id, person.id, aktorer), 20, f"annan-{nummer}")
        _skriv(session, Plats(staende.id, person.id, aktorer), mangd, "staende")
        index.bygg(session.connection())
    if lokal:
        event.remove(database.engine, "connect", _bred)
        database.dispose()


def _bred(connection: sqlite3.Connection, _record: object) -> None:
    # So much at once is written faster with more memory. It is taken away before anything is measured.
    connection.execute("PRAGMA cache_size = -200000")


def _smalna(handelse: Handelse, aktorer: list[int]) -> None:
    """All actors read all of it, but for aktor-3, which reads only the last hours'."""
    handelse.alla_aktorer = False
    farskt = clock.now() - timedelta(hours=FARSKT)
    for nummer, aktor_id in enumerate(aktorer):
        if aktor_id != handelse.agare_id:
            handelse.lasare.append(HandelseLasare(aktor_id=aktor_id, fran=farskt if nummer == SMAL else None))


def _skriv(session: Session, plats: Plats, mangd: int, namn: str) -> None:
    """Of ten pieces four are versions, four underrättelser, one a correction and one a decision."""
    antal = {"version": mangd * 4 // 10, "underrattelse": mangd * 4 // 10, "rattelse": mangd // 10}
    _lagesbilder(session, plats, antal["version"], namn)
    _underrattelser(session, plats, antal["underrattelse"], antal["rattelse"], namn)
    now = clock.now()
    beslut = [
        {
            "handelse_id": plats.handelse_id,
            "slag": "andrad" if nummer else "oppnad",
            "lage": "ordinarie",
            "tid": now - timedelta(hours=mangd - nummer),
            "anvandare_id": plats.person_id,
            "aktor_id": plats.aktorer[1],
            "motivering": TEXT,
        }
        for nummer in range(max(1, mangd // 10))
    ]
    _satt_in(session, Handelsebeslut, beslut)


def _lagesbilder(session: Session, plats: Plats, mangd: int, namn: str) -> None:
    now, rader = clock.now(), []
    bilder = [Lagesbild(handelse_id=plats.handelse_id, aktor_id=aktor, senaste=0) for aktor in plats.aktorer]
    session.add_all(bilder)
    session.flush()
    for lopnummer in range(mangd):
        bild = bilder[lopnummer % len(bilder)]
        bild.senaste += 1
        rader.append(
            {
                "lagesbild_id": bild.id,
                "nummer": bild.senaste,
                "foregaende": bild.senaste - 1 or None,
                "handelse_id": plats.handelse_id,
                "publicerad": now - timedelta(hours=mangd - lopnummer),
                "forfattare_id": plats.person_id,
                "aktor_id": bild.aktor_id,
                "andringsnotering": "",
                "oforandrad": False,
                "nasta_uppdatering": None,
                "sammanfattning": TEXT,
                "idempotensnyckel": f"{namn}-b{lopnummer}",
            }
        )
    _satt_in(session, LagesbildVersion, rader)


def _underrattelser(session: Session, plats: Plats, mangd: int, rattelser: int, namn: str) -> None:
    now = clock.now()
    # Their ids are given here, so that all rows can be written at once.
    forsta_id = (session.scalar(select(func.max(Underrattelse.id))) or 0) + 1
    tider = {forsta_id + nummer: now - timedelta(hours=mangd - nummer) for nummer in range(mangd)}
    rattade = set(list(tider)[:rattelser])
    saker = [
        {
            "id": sak_id,
            "handelse_id": plats.handelse_id,
            "aktor_id": plats.aktorer[sak_id % len(plats.aktorer)],
            "skapad": tid,
            "senaste": 2 if sak_id in rattade else 1,
        }
        for sak_id, tid in tider.items()
    ]
    _satt_in(session, Underrattelse, saker)
    forsta = [_version(plats, sak_id, 1, tid, namn) for sak_id, tid in tider.items()]
    andra = [_version(plats, sak_id, 2, tider[sak_id] + timedelta(minutes=9), namn) for sak_id in rattade]
    _satt_in(session, UnderrattelseVersion, forsta)
    _satt_in(session, UnderrattelseVersion, andra)


def _satt_in(session: Session, tabell: type[Base], rader: Sequence[Mapping[str, object]]) -> None:
    # Past the session, which would have each looked for in the index: that is built of all at once.
    for fran in range(0, len(rader), _BUNT):
        session.connection().execute(insert(tabell), rader[fran : fran + _BUNT])


def _version(plats: Plats, sak_id: int, nummer: int, tid: object, namn: str) -> dict[str, object]:
    return {
        "underrattelse_id": sak_id,
        "nummer": nummer,
        "foregaende": nummer - 1 or None,
        "handelse_id": plats.handelse_id,
        "aktor_id": plats.aktorer[sak_id % len(plats.aktorer)],
        "publicerad": tid,
        "forfattare_id": plats.person_id,
        "bradskande": False,
        "rubrik": f"Underrättelse {sak_id}",
        "text": TEXT[:800],
        "html": f"<p>{TEXT}</p>",
        "idempotensnyckel": f"{namn}-u{sak_id}-{nummer}",
    }


if __name__ == "__main__":
    main()
