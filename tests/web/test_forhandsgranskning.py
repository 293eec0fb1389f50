"""Seeing before sending: the page, what it changes, the SMS and the e-mail word for word, who gets it, at what cost."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from tests.utskick import en_som_vill, skriver
from tests.web.lagesbild_stod import BAS, FORM, LoggaIn, i_falt, publicera, sidan, skrivande_folk, synligt
from wis import clock, markup
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.queries import find_handelse
from wis.notiser.models import Kanalslag, Notisslag, Tystnad, Utskick
from wis.settings import Settings

NY = "/handelser/snoovader/underrattelser/ny"
NATT = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)  # 23.30 in Sweden
TEXT = {"rubrik": "Färjan", "text": "Går **inte**.", "tlp": "clear", "nyckel": "u1"}


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """With a price of an SMS."""
    skrivande_folk(database)
    return en_app(replace(settings, sms_pris=40.0), database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson."""
    return logga_in("talesperson@trafikverket.example")


def _knappar(page: str) -> list[str]:
    return [synligt(ett) for ett in re.findall(r"<button[^>]*>.*?</button>", page, re.DOTALL)]


def _granskad(page: str) -> str:
    """All that there is to look at, as it stands in the form."""
    borjan = page.index('id="forhandsgranskning"')
    return page[borjan : page.index("<textarea", borjan)]


def test_without_scripts_all_there_is_to_look_at_is_in_one_place_with_the_buttons(
    anna: FlaskClient, database: Database
) -> None:
    with skriver(database) as session:
        en_som_vill(session, "nacka", epost=True)
    publicera(anna, 0, "Snöfall i norr.", prognos="Det **lättar** i natt.")
    form = FORM | {"bas": "1", "sammanfattning": "Snöfall i söder – kör inte.", "prognos": "Det **lättar** i natt."}
    page = sidan(anna.post(f"{BAS}/skriv", data=form | {"handling": "granska"}))
    hel = _granskad(page)
    assert "<strong>lättar</strong>" in hel
    assert re.search(r"<del>.*?norr.*?</del>.*?<ins>.*?söder", hel, re.DOTALL)
    text = synligt(hel)
    assert "2 avsnitt mot version 1" in text
    assert "Oförändrat: Prognos och alternativ utveckling: Prognos." in text
    assert "Ämne: Trafikverket: Lägesbild version 2, Snöoväder" in text
    assert "Läs mer: http://localhost/handelser/snoovader/lagesbild/trafikverket/versioner/2" in text
    assert "Nacka 1 1 1" in text
    assert "1 mottagare × 3 delar = 3 SMS-delar, ungefär 1,20 kr" in text
    assert {"Publicera och avisera 1", "Publicera utan avisering", "Byt ut alla"} <= set(_knappar(hel))
    assert page.count('name="visat"') == page.count('id="forhandsvisning-rubrik"') == 1
    # It is a page of the form as it stands: the button under it publishes just that.
    falt = {namn: i_falt(page, namn) for namn in ("bas", "revision", "nyckel", "visat")}
    assert anna.post(f"{BAS}/skriv", data=form | falt | {"handling": "avisera"}).status_code == 302


def test_the_first_version_has_nothing_to_be_compared_with_and_a_drafter_no_one_to_tell(logga_in: LoggaIn) -> None:
    page = sidan(logga_in("skribent@trafikverket.example").post(f"{BAS}/skriv", data=FORM | {"handling": "granska"}))
    text = synligt(_granskad(page))
    assert "Det finns ingen tidigare version att jämföra med." in text
    assert "öppen" in text
    assert "Om du aviserar" not in text
    assert not [knapp for knapp in _knappar(_granskad(page)) if knapp.startswith("Publicera")]


@pytest.mark.parametrize("tlp", ["clear", "amber", "red"])
def test_what_is_shown_is_what_is_sent_word_for_word(anna: FlaskClient, database: Database, tlp: str) -> None:
    form = FORM | {"tlp": tlp, "sammanfattning": "Halt & “isigt” på E18."}
    lasare = {"laskrets": "valda", "lasare": "", "krets_pa": ""} if tlp == "red" else {}
    with skriver(database) as session:
        varmdo = en_som_vill(session, "varmdo")
        if tlp == "red":
            lasare["lasare"] = str(f.en_aktor(session, "varmdo").id)
            varmdo.namn = "Vera"
    hel = sidan(anna.post(f"{BAS}/skriv", data=form | lasare | {"handling": "granska"}))
    anna.post(f"{BAS}/skriv", data=form | lasare | {"handling": "avisera", "visat": i_falt(hel, "visat")})
    with database.reading() as session:
        gick = session.scalars(select(Utskick)).one()
        assert gick.amne in synligt(hel)
        brev = re.search(r'<div class="brevtext">(.*?)</div>', hel, re.DOTALL)
        bubbla = re.search(r'<p class="bubbla">(.*?)</p>', hel, re.DOTALL)
        assert brev
        assert bubbla
        assert unescape(brev[1]) == gick.epost
        utan_ord = re.sub(r'<span class="dold">.*?</span>|</?mark[^>]*>', "", bubbla[1])
        assert unescape(utan_ord) == gick.sms


def test_one_tap_replaces_one_dear_character_and_shows_where_the_others_stand(anna: FlaskClient) -> None:
    form = FORM | {"sammanfattning": "Halt – “isigt” – på E18."}
    page = sidan(anna.post(f"{BAS}/skriv", data=form | {"handling": "granska"}))
    assert '<mark><span class="dold"> dyrt tecken, tankstreck: </span>–</mark>' in page
    assert "Byt tankstreck till -" in _knappar(page)
    page = sidan(anna.post(f"{BAS}/skriv", data=form | {"handling": "byt_ut:2013"}))
    assert i_falt(page, "sammanfattning") == "Halt - “isigt” - på E18."
    for okant in ("byt_ut:zz", "byt_ut:ffffffffff", "byt_ut:-"):
        page = sidan(anna.post(f"{BAS}/skriv", data=form | {"handling": okant}))
        assert i_falt(page, "sammanfattning") == form["sammanfattning"]
    page = sidan(anna.post(NY, data=TEXT | {"rubrik": "E18 – “halt”", "handling": "byt_ut:201c"}))
    assert i_falt(page, "rubrik") == 'E18 – "halt”'
    svar = anna.post(
        "/handelser/snoovader/forhandsvisa?slag=underrattelse",
        data=TEXT | {"rubrik": "E18 – “halt”", "handling": "byt_ut:2013"},
        headers={"Accept": "application/json"},
    )
    assert svar.get_json()["falt"]["rubrik"] == "E18 - “halt”"


def test_who_gets_it_is_told_by_actor_and_by_when_and_counts_only_who_may_read(
    anna: FlaskClient, database: Database
) -> None:
    with skriver(database) as session:
        for aktor, antal in (
            ("nacka", 3),
            ("varmdo", 1),
            ("solna", 1),
            ("polisen", 1),
            ("sundbyberg", 1),
            ("ekero", 2),
        ):
            for nummer in range(antal):
                person = en_som_vill(session, aktor, sms=nummer == 0, epost=nummer != 0)
                if aktor == "nacka":
                    session.add(Tystnad(anvandare_id=person.id, fran="22:00", till="06:00"))
        session.add(Tystnad(anvandare_id=person.id, fran="08:00", till="09:00"))
    with clock.at(NATT):
        page = sidan(anna.post(f"{BAS}/skriv", data=FORM | {"handling": "granska"}))
        text = synligt(page)
        assert "Detta går till 9 personer hos 6 aktörer: SMS 6, e-post 3." in text
        assert "3 av dem har tyst nu och får det först i morgon 06:00." in text
        assert "Per aktör: 6 aktörer" in text
        rader = re.findall(r'<tr><th scope="row">(.*?)</th><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td></tr>', page)
        assert rader[0] == ("Nacka", "3", "1", "2")
        assert [int(rad[1]) for rad in rader] == [3, 2, 1, 1, 1, 1]
        with database.reading() as session:
            handelse = find_handelse(session, "snoovader")
            assert handelse is not None
            solna = str(f.en_aktor(session, "solna").id)
        bara_solna = {"laskrets": "valda", "lasare": solna, "krets_pa": ""}
        text = synligt(sidan(anna.post(f"{BAS}/skriv", data=FORM | bara_solna | {"handling": "granska"})))
        assert "Detta går till 1 person hos 1 aktör" in text
        assert "har tyst nu" not in text
        assert "Nacka 3" not in text


def test_the_buttons_follow_what_is_about_to_be_done(anna: FlaskClient, database: Database) -> None:
    assert "Publicera (ingen blir aviserad)" in _knappar(sidan(anna.get(NY)))
    with skriver(database) as session:
        for _ in range(2):
            en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE)
        utan = f.en_person_hos(session, "solna", Roll.LASARE)
        f.en_prenumeration(session, utan, Notisslag.UNDERRATTELSE)
        f.en_kanal(session, utan, Kanalslag.SMS, "+46701230000", verifierad=False)
    adress = "/handelser/snoovader/forhandsvisa?slag=underrattelse"
    assert 'data-avisera="Publicera och avisera 2"' in sidan(anna.post(adress, data=TEXT))
    assert 'data-avisera="Publicera BRÅDSKANDE till 2"' in sidan(anna.post(adress, data=TEXT | {"bradskande": "y"}))
    anna.post(NY, data=TEXT | {"handling": "tyst"})
    ratta = sidan(anna.get("/underrattelser/1/ratta"))
    assert "Publicera rättelse och avisera 2" in _knappar(ratta)
    assert "1 saknar kanal (visa)" in ratta


class TestBesideTheText:
    """What the script fetches where there is room."""

    def test_typing_in_one_section_renders_that_one_alone(
        self, anna: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        renderat: list[list[str]] = []
        render_many = markup.render_many

        def spion(kallor: list[str]) -> list[str]:
            renderat.append(list(kallor))
            return render_many(kallor)

        publicera(anna, 0, "Snö i norr.", prognos="Det *lättar*.", kommunikation="Samma **budskap**.")
        monkeypatch.setattr(markup, "render_many", spion)
        form = FORM | {"bas": "1", "sammanfattning": "Snö i norr.", "lage_fakta": "", "prognos": "Det *lättar*."}
        form["kommunikation"] = "Nytt **budskap**."
        html = anna.post(f"{BAS}/granska", data=form).get_json()["html"]
        assert renderat == [["Nytt **budskap**."]]  # the rest is the last version's
        assert "<em>lättar</em>" in html
        assert "1 avsnitt mot version 1" in synligt(html)
        assert "Ändrat sedan version 1" in synligt(html)
        anna.post(f"{BAS}/granska", data=form | {"prognos": "Det **vänder**."})
        html = anna.post(f"{BAS}/granska", data=form | {"prognos": "Det **vänder**.", "nasta_val": "trasig"})
        assert "<strong>vänder</strong>" in html.get_json()["html"]
        assert renderat == [["Nytt **budskap**."], ["Det **vänder**."]]

    def test_nothing_is_saved_and_nothing_told_to_who_may_not_write(self, logga_in: LoggaIn) -> None:
        anna = logga_in("talesperson@trafikverket.example")
        anna.post(f"{BAS}/granska", data=FORM)
        assert "Snö" not in i_falt(sidan(anna.get(f"{BAS}/skriv")), "sammanfattning")
        assert logga_in("lasare@trafikverket.example").post(f"{BAS}/granska", data=FORM).status_code == 403
        assert logga_in("redaktor@nacka.example").post(f"{BAS}/granska", data=FORM).status_code in {403, 404}

    def test_an_underrattelse_is_shown_as_it_will_be_read_and_a_correction_by_what_it_changes(
        self, anna: FlaskClient
    ) -> None:
        adress = "/handelser/snoovader/underrattelser/granska"
        html = anna.post(adress, data=TEXT | {"bradskande": "y"}).get_json()["html"]
        assert "Går <strong>inte</strong>." in html
        assert "BRÅDSKANDE" in html
        assert "Ändringar" not in html
        anna.post(NY, data=TEXT | {"handling": "tyst"})
        ny = TEXT | {"rubrik": "Färjan igen", "text": "Går **igen**."}
        html = anna.post(f"{adress}?rattar=1", data=ny).get_json()["html"]
        assert "Tidigare rubrik: Färjan" in html
        assert re.search(r"<del>.*?inte.*?</del>.*?<ins>.*?igen", html, re.DOTALL)
        assert "RÄTTELSE" in html
        assert anna.post("/handelser/hemlig/underrattelser/granska?rattar=1", data=ny).status_code == 404
        page = sidan(anna.post("/underrattelser/1/ratta", data=ny | {"bas": "1", "handling": "granska"}))
        assert "Tidigare rubrik: Färjan" in _granskad_u(page)
        assert "Publicera rättelse" in " ".join(_knappar(_granskad_u(page)))
        page = sidan(anna.post(NY, data=TEXT | {"handling": "granska"}))
        assert "Går <strong>inte</strong>." in _granskad_u(page)


def _granskad_u(page: str) -> str:
    borjan = page.index('id="forhandsgranskning"')
    return page[borjan : page.index('name="rubrik"', borjan)]
