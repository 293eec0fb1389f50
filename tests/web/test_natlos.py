"""What a phone is told of what it may keep: by whose mark, for how long, and of which pages never."""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import en_app
from tests.factories import LOSENORD, en_aktor, en_anvandare, ett_medlemskap
from tests.snabbvag_stod import LASARE, MANGA, REDAKTOR, SIDA, TALESPERSON, bygg, fraga, handelsen, logga_in, ritade
from tests.web.ytor_data import publicera, underratta
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.natlos.marke import HUVUD, INGEN, marke
from wis.settings import Settings
from wis.tx import transaction

SKRIV = f"{SIDA}/lagesbild/trafikverket/skriv"
LASES = ["/", "/handelser", SIDA, f"{SIDA}/tidslinje", f"{SIDA}/versioner", f"{SIDA}/lagesbild/polisen",
         f"{SIDA}/lagesbild/polisen/versioner/1", f"{SIDA}/lagesbild/trafikverket/jamfor/1/2",
         "/underrattelser", "/underrattelser/1", f"{SIDA}/karta"]  # fmt: skip
BEHALLS_INTE = ["/mina-notiser", "/sok?q=sn%C3%B6", "/mitt-konto/sakerhet", f"{SIDA}/utskick", "/handelser/finns-inte",
                f"{SIDA}/redigera", f"{SIDA}/statistik.csv", f"{SIDA}/karta.geojson"]  # fmt: skip
TVA = "tva@nacka.example"


@pytest.fixture
def lage(database: Database) -> Iterator[Database]:
    """The event, with a second reader at Nacka; the clock stands still."""
    bygg(database)
    with transaction(database) as session:
        ett_medlemskap(session, en_anvandare(session, TVA), en_aktor(session, "nacka"), Roll.LASARE)
    with clock.at(clock.now()):
        yield database


def _sagt(client: FlaskClient, adress: str = SIDA) -> list[str]:
    return client.get(adress).headers.get(HUVUD, "").split()


def _mitt(client: FlaskClient) -> str:
    return _sagt(client, "/mina-notiser")[0]


def test_anybody_may_fetch_the_app_itself_and_nothing_in_it_is_anybodys(
    settings: Settings, lage: Database, client: FlaskClient
) -> None:
    svar = client.get("/manifest.webmanifest")
    app = json.loads(svar.text)
    assert (svar.mimetype, app["short_name"], app["start_url"], app["display"]) == (
        "application/manifest+json", "wis", "/nytt", "standalone")  # fmt: skip
    assert [ett["name"] for ett in app["shortcuts"]] == ["Bara det nya", "Händelser"]
    for ikon in app["icons"]:
        bild = client.get(ikon["src"]).data
        bredd, hojd = struct.unpack(">II", bild[16:24])
        assert (bild[:4], f"{bredd}x{hojd}") == (b"\x89PNG", ikon["sizes"])
    assert {ikon["purpose"] for ikon in app["icons"]} == {"any", "maskable"}
    arbetare = client.get("/sw.js")
    assert arbetare.headers["Cache-Control"] == "no-cache"
    policy = arbetare.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "connect-src 'self'"} <= set(policy)
    assert client.get("/sw.js", headers={"If-None-Match": arbetare.headers["ETag"]}).status_code == 304
    prefix = re.findall(r'"prefix": "(/static/v-[0-9a-f]{12})"', arbetare.text)[0]
    for fil in json.loads(arbetare.text.split(";\n")[0].removeprefix("const SLAPP = "))["filer"]:
        assert client.get(f"{prefix}/{fil}").status_code == 200, fil
    assert len(client.get("/sw.js", headers={"Accept-Encoding": "br"}).data) <= 6500
    inne = logga_in(en_app(settings, lage), LASARE)
    for adress in ("/sw.js", "/manifest.webmanifest", "/natlos?skal=1"):
        svar = inne.get(adress)
        assert svar.status_code == 200
        assert HUVUD not in svar.headers
        assert "nacka" not in svar.text.lower()
    assert inne.get("/sw.js").text == arbetare.text
    assert "Set-Cookie" not in inne.get("/sw.js").headers


def test_what_is_read_may_be_kept_for_so_many_hours_and_the_rest_may_not(app: Flask, lage: Database) -> None:
    client = logga_in(app, LASARE)
    mitt = _mitt(client)
    assert re.fullmatch("[0-9a-f]{32}", mitt)
    assert {adress: _sagt(client, adress) for adress in LASES} == {adress: [mitt, "72"] for adress in LASES}
    assert {adress: _sagt(client, adress) for adress in BEHALLS_INTE} == {adress: [mitt] for adress in BEHALLS_INTE}
    talar = logga_in(app, TALESPERSON)
    for adress in (SKRIV, f"{SIDA}/underrattelser/ny"):
        assert _sagt(talar, adress) == [_mitt(talar), "72"], adress
    assert talar.post(SKRIV, data={"handling": "spara"}).headers[HUVUD].split() == [_mitt(talar)]


def test_nobody_is_given_another_ones_mark_with_a_page_that_they_share(app: Flask, lage: Database) -> None:
    lasare = [logga_in(app, LASARE), logga_in(app, TVA), logga_in(app, LASARE)]
    for client in lasare[:2]:
        fraga(client)
    with ritade(app) as ritat:
        svaren = [fraga(client) for client in lasare]
    assert len(ritat) < len(lasare)  # not drawn for each
    marken = [svar.headers[HUVUD].split() for svar in svaren]
    assert marken == [[_mitt(client), "72"] for client in lasare]
    assert len({ett[0] for ett in marken}) == len(lasare)
    # What the browser has is confirmed by the mark too.
    igen = fraga(lasare[2], svaren[2].headers["ETag"])
    assert (igen.status_code, igen.headers[HUVUD].split()) == (304, marken[2])


def test_the_mark_is_another_for_another_login_and_for_another_actor(app: Flask, lage: Database) -> None:
    client = logga_in(app, MANGA)
    forst = _sagt(client)
    with lage.reading() as session:
        person = find_anvandare(session, MANGA)
        assert person is not None
        andra = [en.id for en in session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == person.id))]
    for medlemskap in andra:
        client.post("/byt-aktor", data={"medlemskap": medlemskap})
        if _sagt(client) != forst:
            break
    bytt = _sagt(client)
    assert (len(bytt), bytt[1]) == (2, "72")
    assert bytt[0] != forst[0]
    assert _sagt(logga_in(app, MANGA))[0] not in {forst[0], bytt[0]}
    # It says nothing of who it is: without the secret nobody can tell whose it would be.
    assert marke("a", 1, 2) != marke("b", 1, 2)


def test_whoever_is_not_let_in_any_more_is_told_that_nothing_is_kept(app: Flask, lage: Database) -> None:
    assert _sagt(app.test_client()) == _sagt(app.test_client(), "/logga-in") == [INGEN]
    ute = logga_in(app, TALESPERSON)
    assert ute.post("/logga-ut").headers[HUVUD] == INGEN
    assert _sagt(ute) == [INGEN]
    client = logga_in(app, LASARE)
    assert ute.post("/logga-in", data={"epost": LASARE, "losenord": "fel"}).headers[HUVUD] == INGEN
    assert ute.post("/logga-in", data={"epost": LASARE, "losenord": LOSENORD}).headers[HUVUD] != INGEN
    with transaction(lage) as session:
        person = find_anvandare(session, LASARE)
        assert person is not None
        person.medlemskap[0].avstangd = clock.now() - timedelta(minutes=1)
    # By the clock of the tests the fast path goes on for no longer than it may.
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert _sagt(client, f"{SIDA}/tidslinje") == _sagt(client, "/mina-notiser") == [INGEN]


def test_what_is_red_and_what_is_seen_as_another_is_never_kept(app: Flask, lage: Database) -> None:
    with transaction(lage) as session:
        handelse = handelsen(session)
        publicera(session, handelse, "trafikverket", tlp="red")
        underratta(session, handelse, "Rött", aktor="trafikverket", tlp="red")
    client = logga_in(app, TALESPERSON)
    mitt = _mitt(client)
    bild = f"{SIDA}/lagesbild/trafikverket"
    for adress in (SIDA, "/underrattelser", "/underrattelser/2", f"{SIDA}/versioner", f"{SIDA}/tidslinje", bild,
                   f"{SIDA}/karta", f"{bild}/versioner/3", f"{bild}/jamfor/2/3", SKRIV):  # fmt: skip
        assert _sagt(client, adress) == [mitt], adress
    redaktor = logga_in(app, REDAKTOR)
    sedd = _sagt(redaktor, f"{SIDA}/lagesbild/polisen")
    assert len(sedd) == 2
    with lage.reading() as session:
        nacka = en_aktor(session, "nacka").id
    assert redaktor.post("/visa-som", data={"visa_aktor": nacka, "visa_roll": "lasare"}).status_code == 302
    assert _sagt(redaktor, f"{SIDA}/lagesbild/polisen") == sedd[:1]


def test_where_the_operator_keeps_nothing_no_phone_does(settings: Settings, lage: Database) -> None:
    pa, av = (logga_in(en_app(replace(settings, natlos_timmar=timmar), lage), LASARE) for timmar in (5, 0))
    assert _sagt(pa)[1] == "5"
    assert '<meta name="natlos" content="sida">' in pa.get(SIDA).text
    assert '<meta name="natlos" content="pa">' in pa.get("/mina-notiser").text
    assert _sagt(av) == _sagt(av, "/mina-notiser") == [INGEN]
    assert 'name="natlos"' not in av.get(SIDA).text
    # A worker that is there is replaced by one that goes, and takes with it what was kept.
    assert '"timmar": 0' in av.get("/sw.js").text
    assert "har stängt av det" in av.get("/natlos").text
