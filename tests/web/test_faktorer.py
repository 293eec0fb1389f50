"""Logging in with a second factor, as a person meets it and as a thief tries to get round it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from tests.passkey import Sakerhetsnyckel
from tests.web.faktor_stod import (
    ALI,
    FRAGA,
    SLUTEN_SIDA,
    VERA,
    brev,
    hamta_person,
    har_app,
    inne,
    kod,
    koder,
    logg,
    losenordet,
    passkey_val,
    text,
)
from wis import clock, horare
from wis.auth import faktorer_passkey, inslapp, service
from wis.auth.faktorvyer import FOR_MANGA, PASSKEY_STAMMER_INTE, RESERVKOD_STAMMER_INTE, STAMMER_INTE
from wis.auth.inloggningsfraga import find_inloggning
from wis.auth.models import Anvandare, Inloggning
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        for epost in (VERA, ALI):
            f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=epost, administrator=True)


@pytest.fixture
def hemlighet(database: Database, settings: Settings) -> str:
    """Vera has an app with this secret, and ten codes."""
    return har_app(database, settings)


@pytest.fixture
def halv(client: FlaskClient, hemlighet: str) -> FlaskClient:
    """A browser in which Vera's password has been right."""
    assert losenordet(client).headers["Location"] == FRAGA
    return client


class TestWithAnApp:
    def test_the_password_leads_to_the_code_and_the_code_in(self, halv: FlaskClient, hemlighet: str) -> None:
        page = text(halv.get(FRAGA))
        assert 'autocomplete="one-time-code"' in page
        assert f.LOSENORD not in page
        assert halv.post(FRAGA, data={"kod": kod(hemlighet)}).headers["Location"] == "/"
        assert inne(halv)

    def test_whoever_has_a_factor_is_asked_whatever_the_policy(
        self, settings: Settings, database: Database, hemlighet: str
    ) -> None:
        for mer in ({"andra_faktor": "ingen"}, {"andra_faktor": "alla"}, {"demo": True}):
            client = en_app(replace(settings, **mer), database).test_client()
            assert losenordet(client).headers["Location"] == FRAGA

    @pytest.mark.parametrize("sa", ["{0}{1}", "{0} {1}", " {0}-{1} "])
    def test_blanks_in_the_code_do_not_matter(self, halv: FlaskClient, hemlighet: str, sa: str) -> None:
        now = kod(hemlighet)
        halv.post(FRAGA, data={"kod": sa.format(now[:3], now[3:])})
        assert inne(halv)

    @pytest.mark.parametrize(("steg", "in_"), [(-2, False), (0, True), (1, True), (2, False)])
    def test_the_clock_of_the_phone_may_be_half_a_minute_off(
        self, halv: FlaskClient, hemlighet: str, steg: int, in_: bool
    ) -> None:
        with clock.at(clock.now()):
            answer = halv.post(FRAGA, data={"kod": kod(hemlighet, steg)})
        assert answer.status_code == (302 if in_ else 422)
        assert inne(halv) is in_

    def test_a_wrong_code_says_what_to_do_and_is_recorded(self, halv: FlaskClient, database: Database) -> None:
        page = text(halv.post(FRAGA, data={"kod": "000000"}), 422)
        assert STAMMER_INTE in page
        assert [post.objekt for post in logg(database, "andra faktorn misslyckad")] == [VERA]
        assert not inne(halv)

    def test_nothing_written_is_no_guess(self, halv: FlaskClient, database: Database) -> None:
        for _ in range(7):
            assert halv.post(FRAGA, data={}).status_code == 422
        assert logg(database, "andra faktorn misslyckad") == []

    def test_the_login_is_recorded_with_how_and_from_where(
        self, halv: FlaskClient, hemlighet: str, database: Database
    ) -> None:
        agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
        halv.post(FRAGA, data={"kod": kod(hemlighet)}, headers={"User-Agent": agent})
        with database.reading() as session:
            rad = session.scalars(select(Inloggning).where(Inloggning.faktor.is_not(None))).one()
        assert (rad.faktor, rad.enhet, rad.adress) == ("totp", "Firefox på Windows", "127.0.0.1")
        assert rad.bekraftad is not None
        assert rad.senast_aktiv is not None
        assert '"totp"' in logg(database, "inloggad")[0].uppgifter


class TestACodeIsGoodOnce:
    def test_a_code_that_was_seen_over_the_shoulder_is_refused(
        self, app: Flask, halv: FlaskClient, hemlighet: str
    ) -> None:
        with clock.at(clock.now()):
            seen = kod(hemlighet)
            halv.post(FRAGA, data={"kod": seen})
            thief = app.test_client()
            losenordet(thief)
            assert STAMMER_INTE in text(thief.post(FRAGA, data={"kod": seen}), 422)
            assert thief.post(FRAGA, data={"kod": kod(hemlighet, -1)}).status_code == 422
        assert inne(halv)
        assert not inne(thief)

    def test_so_is_one_sent_twice_at_the_same_moment(self, app: Flask, hemlighet: str) -> None:
        clients = [app.test_client() for _ in range(4)]
        for client in clients:
            losenordet(client)
        barrier, answers, shown = threading.Barrier(4), [], kod(hemlighet)

        def use(client: FlaskClient) -> None:
            barrier.wait()
            answers.append(client.post(FRAGA, data={"kod": shown}).status_code)

        threads = [threading.Thread(target=use, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [302, 422, 422, 422]

    def test_a_recovery_code_too(self, app: Flask, halv: FlaskClient, database: Database) -> None:
        one, other = koder().koder[:2]
        assert halv.post(FRAGA, data={"reservkod": one.upper().replace("-", " ")}).status_code == 302
        assert inne(halv)
        assert brev(database) == [(VERA, "En reservkod har använts i wis")]
        again = app.test_client()
        losenordet(again)
        assert RESERVKOD_STAMMER_INTE in text(again.post(FRAGA, data={"reservkod": one}), 422)
        assert again.post(FRAGA, data={"kod": other}).status_code == 302
        assert inne(again)

    def test_codes_are_kept_as_hashes_alone_and_the_secret_encrypted(self, database: Database, hemlighet: str) -> None:
        with database.engine.connect() as connection:
            kept = str(connection.exec_driver_sql("SELECT * FROM reservkod").all())
            kept += str(connection.exec_driver_sql("SELECT * FROM totp").all())
        assert hemlighet not in kept
        assert not any(en in kept or en.replace("-", "") in kept for en in koder().koder)


class TestAHalfLogin:
    def test_opens_no_page(self, app: Flask, halv: FlaskClient) -> None:
        for path in ("/", SLUTEN_SIDA, "/aktorer/nacka/anvandare", "/mitt-konto/sakerhet/app", "/mina-notiser"):
            assert halv.get(path).headers["Location"].startswith("/logga-in?nasta=")
        for path in ("/mitt-konto/sakerhet/koder", "/mitt-konto/sakerhet/ta-bort", "/mitt-konto/sakerhet/passkey"):
            assert halv.post(path).status_code == 401

    def test_nor_a_page_or_a_socket_by_its_token_as_if_it_were_a_whole_one(
        self, halv: FlaskClient, database: Database
    ) -> None:
        with halv.session_transaction() as session:
            session["_user_id"] = session["halv"]
        assert not inne(halv)
        with database.reading() as session:
            rad = session.scalars(select(Inloggning)).one()
            assert find_inloggning(session, rad.token_hash, clock.now(), timedelta(hours=13)) is None
            # Which is how a socket is let in.
            assert not horare.bedom_flera(session, [rad.token_hash], clock.now(), timedelta(hours=13))

    def test_adds_no_factor_when_there_is_one(self, halv: FlaskClient) -> None:
        assert halv.get("/logga-in/faktor/ny").headers["Location"] == FRAGA
        assert halv.post("/logga-in/faktor/ny", data={"kod": "000000"}).headers["Location"] == FRAGA
        assert halv.post("/logga-in/faktor/klar").status_code == 302
        assert not inne(halv)

    def test_is_over_after_ten_minutes(self, halv: FlaskClient, hemlighet: str) -> None:
        with clock.at(clock.now() + timedelta(minutes=11)):
            answer = halv.post(FRAGA, data={"kod": kod(hemlighet), "nasta": "/handelser"})
            assert answer.headers["Location"] == "/logga-in?nasta=/handelser"
            assert inslapp.FOR_SENT in text(halv.get(answer.headers["Location"]))
            assert not inne(halv)

    @pytest.mark.parametrize("vad", ["avstängd", "utloggad överallt"])
    def test_is_over_when_the_account_is_shut_or_its_password_changed(
        self, halv: FlaskClient, hemlighet: str, database: Database, vad: str
    ) -> None:
        with transaction(database) as session:
            person = session.scalars(select(Anvandare).where(Anvandare.epost == VERA)).one()
            if vad == "avstängd":
                person.avstangd = clock.now()
            else:
                service.avsluta_alla(session, person.id)
        assert halv.post(FRAGA, data={"kod": kod(hemlighet)}).headers["Location"].startswith("/logga-in")
        assert not inne(halv)

    def test_becomes_another_login_with_another_token(
        self, app: Flask, halv: FlaskClient, hemlighet: str, database: Database
    ) -> None:
        planted = app.test_client()
        kaka = halv.get_cookie("wis")
        assert kaka is not None
        planted.set_cookie("wis", kaka.value)
        with halv.session_transaction() as session:
            before = session["halv"]
        halv.post(FRAGA, data={"kod": kod(hemlighet)})
        with halv.session_transaction() as session:
            assert session["_user_id"] != before
            assert "halv" not in session
        assert inne(halv)
        assert not inne(planted)
        # What the browser held before can't be finished once more either.
        assert planted.post(FRAGA, data={"kod": kod(hemlighet, 1)}).headers["Location"] == "/logga-in"
        assert not inne(planted)

    def test_has_ended_the_login_that_the_browser_held(self, app: Flask, hemlighet: str) -> None:
        client = app.test_client()
        losenordet(client, ALI)
        assert inne(client)
        old = app.test_client()
        kaka = client.get_cookie("wis")
        assert kaka is not None
        old.set_cookie("wis", kaka.value)
        losenordet(client, VERA)
        assert not inne(old)
        assert not inne(client)


class TestGuessing:
    def test_stops_after_five_and_tells_the_person(
        self, app: Flask, halv: FlaskClient, hemlighet: str, database: Database
    ) -> None:
        answers = [halv.post(FRAGA, data={"kod": f"{number:06}"}).status_code for number in range(7)]
        assert answers == [422] * 5 + [429] * 2
        answer = halv.post(FRAGA, data={"kod": kod(hemlighet)})
        assert FOR_MANGA in text(answer, 429)
        assert answer.headers["Retry-After"] == "900"
        assert brev(database) == [(VERA, "Många fel koder i wis")]
        assert len(logg(database, "andra faktorn strypt")) == 1
        # Another password, so to speak, gives no new tries.
        again = app.test_client()
        losenordet(again)
        assert again.post(FRAGA, data={"kod": kod(hemlighet)}).status_code == 429

    def test_does_not_stop_the_person_on_a_device_of_hers(self, app: Flask, hemlighet: str) -> None:
        hers, thief = app.test_client(), app.test_client()
        losenordet(hers)
        hers.post(FRAGA, data={"kod": kod(hemlighet)})
        losenordet(thief)
        for _ in range(6):
            thief.post(FRAGA, data={"kod": "000000"})
        losenordet(hers)
        with clock.at(clock.now() + timedelta(minutes=1)):
            assert hers.post(FRAGA, data={"kod": kod(hemlighet)}).status_code == 302


class TestWhereItLeads:
    def test_to_the_page_that_was_asked_for(self, client: FlaskClient, hemlighet: str) -> None:
        step = losenordet(client, nasta="/handelser?visa=1").headers["Location"]
        page = text(client.get(step))
        assert 'value="/handelser?visa=1"' in page
        answer = client.post(FRAGA, data={"kod": kod(hemlighet), "nasta": "/handelser?visa=1"})
        assert answer.headers["Location"] == "/handelser?visa=1"

    @pytest.mark.parametrize("nasta", ["//ond.example", "https://ond.example/", "/\\ond.example", "/\t/ond.example"])
    def test_never_to_another_site(self, halv: FlaskClient, hemlighet: str, nasta: str) -> None:
        assert "ond.example" not in text(halv.get(FRAGA, query_string={"nasta": nasta}))
        assert halv.post(FRAGA, data={"kod": kod(hemlighet), "nasta": nasta}).headers["Location"] == "/"

    def test_with_what_was_typed_when_the_login_ran_out(self, client: FlaskClient, hemlighet: str) -> None:
        typed = '[["rubrik", "Vägen är avstängd"]]'
        page = text(losenordet(client, nasta="/handelser/ny", parkerat=typed))
        assert typed in page
        wrong = text(client.post(FRAGA, data={"kod": "000000", "nasta": "/handelser/ny", "parkerat": typed}), 422)
        assert typed in wrong
        data = {"kod": kod(hemlighet), "nasta": "/handelser/ny", "parkerat": typed}
        page = text(client.post(FRAGA, data=data))
        assert "Det du skrev finns kvar" in page
        assert "Vägen är avstängd" in page
        assert 'action="/handelser/ny"' in page

    def test_nor_is_it_lost_when_the_code_came_too_late(self, client: FlaskClient, hemlighet: str) -> None:
        typed = '[["rubrik", "Vägen är avstängd"]]'
        losenordet(client, nasta="/handelser/ny", parkerat=typed)
        with clock.at(clock.now() + timedelta(minutes=11)):
            data = {"kod": kod(hemlighet), "nasta": "/handelser/ny", "parkerat": typed}
            assert typed in text(client.post(FRAGA, data=data), 401)


class TestWithAPasskey:
    @pytest.fixture
    def nyckel(self, database: Database, settings: Settings) -> Sakerhetsnyckel:
        """Vera's passkey."""
        nyckel = Sakerhetsnyckel()
        with transaction(database) as session:
            person = session.get_one(Anvandare, hamta_person(database, VERA).id)
            val = faktorer_passkey.nya_val(session, settings, person, "x")
            assert faktorer_passkey.lagg_till(session, settings, person, "Dator", nyckel.skapa(val), "x")
        return nyckel

    def test_its_answer_lets_in_once(self, app: Flask, client: FlaskClient, nyckel: Sakerhetsnyckel) -> None:
        losenordet(client)
        answer = nyckel.svara(passkey_val(client.get(FRAGA)))
        assert client.post(FRAGA, data={"passkey": answer}).status_code == 302
        assert inne(client)
        thief = app.test_client()
        losenordet(thief)
        assert PASSKEY_STAMMER_INTE in text(thief.post(FRAGA, data={"passkey": answer}), 422)

    @pytest.mark.parametrize(
        "lie", [{"ursprung": "https://ond.example"}, {"doman": "ond.example"}, {"verifierar": False}, {"raknare": -1}]
    )
    def test_an_answer_to_another_site_or_by_nobody_or_by_a_copy_does_not(
        self, client: FlaskClient, nyckel: Sakerhetsnyckel, database: Database, lie: dict[str, object]
    ) -> None:
        with transaction(database) as session:
            session.execute(faktorer_passkey.Passkey.__table__.update().values(raknare=5))
        nyckel.raknare = 5
        losenordet(client)
        answer = replace(nyckel, **lie).svara(passkey_val(client.get(FRAGA)))
        assert client.post(FRAGA, data={"passkey": answer}).status_code == 422
        assert not inne(client)

    def test_nor_does_the_key_of_another_person(self, client: FlaskClient, nyckel: Sakerhetsnyckel) -> None:
        losenordet(client)
        other = Sakerhetsnyckel(id=nyckel.id)
        assert client.post(FRAGA, data={"passkey": other.svara(passkey_val(client.get(FRAGA)))}).status_code == 422

    @pytest.mark.parametrize("skrap", ["x", "{}", "[]", '{"id": 5}', '{"id": "AAAA", "response": {}}', "[" * 9999])
    def test_rubbish_is_refused_like_any_other(self, client: FlaskClient, nyckel: Sakerhetsnyckel, skrap: str) -> None:
        losenordet(client)
        assert PASSKEY_STAMMER_INTE in text(client.post(FRAGA, data={"passkey": skrap}), 422)
