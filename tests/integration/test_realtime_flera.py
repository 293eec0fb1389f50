"""The live channel of several processes on one PostgreSQL, tied together by Redis."""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis as Redisklient
from redis import RedisError

from tests.servrar import Redis, vanta_tills
from tests.uttag import FRIST, Anslut, Instans, anslutning, avstang, en_instans, folk
from wis.andringar import Andring, Slag, anmal
from wis.buss import Buss, kanal, vack_vid_utskick
from wis.db import Database
from wis.sandare import koppla_sandare
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def anslut() -> Iterator[Anslut]:
    """Connects clients, and disconnects them before the server goes."""
    with anslutning() as connect:
        yield connect


@pytest.fixture
def tva(settings: Settings, postgres_url: str, redis: Redis) -> Iterator[tuple[Instans, Instans]]:
    """Two instances on one PostgreSQL, tied together by Redis."""
    # A key of its own gives a channel of its own: listeners of earlier tests are not mistaken for these.
    shared = replace(settings, database_url=postgres_url, redis_url=redis.url, secret_key=uuid.uuid4().hex)
    first, second = Database(postgres_url), Database(postgres_url)
    folk(first)
    with en_instans(shared, first) as en, en_instans(shared, second) as annan:
        yield en, annan
    first.dispose()
    second.dispose()


def _vanta_pa(instans: Instans) -> None:
    """Wait until the process listens to Redis, which it begins to do when its first client comes."""
    own = instans.app.extensions["wis_settings"]
    with Redisklient.from_url(own.redis_url) as client:
        vanta_tills(lambda: dict(client.pubsub_numsub(kanal(own)))[kanal(own).encode()], FRIST, "att Redis avlyssnas")


@pytest.mark.postgres
@pytest.mark.redis
def test_a_reader_at_one_process_hears_what_is_published_at_another(
    tva: tuple[Instans, Instans], anslut: Anslut
) -> None:
    en, annan = tva
    lyssnare = anslut(annan)
    _vanta_pa(annan)
    en.publicera(nummer=9)
    assert lyssnare.nasta()["version"] == 9
    lyssnare.stang()


@pytest.mark.postgres
@pytest.mark.redis
def test_a_person_disabled_at_one_process_is_cut_at_another(tva: tuple[Instans, Instans], anslut: Anslut) -> None:
    en, annan = tva
    lyssnare = anslut(annan)
    en.andra(avstang)
    lyssnare.vanta_tills_kapad()


@pytest.mark.redis
def test_a_worker_process_is_woken_when_another_has_something_to_send(settings: Settings, redis: Redis) -> None:
    own = replace(settings, redis_url=redis.url, secret_key=uuid.uuid4().hex)
    vackt: list[int] = []
    slut, andra = threading.Event(), Buss(own)
    vack_vid_utskick(own, lambda: vackt.append(1), lambda: not slut.is_set())
    try:
        andra.sand(Andring(Slag.LAGESBILD, 5))
        andra.sand(Andring(Slag.BREV, 6))
        vanta_tills(lambda: vackt, FRIST, "att den väcks")
        assert vackt == [1]
    finally:
        slut.set()


@pytest.mark.redis
def test_a_redis_that_hangs_holds_up_nobody_for_long(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wis.buss.SVARAR_INOM", 0.2)
    bussen = Buss(replace(settings, redis_url=redis.url, secret_key=uuid.uuid4().hex))
    bussen.sand(Andring(Slag.LAGESBILD, 5))
    assert redis.pid is not None
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        with pytest.raises(RedisError):
            bussen.sand(Andring(Slag.LAGESBILD, 6))
    finally:
        os.kill(redis.pid, signal.SIGCONT)


@pytest.mark.postgres
@pytest.mark.redis
def test_the_worker_process_is_heard_through_redis(tva: tuple[Instans, Instans], anslut: Anslut) -> None:
    _, annan = tva
    own = annan.app.extensions["wis_settings"]
    worker = Database(own.database_url)
    koppla_sandare(worker, own)
    lyssnare = anslut(annan)
    _vanta_pa(annan)
    with transaction(worker) as session:
        anmal(session, Andring(Slag.LAGESBILD, 5, 1, 3, None))
    assert lyssnare.nasta()["slag"] == "lagesbild"
    lyssnare.stang()
    worker.dispose()
