"""What the tests of delivery under faults share: a sink that counts, people who chose to be told, and the judge.

The sink is a real mail server and a real SMS gateway in the test's own process, so it outlives whatever is killed. Each
message names a version ('Prov 00012') and is counted per recipient, version and channel.
"""

import re
import threading
import time
import uuid
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, Self, TypeVar

import pytest
from sqlalchemy import and_, func, select

from tests import factories as f
from tests.conftest import en_app
from tests.mottagare import Brev, GatewayBeteende, HttpGateway, SmsAnrop, SmtpBeteende, SmtpMottagare
from tests.servrar import vanta_tills
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.ko import UPPREPAT
from wis.notiser.models import Kanal, Kanalslag, Leverans, Notisslag, Status, Utskick
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction

TALESPERSON = "talesperson@nacka.example"
PARALLELLA = 8
"""Connections to each provider, in the settings of these tests."""
I_LUFTEN = 2 * PARALLELLA
"""How many may be marked as begun at once by one process and channel: the pool's size and its ready margin."""
UTAN_RATT_FORR = 1.0
"""Seconds after which a lost right is seen in a batch that has been claimed already."""
LANGSAM = 5.0
"""What may pass between two clocks on a machine that does much else."""
OPPNA = (Status.VANTAR, Status.TAGEN, Status.SANDS)
_PROV = re.compile(r"Prov [0-9]{5}")

T = TypeVar("T")
Nyckel = tuple[str, str, str]


class Framme(NamedTuple):
    """One message that a provider took. `nar` is by time.monotonic()."""

    nyckel: Nyckel  # channel, recipient, version
    nar: float
    upprepad: bool


class _Lista(list[T], Generic[T]):
    """A list that notes when each came, and what was asked of `marke` then."""

    def __init__(self, marke: Callable[[], bool]) -> None:
        super().__init__()
        self._las, self._marke = threading.Lock(), marke
        self.noterat: list[tuple[float, bool]] = []

    def append(self, sak: T) -> None:
        with self._las:
            self.noterat.append((time.monotonic(), self._marke()))
            super().append(sak)


class Sink:
    """Both providers, well until told otherwise. `frisk()` makes them so again."""

    def __init__(self) -> None:
        self.smtp, self._anrop = SmtpMottagare(), _Lista[SmsAnrop](lambda: self.gateway.beteende.stang_utan_svar)
        self._brev = self.smtp.brev = _Lista[Brev](lambda: True)
        self._gateway()

    def _gateway(self, port: int = 0) -> None:
        self.gateway = HttpGateway(port)
        self.gateway.anrop = self._anrop
        self.uppe = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.ned()

    def ned(self) -> None:
        """Nobody listens any more: connections are refused."""
        self.uppe = False
        self.smtp.stanna()
        self.gateway.stanna()

    def frisk(self, fordrojning: float = 0.0) -> None:
        """Take what comes, after `fordrojning` seconds each."""
        self.smtp.beteende = SmtpBeteende(fordrojning=fordrojning)
        if not self.uppe:
            self.smtp.starta()
            self._gateway(self.gateway.port)
        self.gateway.beteende = GatewayBeteende(fordrojning=fordrojning)

    @property
    def epost_url(self) -> str:
        """For WIS_EPOST_URL."""
        return f"smtp://127.0.0.1:{self.smtp.port}/?fran=wis@prov.example&parallella={PARALLELLA}"

    @property
    def sms_url(self) -> str:
        """For WIS_SMS_URL."""
        return f"46elks://u:p@127.0.0.1:{self.gateway.port}/?fran=WIS&parallella={PARALLELLA}"

    def framme(self) -> list[Framme]:
        """All that was taken, also what the sender was never told of."""
        return [*self._framme_sms(), *self._framme_brev()]

    def _framme_sms(self) -> Iterable[Framme]:
        for anrop, (nar, tyst) in zip(list(self._anrop), list(self._anrop.noterat), strict=False):
            text = anrop.falt["message"]
            if anrop.id is not None or tyst:
                yield Framme(("sms", anrop.falt["to"], _version(text)), nar, text.startswith(UPPREPAT))

    def _framme_brev(self) -> Iterable[Framme]:
        for brev, (nar, _) in zip(list(self._brev), list(self._brev.noterat), strict=False):
            text = brev.innehall.replace(b"=\r\n", b"").decode("latin-1")
            upprepad = f"Subject: {UPPREPAT.strip()}" in text
            yield Framme(("epost", brev.mottagare[0], _version(text)), nar, upprepad)


def _version(text: str) -> str:
    found = _PROV.search(text)
    assert found, text
    return found[0]


# --- who is to be told ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """One who wants everything by both channels; `adresser` are the number and the mail address."""

    id: int
    adresser: tuple[str, str]


def befolka(database: Database, antal: int) -> list[Person]:
    """A spokesperson who may publish in the event 'storm', and `antal` readers who want to be told; the readers."""
    folk = []
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=TALESPERSON)
        f.en_handelse(session, "nacka", slug="storm")
        for nummer in range(antal):
            person = f.en_person_hos(session, "solna", Roll.LASARE)
            telefon = f"+46701740{nummer:03}"
            f.en_kanal(session, person, Kanalslag.SMS, telefon)
            assert person.epost is not None
            f.en_kanal(session, person, Kanalslag.EPOST, person.epost)
            for slag in (Notisslag.UNDERRATTELSE, Notisslag.LAGESBILD):
                f.en_prenumeration(session, person, slag)
            folk.append(Person(person.id, (telefon, person.epost)))
    return folk


def ta_ratten(database: Database, person: Person) -> None:
    """The person's membership ends: from now on there is nothing that they read."""
    with transaction(database) as session:
        medlemskap = session.scalar(select(Medlemskap).where(Medlemskap.anvandare_id == person.id))
        assert medlemskap is not None
        medlemskap.giltig_till = clock.now()


# --- what is in the database ---------------------------------------------------------------------------------------


class Rad(NamedTuple):
    """One delivery."""

    id: int
    nyckel: Nyckel
    status: str
    orsak: str
    sandningar: int
    upprepad: bool


def versioner(database: Database) -> dict[int, str]:
    """Each dispatch's id, and the version that it tells of."""
    with database.reading() as session:
        return {id_: _version(text) for id_, text in session.execute(select(Utskick.id, Utskick.epost))}


def rader(database: Database) -> list[Rad]:
    """Every delivery."""
    namn = versioner(database)
    kanalen = and_(Kanal.anvandare_id == Leverans.anvandare_id, Kanal.slag == Leverans.kanal)
    falt = (Leverans.status, Leverans.orsak, Leverans.sandningar, Leverans.upprepad)
    fraga = select(Leverans.id, Leverans.kanal, Kanal.adress, Leverans.utskick_id, *falt).join(Kanal, kanalen)
    with database.reading() as session:
        allt = session.execute(fraga).all()
    return [Rad(rad[0], (rad[1], rad[2], namn[rad[3]]), rad[4], rad[5], rad[6], rad[7]) for rad in allt]


def i_luften(database: Database, pid: int | None = None) -> dict[int, tuple[str, str]]:
    """What is marked as begun, by the process `pid` or by all: id → (the process and its thread, the channel)."""
    vems = Leverans.worker.like(f"%:{pid}:%") if pid is not None else Leverans.worker.is_not(None)
    fraga = select(Leverans.id, Leverans.worker, Leverans.kanal).where(Leverans.status == Status.SANDS, vems)
    with database.reading() as session:
        return {id_: (worker or "", kanal) for id_, worker, kanal in session.execute(fraga)}


def avgjort(database: Database) -> bool:
    """Whether all is expanded, and nothing waits or is on its way."""
    with database.reading() as session:
        if session.scalar(select(func.count()).select_from(Utskick).where(Utskick.expanderat.is_(None))):
            return False
        return not session.scalar(select(func.count()).select_from(Leverans).where(Leverans.status.in_(OPPNA)))


def vanta_avgjort(database: Database, sekunder: float = 90.0) -> None:
    """Until then. Raises TimeoutError, saying what is left."""
    try:
        vanta_tills(lambda: avgjort(database), sekunder, "att allt utlovat är avgjort")
    except TimeoutError as fel:
        kvar = Counter((rad.status, rad.orsak) for rad in rader(database) if rad.status in OPPNA)
        raise TimeoutError(f"kvar: {kvar}") from fel


# --- the judge -----------------------------------------------------------------------------------------------------


@dataclass
class Dom:
    """What was counted: how many of each state, the doubles per delivery, and how long the arrivals took."""

    statusar: Counter[str]
    dubbletter: Counter[int]
    antal: int

    def __str__(self) -> str:
        return f"{self.antal} framme, {dict(self.statusar)}, {sum(self.dubbletter.values())} dubbletter"


@dataclass
class Loften:
    """What has been promised: each version that a POST answered 302 for, and when; and who has lost the right, when."""

    folk: list[Person]
    lovade: dict[str, float] = field(default_factory=dict)
    utan_ratt: dict[str, float] = field(default_factory=dict)

    def tog_ratten(self, person: Person) -> None:
        """It is committed that this person reads nothing more."""
        self.utan_ratt |= dict.fromkeys(person.adresser, time.monotonic())

    def granska(self, database: Database, sink: Sink, avbrutna: Collection[int] = ()) -> Dom:
        """Compare the promises, the rows and the sink; `avbrutna` are the deliveries in flight when something died."""
        framme, allt = sink.framme(), rader(database)
        antal = Counter(ett.nyckel for ett in framme)
        fel = [(rad, antal[rad.nyckel]) for rad in allt if not _stammer(rad, antal[rad.nyckel])]
        assert not fel, fel[:5]
        nycklar = {rad.nyckel for rad in allt}
        assert set(antal) <= nycklar, "some got what nobody had promised them"
        assert self._utlovat() <= nycklar, sorted(self._utlovat() - nycklar)[:5]
        dubbletter = Counter({rad.id: antal[rad.nyckel] - 1 for rad in allt if antal[rad.nyckel] > 1})
        assert set(dubbletter) <= set(avbrutna), [rad for rad in allt if rad.id in dubbletter][:5]
        return Dom(Counter(rad.status for rad in allt), dubbletter, len(framme))

    def _utlovat(self) -> set[Nyckel]:
        """What must have a row: of those who have lost the right, nothing."""
        adresser = [("sms", p.adresser[0]) for p in self.folk] + [("epost", p.adresser[1]) for p in self.folk]
        kvar = [(kanal, till) for kanal, till in adresser if till not in self.utan_ratt]
        return {(kanal, till, version) for kanal, till in kvar for version in self.lovade}

    def efter_forlorad_ratt(self, sink: Sink, marginal: float) -> list[Framme]:
        """What came to somebody more than `marginal` seconds after they had lost the right."""
        return [
            ett
            for ett in sink.framme()
            if (nar := self.utan_ratt.get(ett.nyckel[1])) is not None and ett.nar > nar + marginal
        ]

    def p99(self, sink: Sink, aterkomster: Collection[float]) -> float:
        """Seconds from the promise, or from the last recovery before it came, to an arrival: the 99th percentile."""
        ater = [0.0, *sorted(aterkomster)]
        tider = sorted(
            ett.nar - max(self.lovade.get(ett.nyckel[2], 0.0), ater[bisect(ater, ett.nar) - 1]) for ett in sink.framme()
        )
        return tider[int(len(tider) * 0.99)] if tider else 0.0


def _stammer(rad: Rad, antal: int) -> bool:
    """Whether the row says what is true: nothing is lost unseen, and nothing was sent that is not written down."""
    if rad.status in OPPNA or antal > rad.sandningar or rad.sandningar > 2:
        return False
    if rad.status in {Status.MOTTAGEN, Status.LEVERERAD}:
        return antal >= 1
    return bool(rad.orsak)


# --- the application and its worker within the test's process --------------------------------------------------------


class Skiftklocka:
    """The right time, and as much more or less as somebody has moved the clock by; for every thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.skift = timedelta()
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + self.skift)


class Drift:
    """The web and a worker that can be made to wait less, or have their clock moved."""

    def __init__(self, database: Database, settings: Settings, sink: Sink, lease: float = 4.0, antal: int = 24) -> None:
        self.database, self.sink = database, sink
        self.settings = replace(
            settings,
            epost_url=sink.epost_url,
            sms_url=sink.sms_url,
            lease=lease,
            worker_poll=0.1,
            backoff=0.2,
            angra_tid=0.0,
        )
        self.loften = Loften(befolka(database, antal))
        self.klient = en_app(self.settings, database).test_client()
        self.tider: list[float] = []
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self.stanna()

    def starta(self) -> None:
        """Start a worker."""
        self._worker = Worker(self.database, self.settings)
        self._worker.start()

    def stanna(self) -> None:
        """Stop it, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            assert worker.stop()

    def lever(self) -> bool:
        """Whether every thread of the worker runs."""
        return self._worker is not None and self._worker.lever()

    def logga_in(self) -> None:
        """As the spokesperson; again after a day has passed."""
        svar = self.klient.post("/logga-in", data={"epost": TALESPERSON, "losenord": f.LOSENORD})
        assert svar.status_code == 302

    def publicera(self, *, bradskande: bool = False) -> str:
        """An underrättelse; returns what it is called."""
        namn, began = f"Prov {len(self.loften.lovade) + 1:05}", time.monotonic()
        form = {"rubrik": namn, "text": "Text.", "nyckel": uuid.uuid4().hex, "handling": "avisera"}
        svar = self.klient.post(
            "/handelser/storm/underrattelser/ny", data=form | ({"bradskande": "y"} if bradskande else {})
        )
        assert svar.status_code == 302, svar.get_data(as_text=True)
        assert "logga-in" not in svar.location
        self.loften.lovade[namn] = time.monotonic()
        self.tider.append(self.loften.lovade[namn] - began)
        return namn

    def rader(self, *versioner: str) -> list[Rad]:
        """The deliveries of these versions."""
        return [rad for rad in rader(self.database) if rad.nyckel[2] in versioner]
