"""What is good once, used twice at the same moment: on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests import factories as f
from tests.web.faktor_stod import VERA, har_app, kod, koder
from wis import clock
from wis.auth import faktorer, faktorer_app, service
from wis.auth.models import Anvandare, Faktorslag, Passkey
from wis.auth.queries import find_anvandare
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

SAMTIDIGA = 4


@pytest.fixture
def hemlighet(varje_databas: Database, settings: Settings) -> str:
    """Vera, with an app and ten codes."""
    with transaction(varje_databas) as session:
        f.en_person_hos(session, "nacka", epost=VERA)
    return har_app(varje_databas, settings)


def vera(session: Session) -> Anvandare:
    """Vera."""
    person = find_anvandare(session, VERA)
    assert person is not None
    return person


def pa_en_gang(database: Database, gor: Callable[[Session], bool]) -> list[bool]:
    """What each of several got, in a transaction of its own, at the same moment."""
    barrier, got = threading.Barrier(SAMTIDIGA), []

    def en() -> None:
        barrier.wait()
        with transaction(database) as session:
            got.append(gor(session))

    threads = [threading.Thread(target=en) for _ in range(SAMTIDIGA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(got)


def test_a_code_of_the_app_works_for_one(varje_databas: Database, settings: Settings, hemlighet: str) -> None:
    with clock.at(clock.now()):
        shown = kod(hemlighet)
    with varje_databas.reading() as session:
        id_ = vera(session).id
    got = pa_en_gang(varje_databas, lambda session: faktorer_app.prova(session, settings, id_, shown))
    assert got == [False] * (SAMTIDIGA - 1) + [True]


def test_a_recovery_code_works_for_one(varje_databas: Database, hemlighet: str) -> None:
    with varje_databas.reading() as session:
        kod_id = faktorer.matchande_kod(faktorer.oanvanda_koder(session, vera(session).id), koder().koder[3])
    assert kod_id is not None
    got = pa_en_gang(varje_databas, lambda session: faktorer.forbruka_kod(session, vera(session), kod_id))
    assert got == [False] * (SAMTIDIGA - 1) + [True]


def test_a_half_login_is_finished_by_one(varje_databas: Database, hemlighet: str, settings: Settings) -> None:
    with transaction(varje_databas) as session:
        token = service.oppna_inloggning(session, vera(session), service.HALV_GILTIG)

    def finish(session: Session) -> bool:
        try:
            service.slutfor_inloggning(session, token, service.Inslapp(Faktorslag.TOTP, service.HALV_GILTIG))
        except LookupError:
            return False
        return True

    assert pa_en_gang(varje_databas, finish) == [False] * (SAMTIDIGA - 1) + [True]


def test_of_two_factors_one_stays_where_one_is_required(
    varje_databas: Database, hemlighet: str, settings: Settings
) -> None:
    with transaction(varje_databas) as session:
        nyckel = Passkey(
            anvandare_id=vera(session).id, namn="x", nyckel_id="x", publik_nyckel="x", raknare=0, skapad=clock.now()
        )
        session.add(nyckel)
    strang, turer = replace(settings, andra_faktor="alla"), iter(range(SAMTIDIGA))

    def take(session: Session) -> bool:
        try:
            if next(turer) % 2:
                faktorer.ta_bort_app(session, strang, vera(session))
            else:
                faktorer.ta_bort_passkey(session, strang, vera(session), nyckel.id)
        except faktorer.Faktorfel:
            return False
        return True

    assert pa_en_gang(varje_databas, take) == [False] * (SAMTIDIGA - 1) + [True]
    with varje_databas.reading() as session:
        assert faktorer.lage(session, vera(session).id).antal == 1
