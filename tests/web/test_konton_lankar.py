"""Choosing a password by a link: from an invitation, or when it is forgotten."""

import threading
import time
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.conftest import en_app
from tests.web.konton_stod import (
    ANNA,
    BJUD_IN,
    KIM,
    LISTA,
    NYTT,
    SIV,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    brev,
    lank,
    logg,
    medlemskap,
    nackas_folk,
    sida,
    valj_losenord,
    version,
)
from tests.web.test_auth import utan_token
from wis import audit, clock
from wis.auth.models import Anvandare, Engangslank, Inloggning
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton import views
from wis.notiser.models import Kanal, Kanalslag
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def folk(database: Database) -> None:
    nackas_folk(database)


@pytest.mark.usefixtures("folk")
class TestTheInvitationLink:
    @pytest.fixture
    def path(self, logga_in: LoggaIn, database: Database) -> str:
        logga_in(ANNA).post(BJUD_IN, data=KIM)
        return lank(database)

    def test_leads_to_a_password_and_straight_in(self, path: str, client: FlaskClient, database: Database) -> None:
        page = sida(client.get(path))
        assert "Välkommen, Kim Ek" in page
        assert "Minst 15" in page
        answer = valj_losenord(client, path, namn="Kim Alexandra Ek")
        assert answer.headers["Location"] == "/"
        sida(client.get("/handelser"))
        with database.reading() as session:
            person = find_anvandare(session, "kim.ek@nacka.example")
            assert person is not None
            assert person.namn == "Kim Alexandra Ek"
            [kanal] = session.scalars(select(Kanal)).all()
            assert (kanal.slag, kanal.adress, kanal.anvandare_id) == ("epost", person.epost, person.id)
            assert kanal.verifierad is not None
        assert len(logg(database, "lösenord satt")) == 1
        assert NYTT not in "".join(post.uppgifter for post in logg(database, "lösenord satt"))

    def test_is_not_used_up_by_being_looked_at(self, path: str, client: FlaskClient) -> None:
        for _ in range(3):
            sida(client.get(path))
        assert client.head(path).status_code == 200
        assert valj_losenord(client, path).status_code == 302

    def test_works_once(self, path: str, client: FlaskClient, database: Database) -> None:
        valj_losenord(client, path)
        for answer in (client.get(path), valj_losenord(client, path, "ett annat långt lösenord")):
            assert "Länken är redan använd" in sida(answer, 410)
        login = {"epost": "kim.ek@nacka.example", "losenord": NYTT}
        assert client.application.test_client().post("/logga-in", data=login).status_code == 302

    def test_works_once_also_when_used_twice_at_the_same_moment(self, path: str, client: FlaskClient) -> None:
        app, answers = client.application, []
        barrier = threading.Barrier(4)

        def use() -> None:
            with app.test_client() as one:
                barrier.wait()
                answers.append(valj_losenord(one, path).status_code)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [302, 410, 410, 410]

    def test_lasts_for_seven_days(self, path: str, client: FlaskClient, database: Database) -> None:
        start = clock.now()
        with clock.at(start + timedelta(days=7, minutes=-1)):
            sida(client.get(path))
        with clock.at(start + timedelta(days=7, minutes=1)):
            page = sida(valj_losenord(client, path), 410)
        assert "Länken gäller inte längre" in page
        assert "be aktörsadministratören" in page
        with database.reading() as session:
            person = find_anvandare(session, "kim.ek@nacka.example")
            assert person is not None
            assert person.losenord_hash is None

    def test_ends_when_it_is_sent_again(
        self, path: str, logga_in: LoggaIn, client: FlaskClient, database: Database
    ) -> None:
        logga_in(ANNA).post(adress(database, "kim.ek@nacka.example", "/skicka-lank"))
        sida(client.get(path), 410)
        newer = lank(database)
        assert newer != path
        assert valj_losenord(client, newer).status_code == 302
        assert len(logg(database, "inbjudan skickad igen")) == 1

    @pytest.mark.parametrize(
        ("data", "fel"),
        [
            ({"losenord": "för kort", "losenord_igen": "för kort"}, "minst 15 tecken"),
            ({"losenord": NYTT, "losenord_igen": NYTT + "x"}, "inte lika"),
            ({"losenord": NYTT}, "inte lika"),
            ({"losenord": "kim.ek@nacka.example", "losenord_igen": "kim.ek@nacka.example"}, "din e-postadress"),
            ({"losenord": "a" * 15, "losenord_igen": "a" * 15}, "för enkelt"),
            ({"losenord": NYTT, "losenord_igen": NYTT, "namn": " "}, "Skriv ditt namn."),
        ],
    )
    def test_asks_again_for_what_will_not_do(
        self, path: str, client: FlaskClient, data: dict[str, str], fel: str
    ) -> None:
        page = sida(client.post(path, data={"namn": "Kim Ek"} | data), 422)
        assert fel in page
        assert data["losenord"] not in page.replace('value="kim.ek@nacka.example"', "")
        assert valj_losenord(client, path).status_code == 302

    @pytest.mark.parametrize("path", ["/konto/gissning", "/konto/%01", "/konto/" + "a" * 500])
    def test_that_nobody_sent_is_explained(self, client: FlaskClient, path: str) -> None:
        assert "Länken finns inte" in sida(client.get(path), 404)
        assert "Länken finns inte" in sida(valj_losenord(client, path), 404)

    def test_is_kept_as_a_hash_alone(self, path: str, database: Database) -> None:
        token = path.rsplit("/", 1)[1]
        with database.reading() as session:
            [row] = session.scalars(select(Engangslank)).all()
            assert token not in (row.token_hash, str(row.id))
            assert len(row.token_hash) == 64

    def test_to_a_shut_account_says_so(self, path: str, client: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            person = find_anvandare(session, "kim.ek@nacka.example")
            assert person is not None
            person.avstangd = clock.now()
        assert "Kontot är avstängt" in sida(client.get(path), 410)
        sida(valj_losenord(client, path), 410)

    def test_leaves_a_verified_address_of_another_choice_alone(
        self, path: str, client: FlaskClient, database: Database
    ) -> None:
        with transaction(database) as session:
            person = find_anvandare(session, "kim.ek@nacka.example")
            assert person is not None
            f.en_kanal(session, person, Kanalslag.EPOST, "kim@privat.example")
        valj_losenord(client, path)
        with database.reading() as session:
            assert session.scalars(select(Kanal.adress)).all() == ["kim@privat.example"]

    def test_verifies_an_address_that_was_not(self, path: str, client: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            person = find_anvandare(session, "kim.ek@nacka.example")
            assert person is not None
            f.en_kanal(session, person, Kanalslag.EPOST, "kim.ek@nacka.example", verifierad=False)
        valj_losenord(client, path)
        with database.reading() as session:
            [kanal] = session.scalars(select(Kanal)).all()
            assert kanal.verifierad is not None


@pytest.mark.usefixtures("folk")
class TestAForgottenPassword:
    @pytest.fixture(autouse=True)
    def _utan_att_vanta(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(views, "MINSTA_SVARSTID", 0.0)

    def begar(self, client: FlaskClient, epost: str) -> TestResponse:
        return client.post("/glomt-losenord", data={"epost": epost})

    def test_is_replaced_by_a_link_and_every_other_login_ends(
        self, client: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        old = logga_in(VERA)
        assert "Titta i din e-post" in sida(self.begar(client, " Vera@nacka.example"))
        [(till, amne, _)] = brev(database)
        assert (till, amne) == (VERA, "Välj ett nytt lösenord i wis")
        sida(old.get("/handelser"))
        before = version(database, VERA)
        page = sida(client.get(lank(database)))
        assert "Välj ett nytt lösenord" in page
        assert "Ditt namn" not in page
        assert valj_losenord(client, lank(database)).status_code == 302
        sida(client.get("/handelser"))
        assert old.get("/handelser").headers["Location"].startswith("/logga-in")
        assert version(database, VERA) == before + 1
        assert medlemskap(database, VERA).anvandare.namn != "Kim Ek"

    @pytest.mark.parametrize("epost", ["ingen@nacka.example", SIV])
    def test_of_an_unknown_or_shut_account_gets_the_same_answer_and_no_letter(
        self, client: FlaskClient, database: Database, epost: str
    ) -> None:
        with transaction(database) as session:
            session.scalars(select(Anvandare).where(Anvandare.epost == SIV)).one().avstangd = clock.now()
        known = utan_token(sida(self.begar(client, VERA))).replace(VERA, "")
        assert utan_token(sida(self.begar(client, epost))).replace(epost, "") == known
        assert [till for till, _, _ in brev(database)] == [VERA]
        assert len(logg(database, "länk för nytt lösenord begärd")) == 2

    def test_takes_as_long_to_answer_whether_the_address_is_known_or_not(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "MINSTA_SVARSTID", 0.3)
        for epost in (VERA, "ingen@nacka.example"):
            began = time.monotonic()
            self.begar(client, epost)
            assert time.monotonic() - began >= 0.3

    @pytest.mark.parametrize("epost", [VERA, "ingen@nacka.example"])
    def test_cannot_be_asked_for_without_end(self, client: FlaskClient, database: Database, epost: str) -> None:
        answers = [self.begar(client, epost).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]
        page = sida(self.begar(client, epost), 429)
        assert "Vänta 15 minuter" in page
        assert f'value="{epost}"' in page
        assert len(brev(database)) == (5 if epost == VERA else 0)

    def test_asked_for_by_a_stranger_leaves_earlier_links_in_force(
        self, client: FlaskClient, database: Database
    ) -> None:
        self.begar(client, VERA)
        first = lank(database)
        self.begar(client, VERA)
        assert valj_losenord(client, first).status_code == 302
        sida(client.get(lank(database)), 410)

    def test_link_lasts_for_half_an_hour(self, client: FlaskClient, database: Database) -> None:
        self.begar(client, VERA)
        start = clock.now()
        with clock.at(start + timedelta(minutes=29)):
            sida(client.get(lank(database)))
        with clock.at(start + timedelta(minutes=31)):
            sida(client.get(lank(database)), 410)

    @pytest.mark.parametrize("epost", ["", "vera", "@"])
    def test_needs_an_address(self, client: FlaskClient, epost: str) -> None:
        sida(self.begar(client, epost), 422)

    def test_can_be_mended_by_the_administrator_who_never_sees_the_link(
        self, logga_in: LoggaIn, client: FlaskClient, database: Database
    ) -> None:
        anna = logga_in(ANNA)
        answer = anna.post(adress(database, VERA, "/skicka-lank"))
        page = sida(anna.get(answer.headers["Location"]))
        assert "Ett brev med en länk är på väg" in page
        assert "/konto/" not in page
        assert valj_losenord(client, lank(database)).status_code == 302
        [post] = logg(database, "länk för nytt lösenord skickad")
        assert post.objekt == VERA

    def test_links_from_an_administrator_are_not_endless(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        answers = [anna.post(adress(database, VERA, "/skicka-lank")).status_code for _ in range(6)]
        assert answers == [302] * 5 + [422]
        assert len(brev(database)) == 5


def test_from_invitation_to_login_on_either_database(settings: Settings, varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=ANNA, administrator=True)
    app = en_app(settings, varje_databas)
    anna, kim = app.test_client(), app.test_client()
    assert anna.post("/logga-in", data={"epost": ANNA, "losenord": f.LOSENORD}).status_code == 302
    assert anna.post(BJUD_IN, data=KIM | {"slutdatum": "2099-06-30"}).status_code == 302
    assert valj_losenord(kim, lank(varje_databas)).status_code == 302
    assert "2099-06-30" in sida(anna.get(LISTA))
    anna.post(adress(varje_databas, "kim.ek@nacka.example", "/stang-av"), data=VARFOR)
    sida(kim.get("/handelser"), 403)
    with varje_databas.reading() as session:
        assert isinstance(audit.verify(session), tuple)


def test_a_new_password_ends_the_logins_that_were_going_on(client: FlaskClient, database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=VERA)
    client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD})
    client.post("/glomt-losenord", data={"epost": VERA})
    valj_losenord(client, lank(database))
    with database.reading() as session:
        going_on = session.scalars(select(Inloggning).where(Inloggning.avslutad.is_(None))).all()
        assert len(going_on) == 1
