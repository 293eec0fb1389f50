"""An event opened to more readers, also of what was before, does not show them what an owner kept from them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.lasratt import en_krets
from tests.web.lagesbild_stod import LoggaIn, i_falt, publicera, sidan, skrivande_folk
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild
from wis.tx import transaction

SMAL = "/handelser/smal"
REDAKTOR, TALESPERSON = "tib@lansstyrelsen.example", "talesperson@trafikverket.example"


@pytest.fixture(autouse=True)
def samlat(database: Database, logga_in: LoggaIn) -> None:
    """An event of three actors, and a samlad there with a sentence that Trafikverket shows to these alone."""
    skrivande_folk(database)
    with transaction(database) as session:
        f.en_aktor(session, "solna", "Solna")
        f.en_handelse(session, "lansstyrelsen", slug="smal", rubrik="Smal", lasare=["trafikverket", "nacka"])
    publicera(logga_in(TALESPERSON), 0, "Slutet.", f"{SMAL}/lagesbild/trafikverket", lage_fakta="Bron är skadad.")
    with transaction(database) as session:
        bild = session.scalars(select(Lagesbild).where(Lagesbild.aktor_id.is_not(None))).one()
        bild.krets = en_krets(session, "lansstyrelsen", "nacka")
    fakta = "Bron är skadad. [[trafikverket 1 lage_fakta]]"
    svar = publicera(logga_in(REDAKTOR), 0, "Läget.", f"{SMAL}/lagesbild/samlad", lage_fakta=fakta)
    assert svar.status_code == 302


def oppna_for_alla(client: FlaskClient, *, aven_tidigare: bool) -> tuple[int, str]:
    sida = sidan(client.get(f"{SMAL}/redigera"))
    data = {falt: i_falt(sida, falt) for falt in ("rubrik", "beskrivning", "bygger_pa")}
    data |= {"typ": "vader", "beskrivning": "Nytt om läget.", "laskrets": "alla"}
    svar = client.post(f"{SMAL}/redigera", data=data | ({"aven_tidigare": "y"} if aven_tidigare else {}))
    return svar.status_code, svar.get_data(as_text=True)


def test_what_its_owner_kept_is_not_opened_by_opening_the_event_backwards(
    logga_in: LoggaIn, database: Database
) -> None:
    redaktor = logga_in(REDAKTOR)
    status, sida = oppna_for_alla(redaktor, aven_tidigare=True)
    assert status == 422
    assert "bygger på sådant som inte får läsas av" in sida
    assert "Trafikverket" in sida
    assert "Solna" in sida
    assert i_falt(sida, "beskrivning") == "Nytt om läget."
    with database.reading() as session:
        assert not session.scalars(select(Handelse.alla_aktorer).where(Handelse.slug == "smal")).one()
    assert oppna_for_alla(redaktor, aven_tidigare=False)[0] == 302


def test_what_its_owner_has_opened_too_is_no_hindrance(logga_in: LoggaIn, database: Database) -> None:
    with transaction(database) as session:
        session.scalars(select(Lagesbild).where(Lagesbild.aktor_id.is_not(None))).one().krets = None
    assert oppna_for_alla(logga_in(REDAKTOR), aven_tidigare=True)[0] == 302
