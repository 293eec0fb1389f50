"""'Vem ser det här?': asked of the form as it stands, before anything is published."""

import pytest
from flask import g
from flask.testing import FlaskClient

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, html
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

PATH = "/handelser/storm/visa-som-utkast"
JSON = {"Accept": "application/json"}


@pytest.fixture
def lage(database: Database) -> Database:
    stod.bygg(database)
    return database


def _fraga(lage: Database, client: FlaskClient, aktor: str, **falt: object) -> list[str]:
    data = {
        "slag": "lagesbild",
        "tillbaka": "/handelser/storm/lagesbild/solna/skriv",
        "visa_aktor": stod.aktor_id(lage, aktor),
        "visa_roll": "lasare",
        "visa_person": "",
        "laskrets": "alla",
        "tlp": "clear",
        **falt,
    }
    svar = client.post(PATH, data=data, headers=JSON)
    assert svar.status_code == 200, svar.get_data(as_text=True)
    assert svar.json is not None
    return list(svar.json["rader"])


def test_another_actor_sees_what_is_for_all_and_is_sent_the_text(lage: Database, logga_in: LoggaIn) -> None:
    assert _fraga(lage, logga_in(stod.SOLNA_TALES), "nacka") == [
        "Nacka (läsare): ser hela lägesbilden.",
        "Den som har valt att få notiser får SMS och e-post med texten i sig.",
    ]


@pytest.mark.parametrize(
    ("tlp", "far"),
    [
        ("green", "SMS med bara rubrik och länk, e-post med texten i sig."),
        ("amber", "SMS med bara rubrik och länk, e-post med texten i sig."),
        ("amber+strict", "SMS och e-post med bara rubrik och länk."),
    ],
)
def test_a_label_says_what_leaves_the_system(lage: Database, logga_in: LoggaIn, tlp: str, far: str) -> None:
    assert _fraga(lage, logga_in(stod.SOLNA_TALES), "nacka", tlp=tlp)[1].endswith(far)


def test_who_was_not_chosen_sees_nothing_and_is_told_why(lage: Database, logga_in: LoggaIn) -> None:
    client, trv = logga_in(stod.SOLNA_TALES), stod.aktor_id(lage, "trafikverket")
    valda = {"laskrets": "valda", "lasare": [trv]}
    assert _fraga(lage, client, "nacka", **valda) == [
        "Nacka (läsare): ser den inte, därför att: Nacka har inte läsrätt: Solna har valt vilka som får läsa.",
        "Inget skickas dit heller.",
    ]
    assert _fraga(lage, client, "trafikverket", **valda)[0] == "Trafikverket (läsare): ser hela lägesbilden."
    assert "ser den inte" in _fraga(lage, client, "trafikverket", laskrets="egen")[0]


def test_red_is_for_those_chosen_by_name(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_TALES)
    assert "valts vid namn" in _fraga(lage, client, "nacka", tlp="red")[0]
    chosen = {"laskrets": "valda", "lasare": [stod.aktor_id(lage, "nacka")], "tlp": "red"}
    assert "märkt TLP:RED" in _fraga(lage, client, "nacka", **chosen)[1]


def test_the_samlade_and_an_underrattelse_are_asked_about_too(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    samlad = {"tillbaka": "/handelser/storm/lagesbild/samlad/skriv", "laskrets": "egen"}
    assert _fraga(lage, client, "nacka", **samlad)[0] == "Nacka (läsare): ser hela lägesbilden."
    notis = {"slag": "underrattelse", "tillbaka": "/handelser/storm/underrattelser/ny"}
    assert _fraga(lage, client, "nacka", **notis)[0] == "Nacka (läsare): ser underrättelsen."


def test_a_colleague_is_judged_by_her_own_role(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        aktor = f.en_aktor(session, "solna")
        person = f.en_anvandare(session, namn="Anna Berg")
        medlemskap = str(f.ett_medlemskap(session, person, aktor, None, administrator=True).id)
    rader = _fraga(lage, logga_in(stod.SOLNA_TALES), "solna", visa_person=medlemskap)
    assert rader[0].startswith("Anna Berg, Solna (ingen roll): ser den inte, därför att:")
    assert "ingen roll som ger läsrätt" in rader[0]


@pytest.mark.parametrize("falt", [{"visa_aktor": "4711"}, {"visa_roll": "kung"}, {"visa_person": "4711"}])
def test_a_choice_that_is_none_is_asked_for_again(lage: Database, logga_in: LoggaIn, falt: dict[str, str]) -> None:
    rader = _fraga(lage, logga_in(stod.SOLNA_TALES), "nacka", **falt)
    assert rader == ["Välj en aktör och en roll, eller en person hos er."]


def test_readers_that_are_not_chosen_yet_are_no_answer(lage: Database, logga_in: LoggaIn) -> None:
    [rad] = _fraga(lage, logga_in(stod.SOLNA_TALES), "nacka", laskrets="valda")
    assert "Välj minst en aktör" in rad


def test_without_scripts_it_is_a_page_that_leads_back_with_all_that_was_typed(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in(stod.SOLNA_TALES)
    data = {
        "slag": "underrattelse",
        "tillbaka": "/handelser/storm/underrattelser/ny",
        "rubrik": "Bron",
        "text": "Bron är stängd.",
        "bradskande": "y",
        "handling": "avisera",
        "visa_aktor": str(stod.aktor_id(lage, "nacka")),
        "visa_roll": "lasare",
        "visa_person": "",
        "laskrets": "alla",
        "tlp": "clear",
    }
    svar = client.post(PATH, data=data)
    sida = svar.get_data(as_text=True)
    assert "Nacka (läsare): ser underrättelsen." in sida
    assert '<form method="post" action="/handelser/storm/underrattelser/ny">' in sida
    assert 'name="handling" value="visa"' in sida
    assert 'name="handling" hidden' not in sida
    assert '<textarea name="text" hidden>Bron är stängd.</textarea>' in sida
    tillbaka = client.post("/handelser/storm/underrattelser/ny", data={**data, "handling": "visa"})
    assert tillbaka.status_code == 200
    assert "Bron är stängd.</textarea>" in tillbaka.get_data(as_text=True)


@pytest.mark.parametrize(
    "tillbaka", ["https://ond.example/", "//ond.example", "/logga-ut", "/handelser/x/redigera", ""]
)
def test_it_leads_back_to_a_writing_page_and_nowhere_else(lage: Database, logga_in: LoggaIn, tillbaka: str) -> None:
    svar = logga_in(stod.SOLNA_TALES).post(PATH, data={"tillbaka": tillbaka})
    assert '<form method="post" action="/handelser/storm">' in svar.get_data(as_text=True)


def test_the_writing_pages_have_it_for_who_publishes_alone(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "solna", Roll.SKRIBENT, epost="skribent@solna.example")
    for path in ("/handelser/storm/lagesbild/solna/skriv", "/handelser/storm/underrattelser/ny"):
        sida = html(logga_in(stod.SOLNA_TALES), path)
        assert f'formaction="{PATH}"' in sida, path
        assert f'name="tillbaka" value="{path}"' in sida
    assert PATH not in html(logga_in("skribent@solna.example"), "/handelser/storm/lagesbild/solna/skriv")


def test_only_who_reads_the_event_and_publishes_may_ask(lage: Database, logga_in: LoggaIn) -> None:
    assert logga_in(stod.SKRIBENT).post(PATH, data={}).status_code == 403
    assert logga_in(stod.LASARE).post("/handelser/hemlig/visa-som-utkast", data={}).status_code == 404


# --- the page itself -----------------------------------------------------------------------------------------------


def _sidan(lage: Database, client: FlaskClient, aktor: str, **falt: object) -> str:
    data = {
        "slag": "lagesbild",
        "tillbaka": "/handelser/storm/lagesbild/solna/skriv",
        "visa_aktor": stod.aktor_id(lage, aktor),
        "visa_roll": "lasare",
        "visa_person": "",
        "laskrets": "alla",
        "tlp": "clear",
        **falt,
    }
    svar = client.post(PATH, data=data)
    assert svar.status_code == 200
    # What stands in the form that leads back, and what was typed, is not the page.
    return svar.get_data(as_text=True).split('<form method="post" action="/handelser/')[0]


LAGESBILD = {
    "sammanfattning": "Bron är **stängd**.\n\n<script>1</script>",
    "lage_fakta": "* Väg 222",
    "andringsnotering": "Ny omledning",
    "tlp": "green",
    "lagrum": "18 kap. 13 §",
}


def test_a_lagesbild_is_drawn_as_its_reader_will_see_it(lage: Database, logga_in: LoggaIn) -> None:
    sida = _sidan(lage, logga_in(stod.SOLNA_TALES), "nacka", **LAGESBILD)
    assert "Så här ser sidan ut" in sida
    assert "Lägesbild från Solna" in sida
    assert '<span aria-hidden="true">v</span>1' in sida
    assert "<strong>stängd</strong>" in sida
    assert "&lt;script&gt;1" in sida
    assert "<script>1" not in sida
    assert "TLP:GREEN</span>" in sida
    assert "<strong>Sekretessanteckning:</strong> OSL 18 kap. 13 §" in sida
    assert "Ny omledning" in sida
    assert ", Solna · " in sida  # the author line


def test_what_the_chosen_one_would_not_see_is_not_drawn(lage: Database, logga_in: LoggaIn) -> None:
    sida = _sidan(lage, logga_in(stod.SOLNA_TALES), "nacka", **{**LAGESBILD, "laskrets": "egen"})
    assert "ser den inte, därför att: Nacka har inte läsrätt" in sida
    assert "Så här ser sidan ut" not in sida
    assert "stängd" not in sida


def test_an_underrattelse_is_drawn_with_its_marks(lage: Database, logga_in: LoggaIn) -> None:
    notis = {
        "slag": "underrattelse",
        "tillbaka": "/handelser/storm/underrattelser/ny",
        "rubrik": "Bron",
        "text": "Bron är **stängd**.",
        "bradskande": "y",
        "tlp": "amber",
    }
    sida = _sidan(lage, logga_in(stod.SOLNA_TALES), "nacka", **notis)
    assert "<h2>Bron</h2>" in sida
    assert "BRÅDSKANDE" in sida
    assert "TLP:AMBER</span>" in sida
    assert "<strong>stängd</strong>" in sida
    assert "Lägesbild från" not in sida
    assert "Ingen text är skriven än" in _sidan(lage, logga_in(stod.SOLNA_TALES), "nacka", **{**notis, "text": ""})


def test_the_samlade_is_drawn_as_everybodys(lage: Database, logga_in: LoggaIn) -> None:
    samlad = {**LAGESBILD, "tillbaka": "/handelser/storm/lagesbild/samlad/skriv"}
    assert "Samlad lägesbild" in _sidan(lage, logga_in(stod.SOLNA_RED), "nacka", **samlad)


def test_a_script_gets_the_same_drawing(lage: Database, logga_in: LoggaIn) -> None:
    data = {
        **LAGESBILD,
        "slag": "lagesbild",
        "tillbaka": "/handelser/storm/lagesbild/solna/skriv",
        "visa_aktor": stod.aktor_id(lage, "nacka"),
        "visa_roll": "lasare",
        "visa_person": "",
        "laskrets": "alla",
    }
    client = logga_in(stod.SOLNA_TALES)
    svar = client.post(PATH, data=data, headers=JSON)
    assert svar.json is not None
    assert "<strong>stängd</strong>" in svar.json["html"]
    hidden = client.post(PATH, data={**data, "laskrets": "egen"}, headers=JSON)
    assert hidden.json is not None
    assert hidden.json["html"] == ""


def test_no_connection_is_held_while_the_draft_is_rendered(
    lage: Database, logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, held = logga_in(stod.SOLNA_TALES), []
    monkeypatch.setattr("wis.ytor.visa_ritat.rendera", lambda *_varden: held.append("session" in g) or {})
    monkeypatch.setattr("wis.ytor.visa_ritat.sida.att_forhandsgranska", lambda *_varden: [])
    assert "Ingen text är skriven än" in _sidan(lage, client, "nacka", **LAGESBILD)
    assert held == [False]
