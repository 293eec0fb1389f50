"""Feeds by a secret address, and CAP messages: who may have what, and for how long."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories as f
from tests.web.lagesbild_stod import BAS, publicera, sidan, skrivande_folk, synligt
from tests.web.ytor_data import ratta, underratta
from wis import clock
from wis.audit import Loggpost
from wis.auth.models import Anvandare, Medlemskap
from wis.db import Database
from wis.floden import service, views
from wis.floden.models import Flodesadress
from wis.handelser.models import Handelse
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
NACKA, TALESPERSON = "redaktor@nacka.example", "talesperson@trafikverket.example"
NAMN = {"a": "http://www.w3.org/2005/Atom"}
XSD = Path(__file__).parents[1] / "floden_xsd" / "CAP-v1.2.xsd"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people, a redaktör at Nacka, an open event, a hidden one and an exercise."""
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_handelse(session, "lansstyrelsen", slug="ova", rubrik="Öva snö", ovning=True)


def _adress(client: FlaskClient, namn: str = "Läsaren", nyckel: str = "a" * 32) -> str:
    """A new address, as the page shows it this once."""
    sida = sidan(client.post("/floden", data={"namn": namn, "nyckel": nyckel}))
    funnen = re.search(r'value="https?://[^/]+(/flode/[\w-]{43})"', sida)
    assert funnen, sida
    return funnen[1]


def _rubriker(app: Flask, adress: str) -> list[str]:
    with app.test_client().get(adress) as svar:
        assert svar.status_code == 200, svar.get_data(as_text=True)
        assert svar.mimetype == "application/atom+xml"
        feed = ElementTree.fromstring(svar.data)
    return [rubrik.text or "" for rubrik in feed.findall("a:entry/a:title", NAMN)]


def test_a_feed_holds_what_its_owner_reads_and_says_what_it_leaves_out(
    app: Flask, logga_in: LoggaIn, database: Database
) -> None:
    trafik = logga_in(TALESPERSON)
    publicera(trafik, 0, "E18 är **öppen**.")
    publicera(trafik, 1, "E18 är stängd.", andringsnotering="Stopp vid Söderhall.", tlp="amber")
    publicera(trafik, 2, "Hemligt.", tlp="amber+strict")
    publicera(trafik, 0, "Bara för oss.", "/handelser/hemlig/lagesbild/trafikverket")
    with transaction(database) as session:
        snoovader, ova = (
            session.scalars(select(Handelse).where(Handelse.slug == s)).one() for s in ("snoovader", "ova")
        )
        ratta(session, underratta(session, snoovader, "Isvarning", bradskande=True))
        underratta(session, ova, "Övad sak")
        underratta(session, snoovader, "Rött", tlp="red")
    adress = _adress(logga_in(NACKA))
    alla = set(_rubriker(app, adress))
    version = "Snöoväder. Lägesbild från Trafikverket, version"
    assert alla == {
        f"{version} 1",
        f"{version} 2",
        "RÄTTELSE: Isvarning (Snöoväder)",
        "ÖVNING: Övad sak (Öva snö)",
    }
    assert set(_rubriker(app, f"{adress}/aktorer/trafikverket")) == {f"{version} 1", f"{version} 2"}
    assert _rubriker(app, f"{adress}/handelser/ova") == _rubriker(app, f"{adress}?ovning=bara")
    assert set(_rubriker(app, f"{adress}?ovning=nej")) == alla - {"ÖVNING: Övad sak (Öva snö)"}
    # What one doesn't read is as what there is not, and so is what is no address.
    fel = [app.test_client().get(v) for v in (f"{adress}/handelser/hemlig", f"{adress}/handelser/x", "/flode/x")]
    assert {(svar.status_code, synligt(svar.text)) for svar in fel} == {(404, synligt(fel[0].text))}


def test_an_entry_says_whose_it_is_and_the_address_stays_with_its_owner(app: Flask, logga_in: LoggaIn) -> None:
    trafik = logga_in(TALESPERSON)
    publicera(trafik, 0, "E18 är **öppen**.")
    publicera(trafik, 1, "E18 är stängd.", andringsnotering="Stopp vid Söderhall.")
    adress = _adress(logga_in(NACKA))
    svar = app.test_client().get(adress)
    feed = ElementTree.fromstring(svar.data)
    assert "TLP:RED finns inte i flödet" in feed.findtext("a:subtitle", "", NAMN)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "sv"
    (andra,) = (e for e in feed.findall("a:entry", NAMN) if e.findtext("a:title", "", NAMN).endswith("version 2"))
    assert andra.findtext("a:author/a:name", "", NAMN) == "Trafikverket"
    assert "Nytt i version 2: Stopp vid Söderhall." in andra.findtext("a:content", "", NAMN)
    lank = andra.find("a:link", NAMN)
    assert lank is not None
    assert lank.get("href", "").endswith(f"{BAS}/versioner/2")
    assert adress.rpartition("/")[2] not in svar.text
    assert (svar.headers["Cache-Control"], svar.headers["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    igen = app.test_client().get(adress, headers={"If-None-Match": svar.headers["ETag"]})
    assert (igen.status_code, igen.data) == (304, b"")


def test_rights_are_judged_at_each_request(app: Flask, logga_in: LoggaIn, database: Database) -> None:
    publicera(logga_in(TALESPERSON), 0, "E18.")
    adress = _adress(logga_in(NACKA))
    assert len(_rubriker(app, adress)) == 1
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        handelse.alla_aktorer = False
    assert _rubriker(app, adress) == []
    medlemskap = select(Medlemskap.id).join(Anvandare).where(Anvandare.epost == NACKA).scalar_subquery()
    for vad in ({"giltig_till": clock.now() - timedelta(hours=1)}, {"giltig_till": None, "avstangd": clock.now()}):
        with transaction(database) as session:
            session.execute(update(Medlemskap).where(Medlemskap.id == medlemskap).values(**vad))
        assert app.test_client().get(adress).status_code == 404
    with transaction(database) as session:
        session.execute(update(Medlemskap).where(Medlemskap.id == medlemskap).values(avstangd=None))
    assert _rubriker(app, adress) == []
    with clock.at(clock.now() + timedelta(days=366)):
        assert app.test_client().get(adress).status_code == 404


def test_an_address_is_shown_once_kept_as_a_hash_and_can_be_taken_back(
    app: Flask, logga_in: LoggaIn, database: Database
) -> None:
    client = logga_in(NACKA)
    adress = _adress(client)
    token = adress.rpartition("/")[2]
    with database.reading() as session:
        rad = session.scalars(select(Flodesadress)).one()
        assert token not in repr(vars(rad))
        loggat = session.scalars(select(Loggpost.uppgifter)).all()
    assert not any(token in uppgift for uppgift in loggat)
    # The same form once more makes no other.
    assert client.post("/floden", data={"namn": "Läsaren", "nyckel": "a" * 32}).status_code == 302
    assert token not in (sida := sidan(client.get("/floden")))
    assert "aldrig använd" in sida
    assert "visas bara en gång" in sida
    _rubriker(app, adress)
    assert "senast använd" in sidan(client.get("/floden"))
    assert logga_in(TALESPERSON).post(f"/floden/{rad.id}/aterkalla").status_code == 404
    assert client.post(f"/floden/{rad.id}/aterkalla").status_code == 302
    assert app.test_client().get(adress).status_code == 404
    assert "Du har ingen adress" in sidan(client.get("/floden"))


def test_one_can_have_ten_and_must_say_what_each_is_for(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(NACKA)
    assert "Skriv vad adressen är till för" in sidan(client.post("/floden", data={"namn": "  "}), 422)
    with transaction(database) as session:
        who = f.subjekt_for(session, session.scalars(select(Anvandare).where(Anvandare.epost == NACKA)).one())
        for n in range(10):
            service.skapa(session, who, "En", f"{n:032x}")
    sida = sidan(client.post("/floden", data={"namn": "Elva", "nyckel": "b" * 32}), 409)
    assert "Du har redan 10 adresser" in sida
    assert 'value="Elva"' in sida


def test_guesses_are_counted_and_what_breaks_does_not_tell_the_address(
    app: Flask, logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    adress = _adress(logga_in(NACKA))
    svar = {app.test_client().get(f"/flode/gissning{n}").status_code for n in range(101)}
    assert svar == {404, 429}
    # The neighbour of one who guesses reads on.
    assert _rubriker(app, adress) == []

    def gar_sonder(*_: object) -> None:
        raise RuntimeError("trasigt")

    monkeypatch.setattr(views, "poster", gar_sonder)
    with caplog.at_level(logging.DEBUG):
        assert app.test_client().get(adress).status_code == 500
    assert "a feed could not be drawn" in caplog.text
    assert adress.rpartition("/")[2] not in caplog.text


def _cap(client: FlaskClient, adress: str) -> dict[str, str]:
    """What the message says, once OASIS' schema has found it right."""
    svar = client.get(adress)
    assert svar.status_code == 200, svar.get_data(as_text=True)
    assert svar.mimetype == "application/cap+xml"
    xmlschema.XMLSchema(str(XSD), allow="local").validate(svar.data)
    return {e.tag.partition("}")[2]: e.text or "" for e in ElementTree.fromstring(svar.data).iter()}


def test_a_cap_message_says_what_was_published(logga_in: LoggaIn, database: Database) -> None:
    trafik, nacka = logga_in(TALESPERSON), logga_in(NACKA)
    elakt = "]]> <&> \U0001f6a8 \u202etxet"
    konsekvenser = "| Vägtrafik | kritisk | Stopp |\n| Skola | måttlig | |"
    publicera(trafik, 0, elakt, konsekvenser=konsekvenser, lage_fakta="E18 är stängd.", nasta_val="+120")
    publicera(trafik, 0, "Övat.", "/handelser/ova/lagesbild/trafikverket")
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        sak = ratta(session, underratta(session, handelse, "Isvarning", bradskande=True)).underrattelse_id
    ett = _cap(nacka, f"{BAS}/versioner/1/cap.xml")
    assert (ett["severity"], ett["certainty"], ett["msgType"], ett["category"]) == (
        "Extreme",
        "Observed",
        "Alert",
        "Met",
    )
    assert elakt in ett["description"]
    assert _cap(trafik, "/handelser/ova/lagesbild/trafikverket/versioner/1/cap.xml")["status"] == "Exercise"
    rattad = _cap(nacka, f"/underrattelser/{sak}/cap.xml")
    assert (rattad["msgType"], rattad["urgency"]) == ("Update", "Expected")


def test_a_cap_message_is_for_those_who_read_the_page_and_never_red(logga_in: LoggaIn) -> None:
    trafik, hemlig = logga_in(TALESPERSON), "/handelser/hemlig/lagesbild/trafikverket"
    for n, tlp in enumerate(("green", "red", "amber")):
        assert publicera(trafik, n, "Bara vi.", hemlig, tlp=tlp).status_code == 302
    tre = _cap(trafik, f"{hemlig}/versioner/3/cap.xml")
    assert tre["references"].count(",") == 4
    assert (tre["scope"], tre["addresses"], tre["code"]) == ("Private", "lansstyrelsen trafikverket", "TLP:AMBER")
    assert logga_in(NACKA).get(f"{hemlig}/versioner/3/cap.xml").status_code == 404
    rott = trafik.get(f"{hemlig}/versioner/2/cap.xml")
    assert rott.status_code == 403
    assert "TLP:RED" in rott.text
