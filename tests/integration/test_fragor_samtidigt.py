"""Two who answer the same question at once: one is heard, and the right is given once or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from tests.web import fragor_stod as stod
from wis import audit
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.settings import Settings
from wis.tx import transaction


def _inne(app: Flask, epost: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD}).status_code == 302
    return client


def test_a_yes_and_a_no_at_once_are_one_answer(
    varje_databas: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stod.bygg(varje_databas)
    stod.utan_vantan(monkeypatch)
    with transaction(varje_databas) as session:
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost="red2@solna.example")
    app = en_app(settings, varje_databas)
    _inne(app, stod.LASARE).post("/fragor/be-om-lasratt", data={"sida": "/handelser/hemlig"})
    path = f"/fragor/{stod.fragorna(varje_databas)[0].id}/svara"
    answers = [(_inne(app, stod.SOLNA_RED), "ja"), (_inne(app, "red2@solna.example"), "nej")] * 3
    with ThreadPoolExecutor(6) as pool:
        koder = list(pool.map(lambda par: par[0].post(path, data={"svar": par[1]}).status_code, answers))
    assert set(koder) == {302}
    [rad] = stod.fragorna(varje_databas)
    with varje_databas.reading() as session:
        given = session.scalars(select(audit.Loggpost.nummer).where(audit.Loggpost.handling == "svarar på fråga")).all()
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "hemlig")).one()
        lasare = {en.aktor_id for en in handelse.lasare}
        nacka = f.en_aktor(session, "nacka").id
    assert len(given) == 1
    assert (nacka in lasare) is (rad.svar == "ja")


def test_two_who_ask_for_the_same_right_at_once_are_one_question(
    varje_databas: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stod.bygg(varje_databas)
    stod.utan_vantan(monkeypatch)
    with transaction(varje_databas) as session:
        for nummer in range(4):
            f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=f"r{nummer}@solna.example")
        nacka = f.en_aktor(session, "nacka").id
    app = en_app(settings, varje_databas)
    clients = [_inne(app, f"r{nummer}@solna.example") for nummer in range(4)]
    path, data = "/handelser/storm/be-om-lasratt?aktor=trafikverket", {"for_aktorer": [nacka]}
    with ThreadPoolExecutor(4) as pool:
        koder = list(pool.map(lambda client: client.post(path, data=data).status_code, clients))
    assert sorted(koder) == [302, 422, 422, 422]  # who reads the thing is told that one waits already
    assert [rad.for_aktor_id for rad in stod.fragorna(varje_databas)] == [nacka]
