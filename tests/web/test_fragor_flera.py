"""Asking for several actors: one card, one answer; what is told of it, and to whom; what guests may ask."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, fragor, html
from wis import audit, clock
from wis.auth.queries import find_anvandare
from wis.auth.rules import Fragas, Roll
from wis.db import Database
from wis.fragor import queries
from wis.handelser.models import Handelse
from wis.tx import transaction

BILD = "/handelser/storm/be-om-lasratt?aktor=trafikverket"
NACKA_RED = "red@nacka.example"


@pytest.fixture
def lage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    stod.bygg(database)
    stod.utan_vantan(monkeypatch)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=NACKA_RED)
        for slug in ("polisen", "lansstyrelsen"):
            f.en_aktor(session, slug)
    return database


def _ids(lage: Database, *slugs: str) -> list[int]:
    return [stod.aktor_id(lage, slug) for slug in slugs]


def _be(client: FlaskClient, ids: list[int], text: str = "", path: str = BILD) -> str:
    return client.post(path, data={"for_aktorer": ids, "text": text}, follow_redirects=True).get_data(as_text=True)


# --- which are chosen ----------------------------------------------------------------------------------------------


def test_nobody_is_chosen_beforehand_but_the_own_actor_that_lacks_it(lage: Database, logga_in: LoggaIn) -> None:
    assert " checked" not in html(logga_in(stod.SOLNA_RED), BILD)
    sida = html(logga_in(NACKA_RED), BILD)
    assert sida.count(" checked") == 1
    assert f'value="{stod.aktor_id(lage, "nacka")}" checked' in sida


# --- one card, one answer ------------------------------------------------------------------------------------------


def test_the_owner_gets_one_card_for_all_and_answers_all_with_one_tap(lage: Database, logga_in: LoggaIn) -> None:
    ids = _ids(lage, "nacka", "polisen", "lansstyrelsen")
    _be(logga_in(stod.SOLNA_RED), ids)
    trv = logga_in(stod.TRV_TALES)
    sida = html(trv, "/fragor")
    assert ">Frågor (1)</a>" in sida
    assert "Läsrätt till er lägesbild för 3 aktörer" in sida
    assert sida.count('value="ja_allt"') == 1
    assert "<li>Nacka</li>" in sida
    before = len(stod.brev(lage))
    trv.post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "ja_allt"})
    rader = stod.fragorna(lage)
    assert {(rad.for_aktor_id, rad.svar) for rad in rader} == {(id_, "ja") for id_ in ids}
    assert [till for till, _amne, _text in stod.brev(lage)[before:]] == [stod.SOLNA_RED]
    assert ">Frågor</a>" in html(trv, "/fragor")
    with lage.reading() as session:
        poster = session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == "svarar på fråga")).all()
        uppgifter = [json.loads(post.uppgifter) for post in poster]
    assert sorted(en["for_aktor"] for en in uppgifter) == sorted(ids)
    assert {en["aven_tidigare"] for en in uppgifter} == {True}
    assert logga_in(stod.LASARE).get("/handelser/storm/lagesbild/trafikverket").status_code == 200


def test_questions_of_different_moments_are_answered_apart(lage: Database, logga_in: LoggaIn) -> None:
    solna, trv = logga_in(stod.SOLNA_RED), logga_in(stod.TRV_TALES)
    for slug in ("nacka", "polisen"):
        _be(solna, _ids(lage, slug))
    assert ">Frågor (2)</a>" in html(trv, "/fragor")
    trv.post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "nej"})
    assert [rad.svar for rad in stod.fragorna(lage)] == ["nej", None]


def test_any_question_of_a_card_stands_for_all(lage: Database, logga_in: LoggaIn) -> None:
    _be(logga_in(stod.SOLNA_RED), _ids(lage, "nacka", "polisen"))
    trv = logga_in(stod.TRV_TALES)
    for rad in stod.fragorna(lage):
        trv.post(f"/fragor/{rad.id}/svara", data={"svar": "nej"})
    assert {rad.svar for rad in stod.fragorna(lage)} == {"nej"}
    assert "redan besvarad" in html(trv, "/fragor")


# --- asking anew ---------------------------------------------------------------------------------------------------


def test_other_actors_can_be_asked_for_at_once_and_who_waits_is_named(lage: Database, logga_in: LoggaIn) -> None:
    solna = logga_in(stod.SOLNA_RED)
    assert "Frågan har gått till Trafikverket." in _be(solna, _ids(lage, "nacka"))
    sida = _be(solna, _ids(lage, "nacka", "polisen"))
    assert "Frågan har gått till Trafikverket. För Nacka väntar en fråga redan på svar." in sida
    assert [rad.for_aktor_id for rad in stod.fragorna(lage)] == _ids(lage, "nacka", "polisen")


@pytest.mark.parametrize("om", ["lagesbild", "underrattelse"])
def test_what_waits_already_comes_back_with_the_words(lage: Database, logga_in: LoggaIn, om: str) -> None:
    path = BILD if om == "lagesbild" else "/underrattelser/1/be-om-lasratt"
    solna, ids = logga_in(stod.SOLNA_RED), _ids(lage, "nacka")
    _be(solna, ids, path=path)
    svar = solna.post(path, data={"for_aktorer": ids, "text": "Hela natten."})
    assert svar.status_code == 422
    sida = svar.get_data(as_text=True)
    assert "För Nacka väntar en fråga redan på svar." in sida
    assert "Hela natten.</textarea>" in sida
    assert f'value="{ids[0]}" checked' in sida
    assert len(stod.fragorna(lage)) == 1


# --- what is told --------------------------------------------------------------------------------------------------


def test_who_reads_the_thing_is_told_plainly_that_the_question_waits(lage: Database, logga_in: LoggaIn) -> None:
    solna = logga_in(stod.SOLNA_RED)
    _be(solna, _ids(lage, "nacka"))
    _be(solna, _ids(lage, "nacka"), path="/underrattelser/1/be-om-lasratt")
    assert html(solna, "/fragor").count("Skickad, väntar på svar") == 2
    trv = logga_in(stod.TRV_TALES)
    assert "Ett nej berättar" not in html(trv, "/fragor")
    for rad in stod.fragorna(lage):
        trv.post(f"/fragor/{rad.id}/svara", data={"svar": "nej"})
    assert "Skickad" not in html(solna, "/fragor")


def test_who_does_not_read_it_is_told_that_it_is_sent_whether_there_is_one_or_not(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in(NACKA_RED)
    for slug in ("trafikverket", "polisen"):
        sida = _be(client, _ids(lage, "nacka"), path=f"/handelser/storm/be-om-lasratt?aktor={slug}")
        assert "en lägesbild som någon av dem saknar läsrätt till" in sida
    sida = html(client, "/fragor")
    assert sida.count("Skickad</span>") == 2
    assert "Skickad, väntar" not in sida
    assert "Ett nej berättar" in html(logga_in(stod.TRV_TALES), "/fragor")
    logga_in(stod.TRV_TALES).post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "nej"})
    assert html(client, "/fragor").count("Skickad</span>") == 1


def _slag(seen: list[str]) -> list[str]:
    return [sats.split("(")[0].strip() for sats in seen if sats.startswith(("INSERT", "UPDATE", "SAVEPOINT"))]


def test_the_same_work_is_done_whether_there_is_a_lagesbild_or_not(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        trafikverket = f.en_aktor(session, "trafikverket").id
        who_answer = queries.mottagare(session, trafikverket, Fragas.TALESPERSON, None, clock.now())
        for nummer in range(len(who_answer)):
            f.en_person_hos(session, "polisen", Roll.TALESPERSON, epost=f"t{nummer}@polisen.example")
        adresser = {person.adress for person in who_answer}
    client, gjort, lasta = logga_in(NACKA_RED), [], []
    for slug in ("trafikverket", "polisen"):
        path = f"/handelser/storm/be-om-lasratt?aktor={slug}"
        with fragor(lage) as seen:
            client.post(path, data={"for_aktorer": _ids(lage, "nacka")})
        gjort.append(_slag(seen))
        lasta.append(sum("FROM medlemskap" in sats for sats in seen))
    assert gjort[0] == gjort[1]
    assert any("leverans" in sats for sats in gjort[1])
    assert lasta[0] == lasta[1]
    # And what was done in vain is gone.
    assert [rad.till_aktor_id for rad in stod.fragorna(lage)] == _ids(lage, "trafikverket")
    assert {till for till, _amne, _text in stod.brev(lage)} == adresser


# --- guests --------------------------------------------------------------------------------------------------------


def test_a_guest_asks_the_administrators_of_its_actor_and_nobody_else(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost="gast@nacka.example")
    client = logga_in("gast@nacka.example")
    solna = str(stod.aktor_id(lage, "solna"))
    andra = [{"hos_id": solna}, {"hos_id": solna, "till": "redaktor"}, {"till": "redaktor"}]
    nekade = [stod.underskrift(lage, client, "gast@nacka.example", **annat) for annat in andra]
    far = stod.underskrift(lage, client, "gast@nacka.example")
    _gor_till_gast(lage)
    egen = {"Sec-Fetch-Site": "same-origin"}
    for varde in nekade:
        svar = client.post("/fragor/stall", data={"underskrift": varde, "text": "Ord."}, headers=egen)
        assert svar.status_code == 400
        assert "Gäster frågar bara aktörsadministratören" in svar.get_data(as_text=True)
    assert client.post("/fragor/be-om-lasratt", data={"sida": "/handelser/hemlig"}).status_code == 400
    assert 'action="/fragor/be-om-lasratt"' not in html(client, "/handelser/hemlig", 404)
    assert client.post("/fragor/stall", data={"underskrift": far}).status_code == 302
    assert [till for till, _amne, _text in stod.brev(lage)] == [stod.ADMIN]


def _gor_till_gast(lage: Database) -> None:
    with transaction(lage) as session:
        person = find_anvandare(session, "gast@nacka.example")
        assert person is not None
        storm = session.scalars(select(Handelse).where(Handelse.slug == "storm")).one()
        person.medlemskap[0].gast_handelse_id = storm.id
        person.medlemskap[0].giltig_till = clock.now() + timedelta(days=2)
