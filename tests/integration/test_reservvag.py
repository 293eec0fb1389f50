"""Two providers on a channel, real gateways: when one is down all goes by the other, and back when it is well."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.servrar import HttpGateway, SmtpMottagare, vanta_tills
from tests.utskick import TystTransport, igang, leveranser, publicera, statusar
from wis import clock
from wis.db import Database
from wis.notiser import brytare, leverantorsminuter, worker
from wis.notiser.apprise_kanaler import Forsandelse, Mottagning
from wis.notiser.models import Kanalslag, Leverans, Status
from wis.notiser.rules import Utfall, mottagen
from wis.settings import Settings


@pytest.fixture
def val(inst: Settings) -> Settings:
    """Little patience with the queue, and a back-off longer than any test."""
    return replace(inst, ge_upp_efter=24 * 3600.0, backoff=600.0, worker_poll=0.05)


@pytest.fixture
def snabba_prov(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that failed is tried five times a second."""
    monkeypatch.setattr(brytare, "PROVA_EFTER", 0.2)
    monkeypatch.setattr(brytare, "PROVA_HOGST", 0.2)


def sms_url(gateway: HttpGateway) -> str:
    return f"46elks://u:p@127.0.0.1:{gateway.port}/?fran=WIS"


def av(database: Database, utskick_id: int) -> Counter[str | None]:
    """How many were taken by which provider."""
    rader = leveranser(database, utskick_id).values()
    return Counter(rad.leverantor for rad in rader if rad.status == Status.MOTTAGEN)


@pytest.mark.usefixtures("snabba_prov")
def test_all_goes_by_the_second_provider_while_the_first_is_down_and_by_the_first_when_it_is_well(
    varje_databas: Database, val: Settings
) -> None:
    with HttpGateway() as forsta, HttpGateway() as andra:
        forsta.beteende.status = 503
        val = replace(val, sms_url=sms_url(forsta), sms_url_2=sms_url(andra))
        with igang(varje_databas, val):
            borjan = clock.now()
            utskick_id = publicera(varje_databas, 80)
            vanta_tills(lambda: av(varje_databas, utskick_id).total() == 80)
            # But for one that may have been the first's to prove itself by.
            assert av(varje_databas, utskick_id)["sms-2"] == 80
            forsta.beteende.status = 200
            prov = publicera(varje_databas, 40)
            vanta_tills(lambda: av(varje_databas, prov).total() >= 40)
            vanta_tills(lambda: tillbaka(varje_databas))
            sedan = publicera(varje_databas, 10)
            vanta_tills(lambda: statusar(varje_databas, sedan)[Status.MOTTAGEN] >= 10)
            assert set(av(varje_databas, sedan)) == {"sms"}
    till = Counter((anrop.falt["to"], anrop.falt["message"]) for anrop in [*forsta.anrop, *andra.anrop] if anrop.id)
    assert set(till.values()) == {1}
    with varje_databas.reading() as session:
        lagen = {rad.leverantor: rad for rad in leverantorsminuter.lagen(session, borjan - timedelta(minutes=1))}
    assert lagen["sms"].fel >= brytare.I_RAD
    assert lagen["sms-2"].fel == 0


def tillbaka(database: Database) -> bool:
    """Publish one at a time until all of one goes by the first provider, which has proved itself before."""
    utskick_id = publicera(database, 1)
    vanta_tills(lambda: set(statusar(database, utskick_id)) == {Status.MOTTAGEN})
    return set(av(database, utskick_id)) == {"sms"}


@pytest.mark.usefixtures("snabba_prov")
def test_mail_that_waits_for_its_only_server_goes_when_that_is_well_long_before_its_own_next_try(
    varje_databas: Database, val: Settings
) -> None:
    with SmtpMottagare() as smtp:
        smtp.stanna()
        with igang(varje_databas, replace(val, epost_url=f"smtp://127.0.0.1:{smtp.port}/?fran=wis@prov.example")):
            utskick_id = publicera(varje_databas, 12, sms=False, epost=True)
            vanta_tills(lambda: nekade(varje_databas, utskick_id) >= brytare.I_RAD)
            smtp.starta()
            vanta_tills(lambda: statusar(varje_databas, utskick_id) == {Status.MOTTAGEN: 12})
        assert len(smtp.brev) == 12
    assert {rad.sandningar for rad in leveranser(varje_databas, utskick_id).values()} == {1}


def nekade(database: Database, utskick_id: int) -> int:
    """How many have been tried, and have failed: what is only about to be sent may yet go."""
    return sum(bool(rad.orsak) for rad in leveranser(database, utskick_id).values())


class Iakttagare(TystTransport):
    """Takes everything, and notes how many connections to the database were held while it did."""

    def __init__(self, database: Database) -> None:
        super().__init__("sms")
        self.database = database
        self.hallna: list[int] = []
        self.markta: list[set[str]] = []

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send in groups of four, as one that waits for answers."""
        for borjan in range(0, len(forsandelser), 4):
            grupp = forsandelser[borjan : borjan + 4]
            far = mottagning.innan(grupp)
            self.hallna.append(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            self.markta.append(self._status(far))
            svar: list[tuple[Forsandelse, Utfall]] = [(ett, mottagen()) for ett in grupp if ett.id in far]
            mottagning.efter(svar)
            self.hallna.append(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            assert mottagning.puls() or borjan + 4 >= len(forsandelser)

    def _status(self, ids: Collection[int]) -> set[str]:
        with self.database.reading() as session:
            return {session.get_one(Leverans, id_).status for id_ in ids}


def test_no_connection_to_the_database_is_held_while_a_message_is_on_its_way(
    varje_databas: Database, val: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = Iakttagare(varje_databas)
    monkeypatch.setattr(
        worker, "skapa", lambda kanal, *_: [transport if kanal is Kanalslag.SMS else TystTransport("epost")]
    )
    utskick_id = publicera(varje_databas, 10)
    arbetare = worker.Worker(varje_databas, val)
    arbetare.tom()
    arbetare.stop()
    assert statusar(varje_databas, utskick_id) == {Status.MOTTAGEN: 10}
    assert transport.hallna == [0] * 6
    assert transport.markta == [{Status.SANDS}] * 3
