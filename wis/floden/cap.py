"""Messages by the Common Alerting Protocol 1.2 (OASIS, 1 July 2010). Pure.

What becomes what, and why, is told in docs/beslut/031.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from wis import clock
from wis.auth.krets import Tlp
from wis.floden import xml
from wis.handelser.models import Typ
from wis.lagesbild.mall import GRADER

NAMNRYMD = "urn:oasis:names:tc:emergency:cap:1.2"
MIME = "application/cap+xml"
MAX_RUBRIK = 160
LAN = "Stockholms län"
"""The area of an actor that is no kommun."""
KATEGORI = {
    Typ.VADER: "Met",
    Typ.TRAFIK: "Transport",
    Typ.EL_TELE: "Infra",
    Typ.BRAND: "Fire",
    Typ.VATTEN: "Infra",
    Typ.HALSA: "Health",
    Typ.ORDNING: "Security",
    Typ.IT: "Infra",
    Typ.OVRIGT: "Other",
    Typ.ORDINARIE: "Other",
}
_ALLVAR = dict(zip(GRADER, ("Minor", "Minor", "Moderate", "Severe", "Extreme"), strict=True))


@dataclass(frozen=True)
class Tidigare:
    """A message that came before, as a later one names it."""

    avsandare: str
    id: str
    skickad: datetime

    def __str__(self) -> str:
        """'sender,identifier,sent'."""
        return f"{self.avsandare},{self.id},{tid(self.skickad)}"


@dataclass(frozen=True)
class Meddelande:
    """What a message says. `lasare`: the actors that alone may have it; None: those of the whole system."""

    sjalv: Tidigare
    tidigare: tuple[Tidigare, ...]
    ovning: bool
    tlp: Tlp
    lagrum: str
    lasare: tuple[str, ...] | None
    handelse: str
    typ: Typ
    bradska: str
    allvar: str
    visshet: str
    av: str
    rubrik: str
    text: str
    webb: str
    omrade: str
    till: datetime | None = None


def tid(moment: datetime) -> str:
    """The moment as CAP writes it: to the second, in Swedish time with its offset."""
    return clock.local(moment).isoformat(timespec="seconds")


def bradska(*, bradskande: bool, aktiverat: bool, stangd: bool) -> str:
    """urgency: what is over is Past, what is said to be urgent or lies in an aktiverat läge Immediate."""
    if stangd:
        return "Past"
    return "Immediate" if bradskande or aktiverat else "Expected"


def allvar(grader: Iterable[str]) -> str:
    """severity, by the worst påverkansgrad; Unknown if none is given."""
    givna = [GRADER.index(grad) for grad in grader if grad in GRADER]
    return _ALLVAR[GRADER[max(givna)]] if givna else "Unknown"


def visshet(fakta: Mapping[str, str]) -> str:
    """certainty: Observed if anything is said as fact, else Unknown. `fakta`: the texts of such sections."""
    return "Observed" if any(text.strip() for text in fakta.values()) else "Unknown"


def omrade(namn: str, typ: str) -> str:
    """areaDesc: the kommun that says it; else the county."""
    return namn if typ == "kommun" else LAN


def cap(om: Meddelande) -> bytes:
    """The message as a document."""
    rot = xml.rot("alert", NAMNRYMD)
    xml.lagg(rot, "identifier", om.sjalv.id)
    xml.lagg(rot, "sender", om.sjalv.avsandare)
    xml.lagg(rot, "sent", tid(om.sjalv.skickad))
    xml.lagg(rot, "status", "Exercise" if om.ovning else "Actual")
    xml.lagg(rot, "msgType", "Update" if om.tidigare else "Alert")
    xml.lagg(rot, "source", om.av)
    _vilka(rot, om)
    if om.tidigare:
        xml.lagg(rot, "references", " ".join(map(str, om.tidigare)))
    xml.lagg(rot, "incidents", om.handelse)
    _info(rot, om)
    return xml.dokument(rot)


def _vilka(rot: Element, om: Meddelande) -> None:
    """For whom it is: never Public, for the system has a login. Of few it says which, for those of Private must be."""
    villkor = f"{om.tlp.namn}: {om.tlp.innebord}." + (f" Sekretess kan gälla enligt {om.lagrum}." if om.lagrum else "")
    ovning = "ÖVNING. " if om.ovning else ""
    if om.lasare is None:
        xml.lagg(rot, "scope", "Restricted")
        xml.lagg(rot, "restriction", villkor)
    else:
        xml.lagg(rot, "scope", "Private")
        xml.lagg(rot, "addresses", " ".join(om.lasare))
    xml.lagg(rot, "code", om.tlp.namn)
    if ovning or om.lasare is not None:
        xml.lagg(rot, "note", (ovning + (villkor if om.lasare is not None else "")).strip())


def _info(rot: Element, om: Meddelande) -> None:
    info = xml.lagg(rot, "info")
    xml.lagg(info, "language", "sv-SE")
    xml.lagg(info, "category", KATEGORI[om.typ])
    xml.lagg(info, "event", om.typ.namn)
    xml.lagg(info, "urgency", om.bradska)
    xml.lagg(info, "severity", om.allvar)
    xml.lagg(info, "certainty", om.visshet)
    if om.till is not None and om.till > om.sjalv.skickad:
        xml.lagg(info, "expires", tid(om.till))
    xml.lagg(info, "senderName", om.av)
    xml.lagg(info, "headline", _kort(f"ÖVNING: {om.rubrik}" if om.ovning else om.rubrik))
    xml.lagg(info, "description", om.text)
    xml.lagg(info, "web", om.webb)
    xml.lagg(xml.lagg(info, "area"), "areaDesc", om.omrade)


def _kort(text: str) -> str:
    ren = " ".join(xml.ren(text).split())
    return ren if len(ren) <= MAX_RUBRIK else ren[: MAX_RUBRIK - 1].rstrip() + "…"
