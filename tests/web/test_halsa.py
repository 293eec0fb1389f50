"""What monitors ask."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.utskick import ett_uppdrag
from tests.web.ytor_data import (
    bygg_lage,
    ett_utskick,
    fragor,
)
from wis import clock
from wis.db import Database
from wis.notiser.models import Leverans
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, activated."""
    bygg_lage(database)
    return database


def test_a_process_that_answers_is_alive_without_the_database(app: Flask, database: Database) -> None:
    with fragor(database) as seen:
        svar = app.test_client().get("/halsa/live")
    assert (svar.status_code, svar.json, seen) == (200, {"status": "ok"}, [])


def test_a_well_installation_is_ready(client: FlaskClient) -> None:
    svar = client.get("/halsa/redo")
    assert svar.status_code == 200, svar.json
    assert svar.json is not None
    assert set(svar.json["kontroller"].values()) == {"ok"}


def test_an_old_schema_is_not_ready(client: FlaskClient, database: Database) -> None:
    with transaction(database) as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'gammal'")
    svar = client.get("/halsa/redo")
    assert svar.status_code == 503
    assert svar.json is not None
    assert svar.json["kontroller"]["schema"] == "kör: wis db upgrade"


def test_a_broken_database_is_not_ready_and_tells_no_secret(
    client: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(database) as session:
        session.connection().exec_driver_sql("DROP TABLE alembic_version")
    svar = client.get("/halsa/redo")
    assert svar.status_code == 503
    assert svar.json is not None
    assert svar.json["kontroller"]["skrivbar"] == "fel, se serverns logg"
    assert "alembic_version" not in svar.get_data(as_text=True)
    assert "skrivbar" in caplog.text


def test_a_delivery_that_nobody_takes_makes_it_not_ready(client: FlaskClient, lage: Database) -> None:
    with transaction(lage) as session, clock.at(clock.now() - timedelta(minutes=6)):
        ett_utskick(session, "polisen", "Väntar")
    svar = client.get("/halsa/redo")
    assert svar.status_code == 503
    assert svar.json is not None
    assert svar.json["kontroller"]["ko"] == "något har väntat på att skickas i 6 minuter"


def test_what_may_still_wait_is_well_and_what_waits_for_a_provider_that_is_down_is_not(
    app: Flask, database: Database, settings: Settings
) -> None:
    ett_uppdrag(database)
    nu = clock.now()
    senare, sedan = nu + timedelta(hours=1), nu - timedelta(minutes=2)
    app.extensions["wis_settings"] = replace(settings, ko_grans=150.0)
    for varden, vantat in (
        ({"om_leverantoren": False, "fran": nu - timedelta(minutes=4)}, 200),
        ({"om_leverantoren": True}, 200),
        ({"om_leverantoren": True, "fran": nu - timedelta(minutes=4)}, 503),
    ):
        with transaction(database) as session:
            session.execute(update(Leverans).values({"tidigast": senare, "fran": sedan} | varden))
        app.extensions.pop("wis_halsa", None)
        assert app.test_client().get("/halsa/redo").status_code == vantat, varden


def test_a_worker_that_has_stopped_makes_it_not_ready(app: Flask) -> None:
    class Stannad:
        def lever(self) -> bool:
            return False

    app.extensions["wis_worker"] = Stannad()
    svar = app.test_client().get("/halsa/redo")
    assert svar.status_code == 503
