"""Whom a publication reaches: what the form says of it, and that nothing reaches more than the person was shown."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web.lagesbild_stod import BAS, FORM, SAMLAD, LoggaIn, publicera, sidan, skrivande_folk, synligt, versioner
from wis.aktorer.models import Aktor
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanalslag, Notisslag
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

NY = "/handelser/snoovader/underrattelser/ny"
RAD = {"rubrik": "Stopp", "text": "E18", "nyckel": "n1", "handling": "avisera"}
OVER = "Nu når det fler än du har sett"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """One subscriber each at Nacka, Polisen and Solna."""
    skrivande_folk(database)
    for slug in ("nacka", "polisen", "solna"):
        _prenumerant(database, slug)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson, who publishes."""
    return logga_in("talesperson@trafikverket.example")


def _prenumerant(database: Database, slug: str) -> None:
    with transaction(database) as session:
        person = f.en_person_hos(session, slug, Roll.LASARE)
        f.en_kanal(session, person, Kanalslag.EPOST, person.epost)
        for slag in Notisslag:
            f.en_prenumeration(session, person, slag)


def _for_nacka(database: Database) -> dict[str, str]:
    with database.reading() as session:
        nacka = session.scalars(select(Aktor.id).where(Aktor.slug == "nacka")).one()
    return {"laskrets": "valda", "lasare": str(nacka)}


def _dolt(page: str, namn: str) -> str:
    falt = re.search(rf'<input[^>]* name="{namn}"[^>]*>', page)
    assert falt, namn
    varde = re.search(r'value="([^"]*)"', falt[0])
    return varde[1] if varde else ""


class TestTheWordsOfTheForm:
    def test_the_fragment_carries_what_the_button_and_the_heading_say(
        self, anna: FlaskClient, database: Database
    ) -> None:
        for slag, tlp in ((s, t) for s in ("underrattelse", "lagesbild") for t in ("clear", "red")):
            val = {"slag": slag, "rubrik": "R", "tlp": tlp, **_for_nacka(database)}
            html = sidan(anna.post("/handelser/snoovader/forhandsvisa", data=val))
            assert 'data-avisera="Publicera och avisera 1"' in html, (slag, tlp)
            assert 'data-lasare="Trafikverket och 1 till"' in html

    def test_the_folded_heading_says_who(self, anna: FlaskClient, database: Database) -> None:
        assert "Vem får läsa? Alla som läser händelsen" in synligt(sidan(anna.get(NY)))
        page = sidan(anna.post(NY, data=RAD | _for_nacka(database) | {"handling": "visa"}))
        assert "Vem får läsa? Trafikverket och 1 till" in synligt(page)
        assert "Publicera och avisera 1" in synligt(page)

    def test_what_is_sent_is_said_for_the_label(self, anna: FlaskClient) -> None:
        page = synligt(sidan(anna.get(NY)))
        assert "hela texten skickas" not in page
        assert "Skickas: SMS och e-post med texten i sig." in page
        page = synligt(sidan(anna.post(NY, data=RAD | {"tlp": "amber", "handling": "visa"})))
        assert "Skickas: SMS med bara rubrik och länk, e-post med texten i sig." in page


class TestNarrowing:
    def test_the_form_says_that_it_is_about_earlier_versions_too(self, anna: FlaskClient, database: Database) -> None:
        gransen = "Gäller hela lägesbilden: de som inte är med kan inte längre läsa tidigare versioner"
        assert gransen not in synligt(sidan(anna.get(f"{BAS}/skriv")))
        publicera(anna, 0, "Läge ett")
        page = synligt(sidan(anna.get(f"{BAS}/skriv")))
        assert gransen in page
        assert "kan de här inte längre läsa" not in page
        smalt = FORM | _for_nacka(database) | {"bas": "1", "handling": "granska"}
        page = synligt(sidan(anna.post(f"{BAS}/skriv", data=smalt)))
        assert "inte heller tidigare versioner: Lansstyrelsen, Polisen, Solna." in page

    def test_the_first_version_takes_nothing_from_anybody(self, anna: FlaskClient, database: Database) -> None:
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | _for_nacka(database) | {"handling": "granska"}))
        assert "kan de här inte längre läsa" not in synligt(page)

    def test_a_correction_says_it_too(self, anna: FlaskClient, database: Database) -> None:
        adress = anna.post(NY, data=RAD).headers["Location"] + "/ratta"
        smalt = RAD | _for_nacka(database) | {"handling": "visa", "bas": "1", "nyckel": "n2"}
        page = synligt(sidan(anna.post(adress, data=smalt)))
        assert "Gäller hela underrättelsen" in page
        assert "inte heller tidigare versioner: Lansstyrelsen, Polisen, Solna." in page


class TestWidening:
    def test_an_underrattelse_that_reaches_more_than_was_shown_is_asked_about_once(
        self, anna: FlaskClient, database: Database
    ) -> None:
        smal = sidan(anna.post(NY, data=RAD | _for_nacka(database) | {"tlp": "amber", "handling": "visa"}))
        vid = RAD | {"laskrets": "alla", "tlp": "clear"}
        page = sidan(anna.post(NY, data=vid | {"visat": _dolt(smal, "visat")}), 409)
        assert OVER in synligt(page)
        assert "Nu når det 3 mottagare hos 3 aktörer, och 5 aktörer får läsa." in synligt(page)
        assert 'value="Stopp"' in page
        with database.reading() as session:
            assert session.scalars(select(UnderrattelseVersion)).all() == []
        assert anna.post(NY, data=vid | {"visat": _dolt(page, "visat")}).status_code == 302

    def test_a_correction_is_asked_about_too(self, anna: FlaskClient, database: Database) -> None:
        adress = anna.post(NY, data=RAD | _for_nacka(database)).headers["Location"] + "/ratta"
        smal = sidan(anna.get(adress))
        rattat = RAD | {"laskrets": "alla", "bas": "1", "nyckel": "n2", "krets_pa": _dolt(smal, "krets_pa")}
        page = sidan(anna.post(adress, data=rattat | {"visat": _dolt(smal, "visat")}), 409)
        assert OVER in synligt(page)
        assert anna.post(adress, data=rattat | {"visat": _dolt(page, "visat")}).status_code == 302

    def test_a_lagesbild_is_asked_about_and_nothing_is_lost(self, anna: FlaskClient, database: Database) -> None:
        smal = sidan(anna.post(f"{BAS}/skriv", data=FORM | _for_nacka(database) | {"handling": "granska"}))
        dolt = {namn: _dolt(smal, namn) for namn in ("visat", "revision", "nyckel")}
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | dolt | {"laskrets": "alla"}), 409)
        assert OVER in synligt(page)
        assert "118 plogfordon" in page
        assert versioner(database) == []
        dolt = {namn: _dolt(page, namn) for namn in ("visat", "revision", "nyckel")}
        assert anna.post(f"{BAS}/skriv", data=FORM | dolt | {"laskrets": "alla"}).status_code == 302

    def test_more_readers_are_asked_about_though_nobody_is_told(self, anna: FlaskClient, database: Database) -> None:
        smal = sidan(anna.post(NY, data=RAD | _for_nacka(database) | {"handling": "visa"}))
        data = RAD | {"laskrets": "alla", "handling": "tyst", "visat": _dolt(smal, "visat")}
        assert OVER in synligt(sidan(anna.post(NY, data=data), 409))

    @pytest.mark.parametrize("sida", [NY, f"{BAS}/skriv"])
    def test_who_subscribed_meanwhile_stops_nobody(self, anna: FlaskClient, database: Database, sida: str) -> None:
        visat = _dolt(sidan(anna.get(sida)), "visat")
        _prenumerant(database, "nacka")
        data = (RAD if sida == NY else FORM) | {"laskrets": "alla", "visat": visat}
        assert anna.post(sida, data=data).status_code == 302

    def test_narrowing_stops_nobody(self, anna: FlaskClient, database: Database) -> None:
        visat = _dolt(sidan(anna.get(NY)), "visat")
        assert anna.post(NY, data=RAD | _for_nacka(database) | {"visat": visat}).status_code == 302

    @pytest.mark.parametrize("visat", ["", "x", "a.b.c", "a.1.²", "a.1.99999999999", "a.1.2.3"])
    def test_what_the_form_never_carried_stops_nobody(self, anna: FlaskClient, visat: str) -> None:
        assert anna.post(NY, data=RAD | {"visat": visat}).status_code == 302

    def test_the_samlade_is_published_as_it_was_shown(self, logga_in: LoggaIn) -> None:
        tib = logga_in("tib@lansstyrelsen.example")
        visat = _dolt(sidan(tib.get(f"{SAMLAD}/skriv")), "visat")
        assert tib.post(f"{SAMLAD}/skriv", data=FORM | {"visat": visat}).status_code == 302


class TestChangingAfterwards:
    @pytest.mark.parametrize(
        ("val", "sagt"),
        [
            ({"laskrets": "alla"}, "Nya läsare läser det som publiceras från och med nu."),
            ({"laskrets": "alla", "aven_tidigare": "y"}, "Nya läsare läser även det som redan är publicerat."),
            ({"laskrets": "egen"}, "Läsrätten är ändrad."),
        ],
    )
    def test_the_answer_says_what_new_readers_read(
        self, anna: FlaskClient, database: Database, val: dict[str, str], sagt: str
    ) -> None:
        publicera(anna, 0, "Läge", **_for_nacka(database))
        rad = anna.post(NY, data=RAD | _for_nacka(database)).headers["Location"]
        for adress in (BAS, rad):
            pa = _dolt(sidan(anna.get(f"{adress}/lasratt")), "bygger_pa")
            page = sidan(anna.post(f"{adress}/lasratt", data=val | {"bygger_pa": pa}, follow_redirects=True))
            assert sagt in synligt(page)
            assert ("Nya läsare" in synligt(page)) == ("Nya läsare" in sagt)


def test_who_reads_is_listed_by_name_before_publishing(
    logga_in: LoggaIn, anna: FlaskClient, database: Database
) -> None:
    with transaction(database) as session:
        for nr in range(9):
            f.en_aktor(session, f"kommun{nr}")
    fraga = {"slag": "underrattelse", "tillbaka": NY, "visa_aktor": _for_nacka(database)["lasare"]}
    fraga |= {"visa_roll": "lasare", "visa_person": "", "laskrets": "alla", "tlp": "clear"}
    path, head = "/handelser/snoovader/visa-som-utkast", {"Accept": "application/json"}
    svar = anna.post(path, data=fraga, headers=head).json
    assert svar is not None
    assert re.fullmatch(r"Läser: ([^,]+, ){9}[^,]+ och 4 till\.", svar["lasare"])
    smalt = anna.post(path, data=fraga | _for_nacka(database), headers=head).json
    assert smalt is not None
    assert smalt["lasare"] == "Läser: Nacka, Trafikverket."
    assert "Läser: Nacka, Trafikverket." in sidan(anna.post(path, data=fraga | _for_nacka(database)))
