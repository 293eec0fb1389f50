"""What the pages cost as an event fills up: the standing event with 10, 1,000 and 10,000 pieces on SQLite.

A piece is a version of a lägesbild, an underrättelse, a correction or a decision. Prints a table of the median CPU time
of a page in milliseconds, and as the last line one JSON object {page: {pieces: milliseconds}}.
"""

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from tests.factories import LOSENORD, en_aktor, en_handelse, en_person_hos
from wis import clock, schema
from wis.app import create_app
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

MANGDER = (10, 1_000, 10_000)
AKTORER = 37
ANDRA_HANDELSER = 8
VARV = 15
"""Times that each page is fetched; the median counts."""
TEXT = "Kraftigt snöfall i hela länet. Räddningstjänst och vägdriften har förstärkt. " * 11
SIDOR = {"start": "/", "event": "/handelser/staende", "timeline": "/handelser/staende/tidslinje"}


@dataclass(frozen=True)
class Plats:
    """What pieces are written into."""

    handelse_id: int
    person_id: int
    aktorer: list[int]


def main() -> None:
    """Measure and print."""
    matt: dict[str, dict[str, float]] = {sida: {} for sida in SIDOR}
    print(f"{'pieces':>8}" + "".join(f"{sida:>12}" for sida in SIDOR) + "   (ms of CPU, median)")
    for mangd in MANGDER:
        with tempfile.TemporaryDirectory() as katalog:
            varden = mat(Path(katalog), mangd)
        print(f"{mangd:>8}" + "".join(f"{varden[sida]:>12.1f}" for sida in SIDOR))
        for sida, varde in varden.items():
            matt[sida][str(mangd)] = varde
    print(json.dumps(matt))


def mat(katalog: Path, mangd: int) -> dict[str, float]:
    """The median CPU time of each page in milliseconds, with so many pieces in the standing event."""
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
    varden = {sida: _mediantid(client, vag) for sida, vag in SIDOR.items()}
    database.dispose()
    return varden


def _mediantid(client: FlaskClient, vag: str) -> float:
    tider = []
    for _ in range(VARV + 2):
        start = time.process_time()
        svar = client.get(vag)
        tider.append((time.process_time() - start) * 1000)
        if svar.status_code != 200:
            raise SystemExit(f"{vag}: {svar.status_code}")
    return round(statistics.median(tider[2:]), 2)


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
    session.execute(insert(Handelsebeslut), beslut)


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
    session.execute(insert(LagesbildVersion), rader)


def _underrattelser(session: Session, plats: Plats, mangd: int, rattelser: int, namn: str) -> None:
    now = clock.now()
    saker = [
        Underrattelse(
            handelse_id=plats.handelse_id,
            aktor_id=plats.aktorer[nummer % len(plats.aktorer)],
            skapad=now - timedelta(hours=mangd - nummer),
            senaste=1,
        )
        for nummer in range(mangd)
    ]
    session.add_all(saker)
    session.flush()
    forsta = [_version(plats, sak.id, 1, sak.skapad, namn) for sak in saker]
    rattade = saker[:rattelser]
    andra = [_version(plats, sak.id, 2, sak.skapad + timedelta(minutes=9), namn) for sak in rattade]
    session.execute(insert(UnderrattelseVersion), [*forsta, *andra])
    session.execute(update(Underrattelse).where(Underrattelse.id.in_([s.id for s in rattade])).values(senaste=2))


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
