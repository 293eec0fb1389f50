"""Beyond one machine: two `wis run` and a `wis worker`, held together by PostgreSQL and Redis alone."""

import secrets
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from tests import factories as f
from tests.korning import Korning
from tests.servrar import HttpGateway, Redis, vanta_tills
from tests.utskick import falt
from tests.uttag import FRIST, ur_natet
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanalslag, Notisslag
from wis.tx import transaction

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
TALESPERSON, LASARE = "talesperson@nacka.example", "lasare@solna.example"


def _fyll(url: str) -> None:
    database = Database(url)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=TALESPERSON)
        reader = f.en_person_hos(session, "solna", Roll.LASARE, epost=LASARE)
        f.en_handelse(session, "nacka", slug="storm")
        f.en_kanal(session, reader, Kanalslag.SMS, "+46701740605")
        f.en_prenumeration(session, reader, Notisslag.UNDERRATTELSE, epost=False)
    database.dispose()


def _logga_in(korning: Korning, epost: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{korning.url}/logga-in", timeout=30).text
    form = {"epost": epost, "losenord": f.LOSENORD, "csrf_token": falt(page, "csrf_token")}
    assert session.post(f"{korning.url}/logga-in", data=form, allow_redirects=False, timeout=30).status_code == 302
    return session


def _lyssna(korning: Korning, epost: str) -> tuple[socketio.Client, list[dict[str, Any]]]:
    cookies = "; ".join(f"{kaka.name}={kaka.value}" for kaka in _logga_in(korning, epost).cookies)
    heard: list[dict[str, Any]] = []
    client = socketio.Client()
    client.on("andring", heard.append)
    client.connect(
        korning.url, headers={"Origin": korning.url, "Cookie": cookies}, transports=["polling"], wait_timeout=FRIST
    )
    return client, heard


def _publicera(korning: Korning) -> None:
    session = _logga_in(korning, TALESPERSON)
    address = f"{korning.url}/handelser/storm/underrattelser/ny"
    page = session.get(address, timeout=30).text
    form = {name: falt(page, name) for name in ("csrf_token", "nyckel", "som_aktor")}
    form |= {"rubrik": "Prov", "text": "Färjan går inte.", "handling": "avisera"}
    assert session.post(address, data=form, allow_redirects=False, timeout=30).status_code == 302


def test_published_at_one_process_heard_at_another_and_sent_by_a_third(
    postgres_url: str, redis: Redis, tmp_path: Path
) -> None:
    _fyll(postgres_url)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with HttpGateway() as gateway:
        shared = {
            "database_url": postgres_url,
            "redis_url": redis.url,
            "sms_url": f"46elks://u:p@127.0.0.1:{gateway.port}/?fran=WIS",
            "inbyggd_worker": "0",
            "secret_key": secrets.token_hex(32),
            "andra_faktor": "ingen",
        }
        with Korning(tmp_path / "a", **shared) as one, Korning(tmp_path / "b", **shared) as other:
            one.starta()
            other.starta()
            reader, heard_by_reader = _lyssna(other, LASARE)
            writer, heard_by_writer = _lyssna(other, TALESPERSON)
            _publicera(one)
            vanta_tills(lambda: any(a["slag"] == "underrattelse" for a in heard_by_reader), 60, "word of the text")
            assert gateway.anrop == []
            with one.bredvid("worker"):
                vanta_tills(lambda: gateway.anrop, 60, "the SMS")
                # Once at the publication, and again from the worker.
                vanta_tills(
                    lambda: [a["slag"] for a in heard_by_writer].count("utskick") >= 2, 60, "word of the delivery"
                )
            reader.disconnect()
            writer.disconnect()
    assert [anrop.falt["to"] for anrop in gateway.anrop] == ["+46701740605"]
    assert "Färjan går inte." in gateway.anrop[0].falt["message"]
    # How a dispatch goes is its sender's alone.
    assert {a["slag"] for a in heard_by_reader if not ur_natet(a)} == {"underrattelse"}
