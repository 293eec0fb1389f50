"""A begäran om lägesrapport: asked, answered, followed."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests import factories as f
from tests.web.lagesbild_stod import LoggaIn, i_falt, publicera, sidan, synligt
from wis import clock, datum
from wis.aktorer.models import Aktor
from wis.auth.rules import Roll
from wis.begaran.models import Begaran, BegaranMottagare
from wis.db import Database
from wis.notiser.models import Utskick
from wis.tx import transaction

LISTA = "/handelser/snoovader/begaran"
LST, NACKA, NACKA2, SOLNA, TVADO = (
    f"{vem}.example" for vem in ("t@lst", "s@nacka", "t@nacka", "s@solna", "s@danderyd")
)
FRAGOR = {
    "text-0": "Hur påverkas elen?",
    "typ-0": "grad",
    "kravs-0": "1",
    "text-1": "Hushåll utan el?",
    "typ-1": "tal",
    "enhet-1": "hushåll",
    "text-2": "Vad mer?",
    "typ-2": "text",
}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """A talesperson at Länsstyrelsen, who asks; writers at Nacka and Solna, who are asked, and one at Danderyd."""
    with transaction(database) as session:
        f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON, epost=LST)
        f.en_person_hos(session, "nacka", Roll.SKRIBENT, epost=NACKA)
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=NACKA2)
        f.en_person_hos(session, "solna", Roll.SKRIBENT, epost=SOLNA)
        f.en_person_hos(session, "danderyd", Roll.SKRIBENT, epost=TVADO)
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")


def aktor_id(database: Database, slug: str) -> str:
    with database.reading() as session:
        return str(session.scalars(select(Aktor.id).where(Aktor.slug == slug)).one())


def fraga(client: FlaskClient, database: Database, **ovrigt: object) -> str:
    """Ask Nacka and Solna; returns the address."""
    data = {
        "gor": "spara",
        "nyckel": "c" * 32,
        "rubrik": "Hur är läget?",
        "inledning": "Svara kort.",
        "frist": "60",
        "paminn_fore": ["15"],
        "synlighet": "tillfragade",
        "aktorer": [aktor_id(database, "nacka"), aktor_id(database, "solna")],
        **FRAGOR,
        **ovrigt,
    }
    svar = client.post(f"{LISTA}/ny", data=data)
    assert svar.status_code == 302, svar.get_data(as_text=True)
    return str(svar.location)


def svara(client: FlaskClient, adress: str, bas: int, **svar: str) -> int:
    data = {"svar_1": "allvarlig", "svar_2": "4 800", "svar_3": "", "bas": str(bas), "nyckel": f"{bas}" * 32, **svar}
    return client.post(f"{adress}/svar", data=data).status_code


def test_it_is_asked_answered_changed_and_summed_up_live(logga_in: LoggaIn, database: Database) -> None:
    lst, nacka = logga_in(LST), logga_in(NACKA)
    adress = fraga(lst, database)
    assert fraga(lst, database) == adress
    with database.reading() as session:
        amnen = set(session.scalars(select(Utskick.amne)))
    assert any("Begäran från" in amne and "Hur är läget?" in amne for amne in amnen)
    assert "Svara på begäran: Hur är läget?" in synligt(sidan(nacka.get("/")))
    assert "Svara för Nacka" in synligt(sidan(nacka.get(adress)))
    tavla = synligt(sidan(lst.get(adress)))
    assert "0 Besvarad" in tavla or "Besvarad 0" in tavla
    assert "Öppnad öppnad" in tavla
    assert "Inte öppnad" in tavla
    assert svara(nacka, adress, 0) == 302
    assert svara(nacka, adress, 0) == 302
    assert svara(nacka, adress, 1, svar_1="kritisk", svar_2="6000", nyckel="d" * 32) == 302
    assert svara(logga_in(SOLNA), adress, 0, svar_1="ingen", svar_2="2,5", svar_3="Allt väl") == 302
    tavla = sidan(lst.get(adress))
    assert "6 002,5" in synligt(tavla)
    assert "Allt väl" in tavla
    assert "Visa svaret och 1 tidigare" in synligt(tavla)
    assert tavla.count("<rect") == 5 + 2
    assert "Svara på begäran" not in synligt(sidan(nacka.get("/")))
    csv = lst.get(f"{adress}/svar.csv").get_data(as_text=True)
    assert "Nacka;Besvarad;" in csv
    assert ";kritisk;6000;" in csv


def test_what_is_typed_stays_when_a_colleague_was_first_or_something_is_wrong(
    logga_in: LoggaIn, database: Database
) -> None:
    adress = fraga(logga_in(LST), database)
    nacka, kollega = logga_in(NACKA), logga_in(NACKA2)
    assert svara(kollega, adress, 0) == 302
    data = {"svar_1": "måttlig", "svar_2": "12", "svar_3": "Mitt eget", "bas": "0", "nyckel": "e" * 32}
    sida = sidan(nacka.post(f"{adress}/svar", data=data), 409)
    assert "Någon hann före" in sida
    assert "Mitt eget" in sida
    assert (i_falt(sida, "bas"), i_falt(sida, "svar_2")) == ("1", "12")
    assert nacka.post(f"{adress}/svar", data=data | {"bas": "1"}).status_code == 302
    fel = sidan(nacka.post(f"{adress}/svar", data={"svar_2": "många", "svar_3": "Kvar", "bas": "2"}), 422)
    assert "Skriv bara ett tal" in fel
    assert "Kvar" in fel
    ny = {"gor": "spara", "rubrik": "", "text-0": "Fråga", "frist": "annan", "tid": "igår", "synlighet": "fragande"}
    fel = sidan(logga_in(LST).post(f"{LISTA}/ny", data=ny), 422)
    for text in ("Skriv en rubrik", "Välj en tid att svara till", "Välj minst en aktör", 'value="Fråga"'):
        assert text in fel


@pytest.mark.parametrize(
    ("synlighet", "solna", "danderyd"),
    [("fragande", False, False), ("tillfragade", True, False), ("handelsen", True, True)],
)
def test_answers_are_read_by_those_that_were_promised(
    logga_in: LoggaIn, database: Database, synlighet: str, solna: bool, danderyd: bool
) -> None:
    adress = fraga(logga_in(LST), database, synlighet=synlighet)
    svara(logga_in(NACKA), adress, 0, svar_3="Bara för vissa")
    assert "Bara för vissa" in sidan(logga_in(LST).get(adress))
    assert ("Bara för vissa" in sidan(logga_in(SOLNA).get(adress))) is solna
    utanfor = logga_in(TVADO)
    assert (utanfor.get(adress).status_code == 200) is danderyd
    assert ("Hur är läget?" in sidan(utanfor.get(LISTA))) is danderyd
    assert ("Bara för vissa" in utanfor.get(f"{adress}/svar.csv").get_data(as_text=True)) is danderyd
    assert svara(utanfor, adress, 0) == 404
    for gor in ("paminn", "avsluta", "frist"):
        assert logga_in(SOLNA).post(f"{adress}/{gor}", data={"tid": "2099-01-01T00:00"}).status_code in {302, 404}
    with database.reading() as session:
        assert session.scalars(select(Begaran.avslutad)).one() is None


def test_the_one_who_asked_reminds_moves_the_time_and_ends_it(logga_in: LoggaIn, database: Database) -> None:
    lst, nacka = logga_in(LST), logga_in(NACKA)
    adress = fraga(lst, database)
    assert lst.post(f"{adress}/paminn").status_code == 302
    assert "2 aktörer är påminda." in sidan(lst.get(adress))
    lst.post(f"{adress}/paminn")
    assert "En påminnelse skickades nyss" in sidan(lst.get(adress))
    senare = datum.falt_av(clock.now() + timedelta(hours=5))
    lst.post(f"{adress}/frist", data={"tid": senare})
    assert "Svarstiden är ändrad" in sidan(lst.get(adress))
    lst.post(f"{adress}/frist", data={"tid": "2020-01-01T00:00"})
    assert "för snart" in sidan(lst.get(adress))
    with clock.at(clock.now() + timedelta(hours=6)):
        assert "Sen" in synligt(sidan(lst.get(adress)))
        assert "Alla har inte svarat" in synligt(sidan(lst.get("/")))
        assert svara(nacka, adress, 0) == 302
        assert "Efter fristen" in sidan(lst.get(adress))
    lst.post(f"{adress}/avsluta")
    assert svara(logga_in(SOLNA), adress, 0) == 409
    assert "tar inte emot fler svar" in sidan(
        logga_in(SOLNA).post(f"{adress}/svar", data={"svar_1": "ingen", "bas": "0", "nyckel": "z" * 32}), 409
    )


def test_an_own_lagesbild_is_an_answer_and_only_those_who_read_the_event_are_asked(
    logga_in: LoggaIn, database: Database
) -> None:
    with transaction(database) as session:
        f.en_handelse(session, "lansstyrelsen", slug="smal", rubrik="Smal", lasare=["nacka"])
    lst = logga_in(LST)
    data = {"gor": "spara", "rubrik": "R", "text-0": "F", "typ-0": "text", "frist": "60", "synlighet": "fragande"}
    solna, nacka = aktor_id(database, "solna"), aktor_id(database, "nacka")
    fel = sidan(lst.post("/handelser/smal/begaran/ny", data=data | {"aktorer": [solna]}), 422)
    assert "Ingen av dem du valde läser händelsen" in fel
    assert lst.post("/handelser/smal/begaran/ny", data=data | {"aktorer": [solna, nacka]}).status_code == 302
    with database.reading() as session:
        assert [str(m) for m in session.scalars(select(BegaranMottagare.aktor_id))] == [nacka]
    adress = fraga(lst, database)
    publicera(logga_in(NACKA2), 0, "Vår bild.", "/handelser/snoovader/lagesbild/nacka")
    assert "Vår lägesbild, version 1, är svaret" in sidan(logga_in(NACKA).get(adress))
    assert logga_in(NACKA).post(f"{adress}/svar", data={"lagesbild": "1", "bas": "0"}).status_code == 302
    assert re.search(r'href="/handelser/snoovader/lagesbild/nacka/versioner/1"', sidan(lst.get(adress)))


def test_an_answer_is_refused_where_there_is_none_and_what_was_typed_stays(
    logga_in: LoggaIn, database: Database
) -> None:
    lst, nacka = logga_in(LST), logga_in(NACKA)
    adress = fraga(lst, database, aktorer=[aktor_id(database, "nacka"), aktor_id(database, "lansstyrelsen")])
    assert "inte publicerat någon lägesbild" in sidan(
        nacka.post(f"{adress}/svar", data={"lagesbild": "1", "bas": "0", "nyckel": "k" * 32}), 409
    )
    assert svara(nacka, adress, 0, svar_2="12.000") == 302
    assert "12 000" in synligt(sidan(lst.get(adress)))
    lst.post(f"{adress}/avsluta")
    data = {"svar_1": "ingen", "svar_3": "Skrivet för sent", "bas": "1", "nyckel": "m" * 32}
    assert "Skrivet för sent" in sidan(nacka.post(f"{adress}/svar", data=data), 409)


def test_reminders_move_with_the_deadline_and_who_does_not_read_is_named(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        f.en_handelse(session, "lansstyrelsen", slug="smal", rubrik="Smal", lasare=["nacka"])
    lst = logga_in(LST)
    data = {"gor": "spara", "rubrik": "R", "text-0": "F", "typ-0": "text", "frist": "60", "synlighet": "fragande"}
    fore = {"paminn_fore": ["15"], "nyckel": "p" * 32}
    valda = [aktor_id(database, "nacka"), aktor_id(database, "solna")]
    svar = lst.post("/handelser/smal/begaran/ny", data=data | fore | {"aktorer": valda}, follow_redirects=True)
    assert "fick ingen fråga: Solna" in sidan(svar)
    with database.reading() as session:
        begaran = session.scalars(select(Begaran)).one()
        adress, frist = f"/handelser/smal/begaran/{begaran.id}", begaran.frist
    lst.post(f"{adress}/frist", data={"tid": datum.falt_av(frist + timedelta(hours=4))})
    with database.reading() as session:
        begaran = session.scalars(select(Begaran)).one()
        assert [begaran.frist - rad.tid for rad in begaran.paminnelser] == [timedelta(minutes=15)]
    with pytest.raises(DBAPIError, match="kan inte ändras"), transaction(database) as session:
        session.scalars(select(Begaran)).one().rubrik = "En annan fråga"
