"""Out of the system: as PDF, as one file and as a mail, by whom, and what is not let out."""

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import parse
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.arkiv_stod import OVNING, SNO, Varld, en_varld, inloggad, ny_databas, publicera
from tests.conftest import en_app
from wis import clock
from wis.audit import Loggpost
from wis.lagesbild.models import Lagesbild
from wis.settings import Settings
from wis.utskrift import pdf, views
from wis.utskrift.pdf import Dokument

Klient = Callable[[str], FlaskClient]
NACKAS = f"/handelser/{SNO}/lagesbild/nacka/versioner/1"
RODA = f"/handelser/{SNO}/lagesbild/lansstyrelsen/versioner/2"


@pytest.fixture(scope="module")
def varld(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varld]:
    mapp = tmp_path_factory.mktemp("utskrift")
    inst = Settings(mapp, "test" * 16, f"sqlite:///{mapp / 'wis.db'}", "http://localhost", embedded_worker=False)
    inst = Settings(**{**vars(inst), "andra_faktor": "ingen", "angra_tid": 0.0, "base_url_given": True})
    varld = en_varld(ny_databas(sqlite_mall, mapp / "wis.db"), inst)
    publicera(varld, varld.redaktor, SNO, {"sammanfattning": "Bara för polisen."}, 20, tlp="red", lasare="polisen")
    yield varld
    varld.database.dispose()


@pytest.fixture(scope="module")
def app(varld: Varld) -> Flask:
    return en_app(varld.inst, varld.database)


@pytest.fixture
def klient(app: Flask) -> Klient:
    return partial(inloggad, app)


@pytest.fixture
def gjorda(monkeypatch: pytest.MonkeyPatch) -> list[Dokument]:
    """What would have become PDF: its words are looked at here, and the PDF itself in the first test."""
    ut: list[Dokument] = []

    def gor(dokument: Dokument) -> bytes:
        ut.append(dokument)
        return b"%PDF-"

    monkeypatch.setattr(views, "gor_pdf", gor)
    pdf.gommen.cache_clear()
    return ut


def _filnamn(svar: TestResponse) -> str:
    assert svar.status_code == 200, svar.get_data(as_text=True)
    return svar.headers["Content-Disposition"]


def _uppackad(data: bytes) -> bytes:
    """The objects of the PDF, unpacked."""
    ut = []
    for bit in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            ut.append(zlib.decompress(bit))
        except zlib.error:
            ut.append(bit)
    return b"\n".join(ut)


def _ord(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_version_becomes_a_pdf_that_is_read_aloud_and_the_same_is_made_once(
    klient: Klient, monkeypatch: pytest.MonkeyPatch
) -> None:
    polisen = klient("las@polisen.example")
    with clock.at(clock.now()):
        svar = polisen.get(f"{NACKAS}/pdf")
    assert re.fullmatch(r'attachment; filename="lagesbild-nacka-v1-snoovader-[0-9]{8}-[0-9]{4}\.pdf"', _filnamn(svar))
    assert svar.mimetype == "application/pdf"
    assert svar.headers["Cache-Control"] == "private, no-store"
    assert svar.data.startswith(b"%PDF-1.7")
    for marke in (b"/StructTreeRoot", b"/Lang (sv)", b"pdfuaid:part", b"/DisplayDocTitle true", b"/Alt", b"/Figure"):
        assert marke in _uppackad(svar.data), marke
    monkeypatch.setattr(views, "gor_pdf", lambda _: pytest.fail("it was made again"))
    assert polisen.get(f"{NACKAS}/pdf").data == svar.data


def test_a_pdf_says_what_it_is_of_when_by_whom_and_how_it_is_marked(klient: Klient, gjorda: list[Dokument]) -> None:
    polisen = klient("las@polisen.example")
    polisen.get(f"{NACKAS}/pdf")
    html, sagt = gjorda[0].html, _ord(gjorda[0].html)
    for ord_ in (
        "Lägesbild från Nacka, version 1",
        "Vägen stängd .",
        "Strömlösa 100 hushåll",
        "Det finns en nyare version (3).",
        "Ingen uppgift: 3. Konsekvenser per samhällsviktig funktion, 4. Åtgärder",
        "TLP:AMBER : bara inom den egna organisationen",
        "för Polisen. Kan vara inaktuell: det senaste finns på http://localhost" + NACKAS,
    ):
        assert ord_ in sagt, ord_
    assert re.search(r"Uttagen \d+ \w+\.? 20\d\d \d\d:\d\d av", sagt)
    # The picture that is attached, whole; the other file by name; the way back; and nothing else is asked for.
    bilder = re.findall(r'src="([^"]*)"', html)
    assert set(bilder) <= set(gjorda[0].filer)
    assert any(adress.startswith("wis:bild/") for adress in bilder)
    assert "plan.pdf (PDF" in sagt
    assert gjorda[0].filer["wis:qr"][1].startswith(b"<svg")
    polisen.get(f"{NACKAS}/pdf?utgava=ledning")
    assert "För ledning: Lägesbild från Nacka" in gjorda[1].html
    assert "Rent vatten" not in gjorda[1].html
    assert "Rent vatten" in html
    svar = polisen.get("/underrattelser/1/pdf")
    assert "Två <strong>träd</strong>." in gjorda[2].html
    assert 'filename="underrattelse-1-v2-snoovader' in _filnamn(svar)
    svar = klient("las@nacka.example").get(f"/handelser/{OVNING}/lagesbild/nacka/versioner/1/pdf")
    assert 'filename="ovning-lagesbild' in _filnamn(svar)
    assert "<title>ÖVNING: " in gjorda[3].html


def test_nobody_takes_out_what_they_do_not_read_and_nobody_what_is_red(
    app: Flask, klient: Klient, gjorda: list[Dokument]
) -> None:
    trafikverket = klient("las@trafikverket.example")
    for adress in (f"{NACKAS}/pdf", f"{NACKAS}/dela", f"{RODA}/pdf", f"{RODA}/dela", "/underrattelser/9/pdf"):
        assert trafikverket.get(adress).status_code == 404, adress
        assert app.test_client().get(adress).status_code == 302, adress
    polisen = klient("las@polisen.example")
    nej = polisen.get(f"{RODA}/pdf")
    assert nej.status_code == 403
    assert "inget av innehållet lämnar systemet" in nej.get_data(as_text=True)
    dela = polisen.get(f"{RODA}/dela").get_data(as_text=True)
    assert "får inte delas vidare" in dela
    assert "Bara för polisen" not in dela
    assert "mailto:" not in dela
    assert gjorda == []


def test_a_whole_event_is_one_file_that_asks_nobody_for_anything(varld: Varld, klient: Klient) -> None:
    svar = klient("las@polisen.example").post(f"/handelser/{SNO}/enfil")
    assert 'filename="allt-snoovader-' in _filnamn(svar)
    html = svar.get_data(as_text=True)
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    sida = parser.parse(html)
    assert parser.errors == []
    # All that is fetched by itself lies in the file.
    hamtas = [e.get(namn) for e in sida.iter() for namn in ("src", "srcset", "data", "action", "poster") if e.get(namn)]
    assert hamtas
    assert all(adress.startswith("data:image/") for adress in hamtas)
    assert not [e.tag for e in sida.iter() if e.tag in {"script", "link", "base", "iframe", "object", "form"}]
    assert "url(" not in html
    policy = next(e.get("content") for e in sida.iter("meta") if e.get("http-equiv") == "Content-Security-Policy")
    stil = next(sida.iter("style")).text
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert base64.b64encode(hashlib.sha256(stil.encode()).digest()).decode() in policy
    ankare = [e.get("id") for e in sida.iter() if e.get("id")]
    assert len(ankare) == len(set(ankare))
    inom = {e.get("href") for e in sida.iter("a") if e.get("href", "").startswith("#")}
    assert inom <= {f"#{ett}" for ett in ankare}
    assert not [e.get("href") for e in sida.iter("a") if e.get("href", "").startswith("/")]
    sagt = _ord(html)
    for ord_ in (
        "Allt om Snöoväder",
        "Kan vara inaktuell",
        "Samlad lägesbild, version 1",
        "Rent vatten.",
        "Väg 75 stängd",
        "Aktiverat läge",
        "En sak är märkt TLP:RED och är inte med",
    ):
        assert ord_ in sagt, ord_
    assert "Bara för polisen" not in html
    with varld.database.reading() as session:
        rader = session.scalars(select(Loggpost).where(Loggpost.handling == "tog ut")).all()
        handelse_id = session.scalars(select(Lagesbild.handelse_id).where(Lagesbild.aktor_id.is_(None))).one()
        assert [(rad.objekt, rad.uppgifter) for rad in rader] == [(f"handelse:{handelse_id}", '{"slag": "html"}')]


def test_what_is_taken_out_is_what_the_one_who_asks_reads(klient: Klient, gjorda: list[Dokument]) -> None:
    trafikverket = klient("las@trafikverket.example")
    assert "Hämta PDF" in trafikverket.get(f"/handelser/{SNO}/enfil").get_data(as_text=True)
    html = trafikverket.post(f"/handelser/{SNO}/enfil").get_data(as_text=True)
    trafikverket.post(f"/handelser/{SNO}/pdf")
    for text in (html, gjorda[0].html):
        assert "Länet håller öppet" in text
        assert "Rent vatten" not in text
        assert "TLP:RED" not in text
    assert "<style>" not in gjorda[0].html
    ovning = trafikverket.post(f"/handelser/{OVNING}/enfil").get_data(as_text=True)
    assert "ÖVNING ÖVNING ÖVNING" in ovning
    assert "<title>ÖVNING: " in ovning


def test_a_version_is_shared_by_a_mail_that_says_to_whom_it_may_go(klient: Klient) -> None:
    sida = klient("las@polisen.example").get(f"{NACKAS}/dela").get_data(as_text=True)
    sagt = _ord(sida)
    assert "TLP:AMBER: bara inom den egna organisationen" in sagt
    assert "Lägesbild från Nacka, version 1, publicerad 22 nov. 2026 10:01." in sagt
    assert "Nytt: Minut 1" in sagt
    assert 'href="mailto:?subject=L%C3%A4gesbild' in sida
    assert f'href="{NACKAS}/pdf"' in sida
    assert "Dela version 3 i stället" in sagt


def _antal_uttag(varld: Varld) -> int:
    with varld.database.reading() as session:
        return len(session.scalars(select(Loggpost).where(Loggpost.handling == "tog ut")).all())


def test_one_person_s_many_prints_wait_and_a_server_without_the_libraries_says_what_to_install(
    varld: Varld, klient: Klient, gjorda: list[Dokument], monkeypatch: pytest.MonkeyPatch
) -> None:
    nacka = klient("las@nacka.example")
    monkeypatch.setattr(views, "PER_PERSON", parse("1 per hour"))
    assert nacka.get(f"{NACKAS}/pdf").status_code == 200
    # What is made already costs nothing.
    assert nacka.get(f"{NACKAS}/pdf").status_code == 200
    svar = nacka.get("/underrattelser/1/pdf")
    assert svar.status_code == 429
    assert "Vänta några minuter" in svar.get_data(as_text=True)
    uttagna = _antal_uttag(varld)
    for fil in ("enfil", "pdf"):
        # Neither collected nor said to be taken out.
        assert nacka.post(f"/handelser/{SNO}/{fil}").status_code == 429
    assert _antal_uttag(varld) == uttagna
    assert len(gjorda) == 1
    monkeypatch.setattr(views, "gor_pdf", pdf.gor_pdf)
    monkeypatch.setattr(pdf, "_i_egen_process", lambda _: b'\x00\x00\x00\x15{"fel": "bibliotek"}')
    svar = klient("las@polisen.example").get("/underrattelser/1/pdf")
    assert svar.status_code == 503
    assert "sudo apt-get install" in svar.get_data(as_text=True)
