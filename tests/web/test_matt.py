"""The figures that operators watch: right, one look at the database, and for them alone."""

from dataclasses import replace
from datetime import timedelta

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from tests.conftest import en_app
from tests.utskick import ett_uppdrag, skriver
from tests.web.ytor_data import fragor
from wis import clock
from wis.db import Database
from wis.notiser.leverantorsminuter import Raknare
from wis.notiser.models import Leverans, Status, Utskick
from wis.notiser.rules import mottagen, overgaende, oviss, permanent
from wis.settings import Settings

NYCKEL = "6b1f0c3e9a7d4582" * 2


def _matt(app: Flask) -> dict[tuple[str, ...], float]:
    svar = app.test_client().get("/matt")
    assert (svar.status_code, svar.mimetype) == (200, "text/plain")
    familjer = text_string_to_metric_families(svar.get_data(as_text=True))
    return {(prov.name, *prov.labels.values()): prov.value for familj in familjer for prov in familj.samples}


def test_the_queue_and_the_providers_are_told_of_as_they_are(app: Flask, database: Database) -> None:
    tom = _matt(app)
    assert set(tom.values()) == {0.0}
    now = clock.now()
    ett_uppdrag(database)
    with skriver(database) as session:
        session.execute(
            update(Leverans).values(status=Status.VANTAR, tidigast=now + timedelta(hours=1), om_leverantoren=True)
        )
        session.execute(update(Leverans).values(fran=now - timedelta(minutes=7)))
    raknare = Raknare()
    raknare.lagg_till("sms", now, [mottagen(), mottagen(), permanent("x"), oviss("x")])
    raknare.lagg_till("sms-2", now - timedelta(hours=2), [overgaende("x", om_leverantoren=True)])
    raknare.skriv(database)
    ett_uppdrag(database)
    with skriver(database) as session:
        senast = {"expanderat": None, "halls_till": now + timedelta(minutes=1)}
        session.execute(update(Utskick).where(Utskick.id == 2).values(senast))
    with fragor(database) as fragade:
        matt = _matt(app)
    assert len(fragade) <= 12
    assert matt["wis_leveranser", "sms", "vantar"] == 3
    assert 420 <= matt[("wis_aldsta_vantande_sekunder",)] < 430
    assert (matt[("wis_utskick_hallna",)], matt[("wis_utskick_oraknade",)]) == (1, 0)
    utfall = ("mottagna", "nekade", "fel", "ovissa")
    assert [matt["wis_leverantor_5min", "sms", ett] for ett in utfall] == [2, 1, 0, 1]
    assert ("wis_leverantor_5min", "sms-2", "fel") not in matt
    assert matt["wis_leverantor_dygn", "sms-2", "fel"] == 1


def test_the_figures_are_for_the_machine_itself_and_for_whom_has_the_key(
    settings: Settings, database: Database, app: Flask
) -> None:
    med_nyckel = en_app(replace(settings, matt_nyckel=NYCKEL), database).test_client()
    utan, bort = app.test_client(), {"REMOTE_ADDR": "192.0.2.7"}
    assert utan.get("/matt", environ_overrides=bort).status_code == 404
    assert utan.get("/matt", environ_overrides=bort, headers={"Authorization": "Bearer "}).status_code == 404
    # A proxy on this machine that nobody has told us of asks for everybody.
    assert utan.get("/matt", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    fel = med_nyckel.get("/matt", environ_overrides=bort, headers={"Authorization": "Bearer fel-å"})
    assert (fel.status_code, fel.data) == (404, b"")
    ratt = med_nyckel.get("/matt", environ_overrides=bort, headers={"Authorization": f"Bearer {NYCKEL}"})
    assert ratt.status_code == 200


def test_a_proxy_that_says_nothing_of_whom_it_asks_for_is_not_the_machine(
    settings: Settings, database: Database
) -> None:
    client = en_app(replace(settings, base_url="http://wis.example.se"), database).test_client()
    svar = {
        vard: client.get("/matt", base_url=f"http://{vard}").status_code
        for vard in ("wis.example.se", "192.0.2.1:8000", "localhost.example.se", "127.0.0.1:8000", "localhost", "[::1]")
    }
    assert list(svar.values()) == [404, 404, 404, 200, 200, 200]
