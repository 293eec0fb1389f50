"""The Host of a request never gets into what we send or where we lead: addresses come from the settings."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.conftest import en_app
from tests.web.konton_stod import ANNA, BJUD_IN, KIM, VERA, adress, nackas_folk
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanalslag, Notisslag, Utskick
from wis.settings import PROJECT_ROOT, Settings
from wis.tx import transaction

EGEN, ANDRA = "https://wis.example", "wis.internt.example"
ONDA = {"X-Forwarded-Host": "ond.example", "Forwarded": "host=ond.example", "X-Original-Host": "ond.example"}


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """An installation that also answers to another name than the one that it writes in letters."""
    nackas_folk(database)
    with transaction(database) as session:
        anna = f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="tala@nacka.example")
        f.en_kanal(session, anna, Kanalslag.EPOST, "tala@nacka.example")
        f.en_prenumeration(session, anna, Notisslag.UNDERRATTELSE)
        f.en_handelse(session, "nacka", slug="storm")
    return en_app(replace(settings, base_url=EGEN, betrodda_vardar=(ANDRA,)), database)


def test_every_letter_and_message_leads_to_the_address_of_the_settings(app: Flask, database: Database) -> None:
    def som(epost: str) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_HOST"] = ANDRA
        svar = client.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD}, base_url=f"https://{ANDRA}")
        assert svar.status_code == 302
        return client

    anna, tala = som(ANNA), som("tala@nacka.example")
    mer = {"base_url": f"https://{ANDRA}", "headers": ONDA}
    assert anna.post(BJUD_IN, data=KIM, **mer).status_code == 302
    assert anna.post(adress(database, VERA, "/skicka-lank"), **mer).status_code == 302
    assert app.test_client().post("/glomt-losenord", data={"epost": VERA}, **mer).status_code == 200
    text = {"rubrik": "Vägen är avstängd", "text": "Till i morgon.", "handling": "avisera", "laskrets": "alla"}
    svar = tala.post("/handelser/storm/underrattelser/ny", data=text | {"tlp": "clear"}, **mer)
    assert svar.status_code == 302, svar.get_data(as_text=True)
    assert ANDRA not in svar.headers["Location"]
    with database.reading() as session:
        sent = [f"{en.amne}\n{en.sms}\n{en.epost}" for en in session.scalars(select(Utskick))]
    assert len(sent) >= 4
    for brev in sent:
        assert {m.lower() for m in re.findall(r"https?://[^/\s]+", brev)} <= {EGEN}, brev
        assert "ond.example" not in brev
        assert ANDRA not in brev
    assert all(any(f"{EGEN}/{vag}" in brev for brev in sent) for vag in ("konto/", "underrattelser/"))


def test_nothing_but_the_policy_and_the_origin_check_reads_the_host() -> None:
    """By the text of the code: a new place must be thought of."""
    laser = re.compile(r"request\.(host|host_url|url|url_root|base_url|root_url)\b|_external")
    found = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for folder, kind in (("wis", "*.py"), ("templates", "*.html"), ("templates", "*.txt"))
        for path in (PROJECT_ROOT / folder).rglob(kind)
        if laser.search(path.read_text(encoding="utf-8"))
    }
    # The figures of /matt ask for a local name besides a local address: there the host can only take away.
    assert found == {"wis/skydd.py", "wis/web.py", "wis/ytor/matt.py"}
