"""What the pages cost as an event fills up: the standing event with 10, 1,000 and 100,000 pieces on SQLite.

A piece is a version of a lägesbild, an underrättelse, a correction or a decision. Each page is measured drawn (its
event and its reader's login are counted as changed before each time, so that nothing drawn before is used) and warm
(fetched again). Prints a table of the median CPU time in milliseconds, and as the last line one JSON object: for each
page {pieces: milliseconds} of both, `drawn_…` and `warm_…`, and `growth_…`, the most pieces drawn against the fewest,
and `growth_full_…`, against 1,000, where the page is as full as it gets. There is no page that searches what is
published.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tests.factories import LOSENORD, en_aktor, en_handelse, en_person_hos
from wis import clock, schema
from wis.andringar import Raknat, rakna
from wis.app import create_app
from wis.auth.models import Inloggning
from wis.auth.rules import Roll
from wis.db import Base, Database
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.settings import Settings
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
TEXT = "Kraftigt snöfall i hela länet. Räddningstjänst och vägdriften har förstärkt. " * 11
SIDOR = {
    "start": "/",
    "event": "/handelser/staende",
    "lagesbild": "/handelser/staende/lagesbild/aktor-1",
    "timeline": "/handelser/staende/tidslinje",
}


@dataclass(frozen=True)
class Plats:
    """What pieces are written into."""

    handelse_id: int
    person_id: int
    aktorer: list[int]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="script/bench growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 pieces at most")
    chosen = parser.parse_args()
    mangder, start = SNABBA if chosen.quick else MANGDER, time.monotonic()
    matt: dict[str, dict[str, float]] = {}
    kolumner = [f"{slag}_{sida}" for slag in ("drawn", "warm") for sida in SIDOR]
    print(f"{'pieces':>8}" + "".join(f"{kolumn:>17}" for kolumn in kolumner) + "   (ms of CPU, median)")
    for mangd in mangder:
        with tempfile.TemporaryDirectory() as katalog:
            varden = mat(Path(katalog), mangd)
        print(f"{mangd:>8}" + "".join(f"{varden[kolumn]:>17.2f}" for kolumn in kolumner), flush=True)
        for kolumn, varde in varden.items():
            matt.setdefault(kolumn, {})[str(mangd)] = varde
    fewest, full, most = (str(mangd) for mangd in mangder)
    vaxt = {f"growth_{sida}": round(matt[f"drawn_{sida}"][most] / matt[f"drawn_{sida}"][fewest], 2) for sida in SIDOR}
    fulla = {
        f"growth_full_{sida}": round(matt[f"drawn_{sida}"][most] / matt[f"drawn_{sida}"][full], 2) for sida in SIDOR
    }
    for sida in SIDOR:
        nadd = "reached" if vaxt[f"growth_{sida}"] <= HOGST else "NOT REACHED"
        print(
            f"{sida:<12}{most} against {fewest}: {vaxt[f'growth_{sida}']:5.2f}   (goal {HOGST}: {nadd})"
            f"   against {full}: {fulla[f'growth_full_{sida}']:5.2f}"
        )
    print("search: there is no such page")
    took = round(time.monotonic() - start, 1)
    print(json.dumps(matt | vaxt | fulla | {"quick": chosen.quick, "seconds": took}))


def mat(katalog: Path, mangd: int) -> dict[str, float]:
    """The median CPU time of each page in milliseconds, drawn and warm, with so many pieces in the standing event."""
    adress = f"sqlite:///{katalog / 'wis.db'}"
    database = Database(adress)
    schema.upgrade(database)
    fyll(database, mangd)
    settings = Settings(
        instance=katalog,
        secret_key="m" * 64,
        database_url=adress,
        base_url="http://localhost",
        embedded_worker=False,
        andra_faktor="ingen",
    )
    app = create_app(settings, database)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    client = app.test_client()
    client.post("/logga-in", data={"epost": "lasare@prov.example", "losenord": LOSENORD})
    # As one who looked some hours ago.
    sedd = (clock.now() - timedelta(hours=3)).isoformat()
    client.post("/handelser/staende/last", data={"sedd_till": sedd})
    varden = {f"drawn_{sida}": _mediantid(client, vag, database) for sida, vag in SIDOR.items()}
    varden |= {f"warm_{sida}": _mediantid(client, vag) for sida, vag in SIDOR.items()}
    database.dispose()
    return varden


def _mediantid(client: FlaskClient, vag: str, rubba: Database | None = None) -> float:
    """With `rubba` all that the page rests on is counted as changed before each time."""
    tider = []
    for _ in range(VARV + 2):
        if rubba is not None:
            _rubba(rubba)
        start = time.process_time()
        svar = client.get(vag)
        tider.append((time.process_time() - start) * 1000)
        if svar.status_code != 200:
            raise SystemExit(f"{vag}: {svar.status_code}")
    return round(statistics.median(tider[2:]), 2)


def _rubba(database: Database) -> None:
    with transaction(database) as session:
        for slag, tabell in ((Raknat.HANDELSE, Handelse), (Raknat.INLOGGNING, Inloggning)):
            for id_ in session.scalars(select(tabell.id)).all():
                rakna(session, slag, id_)


# --- the data ------------------------------------------------------------------------------------------------------


def fyll(database: Database, mangd: int) -> None:
    """Actors, a reader, some other events, and the standing event with `mangd` pieces, an hour apart."""
    with transaction(database) as session:
        person = en_person_hos(session, "aktor-1", Roll.REDAKTOR, epost="skrivare@prov.example")
        en_person_hos(session, "aktor-2", Roll.LASARE, epost="lasare@prov.example")
        aktorer = [en_aktor(session, f"aktor-{nummer}").id for nummer in range(AKTORER)]
        staende = en_handelse(session, "aktor-1", slug="staende", staende=True)
        for nummer in range(ANDRA_HANDELSER):
            annan = en_handelse(session, "aktor-1", slug=f"annan-{nummer}")
            _skriv(session, Plats(annan.id, person.id, aktorer), 20, f"annan-{nummer}")
        _skriv(session, Plats(staende.id, person.id, aktorer), mangd, "staende")


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
    for fran in range(0, len(rader), _BUNT):
        session.execute(insert(tabell), rader[fran : fran + _BUNT])


def _version(plats: Plats, sak_id: int, nummer: int, tid: object, namn: str) -> dict[str, object]:
    return {
        "underrattelse_id": sak_id,
        "nummer": nummer,
        "foregaende": nummer - 1 or None,
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
