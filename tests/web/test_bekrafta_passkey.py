"""Proving to be oneself with a passkey or a recovery code, and logins that end meanwhile."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from flask_login import current_user
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories as f
from tests.passkey import Sakerhetsnyckel
from tests.web.faktor_stod import SAKERHET, VERA, LoggaIn, hamta_person, koder, logg, passkey_val, text
from wis import clock
from wis.auth import faktorer, losenord, sessioner
from wis.auth.models import Anvandare, Inloggning, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanal
from wis.tx import transaction

SMS, NUMMER, LOSENORD = "/mina-notiser/sms", "070-174 06 05", "/mitt-konto/losenord"
NYTT = "fyra slumpvisa ord räcker"
RATT = {"adress": NUMMER, "bekrafta_losenord": f.LOSENORD}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True)


def for_lange_sedan(database: Database) -> None:
    with transaction(database) as session:
        session.execute(update(Inloggning).values(bekraftad=clock.now() - timedelta(minutes=16)))


def kanaler(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Kanal.adress)))


class TestWithAPasskeyAlone:
    @pytest.fixture
    def nyckel(self) -> Sakerhetsnyckel:
        return Sakerhetsnyckel()

    @pytest.fixture
    def vera(self, logga_in: LoggaIn, database: Database, nyckel: Sakerhetsnyckel) -> FlaskClient:
        """Vera, who has a passkey and codes and no app, and logged in a while ago."""
        client = logga_in(VERA)
        made = nyckel.skapa(passkey_val(client.get(SAKERHET)))
        text(client.post(f"{SAKERHET}/passkey", data={"namn": "Datorn", "passkey": made}))
        with transaction(database) as session:
            faktorer.spara_koder(session, session.get_one(Anvandare, hamta_person(database, VERA).id), koder())
        for_lange_sedan(database)
        return client

    def test_the_password_is_not_enough(self, vera: FlaskClient, database: Database) -> None:
        page = text(vera.post(SMS, data=RATT), 422)
        assert "Använd din passkey, eller skriv en reservkod." in page
        assert kanaler(database) == []

    def test_the_passkey_and_the_password_are(
        self, vera: FlaskClient, database: Database, nyckel: Sakerhetsnyckel
    ) -> None:
        asked = vera.post(SMS, data={"adress": NUMMER})
        assert "Bekräfta med passkey" in text(asked, 403)
        assert 'data-falt="bekrafta_passkey"' in text(asked, 403)
        answer = nyckel.svara(passkey_val(asked))
        wrong = vera.post(SMS, data=RATT | {"bekrafta_losenord": "fel", "bekrafta_passkey": answer})
        assert "Lösenordet stämmer inte." in text(wrong, 422)
        assert answer not in text(wrong, 422)
        assert vera.post(SMS, data=RATT | {"bekrafta_passkey": answer}).status_code == 302
        assert kanaler(database) == ["+46701740605"]

    def test_what_it_answered_proves_once(self, vera: FlaskClient, database: Database, nyckel: Sakerhetsnyckel) -> None:
        # Keys that are copied between devices do not count.
        nyckel.raknare = -1
        answer = nyckel.svara(passkey_val(vera.post(SMS, data={"adress": NUMMER})))
        assert vera.post(SMS, data=RATT | {"bekrafta_passkey": answer}).status_code == 302
        for_lange_sedan(database)
        again = vera.post(f"{SMS}/ta-bort", data=RATT | {"bekrafta_passkey": answer})
        assert "Passkeyn gick inte att kontrollera" in text(again, 422)
        assert len(kanaler(database)) == 1

    def test_what_it_answered_at_another_page_does_not(
        self, vera: FlaskClient, database: Database, nyckel: Sakerhetsnyckel
    ) -> None:
        made = nyckel.svara(passkey_val(vera.get(SAKERHET)))
        assert "inte att kontrollera" in text(vera.post(SMS, data=RATT | {"bekrafta_passkey": made}), 422)
        assert "inte att kontrollera" in text(vera.post(SMS, data=RATT | {"bekrafta_passkey": "{"}), 422)
        assert kanaler(database) == []

    def test_without_scripts_a_recovery_code_does_and_is_used_up(self, vera: FlaskClient, database: Database) -> None:
        data = RATT | {"bekrafta_kod": koder().koder[2]}
        assert vera.post(SMS, data=data).status_code == 302
        for_lange_sedan(database)
        assert "redan använd" in text(vera.post(f"{SMS}/ta-bort", data=data), 422)
        assert len(kanaler(database)) == 1


class TestALoginThatEndsMeanwhile:
    """While Argon2 works, an administrator or another device ends the login."""

    @pytest.fixture(params=["ended", "shut", "run out"])
    def vera(
        self, request: pytest.FixtureRequest, logga_in: LoggaIn, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> FlaskClient:
        """Vera, whose login is over by the time that a hash has been made."""
        client, hasha, now = logga_in(VERA), losenord.hasha, clock.now()

        def slow(hemligt: str) -> str:
            with transaction(database) as session:
                if request.param == "shut":
                    session.execute(update(Anvandare).values(avstangd=now))
                elif request.param == "ended":
                    session.execute(update(Inloggning).values(avslutad=now))
                else:
                    session.execute(update(Inloggning).values(giltig_till=now - timedelta(seconds=1)))
            return hasha(hemligt)

        monkeypatch.setattr(losenord, "hasha", slow)
        return client

    def test_sets_no_password(self, vera: FlaskClient, database: Database) -> None:
        before = hamta_person(database, VERA).losenord_hash
        page = text(vera.post(LOSENORD, data={"losenord": NYTT, "losenord_igen": NYTT}), 401)
        assert NYTT not in page
        assert hamta_person(database, VERA).losenord_hash == before
        assert logg(database, "lösenord bytt") == []

    def test_makes_no_new_codes(self, vera: FlaskClient, database: Database) -> None:
        made = Sakerhetsnyckel().skapa(passkey_val(vera.get(SAKERHET)))
        assert vera.post(f"{SAKERHET}/passkey", data={"namn": "Min", "passkey": made}).status_code == 401
        with database.reading() as session:
            assert faktorer.lage(session, hamta_person(database, VERA).id).antal == 0
        assert logg(database, "andra faktor tillagd") == []


def test_ending_ones_logins_after_one_has_ended_asks_for_a_login(
    logga_in: LoggaIn, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = logga_in(VERA), logga_in(VERA)
    gor = sessioner.las_jag

    def late(session: Session) -> Anvandare:
        session.execute(
            update(Inloggning).where(Inloggning.id == current_user.inloggning_id).values(avslutad=clock.now())
        )
        return gor(session)

    monkeypatch.setattr(sessioner, "las_jag", late)
    assert here.post("/mitt-konto/inloggningar/avsluta-andra").status_code == 401
    assert there.get("/mitt-konto/inloggningar").status_code == 200


class TestWithoutAnyRole:
    @pytest.fixture
    def vera(self, logga_in: LoggaIn, database: Database) -> FlaskClient:
        """Vera, whose only role has ended."""
        client = logga_in(VERA)
        with transaction(database) as session:
            session.execute(update(Medlemskap).values(giltig_till=clock.now() - timedelta(minutes=1)))
        return client

    @pytest.mark.parametrize(
        "path", [SAKERHET, f"{SAKERHET}/app", "/mitt-konto/inloggningar", LOSENORD, "/mitt-konto/bekrafta"]
    )
    def test_one_still_sees_to_the_own_account(self, vera: FlaskClient, path: str) -> None:
        assert vera.get(path).status_code in {200, 302}
        assert "/mitt-konto/roll" not in vera.get(path).headers.get("Location", "")

    def test_a_passkey_can_be_added(self, vera: FlaskClient, database: Database) -> None:
        made = Sakerhetsnyckel().skapa(passkey_val(vera.get(SAKERHET)))
        assert vera.post(f"{SAKERHET}/passkey", data={"namn": "Min", "passkey": made}).status_code == 200
        with database.reading() as session:
            assert faktorer.lage(session, hamta_person(database, VERA).id).antal == 1


def test_guessing_at_the_code_of_a_new_app_is_stopped(logga_in: LoggaIn) -> None:
    vera = logga_in(VERA)
    answers = [vera.post(f"{SAKERHET}/app", data={"kod": "000000", "ny": ""}).status_code for _ in range(7)]
    assert answers == [422] * 5 + [429] * 2
