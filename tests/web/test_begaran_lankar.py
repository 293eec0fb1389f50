"""Asking somebody outside, from the form to the board of the one who asked."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.begaran_lank_stod import brev, lank
from tests.web.ytor_data import LoggaIn, html
from wis import clock, datum
from wis.auth.rules import Roll
from wis.begaran import lankar
from wis.begaran.mallregler import STANDARD
from wis.begaran.models import Begaran
from wis.db import Database
from wis.tx import transaction

FRAGARE, NACKA = "talesperson@lansstyrelsen.example", "skribent@nacka.example"
NY = "/handelser/isstorm/begaran/ny"
FALT = {
    "gor": "spara",
    "nyckel": "a" * 32,
    "rubrik": "Elen i natt",
    "frist": "60",
    "synlighet": "tillfragade",
    "text-0": "Hur är läget?",
    "typ-0": "text",
    "kravs-0": "1",
}


@pytest.fixture
def fragare(database: Database, logga_in: LoggaIn) -> FlaskClient:
    database.base_url = "http://localhost"
    with transaction(database) as session:
        f.en_handelse(session, slug="isstorm", rubrik="Isstorm")
        f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON, epost=FRAGARE)
        f.en_person_hos(session, "nacka", Roll.SKRIBENT, epost=NACKA)
    return logga_in(FRAGARE)


def test_somebody_outside_is_asked_answers_and_is_followed_on_the_board(
    fragare: FlaskClient, client: FlaskClient, logga_in: LoggaIn, database: Database
) -> None:
    with database.reading() as session:
        falt = FALT | {"aktorer": str(f.en_aktor(session, "nacka").id)}
    fel = fragare.post(NY, data=falt | {"utomstaende": "Anna Berg, anna@energi.example\nBo utan adress"})
    assert fel.status_code == 422
    assert "Anna Berg, anna@energi.example\nBo utan adress" in fel.get_data(as_text=True)
    assert brev(database) == []
    tavla = fragare.post(NY, data=falt | {"utomstaende": "Anna Berg, anna@energi.example"}).headers["Location"]
    assert [(till, amne) for till, amne, text in brev(database) if "/svar/" in text] == [
        ("anna@energi.example", "Begäran från Lansstyrelsen: Elen i natt")
    ]
    sida = html(fragare, tavla)
    for text in ("Anna Berg", "Länken gäller till", "Skicka ny länk", "Dra tillbaka länken"):
        assert text in sida
    assert "Isstorm" not in html(client, lank(database))
    assert client.post(lank(database), data={"svar_1": "Mörkt i Nacka.", "nyckel": "b" * 32}).status_code == 200
    sida = html(fragare, tavla)
    for text in ("Mörkt i Nacka.", "Länken är använd", "Skicka ny länk"):
        assert text in sida
    assert "Dra tillbaka länken" not in sida
    # Who is asked too reads the answer, and minds no links.
    andras = html(logga_in(NACKA), tavla)
    assert "Mörkt i Nacka." in andras
    assert "Skicka ny länk" not in andras
    assert "energi.example" not in andras


def test_a_template_fills_in_the_form(fragare: FlaskClient, database: Database) -> None:
    sida = html(fragare, NY)
    assert all(mall.namn in sida for mall in STANDARD.values())
    sida = html(fragare, f"{NY}?mall=standard-konferens")
    assert 'value="Behöver ni en samverkanskonferens?"' in sida
    assert re.search(r'name="frist" value="30" checked', sida)
    html(fragare, f"{NY}?mall=999", 404)


def test_a_deadline_that_is_moved_moves_the_links(fragare: FlaskClient, database: Database) -> None:
    tavla = fragare.post(NY, data=FALT | {"utomstaende": "anna@energi.example"}).headers["Location"]
    senare = clock.now() + timedelta(hours=30)
    assert fragare.post(f"{tavla}/frist", data={"tid": datum.falt_av(senare)}).status_code == 302
    with database.reading() as session:
        begaran = session.scalars(select(Begaran)).one()
        assert begaran.frist == senare.replace(second=0, microsecond=0)
        assert begaran.mottagare[0].lank_till == begaran.frist + lankar.EFTER_FRISTEN
