"""Who writes where, on real databases, and told at once between real processes to those alone who may write it too."""

import secrets
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio
from sqlalchemy import select, update

from tests import factories as f
from tests.integration.lagesbild_stod import Scen
from tests.korning import Korning
from tests.servrar import Redis, vanta_tills
from tests.utskick import falt
from tests.uttag import FRIST, Anslut, Instans, anslutning, en_instans, ur_natet
from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.auth.models import Anvandare
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild import narvaro
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.narvaro import Skrivande
from wis.lagesbild.plats import Otillaten, Plats
from wis.lagesbild.service import Publicerad
from wis.settings import Settings
from wis.skrivnarvaro import Skrivnarvaro
from wis.tx import transaction

SKRIBENT, KOLLEGA = "skribent@nacka.example", "kollega@nacka.example"
LASARE, REDAKTOR = "lasare@nacka.example", "redaktor@solna.example"
FLIK = "a" * 24
PERSONER, GANGER = 50, 3


def _anteckna(database: Database, who: Subjekt, plats: Plats, flik: str = FLIK, avsnitt: str = "prognos") -> int:
    with transaction(database) as session:
        return narvaro.anteckna(session, who, plats, flik, avsnitt)


def _andra(database: Database, lagesbild_id: int, who: Subjekt, flik: str = FLIK) -> list[Skrivande]:
    with database.reading() as session:
        return narvaro.skrivande(session, lagesbild_id, who, flik)


# --- in the database --------------------------------------------------------------------------------------------------


def test_two_words_of_one_page_at_once_become_one_row_and_who_may_not_write_leaves_none(
    varje_databas: Database,
) -> None:
    scen = Scen(varje_databas)
    bertil, lasare = scen.person(Roll.SKRIBENT), scen.person(Roll.LASARE)
    samtidigt = threading.Barrier(6)

    def sag(nummer: int) -> int:
        samtidigt.wait(FRIST)
        return _anteckna(varje_databas, scen.anna, scen.plats, avsnitt=f"del{nummer}")

    with ThreadPoolExecutor(6) as tradar:
        (bild,) = set(tradar.map(sag, range(6)))
    assert len(_andra(varje_databas, bild, bertil)) == 1
    for utan_ratt in (lasare, scen.person(Roll.REDAKTOR, "nacka")):
        with pytest.raises(Otillaten):
            _anteckna(varje_databas, utan_ratt, scen.plats)
    with transaction(varje_databas) as session:
        narvaro.lamna(session, scen.anna, bild, FLIK)
        # Somebody else's page is not mine to leave.
        narvaro.lamna(session, bertil, bild, FLIK)
    assert _andra(varje_databas, bild, bertil) == []
    with transaction(varje_databas) as session:
        session.execute(update(Handelse).values(stangd=clock.now()))
    with pytest.raises(Otillaten):
        _anteckna(varje_databas, scen.anna, scen.plats)


def test_fifty_who_say_that_they_write_hold_up_nobody_who_publishes(varje_databas: Database) -> None:
    scen = Scen(varje_databas)
    folk = [scen.person(Roll.SKRIBENT) for _ in range(PERSONER)]
    _anteckna(varje_databas, scen.anna, scen.plats)
    tider: list[float] = []

    def sag(nummer: int) -> None:
        for gang in range(GANGER):
            _anteckna(varje_databas, folk[nummer], scen.plats, avsnitt=f"del{gang}")

    with ThreadPoolExecutor(16) as tradar:
        pagar = [tradar.submit(sag, nummer) for nummer in range(PERSONER)]
        for bas in range(10):
            borjade = time.monotonic()
            assert isinstance(scen.publicera(bas, f"Läget {bas}."), Publicerad)
            tider.append(time.monotonic() - borjade)
        for en in pagar:
            en.result(FRIST)
    print(f"publicering: median {statistics.median(tider) * 1000:.0f} ms, längst {max(tider) * 1000:.0f} ms")
    with varje_databas.reading() as session:
        assert len(session.scalars(select(Skrivnarvaro.flik)).all()) == 1 + PERSONER


# --- told -------------------------------------------------------------------------------------------------------------


def _folk(database: Database) -> Plats:
    """Nacka's writers, readers, and somebody elsewhere who may write the samlade; returns where Nacka's own goes."""
    with transaction(database) as session:
        for epost, aktor, roll in (
            (SKRIBENT, "nacka", Roll.SKRIBENT),
            (KOLLEGA, "nacka", Roll.TALESPERSON),
            (LASARE, "nacka", Roll.LASARE),
            (REDAKTOR, "solna", Roll.REDAKTOR),
        ):
            f.en_person_hos(session, aktor, roll, epost=epost)
        handelse = f.en_handelse(session, "nacka", slug="storm")
        return Plats(handelse.id, f.en_aktor(session, "nacka").id)


@pytest.fixture
def plats(database: Database) -> Plats:
    return _folk(database)


@pytest.fixture
def instans(settings: Settings, database: Database, plats: Plats) -> Iterator[Instans]:
    assert plats
    with en_instans(settings, database) as igang:
        yield igang


@pytest.fixture
def anslut(instans: Instans) -> Iterator[Anslut]:
    """Connects clients, and disconnects them before the server goes."""
    assert instans
    with anslutning() as connect:
        yield connect


def _subjekt(database: Database, epost: str) -> Subjekt:
    with database.reading() as session:
        person = session.scalars(select(Anvandare).where(Anvandare.epost == epost)).one()
        return f.subjekt_for(session, person)


def test_only_those_who_may_write_it_hear_that_somebody_does(instans: Instans, plats: Plats, anslut: Anslut) -> None:
    database = instans.database
    vilka = {epost: anslut(instans, epost) for epost in (SKRIBENT, KOLLEGA, LASARE, REDAKTOR)}
    som_annan = anslut(instans, KOLLEGA)
    egen = _anteckna(database, _subjekt(database, SKRIBENT), plats)
    samlad = _anteckna(database, _subjekt(database, REDAKTOR), Plats(plats.handelse_id, None))
    ids = {"slag": "narvaro", "version": 0, "handelse_id": plats.handelse_id, "nummer": 0, "spridning": 150}
    for epost in (SKRIBENT, KOLLEGA):
        assert vilka[epost].nasta() == ids | {"id": egen}
    assert som_annan.nasta() == ids | {"id": egen}
    assert vilka[REDAKTOR].nasta() == ids | {"id": samlad}
    # The last word, which all may hear, is the first that a reader does.
    with transaction(database) as session:
        anmal(session, Andring(Slag.BREV, 3, 9, aktorer=None))
    assert [vilka[epost].nasta()["slag"] for epost in vilka] == ["brev"] * 4
    assert not any(lyssnare.har_hort_mer() for lyssnare in vilka.values())


def test_nobody_hears_that_somebody_writes_in_a_closed_event(instans: Instans, plats: Plats, anslut: Anslut) -> None:
    database = instans.database
    kollega = anslut(instans, KOLLEGA)
    with transaction(database) as session:
        handelse = session.get_one(Handelse, plats.handelse_id)
        bild = Lagesbild(handelse_id=handelse.id, aktor_id=plats.aktor_id, senaste=0)
        session.add(bild)
        handelse.stangd = clock.now()
        session.flush()
        anmal(session, Andring(Slag.NARVARO, bild.id, 1, handelse.id, None))
    # The next word, which all may hear, is the first that comes.
    with transaction(database) as session:
        anmal(session, Andring(Slag.BREV, 3, 9, aktorer=None))
    assert kollega.nasta()["slag"] == "brev"


# --- between real processes ------------------------------------------------------------------------------------------


def _logga_in(korning: Korning, epost: str) -> tuple[requests.Session, str]:
    """A login, and the token of its forms."""
    session = requests.Session()
    address = f"{korning.url}/logga-in"
    form = {
        "epost": epost,
        "losenord": f.LOSENORD,
        "csrf_token": falt(session.get(address, timeout=FRIST).text, "csrf_token"),
    }
    assert session.post(address, data=form, allow_redirects=False, timeout=FRIST).status_code == 302
    return session, falt(session.get(f"{korning.url}/handelser/storm", timeout=FRIST).text, "csrf_token")


def _fraga(korning: Korning, vem: tuple[requests.Session, str], **form: str) -> requests.Response:
    session, token = vem
    return session.post(
        f"{korning.url}/handelser/storm/lagesbild/nacka/narvaro",
        data=form,
        headers={"Accept": "application/json", "X-CSRFToken": token, "Sec-Fetch-Site": "same-origin"},
        timeout=FRIST,
    )


def _lyssna(korning: Korning, session: requests.Session) -> tuple[socketio.Client, list[tuple[float, dict[str, Any]]]]:
    heard: list[tuple[float, dict[str, Any]]] = []
    client = socketio.Client()
    client.on("andring", lambda data: heard.append((time.monotonic(), data)))
    kakor = "; ".join(f"{kaka.name}={kaka.value}" for kaka in session.cookies)
    client.connect(
        korning.url, headers={"Origin": korning.url, "Cookie": kakor}, transports=["polling"], wait_timeout=FRIST
    )
    return client, heard


@pytest.mark.postgres
@pytest.mark.redis
def test_a_colleague_at_another_process_hears_within_two_seconds_and_a_reader_never(
    postgres_url: str, redis: Redis, tmp_path: Path
) -> None:
    database = Database(postgres_url)
    _folk(database)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    shared = {
        "database_url": postgres_url,
        "redis_url": redis.url,
        "secret_key": secrets.token_hex(32),
        "andra_faktor": "ingen",
    }
    with Korning(tmp_path / "a", **shared) as en, Korning(tmp_path / "b", **shared) as annan:
        en.starta()
        annan.starta()
        skriver, kollega, lasare = (_logga_in(pa, e) for pa, e in ((en, SKRIBENT), (annan, KOLLEGA), (annan, LASARE)))
        klienter = [_lyssna(annan, session) for session, _ in (kollega, lasare)]
        (_, hort_av_kollega), (_, hort_av_lasare) = klienter
        tider = []
        for avsnitt in ("prognos", "resurser", "prognos"):
            hittills, borjade = len(hort_av_kollega), time.monotonic()
            assert _fraga(en, skriver, flik=FLIK, avsnitt=avsnitt).status_code == 200
            vanta_tills(lambda fore=hittills: len(hort_av_kollega) > fore, FRIST, "ordet")
            svar = _fraga(annan, kollega, flik="b" * 24).json()
            tider.append(time.monotonic() - borjade)
            assert [rad["avsnitt"] for rad in svar["andra"]] == [avsnitt]
        print("skrivet, hört och hämtat efter", ", ".join(f"{tid * 1000:.0f} ms" for tid in tider))
        assert _fraga(annan, lasare, flik=FLIK).status_code == 403
        for client, _ in klienter:
            client.disconnect()
        for session, _ in (skriver, kollega, lasare):
            session.close()
    assert {ord_["slag"] for _, ord_ in hort_av_kollega} == {"narvaro"}
    assert [ord_ for _, ord_ in hort_av_lasare if not ur_natet(ord_)] == []
    database.dispose()
