"""Bounces: what a mail server's report (RFC 3464) says of one of our mails. Pure, and never raises.

The delivery is known by our own tag in the address that the report was sent to (VERP), which nobody else can make: a
Message-ID can be read by every recipient, and is believed only where it holds the tag.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice

from wis.notiser import referens
from wis.notiser.kvitton import Kvitto, Kvittoslag
from wis.notiser.models import Kanalslag

STORST = 256 * 1024
"""Bytes of a report that are read. What is told stands first; after it comes the mail that it is about."""
_DELAR = 20
_MOTTAGARE = 10
_RADER = 100
_LANGSTA_RAD = 2000
# Where the address that a report was sent to is written down on its way, and where it stands in the mail returned.
_TILL = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Apparently-To")
_FRAN = ("Return-Path", "Message-ID")
_REFERENS = re.compile(r"(?<![0-9a-z])([0-9]{1,15}-[0-9a-f]{20})@", re.IGNORECASE)
_GRANS = re.compile(rb"boundary", re.IGNORECASE)
_KOD = re.compile(r"\b([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_log = logging.getLogger(__name__)


def tolka(raw: bytes, hemlighet: str) -> tuple[int, Kvitto | None] | None:
    """The delivery that a report is about and what it says of it; no receipt if that is nothing yet (a delay).

    None for what is no report on a mail of ours: an answer by a person or by a machine, an advertisement.
    """
    try:
        return _tolka(raw, hemlighet)
    except Exception as fel:  # noqa: BLE001 anybody may write to the address, and anything
        _log.warning("a bounce could not be read: %s", type(fel).__name__)
        return None


def _tolka(raw: bytes, hemlighet: str) -> tuple[int, Kvitto | None] | None:
    raw = raw[:STORST]
    # Parts within parts without end would be read for minutes.
    if len(_GRANS.findall(raw)) > _DELAR:
        return None
    brev = message_from_bytes(raw)
    if brev.get_content_type() != "multipart/report":
        return None
    delar = list(islice(_delar(brev), _DELAR))
    rapport = next((del_ for del_ in delar if del_.get_content_type() == "message/delivery-status"), None)
    leverans_id = _leverans(brev, delar, hemlighet)
    if rapport is None or leverans_id is None:
        return None
    kvitto = _kvitto(rapport)
    return leverans_id, None if kvitto is None else replace(kvitto, gallde=_gallde(rapport, delar))


def _delar(brev: Message) -> Iterator[Message]:
    innehall = brev.get_payload()
    yield from (del_ for del_ in innehall if isinstance(del_, Message)) if isinstance(innehall, list) else ()


def _leverans(brev: Message, delar: list[Message], hemlighet: str) -> int | None:
    """The delivery whose tag stands where only whoever got the mail, or its bounce, can have it from."""
    rader = [*_rader(brev, _TILL)]
    rader += [rad for retur in _returer(delar) for rad in _rader(retur, _FRAN)]
    for rad in rader:
        for traff in islice(_REFERENS.finditer(rad), _MOTTAGARE):
            leverans_id = referens.las(hemlighet, traff[1])
            if leverans_id is not None:
                return leverans_id
    return None


def _returer(delar: list[Message]) -> Iterator[Message]:
    """The mail that the report is about, or its headers, as far as they came back."""
    for del_ in delar:
        typ = del_.get_content_type()
        if typ == "message/rfc822":
            yield from _delar(del_)
        elif typ == "text/rfc822-headers":
            text = del_.get_payload(decode=True)
            yield message_from_bytes(text if isinstance(text, bytes) else b"")


def _gallde(rapport: Message, delar: list[Message]) -> datetime | None:
    """When the mail was sent: by our own clock as it says itself, else when the server says that it got it."""
    rader = [rad for retur in _returer(delar) for rad in _rader(retur, ("Date",))]
    rader += [rad for block in islice(_delar(rapport), 1) for rad in _rader(block, ("Arrival-Date",))]
    return next((tid for rad in rader if (tid := _tid(rad)) is not None), None)


def _tid(rad: str) -> datetime | None:
    try:
        tid = parsedate_to_datetime(rad)
        # '-0000', which is how we write UTC ourselves, comes without a zone.
        return tid.replace(tzinfo=UTC) if tid.tzinfo is None else tid.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rader(brev: Message, namn: tuple[str, ...]) -> Iterator[str]:
    return (str(rad)[:_LANGSTA_RAD] for ett in namn for rad in islice(brev.get_all(ett, ()), _RADER))


def _kvitto(rapport: Message) -> Kvitto | None:
    # The first block tells of the report, each that follows of one recipient; a mail of ours has one.
    for block in islice(_delar(rapport), 1, 1 + _MOTTAGARE):
        vad = str(block.get("Action", "")).partition("(")[0].strip().lower()
        if vad == "failed":
            orsak, permanent = _orsak(str(block.get("Status", "")))
            return Kvitto(Kvittoslag.MISSLYCKAD, Kanalslag.EPOST, orsak, permanent)
        if vad == "delivered":
            return Kvitto(Kvittoslag.LEVERERAD, Kanalslag.EPOST)
    return None


def _orsak(status: str) -> tuple[str, bool]:
    """What the code (RFC 3463) means, for people, and whether the same again would fail again."""
    traff = _KOD.search(status[:_LANGSTA_RAD])
    if traff is None:
        return "brevet studsade", True
    klass, amne, detalj = traff.groups()
    ord_ = _MENING.get((amne, detalj)) or _AMNE.get(amne, "brevet studsade")
    return f"{ord_} ({traff[0]})", klass != "4"


_MENING = {
    ("1", "1"): "adressen finns inte",
    ("1", "2"): "adressens domän finns inte",
    ("1", "10"): "adressen tar inte emot e-post",
    ("2", "1"): "brevlådan är avstängd",
    ("2", "2"): "brevlådan är full",
    ("2", "3"): "brevet är för stort för brevlådan",
    ("3", "4"): "brevet är för stort för mottagarens brevserver",
}
_AMNE = {
    "1": "adressen gick inte att leverera till",
    "2": "brevlådan tog inte emot brevet",
    "3": "mottagarens brevserver tog inte emot brevet",
    "4": "mottagarens brevserver gick inte att nå",
    "5": "mottagarens brevserver förstod inte brevet",
    "6": "mottagarens brevserver godtog inte innehållet",
    "7": "mottagarens brevserver nekade brevet",
}
