"""Half a login, and half a right to one: neither opens anything, and no secret does for another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories as f
from tests.conftest import en_app
from tests.security.adresser import METODER, alla_adresser, innehall
from tests.web.faktor_stod import FRAGA, KLAR, NY, VERA, har_app, inne, kod, losenordet
from tests.web.ytor_data import SLUG, bygg_lage
from wis import clock
from wis.auth.models import Engangslank, Inloggning, Lanktyp
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton import lankar
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
NYTT = "fyra slumpvisa ord räcker"
FORTFARANDE = timedelta(minutes=1)
OPPNA = {
    "/logga-in",
    "/logga-ut",
    "/logga-in/faktor",
    "/logga-in/faktor/ny",
    "/logga-in/faktor/klar",
    "/glomt-losenord",
    "/konto/<token>",
    "/kvitto/46elks/<tagg>",
    "/kvitto/studs",
    "/matt",
    "/halsa/live",
    "/halsa/redo",
    "/hjalp",
    "/static/<path:filename>",
    "/tillganglighet",
    "/karta/lan.geojson",
    "/flode/<token>",
    "/flode/<token>/aktorer/<slug>",
    "/flode/<token>/handelser/<slug>",
    "/manifest.webmanifest",
    "/natlos",
    "/sw.js",
    "/svar/<token>",
    "/utdrag/<token>",
    "/utkorg",
}
"""What a stranger may ask for, written by hand."""


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True)


@pytest.fixture
def hemlighet(database: Database, settings: Settings) -> str:
    """Vera has an app with this secret."""
    return har_app(database, settings)


def nekad_overallt(app: Flask, client: FlaskClient, database: Database) -> int:
    """Every address that is not open leads to the login whatever the method, and nothing is done; returns how many."""
    before, tried = innehall(database, frozenset({"inloggning"})), 0
    for adress in alla_adresser(app, SLUG):
        assert adress.oppen == (adress.regel in OPPNA), adress.regel
        if adress.oppen:
            continue
        for metod in METODER:
            data = {"text": "x"} if metod not in {"GET", "HEAD"} else None
            with client.open(adress.vag, method=metod, data=data) as svar:
                _nekad(svar.status_code, svar.headers.get("Location", ""), metod in adress.metoder, metod, adress.regel)
            with client.open(adress.vag, method=metod, headers={"Accept": "application/json"}) as svar:
                assert svar.status_code in {401, 405}, (metod, adress.regel)
            tried += 1
    assert innehall(database, frozenset({"inloggning"})) == before
    return tried


def _nekad(status: int, location: str, finns: bool, metod: str, regel: str) -> None:
    if not finns:
        assert status in {302, 401, 405}, (metod, regel)
    else:
        assert status in {302, 401}, (metod, regel, status)
    assert status != 302 or location.startswith("/logga-in"), (metod, regel)


def test_half_a_login_opens_nothing_at_any_address(
    app: Flask, client: FlaskClient, database: Database, hemlighet: str
) -> None:
    assert losenordet(client).headers["Location"] == FRAGA
    assert nekad_overallt(app, client, database) > 400
    client.post(FRAGA, data={"kod": kod(hemlighet)})
    assert inne(client)


class TestWhereEverybodyMustHaveAFactor:
    @pytest.fixture
    def strang(self, settings: Settings, database: Database) -> Flask:
        return en_app(replace(settings, andra_faktor="alla"), database)

    @pytest.mark.parametrize(
        "epost",
        [
            VERA,
            "lasare@nacka.example",
            "skribent@trafikverket.example",
            "talesperson@trafikverket.example",
            "redaktor@lansstyrelsen.example",
            "admin@nacka.example",
        ],
    )
    def test_whoever_has_none_gets_no_further_than_to_set_one_up(self, strang: Flask, epost: str) -> None:
        client = strang.test_client()
        assert losenordet(client, epost).headers["Location"] == NY
        assert not inne(client)
        # Neither by saying that it is done, nor by asking for what one hasn't got.
        for vag in (KLAR, FRAGA):
            assert (
                client.post(vag, data={"kod": "000000", "reservkod": "a"}).headers["Location"].startswith("/logga-in")
            )
            assert not inne(client)

    def test_nothing_opens_at_any_address_before_that(self, strang: Flask, database: Database) -> None:
        client = strang.test_client()
        assert losenordet(client).headers["Location"] == NY
        assert nekad_overallt(strang, client, database) > 400

    @pytest.mark.parametrize(("epost", "kravs"), [(VERA, True), ("lasare@nacka.example", False)])
    def test_or_the_administrators_alone(self, settings: Settings, database: Database, epost: str, kravs: bool) -> None:
        client = en_app(replace(settings, andra_faktor="administratorer"), database).test_client()
        assert losenordet(client, epost).headers["Location"] == (NY if kravs else "/")
        assert inne(client) is not kravs

    @pytest.mark.parametrize("typ", list(Lanktyp))
    def test_no_link_leads_round_it(self, strang: Flask, database: Database, typ: Lanktyp) -> None:
        client = strang.test_client()
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            vag = lankar.skapa(session, person, typ, "")
        svar = client.post(vag, data={"namn": "Vera", "losenord": NYTT, "losenord_igen": NYTT})
        assert svar.headers["Location"] == NY
        assert not inne(client)


@pytest.mark.parametrize("gissningar", [50, pytest.param(1000, marks=pytest.mark.long)])
def test_a_thousand_codes_stop_the_guesser_who_knows_the_password_and_not_the_person(
    app: Flask, hemlighet: str, gissningar: int
) -> None:
    hers, thief = app.test_client(), app.test_client()
    losenordet(hers)
    hers.post(FRAGA, data={"kod": kod(hemlighet)})
    hers.post("/logga-ut")
    losenordet(thief)
    answers = [
        thief.post(
            FRAGA,
            data={"kod": f"{nummer:06}"},
            environ_overrides={"REMOTE_ADDR": f"10.{nummer // 250}.{nummer % 250}.7"},
        ).status_code
        for nummer in range(gissningar)
    ]
    assert answers == [422] * 5 + [429] * (gissningar - 5)
    assert not inne(thief)
    with clock.at(clock.now() + FORTFARANDE):
        losenordet(hers)
        assert hers.post(FRAGA, data={"kod": kod(hemlighet)}).status_code == 302


class TestOneSecretDoesNotDoForAnother:
    def test_the_code_of_the_login_proves_nothing_more_afterwards(
        self, client: FlaskClient, database: Database, hemlighet: str
    ) -> None:
        with clock.at(clock.now()):
            shown = kod(hemlighet)
            losenordet(client)
            assert client.post(FRAGA, data={"kod": shown}).status_code == 302
            with transaction(database) as session:
                session.execute(update(Inloggning).values(bekraftad=clock.now().replace(year=2020)))
            proof = {"bekrafta_losenord": f.LOSENORD, "bekrafta_kod": shown, "adress": "070-174 06 05"}
            svar = client.post("/mina-notiser/sms", data=proof)
            assert svar.status_code == 422
            assert "redan använd" in svar.get_data(as_text=True)

    def test_the_token_of_a_login_is_no_link_and_that_of_a_link_no_login(
        self, app: Flask, logga_in: LoggaIn, database: Database, client: FlaskClient
    ) -> None:
        with logga_in(VERA).session_transaction() as kaka:
            token = kaka["_user_id"]
        assert client.get(f"/konto/{token}").status_code == 404
        assert client.post(f"/konto/{token}", data={"losenord": NYTT, "losenord_igen": NYTT}).status_code == 404
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            lank = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, "").rsplit("/", 1)[1]
        for namn in ("_user_id", "halv"):
            with client.session_transaction() as kaka:
                kaka[namn] = lank
            assert not inne(client)
            assert client.get(FRAGA).headers["Location"] == "/logga-in"

    def test_neither_does_the_hash_that_a_stolen_copy_of_the_database_holds(
        self, logga_in: LoggaIn, database: Database, client: FlaskClient
    ) -> None:
        logga_in(VERA)
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            lankar.skapa(session, person, Lanktyp.ATERSTALLNING, "")
            lank = session.scalars(select(Engangslank.token_hash)).one()
            inloggning = session.scalars(select(Inloggning.token_hash).where(Inloggning.faktor.is_not(None))).one()
        assert client.get(f"/konto/{lank}").status_code == 404
        with client.session_transaction() as kaka:
            kaka["_user_id"] = inloggning
        assert not inne(client)

    def test_a_link_for_a_new_password_changes_no_name(self, client: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            before, vag = person.namn, lankar.skapa(session, person, Lanktyp.ATERSTALLNING, "")
        assert client.post(vag, data={"namn": "Ond", "losenord": NYTT, "losenord_igen": NYTT}).status_code == 302
        with database.reading() as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            assert person.namn == before

    def test_a_session_planted_before_a_link_is_used_does_not_become_its_login(
        self, app: Flask, database: Database
    ) -> None:
        victim, attacker = app.test_client(), app.test_client()
        with attacker.session_transaction() as planted:
            planted["planted"] = "yes"
        kaka = attacker.get_cookie("wis")
        assert kaka is not None
        victim.set_cookie("wis", kaka.value)
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            vag = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, "")
        assert victim.post(vag, data={"losenord": NYTT, "losenord_igen": NYTT}).status_code == 302
        assert inne(victim)
        assert not inne(attacker)
        with victim.session_transaction() as session_:
            assert "planted" not in session_
