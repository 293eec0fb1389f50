"""The whole layout as it is shipped: nginx before two `wis run` and a `wis uttag`, on one Redis."""

import os
import secrets
import signal
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from select import select as lasbara
from typing import Any

import pytest
import requests
import socketio
from sqlalchemy import select

from tests import factories as f
from tests.korning import Korning
from tests.nginx import Nginx
from tests.servrar import Redis, ledig_port, vanta_tills
from tests.utskick import falt
from tests.uttag import FRIST
from wis import clock, utdrag
from wis.andringar import Slag
from wis.auth.rules import Roll
from wis.db import Database
from wis.server import slapp_inga_fler
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

pytestmark = pytest.mark.redis
SKRIVER, LASER = "talesperson@nacka.example", "lasare@solna.example"
NY = "/handelser/storm/underrattelser/ny"


@dataclass
class Utlagg:
    """All of it, running."""

    nginx: Nginx
    webb: tuple[Korning, Korning]
    databas_url: str
    miljo: dict[str, str]

    def session(self) -> requests.Session:
        """A browser that keeps its connection to nginx open."""
        session = requests.Session()
        session.trust_env = False  # it would trust others than this one
        session.verify = str(self.nginx.certifikat)
        session.headers["Referer"] = f"{self.nginx.url}/"
        return session

    def inloggad(self, epost: str) -> requests.Session:
        """A browser of this person."""
        session = self.session()
        page = session.get(f"{self.nginx.url}/logga-in", timeout=60).text
        form = {"epost": epost, "losenord": f.LOSENORD, "csrf_token": falt(page, "csrf_token")}
        svar = session.post(f"{self.nginx.url}/logga-in", data=form, allow_redirects=False, timeout=60)
        assert svar.status_code == 302, svar.text
        return session


def _fyll(url: str) -> None:
    database = Database(url)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=SKRIVER)
        f.en_person_hos(session, "solna", Roll.LASARE, epost=LASER)
        f.en_handelse(session, "nacka", slug="storm")
    database.dispose()


@contextmanager
def _utlagg(databas_url: str, redis: Redis, tmp_path: Path) -> Iterator[Utlagg]:
    _fyll(databas_url)
    for instance in (instances := [tmp_path / namn for namn in "ab"]):
        instance.mkdir()
    webb, uttag = (ledig_port(), ledig_port()), ledig_port()
    with Nginx(webb, (uttag, uttag)) as nginx:
        miljo = {
            "bas_url": nginx.url,
            "database_url": databas_url,
            "redis_url": redis.url,
            "secret_key": secrets.token_hex(32),
            "betrodda_proxyer": "1",
            "inbyggda_uttag": "0",
            "inbyggd_worker": "0",
            "andra_faktor": "ingen",
            "threads": "4",
            "statisk_katalog": str(nginx.statisk),
        }
        with (
            Korning(instances[0], **miljo, processer="2") as one,
            Korning(instances[1], **miljo) as other,
            one.bredvid("uttag", "--port", str(uttag)),
        ):
            for korning, port in zip((one, other), webb, strict=True):
                korning.port, korning.url = port, f"http://127.0.0.1:{port}"
            with ThreadPoolExecutor() as pool:
                list(pool.map(Korning.starta, (one, other)))
            vanta_tills(partial(_svarar, f"http://127.0.0.1:{uttag}/halsa/live"), 180, "wis uttag")
            nginx.starta()
            yield Utlagg(nginx, (one, other), databas_url, miljo)


def _svarar(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _publicera(utlagg: Utlagg, session: requests.Session, rubrik: str) -> requests.Response:
    address = f"{utlagg.nginx.url}{NY}"
    page = session.get(address, timeout=60).text
    form = {namn: falt(page, namn) for namn in ("csrf_token", "nyckel", "som_aktor")}
    form |= {"rubrik": rubrik, "text": "Färjan går inte.", "handling": "avisera"}
    return session.post(address, data=form, allow_redirects=False, timeout=60)


def test_nginx_serves_what_it_may_and_hands_the_rest_to_those_who_know(
    databas_url: str, redis: Redis, tmp_path: Path
) -> None:
    with _utlagg(databas_url, redis, tmp_path) as utlagg:
        _prova_adresser(utlagg)
        _prova_filer(utlagg)
        heard: list[dict[str, Any]] = []
        with _uppkopplad(utlagg, heard):
            assert _publicera(utlagg, utlagg.inloggad(SKRIVER), "Färjan").status_code == 302
            vanta_tills(lambda: any(a["slag"] == "underrattelse" for a in heard), 30, "word of the text")
        _prova_utdrag(utlagg)
        _prova_hup(utlagg)
        _prova_byte(utlagg)


def _prova_adresser(utlagg: Utlagg) -> None:
    session = utlagg.session()
    oppen = session.get(f"http://127.0.0.1:{utlagg.nginx.http_port}/handelser?x=1", allow_redirects=False, timeout=30)
    assert (oppen.status_code, oppen.headers["Location"]) == (301, f"{utlagg.nginx.url}/handelser?x=1")
    for vag in ("/matt", "/halsa/redo"):
        assert session.get(utlagg.nginx.url + vag, timeout=30).status_code == 404
    assert utlagg.inloggad(LASER).get(f"{utlagg.nginx.url}/handelser/storm", timeout=30).status_code == 200
    session.close()


def _prova_filer(utlagg: Utlagg) -> None:
    session = utlagg.session()
    page = session.get(f"{utlagg.nginx.url}/logga-in", timeout=30)
    assert page.headers["Content-Encoding"] in {"br", "gzip"}
    css = page.text.partition('rel="stylesheet"')[2].partition('href="')[2].partition('"')[0]
    assert css.startswith("/static/v-")
    for korning in utlagg.webb:
        direkt = requests.get(korning.url + css, headers={"Host": utlagg.nginx.url[8:]}, timeout=30)
        assert "immutable" in direkt.headers["Cache-Control"], "both know the address"
    (utlagg.nginx.statisk / css[1:]).with_suffix(".css.gz").stat()
    fil = session.get(utlagg.nginx.url + css, headers={"Accept-Encoding": "gzip"}, timeout=30)
    assert fil.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert fil.headers["Content-Encoding"] == "gzip"
    assert fil.headers["X-Content-Type-Options"] == "nosniff"
    assert fil.text == direkt.text
    annan = session.get(f"{utlagg.nginx.url}/static/v-0000/css/wis.css", timeout=30)
    assert (annan.status_code, annan.headers["Cache-Control"]) == (200, "no-cache"), "of a release that is no longer"
    assert session.get(f"{utlagg.nginx.url}/static/v-0000/finns-inte.js", timeout=30).status_code == 404
    session.close()


@contextmanager
def _uppkopplad(utlagg: Utlagg, heard: list[dict[str, Any]]) -> Iterator[None]:
    with utlagg.inloggad(LASER) as session:
        client = socketio.Client(http_session=session)
        client.on("andring", heard.append)
        client.connect(utlagg.nginx.url, transports=["websocket"], wait_timeout=FRIST)
        try:
            yield
        finally:
            client.disconnect()


def _prova_utdrag(utlagg: Utlagg) -> None:
    database = Database(utlagg.databas_url)
    with database.reading() as reading:
        underrattelse_id = reading.scalars(select(Underrattelse.id)).one()
    database.dispose()
    egna = Settings(utlagg.nginx.katalog, utlagg.miljo["secret_key"], utlagg.databas_url)
    vag = utdrag.adress(egna, Slag.UNDERRATTELSE, underrattelse_id, 1, clock.now())
    svar = [requests.get(utlagg.nginx.url + vag, verify=str(utlagg.nginx.certifikat), timeout=30) for _ in range(2)]
    assert [ett.status_code for ett in svar] == [200, 200]
    assert [ett.headers["X-Cache"] for ett in svar] == ["MISS", "HIT"]
    assert "Färjan går inte." in svar[1].text
    loggade = partial(_med, utlagg, " /utdrag/- 200 ")
    vanta_tills(lambda: len(loggade()) == 2, 30, "the lines of the log")
    assert _med(utlagg, vag) == []


def _med(utlagg: Utlagg, text: str) -> list[str]:
    return [rad for rad in utlagg.nginx.forfragningar if text in rad]


def test_a_door_that_is_shut_loses_nobody_who_stood_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(FRIST)
        address = door.getsockname()
        with socket.create_connection(address, timeout=FRIST) as first:
            # Who has come all the way in: on a slow machine that may be later than the client believes.
            assert lasbara([door], [], [], FRIST)[0]
            slapp_inga_fler(door)
            with pytest.raises(TimeoutError):  # no answer, which a client takes for a lost packet and tries again
                socket.create_connection(address, timeout=0.2)
            inside, _ = door.accept()
            with inside:
                inside.settimeout(FRIST)
                first.sendall(b"hej")
                assert inside.recv(3) == b"hej"
            door.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, timeout=FRIST)


# --- one after the other -------------------------------------------------------------------------------------------


@dataclass
class Trafik:
    """Browsers that read and write without a pause; what each was answered."""

    utlagg: Utlagg
    slut: threading.Event = field(default_factory=threading.Event)
    skrivet: list[str] = field(default_factory=list)
    nekat: list[str] = field(default_factory=list)
    fel: list[str] = field(default_factory=list)

    def las_om(self) -> None:
        """Read the page of the event, again and again."""
        with self.utlagg.inloggad(LASER) as session:
            while not self.slut.is_set():
                svar = self._svar(partial(session.get, f"{self.utlagg.nginx.url}/handelser/storm"))
                if svar != "200":
                    self.fel.append(f"GET {svar}")

    def skriv_om(self) -> None:
        """Publish one text after the other, by the same form; what is refused is sent once more, as it was."""
        with self.utlagg.inloggad(SKRIVER) as session:
            page = session.get(f"{self.utlagg.nginx.url}{NY}", timeout=60).text
            form = {namn: falt(page, namn) for namn in ("csrf_token", "som_aktor")}
            while not self.slut.is_set():
                rubrik = uuid.uuid4().hex
                form |= {"rubrik": rubrik, "text": "Prov.", "handling": "avisera", "nyckel": uuid.uuid4().hex}
                post = partial(session.post, f"{self.utlagg.nginx.url}{NY}", data=dict(form), allow_redirects=False)
                svar = self._svar(post)
                if svar != "302":
                    self.nekat.append(svar)
                    svar = self._svar(post)  # as by 'Skicka igen': the same key
                (self.skrivet if svar == "302" else self.fel).append(rubrik if svar == "302" else f"POST {svar}")

    def _svar(self, fraga: Callable[..., requests.Response]) -> str:
        self.slut.wait(0.02)  # a steady stream: what is tried is not how much they can take
        try:
            return str(fraga(timeout=60).status_code)
        except requests.RequestException as fel:
            return repr(fel)


def _prova_hup(utlagg: Utlagg) -> None:
    """Told to reload, each process of it, it says what is needed instead, and answers on with those that it had."""
    ett = utlagg.webb[0]
    egna = Path(f"/proc/{ett.pid}/task/{ett.pid}/children")
    fore = egna.read_text(encoding="ascii")
    for pid in (ett.pid, *map(int, fore.split())):
        os.kill(pid, signal.SIGHUP)
    vanta_tills(lambda: "kräver omstart" in ett.logg.read_text(encoding="utf-8"), 30, "the word of what is needed")
    assert ett.svarar()
    assert egna.read_text(encoding="ascii") == fore


def _prova_byte(utlagg: Utlagg) -> None:
    """Restarted one after the other, under people who read and write: nothing is lost, and nothing taken in dropped.

    A connection that is half made when the door is shut is refused: so rarely that twice is a fault. What was refused
    and sent again is published once.
    """
    trafik = Trafik(utlagg)
    tradar = [threading.Thread(target=gor) for gor in (trafik.las_om, trafik.skriv_om, trafik.skriv_om)]
    for trad in tradar:
        trad.start()
    try:
        for korning in utlagg.webb:
            fore = len(trafik.skrivet)
            korning.starta_om()
            vanta_tills(lambda fore=fore: trafik.fel or len(trafik.skrivet) > fore + 5, 60, "texts published anew")
    finally:
        trafik.slut.set()
        for trad in tradar:
            trad.join(90)
    assert (trafik.fel, trafik.nekat[1:]) == ([], []), (trafik.nekat, utlagg.nginx.logg())
    database = Database(utlagg.databas_url)
    with database.reading() as reading:
        rubriker = reading.scalars(select(UnderrattelseVersion.rubrik)).all()
    database.dispose()
    assert sorted(rubriker) == sorted(["Färjan", *trafik.skrivet])
