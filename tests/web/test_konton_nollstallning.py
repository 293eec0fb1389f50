"""An administrator takes a colleague's second factor away, on the person's page."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories as f
from tests.web.faktor_stod import hamta_person, har_app
from tests.web.konton_stod import ANNA, BO, SIV, VERA, LoggaIn, adress, brev, logg, nackas_folk, sida
from wis.auth import faktorer
from wis.auth.models import Anvandare, Inloggning
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

KNAPP, AKT = "Nollställ andra faktor", "/nollstall-faktor"
VARFOR = {"motivering": "Telefonen ligger i sjön"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    nackas_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Nacka's administrator."""
    return logga_in(ANNA)


def antal(database: Database, epost: str) -> int:
    with database.reading() as session:
        return faktorer.lage(session, hamta_person(database, epost).id).antal


def test_it_is_gone_she_is_out_and_is_told_and_it_is_recorded(
    anna: FlaskClient, logga_in: LoggaIn, database: Database, settings: Settings
) -> None:
    vera = logga_in(VERA)
    har_app(database, settings, VERA)
    assert KNAPP in sida(anna.get(adress(database, VERA)))
    page = sida(anna.post(adress(database, VERA, AKT), data=VARFOR, follow_redirects=True))
    assert "har ingen andra faktor längre" in page
    assert KNAPP not in page
    assert antal(database, VERA) == 0
    assert vera.get("/handelser").status_code == 302
    (post,) = logg(database, "andra faktor nollställd")
    assert (post.anvandare_id, post.objekt) == (hamta_person(database, ANNA).id, VERA)
    assert VARFOR["motivering"] in post.uppgifter
    assert [(till, amne) for till, amne, _ in brev(database)] == [(VERA, "Din andra faktor i wis är borttagen")]
    assert "Andra faktor nollställd" in page
    assert VARFOR["motivering"] in page


def test_it_needs_a_reason(anna: FlaskClient, database: Database, settings: Settings) -> None:
    har_app(database, settings, VERA)
    page = sida(anna.post(adress(database, VERA, AKT), data={"motivering": " "}), 422)
    assert 'href="#motivering-nollstallning"' in page
    assert antal(database, VERA) == 1


def test_it_needs_the_administrator_to_prove_to_be_that_person(
    anna: FlaskClient, database: Database, settings: Settings
) -> None:
    har_app(database, settings, VERA)
    with transaction(database) as session:
        session.execute(update(Inloggning).values(bekraftad=None))
    assert "Bekräfta att det är du" in sida(anna.post(adress(database, VERA, AKT), data=VARFOR), 403)
    assert antal(database, VERA) == 1


def test_where_it_protects_another_actor_too_the_reason_stands_in_its_place(
    anna: FlaskClient, database: Database, settings: Settings
) -> None:
    har_app(database, settings, BO)
    with transaction(database) as session:
        person = session.get_one(Anvandare, hamta_person(database, BO).id)
        f.ett_medlemskap(session, person, f.en_aktor(session, "solna"), Roll.LASARE)
    page = sida(anna.get(adress(database, BO)))
    assert KNAPP not in page
    assert "wis user reset-factor" in page
    assert "Solna" not in page
    assert "Be den som sköter driften" in sida(anna.post(adress(database, BO, AKT), data=VARFOR), 422)
    assert antal(database, BO) == 1


def test_nobody_takes_away_their_own_here(anna: FlaskClient, database: Database, settings: Settings) -> None:
    har_app(database, settings, ANNA)
    assert KNAPP not in sida(anna.get(adress(database, ANNA)))
    assert "dina egna faktorer" in sida(anna.post(adress(database, ANNA, AKT), data=VARFOR), 422)
    assert antal(database, ANNA) == 1


@pytest.mark.parametrize("epost", [VERA, SIV])
def test_nobody_else_may(logga_in: LoggaIn, database: Database, settings: Settings, epost: str) -> None:
    har_app(database, settings, BO)
    assert logga_in(epost).post(adress(database, BO, AKT), data=VARFOR).status_code in {403, 404}
    assert antal(database, BO) == 1


def test_to_invite_somebody_does_not_tell_where_else_they_are(anna: FlaskClient, database: Database) -> None:
    invitation = {"epost": SIV, "namn": "Siv", "roll": "lasare", "motivering": "Ska läsa hos oss"}
    page = sida(anna.post("/aktorer/nacka/anvandare/bjud-in", data=invitation, follow_redirects=True))
    pages = [page, sida(anna.get(adress(database, SIV)))]
    pages += [sida(anna.get(f"/aktorer/nacka/{path}")) for path in ("anvandare.csv", "behorigheter", "misslyckade")]
    assert not any("Solna" in en or "/aktorer/solna" in en for en in pages)
