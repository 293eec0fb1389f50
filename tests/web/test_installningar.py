"""How a person wants pages to look, and in which language: kept on the person, and each one's own on shared pages."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.conftest import en_app
from tests.factories import en_aktor, en_anvandare, ett_medlemskap
from tests.snabbvag_stod import SIDA, bygg, fraga, logga_in, ritade
from wis import clock
from wis.audit import Loggpost
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction
from wis.utseende import Kontrast, Tema, Utseende

VANLIGT = {"tema": "enhet", "kontrast": "vanlig", "textstorlek": "vanlig", "rorelse": "enhet", "sprak": "sv"}
BILD = f"{SIDA}/lagesbild/polisen"
DELAT = {
    SIDA: ("All notices in the event", "Alla underrättelser i händelsen"),
    BILD: ("Readable by", "Läsrätt hos"),
}
SVENSKA_RAMORD = {"Före", "Efter", "Jämför", "tillagda", "tillagt", "Skriv", "Hela", "Händelser", "öppnad", "mot"}
FOLK = [f"{namn}@nacka.example" for namn in ("sv1", "sv2", "sv3", "en1", "en2", "en3")]


@pytest.fixture
def app(settings: Settings, varje_databas: Database) -> Flask:
    """The event of ytor_data and six readers of the same actor, on both databases."""
    bygg(varje_databas)
    with transaction(varje_databas) as session:
        for epost in FOLK:
            person = en_anvandare(session, epost, namn=f"Namn {epost[:3]}")
            ett_medlemskap(session, person, en_aktor(session, "nacka"), Roll.LASARE)
    return en_app(settings, varje_databas)


def valj(client: FlaskClient, **val: str) -> None:
    """Choose these, and for the rest what is usual."""
    svar = client.post("/installningar", data={**VANLIGT, **val})
    assert (svar.status_code, svar.headers["Location"]) == (302, "/installningar")
    # The message waits in the cookie, and would keep the next page from being shared.
    assert client.get("/installningar").status_code == 200


def roten(html: str) -> str:
    """The tag that holds all of a page."""
    found = re.search(r"<html[^>]*>", html)
    assert found is not None
    return found[0]


def test_what_one_chooses_goes_with_one_to_every_device_and_a_wrong_choice_is_refused(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    har, dar = logga_in(app, FOLK[0]), logga_in(app, FOLK[0])
    assert roten(dar.get("/").text) == '<html lang="sv">'
    valj(har, tema="mork", kontrast="hog", textstorlek="storst", rorelse="ingen", sprak="en")
    alla = '<html lang="en" data-tema="mork" data-kontrast="hog" data-textstorlek="storst" data-rorelse="ingen">'
    for sida in ("/", SIDA, BILD, "/installningar", "/finns-inte"):
        assert roten(dar.get(sida).text) == alla, sida
    assert 'value="mork" checked' in dar.get("/installningar").text
    assert har.post("/installningar", data={**VANLIGT, "tema": "rosa"}).status_code == 422
    with database.reading() as session:
        person = session.scalars(select(Anvandare).where(Anvandare.epost == FOLK[0])).one()
        assert person.utseende.tema is Tema.MORKT
        assert person.utseende.kontrast is Kontrast.HOG
        poster = session.scalars(select(Loggpost).where(Loggpost.handling == "utseende valt")).all()
        assert [post.anvandare_id for post in poster] == [person.id]
    with pytest.raises(DBAPIError), transaction(database) as session:
        session.execute(text("UPDATE anvandare SET tema = 'rosa'"))
    har.post("/logga-ut")
    assert roten(har.get("/logga-in").text) == '<html lang="sv">'


def test_readers_of_one_class_share_a_page_and_each_has_their_own_look_and_language(app: Flask) -> None:
    with clock.at(clock.now()):
        inne = {epost: logga_in(app, epost) for epost in FOLK}
        for nummer, (epost, client) in enumerate(inne.items()):
            valj(client, tema=("mork", "ljus", "enhet")[nummer % 3], sprak=epost[:2])
        for adress in (SIDA, BILD):
            for sprak in ("sv", "en"):
                ett, tva, tre = (inne[f"{sprak}{nummer}@nacka.example"] for nummer in (1, 2, 3))
                assert fraga(ett, adress=adress).status_code == fraga(tva, adress=adress).status_code == 200
                with ritade(app) as ritat:
                    tredje = fraga(tre, adress=adress)
                assert not ritat, (adress, sprak)
                assert roten(tredje.text) == f'<html lang="{sprak}">'
                assert roten(fraga(ett, adress=adress).text) == f'<html lang="{sprak}" data-tema="mork">'
                assert roten(fraga(tva, adress=adress).text) == f'<html lang="{sprak}" data-tema="ljus">'
                engelska = "Skip to the content" in tredje.text
                assert (engelska, "Hoppa till innehållet" in tredje.text) == (sprak == "en", sprak == "sv")
                # Also what is drawn once for all who read the same, and kept apart from the page.
                assert [ord_ in tredje.text for ord_ in DELAT[adress]] == [sprak == "en", sprak == "sv"], adress
        # From then on the page is drawn in the other: what stood in memory is not given again.
        byter, etag = inne[FOLK[2]], fraga(inne[FOLK[2]]).headers["ETag"]
        for val, vantat in ({"tema": "mork"}, ' data-tema="mork"'), ({"sprak": "en"}, ""):
            valj(byter, **val)
            svar = fraga(byter, etag)
            assert svar.status_code == 200
            assert roten(svar.text) == f'<html lang="{val.get("sprak", "sv")}"{vantat}>'


def test_before_login_the_browser_says_in_which_language(app: Flask) -> None:
    client = app.test_client()
    for vill, sprak, knapp in [
        ("en-GB,en;q=0.9,sv;q=0.5", "en", "Log in"),
        ("sv-SE,en;q=0.5", "sv", "Logga in"),
        ("fi", "sv", "Logga in"),
    ]:
        sida = client.get("/logga-in", headers={"Accept-Language": vill}).text
        assert roten(sida) == f'<html lang="{sprak}">'
        assert f">{knapp}</button>" in sida


def test_what_nobody_has_chosen_is_not_said() -> None:
    assert Utseende().attribut == ""
    assert Utseende(tema=Tema.LJUST).attribut == ' data-tema="ljus"'


def test_pages_to_read_have_no_swedish_frame_around_what_people_wrote(app: Flask) -> None:
    client = logga_in(app, FOLK[3])
    valj(client, sprak="en")
    for sida in ("/handelser", SIDA, f"{SIDA}/tidslinje", f"{SIDA}/versioner", BILD, f"{BILD}/jamfor/1/1"):
        svar = client.get(sida)
        assert svar.status_code == 200, sida
        # What is marked as Swedish, with nothing of its own kind within, is not the frame.
        ramen = re.sub(r'<(\w+)\b[^>]* lang="sv"[^>]*>.*?</\1>', "", svar.text, flags=re.DOTALL)
        ord_ = set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", ramen)))
        assert ord_ & SVENSKA_RAMORD == set(), sida
