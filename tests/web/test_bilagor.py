"""Images and PDF attached to a lägesbild: put into the draft, published with it, read with it."""

import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from tests.bilagor_stod import EICAR, en_bild, en_bild_fran_mobilen, en_bomb, en_clamd, en_pdf
from tests.web.lagesbild_stod import BAS, FORM, LoggaIn, i_falt, publicera, sidan, skrivande_folk, sparade, synligt
from wis import audit, clock, utdrag
from wis.andringar import Slag
from wis.bilagor.models import Bilaga
from wis.db import Database
from wis.settings import Settings

JSON = {"Accept": "application/json"}
ANNA, BERTIL, NACKA = "talesperson@trafikverket.example", "bertil@trafikverket.example", "redaktor@nacka.example"


INTE = [
    (b"", "tom.png", 422, "Filen är tom"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "a.png", 422, "SVG-bilder tas inte emot"),
    (b"<!doctype html><script>x</script>", "bild.png", 422, "Filen är en webbsida"),
    (b"PK\x03\x04" + b"x" * 50, "plan.docx", 422, "Spara dokumentet som PDF"),
    (b"\0\0\0\x18ftypheic" + b"x" * 50, "IMG_1.jpg", 422, "Spara eller dela den som JPEG"),
    (b"MZ" + b"x" * 50, "plan.pdf", 422, "Det går att bifoga JPEG"),
    (en_bild()[:400], "halv.jpg", 422, "Bilden går inte att läsa"),
    (en_pdf()[:-12], "halv.pdf", 422, "PDF-filen är inte hel"),
    (en_pdf() + b"PK\x03\x04<script>x</script>", "dubbel.pdf", 422, "PDF-filen är inte hel"),
    (en_bomb(), "bomb.png", 413, "fler än 50 miljoner bildpunkter"),
    (b"%PDF-1.4" + b"0" * 1_000_000, "stor.pdf", 413, "Filen är större än 1 MB"),
]
"""What is not taken, what it is called, and what is answered."""


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in(ANNA)


def bifoga(client: FlaskClient, *filer: tuple[bytes, str], adress: str = BAS, **falt: str) -> TestResponse:
    """As the button 'Bifoga' sends it, with all of the form."""
    sant: MultiDict[str, Any] = MultiDict(FORM | {"bilagehandling": "lagg-till"} | falt)
    for innehall, namn in filer:
        sant.add("fil", FileStorage(io.BytesIO(innehall), namn, "fil", "image/png"))
    kropp, _langd, grans = stream_encode_multipart(sant, use_tempfile=False)
    typ = f'multipart/form-data; boundary="{grans}"'
    return client.post(f"{adress}/bilagor", data=kropp.read(), content_type=typ)


def adresser(page: str) -> list[str]:
    """Where the attachments and previews of a page are."""
    return sorted(set(re.findall(r'(?:href|src)="([^"?]*/bilagor/[^"?]*)', page)))


def numren(page: str) -> list[str]:
    """The numbers of the attachments of the page for writing, in order."""
    return re.findall(r'name="beskrivning_(\d+)"', page)


def tryck(client: FlaskClient, handling: str, **falt: str) -> str:
    """Press a button at the attachments; the page that comes of it."""
    page = sidan(client.get(f"{BAS}/skriv"))
    revision = i_falt(page, "revision")
    svar = client.post(f"{BAS}/bilagor", data=FORM | {"revision": revision, "bilagehandling": handling} | falt)
    assert svar.status_code == 302, svar.get_data(as_text=True)
    return sidan(client.get(f"{BAS}/skriv"))


class TestFromDraftToReader:
    def test_an_image_is_attached_described_published_and_read(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        svar = bifoga(anna, (en_bild_fran_mobilen(), "hemma/bilder/Karta över Norrtälje.JPG"))
        assert svar.headers["Location"] == f"{BAS}/skriv#bilagor"
        assert sparade(database)[0]["sammanfattning"] == FORM["sammanfattning"]
        page = sidan(anna.get(f"{BAS}/skriv"))
        (nummer,) = numren(page)
        assert "Karta över Norrtälje.JPG är bifogad." in synligt(page)
        data = FORM | {"revision": "1", "handling": "tyst", f"beskrivning_{nummer}": "Karta över <Norrtälje>"}
        assert anna.post(f"{BAS}/skriv", data=data).status_code == 302

        lasare = logga_in(NACKA)
        page = sidan(lasare.get(BAS))
        assert re.search(r'alt="Karta över &lt;Norrtälje&gt;" width="240" height="480"', page)
        assert re.search(r"Karta över <Norrtälje>, bild, \d+ kB\. Ladda ner", synligt(page))
        bild, fil = sorted(adresser(page), key=lambda adress: not adress.endswith("/forhandsbild"))
        liten = lasare.get(bild)
        assert (liten.status_code, liten.mimetype) == (200, "image/webp")
        assert len(liten.data) <= 40_000
        assert max(Image.open(io.BytesIO(liten.data)).size) == 480
        stor = lasare.get(fil)
        with Image.open(io.BytesIO(stor.data)) as ren:
            assert (ren.size, ren.format) == ((1280, 2560), "JPEG"), "upright, and no longer than is taken"
            assert not ren.getexif()
        assert b"hemlig" not in stor.data.lower()
        assert b"Exif" not in stor.data
        assert stor.headers["Content-Disposition"] == (
            "attachment; filename=\"Karta over Norrtalje.JPG\"; filename*=UTF-8''Karta%20%C3%B6ver%20Norrt%C3%A4lje.JPG"
        )
        assert lasare.get(f"{fil}?visa=1").headers["Content-Disposition"].startswith("inline;")
        with database.reading() as session:
            fakta = session.scalars(
                select(audit.Loggpost.uppgifter).where(audit.Loggpost.handling == "lägesbild publicerad")
            ).one()
            assert json.loads(fakta)["bilagor"] == [session.scalars(select(Bilaga.sha256)).one()]

    def test_it_is_shut_in_and_asked_for_anew_each_time(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        bifoga(anna, (en_bild(), "a.jpg"), (en_pdf(), "plan.pdf"))
        publicera(anna, 0, "Läget", revision="1")
        lasare = logga_in(NACKA)
        for adress in adresser(sidan(lasare.get(BAS))):
            svar = lasare.get(adress)
            assert svar.status_code == 200
            assert svar.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert svar.headers["X-Content-Type-Options"] == "nosniff"
            assert svar.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert svar.headers["Cache-Control"] == "private, no-cache"
            igen = lasare.get(adress, headers={"If-None-Match": svar.headers["ETag"]})
            assert (igen.status_code, igen.data) == (304, b"")
            lasare.post("/logga-ut")
            assert lasare.get(adress, headers={"If-None-Match": svar.headers["ETag"]}).status_code == 302
            lasare = logga_in(NACKA)

    @pytest.mark.parametrize("tlp", ["clear", "red"])
    def test_who_may_not_read_the_version_is_told_of_none(self, anna: FlaskClient, logga_in: LoggaIn, tlp: str) -> None:
        bas = "/handelser/hemlig/lagesbild/trafikverket"
        bifoga(anna, (en_bild(), "a.jpg"), adress=bas)
        val = {"krets_val": "egen", "tlp": tlp} if tlp == "red" else {}
        assert publicera(anna, 0, "Läget", bas, revision="1", **val).status_code == 302
        for adress in adresser(sidan(anna.get(bas))):
            svar = anna.get(adress)
            assert svar.headers["Cache-Control"] == ("private, no-store" if tlp == "red" else "private, no-cache")
            assert ("ETag" in svar.headers) == (tlp != "red")
            assert logga_in(NACKA).get(adress).status_code == 404
            # Nor is it part of a version that it was not published with.
            assert anna.get(adress.replace("/versioner/1/", "/versioner/2/")).status_code == 404
            annan = re.sub(r"/bilagor/\d+/", "/bilagor/999/", adress)
            assert anna.get(annan).status_code == 404

    def test_a_draft_is_read_by_whom_it_is_of_and_a_colleague_takes_it_over(
        self, anna: FlaskClient, logga_in: LoggaIn
    ) -> None:
        bifoga(anna, (en_bild(), "a.jpg"))
        mina = adresser(sidan(anna.get(f"{BAS}/skriv")))
        assert len(mina) == 2
        bertil = logga_in(BERTIL)
        for adress in mina:
            assert anna.get(adress).headers["Cache-Control"] == "private, no-store"
            assert bertil.get(adress).status_code == 404
            assert logga_in(NACKA).get(adress).status_code == 404
        bertil.post(f"{BAS}/utkast/1/ta-over")
        assert [bertil.get(adress).status_code for adress in mina] == [200, 200]

    def test_the_next_version_begins_with_the_same_and_they_can_be_moved_taken_away_and_put_back(
        self, anna: FlaskClient
    ) -> None:
        bifoga(anna, (en_bild(farg="red"), "ett.jpg"), (en_pdf(), "två.pdf"), (en_bild(farg="blue"), "tre.jpg"))
        publicera(anna, 0, "Läget", revision="1")
        page = sidan(anna.get(f"{BAS}/skriv"))
        ett, tva, tre = numren(page)
        assert numren(tryck(anna, f"upp:{tre}", bas="1", **{f"beskrivning_{tva}": "Planen"})) == [ett, tre, tva]
        page = tryck(anna, f"ta-bort:{ett}", bas="1")
        assert numren(page) == [tre, tva]
        assert i_falt(page, f"beskrivning_{tva}") == "Planen"
        assert "Finns i den senaste versionen, men kommer inte med i din: ett.jpg" in synligt(page)
        assert numren(tryck(anna, f"tillbaka:{ett}", bas="1")) == [tre, tva, ett]
        page = tryck(anna, f"ta-bort:{ett}", bas="1")
        # With no word changed: what is attached is news enough.
        data = {"sammanfattning": "Läget", "bas": "1", "revision": i_falt(page, "revision"), "nyckel": "b" * 32}
        svar = anna.post(f"{BAS}/skriv", data=data | {"handling": "tyst"})
        assert svar.status_code == 302, svar.get_data(as_text=True)
        assert [synligt(sidan(anna.get(f"{BAS}/versioner/{n}"))).count("kB") for n in (1, 2)] == [3, 2]
        page = sidan(anna.get(f"{BAS}/versioner/2"))
        assert page.index("tre.jpg") < page.index("Planen")
        anna.post(f"{BAS}/oforandrat", data={"bas": "2", "nyckel": "c" * 32})
        assert synligt(sidan(anna.get(f"{BAS}/versioner/3"))).count("kB") == 2

    def test_a_script_sends_the_file_alone_and_the_page_goes_on_saving(self, anna: FlaskClient) -> None:
        sant = {"fil": (io.BytesIO(en_bild("PNG")), "skärm.png")}
        svar = anna.post(f"{BAS}/bilagor", data=sant, headers=JSON)
        assert svar.json is not None
        assert (svar.status_code, svar.json["meddelande"]) == (200, "skärm.png är bifogad.")
        (nummer,) = numren(svar.json["lista"])
        text = FORM | {f"beskrivning_{nummer}": "Skärmen"}
        svar = anna.post(f"{BAS}/utkast", data=text, headers=JSON)
        assert svar.json is not None
        assert svar.json["revision"] == 1
        assert i_falt(sidan(anna.get(f"{BAS}/skriv")), f"beskrivning_{nummer}") == "Skärmen"
        svar = anna.post(f"{BAS}/bilagor", data={"fil": (io.BytesIO(b"<svg/>"), "x.svg")}, headers=JSON)
        assert svar.json is not None
        assert svar.status_code == 422
        assert "x.svg: SVG-bilder tas inte emot" in svar.json["fel"]

    def test_the_extract_says_only_how_many(self, app: Flask, anna: FlaskClient, settings: Settings) -> None:
        bifoga(anna, (en_bild(), "a.jpg"), (en_pdf(), "b.pdf"))
        publicera(anna, 0, "Läget", revision="1")
        page = sidan(app.test_client().get(utdrag.adress(settings, Slag.LAGESBILD, 1, 1, clock.now())))
        assert f'<a href="{BAS}/versioner/1">2 bilagor</a>' in page
        assert "<img" not in page


class TestWhatIsNotTaken:
    def test_each_is_refused_in_words_and_no_word_is_lost(
        self, app: Flask, settings: Settings, anna: FlaskClient, database: Database
    ) -> None:
        app.extensions["wis_settings"] = replace(settings, bilaga_mb=1)
        for nummer, (data, namn, status, skal) in enumerate(INTE):
            skrivet = {"lage_fakta": f"Det jag skrev {nummer}", "revision": str(nummer)}
            page = sidan(bifoga(anna, (data, namn), (en_pdf(), "hel.pdf"), **skrivet), status)
            assert f"{namn}: " in synligt(page)
            assert skal in synligt(page)
            assert i_falt(page, "lage_fakta") == f"Det jag skrev {nummer}"
            assert i_falt(page, "revision") == str(nummer + 1)
            assert "hel.pdf , PDF, 1 kB" in synligt(page), "the other file is attached"
        with database.reading() as session:
            assert len(session.scalars(select(Bilaga.id)).all()) == 1

    def test_a_polyglot_loses_all_but_its_pixels(self, anna: FlaskClient) -> None:
        elak = en_bild("GIF") + b"/*<script>alert(1)</script>*/PK\x03\x04"
        bifoga(anna, (elak, "../../etc/\u202egpj.exe"))
        publicera(anna, 0, "Läget", revision="1")
        fil = next(adress for adress in adresser(sidan(anna.get(BAS))) if not adress.endswith("/forhandsbild"))
        svar = anna.get(fil)
        assert (svar.mimetype, b"script" in svar.data, b"PK\x03" in svar.data) == ("image/png", False, False)
        assert 'filename="gpj.exe.png"' in svar.headers["Content-Disposition"]

    def test_a_login_that_ran_out_meanwhile_keeps_the_text(self, client: FlaskClient) -> None:
        page = sidan(bifoga(client, (en_pdf(), "a.pdf"), lage_fakta="Det jag skrev"), 401)
        assert "Det jag skrev" in page

    def test_no_more_than_so_many_of_which_none_is_kept(
        self, app: Flask, settings: Settings, anna: FlaskClient, database: Database
    ) -> None:
        app.extensions["wis_settings"] = replace(settings, bilagor_antal=2)
        bifoga(anna, (en_pdf("1"), "1.pdf"))
        svar = bifoga(anna, (en_pdf("2"), "2.pdf"), (en_pdf("3"), "3.pdf"), revision="1")
        assert "högst 2 bilagor" in synligt(sidan(svar, 422))
        with database.reading() as session:
            assert len(session.scalars(select(Bilaga.id)).all()) == 1

    def test_without_scripts_a_chosen_file_that_was_not_sent_is_asked_about(self, anna: FlaskClient) -> None:
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"fil": "karta.png", "handling": "tyst"}), 422)
        assert "Filen karta.png är vald men inte bifogad" in synligt(page)
        assert i_falt(page, "sammanfattning") == FORM["sammanfattning"]

    def test_what_the_scanner_knows_as_harmful_is_refused_and_recorded(
        self, app: Flask, settings: Settings, anna: FlaskClient, database: Database
    ) -> None:
        with en_clamd() as clamd:
            app.extensions["wis_settings"] = replace(settings, clamd=clamd.adress)
            ond = en_pdf(EICAR.decode())
            page = sidan(bifoga(anna, (ond, "ond.pdf"), (en_pdf(), "god.pdf")), 422)
            assert "ond.pdf: Filen innehåller skadlig kod" in synligt(page)
            assert "god.pdf , PDF, 1 kB" in synligt(page)
            assert clamd.skannat == [ond, en_pdf()]
        with database.reading() as session:
            fakta = session.scalars(
                select(audit.Loggpost.uppgifter).where(audit.Loggpost.handling == "bilaga nekad")
            ).one()
            assert json.loads(fakta)["fynd"] == "Eicar-Signature"

    @pytest.mark.parametrize("stum", [True, False], ids=["without an answer", "shut down"])
    def test_with_the_scanner_down_nothing_gets_by(
        self, app: Flask, settings: Settings, anna: FlaskClient, database: Database, stum: bool
    ) -> None:
        with en_clamd(stum=True) as clamd:
            app.extensions["wis_settings"] = replace(settings, clamd=clamd.adress)
            if stum:
                svar = bifoga(anna, (en_pdf(), "a.pdf"))
        if not stum:
            svar = bifoga(anna, (en_pdf(), "a.pdf"))
        assert "kunde inte genomsökas efter skadlig kod" in synligt(sidan(svar, 422))
        with database.reading() as session:
            assert session.scalars(select(Bilaga.id)).all() == []
