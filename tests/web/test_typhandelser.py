"""What is prepared beforehand opens an event ready in one tap."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web.lagesbild_stod import LoggaIn, i_falt, sidan, synligt
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse, Lage
from wis.lagesbild.models import Utkast
from wis.tx import transaction
from wis.typhandelser.models import Typhandelse

LISTA = "/aktorer/nacka/typhandelser"
TALESPERSON, SKRIBENT, LASARE, ANNAN = (
    "tal@nacka.example",
    "skr@nacka.example",
    "las@nacka.example",
    "tal@solna.example",
)
NYCKEL = "b" * 32


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """People at Nacka, and a talesperson at Solna."""
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=TALESPERSON)
        f.en_person_hos(session, "nacka", Roll.SKRIBENT, epost=SKRIBENT)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=LASARE)
        f.en_person_hos(session, "solna", Roll.TALESPERSON, epost=ANNAN)


def forbered(client: FlaskClient, database: Database, **ovrigt: str) -> int:
    """Prepare 'Snöoväder', read by Nacka alone unless said; returns its id."""
    data = {
        "namn": "Snöoväder",
        "typ": "vader",
        "rubrik": "Snöoväder {datum}",
        "beskrivning": "SMHI varnar.",
        "laskrets": "egen",
        "aktivera": "1",
        "checklista": "- Ring TiB\n\n[ ] Kalla staben",
        "underrattelse_rubrik": "Vi har öppnat stab",
        "underrattelse_text": "Mer kommer kl. 12.",
        "avsnitt-sammanfattning": "Snö väntas.",
        "avsnitt-konsekvenser": "| Elförsörjning | måttlig |  |",
        "revision": "0",
        **ovrigt,
    }
    assert client.post(f"{LISTA}/ny", data=data).status_code == 302
    with database.reading() as session:
        return session.scalars(select(Typhandelse.id).where(Typhandelse.namn == data["namn"])).one()


def oppna(client: FlaskClient, id_: int, **ovrigt: str) -> str:
    """Press the button; returns the event's address."""
    svar = client.post(f"/typhandelser/{id_}/oppna", data={"nyckel": NYCKEL, **ovrigt})
    assert svar.status_code == 302, svar.get_data(as_text=True)
    assert svar.location.endswith("/checklista")
    return svar.location.removesuffix("/checklista")


def test_one_tap_opens_it_with_läge_readers_checklist_draft_and_words(logga_in: LoggaIn, database: Database) -> None:
    tal = logga_in(TALESPERSON)
    id_ = forbered(tal, database)
    assert "Öppna: Snöoväder" in sidan(tal.get("/handelser/ny"))
    adress = oppna(tal, id_)
    assert oppna(tal, id_) == adress
    with database.reading() as session:
        (handelse,) = session.scalars(select(Handelse).where(Handelse.slug == adress.removeprefix("/handelser/")))
        assert (handelse.lage, handelse.lasande_aktorer()) == (Lage.AKTIVERAT, frozenset({handelse.agare_id}))
        assert re.fullmatch(r"Snöoväder \d{1,2} [a-z]+", handelse.rubrik)
        assert session.scalars(select(Utkast.sektioner)).one()["sammanfattning"] == "Snö väntas."
    lista = synligt(sidan(tal.get(f"{adress}/checklista")))
    assert "0 av 2 klara" in lista
    assert "Ring TiB" in lista
    skriv = sidan(tal.get(f"{adress}/lagesbild/nacka/skriv"))
    assert i_falt(skriv, "sammanfattning") == "Snö väntas."
    assert i_falt(skriv, "konsekvenser-rad-0-0") == "Elförsörjning"
    ny = sidan(tal.get(f"{adress}/underrattelser/ny?forberedd=1"))
    assert (i_falt(ny, "rubrik"), i_falt(ny, "text")) == ("Vi har öppnat stab", "Mer kommer kl. 12.")
    assert i_falt(sidan(tal.get(f"{adress}/underrattelser/ny")), "rubrik") == ""


def test_the_checklist_is_ticked_by_those_who_write_and_is_the_actors_own(
    logga_in: LoggaIn, database: Database
) -> None:
    tal = logga_in(TALESPERSON)
    adress = oppna(tal, forbered(tal, database, laskrets="alla"))
    sida = sidan(tal.get(f"{adress}/checklista"))
    punkt = re.findall(r'id="punkt-(\d+)"', sida)[0]
    skribent = logga_in(SKRIBENT)
    assert skribent.post(f"{adress}/checklista", data={"punkt": punkt, "klar": "ja"}).status_code == 302
    assert skribent.post(f"{adress}/checklista", data={"text": "Väck pressen"}).status_code == 302
    assert "1 av 3 klara" in synligt(sidan(tal.get(f"{adress}/checklista")))
    assert "Skriv vad som ska göras." in sidan(skribent.post(f"{adress}/checklista", data={"text": " "}), 422)
    assert logga_in(LASARE).post(f"{adress}/checklista", data={"punkt": punkt, "klar": "nej"}).status_code == 403
    solna = logga_in(ANNAN)
    assert "Ring TiB" not in sidan(solna.get(f"{adress}/checklista"))
    assert solna.post(f"{adress}/checklista", data={"punkt": punkt, "klar": "nej"}).status_code == 404


def test_who_may_not_change_the_läge_opens_it_and_is_told(logga_in: LoggaIn, database: Database) -> None:
    id_ = forbered(logga_in(TALESPERSON), database)
    skribent = logga_in(SKRIBENT)
    adress = oppna(skribent, id_, rubrik="Övningssnö", ovning="1")
    sida = sidan(skribent.get(f"{adress}/checklista"))
    assert "en talesperson behöver ändra det" in sida
    assert "ÖVNING ÖVNING ÖVNING" in sida
    with database.reading() as session:
        assert session.scalars(select(Handelse.lage).where(Handelse.ovning)).one() == Lage.ORDINARIE


def test_what_is_typed_stays_when_the_name_is_taken_or_another_was_first(logga_in: LoggaIn, database: Database) -> None:
    tal = logga_in(TALESPERSON)
    id_ = forbered(tal, database)
    data = {"namn": "Snöoväder", "typ": "vader", "rubrik": "R", "beskrivning": "Mitt", "laskrets": "alla"}
    sida = sidan(tal.post(f"{LISTA}/ny", data=data | {"avsnitt-prognos": "Min prognos"}), 422)
    assert "Det finns redan en förberedd händelse med det namnet" in sida
    assert "Min prognos" in sida
    gammal = sidan(tal.post(f"{LISTA}/{id_}", data=data | {"revision": "0"}), 422)
    assert "Någon annan har ändrat" in gammal
    assert i_falt(gammal, "revision") == "1"
    assert i_falt(gammal, "beskrivning") == "Mitt"
    assert tal.post(f"{LISTA}/{id_}", data=data | {"revision": "1"}).status_code == 302
    assert "Korta punkt 1" in sidan(tal.post(f"{LISTA}/{id_}", data=data | {"checklista": "x" * 201}), 422)


def test_only_the_actors_own_talespersoner_prepare_and_what_is_put_aside_is_not_offered(
    logga_in: LoggaIn, database: Database
) -> None:
    tal, solna = logga_in(TALESPERSON), logga_in(ANNAN)
    id_ = forbered(tal, database)
    assert solna.get(LISTA).status_code == 403
    assert logga_in(SKRIBENT).get(LISTA).status_code == 403
    assert solna.post(f"/typhandelser/{id_}/oppna", data={"nyckel": NYCKEL}).status_code == 404
    assert "Öppna: Snöoväder" not in sidan(solna.get("/handelser/ny"))
    assert tal.post(f"{LISTA}/{id_}/bruk", data={"i_bruk": "nej"}).status_code == 302
    assert "Öppna: Snöoväder" not in sidan(tal.get("/handelser/ny"))
    assert tal.post(f"/typhandelser/{id_}/oppna", data={"nyckel": NYCKEL}).status_code == 404
