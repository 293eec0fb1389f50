"""Questions that are not lost, answers that say what they changed, and an inbox that stays small."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, fragor, html, publicera
from wis import clock
from wis.auth.rules import Fragas, Roll
from wis.db import Database
from wis.fragor import queries
from wis.fragor.models import Rattsfraga
from wis.handelser.models import Handelse, HandelseLasare
from wis.tx import transaction

GAMMAL = "/handelser/storm/lagesbild/trafikverket/versioner/1"


@pytest.fixture
def lage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    stod.bygg(database)
    stod.utan_vantan(monkeypatch)
    return database


def _be(client: FlaskClient, sida: str) -> None:
    assert client.post("/fragor/be-om-lasratt", data={"sida": sida, "text": ""}).status_code == 302


def _handelsen(session: Session, slug: str) -> Handelse:
    return session.scalars(select(Handelse).where(Handelse.slug == slug)).one()


# --- what counts as the same question ------------------------------------------------------------------------------


def test_two_who_are_kept_out_by_their_own_actor_both_get_asked_for(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "trafikverket", None, epost="admin@trafikverket.example", administrator=True)
        for nummer in (1, 2):
            f.en_person_hos(session, "trafikverket", None, epost=f"ny{nummer}@trv.example", administrator=True)
    ny1, ny2 = logga_in("ny1@trv.example"), logga_in("ny2@trv.example")
    for client, sida in ((ny1, "/handelser/hemlig"), (ny2, "/handelser/hemlig"), (ny1, "/handelser/storm")):
        _be(client, sida)
    assert len(stod.fragorna(lage)) == 3
    _be(logga_in("ny2@trv.example"), "/handelser/hemlig/")
    assert len(stod.fragorna(lage)) == 4


# --- who is written to ---------------------------------------------------------------------------------------------


def test_who_can_answer_is_found_with_as_many_queries_for_twenty_as_for_two(lage: Database) -> None:
    def antal() -> tuple[int, int]:
        with transaction(lage) as session:
            solna = f.en_aktor(session, "solna").id
            with fragor(lage) as seen:
                people = queries.mottagare(session, solna, Fragas.TALESPERSON, None, clock.now())
        return len(people), len(seen)

    few = antal()
    with transaction(lage) as session:
        for nummer in range(20):
            f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=f"r{nummer}@solna.example")
    many = antal()
    assert many == (few[0] + 20, few[1])


def test_one_letter_asks_for_several_actors(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        ids = [f.en_aktor(session, slug).id for slug in ("nacka", "polisen", "lansstyrelsen")]
    logga_in(stod.SOLNA_RED).post("/handelser/storm/be-om-lasratt?aktor=trafikverket", data={"for_aktorer": ids})
    assert {rad.for_aktor_id for rad in stod.fragorna(lage)} == set(ids)
    brev = stod.brev(lage)
    skrivna = [till for till, _amne, _text in brev]
    assert {stod.TRV_RED, stod.TRV_TALES} <= set(skrivna)
    assert len(set(skrivna)) == len(skrivna)
    assert "läsrätt till er lägesbild för 3 aktörer:" in brev[0][2]
    assert "- Nacka\n" in brev[0][2]


# --- what a yes gives ----------------------------------------------------------------------------------------------


def _sen_lasare(lage: Database) -> None:
    """Nacka reads 'hemlig' only from now on; it holds a lägesbild from before."""
    with transaction(lage) as session:
        handelse = _handelsen(session, "hemlig")
        publicera(session, handelse, "solna", nar=clock.now() - timedelta(hours=3))
        nacka = f.en_aktor(session, "nacka").id
        handelse.lasare.append(HandelseLasare(aktor_id=nacka, fran=clock.now() - timedelta(hours=1)))


def test_a_question_about_what_was_before_has_one_yes_that_gives_it(lage: Database, logga_in: LoggaIn) -> None:
    _sen_lasare(lage)
    lasare, solna = logga_in(stod.LASARE), logga_in(stod.SOLNA_RED)
    gammal = "/handelser/hemlig/lagesbild/solna/versioner/1"
    assert lasare.get(gammal).status_code == 404
    _be(lasare, gammal)
    [rad] = stod.fragorna(lage)
    sida = html(solna, "/fragor")
    assert 'value="ja_allt"' in sida
    assert 'value="ja"' not in sida
    assert "Nacka läser redan det som publiceras från och med nu. Frågan gäller det äldre" in sida
    solna.post(f"/fragor/{rad.id}/svara", data={"svar": "ja_allt"})
    svaret = "Läsrätten gäller det som publiceras från och med nu och det som redan är publicerat."
    assert svaret in html(solna, "/fragor")
    assert svaret in stod.brev(lage)[-1][2]
    assert lasare.get(gammal).status_code == 200


def test_a_yes_that_gives_nothing_says_so(lage: Database, logga_in: LoggaIn) -> None:
    _sen_lasare(lage)
    lasare, solna = logga_in(stod.LASARE), logga_in(stod.SOLNA_RED)
    _be(lasare, "/handelser/hemlig/lagesbild/solna/versioner/1")
    solna.post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "ja"})
    for text in (html(solna, "/fragor"), stod.brev(lage)[-1][2]):
        assert "Men inget ändrades: Nacka läser redan det som publiceras från och med nu." in text
        assert "Läsrätten gäller" not in text


def test_a_new_reader_is_given_all_or_what_comes(lage: Database, logga_in: LoggaIn) -> None:
    _be(logga_in(stod.LASARE), GAMMAL)
    _be(logga_in(stod.LASARE), "/handelser/hemlig")
    for epost in (stod.TRV_TALES, stod.SOLNA_RED):
        sida = html(logga_in(epost), "/fragor")
        varden = re.findall(r'name="svar" value="(\w+)"', sida)
        assert varden == ["ja_allt", "ja", "nej"]


# --- a long inbox --------------------------------------------------------------------------------------------------


def _manga(lage: Database, antal: int) -> None:
    with transaction(lage) as session:
        nacka, solna = f.en_aktor(session, "nacka"), f.en_aktor(session, "solna")
        person = f.en_person_hos(session, "nacka", Roll.LASARE, epost=f"x{antal}@nacka.example")
        for nummer in range(antal):
            handelse = f.en_handelse(session, "solna", slug=f"h{antal}-{nummer}", lasare=["trafikverket"])
            rad = Rattsfraga(
                skapad=clock.now(),
                typ="handelse",
                fran_id=person.id,
                fran_aktor_id=nacka.id,
                till_aktor_id=solna.id,
                till="redaktor",
                handelse_id=handelse.id,
                for_aktor_id=nacka.id,
                sida=f"/handelser/{handelse.slug}",
                verb="läsa",
                skal="",
                text=f"Nummer {nummer}.",
            )
            session.add(rad)


def test_the_inbox_asks_the_database_as_often_for_many_questions_as_for_few(lage: Database, logga_in: LoggaIn) -> None:
    client, antal = logga_in(stod.SOLNA_RED), []
    for nya in (2, 30):
        _manga(lage, nya)
        with fragor(lage) as seen:
            html(client, "/fragor")
        antal.append(len(seen))
    assert antal[0] == antal[1]


def test_the_inbox_shows_fifty_and_then_the_rest(lage: Database, logga_in: LoggaIn) -> None:
    _manga(lage, 53)
    client = logga_in(stod.SOLNA_RED)
    sida = html(client, "/fragor")
    assert "Nummer 49." in sida
    assert "Nummer 50." not in sida
    sista = stod.fragorna(lage)[49].id
    assert f'href="/fragor?efter={sista}"' in sida
    resten = html(client, f"/fragor?efter={sista}")
    assert "Nummer 50." in resten
    assert "Nummer 52." in resten
    assert "Nummer 49." not in resten
    assert "Visa fler" not in resten
    # An answer to one of the last that must be mended comes back with it.
    fel = client.post(f"/fragor/{stod.fragorna(lage)[52].id}/svara", data={"svar": "nej", "svarstext": "b" * 501})
    assert fel.status_code == 422
    assert "b" * 501 in fel.get_data(as_text=True)
