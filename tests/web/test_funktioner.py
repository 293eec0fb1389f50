"""An administrator sets up functions, and whoever is on duty looks after what they are told of."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.conftest import en_app
from tests.funktioner_stod import brev_till, en_funktion, i_tjanst, medlem, turer
from wis import audit, clock
from wis.auth.models import Anvandare, Funktion, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanal, Prenumeration, Utskick
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA, KARIN, BO, SOLNA = "anna@nacka.example", "karin@nacka.example", "bo@nacka.example", "admin@solna.example"
LISTA = "/aktorer/nacka/funktioner"
TIB = {"kortnamn": "TiB", "namn": "Tjänsteman i beredskap", "roll": "talesperson"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Nacka's administrator, two readers there, and an administrator at Solna."""
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", None, epost=ANNA, administrator=True).namn = "Anna"
        for epost in (KARIN, BO):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=epost).namn = epost.split("@")[0].title()
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=SOLNA, administrator=True)


def sida(svar: TestResponse, status: int = 200) -> str:
    assert svar.status_code == status, svar.get_data(as_text=True)
    return " ".join(unescape(svar.get_data(as_text=True)).split())


def id_av(database: Database, epost: str) -> str:
    with database.reading() as session:
        return str(medlem(session, epost).id)


def funktionen(database: Database, kortnamn: str = "TiB") -> Funktion:
    with database.reading() as session:
        funktion = session.scalars(select(Funktion).where(Funktion.kortnamn == kortnamn)).one()
        assert funktion.anvandare.namn == kortnamn
        assert funktion.behoriga is not None
        return funktion


def lagg_upp(client: FlaskClient, **mer: object) -> TestResponse:
    return client.post(f"{LISTA}/ny", data=TIB | mer, follow_redirects=True)


def loggen(database: Database, handling: str) -> list[audit.Loggpost]:
    with database.reading() as session:
        return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))


def test_the_common_functions_are_offered_and_fill_in_the_form(logga_in: LoggaIn) -> None:
    anna = logga_in(ANNA)
    text = sida(anna.get(LISTA))
    for forslag in (
        "TiB Tjänsteman i beredskap",
        "KiB Kommunikatör i beredskap",
    ):
        assert forslag in text
    assert "RSIB" not in text
    assert "RKK" not in text
    text = sida(anna.get(f"{LISTA}/ny?forslag=KiB"))
    assert 'value="Kommunikatör i beredskap"' in text
    assert 'value="talesperson" checked' in text


def test_a_new_administrator_sets_up_tib_with_phone_mailbox_list_and_choices(
    logga_in: LoggaIn, database: Database
) -> None:
    anna = logga_in(ANNA)
    behoriga = [id_av(database, KARIN), id_av(database, BO)]
    text = sida(lagg_upp(anna, sms="070-174 06 90", epost="TiB@nacka.example", behoriga=behoriga))
    assert "TiB är upplagd. Skriv in koden" in text
    assert text.count("Inte bekräftad") == 2
    funktion = funktionen(database)
    assert sorted(str(rad.medlemskap_id) for rad in funktion.behoriga) == sorted(behoriga)
    with database.reading() as session:
        som = funktion.anvandare_id
        kanaler = {
            kanal.slag: kanal.adress for kanal in session.scalars(select(Kanal).where(Kanal.anvandare_id == som))
        }
        val = session.scalars(select(Prenumeration).where(Prenumeration.anvandare_id == som))
        assert kanaler == {"sms": "+46701740690", "epost": "TiB@nacka.example"}
        assert {rad.slag: (rad.sms, rad.epost) for rad in val} == {
            "lagesbild": (False, True),
            "underrattelse": (True, True),
            "lage": (True, True),
        }
    assert "Karin" in loggen(database, "lägger upp funktion")[0].uppgifter
    assert "Bo, Karin" in sida(anna.get(LISTA))


@pytest.mark.parametrize(
    ("mer", "fel"),
    [
        ({"kortnamn": ""}, "Skriv ett kortnamn"),
        ({"namn": " "}, "Skriv namnet"),
        ({"roll": "kung"}, "Inte ett giltigt val"),
        ({"sms": "08-508 00 000"}, "inget mobilnummer"),
        ({"epost": "tib"}, "hel e-postadress"),
        ({"kortnamn": "x" * 21}, "högst 20 tecken"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(
    logga_in: LoggaIn, database: Database, mer: dict[str, str], fel: str
) -> None:
    text = sida(lagg_upp(logga_in(ANNA), behoriga=[id_av(database, BO)], **mer), 422)
    assert "Något behöver rättas" in text
    assert fel.lower() in text.lower() or mer == {"roll": "kung"}
    assert f'value="{id_av(database, BO)}" checked' in text
    with database.reading() as session:
        assert session.scalars(select(Funktion)).all() == []


def test_two_functions_are_not_called_the_same(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    lagg_upp(anna)
    assert "Det finns redan en funktion som heter TiB" in sida(lagg_upp(anna, kortnamn="tib"), 422)
    lagg_upp(anna, kortnamn="KiB")
    kib = funktionen(database, "KiB")
    svar = anna.post(f"{LISTA}/{kib.id}", data=TIB | {"bygger_pa": "KiB|Tjänsteman i beredskap|talesperson|"})
    assert "Det finns redan en funktion som heter TiB" in sida(svar, 422)


def test_the_code_that_came_to_the_functions_phone_confirms_it(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    lagg_upp(anna, sms="070-174 06 90")
    with database.reading() as session:
        text = session.scalars(select(Utskick.sms).order_by(Utskick.id.desc())).first() or ""
    kod = re.search(r"\b[0-9]{6}\b", text)
    assert kod is not None
    notiser = f"/funktioner/{funktionen(database).id}/notiser"
    assert "Koden stämmer inte" in sida(
        anna.post(f"{notiser}/sms/kod", data={"kod": f"{(int(kod[0]) + 1) % 10**6:06d}"}), 422
    )
    text = sida(anna.post(f"{notiser}/sms/kod", data={"kod": kod[0]}, follow_redirects=True))
    assert "Bekräftat: nu kan funktionen få SMS" in text
    post = loggen(database, "bekräftar kanal")[0]
    with database.reading() as session:
        assert post.anvandare_id == medlem(session, ANNA).anvandare_id
    assert f'"at_anvandare": {funktionen(database).anvandare_id}' in post.uppgifter
    assert anna.post(f"{notiser}/sms/ta-bort").status_code == 302
    with database.reading() as session:
        assert session.scalars(select(Kanal)).all() == []


def test_many_codes_are_not_sent_by_setting_up_functions(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    svar = [lagg_upp(anna, kortnamn=f"F{n}", sms="070-174 06 90").status_code for n in range(12)]
    assert svar[0] == 200
    assert svar[-1] == 422


def test_whoever_is_on_duty_chooses_what_it_is_told_and_who_is_not_may_not(
    logga_in: LoggaIn, database: Database
) -> None:
    with transaction(database) as session:
        tib = en_funktion(session, "nacka", "TiB", medlem(session, KARIN), medlem(session, BO))
        i_tjanst(session, tib, medlem(session, KARIN))
        tib_id, som = tib.id, tib.anvandare_id
    data = {"lage-alla-visat": "00", "lage-alla-sms": "1", "tyst_fran": "22:00", "tyst_till": "06:00"}
    svar = logga_in(KARIN).post(f"/funktioner/{tib_id}/notiser", data=data, follow_redirects=True)
    assert "Valen är sparade" in sida(svar)
    with database.reading() as session:
        [val] = session.scalars(select(Prenumeration)).all()
        assert (val.anvandare_id, val.slag, val.sms) == (som, "lage", True)
    text = sida(logga_in(BO).get(f"/funktioner/{tib_id}/notiser"), 403)
    assert "Bara den som är i tjänst som TiB" in text
    sida(logga_in(BO).post(f"/funktioner/{tib_id}/notiser", data=data), 403)
    sida(logga_in(SOLNA).get(f"/funktioner/{tib_id}/notiser"), 404)


def test_an_administrator_learns_of_no_event_by_looking_after_a_function(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        tib = en_funktion(session, "nacka", "TiB", medlem(session, KARIN))
        i_tjanst(session, tib, medlem(session, KARIN))
        f.en_handelse(session, "nacka", rubrik="Hemligt hot", lasare=[])
        adress = f"/funktioner/{tib.id}/notiser"
    assert "Hemligt hot" not in sida(logga_in(ANNA).get(adress))
    assert "Hemligt hot" in sida(logga_in(KARIN).get(adress))


def test_who_is_taken_off_the_list_goes_off_duty_and_is_told(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    lagg_upp(anna, behoriga=[id_av(database, KARIN)])
    tib = funktionen(database)
    logga_in(KARIN).post(f"/funktioner/{tib.id}/ga-pa", data={"tid": "12"})
    bygger_pa = f"TiB|Tjänsteman i beredskap|talesperson|{id_av(database, KARIN)}"
    andrat = TIB | {"behoriga": [id_av(database, BO)], "bygger_pa": bygger_pa, "motivering": "Karin slutar"}
    assert "TiB är ändrad" in sida(anna.post(f"{LISTA}/{tib.id}", data=andrat, follow_redirects=True))
    assert turer(database)[0].avslutad is not None
    assert brev_till(database, KARIN) == ["Du är inte längre i tjänst som TiB"]


def test_a_change_that_somebody_else_made_meanwhile_is_not_undone(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    lagg_upp(anna)
    adress = f"{LISTA}/{funktionen(database).id}"
    gammal = {"bygger_pa": "TiB|Tjänsteman i beredskap|talesperson|", "motivering": "Läser bara"}
    anna.post(adress, data=TIB | gammal | {"roll": "lasare"})
    text = sida(anna.post(adress, data=TIB | gammal | {"namn": "Beredskap"}), 422)
    assert "Någon annan har ändrat funktionen" in text
    assert 'value="Beredskap"' in text
    assert "TiB|Tjänsteman i beredskap|lasare|" in text


def test_one_who_is_shut_out_for_a_while_stays_on_the_list(logga_in: LoggaIn, database: Database) -> None:
    anna, karin = logga_in(ANNA), id_av(database, KARIN)
    lagg_upp(anna, behoriga=[karin])
    with transaction(database) as session:
        session.get_one(Medlemskap, int(karin)).avstangd = clock.now()
    tib = funktionen(database)
    data = TIB | {"namn": "Beredskap", "bygger_pa": f"TiB|Tjänsteman i beredskap|talesperson|{karin}"}
    sida(anna.post(f"{LISTA}/{tib.id}", data=data, follow_redirects=True))
    assert [rad.medlemskap_id for rad in funktionen(database).behoriga] == [int(karin)]


def test_an_administrator_does_not_raise_her_own_role_by_a_function(logga_in: LoggaIn, database: Database) -> None:
    text = sida(lagg_upp(logga_in(ANNA), behoriga=[id_av(database, ANNA)]), 422)
    assert "be en annan administratör hos er" in text


def test_a_function_that_is_closed_down_ends_the_duty_and_can_be_taken_up_again(
    logga_in: LoggaIn, database: Database
) -> None:
    anna, karin = logga_in(ANNA), logga_in(KARIN)
    lagg_upp(anna, behoriga=[id_av(database, KARIN)])
    tib = funktionen(database)
    karin.post(f"/funktioner/{tib.id}/ga-pa", data={"tid": "12"})
    text = sida(anna.post(f"{LISTA}/{tib.id}/lagg-ned", data={"motivering": "x"}, follow_redirects=True))
    assert "TiB är nedlagd" in text
    assert turer(database)[0].avslutad is not None
    sida(karin.get(f"/funktioner/{tib.id}"), 404)
    assert "TiB" not in sida(karin.get("/"))
    lagg_upp(anna, behoriga=[id_av(database, BO)])
    assert funktionen(database).id == tib.id
    assert "Gå på som TiB" in sida(logga_in(BO).get("/"))


def test_others_set_up_nothing_and_another_actors_function_is_not_reached_by_ones_own_address(
    logga_in: LoggaIn, database: Database
) -> None:
    lagg_upp(logga_in(ANNA))
    tib = funktionen(database).id
    sida(logga_in(KARIN).get(LISTA), 403)
    sida(lagg_upp(logga_in(SOLNA), kortnamn="KiB"), 403)
    for path in (f"/aktorer/solna/funktioner/{tib}", "/aktorer/solna/funktioner/999", "/aktorer/ingen/funktioner"):
        sida(logga_in(SOLNA).get(path), 404)
    sida(logga_in(SOLNA).post(f"/aktorer/solna/funktioner/{tib}/lagg-ned"), 404)


def test_a_function_is_no_person_and_nobody_logs_in_as_it(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    lagg_upp(anna, epost="tib@nacka.example")
    text = sida(anna.get("/aktorer/nacka/anvandare"))
    assert "3 personer" in text
    assert "/anvandare/4" not in text
    with database.reading() as session:
        som = session.get_one(Anvandare, funktionen(database).anvandare_id)
        medlemskap_id = som.medlemskap[0].id
        assert (som.epost, som.losenord_hash) == (None, None)
        before = len(session.scalars(select(Utskick)).all())
    sida(anna.get(f"/aktorer/nacka/anvandare/{medlemskap_id}"), 404)
    sida(anna.post(f"/aktorer/nacka/anvandare/{medlemskap_id}/skicka-lank"), 404)
    besokare = anna.application.test_client()
    for epost in ("tib@nacka.example", "TiB", ""):
        assert besokare.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD}).status_code in {401, 422}
    besokare.post("/glomt-losenord", data={"epost": "tib@nacka.example"})
    with database.reading() as session:
        assert len(session.scalars(select(Utskick)).all()) == before


def test_in_the_demo_one_is_told_where_the_codes_are(settings: Settings, database: Database) -> None:
    client = en_app(replace(settings, demo=True), database).test_client()
    client.post("/logga-in", data={"epost": ANNA, "losenord": f.LOSENORD})
    assert "Koderna finns i Utkorgen" in sida(lagg_upp(client, sms="070-174 06 90"))
