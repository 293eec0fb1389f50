"""Saving a search or some kommuner, and seeing what it has hit: one's own, and what one may read now."""

from collections.abc import Callable
from datetime import timedelta

import html5lib
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories import en_aktor, en_handelse, en_kanal, en_person_hos
from tests.lasratt import en_gast
from tests.utskick import en_version, expandera_allt, fick, skriver
from tests.web.ytor_data import html
from wis.audit import Loggpost
from wis.auth.rules import Roll
from wis.bevakning.models import Bevakning
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag

LoggaIn = Callable[[str], FlaskClient]
LASARE, ANNAN = "lasare@nacka.example", "lasare@taby.example"


def _varld(database: Database) -> None:
    with skriver(database) as session:
        person = en_person_hos(session, "nacka", epost=LASARE)
        en_kanal(session, person, Kanalslag.EPOST, LASARE)
        en_person_hos(session, "taby", epost=ANNAN)
        en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost="t@tv.example")
        en_version(session, en_handelse(session, slug="storm", rubrik="Storm"), text="Halka på E4.")
        hemlig = en_handelse(session, slug="hemlig", lasare=["taby"])
        en_gast(session, "nacka", hemlig, epost="gast@nacka.example")
    expandera_allt(database)


def test_one_saves_a_search_is_told_sees_what_it_hit_and_removes_it(database: Database, logga_in: LoggaIn) -> None:
    _varld(database)
    client, annan = logga_in(LASARE), logga_in(ANNAN)
    adress = "/bevakningar/ny?q=halka&amp;handelse=storm&amp;slag=lagesbild"
    assert adress in html(client, "/sok?q=halka&handelse=storm&slag=lagesbild")
    adress = adress.replace("&amp;", "&")
    sida = html(client, adress)
    assert "<strong>1 publicering</strong> de senaste 7 dagarna" in sida
    assert 'value="halka"' in sida
    falt = {"q": "halka", "handelse": "storm", "slag": "lagesbild", "namn": " halka  E4 ", "kanaler": ["epost"]}
    fel = client.post("/bevakningar/ny", data=falt | {"namn": "", "kanaler": ["sms"]})
    assert fel.status_code == 422
    assert "Ge bevakningen ett namn" in fel.text
    assert 'value="sms" checked' in fel.text
    for _ in range(2):
        assert "Du bevakar halka E4." in client.post("/bevakningar/ny", data=falt, follow_redirects=True).text
    assert "Du bevakar redan det här som halka E4" in html(client, adress)
    assert "0 publiceringar sedan du började bevaka" in html(client, "/bevakningar")
    skriv = html(logga_in("t@tv.example"), "/handelser/storm/lagesbild/trafikverket/skriv")
    assert "Detta går till högst 1: de som har en bevakning" in skriv
    assert "Publicera och avisera högst 1<" in skriv
    with skriver(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "storm")).one()
        utskick = en_version(session, handelse, text="Mer halka.")
        bevakning = session.scalars(select(Bevakning)).one()
        egen = f"/bevakningar/{bevakning.id}"
    expandera_allt(database)
    assert fick(database, utskick.id) == {bevakning.anvandare_id}
    sida = html(client, "/bevakningar")
    assert "1 publicering sedan du började bevaka" in sida
    assert f'href="/n/{utskick.id}"' in sida
    # It is nobody else's, and who can't read the event any more is told nothing of it.
    assert (annan.get(egen).status_code, annan.post(f"{egen}/ta-bort").status_code) == (404, 404)
    with skriver(database) as session:
        session.get_one(Bevakning, bevakning.id).skapad -= timedelta(days=8)
    assert "1 publicering på 7 dagar" in html(client, "/bevakningar")
    with skriver(database) as session:
        handelse = session.get_one(Handelse, handelse.id)
        handelse.alla_aktorer, handelse.rubrik = False, "Nytt namn"
    sida = html(client, "/bevakningar")
    assert "som du inte längre får läsa" in sida
    assert "Nytt namn" not in sida
    assert "0 publiceringar" in sida
    client.post(egen, data={"namn": "is", "kanaler": ["sms", "epost"]})
    assert "Ändra is" in html(client, egen)
    assert "Du bevakar inte längre is." in client.post(f"{egen}/ta-bort", follow_redirects=True).text
    assert client.post(f"{egen}/ta-bort").status_code == 404
    with database.reading() as session:
        gjort = session.scalars(select(Loggpost.handling).where(Loggpost.objekt.like("bevakning:%"))).all()
    assert gjort == ["lägger till bevakning", "ändrar bevakning", "tar bort bevakning"]


def test_what_cannot_be_watched_says_why_and_a_guest_may_not(database: Database, logga_in: LoggaIn) -> None:
    _varld(database)
    client, gast = logga_in(LASARE), logga_in("gast@nacka.example")
    for adress, skal in (("q=halka&slag=beslut", "går inte att bevaka"), ("q=-halka", "inget ord att bevaka")):
        assert skal in html(client, f"/bevakningar/ny?{adress}")
        svar = client.post(f"/bevakningar/ny?{adress}", data={"namn": "x", "kanaler": ["sms"]})
        assert svar.status_code == 422
    for fel in ("handelse=hemlig", "handelse=finns-inte", "aktor=finns-inte", "slag=finns-inte"):
        assert client.get(f"/bevakningar/ny?q=halka&{fel}").status_code == 404, fel
    assert "Bevaka den här sökningen" not in html(gast, "/sok?q=halka")
    assert "/bevakningar" not in html(gast, "/mina-notiser")
    for adress in ("/bevakningar", "/bevakningar/ny?q=halka", "/bevakningar/omrade"):
        assert gast.get(adress).status_code == 403
    assert gast.post("/bevakningar/ny", data={"q": "x", "namn": "x", "kanaler": ["sms"]}).status_code == 403


def test_one_chooses_kommuner_sees_how_many_it_would_be_and_saves(database: Database, logga_in: LoggaIn) -> None:
    _varld(database)
    with skriver(database) as session:
        for slug in ("solna", "salem"):
            en_aktor(session, slug)
        en_version(session, session.scalars(select(Handelse).where(Handelse.slug == "storm")).one(), text="Solnas bro.")
    client = logga_in(LASARE)
    assert "Välj minst en kommun." in client.post("/bevakningar/omrade", data={"kanaler": ["sms"]}).text
    val = {"kommuner": ["solna", "salem", "finns-inte"], "kanaler": ["epost"], "handling": "rakna"}
    sida = client.post("/bevakningar/omrade", data=val).text
    html5lib.HTMLParser(strict=True).parse(sida)
    assert "<strong>1 publicering</strong> de senaste 7 dagarna" in sida
    assert 'value="solna" checked' in sida
    client.post("/bevakningar/omrade", data=val | {"handling": "spara"})
    sida = html(client, "/bevakningar")
    assert "Kommuner: Salem, Solna" in sida
    assert "Salem, Solna</a></h2>" in sida
