"""An actor's administrators edit the templates that its lägesbilder are written by."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from tests.web.lagesbild_stod import BAS, SAMLAD, i_falt, publicera, sidan, skrivande_folk, sparade, synligt
from wis import audit
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild.mall import STANDARD
from wis.lagesbild.models import LagesbildsmallVersion, LagesbildVersion
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA, BO, SOLNA = "anna@trafikverket.example", "bo@trafikverket.example", "admin@solna.example"
TALESPERSON = "talesperson@trafikverket.example"
LISTA = "/aktorer/trafikverket/mallar"
VADER, ALLA = f"{LISTA}/vader", f"{LISTA}/alla"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """Trafikverket's people and two administrators of it, and one of Solna's."""
    skrivande_folk(database)
    with transaction(database) as session:
        for epost in (ANNA, BO):
            f.en_person_hos(session, "trafikverket", None, epost=epost, administrator=True).namn = epost[:4].title()
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=SOLNA, administrator=True)


def i_sidan(page: str) -> dict[str, str]:
    """What the form of the page holds."""
    del_ = page[page.index('class="mallformular"') :]
    falt = re.findall(r'<input(?![^>]* type="checkbox"(?![^>]* checked))[^>]* name="([^"]+)"[^>]*>', del_)
    return {namn: i_falt(del_, namn) for namn in falt if not namn.startswith(("csrf", "som_"))}


def tryck(client: FlaskClient, adress: str, data: dict[str, str], gor: str, tillagg: str = "") -> TestResponse:
    return client.post(f"{adress}/andra", data=data | {"gor": gor, "tillagg": tillagg})


def falt_for(data: dict[str, str], nyckel: str, falt: str) -> str:
    """The name of the field of this section."""
    plats = next(namn.removeprefix("nyckel-") for namn, v in data.items() if namn.startswith("nyckel-") and v == nyckel)
    return f"{falt}-{plats}"


def med_egna(client: FlaskClient, adress: str, rubrik: str = "Djur", slag: str = "nyckeltal", fran: str = "") -> None:
    """Save a template with an own section under a heading of its own."""
    data = i_sidan(sidan(client.get(f"{adress}/andra{fran}")))
    data = i_sidan(sidan(tryck(client, adress, data, "lagg-till", f"egen:{slag}")))
    for falt in ("grupp", "etikett"):
        data[falt_for(data, "ny_1", falt)] = rubrik
    assert tryck(client, adress, data, "spara").status_code == 302


def utan(client: FlaskClient, adress: str, nyckel: str) -> None:
    """Save the template without this section."""
    data = i_sidan(sidan(client.get(f"{adress}/andra")))
    data = i_sidan(sidan(tryck(client, adress, data, f"bort:{nyckel}")))
    assert tryck(client, adress, data, "spara").status_code == 302


def skriv(client: FlaskClient, bas: str = BAS) -> str:
    return sidan(client.get(f"{bas}/skriv"))


def mallrader(database: Database) -> list[LagesbildsmallVersion]:
    with database.reading() as session:
        return list(session.scalars(select(LagesbildsmallVersion).order_by(LagesbildsmallVersion.id)))


def test_a_template_is_made_previewed_saved_changed_back_and_put_aside(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    page = synligt(sidan(anna.get(LISTA)))
    assert "Den samlade lägesbilden skrivs alltid efter standardmallen" in page
    assert "Skapa egen mall för Väder" in page
    data = i_sidan(sidan(anna.get(f"{VADER}/andra")))
    assert data["grupp-5"] == "Konsekvenser per samhällsviktig funktion"
    # Nothing typed is lost by any button, and nothing is saved by them.
    data["ledtext-1"] = "Skriv kort."
    for gor, tillagg in (
        ("ned:resurser", ""), ("bort:prognos", ""), ("lagg-till", "egen:nyckeltal"), ("kvar", ""), ("visa", ""),
    ):  # fmt: skip
        page = sidan(tryck(anna, VADER, data, gor, tillagg))
        data = i_sidan(page)
        assert data["ledtext-1"] == "Skriv kort."
    assert "Så här blir formuläret" in page
    assert "7. Resurser och behov av stöd" in page
    assert not mallrader(database)
    page = sidan(tryck(anna, VADER, data, "spara"), 422)
    assert "skriv rubrik" in page
    data = i_sidan(page)
    data[falt_for(data, "ny_1", "grupp")] = data[falt_for(data, "ny_1", "etikett")] = "Fordon"
    assert tryck(anna, VADER, data, "spara").status_code == 302
    page = synligt(sidan(anna.get(VADER)))
    for rad in ("Nytt avsnitt: Fordon", "Borttaget: Prognos och alternativ utveckling: Prognos", "Ordningen är ändrad"):
        assert rad in page
    egen = mallrader(database)[0].avsnitt[-1]
    assert egen == {
        "nyckel": "egen_1",
        "grupp": "9. Fordon",
        "etikett": "Fordon",
        "ledtext": "",
        "slag": "nyckeltal",
    } | {"utgavor": ["ledning"]}
    utan(anna, VADER, "egen_1")
    anna.post(f"{VADER}/ga-tillbaka", data={"nummer": "1", "bas": "2"})
    rader = mallrader(database)
    assert [rad.nummer for rad in rader] == [1, 2, 3]
    assert rader[2].avsnitt == rader[0].avsnitt
    assert "Gå tillbaka till version 2" in synligt(sidan(anna.get(VADER)))
    assert "9. Fordon" in sidan(anna.get(f"{VADER}/versioner/1"))
    talesperson = logga_in(TALESPERSON)
    assert "Fordon" in skriv(talesperson)
    anna.post(f"{VADER}/bruk", data={"i_bruk": "nej"})
    assert "Fordon" not in skriv(talesperson)
    anna.post(f"{VADER}/bruk", data={"i_bruk": "ja"})
    assert "Fordon" in skriv(talesperson)
    with database.reading() as session:
        handlingar = [p.handling for p in session.scalars(select(audit.Loggpost).order_by(audit.Loggpost.nummer))]
    assert [h for h in handlingar if "mall" in h] == [
        *["lägesbildsmall sparad"] * 3, "lägesbildsmall ur bruk", "lägesbildsmall i bruk",
    ]  # fmt: skip


def test_the_kinds_own_template_goes_before_the_one_for_all_and_the_samlade_has_the_standard(
    logga_in: LoggaIn, database: Database
) -> None:
    anna, talesperson = logga_in(ANNA), logga_in(TALESPERSON)
    med_egna(anna, ALLA, "För alla")
    assert "För alla" in skriv(talesperson)
    med_egna(anna, VADER, "Bara väder", fran="?fran=alla")
    page = skriv(talesperson)
    assert "Bara väder" in page
    assert "För alla" in page
    # A number is never used again, whichever of the actor's templates had it.
    assert [avsnitt["nyckel"] for avsnitt in mallrader(database)[1].avsnitt[-2:]] == ["egen_1", "egen_2"]
    utan(anna, VADER, "egen_2")
    med_egna(anna, VADER, "Tredje")
    assert mallrader(database)[-1].avsnitt[-1]["nyckel"] == "egen_3"
    page = skriv(logga_in("tib@lansstyrelsen.example"), SAMLAD)
    assert "Bara väder" not in page
    assert all(f'name="{nyckel}"' in page for nyckel in STANDARD.nycklar)


def test_the_second_of_two_administrators_sees_what_the_first_saved(logga_in: LoggaIn, database: Database) -> None:
    anna, bo = logga_in(ANNA), logga_in(BO)
    med_egna(anna, VADER)
    bos = i_sidan(sidan(bo.get(f"{VADER}/andra")))
    utan(anna, VADER, "kommunikation")
    bos = i_sidan(sidan(tryck(bo, VADER, bos, "lagg-till", "egen:text")))
    for falt in ("grupp", "etikett"):
        bos[falt_for(bos, "ny_1", falt)] = "Båtar"
    svar = tryck(bo, VADER, bos, "spara")
    page = sidan(svar, 409)
    assert "Anna har sparat version 2 medan du ändrade" in synligt(page)
    assert "Borttaget: Kommunikation" in page
    for rad in ("Nytt avsnitt: Kommunikation", "Nytt avsnitt: Båtar"):
        assert rad in page
    assert len(mallrader(database)) == 2
    assert "Spara som version 3" in page
    assert tryck(bo, VADER, i_sidan(page), "spara").status_code == 302
    assert [a["nyckel"] for a in mallrader(database)[2].avsnitt[-3:]] == ["samverkansbehov", "egen_1", "egen_2"]
    # The same once more is no version.
    assert tryck(bo, VADER, i_sidan(sidan(bo.get(f"{VADER}/andra"))), "spara").status_code == 302
    assert len(mallrader(database)) == 3


def test_a_draft_goes_on_by_the_template_it_was_drawn_by_and_nothing_written_is_lost(
    logga_in: LoggaIn, database: Database
) -> None:
    anna, talesperson = logga_in(ANNA), logga_in(TALESPERSON)
    med_egna(anna, VADER, "Djur", slag="text")
    page = skriv(talesperson)
    form = {namn: i_falt(page, namn) for namn in ("bas", "revision", "nyckel", "mall", "ovriga")}
    skrivet = form | {"sammanfattning": "Älgar ute.", "egen_1": "Tre älgar.", "nasta_val": ""}
    utan(anna, VADER, "egen_1")
    svar = talesperson.post(f"{BAS}/utkast", data=skrivet)
    assert svar.status_code == 200
    assert sparade(database)[0]["egen_1"] == "Tre älgar."
    # Opened anew: the new template, and what it has no place for comes last.
    page = skriv(talesperson)
    assert "Övrigt" in page
    assert i_falt(page, "egen_1") == "Tre älgar."
    assert i_falt(page, "ovriga") == "egen_1"
    skrivet["revision"] = str(svar.json["revision"]) if svar.json else ""
    assert talesperson.post(f"{BAS}/skriv", data=skrivet | {"handling": "tyst"}).status_code == 302
    page = sidan(talesperson.get(f"{BAS}/versioner/1"))
    assert "<h2>9. Djur" in page
    # The next is of the new template; the old version keeps its headings.
    page = skriv(talesperson)
    assert i_falt(page, "egen_1") == "Tre älgar."
    nasta = {namn: i_falt(page, namn) for namn in ("mall", "ovriga", "egen_1")} | {"revision": "0"}
    assert publicera(talesperson, 1, "Älgarna är borta.", **nasta).status_code == 302
    assert "<h2>9. Djur" in sidan(talesperson.get(f"{BAS}/versioner/1"))
    page = sidan(talesperson.get(BAS))
    assert "<h2>Övrigt" in page
    assert "Tre älgar." in page
    with database.reading() as session:
        idn = list(session.scalars(select(LagesbildVersion.mall_version_id).order_by(LagesbildVersion.nummer)))
    assert idn == [1, 2]
    page = synligt(sidan(talesperson.get(f"{BAS}/jamfor/1/2")))
    assert "borta" in page
    assert "Djur" in page
    anna.post(f"{VADER}/bruk", data={"i_bruk": "nej"})
    page = skriv(talesperson)
    assert i_falt(page, "mall") == "0"
    assert i_falt(page, "egen_1") == "Tre älgar."


def test_templates_are_the_administrators_of_the_actor_alone(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    med_egna(anna, VADER)
    adresser = [LISTA, VADER, f"{VADER}/andra", f"{VADER}/versioner/1"]
    for epost in (SOLNA, TALESPERSON):
        client = logga_in(epost)
        assert {client.get(adress).status_code for adress in adresser} == {403}
        for slut in ("andra", "ga-tillbaka", "bruk"):
            assert client.post(f"{VADER}/{slut}", data={"gor": "spara", "nummer": "1"}).status_code == 403
    saknas = [f"{LISTA}/finns-inte", f"{LISTA}/brand", f"{VADER}/versioner/9", f"{LISTA}/brand/versioner/1"]
    assert {anna.get(adress).status_code for adress in [*saknas, "/aktorer/finns-inte/mallar"]} == {404}
    assert anna.post(f"{LISTA}/brand/bruk").status_code == 404
    assert anna.post(f"{VADER}/ga-tillbaka", data={"nummer": "7"}).status_code == 404
    assert len(mallrader(database)) == 1


def test_another_actors_sections_and_forged_kinds_do_not_get_in(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    data = i_sidan(sidan(anna.get(f"{VADER}/andra")))
    data[falt_for(data, "prognos", "slag")] = "nyckeltal"
    data |= {"nyckel-13": "egen_7", "grupp-13": "Förfalskat", "etikett-13": "X", "slag-13": "finns-inte"}
    assert tryck(anna, VADER, data, "spara").status_code == 302
    sparat = {avsnitt["nyckel"]: avsnitt["slag"] for avsnitt in mallrader(database)[0].avsnitt}
    assert sparat["prognos"] == "text"
    assert sparat["egen_1"] == "text"
    assert "egen_7" not in sparat
