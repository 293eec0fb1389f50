"""What becomes of letters and codes is seen by who waits for them, also when it is that they never come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.utskick import avgor, en_ko, ta
from tests.web.konton_stod import ANNA, BJUD_IN, KIM, LISTA, VERA, LoggaIn, adress, brev, logg, nackas_folk, sida
from wis import web
from wis.auth.strypning import Nyckel, Strypning
from wis.db import Database
from wis.konton import views
from wis.notiser.models import Kanalslag
from wis.notiser.rules import LEVERERAD, Utfall, mottagen, overgaende, oviss, permanent
from wis.settings import Settings

KIMS = "kim.ek@nacka.example"
Utfora = Callable[..., None]


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


@pytest.fixture
def det_gick(database: Database, settings: Settings) -> Utfora:
    """Tries what waits, with this outcome."""

    def utfora(utfall: Utfall, kanal: Kanalslag = Kanalslag.EPOST) -> None:
        kon = en_ko(database, settings, "w1")
        for uppdrag in ta(kon, kanal).uppdrag:
            assert avgor(kon, uppdrag, utfall)

    return utfora


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """The administrator, who has just invited Kim."""
    client = logga_in(ANNA)
    assert client.post(BJUD_IN, data=KIM).status_code == 302
    return client


class TestTheAdministrator:
    def test_sees_an_invitation_on_its_way_and_then_delivered(
        self, anna: FlaskClient, database: Database, det_gick: Utfora
    ) -> None:
        page = sida(anna.get(adress(database, KIMS)))
        assert "Det senaste brevet är på väg." in page
        det_gick(overgaende("brevservern svarar inte"))
        page = sida(anna.get(adress(database, KIMS)))
        assert "på väg men har inte kommit fram än: brevservern svarar inte. Vi försöker igen." in page
        assert "Brevet kom inte fram" not in sida(anna.get(LISTA))

    @pytest.mark.parametrize("utfall", [LEVERERAD, mottagen()], ids=lambda utfall: str(utfall.slag))
    def test_sees_one_that_was_delivered(
        self, anna: FlaskClient, database: Database, det_gick: Utfora, utfall: Utfall
    ) -> None:
        det_gick(utfall)
        page = sida(anna.get(adress(database, KIMS)))
        assert "Levererat" in page
        assert "Det senaste brevet lämnades över" in page
        assert "Skicka inbjudan igen" in page

    def test_sees_that_nobody_knows_whether_it_came(
        self, anna: FlaskClient, database: Database, det_gick: Utfora
    ) -> None:
        det_gick(oviss("brevservern svarade inte"))
        assert "Det senaste brevet kan ha kommit fram: brevservern svarade inte." in sida(
            anna.get(adress(database, KIMS))
        )

    def test_sees_one_that_failed_with_why_and_sends_it_again(
        self, anna: FlaskClient, database: Database, det_gick: Utfora
    ) -> None:
        det_gick(permanent("brevservern nekade adressen (550)"))
        assert sida(anna.get(LISTA)).count("Brevet kom inte fram") == 1
        page = sida(anna.get(adress(database, KIMS)))
        assert "Det senaste brevet kom inte fram: brevservern nekade adressen (550)" in page
        assert '<button class="knapp knapp-sekundar">Skicka igen</button>' in page
        page = sida(anna.post(adress(database, KIMS, "/skicka-lank"), follow_redirects=True))
        assert "Det senaste brevet är på väg." in page
        assert [till for till, _, _ in brev(database)] == [KIMS, KIMS]
        assert "Brevet kom inte fram" not in sida(anna.get(LISTA))

    def test_of_one_who_has_got_no_letter_is_told_of_none(self, anna: FlaskClient, database: Database) -> None:
        assert "senaste brevet" not in sida(anna.get(adress(database, VERA)))


class TestTheLinksToOnePerson:
    def test_are_counted_before_anything_is_locked(
        self, anna: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        oppna: list[Session] = []
        riktig, forsok = web.transaction, Strypning.forsok

        @contextmanager
        def transaktion() -> Iterator[Session]:
            with riktig() as session:
                oppna.append(session)
                yield session
                oppna.pop()

        def raknat(vakt: Strypning, part: Nyckel, antal: int = 1) -> bool:
            assert not oppna
            return forsok(vakt, part, antal)

        monkeypatch.setattr(views.web, "transaction", transaktion)
        monkeypatch.setattr(Strypning, "forsok", raknat)
        for _ in range(5):
            assert anna.post(adress(database, KIMS, "/skicka-lank")).status_code == 302
        page = sida(anna.post(adress(database, KIMS, "/skicka-lank")), 422)
        assert "Flera länkar har skickats" in page
        assert len(logg(database, "inbjudan skickad igen")) == 5


class TestOneWhoWaitsForACode:
    def test_sees_that_it_did_not_come_and_why(self, logga_in: LoggaIn, det_gick: Utfora, database: Database) -> None:
        client = logga_in(VERA)
        page = sida(client.post("/mina-notiser/sms", data={"adress": "0701740605"}, follow_redirects=True))
        assert "Koden är på väg." in page
        assert "Skicka ny kod" in page
        det_gick(permanent("SMS-tjänsten nekade numret (400)"), Kanalslag.SMS)
        page = sida(client.get("/mina-notiser"))
        assert "Koden kom inte fram: SMS-tjänsten nekade numret (400)" in page
        assert "Kontrollera numret och skicka igen." in page
        assert "Skicka igen</button>" in page

    def test_sees_that_it_has_come(self, logga_in: LoggaIn, det_gick: Utfora) -> None:
        client = logga_in(VERA)
        client.post("/mina-notiser/epost", data={"adress": VERA})
        det_gick(LEVERERAD)
        page = sida(client.get("/mina-notiser"))
        assert "Levererad" in page
        assert "Koden lämnades över" in page
