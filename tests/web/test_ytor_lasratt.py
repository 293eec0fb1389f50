"""The start page and an event's pages show what may be read, say who reads one's own, and how to ask for more."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_person_hos
from tests.lasratt import en_gast, en_handelseroll, en_krets
from tests.utskick import en_version, skriver
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, html, las_till, publicera, underratta
from wis import clock
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild
from wis.tx import transaction

SIDA = f"/handelser/{SLUG}"


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, in which Trafikverket has narrowed its lägesbild to Polisen."""
    bygg_lage(database)
    with transaction(database) as session:
        _trafikverkets(session).krets_id = en_krets(session, "polisen").id
    return database


def _trafikverkets(session: Session) -> Lagesbild:
    return session.scalars(select(Lagesbild).where(Lagesbild.aktor.has(slug="trafikverket"))).one()


def _handelsen(session: Session) -> Handelse:
    return session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()


def test_a_narrowed_lagesbild_is_on_no_tab_of_those_outside(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    for flik in ("", "/tidslinje", "/versioner"):
        assert "/lagesbild/trafikverket" not in html(client, SIDA + flik), flik
    assert "Trafikverket" not in html(client, f"{SIDA}/tidslinje")
    sida = html(client, SIDA)
    assert "Har inte delat någon lägesbild med er: Lansstyrelsen, Skrivarnas, Trafikverket." in sida


def test_one_s_own_card_says_how_many_read_it(lage: Database, logga_in: LoggaIn) -> None:
    assert "Läsrätt hos 2 av 6 aktörer" in html(logga_in("skribent@trafikverket.example"), SIDA)
    assert "Läsrätt hos" not in html(logga_in("lasare@nacka.example"), SIDA)


def test_an_editor_may_ask_for_what_is_not_shared_and_a_reader_not(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("redaktor@lansstyrelsen.example"), SIDA)
    assert f'action="{SIDA}/be-om-lasratt"' in sida
    assert '<option value="trafikverket">Trafikverket</option>' in sida
    assert "be-om-lasratt" not in html(logga_in("lasare@nacka.example"), SIDA)


def test_labels_and_functions_stand_beside_what_they_are_of(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        version = publicera(session, _handelsen(session), "taby", tlp="amber", funktion="TiB")
        assert version.nummer == 1
    client = logga_in("lasare@nacka.example")
    for flik in ("", "/tidslinje", "/versioner"):
        sida = html(client, SIDA + flik)
        assert "TLP:AMBER" in sida, flik
        assert "TiB" in sida, flik


def test_only_versions_that_may_be_read_are_compared_with(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        for tlp in ("clear", "red", "clear", "clear"):
            publicera(session, _handelsen(session), "taby", tlp=tlp)
    sida = html(logga_in("lasare@nacka.example"), f"{SIDA}/versioner")
    jamfor = f"{SIDA}/lagesbild/taby/jamfor"
    assert f"{jamfor}/3/4" in sida
    assert f"{jamfor}/1/4" in sida
    assert f"{jamfor}/2/" not in sida
    assert "/2/3" not in sida


def test_an_older_version_is_not_shown_as_the_latest(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        publicera(session, _handelsen(session), "taby", text="Detta är öppet.")
        publicera(session, _handelsen(session), "taby", text="Detta är rött.", tlp="red")
    sida = html(logga_in("lasare@nacka.example"), SIDA)
    assert "Detta är öppet." not in sida
    assert "Detta är rött." not in sida


def test_a_guest_s_start_page_is_the_one_event_and_until_when(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        en_gast(session, "nacka", _handelsen(session), epost="gast@prov.example")
    client = logga_in("gast@prov.example")
    start = html(client, "/")
    assert "Du är gäst hos Nacka och läser en händelse, till " in start
    assert "Snöoväder Svealand" in start
    assert "Öppna händelse" not in start
    assert "Fler åtgärder" not in html(client, SIDA)
    with transaction(lage) as session:
        _handelsen(session).stangd = clock.now()
    assert "Snöoväder Svealand" in html(client, "/")


def test_an_administrator_with_a_role_in_one_event_starts_there(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("admin@nacka.example")
    assert "Snöoväder Svealand" not in html(client, "/")
    with transaction(lage) as session:
        admin = session.scalars(select(Anvandare).where(Anvandare.epost == "admin@nacka.example")).one()
        en_handelseroll(session, admin, _handelsen(session), Roll.LASARE)
    assert "Snöoväder Svealand" in html(client, "/")
    assert "Samlat: E18 är avstängd." in html(client, SIDA)


def test_who_has_lost_the_event_marks_nothing_in_it_as_read(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    assert las_till(client, clock.now()) == 302
    with transaction(lage) as session:
        lasare = session.scalars(select(Anvandare).where(Anvandare.epost == "lasare@nacka.example")).one()
        en_handelseroll(session, lasare, _handelsen(session), None)
    assert las_till(client, clock.now() + timedelta(minutes=1)) == 404


def _kort(client: FlaskClient, utskick_id: int) -> tuple[int, str]:
    svar = client.get(f"/n/{utskick_id}")
    return svar.status_code, svar.headers.get("Location", "")


def test_the_short_address_leads_those_who_may_read_and_nobody_else(
    lage: Database, client: FlaskClient, logga_in: LoggaIn
) -> None:
    with skriver(lage) as session:
        en_person_hos(session, "polisen", epost="lasare@polisen.example")
        utskick_id = en_version(session, _handelsen(session)).id
    assert _kort(logga_in("lasare@polisen.example"), utskick_id) == (
        302,
        f"{SIDA}/lagesbild/trafikverket/versioner/3",
    )
    assert _kort(logga_in("lasare@nacka.example"), utskick_id) == (404, "")
    assert _kort(logga_in("lasare@polisen.example"), utskick_id + 999) == (404, "")
    assert _kort(client, utskick_id)[1].startswith("/logga-in")


def test_the_preview_follows_the_readers_and_the_label_in_the_form(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("talesperson@trafikverket.example")
    adress = f"{SIDA}/forhandsvisa?slag=underrattelse"
    falt = {"rubrik": "Hemlig rubrik", "text": "Hemlig text."}
    oppen = client.post(adress, data=falt | {"laskrets": "alla"}).get_data(as_text=True)
    assert "Hemlig text." in oppen
    rod = client.post(adress, data=falt | {"laskrets": "egen", "tlp": "red"}).get_data(as_text=True)
    assert "Trafikverket: TLP:RED, nytt att läsa i wis\nhttp://localhost/n/1</p>" in rod
    assert "Hemlig" not in rod


def test_nothing_hidden_counts_as_new_on_the_start_page(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    las_till(client, clock.now())
    with transaction(lage) as session:
        publicera(session, _handelsen(session), "trafikverket")
    assert " ny<" not in html(client, "/")
    with transaction(lage) as session:
        underratta(session, _handelsen(session), "Bron är stängd")
    assert "1 ny<" in html(client, "/")
