"""Readers of one class, whose pages are drawn for the first of them: what the tests of that share."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import en_app
from tests.factories import en_aktor, en_anvandare, en_person_hos, ett_medlemskap
from tests.snabbvag_stod import SIDA, bygg, logga_in, ritade, utan_engangs
from wis import clock, efterat
from wis.auth.models import Anvandare
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.snabbvag_klass import Klassminne
from wis.snabbvag_minne import Minne
from wis.tx import transaction

BILD = f"{SIDA}/lagesbild/polisen"
SIDOR = [SIDA, BILD, f"{BILD}/versioner/1"]
EN, TVA, TRE = "en@nacka.example", "tva@nacka.example", "tre@nacka.example"
TALAR = [f"{namn}@solna.example" for namn in ("a", "b", "c")]


def bygg_klass(settings: Settings, database: Database) -> Flask:
    """An application with three readers at Nacka, of one class, and three who speak for Solna, of another."""
    bygg(database)
    with transaction(database) as session:
        for epost, namn in [(EN, "Ett Ek"), (TVA, "Två <b>Tall"), (TRE, "Tre & Träd")]:
            ett_medlemskap(session, en_anvandare(session, epost, namn=namn), en_aktor(session, "nacka"), Roll.LASARE)
        for epost in TALAR:
            en_person_hos(session, "solna", Roll.TALESPERSON, epost=epost)
    return en_app(settings, database)


def personen(session: Session, epost: str) -> Anvandare:
    person = find_anvandare(session, epost)
    assert person is not None
    return person


def inloggade(app: Flask, *eposter: str) -> list[FlaskClient]:
    inne = [logga_in(app, epost) for epost in eposter]
    tom(app)
    return inne


def tom(app: Flask) -> None:
    """Nothing is kept."""
    vag = app.extensions["wis_snabbvag"]
    vag.minne, vag.delning.klasser = Minne(10**7), Klassminne()


def vittnen(app: Flask, *vilka: FlaskClient, adress: str = SIDA) -> None:
    """Let these have the page drawn, each for themselves."""
    for client in vilka:
        with ritade(app) as ritat:
            assert client.get(adress).status_code == 200
        assert len(ritat) == 1


def far_delas(app: Flask, client: FlaskClient, adress: str = SIDA) -> bool:
    """Whether what they are sent was drawn for others; it is what they would have had alone in any case."""
    samlaren = efterat.samlare(app.extensions["wis_database"])
    # What the first leaves behind (that the version has been read) is on no page before the second is drawn.
    samlaren.inom = 3600
    try:
        with clock.at(clock.now()):
            with ritade(app) as ritat:
                svar = client.get(adress)
            alone = ensam(app, client, adress)
    finally:
        samlaren.inom = 0
        samlaren.skriv_nu(app.extensions["wis_database"])
    assert utan_engangs(svar.text) == utan_engangs(alone.text)
    assert svar.status_code == alone.status_code == 200
    assert sorted(svar.headers.keys()) == sorted(alone.headers.keys())
    return not ritat


def ensam(app: Flask, client: FlaskClient, adress: str) -> TestResponse:
    """The page as it would be drawn for one who is of no class."""
    vag = app.extensions["wis_snabbvag"]
    kvar = vag.delning.klasser, vag.minne
    tom(app)
    vag.delning.lasare = lambda *_: None
    try:
        return client.get(adress)
    finally:
        vag.delning.klasser, vag.minne = kvar
        del vag.delning.lasare
