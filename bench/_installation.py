"""A whole installation to read from: actors, people, events with realistic contents, and logins that are already open.

What readers see is published through the services; people and logins are written in bulk, and the cookie of each login
is signed as the app signs it, so that thousands are logged in within seconds. Servers are processes of their own.
"""

import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from bench._app import OFF
from tests.factories import en_aktor, en_handelse, en_person_hos, subjekt_for
from tests.servrar import ledig_port, vanta_tills
from wis import clock, markup, schema
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare, Faktorslag, Inloggning, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.auth.service import token_hash
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild import service as lagesbild
from wis.lagesbild.mall import MAX_SAMMANFATTNING, SAMMANFATTNING, STANDARD
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Avslag, Innehall, Publicering
from wis.tx import transaction
from wis.underrattelser import service as underrattelser
from wis.underrattelser.rules import Innehall as Underrattelsetext

LOOPBACK = "127.0.0.1"
BYTES = 15_000
"""A realistic lägesbild, as it is drawn."""
VERSIONS = 3
NOTICES = 12
WRITING = 5
"""Actors with a lägesbild of their own in each event."""
_CHUNK = 5_000
# Some words of the trade.
_WORDS = """
snöfallet Räddningstjänsten länet Norrtälje Värmdö E18 avstängd hushåll saknar el brukare hemtjänsten bandvagn på väg
till med från och är inte kan reservkraft vårdcentralen Rimbo Ellevio Trafikverket bekräftat omkring samtliga tidigast
klockan behov av stöd förstärkt bemanning färja inställd trafiken skola stängd vatten vattentornet räcker timmar sedan
igår natt prognosen SMHI centimeter vind byar frivilliga drivmedel telefoni nere mast Telia nås via RAKEL samverkan möte
länsstyrelsen regionen polisen evakuering lokal öppnad plats för personer mat filtar besked
""".split()  # noqa: SIM905 as a list it is a page long


class Installation:
    """Everything but the servers: the database, who is in it, and the key. A context manager.

    `url`: the database, SQLite in a folder of its own if not given. `events`: the addresses of its events.
    """

    def __init__(self, url: str = "", actors: int = 100, events: int = 1) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="wis-bench-")
        self.folder = Path(self._temporary.name)
        self.url = url or f"sqlite:///{self.folder / 'wis.db'}"
        self.secret = secrets.token_hex(32)
        self.database = Database(self.url)
        self.actors = [f"aktor-{number}" for number in range(actors)]
        self.events = [f"storm-{number}" for number in range(events)]

    def __enter__(self) -> "Installation":
        try:
            schema.upgrade(self.database)
            self._fill()
            self.analyze()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_details: object) -> None:
        self.database.dispose()
        self._temporary.cleanup()

    def analyze(self) -> None:
        """As the database does by itself in time: until then it plans for empty tables."""
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))

    def environment(self, **settings: str) -> dict[str, str]:
        """The environment of a server on this installation; nothing of the caller's settings goes along."""
        named = {"instance": str(self.folder), "secret_key": self.secret, "database_url": self.url}
        named |= {"andra_faktor": "ingen", "angra_tid": "0", "inbyggd_worker": "0"}
        if not self.url.startswith("sqlite") and "redis_url" not in settings:
            named["en_process"] = "1"
        # Nor whether Python may keep what it has compiled: a server that starts again finds it, as in an installation.
        left_out = ("WIS_", "BENCH_", "PYTHONDONTWRITEBYTECODE")
        mine = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        return mine | {f"WIS_{name.upper()}": value for name, value in (named | settings).items()}

    # --- the logins ---------------------------------------------------------------------------------------------------

    def logins(
        self,
        count: int,
        role: Roll = Roll.LASARE,
        actors: Sequence[str] | None = None,
        still: timedelta = timedelta(),
    ) -> list[str]:
        """New people with a login each, spread over the actors; returns the Cookie header of each.

        `still`: since when they have not been heard of. After a while the next request is noted, which is a write.
        """
        tokens = [secrets.token_urlsafe(32) for _ in range(count)]
        with self.database.reading() as session:
            first = (session.scalar(select(func.max(Anvandare.id))) or 0) + 1
            member = (session.scalar(select(func.max(Medlemskap.id))) or 0) + 1
            rows = session.execute(select(Aktor.slug, Aktor.id)).all()
        known = {slug: id_ for slug, id_ in rows}
        homes = [known[slug] for slug in actors or self.actors]
        for start in range(0, count, _CHUNK):
            numbers = range(start, min(start + _CHUNK, count))
            self._people(tokens, numbers, (first, member), homes, role, clock.now() - still)
        if self.url.startswith("postgresql"):
            self._catch_up()
        self.analyze()
        return [self.cookie(token) for token in tokens]

    def cookie(self, token: str) -> str:
        """The Cookie header of the login with this token, signed as the app signs it."""
        app = Flask("wis")
        app.secret_key = self.secret
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        # As a browser that has seen a form: pages need not set the cookie anew.
        held = {"_user_id": token, "_fresh": True, "csrf_token": token_hash(token)[:40]}
        return f"wis={signer.dumps(held)}"

    def _people(
        self, tokens: list[str], numbers: range, firsts: tuple[int, int], homes: list[int], role: Roll, seen: datetime
    ) -> None:
        """People, what they are at which actor, and a login each, last used when `seen`."""
        person, member = firsts
        people = [_person(person + n, seen) for n in numbers]
        members = [
            {
                "id": member + n,
                "anvandare_id": person + n,
                "aktor_id": homes[n % len(homes)],
                "roll": role,
                "skapad": seen,
            }
            for n in numbers
        ]
        logins = [_login(tokens[n], person + n, member + n, seen) for n in numbers]
        with transaction(self.database) as session:
            session.execute(insert(Anvandare), people)
            session.execute(insert(Medlemskap), members)
            session.execute(insert(Inloggning), logins)

    def _catch_up(self) -> None:
        """PostgreSQL counts its own ids: those that we gave must not come again."""
        with transaction(self.database) as session:
            for table in ("anvandare", "medlemskap"):
                session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
                )

    # --- the contents -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        rendered = lagesbild.rendera(_content(0, BYTES))
        small = lagesbild.rendera(_content(0, BYTES // 5))
        with transaction(self.database) as session:
            for slug in self.actors:
                en_aktor(session, slug)
            editor = subjekt_for(session, en_person_hos(session, self.actors[0], Roll.REDAKTOR))
            others = [
                subjekt_for(session, en_person_hos(session, slug, Roll.TALESPERSON))
                for slug in self.actors[1 : 1 + WRITING]
            ]
            for slug in self.events:
                event = en_handelse(session, self.actors[0], slug=slug)
                _write(session, editor, Plats(event.id, None), BYTES, rendered)
                for who in others:
                    _write(session, who, Plats(event.id, who.aktor_id), BYTES // 5, small)
                    _notices(session, who, event)


def _person(id_: int, made: datetime) -> dict[str, object]:
    return {"id": id_, "epost": f"p{id_}@prov.example", "namn": f"Person {id_}", "skapad": made}


def _login(token: str, person: int, member: int, seen: datetime) -> dict[str, object]:
    return {
        "token_hash": token_hash(token),
        "anvandare_id": person,
        "medlemskap_id": member,
        "skapad": seen,
        "senast_aktiv": seen,
        "giltig_till": seen + timedelta(hours=24),
        "faktor": Faktorslag.INGEN,
    }


def prose(seed: int, size: int) -> str:
    """About so many characters of paragraphs, lists and bold, which compress as text does and not as one line does."""
    chance, parts, length = random.Random(seed), list[str](), 0
    while length < size:
        words = [chance.choice(_WORDS) for _ in range(chance.randint(6, 40))]
        words[0] = chance.choice(("- ", "", "")) + f"**{words[0].capitalize()}** {chance.randint(2, 9999)}"
        parts.append(" ".join(words) + ".\n\n")
        length += len(parts[-1])
    return "".join(parts)


def _content(number: int, size: int) -> Innehall:
    """Sections that are drawn to so many bytes, the summary with a number of its own."""
    others = [key for key in STANDARD.nycklar if key != SAMMANFATTNING]
    # The tags and the letters of two bytes are the rest.
    each = int(size / len(others) / 1.2)
    sections = {key: prose(place, each) for place, key in enumerate(others)}
    return Innehall.av({SAMMANFATTNING: f"Läge {number}. {prose(99, 300)}"[:MAX_SAMMANFATTNING]} | sections)


def _write(session: Session, who: Subjekt, where: Plats, size: int, html: Mapping[str, str]) -> None:
    for base in range(VERSIONS):
        order = Publicering(base, secrets.token_hex(16), _content(base, size))
        done = lagesbild.publicera(session, who, where, order, html, avisera=False)
        if isinstance(done, Avslag):
            raise SystemExit(f"lägesbilden gick inte att publicera: {done}")


def _notices(session: Session, who: Subjekt, event: Handelse) -> None:
    for number in range(NOTICES // WRITING + 1):
        words = prose(number, 400)
        said = Underrattelsetext(f"Underrättelse {number}", words, markup.render(words), bradskande=False)
        order = underrattelser.Publicering(said, secrets.token_hex(16), avisera=False)
        underrattelser.publicera(session, who, event, order)


# --- the servers -----------------------------------------------------------------------------------------------------


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, with its output in `log`; the whole group is gone afterwards."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        # SIGTERM first: gunicorn's children are then waited for.
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait(20)


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str], log: Path, port: int, path: str = "/"
) -> Iterator[SimpleNamespace]:
    """A server that answers at `port`; gives its `port` and `pid`. Raises SystemExit with its log if it dies."""
    with process(command, environment, log) as started:

        def answers() -> bool:
            if started.poll() is not None:
                raise SystemExit(f"{command[0]} slutade:\n{log.read_text(encoding='utf-8')[-3000:]}")
            try:
                return requests.get(f"http://{LOOPBACK}:{port}{path}", timeout=2).status_code < 500
            except requests.RequestException:
                return False

        vanta_tills(answers, 60, f"svar från {command[0]}")
        yield SimpleNamespace(port=port, pid=started.pid)


@contextmanager
def gunicorn(target: str, environment: Mapping[str, str], log: Path, path: str = "/") -> Iterator[SimpleNamespace]:
    """gunicorn as pages are served best: two processes of two threads. The same for everybody who is compared."""
    port = ledig_port()
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "2"]
    command += ["--keep-alive", "15", "--bind", f"{LOOPBACK}:{port}", "--log-level", "warning", "--no-control-socket"]
    full = dict(environment) | {"WIS_BAS_URL": f"http://{LOOPBACK}:{port}"}
    with serving([*command, target], full, log, port, path) as server:
        yield server


@contextmanager
def nginx(folder: Path, http: str, port: int) -> Iterator[SimpleNamespace]:
    """nginx with these directives in its http block, everything it writes within `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    mine = "".join(
        f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'} warn;\nworker_processes 2;\n"
        f"events {{ worker_connections 8192; }}\nhttp {{\naccess_log off;\n{mine}{http}\n}}\n",
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with serving(command, os.environ, folder / "log", port) as server:
        yield server


@contextmanager
def wis_run(system: Installation, redis_url: str, *, off: bool = False, writing: bool = False) -> Iterator[int]:
    """`wis run` as it is run behind a proxy; gives its port. `off`: nothing is used again.

    `writing`: the one that forms are sent to, which goes before the others as in deploy/ (by nice, where root runs it).
    """
    port = ledig_port()
    settings = {"bas_url": f"http://{LOOPBACK}:{port}", "redis_url": redis_url}
    settings |= {"inbyggda_uttag": "0", "processer": "1" if writing else "2", "threads": "4" if writing else "2"}
    environment = system.environment(**settings) | ({OFF: "1"} if off else {})
    before_others = ["nice", "-n", "-5"] if writing and os.geteuid() == 0 else []
    command = [*before_others, sys.executable, "-m", "bench._app", "run", "--port", str(port)]
    with serving(command, environment, system.folder / "log", port, "/halsa/live"):
        yield port
