"""Running installations and real clients of the live channel."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any, Protocol

import requests
import socketio
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from tests.conftest import en_app
from tests.factories import LOSENORD, en_aktor, en_person_hos
from tests.servrar import ledig_port, vanta_tills
from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll
from wis.auth.service import rattighet_andrad
from wis.db import Database
from wis.realtime import Live
from wis.settings import Settings
from wis.tx import transaction

FRIST = 30.0
"""Seconds to wait for what should take far less than one."""


def ur_natet(data: dict[str, Any]) -> bool:
    """Whether it was told by the number of an event alone, as it is a second after a word that did not come."""
    return data.get("slag") == "handelse" and data["id"] == 0


def inloggad(app: Flask, epost: str, url: str) -> str:
    """The cookie of a new login at this address, through the real page."""
    svar = app.test_client().post("/logga-in", data={"epost": epost, "losenord": LOSENORD}, base_url=url)
    assert svar.status_code == 302
    cookies: SimpleCookie = SimpleCookie()
    for header in svar.headers.getlist("Set-Cookie"):
        cookies.load(header)
    return f"wis={cookies['wis'].value}"


class Instans:
    """One running installation."""

    def __init__(self, app: Flask, database: Database, port: int) -> None:
        self.app, self.database, self.port = app, database, port
        self.url = f"http://127.0.0.1:{port}"
        self.live: Live = app.extensions["wis_live"]

    def kaka(self, epost: str) -> str:
        """The cookie of a new login, through the real page."""
        return inloggad(self.app, epost, self.url)

    def publicera(self, *, aktorer: frozenset[int] | None = None, nummer: int = 1) -> None:
        """A committed change."""
        with transaction(self.database) as session:
            anmal(session, Andring(Slag.LAGESBILD, 7, nummer, 3, aktorer))

    def andra(self, gor: Callable[[Session], object]) -> None:
        """A committed write."""
        with transaction(self.database) as session:
            gor(session)


class Natverksplats(Protocol):
    """What a client connects to."""

    @property
    def url(self) -> str:
        """Its address."""


class Lyssnare:
    """A connected client and what it hears."""

    def __init__(
        self,
        instans: Natverksplats,
        kaka: str,
        transports: list[str] | None = None,
        handelse: int | None = None,
        **headers: str,
    ) -> None:
        self.hort: queue.Queue[dict[str, Any]] = queue.Queue()
        self.nummer: queue.Queue[dict[str, Any]] = queue.Queue()
        self.http = requests.Session()
        # The client would add an Origin of its own to ours.
        self.klient = socketio.Client(
            reconnection=False, http_session=self.http, websocket_extra_options={"suppress_origin": True}
        )
        self.klient.on("andring", self.hort.put)
        self.klient.on("nummer", self.nummer.put)
        sent = {"Origin": instans.url, "Cookie": kaka, **headers}
        try:
            self.klient.connect(
                instans.url if handelse is None else f"{instans.url}?handelse={handelse}",
                headers={name: value for name, value in sent.items() if value},
                transports=transports or ["websocket"],
                wait_timeout=FRIST,
            )
        except socketio.exceptions.ConnectionError:
            self.http.close()
            raise
        # The client forgets these when it is cut, without closing them.
        self._ws, self._lasare = self.klient.eio.ws, self.klient.eio.read_loop_task

    def nasta(self, *, med_nat: bool = False) -> dict[str, Any]:
        """The next word; those of the net, which tells anew of what was told late, only if asked for."""
        while True:
            data = self.hort.get(timeout=FRIST)
            if med_nat or not ur_natet(data):
                return data

    def har_hort_mer(self) -> bool:
        """Whether more has come that nobody has taken, but for words of the net."""
        return not all(map(ur_natet, list(self.hort.queue)))

    def stang(self) -> None:
        """Go as a browser does whose page is closed: without a word."""
        if self._ws is None:
            self.klient.disconnect()
        else:
            self._ws.abort()
        # Its writer may wait for something to send for half a minute, and its reader for the writer.
        if self.klient.eio.queue is not None:
            self.klient.eio.queue.put(None)
        self._lasare.join(FRIST)
        if self._ws is not None:
            self._ws.shutdown()
        self.http.close()

    def vanta_tills_kapad(self) -> None:
        vanta_tills(lambda: not self.klient.connected, FRIST, "att uttaget kapas")


Anslut = Callable[..., Lyssnare]


@contextmanager
def en_instans(settings: Settings, database: Database) -> Iterator[Instans]:
    port = ledig_port()
    app = en_app(replace(settings, base_url=f"http://127.0.0.1:{port}"), database)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    instans = Instans(app, database, port)
    try:
        yield instans
    finally:
        vanta_tills(lambda: instans.live.antal() == 0, FRIST, "att alla kopplat ned")
        server.shutdown()
        thread.join(FRIST)
        server.server_close()


def folk(database: Database) -> None:
    with transaction(database) as session:
        en_person_hos(session, "nacka", Roll.LASARE, epost="lasare@nacka.example")
        en_person_hos(session, "polisen", Roll.TALESPERSON, epost="talesperson@polisen.example")
        en_person_hos(session, "nacka", None, epost="admin@nacka.example", administrator=True)


def aktor_id(database: Database, slug: str) -> int:
    with database.reading() as session:
        return en_aktor(session, slug).id


@contextmanager
def anslutning() -> Iterator[Anslut]:
    """Gives a function that connects clients, and disconnects them all at the end."""
    oppna: list[Lyssnare] = []

    def _anslut(instans: Instans, epost: str = "lasare@nacka.example", **val: Any) -> Lyssnare:
        oppna.append(Lyssnare(instans, val.pop("kaka", None) or instans.kaka(epost), **val))
        return oppna[-1]

    yield _anslut
    for lyssnare in oppna:
        lyssnare.stang()


def lasaren(session: Session) -> Anvandare:
    """The reader at Nacka."""
    return session.scalars(select(Anvandare).where(Anvandare.epost == "lasare@nacka.example")).one()


def avstang(session: Session) -> None:
    """Disable the reader at Nacka, as the actor's administrator does."""
    person = lasaren(session)
    session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == person.id).values(avstangd=clock.now()))
    rattighet_andrad(session, person)
