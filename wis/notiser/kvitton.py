"""Receipts: what a provider or a mail server tells afterwards of what it was handed. They never change what is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from wis import clock
from wis.andringar import anmal
from wis.db import Database
from wis.notiser.koposter import berorda_av, glom_text, uppdatera
from wis.notiser.models import Kanalslag, Leverans, Status
from wis.notiser.service import andring_av
from wis.tx import transaction


class Kvittoslag(StrEnum):
    """What a receipt says: the provider has it; the phone or mailbox has it; it will not come."""

    MOTTAGEN = "mottagen"
    LEVERERAD = "levererad"
    MISSLYCKAD = "misslyckad"


@dataclass(frozen=True, slots=True)
class Kvitto:
    """What is told of one delivery by `kanal`.

    `orsak` is for people to read and holds no number, address or text of the message. `permanent`: the same again would
    fail again. `leverantors_id` is the provider's own name of the message, '' where none is told. `gallde` is when the
    message that it is about was sent, to the second; None where that is not told.
    """

    slag: Kvittoslag
    kanal: Kanalslag
    orsak: str = ""
    permanent: bool = True
    leverantors_id: str = ""
    gallde: datetime | None = None


def avgor(database: Database, leverans_id: int, kvitto: Kvitto) -> bool:
    """As ta_emot(), in a transaction of its own; nothing is locked for a receipt that says nothing new."""
    with database.reading() as session:
        if not session.scalar(select(exists().where(*_villkor(leverans_id, kvitto)))):
            return False
    with transaction(database) as session:
        return ta_emot(session, leverans_id, kvitto)


def ta_emot(session: Session, leverans_id: int, kvitto: Kvitto) -> bool:
    """Let the delivery stand as the receipt says; returns whether that changed anything.

    A receipt for what is over, for another channel or for another message of the provider's changes nothing. One for
    what was about to be sent once more, since nobody knew, stops that.
    """
    utskick = session.scalars(
        uppdatera(*_villkor(leverans_id, kvitto)).values(**_varden(kvitto)).returning(Leverans.utskick_id)
    ).all()
    for utskick_id in utskick:
        glom_text(session, utskick_id)
    for berord in berorda_av(session, utskick):
        anmal(session, andring_av(*berord))
    return bool(utskick)


def _varden(kvitto: Kvitto) -> dict[str, Any]:
    varden: dict[str, Any] = {
        "status": Status(kvitto.slag.value),
        "orsak": kvitto.orsak,
        "permanent": kvitto.slag is Kvittoslag.MISSLYCKAD and kvitto.permanent,
        "om_leverantoren": False,
        "lease_till": None,
        "worker": None,
        "andrad": clock.now(),
    }
    return varden | ({"leverantors_id": kvitto.leverantors_id} if kvitto.leverantors_id else {})


def _villkor(leverans_id: int, kvitto: Kvitto) -> tuple[ColumnElement[bool], ...]:
    """When the receipt is about the sending that the row tells of, and that is not over."""
    return Leverans.id == leverans_id, Leverans.kanal == kvitto.kanal, _pagar(kvitto), _samma(kvitto)


def _samma(kvitto: Kvitto) -> ColumnElement[bool]:
    """Whether it is about the sending that the row tells of, and not about one before it.

    The same may be told more than once, hours apart: of an SMS until we have answered, of a mail by the mailbox and by
    the mail server too. What is told again after 'Skicka igen' must not settle the new sending. Until a row has been
    handed over twice (`sandningar`, which 'Skicka igen' does not set back) there is nothing to confuse. After that:

    - That one of them has arrived is true of any.
    - Of an SMS the provider's id decides. Where it is not known which id the new sending has, nothing is believed.
    - A bounce has no such id, and the same tag each time. The mail that it is about must have been sent no earlier than
      the row's `sand`; where the bounce does not tell when, it is not believed.
    """
    if not kvitto.leverantors_id:
        return _samma_brev(kvitto)
    okand: ColumnElement[bool] = Leverans.leverantors_id.is_(None)
    if kvitto.slag is not Kvittoslag.LEVERERAD:
        okand = and_(okand, Leverans.sandningar <= 1)
    return or_(okand, Leverans.leverantors_id == kvitto.leverantors_id)


def _samma_brev(kvitto: Kvitto) -> ColumnElement[bool]:
    if kvitto.slag is Kvittoslag.LEVERERAD:
        return true()
    forsta = Leverans.sandningar <= 1
    if kvitto.gallde is None:
        return forsta
    # The date in a mail has no parts of a second.
    return or_(forsta, Leverans.sand < kvitto.gallde + timedelta(seconds=1))


def _pagar(kvitto: Kvitto) -> ColumnElement[bool]:
    paverkas = [Status.SANDS, Status.OVISS]
    if kvitto.slag is not Kvittoslag.MOTTAGEN:
        paverkas.append(Status.MOTTAGEN)
    # OVISS, and about to be sent once more. What failed and is sent again by a person has no `sand` until then.
    upprepas = and_(
        Leverans.status.in_([Status.VANTAR, Status.TAGEN]),
        Leverans.upprepad,
        Leverans.sandningar > 0,
        Leverans.sand.is_not(None),
    )
    return or_(Leverans.status.in_(paverkas), upprepas)
