"""What a new administrator is to manage without help: invite a colleague and put her on duty as TiB."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.funktioner_stod import medlem
from tests.web.konton_stod import BJUD_IN, lank, sida, valj_losenord
from wis.auth.models import Funktion
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA, KIM = "anna@nacka.example", "kim@nacka.example"
LISTA = "/aktorer/nacka/funktioner"
INBJUDAN = {"epost": KIM, "namn": "Kim Ek", "roll": "lasare", "motivering": "Ny TiB"}


def test_a_new_administrator_invites_a_colleague_and_puts_her_on_duty_as_tib(
    app: Flask, logga_in: LoggaIn, database: Database
) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", None, epost=ANNA, administrator=True)
    anna, kim = logga_in(ANNA), app.test_client()
    assert LISTA in sida(anna.get("/"))
    sida(anna.post(BJUD_IN, data=INBJUDAN, follow_redirects=True))
    valj_losenord(kim, lank(database))

    assert "forslag=TiB" in sida(anna.get(LISTA))
    with database.reading() as session:
        kims = str(medlem(session, KIM).id)
    tib = {"kortnamn": "TiB", "namn": "Tjänsteman i beredskap", "roll": "talesperson", "behoriga": [kims]}
    sida(anna.post(f"{LISTA}/ny", data=tib, follow_redirects=True))
    with database.reading() as session:
        adress = f"/funktioner/{session.scalars(select(Funktion.id)).one()}"
    assert adress in sida(anna.get(LISTA))
    assert "Sätt i tjänst som TiB" in sida(anna.get(adress))
    utsedd = {"utse-medlemskap": kims, "utse-tid": "12", "utse-sedd": ""}
    assert "Kim Ek är i tjänst som TiB" in sida(anna.post(f"{adress}/utse", data=utsedd, follow_redirects=True))

    assert "I tjänst som" in sida(kim.get("/"))
    assert "Gå av som TiB" in sida(kim.get(adress))
