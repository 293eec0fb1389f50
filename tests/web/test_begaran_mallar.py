"""Templates of begäran: made, edited and removed by the actor's administrators, and what they fill a form with."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.begaran_lank_stod import FRAGOR, fragad
from tests.web.ytor_data import LoggaIn, html
from wis import clock
from wis.aktorer.models import Aktorsnatverk, AktorsnatverkMedlem
from wis.auth.rules import Roll
from wis.begaran import mallar
from wis.begaran.mallregler import STANDARD, brister
from wis.begaran.models import BegaranMall, Synlighet
from wis.db import Database
from wis.tx import transaction

ADMIN, ANDRE = "admin@lansstyrelsen.example", "andre@lansstyrelsen.example"
BAS = "/aktorer/lansstyrelsen/begaranmallar"
EN = {
    "gor": "spara",
    "namn": "Elavbrott",
    "rubrik": "Läget med elen",
    "inledning": "Svara kort.",
    "frist": "90",
    "paminn_fore": ["30", "15"],
    "synlighet": "handelsen",
    "text-0": "Hur många är utan el?",
    "typ-0": "tal",
    "enhet-0": "kunder",
    "kravs-0": "1",
    "text-1": "Behöver ni stöd?",
    "typ-1": "val",
    "val-1": "Ja\r\n\r\nNej",
}


@pytest.fixture
def admin(database: Database, logga_in: LoggaIn) -> FlaskClient:
    with transaction(database) as session:
        for epost in (ADMIN, ANDRE):
            f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON, epost=epost, administrator=True)
        f.en_aktor(session, "nacka")
        natverk = Aktorsnatverk(slug="kommuner", namn="Kommunerna")
        session.add(natverk)
        session.flush()
        session.add(AktorsnatverkMedlem(natverk_id=natverk.id, aktor_id=f.en_aktor(session, "nacka").id))
    return logga_in(ADMIN)


def rader(database: Database) -> list[BegaranMall]:
    with database.reading() as session:
        return list(session.scalars(select(BegaranMall).order_by(BegaranMall.id)))


def test_a_template_is_made_edited_used_and_removed(admin: FlaskClient, database: Database) -> None:
    sida = html(admin, BAS)
    assert all(mall.namn in sida for mall in STANDARD.values())
    with database.reading() as session:
        nacka, natverk = f.en_aktor(session, "nacka").id, session.scalars(select(Aktorsnatverk.id)).one()
    svar = admin.post(f"{BAS}/ny", data=EN | {"aktorer": [str(nacka), "999999"], "natverk": str(natverk)})
    assert svar.status_code == 302
    (rad,) = rader(database)
    assert (rad.frist_minuter, rad.paminn_fore, rad.synlighet) == (90, [15, 30], "handelsen")
    assert (rad.aktorer, rad.natverk) == ([nacka], [natverk])
    assert [(en["nummer"], en["typ"], en["val"], en["enhet"], en["kravs"]) for en in rad.fragor] == [
        (1, "tal", [], "kunder", True),
        (2, "val", ["Ja", "Nej"], "", False),
    ]
    sida = html(admin, f"{BAS}/{rad.id}")
    assert 'value="Hur många är utan el?"' in sida
    assert admin.post(f"{BAS}/{rad.id}", data=EN | {"bas": mallar.bas(rad), "frist": "60"}).status_code == 302
    with database.reading() as session, clock.at(clock.now()):
        who = f.subjekt_for(session, session.scalars(select(f.Anvandare).where(f.Anvandare.epost == ADMIN)).one())
        assert mallar.erbjudna(session, who.aktor_id)[0] == (str(rad.id), "Elavbrott")
        fyllt = mallar.forifyll(session, who, str(rad.id))
        assert fyllt is not None
        nu = clock.now().replace(second=0, microsecond=0)
        assert fyllt.frist == nu + timedelta(minutes=60)
        assert fyllt.paminnelser == (nu + timedelta(minutes=30), nu + timedelta(minutes=45))
        assert fyllt.innehall.synlighet is Synlighet.HANDELSEN
        assert mallar.forifyll(session, who, "standard-konferens") is not None
        assert mallar.forifyll(session, who, "9" * 40) is None
    assert admin.post(f"{BAS}/{rad.id}/ta-bort").status_code == 302
    assert rader(database) == []
    assert html(admin, f"{BAS}/{rad.id}", 404)


def test_questions_are_added_moved_and_removed_without_losing_what_was_typed(
    admin: FlaskClient, database: Database
) -> None:
    for gor, ordning in [("ned:0", [1, 0]), ("lagg-till", [0, 1, None]), ("bort:0", [1]), ("upp:7", [0, 1])]:
        sida = admin.post(f"{BAS}/ny", data=EN | {"gor": gor}).get_data(as_text=True)
        texter = [EN[f"text-{i}"] if i is not None else "" for i in ordning]
        assert [sida.split(f'name="text-{i}" value="')[1].split('"')[0] for i in range(len(texter))] == texter
        assert 'value="Elavbrott"' in sida
    fel = admin.post(f"{BAS}/ny", data=EN | {"rubrik": "", "val-1": "Ja", "frist": "två"})
    assert fel.status_code == 422
    text = fel.get_data(as_text=True)
    for plats in ("rubrik", "val-1", "frist"):
        assert f'href="#{plats}"' in text
    assert 'value="två"' in text
    assert rader(database) == []


def test_two_who_edit_at_once_are_told_and_a_name_is_taken_once(
    admin: FlaskClient, logga_in: LoggaIn, database: Database
) -> None:
    admin.post(f"{BAS}/ny", data=EN)
    assert admin.post(f"{BAS}/ny", data=EN).status_code == 422
    (rad,) = rader(database)
    bas = mallar.bas(rad)
    assert logga_in(ANDRE).post(f"{BAS}/{rad.id}", data=EN | {"bas": bas, "rubrik": "Först"}).status_code == 302
    svar = admin.post(f"{BAS}/{rad.id}", data=EN | {"bas": bas, "rubrik": "Sedan"})
    assert svar.status_code == 409
    assert 'value="Sedan"' in svar.get_data(as_text=True)
    assert rader(database)[0].rubrik == "Först"
    assert admin.post(f"{BAS}/{rad.id}", data=EN | {"bas": mallar.bas(rader(database)[0])}).status_code == 302


def test_what_has_been_asked_becomes_a_template_and_nobody_elses(
    admin: FlaskClient, logga_in: LoggaIn, database: Database
) -> None:
    begaran_id, _ = fragad(database)
    sida = html(admin, f"{BAS}/ny?fran={begaran_id}")
    assert f'value="{FRAGOR[0]["text"]}"' in sida
    assert 'name="frist" value="120"' in sida
    assert "energi.example" not in sida
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="admin@nacka.example", administrator=True)
    nacka = logga_in("admin@nacka.example")
    assert html(nacka, f"/aktorer/nacka/begaranmallar/ny?fran={begaran_id}", 404)
    assert html(nacka, BAS, 403)


def test_the_standard_ones_are_right() -> None:
    assert all(brister(mall) == {} for mall in STANDARD.values())
