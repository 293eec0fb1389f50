"""The live channel in processes of its own: pages are published in one process and heard at two others over Redis."""

import asyncio
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import Any

import pytest
import requests
from flask import Flask
from redis import Redis as Redisklient
from sqlalchemy import event, select, update

from tests.conftest import en_app
from tests.factories import LOSENORD, en_handelse
from tests.korning import Korning
from tests.servrar import Redis, ledig_port, vanta_tills
from tests.utskick import falt
from tests.uttag import FRIST, Lyssnare, aktor_id, avstang, folk, inloggad
from wis import clock, utdrag
from wis.andringar import Andring, Slag, anmal
from wis.db import Database
from wis.handelser.models import Handelse
from wis.settings import Settings
from wis.tx import transaction
from wis.uttag import Server, Uttag, konfigurerad

pytestmark = pytest.mark.redis
POLISEN, LASARE = "talesperson@polisen.example", "lasare@nacka.example"
HANDSLAG = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass
class Plats:
    """One process that keeps pages connected, as clients reach it."""

    url: str
    uttag: Uttag


@contextmanager
def ett_uttag(settings: Settings) -> Iterator[Plats]:
    """As `wis uttag`, in a thread."""
    database, port = Database(settings.database_url), ledig_port()
    uttag = Uttag(settings, database)
    server = Server(konfigurerad(uttag, "127.0.0.1", port), uttag)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        vanta_tills(lambda: server.started, FRIST, "att uttaget svarar")
        yield Plats(f"http://127.0.0.1:{port}", uttag)
    finally:
        server.should_exit = True
        thread.join()
        database.dispose()


@dataclass
class Sidor:
    """The process that has the pages, and no sockets."""

    app: Flask
    database: Database
    settings: Settings
    handelse_id: int

    def anslut(self, plats: Plats, epost: str = LASARE, handelse: int | None = None, **headers: str) -> Lyssnare:
        headers = {"Origin": self.settings.base_url, **headers}
        kaka = inloggad(self.app, epost, self.settings.base_url)
        return Lyssnare(plats, kaka, handelse=handelse, **headers)

    def sag(self, version: int, **val: Any) -> None:
        with transaction(self.database) as session:
            val = {"aktorer": None} | val
            anmal(session, Andring(Slag.LAGESBILD, 7, version, self.handelse_id, **val))


@pytest.fixture
def sidor(settings: Settings, varje_databas: Database, redis: Redis) -> Sidor:
    # A key of its own gives a channel of its own in Redis.
    url = varje_databas.engine.url.render_as_string(hide_password=False)
    own = replace(settings, database_url=url, redis_url=redis.url, secret_key=uuid.uuid4().hex, inbyggda_uttag=False)
    folk(varje_databas)
    with transaction(varje_databas) as session:
        en_handelse(session, slug="storm")
        handelse_id = session.scalars(select(Handelse.id).where(Handelse.slug == "storm")).one()
    return Sidor(en_app(own, varje_databas), varje_databas, own, handelse_id)


def test_what_is_published_is_heard_at_two_processes_by_those_who_read_it_also_without_redis(
    sidor: Sidor, redis: Redis
) -> None:
    assert sidor.app.test_client().get("/socket.io/?EIO=4&transport=polling").status_code == 404
    with ett_uttag(sidor.settings) as en, ett_uttag(sidor.settings) as annan:
        vid_en, vid_annan, polisen = sidor.anslut(en), sidor.anslut(annan), sidor.anslut(annan, POLISEN)
        start = time.monotonic()
        sidor.sag(1)
        ids = {"slag": "lagesbild", "id": 7, "version": 1, "handelse_id": sidor.handelse_id}
        for lyssnare in (vid_en, vid_annan, polisen):
            assert lyssnare.nasta() == ids | {"nummer": 1, "spridning": 150}
        print(f"heard by all after {time.monotonic() - start:.3f} s")
        sidor.sag(2, aktorer=frozenset({aktor_id(sidor.database, "polisen")}))
        sidor.sag(3)
        assert [polisen.nasta()["version"] for _ in range(2)] == [2, 3]
        assert [vid_en.nasta()["nummer"], vid_annan.nasta()["nummer"]] == [3, 3]
        with transaction(sidor.database) as session:
            avstang(session)
        vid_en.vanta_tills_kapad()
        vid_annan.vanta_tills_kapad()
        redis.stanna()
        sidor.sag(4)
        while (hort := polisen.nasta(med_nat=True))["nummer"] < 4:
            pass  # on a slow machine, again of what was told late
        # By the number alone, and so not of what.
        missat = {"slag": "handelse", "id": 0, "version": 0, "handelse_id": sidor.handelse_id}
        assert hort == missat | {"nummer": 4, "spridning": 150}
        redis.starta()
        while polisen.nasta()["slag"] != "behorighet":
            pass  # told to look again once the others are heard anew: what was said meanwhile is lost
        with Redisklient.from_url(redis.url) as client:
            client.flushall()
        sidor.sag(5)
        assert polisen.nasta()["nummer"] == 5
        for lyssnare in (vid_en, vid_annan, polisen):
            lyssnare.stang()
        vanta_tills(lambda: en.uttag.karna.antal() + annan.uttag.karna.antal() == 0, FRIST, "att alla är glömda")


@pytest.fixture
def ensam(settings: Settings, database: Database, redis: Redis) -> Iterator[tuple[Sidor, Plats]]:
    """One such process on SQLite."""
    own = replace(settings, redis_url=redis.url, secret_key=uuid.uuid4().hex, inbyggda_uttag=False)
    folk(database)
    with ett_uttag(own) as plats:
        yield Sidor(en_app(own, database), database, own, 3), plats


def test_who_comes_back_is_told_the_number_of_what_they_may_read_and_misses_nothing_meanwhile(
    sidor: Sidor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(sidor.database) as session:
        sluten = en_handelse(session, slug="sluten", lasare=["polisen"]).id
    sidor.sag(1)
    lasare = sidor.app.test_client()
    lasare.post("/logga-in", data={"epost": LASARE, "losenord": LOSENORD})
    sida = lasare.get("/handelser/storm").text
    sidans = {namn: re.search(rf'data-{namn}="([^"]*)"', sida) for namn in ("nummer", "ratt", "inloggad")}
    with ett_uttag(sidor.settings) as plats:
        vid_storm, hos_polisen = sidor.anslut(plats, handelse=sidor.handelse_id), sidor.anslut(plats, POLISEN)
        nekad = sidor.anslut(plats, handelse=sluten)
        sagt = vid_storm.nummer.get(timeout=FRIST)
        assert [sidans[namn] and sidans[namn][1] for namn in ("nummer", "ratt", "inloggad")] == [
            str(sagt["nummer"]), sagt["ratt"], str(sagt["vem"])
        ]  # fmt: skip
        assert (sagt["handelse_id"], sagt["nummer"], sagt["spridning"]) == (sidor.handelse_id, 1, 150)
        saga, motor, fragat = plats.uttag.karna.saga_nummer, plats.uttag.karna._database.engine, list[int]()

        def andra_forst(fragar: dict[str, int]) -> None:
            # In the very moment between that it joined and that its number is read.
            if sidor.handelse_id in fragar.values():
                sidor.sag(2)
            tradar: list[str] = []
            rakna = partial(_har, tradar)
            event.listen(motor, "before_cursor_execute", rakna)
            saga(fragar)
            event.remove(motor, "before_cursor_execute", rakna)
            fragat.append(tradar.count(threading.current_thread().name))

        monkeypatch.setattr(plats.uttag.karna, "saga_nummer", andra_forst)
        igen = sidor.anslut(plats, handelse=sidor.handelse_id)
        assert igen.nummer.get(timeout=FRIST)["nummer"] == 2
        assert igen.nasta()["nummer"] == 2
        vanta_tills(lambda: fragat, FRIST, "att svaret är räknat")
        assert set(fragat) == {1}
        # Neither one who did not ask nor one who may not read is told anything.
        assert [en.nasta()["nummer"] for en in (nekad, hos_polisen)] == [2, 2]
        assert nekad.nummer.empty()
        assert hos_polisen.nummer.empty()
        for lyssnare in (vid_storm, hos_polisen, nekad, igen):
            lyssnare.stang()


def _har(tradar: list[str], _connection: object, _cursor: object, sats: str, *_mer: object) -> None:
    """Note which thread asked the database."""
    if not sats.startswith("BEGIN"):
        tradar.append(threading.current_thread().name)


def test_strangers_foreign_pages_and_other_names_are_refused(ensam: tuple[Sidor, Plats]) -> None:
    sidor, plats = ensam
    kaka = inloggad(sidor.app, LASARE, sidor.settings.base_url)
    var = {"Origin": sidor.settings.base_url, "Cookie": kaka, **HANDSLAG}

    def svar(adress: str = "/socket.io/?EIO=4&transport=websocket", **headers: str) -> requests.Response:
        return requests.get(f"{plats.url}{adress}", headers=var | headers, timeout=FRIST)

    assert svar(Origin="https://ond.example").status_code == 403
    assert svar(Host="ond.example").status_code == 400
    assert svar(Cookie="wis=hittepa").status_code == 403
    assert svar(Cookie=inloggad(sidor.app, "admin@nacka.example", "http://localhost")).status_code == 403
    assert svar("/annat").status_code == 404
    polling = requests.get(f"{plats.url}/socket.io/?EIO=4&transport=polling", headers={"Cookie": kaka}, timeout=FRIST)
    assert polling.status_code == 404
    for nej in (svar(Origin="null"), polling):
        assert nej.headers["X-Content-Type-Options"] == "nosniff"
        assert nej.headers["Cache-Control"] == "private, no-store"
        assert "default-src 'none'" in nej.headers["Content-Security-Policy"]
    # A monitor asks by whatever name it has.
    assert requests.get(f"{plats.url}/halsa/live", headers={"Host": "10.0.0.7"}, timeout=FRIST).ok
    assert plats.uttag.karna.antal() == 0


def test_one_login_takes_no_more_places_than_its_own(ensam: tuple[Sidor, Plats]) -> None:
    sidor, plats = ensam
    kaka = inloggad(sidor.app, LASARE, sidor.settings.base_url)
    oppna = [Lyssnare(plats, kaka, Origin=sidor.settings.base_url) for _ in range(12)]
    var = {"Origin": sidor.settings.base_url, "Cookie": kaka, **HANDSLAG}
    nej = requests.get(f"{plats.url}/socket.io/?EIO=4&transport=websocket", headers=var, timeout=FRIST)
    assert (nej.status_code, nej.headers["Retry-After"]) == (503, "60")
    # What a client sends is not listened to, and one that sends a lot is cut.
    oppna[0].klient.emit("andring", "x" * 20_000)
    oppna[0].vanta_tills_kapad()
    for lyssnare in oppna:
        lyssnare.stang()


def test_the_text_is_offered_to_those_alone_who_may_read_that_very_version(ensam: tuple[Sidor, Plats]) -> None:
    sidor, plats = ensam
    with transaction(sidor.database) as session:
        handelse_id = en_handelse(session, slug="storm").id
    lyssnare = sidor.anslut(plats)
    _publicera(sidor)
    hort = lyssnare.nasta()
    token = hort["utdrag"].removeprefix(utdrag.PREFIX)
    found = utdrag.las(sidor.settings, token, clock.now())
    assert found is not None
    assert (found.slag, found.id, found.version) == (Slag.UNDERRATTELSE, hort["id"], hort["version"])
    # Nacka now reads what is published from now on. It hears that something is changed, and gets nothing of before.
    with transaction(sidor.database) as session:
        session.execute(update(Handelse).values(alla_fran=clock.now()))
        anmal(session, Andring(Slag.UNDERRATTELSE, hort["id"], hort["version"], handelse_id, None))
    igen = lyssnare.nasta()
    assert igen == {namn: varde for namn, varde in hort.items() if namn != "utdrag"} | {"nummer": hort["nummer"] + 1}
    lyssnare.stang()


def _publicera(sidor: Sidor) -> None:
    client = sidor.app.test_client()
    client.post("/logga-in", data={"epost": POLISEN, "losenord": LOSENORD})
    page = client.get("/handelser/storm/underrattelser/ny").get_data(as_text=True)
    form = {name: falt(page, name) for name in ("nyckel", "som_aktor")}
    form |= {"rubrik": "Prov", "text": "Färjan går inte.", "handling": "avisera"}
    assert client.post("/handelser/storm/underrattelser/ny", data=form).status_code == 302


def test_who_reads_nothing_of_what_is_sent_is_cut_and_holds_up_nobody(ensam: tuple[Sidor, Plats]) -> None:
    sidor, plats = ensam
    snabb = sidor.anslut(plats)
    with socket() as trog:
        trog.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        trog.connect(("127.0.0.1", int(plats.url.rsplit(":", 1)[1])))
        kaka = inloggad(sidor.app, POLISEN, sidor.settings.base_url)
        headers = {"Host": "localhost", "Origin": sidor.settings.base_url, "Cookie": kaka, **HANDSLAG}
        rader = "".join(f"{namn}: {varde}\r\n" for namn, varde in headers.items())
        # The handshake, and "40" in a masked frame: Socket.IO's word for joining.
        trog.sendall(f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{rader}\r\n".encode())
        vanta_tills(lambda: plats.uttag.karna.antal() == 2, FRIST, "att den tröga är med")
        trog.sendall(b"\x81\x82\0\0\0\0" + b"40")
        vanta_tills(lambda: all(p.redo for p in plats.uttag._protokoll.values()), FRIST, "att båda är med")
        alla = list(plats.uttag._protokoll)
        for nummer in range(200):
            plats.uttag.sand(alla, {"nummer": nummer, "fyllnad": "x" * 5_000})
            assert snabb.nasta()["nummer"] == nummer
        vanta_tills(lambda: plats.uttag.karna.antal() == 1, FRIST, "att den tröga är ute")
    snabb.stang()


def test_the_command_says_what_it_needs_and_ends_without_losing_its_temper(
    ensam: tuple[Sidor, Plats], tmp_path: Path
) -> None:
    sidor, _ = ensam
    own = sidor.settings
    shared = {
        "database_url": own.database_url,
        "secret_key": own.secret_key,
        "bas_url": own.base_url,
    }
    with pytest.raises(subprocess.CalledProcessError) as fel:
        Korning(tmp_path, **shared).wis("uttag")
    assert "WIS_REDIS_URL" in fel.value.stderr
    port = ledig_port()
    korning = Korning(tmp_path, redis_url=own.redis_url or "", **shared)
    with korning.bredvid("uttag", "--port", str(port)) as process:
        url = f"http://127.0.0.1:{port}"
        vanta_tills(lambda: f"Klar: {url}/" in korning.logg.read_text(encoding="utf-8"), 60, "att den är klar")
        lyssnare = sidor.anslut(Plats(url, ensam[1].uttag))
        sidor.sag(9)
        assert lyssnare.nasta()["version"] == 9
        process.terminate()
        lyssnare.vanta_tills_kapad()
        assert process.wait(FRIST) == 0
        lyssnare.stang()
    assert "Traceback" not in korning.logg.read_text(encoding="utf-8")
