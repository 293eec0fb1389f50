"""One's own logins: how long they last, where they are, ending them, and going on when a role has ended."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from tests.web.konton_stod import logg, sida
from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.auth.models import Anvandare, Inloggning, Medlemskap
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.auth.service import token_hash
from wis.db import Database
from wis.horare import bedom_flera
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA, ALI = "vera@nacka.example", "ali@nacka.example"
LISTA, START, SKRIV = "/mitt-konto/inloggningar", "/handelser", "/handelser/ny"
TIMME = timedelta(hours=1)
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        vera = f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA)
        f.ett_medlemskap(session, vera, f.en_aktor(session, "solna"), Roll.SKRIBENT)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=ALI)


def rader(database: Database, epost: str = VERA) -> list[Inloggning]:
    """The person's logins that have let somebody in, the oldest first."""
    with database.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        where = (Inloggning.anvandare_id == person.id, Inloggning.faktor.is_not(None))
        return list(session.scalars(select(Inloggning).where(*where).order_by(Inloggning.id)))


def aktiv(database: Database) -> datetime:
    """When Vera's latest login was last noted to be in use."""
    noted = rader(database)[-1].senast_aktiv
    assert noted is not None
    return noted


def inne(client: FlaskClient) -> bool:
    """Whether the browser is still let in."""
    return client.get(START).status_code == 200


def andra_medlemskap(database: Database, slug: str, **varden: object) -> None:
    """Change what Vera is at the actor."""
    with transaction(database) as session:
        found = session.scalars(select(Medlemskap).join(Medlemskap.anvandare).where(Anvandare.epost == VERA)).all()
        medlemskap = next(m for m in found if m.aktor.slug == slug)
        for namn, varde in varden.items():
            setattr(medlemskap, namn, varde)


def medlemskap_id(database: Database, slug: str) -> int:
    with database.reading() as session:
        found = session.scalars(select(Medlemskap).join(Medlemskap.anvandare).where(Anvandare.epost == VERA)).all()
        return next(m.id for m in found if m.aktor.slug == slug)


class TestHowLongALoginLasts:
    def test_unused_it_ends_after_thirteen_hours(self, logga_in: LoggaIn, settings: Settings) -> None:
        client, start = logga_in(VERA), clock.now()
        assert settings.session_vilotid == 13 * 3600
        with clock.at(start + 13 * TIMME + timedelta(seconds=5)):
            assert not inne(client)

    def test_in_use_it_outlives_a_shift(self, logga_in: LoggaIn) -> None:
        client, start = logga_in(VERA), clock.now()
        for hours in (6, 12, 18, 23):
            with clock.at(start + hours * TIMME):
                assert inne(client)

    def test_in_use_or_not_it_ends_after_a_day_and_a_night(self, logga_in: LoggaIn) -> None:
        client, start = logga_in(VERA), clock.now()
        for hours in (12, 23):
            with clock.at(start + hours * TIMME):
                assert inne(client)
        with clock.at(start + 24 * TIMME + timedelta(seconds=5)):
            assert not inne(client)

    def test_the_operator_may_set_another_rest(self, settings: Settings, database: Database) -> None:
        client = en_app(replace(settings, session_vilotid=600), database).test_client()
        client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD})
        with clock.at(clock.now() + timedelta(minutes=11)):
            assert not inne(client)

    def test_use_is_written_down_once_a_minute_at_most(self, logga_in: LoggaIn, database: Database) -> None:
        client, start = logga_in(VERA), clock.now()
        first = aktiv(database)
        with clock.at(start + timedelta(seconds=50)):
            client.get(START)
        assert aktiv(database) == first
        with clock.at(start + timedelta(seconds=70)):
            client.get(START)
        later = aktiv(database)
        assert later > first
        with clock.at(start + timedelta(seconds=100)):
            client.get(START)
        assert aktiv(database) == later

    def test_a_page_that_fetches_itself_is_no_use(self, logga_in: LoggaIn, database: Database) -> None:
        client, start = logga_in(VERA), clock.now()
        first = aktiv(database)
        with clock.at(start + TIMME):
            assert client.get(START, headers={"X-Live": "1"}).status_code == 200
        assert aktiv(database) == first

    def test_while_the_database_is_busy_the_page_comes_all_the_same_and_at_once(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client, start = logga_in(VERA), clock.now()
        first = aktiv(database)
        with clock.at(start + TIMME):
            with transaction(database) as writer:
                writer.connection()
                began = time.monotonic()
                assert inne(client)
                # A writer waits five seconds for its turn.
                assert time.monotonic() - began < 4
            assert aktiv(database) == first
            assert inne(client)
        assert aktiv(database) > first

    def test_its_sockets_end_with_it(self, logga_in: LoggaIn, database: Database, settings: Settings) -> None:
        client, rest = logga_in(VERA), timedelta(seconds=settings.session_vilotid)
        with client.session_transaction() as kaka:
            hash_ = token_hash(kaka["_user_id"])
        with database.reading() as session:
            assert bedom_flera(session, [hash_], clock.now(), rest)
            assert not bedom_flera(session, [hash_], clock.now() + rest + TIMME, rest)


class TestTheListOfLogins:
    def test_shows_device_address_and_which_is_this(self, app: Flask, logga_in: LoggaIn) -> None:
        here, phone = logga_in(VERA), app.test_client()
        phone.post(
            "/logga-in",
            data={"epost": VERA, "losenord": f.LOSENORD},
            headers={"User-Agent": CHROME},
            environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
        )
        logga_in(ALI)
        page = sida(here.get(LISTA))
        assert "2 inloggningar" in page
        assert "Chrome på Android" in page
        assert "192.0.2.7" in page
        assert page.count("Den här") == 1
        assert "Mobile Safari" not in page

    def test_one_can_be_ended(self, logga_in: LoggaIn, database: Database) -> None:
        here, other = logga_in(VERA), logga_in(VERA)
        told: list[Andring] = []
        lyssna(database, told.append)
        answer = here.post(f"{LISTA}/{rader(database)[1].id}/avsluta", follow_redirects=True)
        assert "Inloggningen är avslutad." in sida(answer)
        assert inne(here)
        assert not inne(other)
        assert {(andring.slag, andring.anvandare_id) for andring in told} == {
            (Slag.BEHORIGHET, rader(database)[0].anvandare_id)
        }
        assert logg(database, "inloggning avslutad")

    def test_this_one_too(self, logga_in: LoggaIn, database: Database) -> None:
        here = logga_in(VERA)
        here.post(f"{LISTA}/{rader(database)[0].id}/avsluta")
        assert not inne(here)

    def test_all_others_can_be_ended(self, logga_in: LoggaIn) -> None:
        here, others, ali = logga_in(VERA), [logga_in(VERA) for _ in range(3)], logga_in(ALI)
        assert "(3 avslutade)" in sida(here.post(f"{LISTA}/avsluta-andra", follow_redirects=True))
        assert inne(here)
        assert not any(inne(other) for other in others)
        assert inne(ali)

    def test_of_others_nothing_can_be_seen_nor_ended(self, logga_in: LoggaIn, database: Database) -> None:
        here, ali = logga_in(VERA), logga_in(ALI)
        theirs = rader(database, ALI)[0].id
        answer = sida(here.post(f"{LISTA}/{theirs}/avsluta", follow_redirects=True))
        assert "redan avslutad" in answer
        assert inne(ali)
        assert not logg(database, "inloggning avslutad")


class TestWhenARoleEnds:
    UPPHORD = "Din roll hos Nacka har upphört"

    @pytest.fixture
    def vera(self, logga_in: LoggaIn, database: Database) -> FlaskClient:
        """Vera, who acts for Nacka."""
        client = logga_in(VERA)
        client.post("/byt-aktor", data={"medlemskap": medlemskap_id(database, "nacka")})
        return client

    @pytest.mark.parametrize("hur", ["avstangd", "giltig_till"])
    def test_one_is_told_and_chooses_and_comes_where_one_was_going(
        self, vera: FlaskClient, database: Database, hur: str
    ) -> None:
        andra_medlemskap(database, "nacka", **{hur: clock.now() - timedelta(seconds=1)})
        page = vera.get(f"{START}?q=snö", follow_redirects=True)
        assert self.UPPHORD in sida(page)
        assert "Fortsätt som Solna" in sida(page)
        assert page.request.path == "/mitt-konto/roll"
        answer = vera.post(
            "/mitt-konto/roll",
            data={"medlemskap": medlemskap_id(database, "solna"), "nasta": page.request.args["nasta"]},
        )
        assert answer.headers["Location"].startswith(f"{START}?q=")
        assert "Du företräder Solna" in sida(vera.get(START))
        assert inne(vera)

    def test_what_was_typed_is_kept_and_nothing_is_done_for_the_other_actor(
        self, vera: FlaskClient, database: Database
    ) -> None:
        andra_medlemskap(database, "nacka", avstangd=clock.now())
        page = sida(vera.post(SKRIV, data={"rubrik": "Skogsbrand i Ågesta"}), 403)
        assert self.UPPHORD in page
        assert "Skogsbrand i Ågesta" in page
        solna = medlemskap_id(database, "solna")
        data = {"medlemskap": solna, "nasta": SKRIV, "parkerat": '[["rubrik", "Skogsbrand i Ågesta"]]'}
        again = sida(vera.post("/mitt-konto/roll", data=data))
        assert "Du företräder nu Solna. Inget är skickat än" in again
        assert '<textarea name="rubrik" hidden>Skogsbrand i Ågesta</textarea>' in again
        assert f'action="{SKRIV}"' in again

    def test_a_script_is_told_so(self, vera: FlaskClient, database: Database) -> None:
        andra_medlemskap(database, "nacka", avstangd=clock.now())
        answer = vera.post(SKRIV, data={"rubrik": "x"}, headers={"Accept": "application/json"})
        assert answer.status_code == 403
        assert answer.get_json()["kod"] == "roll_upphord"

    def test_a_guest_whose_time_is_out_is_told_that(self, vera: FlaskClient, database: Database) -> None:
        with transaction(database) as session:
            handelse = f.en_handelse(session, "nacka")
            found = session.get_one(Medlemskap, medlemskap_id(database, "nacka"))
            found.roll, found.gast_handelse_id, found.giltig_till = "lasare", handelse.id, clock.now() + TIMME
        assert inne(vera)
        with clock.at(clock.now() + 2 * TIMME):
            assert "Din tid som gäst hos Nacka har upphört" in sida(vera.get(START, follow_redirects=True))

    def test_with_nothing_left_one_is_told_whom_to_ask(self, vera: FlaskClient, database: Database) -> None:
        for slug in ("nacka", "solna"):
            andra_medlemskap(database, slug, avstangd=clock.now())
        page = sida(vera.get(START), 403)
        assert self.UPPHORD in page
        assert "Ditt konto har ingen gällande roll" in page
        assert sida(vera.get(LISTA))

    @pytest.mark.parametrize("vems", ["nackas", "alis"])
    def test_one_cannot_choose_what_is_not_ones_own_and_in_force(
        self, vera: FlaskClient, database: Database, vems: str
    ) -> None:
        andra_medlemskap(database, "nacka", avstangd=clock.now())
        with database.reading() as session:
            alis = session.scalars(select(Medlemskap.id).join(Medlemskap.anvandare).where(Anvandare.epost == ALI)).one()
        valt = medlemskap_id(database, "nacka") if vems == "nackas" else alis
        assert self.UPPHORD in sida(vera.post("/mitt-konto/roll", data={"medlemskap": valt}), 403)
        assert vera.get(START).status_code == 302

    def test_the_choice_never_leads_to_another_site(self, vera: FlaskClient, database: Database) -> None:
        andra_medlemskap(database, "nacka", avstangd=clock.now())
        data = {"medlemskap": medlemskap_id(database, "solna"), "nasta": "//ond.example"}
        assert vera.post("/mitt-konto/roll", data=data).headers["Location"] == "/"
