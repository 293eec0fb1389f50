"""Sections that the template has no place for: what they are called and hold, and what can never be one."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import factories as f
from tests.web.lagesbild_stod import BAS, SAMLAD, i_falt, publicera, sidan, skrivande_folk, sparade, synligt
from tests.web.test_mallar import ALLA, ANNA, TALESPERSON, falt_for, i_sidan, med_egna, tryck, utan
from wis.db import Database
from wis.lagesbild import overblivet
from wis.lagesbild.forms import formularklass
from wis.lagesbild.mall import STANDARD, Avsnitt, Mall
from wis.lagesbild.models import LagesbildSektion, Utkast
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
KOR = {"egen_1-rad-0-0": "Kor ute", "egen_1-rad-0-1": "40", "egen_1-rad-0-2": "st", "egen_1": ""}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_person_hos(session, "trafikverket", None, epost=ANNA, administrator=True)


def test_a_made_up_section_takes_nobodys_page_down(logga_in: LoggaIn, database: Database) -> None:
    redaktor = logga_in("redaktor@nacka.example")
    skickat = {
        "ovriga": "forbered,tlp,egen_01,egen_2,_tlp",
        "forbered": "hej",
        "egen_2": "Eget",
        "egen_01": "x",
    }
    assert publicera(redaktor, 0, "Läget.", SAMLAD, mall="0", tlp="clear", **skickat).status_code == 302
    with database.reading() as session:
        assert set(session.scalars(select(LagesbildSektion.nyckel))) == {"sammanfattning", "egen_2"}
    page = sidan(logga_in("tib@lansstyrelsen.example").get(f"{SAMLAD}/skriv"))
    assert 'name="tlp"' in page
    assert i_falt(page, "egen_2") == "Eget"
    # What stands in a draft already does no harm either.
    talesperson = logga_in(TALESPERSON)
    talesperson.post(f"{BAS}/skriv", data={"handling": "spara", "sammanfattning": "Mitt", "mall": "0"})
    with transaction(database) as session:
        rad = session.scalars(select(Utkast)).one()
        rad.sektioner = rad.sektioner | {"forbered": "hej", "satt_text": "hej"}
    assert i_falt(sidan(talesperson.get(f"{BAS}/skriv")), "sammanfattning") == "Mitt"
    trasig = formularklass(Mall((*STANDARD.avsnitt, Avsnitt("forbered", "9. X", "X", ""))))
    assert callable(trasig.forbered)
    assert trasig.mallen.nycklar == STANDARD.nycklar


def test_a_section_that_was_taken_out_of_the_template_keeps_its_name_and_its_rows(
    logga_in: LoggaIn, database: Database
) -> None:
    anna, talesperson = logga_in(ANNA), logga_in(TALESPERSON)
    med_egna(anna, ALLA, "Djur")
    mall = i_falt(sidan(talesperson.get(f"{BAS}/skriv")), "mall")
    assert publicera(talesperson, 0, "A", mall=mall, **KOR).status_code == 302
    utan(anna, ALLA, "egen_1")
    page = sidan(talesperson.get(f"{BAS}/skriv"))
    assert i_falt(page, "egen_1-rad-0-0") == "Kor ute"
    assert "Djur" in synligt(page)
    nasta = {namn: i_falt(page, namn) for namn in ("mall", "ovriga")} | KOR | {"egen_1-rad-0-1": "50"}
    granskat = talesperson.post(f"{BAS}/granska", data=nasta | {"sammanfattning": "B", "bas": "1"})
    svar = talesperson.post(f"{BAS}/utkast", data=nasta | {"sammanfattning": "B", "bas": "1"})
    assert svar.status_code == 200
    assert sparade(database)[0]["egen_1"] == "| Kor ute | 50 | st |"
    assert i_falt(sidan(talesperson.get(f"{BAS}/skriv")), "egen_1-rad-0-1") == "50"
    assert publicera(talesperson, 1, "B", revision="1", **nasta).status_code == 302
    # Back in the template by another name: what is published is called what it was.
    anna.post(f"{ALLA}/ga-tillbaka", data={"nummer": "1", "bas": "2"})
    data = i_sidan(sidan(anna.get(f"{ALLA}/andra")))
    data[falt_for(data, "egen_1", "etikett")] = data[falt_for(data, "egen_1", "grupp")] = "Kreatur"
    assert tryck(anna, ALLA, data, "spara").status_code == 302
    last, jamfort = sidan(talesperson.get(BAS)), sidan(talesperson.get(f"{BAS}/jamfor/1/2"))
    for sida in (granskat.get_json()["html"], last, jamfort):
        assert "Djur" in synligt(sida)
        assert "Kreatur" not in sida
        assert "egen_1" not in synligt(sida)
        assert "| Kor" not in synligt(sida)
    assert "Kor ute 50 st ↑ ökat från 40" in synligt(last)
    anna.post(f"{ALLA}/bruk", data={"i_bruk": "nej"})
    assert i_falt(sidan(talesperson.get(f"{BAS}/skriv")), "egen_1-rad-0-1") == "50"


def test_the_page_for_writing_reads_each_thing_once(logga_in: LoggaIn, database: Database) -> None:
    talesperson, fragor = logga_in(TALESPERSON), []
    event.listen(database.engine, "before_cursor_execute", lambda *varden: fragor.append(" ".join(varden[2].split())))
    rad = {"atgarder_planerade-rad-0-0": "Stänger", "atgarder_planerade-rad-0-1": "Nacka kommun"}
    assert publicera(talesperson, 0, "A", mall="0").status_code == 302
    form = {"sammanfattning": "B", "bas": "1", "mall": "0"} | rad
    assert talesperson.post(f"{BAS}/utkast", data=form).status_code == 200
    fragor.clear()
    sidan(talesperson.get(f"{BAS}/skriv"))
    assert len([fraga for fraga in fragor if re.search(r" FROM aktor$", fraga)]) == 1
    assert len([fraga for fraga in fragor if re.search(r" FROM utkast WHERE .*anvandare_id = ", fraga)]) == 1
    # One of them is who watches, and may be told beside the subscribers.
    assert len(fragor) <= 26, fragor
    fragor.clear()
    assert talesperson.post(f"{BAS}/utkast", data=form | {"revision": "1", "sammanfattning": "C"}).status_code == 200
    assert len(fragor) <= 19


def test_unchanged_says_what_had_to_go_and_that_the_form_is_saved(
    logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    talesperson = logga_in(TALESPERSON)
    assert publicera(talesperson, 0, "A", mall="0", prognos="Snö").status_code == 302
    monkeypatch.setattr(overblivet, "MAX_TEXTER", 1)
    for revision, text in enumerate(["Regn", "Hagel"]):
        form = {"bas": "1", "revision": str(revision), "nyckel": "d" * 32, "mall": "0", "sammanfattning": "A"}
        svar = talesperson.post(f"{BAS}/skriv", data=form | {"prognos": text, "handling": "oforandrat:prognos"})
        assert svar.status_code == 302
        assert svar.location.endswith(f"klar={'d' * 32}#steg-prognos")
    assert "De äldsta texterna som inte kom med är borttagna (1)" in synligt(sidan(talesperson.get(f"{BAS}/skriv")))
