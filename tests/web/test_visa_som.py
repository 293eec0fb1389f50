"""'Visa som …': what another sees, never more than one's own, and nothing done meanwhile."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, html, underratta
from wis import audit, clock
from wis.auth import visning
from wis.auth.inloggningsfraga import find_inloggning
from wis.auth.models import Medlemskap
from wis.auth.queries import find_anvandare, find_subjekt
from wis.auth.rules import Roll
from wis.auth.service import token_hash
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tx import transaction

BAND = '<aside class="visningsband"'


@pytest.fixture
def lage(database: Database) -> Database:
    stod.bygg(database)
    return database


def _visa(lage: Database, client: FlaskClient, aktor: str, roll: str = "lasare", person: str = "") -> None:
    data = {"visa_aktor": str(stod.aktor_id(lage, aktor)), "visa_roll": roll, "visa_person": person}
    svar = client.post("/visa-som", data=data)
    assert svar.status_code == 302, svar.get_data(as_text=True)


def _medlemskap(lage: Database, epost: str) -> str:
    with lage.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        return str(person.medlemskap[0].id)


# --- who sees what -------------------------------------------------------------------------------------------------


def test_a_talesperson_sees_the_event_as_another_actor_sees_it(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_TALES)
    assert "Intern notis" in html(client, "/handelser/storm")
    _visa(lage, client, "nacka")
    sida = html(client, "/handelser/storm")
    assert BAND in sida
    assert "Så här ser Nacka (läsare) sidan." in sida
    assert "Slutar" in sida
    assert "Intern notis" not in sida
    assert "Du är läsare hos Nacka." in sida  # why it could not write
    assert 'action="/fragor/stall"' not in sida
    assert client.get("/handelser/hemlig").status_code == 404
    assert "Hemlig sak" not in html(client, "/handelser")


def test_one_never_sees_more_than_one_may_read_oneself(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="tales@nacka.example")
    client = logga_in("tales@nacka.example")
    _visa(lage, client, "trafikverket", "redaktor")
    assert client.get("/handelser/hemlig").status_code == 404
    for path in ("/", "/handelser", "/handelser/storm", "/underrattelser"):
        sida = html(client, path)
        assert "Hemlig sak" not in sida, path
        assert "Intern notis" not in sida, path
    with lage.reading() as session:
        notis = session.scalars(select(Handelse.id)).first()
    assert client.get(f"/underrattelser/{notis}").status_code == 404


def test_a_colleague_is_shown_with_her_own_role_in_the_event(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "solna", person=_medlemskap(lage, stod.SOLNA_LAS))
    sida = html(client, "/handelser/hemlig")
    assert "Solna (läsare) sidan." in sida
    assert "Du är läsare hos Solna." in sida


def test_a_colleague_who_is_shut_out_is_shown_to_read_nothing(lage: Database, logga_in: LoggaIn) -> None:
    vem = _medlemskap(lage, stod.SOLNA_LAS)
    with transaction(lage) as session:
        session.get_one(Medlemskap, int(vem)).avstangd = clock.now()
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "solna", person=vem)
    assert client.get("/handelser/storm").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"visa_aktor": "4711", "visa_roll": "lasare"},
        {"visa_aktor": "x", "visa_roll": "lasare"},
        {"visa_aktor": "1", "visa_roll": "kung"},
        {"visa_aktor": "1", "visa_roll": "lasare", "visa_person": "utomstaende"},
    ],
)
def test_a_choice_that_is_none_comes_back(lage: Database, logga_in: LoggaIn, data: dict[str, str]) -> None:
    if data.get("visa_person"):
        data = {**data, "visa_person": _medlemskap(lage, stod.LASARE)}  # of another actor
    client = logga_in(stod.SOLNA_TALES)
    assert client.post("/visa-som", data=data).status_code == 422
    assert BAND not in html(client, "/")


@pytest.mark.parametrize("epost", [stod.LASARE, stod.SKRIBENT])
def test_who_neither_publishes_nor_administers_may_not(lage: Database, logga_in: LoggaIn, epost: str) -> None:
    assert logga_in(epost).get("/visa-som").status_code == 403


def test_an_administrator_may(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.ADMIN)
    assert 'href="/visa-som?nasta=/handelser/storm"' in html(client, "/handelser/storm")
    _visa(lage, client, "solna")
    assert BAND in html(client, "/")


def test_an_administrator_who_reads_nothing_sees_the_pages_and_nothing_in_them(
    lage: Database, logga_in: LoggaIn
) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "solna", None, epost="admin@solna.example", administrator=True)
    client = logga_in("admin@solna.example")
    assert "Visa som …" in html(client, "/")
    assert "Du har själv ingen läsrätt, så innehållet visas inte" in html(client, "/visa-som")
    _visa(lage, client, "solna", "talesperson")
    for path in ("/", "/handelser", "/underrattelser"):
        sida = html(client, path)
        assert "Så här ser Solna (talesperson) sidan." in sida, path
        assert "Du har själv ingen läsrätt, så innehållet visas inte." in sida, path
        for hemligt in ("Hemlig sak", "Stormen", "Intern notis", "Broar"):
            assert hemligt not in sida, path
    assert client.get("/handelser/storm").status_code == 403
    assert client.get("/handelser/hemlig").status_code == 404
    assert client.post("/visa-som/sluta").status_code == 302


# --- nothing but looking -------------------------------------------------------------------------------------------


def test_only_what_is_marked_for_it_is_drawn_as_another(app: Flask, lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        storm = session.scalars(select(Handelse).where(Handelse.slug == "storm")).one()
        underratta(session, storm, "För alla", aktor="solna")
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "solna", "redaktor")
    marked = {name for name, view in app.view_functions.items() if getattr(view, "visbar_som", False)}
    assert marked == {
        "ytor.start",
        "ytor.handelse",
        "ytor.tidslinje",
        "ytor.versioner",
        "region.visa",
        "begaran.lista",
        "begaran.visa",
        "lagesbild.utgava",
        "lagesbild.senaste",
        "lagesbild.version",
        "lagesbild.bilaga",
        "lagesbild.forhandsbild",
        "lagesbild.jamfor",
        "underrattelser.lista",
        "underrattelser.visa",
        "handelser.lista",
        "anteckningar.visa",
        "karta.visa",
        "sok.sida",
    }
    varden = {"slug": "storm", "vem": "solna", "nummer": 1, "a": 1, "b": 2, "id": 1, "kanal": "sms", "token": "x"}
    varden["utgava"] = "ledning"
    for rule in app.url_map.iter_rules():
        if rule.endpoint in {"static", "visa_som.sluta", "auth.logga_ut"} or rule.endpoint.startswith("halsa."):
            continue
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **{namn: varden.get(namn, 1) for namn in rule.arguments})
        for metod in (rule.methods or set()) & {"GET", "POST"}:
            if metod == "GET" and rule.endpoint in marked:
                continue
            svar = client.open(path, method=metod, data={} if metod == "POST" else None)
            assert svar.status_code == 403, (rule.rule, metod)
            assert "Du visar sidor som Solna (redaktör)" in svar.get_data(as_text=True), rule.rule


def test_what_was_typed_in_another_tab_is_kept_and_a_script_is_told(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    form = {"text": "Vi har stängt bron.", "som_aktor": str(stod.aktor_id(lage, "solna"))}
    svar = client.post("/handelser/storm/underrattelser/ny", data=form)
    assert svar.status_code == 403
    assert "Vi har stängt bron." in svar.get_data(as_text=True)
    svar = client.post("/handelser/storm/underrattelser/ny", data=form, headers={"Accept": "application/json"})
    assert (svar.status_code, svar.mimetype) == (403, "application/json")


def test_the_health_check_and_logging_out_are_as_ever(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    assert client.get("/halsa/live").status_code == 200
    assert client.post("/logga-ut").status_code == 302
    assert client.get("/").status_code == 302


# --- how it ends ---------------------------------------------------------------------------------------------------


def test_one_button_ends_it(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    svar = client.post("/visa-som/sluta", data={"nasta": "/handelser/hemlig"})
    assert svar.headers["Location"] == "/handelser/hemlig"
    sida = html(client, "/handelser/hemlig")
    assert BAND not in sida
    assert client.post("/visa-som/sluta", data={"nasta": "//ond.example/"}).headers["Location"] == "/"


def test_it_ends_by_itself_after_a_quarter_of_an_hour(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    with clock.at(clock.now() + timedelta(minutes=14)):
        assert BAND in html(client, "/")
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert BAND not in html(client, "/")
        assert "Hemlig sak" in html(client, "/handelser")


def test_it_ends_when_the_right_to_it_does(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    with transaction(lage) as session:
        session.get_one(Medlemskap, int(_medlemskap(lage, stod.SOLNA_RED))).roll = Roll.LASARE
    assert BAND not in html(client, "/")


def test_beginning_and_ending_stand_in_the_record_under_the_one_who_looks(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    client.get("/handelser/hemlig")
    client.post("/visa-som/sluta")
    solna = stod.aktor_id(lage, "solna")
    with lage.reading() as session:
        poster = session.scalars(select(audit.Loggpost).order_by(audit.Loggpost.nummer.desc()).limit(3)).all()
    assert [post.handling for post in poster] == ["slutar visa som", "nekad", "börjar visa som"]
    assert {post.aktor_id for post in poster} == {solna}
    assert "Nacka (läsare)" in poster[2].uppgifter


def test_the_live_channel_keeps_judging_the_real_person(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    _visa(lage, client, "nacka")
    with client.session_transaction() as kaka, lage.reading() as session:
        inloggning = find_inloggning(session, token_hash(kaka["_user_id"]), clock.now(), timedelta(hours=1))
        assert inloggning is not None
        who = find_subjekt(session, inloggning, clock.now())
        assert who is not None
        assert who.aktor_slug == "solna"
        shown = visning.visat(session, inloggning, who, clock.now())
        assert (shown.aktor_slug, shown.anvandare_id, shown.betraktare) == ("nacka", who.anvandare_id, who)
