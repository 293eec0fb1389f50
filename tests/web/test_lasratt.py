"""Who may read what: choosing it when one publishes and after, and that the pages keep to it."""

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web.lagesbild_stod import BAS, FORM, SAMLAD, LoggaIn, publicera, sidan, skrivande_folk, sparade, synligt
from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild import service
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Innehall, Marke, Publicering
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

NY = "/handelser/snoovader/underrattelser/ny"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_person_hos(session, "polisen", Roll.REDAKTOR, epost="redaktor@polisen.example")


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson, who publishes."""
    return logga_in("talesperson@trafikverket.example")


@pytest.fixture
def nacka(logga_in: LoggaIn) -> FlaskClient:
    return logga_in("redaktor@nacka.example")


@pytest.fixture
def polisen(logga_in: LoggaIn) -> FlaskClient:
    return logga_in("redaktor@polisen.example")


def _id(database: Database, slug: str) -> str:
    with database.reading() as session:
        return str(session.scalars(select(Aktor.id).where(Aktor.slug == slug)).one())


def _dolt(page: str, namn: str) -> str:
    falt = re.search(rf'<input[^>]* name="{namn}"[^>]*>', page)
    assert falt, namn
    varde = re.search(r'value="([^"]*)"', falt[0])
    return varde[1] if varde else ""


@pytest.fixture
def for_nacka(anna: FlaskClient, database: Database) -> dict[str, str]:
    """Version 1 and 2 of Trafikverket's, for Nacka alone; the fields that chose it."""
    val = {"laskrets": "valda", "lasare": _id(database, "nacka")}
    assert publicera(anna, 0, "Läge ett", **val).status_code == 302
    pa = _dolt(sidan(anna.get(f"{BAS}/skriv")), "krets_pa")
    assert publicera(anna, 1, "Läge två", krets_pa=pa, **val).status_code == 302
    return val


class TestReading:
    def test_a_narrowed_lagesbild_is_nowhere_for_the_others(
        self, for_nacka: dict[str, str], nacka: FlaskClient, polisen: FlaskClient
    ) -> None:
        for path in ("", "/versioner/1", "/versioner/2", "/jamfor/1/2", "/lasratt", "/skriv"):
            assert polisen.get(BAS + path).status_code == 404, path
        for path in ("", "/versioner/1", "/jamfor/1/2"):
            assert nacka.get(BAS + path).status_code == 200, path
        assert "Läge två" not in sidan(polisen.get("/handelser/snoovader/versioner"))
        assert "Läge två" in sidan(nacka.get("/handelser/snoovader"))

    def test_the_page_says_who_reads_and_how_to_change_or_ask_for_it(
        self, for_nacka: dict[str, str], anna: FlaskClient, nacka: FlaskClient
    ) -> None:
        mitt, deras = sidan(anna.get(BAS)), sidan(nacka.get(BAS))
        assert "Läsrätt hos 2 av 4 aktörer" in synligt(mitt)
        assert "Läser: Nacka, Trafikverket." in synligt(mitt)
        assert f"{BAS}/lasratt" in mitt
        assert "be-om-lasratt" not in mitt
        assert "/handelser/snoovader/be-om-lasratt?aktor=trafikverket" in deras
        assert f"{BAS}/lasratt" not in deras

    def test_label_note_and_function_stand_on_the_page(self, anna: FlaskClient, nacka: FlaskClient) -> None:
        publicera(anna, 0, "Läge", tlp="amber", lagrum="18 kap. 13 §")
        page = synligt(sidan(nacka.get(BAS)))
        assert "TLP:AMBER" in page
        assert "Sekretessanteckning: OSL 18 kap. 13 §" in page

    def test_an_older_version_is_there_when_the_latest_may_not_be_read(
        self, anna: FlaskClient, nacka: FlaskClient, database: Database
    ) -> None:
        publicera(anna, 0, "Öppet")
        with transaction(database) as session:
            bild = session.scalars(select(Lagesbild)).one()
            av = session.scalars(select(Anvandare).where(Anvandare.epost == "talesperson@trafikverket.example")).one()
            rott = Innehall.av({"sammanfattning": "Hemligt"}, marke=Marke(Tlp.RED))
            plats, html = Plats(bild.handelse_id, bild.aktor_id), {"sammanfattning": "Hemligt"}
            service.publicera(
                session, f.subjekt_for(session, av), plats, Publicering(1, "r", rott), html, avisera=False
            )
        assert "Hemligt" in sidan(anna.get(BAS))
        assert nacka.get(BAS).status_code == 404
        page = sidan(nacka.get(f"{BAS}/versioner/1"))
        assert "nyare version" not in page
        assert nacka.get(f"{BAS}/jamfor/1/2").status_code == 404
        assert "Version 2" not in sidan(nacka.get(f"{BAS}/jamfor/1/1"))


class TestPublishing:
    def test_red_for_all_is_refused_at_the_field_and_keeps_what_was_typed(
        self, anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        page = sidan(publicera(anna, 0, "Läge", tlp="red"), 422)
        assert "bara för aktörer som valts vid namn" in synligt(page)
        assert re.search(r'<details class="markning" open>\s*<summary>Vem får läsa\?', page)
        assert '<a href="#laskrets-0">TLP:RED visas bara' in page
        assert "Läge" in page
        samlat = publicera(logga_in("tib@lansstyrelsen.example"), 0, "Samlat", SAMLAD, tlp="red")
        assert "bara för aktörer som valts vid namn" in synligt(sidan(samlat, 422))
        assert publicera(anna, 0, "Läge", tlp="red", laskrets="egen").status_code == 302

    def test_chosen_without_any_is_told(self, anna: FlaskClient) -> None:
        assert "Välj minst en aktör" in synligt(sidan(publicera(anna, 0, "Läge", laskrets="valda"), 422))

    def test_the_form_opens_with_label_note_and_readers_as_they_were(
        self, for_nacka: dict[str, str], anna: FlaskClient, database: Database
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/skriv")), "krets_pa")
        publicera(anna, 2, "Tre", krets_pa=pa, tlp="green", lagrum="15 kap. 1 §", **for_nacka)
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert re.search(r'<option selected value="green"', page)
        assert 'value="15 kap. 1 §"' in page
        assert re.search(rf'name="lasare" value="{for_nacka["lasare"]}" checked', page)
        assert re.search(r'name="laskrets" value="valda" checked', page)

    def test_the_samlade_has_no_choice_of_readers_and_warns_of_what_is_narrowed(
        self, for_nacka: dict[str, str], nacka: FlaskClient, polisen: FlaskClient
    ) -> None:
        page = sidan(nacka.get(f"{SAMLAD}/skriv"))
        assert 'name="laskrets"' not in page
        assert "Trafikverket: läsrätt hos 2 av 4" in synligt(page)
        assert "läsrätt hos" not in synligt(sidan(polisen.get(f"{SAMLAD}/skriv")))

    def test_a_dispatch_carries_circle_and_label(self, anna: FlaskClient, database: Database) -> None:
        val = {"laskrets": "valda", "lasare": _id(database, "nacka"), "tlp": "amber"}
        assert anna.post(f"{BAS}/skriv", data=FORM | val).status_code == 302
        with database.reading() as session:
            utskick = session.scalars(select(Utskick)).one()
            assert (utskick.tlp, utskick.krets_id) == ("amber", session.scalars(select(Lagesbild.krets_id)).one())
        assert "öppen" not in utskick.sms

    def test_the_only_new_thing_may_be_the_label(self, anna: FlaskClient, database: Database) -> None:
        publicera(anna, 0, "Läge")
        assert "Ingen text är ändrad" in sidan(publicera(anna, 1, "Läge"), 422)
        assert publicera(anna, 1, "Läge", tlp="amber").status_code == 302

    def test_readers_that_were_changed_while_one_wrote_are_shown_before_anything_is_published(
        self, for_nacka: dict[str, str], anna: FlaskClient, logga_in: LoggaIn
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/skriv")), "krets_pa")
        logga_in("bertil@trafikverket.example").post(f"{BAS}/lasratt", data={"laskrets": "egen", "bygger_pa": pa})
        page = sidan(publicera(anna, 2, "Tre", krets_pa=pa, **for_nacka), 409)
        assert "Läsrätten har ändrats medan du skrev" in synligt(page)
        assert "Nu läser 1 av 4 aktörer" in synligt(page)
        assert "Tre" in page
        assert publicera(anna, 2, "Tre", krets_pa=_dolt(page, "krets_pa"), **for_nacka).status_code == 302


class TestDraft:
    def test_it_keeps_label_note_and_readers(self, anna: FlaskClient, database: Database) -> None:
        val = {"tlp": "amber", "lagrum": "18 kap. 13 §", "laskrets": "valda", "lasare": _id(database, "nacka")}
        svar = anna.post(f"{BAS}/utkast", data=FORM | val, headers={"Accept": "application/json"})
        assert svar.status_code == 200
        assert sparade(database)[0]["_tlp"] == "amber"
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert re.search(r'<option selected value="amber"', page)
        assert 'value="18 kap. 13 §"' in page
        assert re.search(rf'name="lasare" value="{val["lasare"]}" checked', page)

    def test_a_choice_that_is_not_whole_is_kept_too(self, anna: FlaskClient) -> None:
        anna.post(f"{BAS}/utkast", data=FORM | {"laskrets": "valda"}, headers={"Accept": "application/json"})
        assert re.search(r'name="laskrets" value="valda" checked', sidan(anna.get(f"{BAS}/skriv")))

    def test_one_that_says_nothing_of_readers_follows_those_who_read_now(
        self, for_nacka: dict[str, str], anna: FlaskClient, database: Database
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/skriv")), "krets_pa")
        text = FORM | for_nacka | {"bas": "2", "krets_pa": pa}
        anna.post(f"{BAS}/utkast", data=text, headers={"Accept": "application/json"})
        assert "_laskrets" not in json.dumps(sparade(database))
        anna.post(f"{BAS}/lasratt", data={"laskrets": "egen", "bygger_pa": pa})
        assert re.search(r'name="laskrets" value="egen" checked', sidan(anna.get(f"{BAS}/skriv")))

    def test_it_meets_a_label_that_was_published_meanwhile(self, anna: FlaskClient, logga_in: LoggaIn) -> None:
        publicera(anna, 0, "Ett")
        anna.post(f"{BAS}/utkast", data=FORM | {"bas": "1"}, headers={"Accept": "application/json"})
        publicera(logga_in("bertil@trafikverket.example"), 1, "Två", tlp="amber")
        page = sidan(anna.get(f"{BAS}/skriv"))
        assert "Märkningen eller sekretessanteckningen är ändrad i version 2" in synligt(page)
        assert re.search(r'<option selected value="amber"', page)


class TestChangingAfterwards:
    def test_the_page_shows_who_has_and_who_lacks_it(self, for_nacka: dict[str, str], anna: FlaskClient) -> None:
        page = synligt(sidan(anna.get(f"{BAS}/lasratt")))
        assert "Läsrätt hos 2 av 4 aktörer" in page
        assert "Saknar läsrätt Lansstyrelsen, Polisen" in page

    @pytest.mark.parametrize(("tidigare", "vantat"), [({}, 404), ({"aven_tidigare": "y"}, 200)])
    def test_who_is_added_reads_the_earlier_only_if_that_was_chosen(
        self,
        for_nacka: dict[str, str],
        anna: FlaskClient,
        polisen: FlaskClient,
        database: Database,
        tidigare: dict[str, str],
        vantat: int,
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/lasratt")), "bygger_pa")
        val = {"laskrets": "valda", "lasare": [for_nacka["lasare"], _id(database, "polisen")], "bygger_pa": pa}
        assert anna.post(f"{BAS}/lasratt", data=val | tidigare).status_code == 302
        assert polisen.get(BAS).status_code == vantat
        publicera(anna, 2, "Tre", krets_pa=_dolt(sidan(anna.get(f"{BAS}/skriv")), "krets_pa"), **val)
        assert polisen.get(BAS).status_code == 200
        assert polisen.get(f"{BAS}/versioner/1").status_code == vantat

    def test_who_is_taken_away_loses_it_at_once(
        self, for_nacka: dict[str, str], anna: FlaskClient, nacka: FlaskClient
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/lasratt")), "bygger_pa")
        anna.post(f"{BAS}/lasratt", data={"laskrets": "egen", "bygger_pa": pa})
        assert nacka.get(BAS).status_code == 404
        assert nacka.get(f"{BAS}/versioner/1").status_code == 404

    def test_of_two_the_second_is_shown_what_stands_and_loses_nothing(
        self, for_nacka: dict[str, str], anna: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{BAS}/lasratt")), "bygger_pa")
        bertil = logga_in("bertil@trafikverket.example")
        bertil.post(f"{BAS}/lasratt", data={"laskrets": "egen", "bygger_pa": pa})
        val = {"laskrets": "valda", "lasare": _id(database, "polisen")}
        page = sidan(anna.post(f"{BAS}/lasratt", data=val | {"bygger_pa": pa}), 409)
        assert "Någon hann före" in synligt(page)
        assert re.search(rf'name="lasare" value="{val["lasare"]}" checked', page)
        assert anna.post(f"{BAS}/lasratt", data=val | {"bygger_pa": _dolt(page, "bygger_pa")}).status_code == 302

    def test_nobody_but_the_owner_changes_it(
        self, anna: FlaskClient, nacka: FlaskClient, logga_in: LoggaIn, database: Database
    ) -> None:
        publicera(anna, 0, "Öppet")
        skribent = logga_in("skribent@trafikverket.example")
        for client in (nacka, skribent):
            assert client.get(f"{BAS}/lasratt").status_code == 403
            assert client.post(f"{BAS}/lasratt", data={"laskrets": "egen"}).status_code == 403
        assert nacka.get(BAS).status_code == 200

    def test_of_what_is_not_published_there_is_no_such_page(self, anna: FlaskClient) -> None:
        assert anna.get(f"{BAS}/lasratt").status_code == 404


class TestUnderrattelser:
    @pytest.fixture
    def adress(self, anna: FlaskClient, database: Database) -> str:
        """One for Nacka alone."""
        val = {"laskrets": "valda", "lasare": _id(database, "nacka"), "tlp": "green"}
        form = {"rubrik": "Hemligt", "text": "Texten", "nyckel": "n1", "handling": "avisera"}
        svar = anna.post(NY, data=form | val)
        assert svar.status_code == 302, svar.get_data(as_text=True)
        return svar.headers["Location"]

    def test_it_is_there_for_those_chosen_alone(
        self, adress: str, nacka: FlaskClient, polisen: FlaskClient, database: Database
    ) -> None:
        page = synligt(sidan(nacka.get(adress)))
        assert "TLP:GREEN" in page
        assert "Läsrätt hos 2 av 4 aktörer" in page
        assert polisen.get(adress).status_code == 404
        assert "Hemligt" not in sidan(polisen.get("/underrattelser"))
        assert "Hemligt" in sidan(nacka.get("/underrattelser?handelse=snoovader"))
        with database.reading() as session:
            utskick, sak = session.scalars(select(Utskick)).one(), session.scalars(select(Underrattelse)).one()
            assert (utskick.krets_id, utskick.tlp) == (sak.krets_id, "green")

    def test_a_correction_opens_with_the_same_label_and_readers(
        self, adress: str, anna: FlaskClient, polisen: FlaskClient, database: Database
    ) -> None:
        page = sidan(anna.get(f"{adress}/ratta"))
        assert re.search(r'<option selected value="green"', page)
        assert re.search(r'name="laskrets" value="valda" checked', page)
        form = {"rubrik": "Hemligt", "text": "Rättat", "bas": "1", "nyckel": "n2", "handling": "tyst", "tlp": "green"}
        val = {"laskrets": "valda", "lasare": _id(database, "nacka")}
        stopped = sidan(anna.post(f"{adress}/ratta", data=form | val | {"krets_pa": "gammal"}), 409)
        assert "Läsrätten har ändrats medan du skrev" in synligt(stopped)
        sent = anna.post(f"{adress}/ratta", data=form | val | {"krets_pa": _dolt(stopped, "krets_pa")})
        assert sent.status_code == 302
        assert polisen.get(adress).status_code == 404

    def test_the_owner_opens_it_to_all_and_closes_it_again(
        self, adress: str, anna: FlaskClient, polisen: FlaskClient
    ) -> None:
        pa = _dolt(sidan(anna.get(f"{adress}/lasratt")), "bygger_pa")
        anna.post(f"{adress}/lasratt", data={"laskrets": "alla", "aven_tidigare": "y", "bygger_pa": pa})
        assert polisen.get(adress).status_code == 200
        pa = _dolt(sidan(anna.get(f"{adress}/lasratt")), "bygger_pa")
        anna.post(f"{adress}/lasratt", data={"laskrets": "egen", "bygger_pa": pa})
        assert polisen.get(adress).status_code == 404

    def test_red_for_all_is_refused_at_the_field(self, anna: FlaskClient, database: Database) -> None:
        form = {"rubrik": "R", "text": "T", "nyckel": "n1", "handling": "tyst", "tlp": "red"}
        page = sidan(anna.post(NY, data=form), 422)
        assert 'id="laskrets-fel"' in page
        assert '<a href="#laskrets-0">TLP:RED visas bara' in page
        with database.reading() as session:
            assert session.scalars(select(UnderrattelseVersion)).all() == []
