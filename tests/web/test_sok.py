"""The page on which one searches: what was typed stays, what was found is marked, and nothing else is told."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories import en_handelse, en_person_hos
from tests.lasratt import en_krets
from tests.web.ytor_data import SLUG, LoggaIn, besluta, bygg_lage, html, publicera, ratta, underratta
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse


def test_one_searches_opens_what_was_found_and_sees_why(database: Database, logga_in: LoggaIn) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        ovning = en_handelse(session, rubrik="Övning Snö", ovning=True, slug="ovning-sno")
        publicera(session, ovning, "nacka", text="Låtsassnö på vägarna, snö.")
        dold = underratta(session, ovning, "Snö hos oss")
        session.get_one(Underrattelse, dold.underrattelse_id).krets_id = en_krets(session, "varmdo").id
    client = logga_in("lasare@nacka.example")
    assert '<a href="/sok">Sök</a>' in html(client, "/")
    tomt = html(client, "/sok")
    assert "träff" not in tomt.split("<main")[1].split("</form>")[1]
    sida = html(client, "/sok?q=snön")
    assert 'value="snön"' in sida
    assert "<mark>snö</mark>." in sida
    # Three actors' lägesbilder say so, and a decision.
    assert '<h2 id="traffar">4 träffar</h2>' in sida
    assert f'href="/handelser/{SLUG}/lagesbild/trafikverket/versioner/2"' in sida
    assert "Finns också i äldre version: " in sida
    assert "Låtsassnö" not in sida
    ovningar = html(client, "/sok?q=sn%C3%B6&ovning=1")
    assert "ÖVNING ÖVNING ÖVNING" in ovningar
    assert "Låtsassnö" in ovningar
    assert "hos oss" not in ovningar
    assert "2 träffar" in ovningar
    assert html(client, "/sok?q=snö&handelse=ovning-sno").count("<mark>") >= 2
    for adress in re.findall(r'<h3><a href="([^"]+)"', sida + ovningar):
        assert client.get(adress).status_code == 200, adress


def test_a_decision_is_where_its_timeline_begins_and_a_closed_event_stays_chosen(
    database: Database, logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()
        for skal in ("Vinden vänder.", "Först i raden.", "Ännu ett."):
            besluta(session, handelse, Beslutsslag.LAGE, skal)
            session.flush()
        en_handelse(session, rubrik="Stängd sedan länge", slug="stangd", stangd=clock.now())
    client = logga_in("lasare@nacka.example")
    (lank,) = re.findall(r'<h3><a href="([^"]+)"', html(client, "/sok?q=%22f%C3%B6rst i raden%22&slag=beslut"))
    tidslinje = html(client, unescape(lank)).split('class="tidslinje"')[1]
    assert "Ännu ett." not in tidslinje
    assert tidslinje.index("Först i raden.") < tidslinje.index("Vinden vänder.")
    monkeypatch.setattr("wis.sok.views.MAX_STANGDA", 0)
    sida = html(client, "/sok?q=finnsinte&handelse=stangd")
    assert '<option value="stangd" selected>Stängd sedan länge</option>' in sida


def test_an_older_version_is_marked_and_a_corrected_text_is_found(database: Database, logga_in: LoggaIn) -> None:
    with transaction(database) as session:
        handelse = en_handelse(session, rubrik="Prov")
        publicera(session, handelse, "nacka", text="Bron är stängd.")
        publicera(session, handelse, "nacka", text="Allt är öppet.")
        ratta(session, underratta(session, handelse, "Vatten"))
        en_person_hos(session, "taby", Roll.LASARE, epost="lasare@taby.example")
    client = logga_in("lasare@taby.example")
    assert "Äldre version" in html(client, "/sok?q=broar")
    assert "Äldre version" not in html(client, "/sok?q=%C3%B6ppna")
    assert "RÄTTELSE" in html(client, "/sok?q=rättat&ordning=bast")
    utan = html(client, "/sok?q=finnsinte&aktor=nacka&slag=beslut&fran=2026-01-01&till=2026-01-02")
    assert "Inga träffar" in utan
    assert "Ta bort begränsningarna" in utan
    assert 'value="2026-01-01"' in utan


def test_what_can_not_be_understood_is_said_and_nothing_breaks(database: Database, logga_in: LoggaIn) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        en_handelse(session, slug="hemlig-sak", rubrik="Dold", lasare=["varmdo"])
    client = logga_in("lasare@nacka.example")
    for fraga, sagt in {
        "q=-sn%C3%B6": "Skriv också något att söka efter",
        "q=sn%C3%B6&fran=ig%C3%A5r": "Från och med: dagen går inte att förstå",
        "q=sn%C3%B6&fran=2026-02-02&till=2026-01-01": "Dagarna är i fel ordning",
        "q=sn%C3%B6&fran=2026-13-01": 'type="text" id="fran" name="fran" value="2026-13-01" aria-invalid="true"',
        "q=sn%C3%B6&aktor=finns-inte": "Aktören finns inte, och valet används inte",
        "q=sn%C3%B6&slag=bilder": '<option value="bilder" selected>bilder (finns inte)</option>',
        "q=%22%3Cscript%3E&sida=99999999999999999999": "citattecken",
        "q=sn%C3%B6&sida=7": "Här finns inga fler träffar",
    }.items():
        sida = html(client, f"/sok?{fraga}")
        assert sagt in sida, fraga
        assert "<script>" not in sida.split("<main")[1]
        assert ("<details open" in sida) == bool(re.search("fran=|aktor=|slag=", fraga)), fraga
    assert _som_okand(client, "hemlig-sak") == _som_okand(client, "finns-inte")


def _som_okand(client: FlaskClient, slug: str) -> tuple[int, str]:
    svar = client.get(f"/sok?q=x&handelse={slug}")
    text = re.sub(r'nonce="[^"]+"|content="[^"]+"|value="[^"]+"|data-nu="[^"]+"', "", svar.get_data(as_text=True))
    return svar.status_code, text.replace(slug, "")
