"""What two persons stand behind can't be got past, read by others, or cost anybody what they have written."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.tvaperson_stod import Tva, satt_regel
from tests.web.lagesbild_stod import BAS, FORM, i_falt, publicera, sidan, skrivande_folk, sparade
from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.kretsar import Lasarval, satt_handelsens_krets
from wis.handelser.models import Handelse
from wis.tvaperson.models import Niva
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
H = "/handelser/snoovader"
NY = f"{H}/underrattelser/ny"
KARIN, OMAR = "karin@nacka.example", "omar@nacka.example"
ANNA, BERTIL = "talesperson@trafikverket.example", "bertil@trafikverket.example"
UPPGIFT = {"rubrik": "E18 avstängd", "text": "Stopp vid Söderhall.", "nyckel": "b" * 32}
NOD = {"nodskal": "Omar svarar inte, sjuk igen", "nodintyg": "y"}
RATTA = "/underrattelser/1/ratta"


@pytest.fixture
def tva(database: Database) -> Tva:
    return Tva(database)


def test_whoever_looks_as_the_actor_does_not_read_its_emergency_reason(tva: Tva, logga_in: LoggaIn) -> None:
    karin, siv = logga_in(KARIN), logga_in("siv@solna.example")
    assert karin.post(NY, data=UPPGIFT | NOD | {"handling": "nod_tyst"}).status_code == 302
    bild = f"{H}/lagesbild/nacka"
    form = {"sammanfattning": "Läget", "bas": "0", "revision": "0", "nyckel": "e" * 32, "handling": "nod_tyst"}
    assert karin.post(f"{bild}/skriv", data=form | NOD).status_code == 302
    hos = str(tva.aktor_id())
    siv.post("/visa-som", data={"visa_aktor": hos, "visa_roll": "lasare"})
    for adress in ("/underrattelser/1", bild, f"{bild}/versioner/1"):
        assert "sjuk igen" in sidan(karin.get(adress)), adress
        som = sidan(siv.get(adress))
        assert "Så här ser" in som, adress
        assert "sjuk igen" not in som, adress


@pytest.mark.parametrize(("andrat", "senare"), [({"laskrets": "alla"}, 0), ({"tlp": "clear"}, 0), ({}, 25)])
def test_a_correction_that_reaches_others_or_comes_late_is_not_made_alone(
    tva: Tva, logga_in: LoggaIn, andrat: dict[str, str], senare: int
) -> None:
    karin, omar = logga_in(KARIN), logga_in(OMAR)
    valt = {"tlp": "green", "laskrets": "egen", "bradskande": "y"}
    assert karin.post(NY, data=UPPGIFT | valt | {"handling": "be_avisera"}).headers["Location"] == "/forslag/1"
    godkand = {"visat": i_falt(sidan(omar.get("/forslag/1")), "visat")}
    assert omar.post("/forslag/1/godkann", data=godkand).headers["Location"] == "/underrattelser/1"
    with clock.at(clock.now() + timedelta(hours=senare)):
        karin = logga_in(KARIN)
        pa = i_falt(sidan(karin.get(RATTA)), "krets_pa")
        form = UPPGIFT | valt | {"bas": "1", "nyckel": "c" * 32, "krets_pa": pa, "text": "Stopp vid Rösa."}
        assert karin.post(RATTA, data=form | andrat | {"handling": "ratta_avisera"}).status_code == 409
        assert len(tva.versioner()) == 1
        if not senare:
            assert karin.post(RATTA, data=form | {"handling": "ratta_avisera"}).status_code == 302


@pytest.fixture
def trafikverket(database: Database) -> Database:
    skrivande_folk(database)
    satt_regel(database, "trafikverket", *Niva)
    return database


def test_what_a_colleague_sends_back_stands_in_the_draft_to_its_last_word(
    trafikverket: Database, logga_in: LoggaIn
) -> None:
    anna, bertil = logga_in(ANNA), logga_in(BERTIL)
    svar = anna.post(f"{BAS}/utkast", data=FORM | {"sammanfattning": "Läget."}, headers={"Accept": "application/json"})
    form = FORM | {"sammanfattning": "Läget. Sista meningen.", "revision": str(svar.json["revision"])}  # type: ignore[index]
    assert anna.post(f"{BAS}/skriv", data=form | {"handling": "be_avisera"}).headers["Location"] == "/forslag/1"
    assert bertil.post("/forslag/1/tillbaka", data={"skal": "fel bro"}).status_code == 302
    assert i_falt(sidan(anna.get(f"{BAS}/skriv")), "sammanfattning") == "Läget. Sista meningen."
    assert len(sparade(trafikverket)) == 1


def test_an_approval_takes_no_draft_that_was_begun_after_it_was_asked_for(
    trafikverket: Database, logga_in: LoggaIn
) -> None:
    anna, bertil = logga_in(ANNA), logga_in(BERTIL)
    assert anna.post(f"{BAS}/skriv", data=FORM | {"handling": "be_avisera"}).headers["Location"] == "/forslag/1"
    revision = i_falt(sidan(anna.get(f"{BAS}/skriv")), "revision")
    assert anna.post(f"{BAS}/kasta", data={"revision": revision}).status_code == 302
    assert sparade(trafikverket) == []
    nytt = FORM | {"sammanfattning": "Ny lång text", "nyckel": "c" * 32}
    assert anna.post(f"{BAS}/utkast", data=nytt, headers={"Accept": "application/json"}).status_code == 200
    visat = i_falt(sidan(bertil.get("/forslag/1")), "visat")
    assert bertil.post("/forslag/1/godkann", data={"visat": visat}).status_code == 302
    assert i_falt(sidan(anna.get(f"{BAS}/skriv")), "sammanfattning") == "Ny lång text"


def test_a_proposal_is_not_compared_with_a_version_that_the_colleague_may_not_read(
    database: Database, logga_in: LoggaIn
) -> None:
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="eva@nacka.example")
        f.en_handelse(session, "lansstyrelsen", slug="sluten", lasare=["nacka"])
    satt_regel(database, "nacka", *Niva)
    samlad, now = "/handelser/sluten/lagesbild/samlad", clock.now()
    publicera(logga_in("tib@lansstyrelsen.example"), 0, "Ett", samlad, lage_fakta="Dold uppgift")
    form = {"sammanfattning": "Ny", "bas": "1", "revision": "0", "nyckel": "e" * 32, "handling": "be_tyst"}
    assert logga_in("redaktor@nacka.example").post(f"{samlad}/skriv", data=form).headers["Location"] == "/forslag/1"
    assert "Dold uppgift" in sidan(logga_in("eva@nacka.example").get("/forslag/1"))
    for timme, hos in enumerate((False, True), start=1):
        with clock.at(now + timedelta(hours=timme)), transaction(database) as session:
            nacka = session.scalars(select(Aktor.id).where(Aktor.slug == "nacka")).one()
            handelse = session.scalars(select(Handelse).where(Handelse.slug == "sluten")).one()
            satt_handelsens_krets(session, handelse, Lasarval(frozenset({nacka} if hos else ())))
    with clock.at(now + timedelta(hours=3)):
        eva = logga_in("eva@nacka.example")
        assert eva.get(f"{samlad}/versioner/1").status_code == 404
        assert "Dold uppgift" not in sidan(eva.get("/forslag/1"))
