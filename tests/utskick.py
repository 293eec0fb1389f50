"""What the tests of dispatches share: readers who chose to be told, publications, and a clock that is moved by hand."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_anvandare, en_handelse, en_kanal, en_person_hos, en_prenumeration
from wis import clock
from wis.auth.models import Anvandare
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.notiser import rules, service
from wis.notiser.apprise_kanaler import Forsandelse, Mottagning
from wis.notiser.expandering import expandera
from wis.notiser.ko import Ko, Parti
from wis.notiser.koposter import Uppdrag
from wis.notiser.models import Kanalslag, Leverans, Notisslag, Omfattning, Utskick, Utskicksslag
from wis.notiser.rules import Utfall
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

KLOCKAN_TOLV = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


class Klocka:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.nu = KLOCKAN_TOLV

    def ga(self, **tid: float) -> None:
        self.nu += timedelta(**tid)


class TystTransport:
    """A provider that answers when the test says so; `sekunder`: for how long it has left all unanswered."""

    kvitton, tradar, parti = False, 1, 128

    def __init__(self, leverantor: str = "sms", sekunder: float = 0.0) -> None:
        self.leverantor, self.sekunder = leverantor, sekunder

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send nothing."""

    def tyst(self) -> float:
        return self.sekunder

    def vila(self) -> None:
        """Nothing is kept open."""

    def stang(self) -> None:
        """Nothing is kept open."""


@contextmanager
def skriver(database: Database) -> Iterator[Session]:
    """A write transaction."""
    with transaction(database) as session:
        yield session


def en_som_vill(
    session: Session,
    aktor: str,
    *,
    slag: Notisslag = Notisslag.LAGESBILD,
    sms: bool = True,
    epost: bool = False,
    handelse: Handelse | None = None,
    omfattning: Omfattning = Omfattning.ALLA,
) -> Anvandare:
    """A reader at the actor who has verified channels for what they chose."""
    person = en_person_hos(session, aktor)
    en_kanal(session, person, Kanalslag.SMS, f"+4670{person.id:07d}")
    en_kanal(session, person, Kanalslag.EPOST, f"p{person.id}@prov.example")
    en_prenumeration(session, person, slag, sms=sms, epost=epost, handelse=handelse, omfattning=omfattning)
    return person


def en_version(
    session: Session,
    handelse: Handelse,
    aktor: str = "trafikverket",
    *,
    text: str = "Snö.",
    tlp: str = "clear",
    krets_id: int | None = None,
    bradskande: bool = False,
) -> Utskick:
    """The next version of the actor's lägesbild, with its dispatch."""
    agare = en_aktor(session, aktor)
    bild = session.scalar(select(Lagesbild).where(Lagesbild.handelse_id == handelse.id, Lagesbild.aktor_id == agare.id))
    if bild is None:
        bild = Lagesbild(handelse_id=handelse.id, aktor_id=agare.id, senaste=0, krets_id=krets_id)
        session.add(bild)
        session.flush()
    forfattare = session.scalar(select(Anvandare).limit(1)) or en_anvandare(session)
    bild.senaste += 1
    session.add(
        LagesbildVersion(
            lagesbild_id=bild.id,
            nummer=bild.senaste,
            foregaende=bild.senaste - 1 or None,
            handelse_id=handelse.id,
            publicerad=clock.now(),
            forfattare_id=forfattare.id,
            aktor_id=agare.id,
            andringsnotering="",
            nasta_uppdatering=None,
            sammanfattning=text,
            idempotensnyckel=f"{bild.id}:{bild.senaste}",
            tlp=tlp,
        )
    )
    session.flush()
    return service.skapa_utskick(
        session,
        slag=Utskicksslag.LAGESBILD,
        handelse=handelse,
        aktor=agare,
        rubrik=rules.lagesbildsrubrik(handelse.rubrik, bild.senaste, samlad=False),
        text=text,
        lank=f"/handelser/{handelse.slug}/lagesbild/{aktor}/versioner/{bild.senaste}",
        lagesbild=(bild.id, bild.senaste),
        tlp=tlp,
        krets_id=bild.krets_id,
        bradskande=bradskande,
    )


def en_underrattelse(session: Session, handelse: Handelse, tidigare: int | None = None, **val: bool) -> Utskick:
    """A piece by Trafikverket, or the next version of an earlier one, with its dispatch."""
    agare = en_aktor(session, "trafikverket")
    forfattare = session.scalar(select(Anvandare).limit(1)) or en_anvandare(session)
    if tidigare is None:
        sak = Underrattelse(handelse_id=handelse.id, aktor_id=agare.id, skapad=clock.now(), senaste=0)
        session.add(sak)
        session.flush()
    else:
        sak = session.get_one(Underrattelse, tidigare)
    sak.senaste += 1
    session.add(
        UnderrattelseVersion(
            underrattelse_id=sak.id,
            nummer=sak.senaste,
            foregaende=sak.senaste - 1 or None,
            handelse_id=sak.handelse_id,
            aktor_id=sak.aktor_id,
            publicerad=clock.now(),
            forfattare_id=forfattare.id,
            bradskande=False,
            rubrik="Färjan",
            text="Färjan går inte.",
            html="",
            idempotensnyckel=f"u{sak.id}:{sak.senaste}",
        )
    )
    session.flush()
    return service.skapa_utskick(
        session,
        slag=Utskicksslag.UNDERRATTELSE,
        handelse=handelse,
        aktor=agare,
        rubrik="Färjan",
        text="Färjan går inte.",
        lank=f"/underrattelser/{sak.id}",
        rattelse=sak.senaste > 1,
        underrattelse=(sak.id, sak.senaste),
        **val,
    )


def expandera_allt(database: Database, antal: int = 500) -> None:
    while expandera(database, antal=antal):
        pass


def leveranser(database: Database, utskick_id: int) -> dict[tuple[int, str], Leverans]:
    with database.reading() as session:
        rader = session.scalars(select(Leverans).where(Leverans.utskick_id == utskick_id)).all()
        return {(rad.anvandare_id, rad.kanal): rad for rad in rader}


def fick(database: Database, utskick_id: int) -> set[int]:
    return {person for person, _ in leveranser(database, utskick_id)}


def statusar(database: Database, utskick_id: int) -> Counter[str]:
    return Counter(rad.status for rad in leveranser(database, utskick_id).values())


def en_ko(database: Database, settings: Settings, worker: str = "w1", leverantor: str = "sms") -> Ko:
    """The queue as the sending thread `worker` sees it."""
    return Ko(database, settings, worker, leverantor)


def avgor(kon: Ko, uppdrag: Uppdrag, utfall: Utfall) -> bool:
    """Mark one as about to be sent, and write down what came of it; False if it was no longer ours to send."""
    if not kon.bokfor([uppdrag.id], []):
        return False
    assert kon.bokfor([], [(uppdrag, utfall)]) == set()
    return True


def ta(kon: Ko, kanal: Kanalslag = Kanalslag.SMS) -> Parti:
    parti = kon.ta(kanal)
    assert parti is not None
    return parti


def i_tradar(antal: int, arbete: Callable[[int], object]) -> list[BaseException]:
    """Run arbete(number) in so many threads at once; returns what they raised."""
    fel: list[BaseException] = []
    start = threading.Barrier(antal)

    def kor(nummer: int) -> None:
        start.wait()
        try:
            arbete(nummer)
        except BaseException as undantag:  # noqa: BLE001 told to the test
            fel.append(undantag)

    tradar = [threading.Thread(target=kor, args=(n,)) for n in range(antal)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join()
    return fel


def ett_uppdrag(database: Database, antal: int = 1, *, bradskande: bool = False) -> int:
    """The id of a dispatch with one SMS, or so many, that waits."""
    with skriver(database) as session:
        handelse = en_handelse(session)
        for _ in range(antal):
            en_som_vill(session, "nacka")
        utskick = en_version(session, handelse, bradskande=bradskande)
    expandera_allt(database)
    return utskick.id


@contextmanager
def igang(database: Database, settings: Settings) -> Iterator[Worker]:
    """A worker that runs meanwhile."""
    arbetare = Worker(database, settings)
    arbetare.start()
    try:
        yield arbetare
    finally:
        assert arbetare.stop(60)


def publicera(database: Database, antal: int, *, sms: bool = True, epost: bool = False) -> int:
    """The id of a lägesbild's dispatch to so many new readers (and all earlier ones)."""
    with skriver(database) as session:
        handelse = en_handelse(session)
        for _ in range(antal):
            en_som_vill(session, "nacka", sms=sms, epost=epost)
        return en_version(session, handelse).id


def falt(page: str, name: str) -> str:
    """The value of an input in a page; '' if it has none."""
    tag = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag)
    found = re.search(r'value="([^"]*)"', tag)
    return found[1] if found else ""
