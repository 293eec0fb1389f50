"""What a receipt changes, and what it must leave alone, on each database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from tests.factories import en_anvandare, en_person_hos, subjekt_for
from tests.utskick import KLOCKAN_TOLV, ett_uppdrag, skriver
from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser import kvitton, leveransservice, service
from wis.notiser.kvitton import Kvitto, Kvittoslag
from wis.notiser.models import Kanalslag, Leverans, Status, Utskick

SMS, EPOST = Kanalslag.SMS, Kanalslag.EPOST
TOG = Kvitto(Kvittoslag.MOTTAGEN, SMS, leverantors_id="s1")
FRAM = Kvitto(Kvittoslag.LEVERERAD, SMS, leverantors_id="s1")
EJ_FRAM = Kvitto(Kvittoslag.MISSLYCKAD, SMS, "operatören kunde inte", leverantors_id="s1")
STUDS = Kvitto(Kvittoslag.MISSLYCKAD, SMS, "adressen finns inte")
SAND = KLOCKAN_TOLV
IGEN = {"upprepad": True, "sandningar": 1, "sand": SAND}
TVA = {"sandningar": 2, "sand": SAND}


def _studs(sekunder: float) -> Kvitto:
    """A bounce of what was sent so long after SAND."""
    gallde = SAND + timedelta(seconds=sekunder)
    return Kvitto(Kvittoslag.MISSLYCKAD, SMS, "adressen finns inte", gallde=gallde)


# How a delivery stands, what is told of it, and how it stands then.
BLIR: list[tuple[Status, dict[str, Any], Kvitto, Status]] = [
    (Status.SANDS, {"sandningar": 1}, FRAM, Status.LEVERERAD),
    (Status.SANDS, {"sandningar": 1}, EJ_FRAM, Status.MISSLYCKAD),
    (Status.SANDS, {"sandningar": 1}, TOG, Status.MOTTAGEN),
    (Status.MOTTAGEN, {"leverantors_id": "s1"}, FRAM, Status.LEVERERAD),
    (Status.MOTTAGEN, {"leverantors_id": "s1"}, EJ_FRAM, Status.MISSLYCKAD),
    (Status.MOTTAGEN, {"leverantors_id": "annan"}, FRAM, Status.MOTTAGEN),
    (Status.MOTTAGEN, {}, STUDS, Status.MISSLYCKAD),
    (Status.OVISS, {"sandningar": 1}, TOG, Status.MOTTAGEN),
    (Status.OVISS, {"sandningar": 2}, FRAM, Status.LEVERERAD),
    # Of two copies, the other may be on its way.
    (Status.OVISS, {"sandningar": 2}, EJ_FRAM, Status.OVISS),
    (Status.OVISS, {"sandningar": 2}, TOG, Status.OVISS),
    (Status.MOTTAGEN, {"sandningar": 1, "sand": SAND}, _studs(-3600), Status.MISSLYCKAD),
    (Status.MOTTAGEN, TVA, _studs(-1), Status.MOTTAGEN),
    (Status.MOTTAGEN, TVA, _studs(-0.5), Status.MISSLYCKAD),
    (Status.MOTTAGEN, TVA, _studs(5), Status.MISSLYCKAD),
    (Status.MOTTAGEN, TVA, STUDS, Status.MOTTAGEN),
    (Status.MOTTAGEN, TVA, Kvitto(Kvittoslag.LEVERERAD, SMS), Status.LEVERERAD),
    # About to be sent once more, since nobody knew: now somebody does.
    (Status.VANTAR, IGEN, FRAM, Status.LEVERERAD),
    (Status.VANTAR, IGEN, TOG, Status.MOTTAGEN),
    (Status.VANTAR, IGEN, EJ_FRAM, Status.MISSLYCKAD),
    (Status.TAGEN, IGEN, FRAM, Status.LEVERERAD),
    # Never sent, or sent anew by a person: what is told is about something else.
    (Status.VANTAR, {"sandningar": 0}, FRAM, Status.VANTAR),
    (Status.TAGEN, {"sandningar": 0}, EJ_FRAM, Status.TAGEN),
    (Status.LEVERERAD, {}, EJ_FRAM, Status.LEVERERAD),
    (Status.LEVERERAD, {}, TOG, Status.LEVERERAD),
    (Status.MISSLYCKAD, {}, FRAM, Status.MISSLYCKAD),
    (Status.STRUKEN, {}, FRAM, Status.STRUKEN),
    (Status.MOTTAGEN, {}, Kvitto(Kvittoslag.LEVERERAD, EPOST), Status.MOTTAGEN),
]


def _satt(database: Database, status: Status, varden: dict[str, Any]) -> int:
    """The one delivery there is, put in this state; its id."""
    grund: dict[str, Any] = {"leverantors_id": None, "upprepad": False, "orsak": "", "permanent": False, "sand": None}
    tagen = status in {Status.TAGEN, Status.SANDS}
    grund |= {"worker": "w" if tagen else None, "lease_till": clock.now() if tagen else None}
    with skriver(database) as session:
        session.execute(update(Leverans).values(grund | {"status": status} | varden))
        return session.scalars(select(Leverans.id)).one()


def _rad(database: Database) -> Leverans:
    with database.reading() as session:
        return session.scalars(select(Leverans)).one()


def test_a_receipt_settles_what_is_not_over_and_changes_nothing_else(varje_databas: Database) -> None:
    ett_uppdrag(varje_databas)
    sagt: list[Andring] = []
    lyssna(varje_databas, sagt.append)
    for fran, varden, kvitto, till in BLIR:
        leverans_id, fallet = _satt(varje_databas, fran, varden), (fran, varden, kvitto)
        forut = len(sagt)
        assert kvitton.avgor(varje_databas, leverans_id, kvitto) is (fran != till), fallet
        rad = _rad(varje_databas)
        assert rad.status == till, fallet
        assert [andring.slag for andring in sagt[forut:]] == [Slag.UTSKICK] * (fran != till), fallet
        if fran == till:
            continue
        assert (rad.lease_till, rad.worker, rad.orsak) == (None, None, kvitto.orsak), fallet
        assert rad.permanent is (till == Status.MISSLYCKAD), fallet
        assert rad.leverantors_id == (kvitto.leverantors_id or None), fallet
        # The provider asks for hours whether we heard: the same again is nothing new.
        assert not kvitton.avgor(varje_databas, leverans_id, kvitto), fallet
    assert not kvitton.avgor(varje_databas, 4711, FRAM)


def test_the_text_of_a_letter_of_ours_is_forgotten_when_it_has_arrived(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        person = en_anvandare(session)
        service.skicka_brev(session, anvandare_id=person.id, kanal=SMS, adress="+46701", amne="Kod", text="Kod: 123456")
    kvitton.avgor(varje_databas, _satt(varje_databas, Status.OVISS, {"sandningar": 1}), FRAM)
    with varje_databas.reading() as session:
        assert session.scalars(select(Utskick.sms)).one() == ""


@pytest.mark.parametrize("forut", [{"upprepad": False}, {"upprepad": True}])
def test_what_is_told_again_of_a_sending_that_failed_says_nothing_of_the_one_a_person_asked_for(
    varje_databas: Database, forut: dict[str, Any]
) -> None:
    ett_uppdrag(varje_databas)
    leverans_id = _satt(varje_databas, Status.MOTTAGEN, forut | {"leverantors_id": "s1", "sandningar": 1, "sand": SAND})
    assert kvitton.avgor(varje_databas, leverans_id, EJ_FRAM)
    with skriver(varje_databas) as session:
        skribent = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.SKRIBENT))
        assert leveransservice.skicka_igen(session, skribent, _rad(varje_databas).utskick_id) == 1
    for sagt in (EJ_FRAM, TOG, _studs(0), STUDS):
        assert not kvitton.avgor(varje_databas, leverans_id, sagt), sagt
    # As the worker marks what it is about to send.
    nu = {"sandningar": Leverans.sandningar + 1, "sand": SAND + timedelta(minutes=1), "leverantors_id": None}
    with skriver(varje_databas) as session:
        session.execute(update(Leverans).values(nu | {"status": Status.SANDS, "worker": "w", "lease_till": SAND}))
    for sagt in (EJ_FRAM, TOG, _studs(0), STUDS):
        assert not kvitton.avgor(varje_databas, leverans_id, sagt), sagt
    assert kvitton.avgor(varje_databas, leverans_id, _studs(60))


def test_an_error_of_the_database_tells_no_address(varje_databas: Database) -> None:
    with varje_databas.reading() as session, pytest.raises(SQLAlchemyError) as fel:
        session.execute(text("SELECT :adress FROM finns_inte"), {"adress": "+46701234567"})
    assert "finns_inte" in str(fel.value)
    assert "+46701234567" not in str(fel.value)
