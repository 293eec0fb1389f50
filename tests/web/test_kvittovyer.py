"""What providers tell us over HTTP: only whom we gave the address or the key is heard, and nobody is told more."""

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.conftest import en_app
from tests.studsar import en_studs
from tests.utskick import ett_uppdrag, skriver
from wis import clock
from wis.db import Database
from wis.notiser import referens
from wis.notiser.kvittovyer import EJ_FRAM, HUVUD, signera
from wis.notiser.models import Leverans, Status
from wis.settings import Settings

NYCKEL = "6b1f0c3e9a7d4582" * 2
BREV = "message/rfc822"


@pytest.fixture
def leverans_id(database: Database) -> int:
    """An SMS that the provider has taken as s1."""
    ett_uppdrag(database)
    with skriver(database) as session:
        session.execute(update(Leverans).values(status=Status.MOTTAGEN, leverantors_id="s1", sandningar=1))
        return session.scalars(select(Leverans.id)).one()


@pytest.fixture
def utifran(settings: Settings, database: Database) -> FlaskClient:
    """A program elsewhere: it knows of no forms, and comes from no page of ours."""
    app = en_app(replace(settings, studs_nyckel=NYCKEL), database)
    app.config.update(WTF_CSRF_ENABLED=True)
    app.test_client_class = FlaskClient
    return app.test_client()


def _rad(database: Database) -> tuple[str, str]:
    with database.reading() as session:
        status, orsak = session.execute(select(Leverans.status, Leverans.orsak)).one()
        return status, orsak


def _tagg(settings: Settings, leverans_id: int) -> str:
    return referens.gor(settings.secret_key, leverans_id)


def test_46elks_tells_that_an_sms_has_arrived_and_may_tell_it_again(
    utifran: FlaskClient, settings: Settings, database: Database, leverans_id: int
) -> None:
    adress = f"/kvitto/46elks/{_tagg(settings, leverans_id)}"
    tider = {"delivered": "2026-11-22T11:00:03.123456"}
    for data in ({"id": "s1", "status": "sent"}, {"id": "annan", "status": "failed"}):
        assert utifran.post(adress, data=data).status_code == 204
        assert _rad(database) == ("mottagen", "")
    for status in ("delivered", "delivered", "failed"):
        svar = utifran.post(adress, data={"id": "s1", "status": status} | tider)
        assert (svar.status_code, svar.data, svar.headers.get("Set-Cookie")) == (204, b"", None)
        assert _rad(database) == ("levererad", "")


def test_46elks_tells_that_an_sms_never_arrives(
    utifran: FlaskClient, settings: Settings, database: Database, leverans_id: int
) -> None:
    svar = utifran.post(f"/kvitto/46elks/{_tagg(settings, leverans_id)}", data={"id": "s1", "status": "failed"})
    assert (svar.status_code, _rad(database)) == (204, ("misslyckad", EJ_FRAM))


def test_a_receipt_that_is_none_of_ours_or_makes_no_sense_changes_nothing(
    utifran: FlaskClient, settings: Settings, database: Database, leverans_id: int
) -> None:
    tagg = _tagg(settings, leverans_id)
    ratt = {"id": "s1", "status": "delivered"}
    fall: list[tuple[str, dict[str, str], int]] = [
        (f"{leverans_id}-{'0' * 20}", ratt, 404),
        (str(leverans_id), ratt, 404),
        (referens.gor("en annan nyckel", leverans_id), ratt, 404),
        (tagg, {"status": "delivered"}, 400),
        (tagg, {"id": "s1", "status": "eaten"}, 400),
        (tagg, {"id": "s 1\n", "status": "delivered"}, 400),
        (tagg, ratt | {"mer": "x" * 5000}, 413),
        # Signed by us, and gone since.
        (_tagg(settings, 4711), ratt, 204),
    ]
    for vem, data, status in fall:
        svar = utifran.post(f"/kvitto/46elks/{vem}", data=data)
        assert (svar.status_code, svar.data) == (status, b""), (vem, data)
    assert _rad(database) == ("mottagen", "")


def test_an_address_is_not_found_by_trying(utifran: FlaskClient) -> None:
    svar = [utifran.post(f"/kvitto/46elks/1-{n:020x}", data={"id": "s1", "status": "failed"}) for n in range(51)]
    assert [ett.status_code for ett in svar] == [404] * 50 + [429]


# --- bounces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forst", ["studs", "46elks"])
def test_a_copy_that_comes_late_does_not_fail_what_has_been_sent_again(
    utifran: FlaskClient, settings: Settings, database: Database, leverans_id: int, forst: str
) -> None:
    tagg, nu = _tagg(settings, leverans_id), clock.now()
    kanal = "epost" if forst == "studs" else "sms"
    with skriver(database) as session:
        session.execute(update(Leverans).values(kanal=kanal, leverantors_id=None, sandningar=2, sand=nu))
    if forst == "studs":
        assert _skicka(utifran, en_studs(tagg, datum=format_datetime(nu - timedelta(minutes=1)))) == 204
    else:
        assert utifran.post(f"/kvitto/46elks/{tagg}", data={"id": "s1", "status": "failed"}).status_code == 204
    assert _rad(database) == ("mottagen", "")
    if forst == "studs":
        assert _skicka(utifran, en_studs(tagg, datum=format_datetime(nu))) == 204
        assert _rad(database)[0] == "misslyckad"


@pytest.fixture
def studs(settings: Settings, database: Database, leverans_id: int) -> bytes:
    """The bounce of a mail that the server has taken."""
    with skriver(database) as session:
        session.execute(update(Leverans).values(kanal="epost", leverantors_id=None))
    return en_studs(_tagg(settings, leverans_id))


def _skicka(klient: FlaskClient, kropp: bytes, **val: Any) -> int:
    tid = val.pop("tid", int(clock.now().timestamp()))
    huvud = {HUVUD: val.pop("signatur", signera(kropp, NYCKEL, tid))}
    return klient.post("/kvitto/studs", data=kropp, headers=huvud, **({"content_type": BREV} | val)).status_code


def test_a_signed_bounce_makes_the_delivery_failed(utifran: FlaskClient, studs: bytes, database: Database) -> None:
    assert _skicka(utifran, studs) == 204
    assert _rad(database) == ("misslyckad", "adressen finns inte (5.1.1)")


def test_a_bounce_may_come_in_json(utifran: FlaskClient, studs: bytes, database: Database) -> None:
    i_json = {"content_type": "application/json"}
    for fel in (b"{", b"[]", b'{"raw": 1}'):
        assert _skicka(utifran, fel, **i_json) == 400
    assert _skicka(utifran, json.dumps({"raw": studs.decode()}).encode(), **i_json) == 204
    assert _rad(database)[0] == "misslyckad"


def test_a_bounce_that_is_not_signed_just_now_by_whom_we_gave_the_key_is_none(
    utifran: FlaskClient, studs: bytes, database: Database, app: Flask
) -> None:
    nu = int(clock.now().timestamp())
    osignerade: list[dict[str, Any]] = [
        {"signatur": ""},
        {"signatur": "t=1,v1=" + "0" * 64},
        {"signatur": signera(studs, "en annan nyckel", nu)},
        {"signatur": signera(studs + b" ", NYCKEL, nu)},
        {"tid": nu - 301},
        {"tid": nu + 301},
    ]
    assert [_skicka(utifran, studs, **val) for val in osignerade] == [404] * 6
    # Nor is any where no key has been given out.
    assert _skicka(app.test_client(), studs) == 404
    assert _skicka(utifran, b"x" * (1024 * 1024 + 1)) == 413
    assert _rad(database) == ("mottagen", "")


def test_a_tag_that_a_mail_went_out_with_makes_no_receipt_for_an_sms_nor_the_other_way(
    utifran: FlaskClient, settings: Settings, studs: bytes, database: Database, leverans_id: int
) -> None:
    adress = f"/kvitto/46elks/{_tagg(settings, leverans_id)}"
    assert utifran.post(adress, data={"id": "s1", "status": "delivered"}).status_code == 204
    assert _rad(database) == ("mottagen", "")
    with skriver(database) as session:
        session.execute(update(Leverans).values(kanal="sms"))
    assert _skicka(utifran, studs) == 204
    assert _rad(database) == ("mottagen", "")
